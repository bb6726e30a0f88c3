//! A compaction that has not come to its end.
//!
//! Owns [`Compaction`], and what the bucket `meta` says of it: `scheduledCompactRev`, that one was
//! begun, and `finishedCompactRev`, that it came to its end. A start goes on with one that did not.
//!
//! Left to others: its steps (`forget`).

use crate::stamp::{Act, Stamp};
use api::Revision;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;

/// The bucket of what is known about the store itself.
pub const META: &[u8] = b"meta";

/// A compaction that was begun.
pub const SCHEDULED: &[u8] = b"scheduledCompactRev";

/// A compaction that came to its end.
pub const FINISHED: &[u8] = b"finishedCompactRev";

/// A compaction that has not come to its end.
#[derive(Debug)]
pub struct Compaction {
    /// States before it are not needed.
    pub revision: Revision,
    /// Up to this key it has looked.
    pub after: Option<Bytes>,
    /// It has looked at all keys.
    pub has_seen_all: bool,
    /// Rows that the index does not know any more, and that are still to be deleted.
    pub rows: VecDeque<(Stamp, Act)>,
    /// Whoever has one of these may still need what it takes.
    pub waits_for: Vec<Arc<()>>,
}

/// How far a compaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is none, or it has just come to its end.
    Done,
    /// There is more to do.
    More,
    /// A view that was taken before it is still there.
    Waits,
}

impl Compaction {
    /// One that begins.
    pub fn new(revision: Revision) -> Compaction {
        Compaction {
            revision,
            after: None,
            has_seen_all: false,
            rows: VecDeque::new(),
            waits_for: Vec::new(),
        }
    }

    /// Is a view there that may need what it takes?
    pub fn waits(&mut self) -> bool {
        self.waits_for.retain(|era| Arc::strong_count(era) > 1);
        !self.waits_for.is_empty()
    }
}
