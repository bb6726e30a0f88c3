//! What can be seen of a state from outside, by whoever has it.
//!
//! Owns nothing: a thread that runs it shows the same by way of `facts` and views.

use super::State;
use crate::letters::Retired;
use crate::mailbox::Mailbox;
use api::Revision;
use basics::Position;
use mvcc::Attached;
use raft::Configuration;

impl State {
    /// The last entry that was carried out.
    pub fn applied(&self) -> Position {
        self.applied
    }

    /// By whom the cluster decides, as of that entry.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Which keys hang on which lease.
    pub fn attached(&self) -> &Attached {
        self.store.attached()
    }

    /// The newest revision.
    pub fn current(&self) -> Revision {
        self.store.current()
    }

    /// The revision of the last compaction.
    pub fn compacted(&self) -> Option<Revision> {
        self.store.compacted()
    }

    /// The sum of all keys that are there at a revision; none if it is not known.
    pub fn sum(&self, revision: Revision) -> Option<u64> {
        self.store.sum(revision)
    }

    /// Is anything written that is not frozen yet, and is the way to the disk free?
    pub fn can_freeze(&self) -> bool {
        self.commits.can_begin(self.applied)
    }

    /// Hears what has become of what was frozen.
    pub fn hear(&mut self, retired: &Mailbox<Retired>) {
        self.commits.hear(retired);
    }
}
