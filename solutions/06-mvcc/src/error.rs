//! What can go wrong.
//!
//! Owns [`Error`]. A refusal is an answer to a client, and the same on every member. Everything
//! else is a reason to stop.

use crate::stamp::Stamp;
use thiserror::Error;

/// Why a request is not carried out, or a store not opened.
#[derive(Debug, Error)]
pub enum Error {
    /// The request cannot be: this is what the client is told. Nothing has happened.
    #[error(transparent)]
    Refused(#[from] api::Error),
    /// The file below.
    #[error(transparent)]
    Store(#[from] bolt::Error),
    /// A row that the index knows is not there, or cannot be read.
    #[error("the row of change {stamp} {why}; restore a backup")]
    Row {
        /// Which.
        stamp: Stamp,
        /// What is wrong with it.
        why: &'static str,
    },
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
}
