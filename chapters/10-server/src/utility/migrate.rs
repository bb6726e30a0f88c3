//! A store for another version of etcd: `migrate`.
//!
//! Owns the steps from one version to the next: each sets the version that the store is written in.
//! Nothing else differs between the versions that there are.
//!
//! Before a step back, etcd looks whether its log has entries that the older version does not know.
//! A log of ours is not read by any etcd, so there is nothing to look for; and etcd's own is not
//! read here, so beside one there is no step back.

use crate::journal::{Journal, Level, Line, fields};
use crate::reason::reason;
use crate::rows;
use crate::utility::failure::Failure;
use crate::utility::files::{Place, joined};
use bolt::{Options, backend};
use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A version of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Schema {
    major: i64,
    minor: i64,
}

/// The first version whose stores can be migrated. They do not say which version they are.
const FIRST: Schema = Schema { major: 3, minor: 5 };
/// The last one that is known.
const LAST: Schema = Schema { major: 3, minor: 7 };

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Schema {
    /// What a command line calls `X.Y`.
    fn target(text: &str) -> Result<Schema, Failure> {
        let parts: Vec<&str> = text.split('.').collect();
        let [major, minor] = parts[..] else {
            let why = format!("wrong target version format, expected \"X.Y\", got {text:?}");
            return Err(Failure::arguments(why));
        };
        let parsed = Schema::parse(&format!("{major}.{minor}.0"));
        let target = parsed
            .map_err(|why| Failure::arguments(format!("failed to parse target version: {why}")))?;
        if target < FIRST {
            let why = format!("target version {text:?} not supported. Minimal \"{FIRST}\"");
            return Err(Failure::arguments(why));
        }
        Ok(target)
    }

    /// Three numbers with dots between them. What stands behind a `-` or a `+` does not count.
    fn parse(text: &str) -> Result<Schema, String> {
        let text = text.split('+').next().unwrap_or("");
        let text = text.split('-').next().unwrap_or("");
        let parts: Vec<&str> = text.splitn(3, '.').collect();
        let [major, minor, patch] = parts[..] else {
            return Err(format!("{text} is not in dotted-tri format"));
        };
        let number = |digits: &str| {
            if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                return Err(format!("strconv.ParseInt: parsing {digits:?}: invalid syntax"));
            }
            let why = |_| format!("strconv.ParseInt: parsing {digits:?}: value out of range");
            digits.parse::<i64>().map_err(why)
        };
        let (major, minor) = (number(major)?, number(minor)?);
        number(patch)?;
        Ok(Schema { major, minor })
    }

    /// The next one on the way to another.
    fn toward(self, target: Schema) -> Schema {
        let step = if self < target { 1 } else { -1 };
        Schema { minor: self.minor.saturating_add(step), ..self }
    }
}

/// Migrates a member's store.
pub fn run(
    data: &str,
    target: &str,
    force: bool,
    timeout: Duration,
    journal: &Journal,
) -> Result<(), Failure> {
    let target = Schema::target(target)?;
    let place = Place::of_member(data, timeout);
    place.check()?;
    let opened = backend::open(place.patient(), &place.name(), Options::default());
    let (mut rows, mut committer) =
        opened.map_err(|error| Failure::unopened(place.path(), &error, journal))?;
    let Some(current) = current(&rows.view())? else {
        let message = "failed to detect storage version. Please make sure you are using data dir \
                       from etcd v3.5 and older";
        journal.error(message, fields![]);
        return Err(Failure::new("missing term information"));
    };
    if current == target {
        let fields = fields!["storage-version": target.to_string()];
        journal.info("storage version up-to-date", fields);
        return Ok(());
    }
    let log = joined(data, &["member", "wal"]);
    let is_foreign = is_foreign(&log).map_err(|why| {
        journal.error("Failed to finalize config", fields!["error": why]);
        Failure::new(why)
    })?;
    let done = plan(current, target, is_foreign.then_some(log.as_path()), journal);
    match done {
        Ok(steps) => {
            for step in steps {
                set(&mut rows, step)?;
                let fields = fields!["new-storage-version": format!("{step}.0")];
                journal.info("updated storage version", fields);
            }
        }
        Err(why) if force => {
            journal.info("normal migrate failed, trying with force", fields!["error": why]);
            set(&mut rows, target)?;
            let (message, fields) = match target {
                FIRST => ("forcefully cleared storage version", fields![]),
                _ => {
                    let fields = fields!["storage-version": target.to_string()];
                    ("forcefully set storage version", fields)
                }
            };
            journal.warn(message, fields);
        }
        Err(why) => return Err(Failure::new(why)),
    }
    if let Some(frozen) = rows.freeze() {
        let committed = committer.commit(frozen)?;
        committer.retire(committed);
    }
    Ok(())
}

/// The version of a store; none if it is too old to be migrated.
fn current(view: &backend::View<fs::File>) -> Result<Option<Schema>, Failure> {
    if let Some(version) = rows::versions(view)?.storage {
        return Schema::parse(&version).map(Some).map_err(Failure::new);
    }
    let position = rows::position(view)?;
    Ok(position.filter(|position| position.term.0 > 0).map(|_| FIRST))
}

/// Is the log etcd's own?
fn is_foreign(log: &Path) -> Result<bool, String> {
    let before = "failed to get the lastest snapshot:";
    let entries = fs::read_dir(log).map_err(|error| {
        let why = reason(&error);
        format!("{before} [readWALNames] fileutil.ReadDir failed: open {}: {why}", log.display())
    })?;
    let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    let ends = |end: &str| names.iter().any(|name| name.to_string_lossy().ends_with(end));
    match (ends(".wal"), ends(".log")) {
        (true, _) => Ok(true),
        (false, true) => Ok(false),
        (false, false) => Err(format!("{before} wal: file not found")),
    }
}

/// All versions on the way, the target last; or why there is no way.
fn plan(
    current: Schema,
    target: Schema,
    foreign_log: Option<&Path>,
    journal: &Journal,
) -> Result<Vec<Schema>, String> {
    let before = "cannot create migration plan:";
    if current.major != target.major {
        let fields = fields![
            "storage-version": format!("{current}.0"),
            "target-storage-version": format!("{target}.0"),
        ];
        let message = "Changing major storage version is not supported";
        journal.say(&Line::new(Level::Error, message, fields));
        return Err(format!("{before} changing major storage version is not supported"));
    }
    let mut steps = Vec::new();
    let mut at = current;
    while at != target {
        let next = at.toward(target);
        // A step is known by the newer of the two.
        let newer = at.max(next);
        if newer <= FIRST || newer > LAST {
            return Err(format!("{before} version \"{newer}.0\" is not supported"));
        }
        steps.push(next);
        at = next;
    }
    match foreign_log {
        Some(log) if target < current => Err(format!(
            "cannot downgrade storage: {} is a log of etcd's own, which {} does not read; use \
             etcdutl",
            log.display(),
            crate::utility::table::PROGRAM,
        )),
        Some(_) | None => Ok(steps),
    }
}

/// The store is of this version from now on.
fn set(rows: &mut backend::Writer<fs::File>, version: Schema) -> Result<(), Failure> {
    let text = (version != FIRST).then(|| format!("{version}.0"));
    Ok(rows::set_storage_version(rows, text.as_deref())?)
}
