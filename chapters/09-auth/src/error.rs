//! What can go wrong before anybody asks for anything.
//!
//! Owns [`Error`]: why users and roles cannot be read from their rows, and why a member cannot make
//! tokens as it is told to. What a client is refused is the catalogue's, [`api::Error`].

use thiserror::Error;

/// Why a member does not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Something in a bucket that nobody can have written there.
    #[error("bucket \"{bucket}\", row \"{key}\": {why}; restore a backup")]
    Foreign {
        /// The bucket.
        bucket: &'static str,
        /// The row, for a person.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The text that says how tokens are made cannot be. etcd says the reason in its log, and ends
    /// with these words.
    #[error("auth: invalid auth options")]
    InvalidOptions {
        /// The reason, for the log.
        why: String,
    },
    /// This way of signing is known, and not there.
    #[error("unsupported signing method: {method}")]
    UnsupportedMethod {
        /// Its name.
        method: String,
    },
    /// No file was given that has a key.
    #[error("auth: missing key data")]
    MissingKey,
    /// Both files have a key, and they are no pair.
    #[error("auth: public and private keys don't match")]
    KeyMismatch,
    /// A file has no key of the kind that is needed.
    #[error("invalid key: {why}")]
    InvalidKey {
        /// What is wrong with it.
        why: &'static str,
    },
}
