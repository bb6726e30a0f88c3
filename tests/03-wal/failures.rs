//! Disks that fail, and what becomes of the log then.

use crate::disk::{Memory, OURS, Op, SMALL, shown};
use crate::story::{Known, save};
use basics::Index;
use harness::files::{Disk, Failing, Kind};
use harness::{Draws, check};
use replication::Write;
use std::io::ErrorKind;
use wal::{Error, Folder, Wal};

/// A new log, and a way to write to it: what it holds as far as it was synced.
struct Writer {
    disk: Disk,
    wal: Wal<Memory>,
    known: Known,
    /// The save that was added and not synced.
    under_way: Option<Write<Op>>,
    draws: Draws,
}

impl Writer {
    fn new() -> Writer {
        let disk = Disk::new();
        let known = Known::first();
        let start = known.log.prev;
        let wal = Wal::create(Memory(disk.clone()), OURS, SMALL, known.hard_state, start);
        let wal = wal.expect("an empty directory");
        Writer { disk, wal, known, under_way: None, draws: Draws::new(1) }
    }

    fn write(&mut self) -> Result<(), Error> {
        let write = save(&self.known, self.known.log.prev.index, &mut self.draws, 200);
        self.under_way.get_or_insert_with(|| write.clone());
        self.wal.add(&write)?;
        self.wal.sync()?;
        self.known = self.known.after(&write);
        self.under_way = None;
        Ok(())
    }

    /// Writes until it fails; none if it does not.
    fn until_it_fails(&mut self) -> Option<Error> {
        (0..100).find_map(|_| self.write().err())
    }

    /// What a start finds: what was synced, and perhaps what was under way, or a part of it.
    fn starts_again(&self) {
        let under_way = self.under_way.as_ref().expect("it has failed");
        let may_be: Vec<Known> =
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

/// The disk is told to let so many operations of a kind pass, and to fail then; in turn for every
/// number of operations up to `most`. Each time the log ends with an error that begins like this,
/// takes nothing more, and what was synced is there afterwards, whatever the disk has forgotten.
fn fails(what: Kind, times: usize, error: ErrorKind, most: usize, begins: &str) {
    let mut failures = 0;
    for after in 0..most {
        let mut writer = Writer::new();
        writer.disk.fail(Failing { what, after, times, error });
        let Some(error) = writer.until_it_fails() else { continue };
        failures += 1;
        let text = error.to_string();
        assert!(text.starts_with(begins), "{text}");
        let again = writer.write().expect_err("it goes on");
        assert!(matches!(again, Error::Failed { .. }), "nothing is tried again: {again}");
        writer.starts_again();
    }
    assert!(failures > most / 2, "{failures} of {most} have failed");
}

#[test]
fn a_full_disk_ends_it() {
    check(|| fails(Kind::Write, usize::MAX, ErrorKind::StorageFull, 60, "cannot write"));
}

#[test]
fn a_disk_that_is_full_when_a_segment_ends() {
    // What was zeroed ahead of time has room. The next segment has none.
    check(|| fails(Kind::Grow, usize::MAX, ErrorKind::StorageFull, 8, "cannot write segment.new"));
}

#[test]
fn a_write_that_fails_once_is_not_tried_again() {
    check(|| fails(Kind::Write, 1, ErrorKind::Other, 60, "cannot write"));
}

#[test]
fn a_sync_that_fails_once_and_then_succeeds() {
    check(|| fails(Kind::Sync, 1, ErrorKind::Other, 60, "cannot sync"));
}

#[test]
fn a_directory_that_cannot_be_synced() {
    check(|| fails(Kind::SyncNames, 1, ErrorKind::Other, 8, "cannot sync"));
}

#[test]
fn a_rename_that_fails() {
    check(|| fails(Kind::Rename, 1, ErrorKind::Other, 8, "cannot rename"));
}

#[test]
fn a_new_segment_that_cannot_be_made() {
    check(|| fails(Kind::Create, 1, ErrorKind::PermissionDenied, 8, "cannot make segment.new"));
}

#[test]
fn interrupted_calls_are_made_again() {
    check(|| {
        for what in [Kind::Write, Kind::Read] {
            let mut writer = Writer::new();
            let error = ErrorKind::Interrupted;
            for after in 0..20 {
                writer.disk.fail(Failing { what, after, times: 3, error });
                writer.write().expect("it was only interrupted");
                let opened = Wal::open::<Op>(Memory(writer.disk.clone()), OURS, SMALL);
                let (_, recovered) = opened.expect("it was only interrupted");
                assert!(writer.known.is(&recovered, Index(0)));
            }
        }
    });
}

#[test]
fn a_log_that_cannot_be_read_is_not_taken_for_an_empty_one() {
    check(|| {
        let mut writer = Writer::new();
        (0..20).for_each(|_| writer.write().expect("the disk works"));
        let mut refused = 0;
        for after in 0..100 {
            let disk = Disk::with(writer.disk.files());
            disk.fail(Failing { what: Kind::Read, after, times: 1, error: ErrorKind::Other });
            match Wal::open::<Op>(Memory(disk), OURS, SMALL) {
                Ok((_, recovered)) => assert!(writer.known.is(&recovered, Index(0))),
                Err(error) => {
                    assert!(error.to_string().starts_with("cannot read"), "{error}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 5, "{refused} reads have failed");
    });
}

#[test]
fn a_disk_that_takes_a_few_bytes_at_a_time() {
    check(|| {
        let mut writer = Writer::new();
        writer.disk.write_short(100);
        for _ in 0..20 {
            writer.write().expect("short writes are writes");
        }
        let (_, recovered) =
            Wal::open::<Op>(Memory(writer.disk.clone()), OURS, SMALL).expect("fine");
        assert_eq!(recovered.log.last(), writer.known.log.last());
        assert_eq!(recovered.hard_state, writer.known.hard_state);
    });
}

#[test]
fn a_directory_has_one_log_and_one_process() {
    check(|| {
        let writer = Writer::new();
        let known = Known::first();
        let again = Wal::create(Memory(writer.disk), OURS, SMALL, known.hard_state, known.log.prev);
        assert!(matches!(again.map(|_| ()), Err(Error::NotEmpty { .. })));
        let nothing = Wal::open::<Op>(Memory(Disk::new()), OURS, SMALL);
        assert!(matches!(nothing.map(|_| ()), Err(Error::Nothing { .. })));
        let folder = tempfile::tempdir().expect("a place for a folder");
        let place = folder.path().join("wal");
        let mine = Folder::lock(&place).expect("nobody has it");
        assert!(matches!(Folder::lock(&place), Err(Error::InUse { .. })), "it is taken");
        drop(mine);
        Folder::lock(&place).expect("it is free again");
    });
}

#[test]
fn on_real_files() {
    check(|| {
        let folder = tempfile::tempdir().expect("a place for a folder");
        let mut known = Known::first();
        let mut draws = Draws::new(3);
        let start = known.log.prev;
        let directory = Folder::lock(folder.path()).expect("nobody has it");
        let wal = Wal::create(directory, OURS, SMALL, known.hard_state, start);
        let mut wal = wal.expect("an empty directory");
        for round in 0..30 {
            let write = save(&known, start.index, &mut draws, 300);
            wal.add(&write).expect("nothing has failed");
            wal.sync().expect("the disk works");
            known = known.after(&write);
            if round % 10 == 9 {
                drop(wal);
                let directory = Folder::lock(folder.path()).expect("nobody has it");
                let opened = Wal::open::<Op>(directory, OURS, SMALL);
                let (again, recovered) = opened.expect("nothing was lost");
                assert_eq!(recovered.log.last(), known.log.last());
                assert_eq!((recovered.hard_state, recovered.torn), (known.hard_state, None));
                wal = again;
            }
        }
    });
}
