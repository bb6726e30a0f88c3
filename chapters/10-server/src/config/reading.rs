//! Reads what a member is told: the command line, the environment, or a file.
//!
//! Owns [`read`]. A flag is said once: on the command line or in the environment. If there is a
//! file, nothing else is heard.
//!
//! Left to others: what a flag takes (`flags`), the file (`file`), and whether all of it fits
//! (`checks`).

use crate::config::checks::{Source, check};
use crate::config::error::{Error, Refused, Usage};
use crate::config::file;
use crate::config::flags::{Flag, flags};
use crate::config::settings::Settings;
use crate::config::{Config, Wish};
use crate::journal::{Level, Line, fields};
use std::collections::{BTreeMap, BTreeSet};

/// Reads all of it. What else is worth a line in the log is put into the notes, also if it fails.
pub fn read(
    arguments: &[String],
    environment: &BTreeMap<String, String>,
    notes: &mut Vec<Line>,
) -> Result<Wish, Error> {
    let mut settings = Settings::default();
    let Some(mut given) = command_line(arguments, &mut settings)? else { return Ok(Wish::Help) };
    if settings.version {
        return Ok(Wish::Version);
    }
    let place = match settings.config_file.as_str() {
        "" => environment.get("ETCD_CONFIG_FILE").map_or("", String::as_str),
        place => place,
    };
    if !place.is_empty() {
        let mut settings = Settings::default();
        let given = file::read(place, &mut settings)?;
        let message = "loaded server configuration, other configuration command line flags and \
                       environment variables will be ignored if provided";
        notes.push(Line::new(Level::Info, message, fields!["path": place]));
        return run(settings, &given, Source::File, notes);
    }
    from_environment(environment, &mut settings, &mut given, notes)?;
    run(settings, &given, Source::CommandLine, notes)
}

/// What is read and checked, and means nothing here: the gateway asks services without a
/// connection, so it has nobody to show a certificate to; and the library answers pings itself.
const MEANINGLESS: [&str; 3] = ["client-cert-file", "client-key-file", "grpc-keepalive-min-time"];

fn run(
    settings: Settings,
    given: &BTreeSet<&'static str>,
    source: Source,
    notes: &mut Vec<Line>,
) -> Result<Wish, Error> {
    let has_no_meaning = |flag: &&Flag| flag.is_unused() || MEANINGLESS.contains(&flag.name);
    let unused = flags().filter(|flag| has_no_meaning(flag) && given.contains(flag.name));
    let unused: Vec<&str> = unused.map(|flag| flag.name).collect();
    let config: Config = check(settings, given, source, notes)?;
    if !unused.is_empty() {
        let message = "flags that have no meaning for this server were accepted and ignored";
        notes.push(Line::new(Level::Warn, message, fields!["flags": unused]));
    }
    Ok(Wish::Run(Box::new(config)))
}

/// Reads the command line as Go does. Says which flags were given; nothing if help is wanted.
fn command_line(
    arguments: &[String],
    settings: &mut Settings,
) -> Result<Option<BTreeSet<&'static str>>, Error> {
    let mut given = BTreeSet::new();
    let mut words = arguments.iter();
    let mut extra = None;
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            extra = Some(word);
            break;
        };
        let flag = flag.strip_prefix('-').unwrap_or(flag);
        if flag.is_empty() {
            extra = words.next();
            break;
        }
        if flag.starts_with(['-', '=']) {
            return Err(Usage::Syntax(word.clone()).into());
        }
        let (name, value) = flag.split_once('=').map_or((flag, None), |(n, v)| (n, Some(v)));
        let Some(flag) = Flag::of(name) else {
            if matches!(name, "help" | "h") {
                return Ok(None);
            }
            return Err(Usage::Unknown(name.to_owned()).into());
        };
        let value = match value {
            Some(value) => value,
            None if flag.is_switch() => "true",
            None => words.next().ok_or(Usage::Alone(flag.name))?,
        };
        let flag_name = flag.name;
        flag.set(settings, value).map_err(|why| match flag.is_switch() {
            true => Usage::Switch { value: value.to_owned(), flag: flag_name, why },
            false => Usage::Value { value: value.to_owned(), flag: flag_name, why },
        })?;
        given.insert(flag_name);
    }
    match extra {
        Some(extra) => Err(Refused::Extra(extra.clone()).into()),
        None => Ok(Some(given)),
    }
}

/// Sets those flags that the command line does not name.
fn from_environment(
    environment: &BTreeMap<String, String>,
    settings: &mut Settings,
    given: &mut BTreeSet<&'static str>,
    notes: &mut Vec<Line>,
) -> Result<(), Error> {
    let mut known = BTreeSet::new();
    let mut shadowed = None;
    for flag in flags() {
        let variable = flag.variable();
        let Some(value) = environment.get(&variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        if flag.name == "version" {
            let message = "cannot set special environment variable";
            let fields = fields!["key": variable, "value": value];
            notes.push(Line::new(Level::Warn, message, fields));
        } else if given.contains(flag.name) {
            shadowed.get_or_insert_with(|| variable.clone());
        } else {
            flag.set(settings, value).map_err(|why| {
                let (value, variable) = (value.clone(), variable.clone());
                Refused::Variable { value, variable, why }
            })?;
            given.insert(flag.name);
        }
        known.insert(variable);
    }
    for (name, value) in environment {
        if name.starts_with("ETCD_") && !known.contains(name) {
            let message = "unrecognized environment variable";
            // What nobody has asked for may still be somebody's secret.
            let is_secret = name.contains("PASSWORD") || name.contains("SECRET");
            let said = if is_secret { name.clone() } else { format!("{name}={value}") };
            let fields = fields!["environment-variable": said];
            notes.push(Line::new(Level::Warn, message, fields));
        }
    }
    shadowed.map_or(Ok(()), |variable| Err(Error::Shadowed(variable)))
}
