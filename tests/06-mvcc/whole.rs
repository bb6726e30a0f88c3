//! Stores of revisions, each with a disk in memory below it.

use crate::memory::{Memory, MemoryFile, NAME, SMALL};
use api::LeaseId;
use bolt::backend::{self, Committed, Committer, Frozen};
use harness::files::Disk;
use mvcc::{Leases, Store};

/// A store with the disk below it.
pub struct Whole {
    pub store: Store<MemoryFile>,
    committer: Committer<Memory>,
    frozen: Option<Frozen>,
    committed: Option<Committed>,
}

impl Whole {
    /// What is on this disk.
    pub fn open(disk: &Disk) -> Whole {
        let opened = backend::open(Memory(disk.clone()), NAME, SMALL);
        let (writer, committer) = opened.expect("it is sound");
        let store = Store::open(writer).expect("it is sound");
        Whole { store, committer, frozen: None, committed: None }
    }

    /// An empty one.
    pub fn new() -> Whole {
        Whole::open(&Disk::new())
    }

    /// Goes on with bringing what was written to the disk, by one of three steps. Is something new
    /// on its way?
    pub fn step(&mut self) -> bool {
        if let Some(committed) = self.committed.take() {
            self.committer.retire(committed);
        } else if let Some(frozen) = self.frozen.take() {
            self.committed = Some(self.committer.commit(frozen).expect("the disk works"));
        } else {
            self.frozen = self.store.freeze();
            return self.frozen.is_some();
        }
        false
    }

    /// Has what was frozen last come to the disk?
    pub fn is_committed(&self) -> bool {
        self.frozen.is_none()
    }

    /// Brings everything to the disk.
    pub fn flush(&mut self) {
        loop {
            let idle = self.frozen.is_none() && self.committed.is_none();
            if !self.step() && idle {
                return;
            }
        }
    }
}

/// There are leases of these numbers, and no others.
pub struct Known(pub &'static [i64]);

impl Leases for Known {
    fn is_there(&self, lease: LeaseId) -> bool {
        self.0.contains(&LeaseId::wire(Some(lease)))
    }
}
