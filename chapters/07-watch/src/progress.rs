//! A promise: everything that is still to come is newer than this.
//!
//! Owns [`Mark`]. A client may ask how far all watchers of its stream are, and is told one
//! revision. From then on, every event of the stream is of a later one. That is only true once
//! those events have left that were about to when it asked. So the answer waits for their watchers,
//! and not for what is written meanwhile: that is newer, and need not come first.
//!
//! Left to others: whether there can be an answer at all (`stream`).

use crate::numbers::WatchId;
use api::Revision;
use std::collections::BTreeSet;

/// A request that waits for events that were there before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The revision that the client will be told.
    pub revision: Revision,
    /// Who may still have to be told of something up to that revision.
    waits: BTreeSet<WatchId>,
}

impl Mark {
    /// These still have something to be told.
    pub fn new(revision: Revision, waits: BTreeSet<WatchId>) -> Mark {
        Mark { revision, waits }
    }

    /// A watcher has come, which may have asked for the past. The client sees it before the answer,
    /// and counts it among all.
    pub fn wait_for(&mut self, id: WatchId) {
        self.waits.insert(id);
    }

    /// The next revision that a watcher may be told of is this one; none if it has nothing to be
    /// told.
    pub fn passed(&mut self, id: WatchId, next: Option<Revision>) {
        if next.is_none_or(|next| next > self.revision) {
            self.waits.remove(&id);
        }
    }

    /// Does nobody have to be told of anything up to the revision?
    pub fn is_passed(&self) -> bool {
        self.waits.is_empty()
    }
}
