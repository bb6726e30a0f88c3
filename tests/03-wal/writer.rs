//! A log in memory that is written, and what it must hold; and other things to write.

use crate::known::Known;
use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use crate::story::{first, save};
use basics::{Index, Position, Term};
use election::HardState;
use harness::Draws;
use harness::files::{Disk, Failing, Kind};
use replication::{Entry, Span, Write};
use std::io::ErrorKind;
use wal::{Error, Identity, Wal};

/// A new log, and a way to write to it: what it holds as far as it was synced.
pub struct Writer {
    pub disk: Disk,
    pub wal: Wal<Memory>,
    pub known: Known<Op>,
    /// The save that was added and not synced.
    under_way: Option<Write<Op>>,
    draws: Draws,
}

impl Writer {
    pub fn new() -> Writer {
        let disk = Disk::new();
        let known = first();
        let start = known.log.prev;
        let wal = Wal::create(Memory(disk.clone()), OURS, SMALL, known.hard_state, start);
        let wal = wal.expect("an empty directory");
        Writer { disk, wal, known, under_way: None, draws: Draws::new(1) }
    }

    /// Writes a save and syncs it.
    pub fn write(&mut self) -> Result<(), Error> {
        let write = save(&self.known, self.known.log.prev.index, &mut self.draws, 200);
        self.under_way.get_or_insert_with(|| write.clone());
        self.wal.add(&write)?;
        self.wal.sync()?;
        self.known = self.known.after(&write);
        self.under_way = None;
        Ok(())
    }

    /// Writes until it fails; none if it does not.
    pub fn until_it_fails(&mut self) -> Option<Error> {
        (0..100).find_map(|_| self.write().err())
    }

    /// What a start finds: what was synced, and perhaps what was under way, or a part of it.
    pub fn starts_again(&self) {
        let under_way = self.under_way.as_ref().expect("it has failed");
        let may_be: Vec<Known<Op>> =
            [self.known.clone()].into_iter().chain(self.known.take(under_way)).collect();
        let from = self.disk.operations();
        self.disk.crash(from, |_, image| {
            let lost = &image.lost;
            let opened = Wal::open::<Op>(Memory(image.disk.clone()), OURS, SMALL);
            let (_, recovered) = opened.unwrap_or_else(|error| panic!("lost: {lost}: {error}"));
            let found = may_be.iter().any(|known| known.is(&recovered, Index(0)));
            assert!(found, "lost: {lost}\n{}", shown(&image.disk));
        });
    }
}

/// An operation of this kind never happens, for the process was killed before it.
pub fn killed(disk: &Disk, what: Kind) {
    disk.fail(Failing { what, after: 0, times: 1, error: ErrorKind::Other });
}

/// A save with entries of these lengths, after this one.
pub fn entries(prev: Position, lengths: &[usize]) -> Write<Op> {
    let entry = |length: &usize| {
        let payload = Some(Op::new(prev.index.0, *length));
        Entry { term: prev.term, payload }
    };
    let entries = lengths.iter().map(entry).collect();
    Write { hard_state: None, begins: None, entries: Some(Span { prev, entries }) }
}

/// A log of a few segments, in which each batch is a sector, of entries that carry bytes by this
/// number. Logs with other numbers have the same shape.
pub fn shaped(identity: Identity, number: u64) -> Vec<(String, Vec<u8>)> {
    let disk = Disk::new();
    let start = Position { term: Term(1), index: Index(1) };
    let hard_state = HardState { term: Term(1), vote: None };
    let wal = Wal::create(Memory(disk.clone()), identity, SMALL, hard_state, start);
    let mut wal = wal.expect("an empty directory");
    for index in 1..=8 {
        let prev = Position { index: Index(index), ..start };
        let payload = Some(Op::new(number + index, 200));
        let entries = Some(Span { prev, entries: vec![Entry { term: prev.term, payload }] });
        wal.add(&Write { hard_state: None, begins: None, entries }).expect("nothing has failed");
        wal.sync().expect("the disk works");
    }
    disk.files()
}
