//! Forgetting what was before a revision.
//!
//! Owns [`Store::compact`], which says from when on states can be read, and
//! [`Store::compaction_step`], which takes away what is not needed any more. The first is a request
//! of the log, and the same on every member. The second may take long, so it goes in steps between
//! other entries, whenever a member wants; nobody can tell how far it is.
//!
//! `scheduledCompactRev` in the bucket `meta` says that a compaction was begun, and
//! `finishedCompactRev` that it came to its end. A start goes on with one that did not.
//!
//! Left to others: which versions go ([`crate::index::taken`]).

use crate::error::Error;
use crate::revision::{Act, Revision, Stamp};
use crate::row;
use crate::store::{META, Store};
use bolt::File;
use bytes::Bytes;
use std::sync::Arc;

/// A compaction that was begun.
pub const SCHEDULED: &[u8] = b"scheduledCompactRev";

/// A compaction that came to its end.
pub const FINISHED: &[u8] = b"finishedCompactRev";

/// A compaction that has not come to its end.
#[derive(Debug)]
pub struct Compaction {
    /// States before it are not needed.
    revision: Revision,
    /// Up to this key it is done.
    after: Option<Bytes>,
    /// Whoever has one of these may still need what it takes.
    waits_for: Vec<Arc<()>>,
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
        Compaction { revision, after: None, waits_for: Vec::new() }
    }

    /// Is a view there that may need what it takes?
    fn waits(&mut self) -> bool {
        self.waits_for.retain(|era| Arc::strong_count(era) > 1);
        !self.waits_for.is_empty()
    }
}

impl<F: File> Store<F> {
    /// From now on, no state before this revision can be read. It is refused if that was so before,
    /// or if the revision is still to come.
    pub fn compact(&mut self, revision: i64) -> Result<(), Error> {
        if revision <= self.compacted.map_or(-1, Revision::wire) {
            return Err(api::Error::Compacted.into());
        }
        let revision = Revision(revision.unsigned_abs());
        if revision > self.current {
            return Err(api::Error::FutureRev.into());
        }
        self.rows.put(META, SCHEDULED, mark(revision))?;
        self.compacted = Some(revision);
        let era = std::mem::replace(&mut self.era, Arc::new(()));
        // What one before this has not done, this one does.
        let waits_for = self.compaction.take().map(|before| before.waits_for);
        let mut compaction = Compaction::new(revision);
        compaction.waits_for = waits_for.unwrap_or_default();
        compaction.waits_for.push(era);
        self.compaction = Some(compaction);
        Ok(())
    }

    /// Goes on with a compaction, if there is one: looks at so many keys.
    pub fn compaction_step(&mut self, keys: usize) -> Result<Progress, Error> {
        // Readers have the old era until this one is published.
        self.publish_moment();
        let Some(compaction) = &mut self.compaction else { return Ok(Progress::Done) };
        if compaction.waits() {
            return Ok(Progress::Waits);
        }
        let revision = compaction.revision;
        let after = compaction.after.take();
        let (rows, last) = self.shared.index_mut().compact(after.as_ref(), keys, revision);
        for (stamp, act) in rows {
            self.rows.delete(row::BUCKET, stamp.row_key(act))?;
        }
        compaction.after = last;
        if compaction.after.is_some() {
            return Ok(Progress::More);
        }
        self.rows.put(META, FINISHED, mark(revision))?;
        self.compaction = None;
        Ok(Progress::Done)
    }
}

/// A revision as a row of `meta` has it.
fn mark(revision: Revision) -> Bytes {
    Stamp { revision, sub: 0 }.row_key(Act::Put)
}
