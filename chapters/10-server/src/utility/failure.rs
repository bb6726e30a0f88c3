//! Why a command has failed.
//!
//! Owns [`Failure`]: the text, as it is written, and the code that the program ends with. Both are
//! those of etcd's `etcdutl`.

use crate::journal::{Journal, Level, Line, fields};
use crate::reason::reason;
use std::io;
use std::path::Path;

/// A command line that a command cannot do anything with.
const BAD_ARGUMENTS: u8 = 128;
/// A format that an answer does not have.
const BAD_FEATURE: u8 = 4;
/// A file of which nothing can be read.
const PANIC: u8 = 2;

/// Why a command has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is written, with the end of the line.
    pub text: String,
    /// What the program ends with.
    pub code: u8,
}

impl Failure {
    /// Something did not work.
    pub fn new(why: impl AsRef<str>) -> Failure {
        Failure { text: format!("Error: {}\n", why.as_ref()), code: 1 }
    }

    /// The command was given too little, too much, or the wrong thing.
    pub fn arguments(why: impl AsRef<str>) -> Failure {
        Failure { code: BAD_ARGUMENTS, ..Failure::new(why) }
    }

    /// There is no such format.
    pub fn format(why: &str) -> Failure {
        Failure { code: BAD_FEATURE, ..Failure::new(why) }
    }

    /// The command line is none: the command's usage follows.
    pub fn usage(why: &str, usage: &str) -> Failure {
        Failure { text: format!("Error: {why}\n{usage}\nError: {why}\n"), code: 1 }
    }

    /// What the system did not do, to which file, and why.
    pub fn system(doing: &str, place: &Path, error: &io::Error) -> Failure {
        Failure::new(format!("{doing} {}: {}", place.display(), reason(error)))
    }

    /// A store's file that cannot be opened. The journal says which, and why: the text does not.
    pub fn unopened(place: &Path, error: &bolt::Error, journal: &Journal) -> Failure {
        let fields = fields!["path": place.display().to_string(), "error": opening(error)];
        journal.say(&Line::new(Level::Panic, "failed to open database", fields));
        Failure { text: "panic: failed to open database\n".to_owned(), code: PANIC }
    }
}

impl From<bolt::Error> for Failure {
    fn from(error: bolt::Error) -> Failure {
        Failure::new(opening(&error))
    }
}

/// Why a store's file is not opened.
pub fn opening(error: &bolt::Error) -> String {
    match error {
        bolt::Error::InUse { .. } => "timeout".to_owned(),
        bolt::Error::NoStore { .. } => "invalid database".to_owned(),
        bolt::Error::Io { doing: "cannot open", file, source } => {
            format!("open {file}: {}", reason(source))
        }
        bolt::Error::Io { .. }
        | bolt::Error::Damaged { .. }
        | bolt::Error::Impossible { .. }
        | bolt::Error::Failed { .. } => error.to_string(),
    }
}
