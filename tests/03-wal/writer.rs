//! A log in memory that is written, and what it must hold.

use crate::known::Known;
use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use crate::story::{first, save};
use basics::Index;
use harness::Draws;
use harness::files::Disk;
use replication::Write;
use wal::{Error, Wal};

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
