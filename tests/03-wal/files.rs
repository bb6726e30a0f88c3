//! The log's part of a simulated node's disk, as a real log in files that are simulated.
//!
//! When power goes, the disk holds one of the images that it may hold, and the log is recovered
//! from that, perhaps at the second attempt. What comes back is all that was synced, and a
//! beginning of what was being written; the node goes on with it.

use crate::known::{Known, summary};
use crate::long::{Long, lengthened, shortened};
use crate::memory::{Memory, OURS, SMALL, shown};
use basics::Index;
use election::HardState;
use harness::files::Disk;
use harness::{Draws, Hazard, Sightings};
use replication::{Payload, Span, Write};
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use wal::{Recovered, Wal, prepare_spare};

/// What a simulation should reach, because mistakes of the log show there.
const HAZARDS: [Hazard; 6] = [
    Hazard { name: "torn-write", sentence: "A write that power cut short is cut off." },
    Hazard {
        name: "part-of-a-save",
        sentence: "A beginning of what was being written comes back, and not all of it.",
    },
    Hazard {
        name: "untold-save",
        sentence: "All that was being written comes back, and nobody had a receipt.",
    },
    Hazard { name: "half-begun", sentence: "Power goes while the next segment is begun." },
    Hazard { name: "half-a-spare", sentence: "Power goes while a segment is zeroed for later." },
    Hazard { name: "power-goes-again", sentence: "Power goes again while the log is recovered." },
];

/// The same, of logs that are let go.
const HAZARDS_OF_THE_PAST: [Hazard; 2] = [
    Hazard { name: "half-let-go", sentence: "Power goes when some old segments are let go." },
    Hazard { name: "used-again", sentence: "A segment that was let go is zeroed and used again." },
];

/// A log in files. Clones have files of their own, and two are equal if their files are.
pub struct Files<P> {
    disk: Disk,
    /// The log that is written; none in a clone that was not written to yet.
    wal: Option<Wal<Memory>>,
    /// What was synced, from where the log began when it was opened.
    known: Known<P>,
    /// Everything up to here may be let go.
    released: Index,
    /// What the disk's luck is.
    draws: Draws,
    /// The hazard states that it has seen.
    seen: BTreeSet<&'static str>,
}

impl<P: Payload + PartialEq + for<'a> TryFrom<&'a [u8]>> Files<P> {
    /// A new log with this in it, and this luck.
    pub fn new(hard_state: HardState, log: Span<P>, luck: u64) -> Files<P> {
        let disk = Disk::new();
        let wal = Wal::create(Memory(disk.clone()), OURS, SMALL, hard_state, log.prev);
        let wal = Some(wal.expect("the directory is empty"));
        let known = Known { hard_state, log: Span::empty(log.prev) };
        let (released, draws, seen) = (log.prev.index, Draws::new(luck), BTreeSet::new());
        let mut files = Files { disk, wal, known, released, draws, seen };
        if !log.entries.is_empty() {
            files.save(&Write { hard_state: None, begins: None, entries: Some(log) });
        }
        files
    }

    /// A save is synced.
    pub fn save(&mut self, write: &Write<P>) {
        self.add(write);
        self.wal().sync().expect("the disk works");
        self.known = self.known.after(write);
        if self.draws.chance(30) {
            self.prepare_spare();
        }
        self.disk.forget();
    }

    /// The store holds everything up to this entry.
    pub fn release(&mut self, index: Index) {
        self.let_go(index);
        self.disk.forget();
    }

    /// Heads or tails?
    pub fn toss(&mut self) -> bool {
        self.draws.chance(50)
    }

    /// Power goes, perhaps while these saves are being written, or after the store has come to hold
    /// everything up to an entry, and the log lets go of it. What is there when power comes again.
    pub fn crash(&mut self, release: Option<Index>, waiting: &[&Write<P>]) -> (HardState, Span<P>) {
        let (from, first) = (self.disk.operations(), self.first());
        if let Some(index) = release {
            self.let_go(index);
        }
        if self.draws.chance(20) {
            self.prepare_spare();
        }
        let mut may_be = vec![self.known.clone()];
        let count = waiting.len().min(1 + self.draws.index(waiting.len().max(1)));
        for write in &waiting[..count] {
            self.add(write);
            let last = may_be.last().expect("there is one");
            may_be.extend(last.take(write));
        }
        self.wal().sync().expect("the disk works");
        let last = self.first();
        let to = self.disk.operations();
        // More often than not, right before the last sync: that is when most is uncertain.
        let late = to > from && self.draws.chance(60);
        if late {
            self.lose(to - 1, to - 1)
        } else {
            self.lose(from, to)
        }
        if first < self.first() && self.first() < last {
            self.seen.insert("half-let-go");
        }
        self.recover(may_be)
    }

    /// What it has seen.
    pub fn seen(&self) -> &BTreeSet<&'static str> {
        &self.seen
    }

    fn add(&mut self, write: &Write<P>) {
        self.wal().add(&lengthened(write)).expect("nothing has failed");
    }

    fn let_go(&mut self, index: Index) {
        self.released = self.released.max(index);
        self.wal().release(index).expect("the disk works");
    }

    fn prepare_spare(&mut self) {
        if self.disk.names().iter().any(|name| name.ends_with(".old")) {
            self.seen.insert("used-again");
        }
        prepare_spare(&Memory(self.disk.clone()), SMALL).expect("there is room");
    }

    /// The name of the first segment.
    fn first(&self) -> Option<String> {
        self.disk.names().into_iter().find(|name| name.ends_with(".log"))
    }

    /// Power goes, when at least and at most so many operations were done.
    fn lose(&mut self, from: usize, to: usize) {
        let at = self.draws.between(from as u64, to as u64);
        let at = usize::try_from(at).expect("between two of its kind");
        self.disk = self.disk.crashed(at, &mut self.draws).disk;
        self.wal = None;
        for name in self.disk.names() {
            match name.as_str() {
                "segment.new" => drop(self.seen.insert("half-begun")),
                "spare.new" => drop(self.seen.insert("half-a-spare")),
                _ => {}
            }
        }
    }

    /// The log is opened. It holds one of these, the first of which was synced.
    fn recover(&mut self, mut may_be: Vec<Known<P>>) -> (HardState, Span<P>) {
        loop {
            let there = self.disk.copy();
            let opened = Wal::open::<Long<P>>(Memory(self.disk.clone()), OURS, SMALL);
            let (wal, recovered) = match opened {
                Ok((wal, recovered)) => (wal, shortened(recovered)),
                Err(error) => panic!("after a crash: {error}\n{}", shown(&there)),
            };
            let which = may_be.iter().position(|known| known.is(&recovered, self.released));
            let Some(which) = which else {
                let Known { hard_state, log } = &may_be[0];
                panic!(
                    "what was synced did not come back\nsynced was    {}\ncame back     {}\n{}",
                    summary(*hard_state, &log.clone().into()),
                    summary(recovered.hard_state, &recovered.log),
                    shown(&there)
                );
            };
            self.note(which, may_be.len() - 1, recovered.torn.is_some());
            if self.draws.chance(75) {
                let Recovered { hard_state, log, .. } = recovered;
                let all = log.span(log.start().index, log.last().index, usize::MAX);
                let log = all.expect("it is the whole log");
                self.known = Known { hard_state, log: log.clone() };
                self.wal = Some(wal);
                self.disk.forget();
                return (hard_state, log);
            }
            drop(wal);
            may_be = vec![may_be.swap_remove(which)];
            self.lose(0, self.disk.operations());
            self.seen.insert("power-goes-again");
        }
    }

    /// So many records of those that were being written have come back.
    fn note(&mut self, which: usize, all: usize, torn: bool) {
        let part = which > 0 && which < all;
        let whole = which > 0 && which == all;
        for (name, seen) in [("torn-write", torn), ("part-of-a-save", part), ("untold-save", whole)]
        {
            if seen {
                self.seen.insert(name);
            }
        }
    }

    fn wal(&mut self) -> &mut Wal<Memory> {
        self.wal.get_or_insert_with(|| {
            let directory = Memory(self.disk.clone());
            let (wal, _) = Wal::open::<Long<P>>(directory, OURS, SMALL).expect("it is a log");
            wal
        })
    }
}

/// What the nodes' logs have seen, besides what else was looked for; logs that are let go, or not.
pub fn sightings(others: &Sightings, seen: &BTreeSet<&'static str>, let_go: bool) -> Sightings {
    let all = others.each().map(|(hazard, _)| hazard).chain(HAZARDS);
    let past = HAZARDS_OF_THE_PAST.into_iter().filter(|_| let_go);
    let mut sightings = Sightings::of(all.chain(past));
    let others = others.each().filter_map(|(hazard, seen)| seen.then_some(hazard.name));
    others.chain(seen.iter().copied()).for_each(|name| sightings.see(name));
    sightings
}

impl<P: Clone> Clone for Files<P> {
    fn clone(&self) -> Files<P> {
        let Files { known, released, draws, seen, .. } = self;
        Files {
            disk: self.disk.copy(),
            wal: None,
            known: known.clone(),
            released: *released,
            draws: draws.clone(),
            seen: seen.clone(),
        }
    }
}

impl<P> PartialEq for Files<P> {
    fn eq(&self, other: &Files<P>) -> bool {
        self.disk.files() == other.disk.files() && self.draws == other.draws
    }
}

impl<P> Eq for Files<P> {}

impl<P> Hash for Files<P> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.disk.files(), &self.draws).hash(hasher);
    }
}

impl<P> fmt::Debug for Files<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.disk))
    }
}
