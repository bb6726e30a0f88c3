//! What a node's disk holds: a log, and a store with what the state machine makes of it.

use crate::files::Files;
use basics::{Index, Position};
use election::HardState;
use raft::{Configuration, Data, Payload, Stored};
use replication::{Entry, Log, Span, Write};
use std::collections::BTreeMap;

/// Of commands with these numbers, the store keeps which were carried out.
const ASKED_FOR: u64 = 1_000_000;

/// What the state machine makes of the log, and what a snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    /// The last entry in it.
    pub at: Position,
    pub configuration: Configuration,
    /// What each register holds.
    pub registers: BTreeMap<u64, u64>,
    /// Commands that were carried out. (Only those that somebody asks about.)
    pub done: Vec<u64>,
}

/// What a node's disk holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Disk {
    pub hard_state: HardState,
    /// The log: the position before it, and its entries.
    pub log: Span<Payload>,
    pub store: Store,
    /// The files in which hard state and log are, if they are in files.
    pub files: Option<Files<Payload>>,
}

/// The data of a command: its number.
pub fn data(number: u64) -> Data {
    let number = u32::try_from(number).expect("commands are small numbers");
    Data::from(&number.to_le_bytes()[..])
}

/// The number in some data.
fn number(data: &Data) -> u64 {
    u64::from(u32::from_le_bytes(data.as_ref().try_into().expect("four bytes")))
}

impl Store {
    pub fn first(stored: &Stored) -> Store {
        Store {
            at: stored.applied,
            configuration: stored.configuration.clone(),
            registers: BTreeMap::new(),
            done: Vec::new(),
        }
    }

    /// Carries out the next entry; what the register held before, if it is a write.
    pub fn apply(&mut self, index: Index, entry: &Entry<Payload>) -> Option<u64> {
        assert_eq!(index.0, self.at.index.0 + 1, "entries are applied in order, each once");
        self.at = Position { term: entry.term, index };
        match &entry.payload {
            None => None,
            Some(Payload::Change(written)) => {
                self.configuration = self.configuration.after(written.change());
                None
            }
            Some(Payload::Data(data)) => {
                let command = number(data);
                self.done.extend((command >= ASKED_FOR).then_some(command));
                self.registers.insert(command % 2, command)
            }
        }
    }
}

impl Disk {
    /// A disk on the first day; in files, if this is their luck.
    pub fn first(stored: &Stored, files: Option<u64>) -> Disk {
        let (hard_state, start) = (stored.hard_state, stored.log.start());
        let log = Span::empty(start);
        let files = files.map(|luck| Files::new(hard_state, log.clone(), luck));
        Disk { hard_state, log, store: Store::first(stored), files }
    }

    /// What a node starts from.
    pub fn stored(&self) -> Stored {
        Stored {
            hard_state: self.hard_state,
            log: Log::from(self.log.clone()),
            applied: self.store.at,
            configuration: self.store.configuration.clone(),
        }
    }

    /// The entry at this index, if the disk's log has it.
    pub fn entry(&self, index: Index) -> Option<&Entry<Payload>> {
        let place = index.0.checked_sub(self.log.prev.index.0)?.checked_sub(1)?;
        self.log.entries.get(usize::try_from(place).ok()?)
    }

    /// Does the disk's log hold the entry of this position?
    pub fn holds(&self, position: Position) -> bool {
        let entry = self.entry(position.index).map(|entry| entry.term);
        self.log.prev == position || entry == Some(position.term)
    }

    pub fn save(&mut self, write: &Write<Payload>) {
        if let Some(hard_state) = write.hard_state {
            self.hard_state = hard_state;
        }
        if let Some(begins) = write.begins {
            self.log = Span::empty(begins);
        }
        if let Some(span) = &write.entries {
            let kept = span.prev.index.0.checked_sub(self.log.prev.index.0);
            let kept = kept.expect("what the log has let go of is never written again");
            let kept = usize::try_from(kept).expect("a short log");
            assert!(kept <= self.log.entries.len(), "a save that leaves a gap on disk");
            self.log.entries.truncate(kept);
            self.log.entries.extend(span.entries.iter().cloned());
        }
        if let Some(files) = &mut self.files {
            files.save(write);
        }
    }

    /// The log's beginning is of no use any more.
    pub fn release(&mut self, index: Index) {
        if let Some(term) = self.entry(index).map(|entry| entry.term) {
            let count = usize::try_from(index.0 - self.log.prev.index.0).expect("a short log");
            self.log.entries.drain(..count);
            self.log.prev = Position { term, index };
        }
        if let Some(files) = &mut self.files {
            files.release(index);
        }
    }

    /// Power goes, perhaps while these are being written, or after this store has taken the place
    /// of the one before, and the log is let go up to that entry. A disk that is not in files has
    /// begun nothing.
    pub fn crash(&mut self, store: Option<(&Store, Index)>, waiting: &[&Write<Payload>]) {
        let Some(files) = &mut self.files else { return };
        let store = store.filter(|_| files.toss());
        if let Some((store, _)) = store {
            self.store = store.clone();
        }
        let release = store.map(|(_, release)| release);
        (self.hard_state, self.log) = files.crash(release, waiting);
    }
}
