//! Forgetting what was before a revision.
//!
//! Owns [`Store::compact`], which says from when on states can be read, and
//! [`Store::compaction_step`], which takes away what is not needed any more. The first is a request
//! of the log, and the same on every member. The second may take long, so it goes in steps between
//! other entries, whenever a member wants; nobody can tell how far it is.
//!
//! Left to others: which versions go ([`crate::index::taken`]).

use crate::compaction::{Compaction, FINISHED, META, Progress, SCHEDULED};
use crate::error::Error;
use crate::row;
use crate::stamp::{Act, RowKey, Stamp};
use crate::store::Store;
use api::Revision;
use bolt::File;
use std::sync::Arc;

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
        let mut compaction = Compaction::new(revision);
        // What one before this has not done, this one does. Of rows, only it knows.
        if let Some(before) = self.compaction.take() {
            (compaction.waits_for, compaction.rows) = (before.waits_for, before.rows);
        }
        compaction.waits_for.push(era);
        self.compaction = Some(compaction);
        Ok(())
    }

    /// Goes on with a compaction, if there is one: looks at so many keys, and deletes so many rows
    /// at most. A key may have more versions than that; then several steps delete their rows.
    ///
    /// It publishes what was written until now, since whoever reads has the era before the
    /// compaction until then; and the rows with it, or a view would look for some that it does not
    /// have.
    pub fn compaction_step(&mut self, count: usize) -> Result<Progress, Error> {
        if self.compaction.is_some() {
            self.publish();
        }
        let Some(compaction) = &mut self.compaction else { return Ok(Progress::Done) };
        if compaction.waits() {
            return Ok(Progress::Waits);
        }
        let revision = compaction.revision;
        if compaction.rows.is_empty() && !compaction.has_seen_all {
            let after = compaction.after.take();
            let (rows, last) = self.shared.index_mut().compact(after.as_ref(), count, revision);
            compaction.rows = rows.into();
            compaction.has_seen_all = last.is_none();
            compaction.after = last;
        }
        let now = compaction.rows.len().min(count);
        self.forgotten += now as u64;
        for (stamp, act) in compaction.rows.drain(..now) {
            self.rows.delete(row::BUCKET, stamp.row_key(act))?;
        }
        if !compaction.rows.is_empty() || !compaction.has_seen_all {
            return Ok(Progress::More);
        }
        self.rows.put(META, FINISHED, mark(revision))?;
        self.compaction = None;
        Ok(Progress::Done)
    }
}

/// A revision as a row of `meta` has it.
fn mark(revision: Revision) -> RowKey {
    Stamp { revision, sub: 0 }.row_key(Act::Put)
}
