//! The file that says everything.
//!
//! Owns [`read`]: YAML, which becomes JSON, as in etcd. Its keys are called as flags are; those of
//! TLS stand in objects of their own. A key that nobody knows is ignored, and so is what is null.
//!
//! Left to others: which flags there are (`flags`).

use crate::config::State;
use crate::config::error::{Error, Refused};
use crate::config::flags::{Flag, Kind, Width, flags};
use crate::config::settings::Settings;
use crate::config::urls::Url;
use crate::config::values::{Bad, Span};
use crate::reason::reason;
use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;
use std::collections::BTreeSet;

/// A longer file is not what somebody has written.
const LONGEST: u64 = 16 << 20;

/// What stands in the objects of TLS, and the flags that it is for clients and for other members.
const TLS: [(&str, [&str; 2]); 10] = [
    ("cert-file", ["cert-file", "peer-cert-file"]),
    ("key-file", ["key-file", "peer-key-file"]),
    ("client-cert-file", ["client-cert-file", "peer-client-cert-file"]),
    ("client-key-file", ["client-key-file", "peer-client-key-file"]),
    ("client-cert-auth", ["client-cert-auth", "peer-client-cert-auth"]),
    ("trusted-ca-file", ["trusted-ca-file", "peer-trusted-ca-file"]),
    ("auto-tls", ["auto-tls", "peer-auto-tls"]),
    ("allowed-cn", ["", "peer-cert-allowed-cn"]),
    ("allowed-hostname", ["client-cert-allowed-hostname", "peer-cert-allowed-hostname"]),
    ("skip-client-san-verification", ["", "peer-skip-client-san-verification"]),
];

/// What only the file can say: which names certificates of clients may have.
const CLIENT_NAMES: Flag =
    Flag { name: "", kind: Kind::List(|settings| &mut settings.client_tls.allowed_cn), about: "" };

/// Sets what the file says, and tells of which flags it does.
pub fn read(place: &str, settings: &mut Settings) -> Result<BTreeSet<&'static str>, Error> {
    let no_file = |why: String| Refused::NoFile { place: place.to_owned(), why };
    let length = std::fs::metadata(place).map_err(|error| no_file(reason(&error)))?.len();
    if length > LONGEST {
        return Err(no_file(format!("it has more than {LONGEST} bytes")).into());
    }
    let text = std::fs::read_to_string(place).map_err(|error| no_file(reason(&error)))?;
    from_text(&text, settings)
}

/// The same of what is in a file.
pub fn from_text(text: &str, settings: &mut Settings) -> Result<BTreeSet<&'static str>, Error> {
    let mut given = BTreeSet::new();
    if text.trim().is_empty() {
        return Ok(given);
    }
    // The last of two values holds, as in Go. What is said once may stand for itself elsewhere, but
    // not for more than a file is.
    let options = serde_saphyr::options! {
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        with_snippet: false,
    };
    let parsed = serde_saphyr::from_str_with_options::<Value>(text, options);
    let value = parsed.map_err(|error| Refused::Yaml(error.to_string()))?;
    let map = match value {
        Value::Null => return Ok(given),
        Value::Object(map) => map,
        other => return Err(mismatch(&other, "Go value of type embed.configYAML".to_owned())),
    };
    for flag in flags().filter(|flag| !TLS.iter().any(|(_, both)| both.contains(&flag.name))) {
        if let Some(value) = map.get(flag.name) {
            set(flag, flag.name, "configYAML", settings, value)?;
            given.insert(flag.name);
        }
    }
    for (side, key) in ["client-transport-security", "peer-transport-security"].iter().enumerate() {
        match map.get(*key) {
            None | Some(Value::Null) => {}
            Some(Value::Object(security)) => {
                for (name, flags) in TLS {
                    let flag = match (name, flags[side]) {
                        ("allowed-cn", "") => Some(&CLIENT_NAMES),
                        // Nobody looks from where clients come.
                        (_, "") => None,
                        (_, flag) => Flag::of(flag),
                    };
                    if let (Some(flag), Some(value)) = (flag, security.get(name)) {
                        let place = format!("{key}.{name}");
                        set(flag, &place, "securityConfig", settings, value)?;
                    }
                }
            }
            Some(other) => {
                let field = format!("configYAML.configJSON.{key} of type embed.securityConfig");
                return Err(mismatch(other, format!("Go struct field {field}")));
            }
        }
    }
    Ok(given)
}

/// Sets a flag to a value of the file.
fn set(
    flag: &Flag,
    key: &str,
    inside: &str,
    settings: &mut Settings,
    value: &Value,
) -> Result<(), Error> {
    if value.is_null() {
        return Ok(());
    }
    if let (Kind::Urls(place), Some(text)) = (flag.kind, value.as_str())
        && !text.is_empty()
    {
        let refused = |why| Error::FileUrls { key: flag.name, why };
        *place(settings) = Url::list(text).map_err(refused)?;
        return Ok(());
    }
    if let (Kind::State(place), Some(text)) = (flag.kind, value.as_str()) {
        let state = State::of(text).ok_or_else(|| Refused::State(text.to_owned()));
        *place(settings) = state?;
        return Ok(());
    }
    match set_typed(flag, settings, value) {
        Some(set) => set.map_err(|why| Refused::FileValue(why).into()),
        None => Err(wrong(flag.kind, key, inside, value)),
    }
}

/// The same; nothing if the value is of another type than the flag.
fn set_typed(flag: &Flag, settings: &mut Settings, value: &Value) -> Option<Result<(), Bad>> {
    match flag.kind {
        Kind::Switch(place) => *place(settings) = value.as_bool()?,
        Kind::Whole(width, place) => {
            let fits = |number: &u64| width != Width::Bits32 || u32::try_from(*number).is_ok();
            *place(settings) = value.as_u64().filter(fits)?;
        }
        Kind::Signed(_, place) => *place(settings) = value.as_i64()?,
        Kind::Span(place) => *place(settings) = Span(value.as_i64()?),
        Kind::List(place) => {
            let texts = value.as_array()?.iter().map(|value| value.as_str().map(str::to_owned));
            *place(settings) = texts.collect::<Option<Vec<_>>>()?;
        }
        Kind::Text(_) | Kind::Path(_) | Kind::Urls(_) | Kind::Origins(_) | Kind::Joined(_) => {
            return Some(flag.set(settings, value.as_str()?));
        }
        Kind::State(_) | Kind::Gates(_) => return Some(flag.set(settings, value.as_str()?)),
        // What means nothing here may stand there as it likes.
        Kind::Unused(_) => {}
    }
    Some(Ok(()))
}

/// A value that is of another type than its flag.
fn wrong(kind: Kind, key: &str, inside: &str, value: &Value) -> Error {
    let is_joined = matches!(kind, Kind::Urls(_) | Kind::Joined(_) | Kind::Origins(_))
        || matches!(kind, Kind::Gates(_))
        || inside == "securityConfig";
    let owner = if is_joined { "configJSON" } else { "Config" };
    let found = match value {
        Value::Number(number) if is_whole(kind) => match number.as_i64() {
            None if !number.is_u64() => format!("number {}", number.as_f64().unwrap_or(0.0)),
            Some(_) | None => format!("number {number}"),
        },
        other => kind_of(other).to_owned(),
    };
    let place = format!("Go struct field {inside}.{owner}.{key} of type {}", go_type(kind));
    Refused::Json { found, place }.into()
}

fn is_whole(kind: Kind) -> bool {
    matches!(kind, Kind::Whole(..) | Kind::Signed(..) | Kind::Span(_))
}

/// How Go calls what stands there.
fn go_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Switch(_) => "bool",
        Kind::Whole(Width::Word, _) => "uint",
        Kind::Whole(Width::Bits32, _) => "uint32",
        Kind::Whole(Width::Bits64, _) => "uint64",
        Kind::Signed(Width::Word, _) => "int",
        Kind::Signed(Width::Bits32, _) => "int32",
        Kind::Signed(Width::Bits64, _) => "int64",
        Kind::Span(_) => "time.Duration",
        Kind::List(_) => "[]string",
        Kind::Text(_) | Kind::Path(_) | Kind::Urls(_) | Kind::Origins(_) => "string",
        Kind::Joined(_) | Kind::State(_) | Kind::Gates(_) | Kind::Unused(_) => "string",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value that is of another type than its place.
fn mismatch(found: &Value, place: String) -> Error {
    Refused::Json { found: kind_of(found).to_owned(), place }.into()
}
