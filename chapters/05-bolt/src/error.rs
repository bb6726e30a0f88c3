//! What can go wrong with a store, and what to do then.
//!
//! Owns [`Error`]. Each says what was being done, to which file, and where in it.

use std::io;
use thiserror::Error;

/// Why a store cannot be opened, read or written.
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
    /// Another process has it.
    #[error("{file} is in use by another process")]
    InUse {
        /// The file.
        file: String,
    },
    /// The file is no store.
    #[error("{file} is not a store: {why}")]
    NoStore {
        /// The file.
        file: String,
        /// What is wrong with its first two pages.
        why: String,
    },
    /// A page is not what it should be.
    #[error("{file} is damaged at page {page}, byte {offset}: {why}; restore a backup")]
    Damaged {
        /// The file.
        file: String,
        /// The page.
        page: u64,
        /// Where it begins in the file.
        offset: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A change that the format has no room for, or that contradicts what is there.
    #[error("cannot change {key}: {why}")]
    Impossible {
        /// The key, for a person.
        key: String,
        /// Why not.
        why: &'static str,
    },
    /// An earlier commit has failed. The file holds the state before it, or the one after; nobody
    /// knows, so nothing is written any more.
    #[error("the store has failed before ({reason}) and takes nothing more; start it anew")]
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

    /// A change that cannot be.
    pub(crate) fn impossible(key: &[u8], why: &'static str) -> Error {
        Error::Impossible { key: format!("\"{}\"", key[..key.len().min(64)].escape_ascii()), why }
    }
}
