//! What can go wrong with a log on disk, and what to do then.
//!
//! Owns [`Error`]. Each says what was being done, and to which file.

use std::io;
use thiserror::Error;

/// Why the log cannot go on.
#[derive(Debug, Error)]
pub enum Error {
    /// The operating system refused something.
    #[error("{doing} {file}: {source}")]
    Io {
        /// What was being done: "cannot sync".
        doing: &'static str,
        /// To which file.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// There is a log already, and a new one was to be made.
    #[error("{place} holds a log already; a new member needs an empty directory")]
    NotEmpty {
        /// The directory.
        place: String,
    },
    /// There is no log.
    #[error("{place} holds no log; was the member ever started with this directory?")]
    Nothing {
        /// The directory.
        place: String,
    },
    /// Another process has it.
    #[error("{place} is in use by another process")]
    InUse {
        /// The directory.
        place: String,
    },
    /// A segment is of another member, of another cluster, or no segment at all.
    #[error("{file} is not of this member: {why}")]
    Foreign {
        /// The segment.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Something that was synced is damaged.
    #[error(
        "{file} is damaged at byte {place}: {why}; nothing was changed. Take the member out of \
         the cluster and let it join anew, or restore a backup"
    )]
    Damaged {
        /// The segment.
        file: String,
        /// Where its first damaged record begins.
        place: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A file that was received is not what was sent.
    #[error("{file} was not received well: {why}; ask for it again")]
    NotReceived {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nothing of the log would be left.
    #[error("{file} is damaged, and nothing before it is left; there is nothing to repair")]
    NothingLeft {
        /// The segment.
        file: String,
    },
    /// An earlier write or sync has failed. What the disk holds is unknown, so nothing is tried
    /// again.
    #[error("the log has failed before ({reason}) and takes nothing more; start the member anew")]
    Failed {
        /// The first error.
        reason: String,
    },
}

impl Error {
    /// For `map_err`: what was being done, to which file.
    pub(crate) fn io(doing: &'static str, file: impl Into<String>) -> impl Fn(io::Error) -> Error {
        let file = file.into();
        move |source| Error::Io { doing, file: file.clone(), source }
    }
}
