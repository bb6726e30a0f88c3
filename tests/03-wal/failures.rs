//! Disks that fail, and what becomes of the log then.

use crate::disk::{Memory, OURS, Op, SMALL};
use crate::story::{Known, save};
use harness::files::{Disk, Failing};
use harness::{Draws, check};
use wal::{Error, Folder, Wal};

/// A new log, and a way to write to it: what it holds as far as it was synced.
struct Writer {
    disk: Disk,
    wal: Wal<Memory>,
    known: Known,
    draws: Draws,
}

impl Writer {
    fn new() -> Writer {
        let disk = Disk::new();
        let known = Known::first();
        let start = known.log.prev;
        let wal = Wal::create(Memory(disk.clone()), OURS, SMALL, known.hard_state, start);
        Writer { disk, wal: wal.expect("an empty directory"), known, draws: Draws::new(1) }
    }

    fn write(&mut self) -> Result<(), Error> {
        let write = save(&self.known, self.known.log.prev.index, &mut self.draws, 200);
        self.wal.add(&write)?;
        self.wal.sync()?;
        self.known = self.known.after(&write);
        Ok(())
    }

    /// Writes until it fails, and then some more.
    fn until_it_fails(&mut self) -> Error {
        let error = (0..100).find_map(|_| self.write().err()).expect("it fails some time");
        let again = self.write().expect_err("it goes on");
        assert!(matches!(again, Error::Failed { .. }), "nothing is tried again: {again}");
        error
    }

    /// The log after a start: what was synced, and perhaps what was under way.
    fn starts_again(&self) {
        let disk = Disk::with(self.disk.files());
        let (_, recovered) = Wal::open::<Op>(Memory(disk), OURS, SMALL).expect("it starts");
        let last = self.known.log.last();
        assert!(recovered.log.last().index >= last.index || recovered.log.start() > last);
    }
}

#[test]
fn a_full_disk_ends_it() {
    check(|| {
        // Whichever operation it is that finds no room: a batch, or the zeros of a new segment.
        for at in 5..40 {
            let mut writer = Writer::new();
            writer.disk.fail(Failing::Full(at));
            let error = writer.until_it_fails();
            let text = error.to_string();
            assert!(text.starts_with("cannot write"), "{text}");
            writer.starts_again();
        }
    });
}

#[test]
fn a_sync_that_fails_once_is_not_tried_again() {
    check(|| {
        let mut failures = 0;
        for at in 5..60 {
            let mut writer = Writer::new();
            writer.disk.fail(Failing::SyncOnce(at));
            let failed = (0..100).find_map(|_| writer.write().err());
            // Not every operation is a sync.
            let Some(error) = failed else { continue };
            failures += 1;
            assert!(error.to_string().starts_with("cannot sync"), "{error}");
            assert!(matches!(writer.write(), Err(Error::Failed { .. })));
            writer.starts_again();
        }
        assert!(failures > 10, "{failures} syncs have failed");
    });
}

#[test]
fn a_rename_that_fails_ends_it() {
    check(|| {
        let mut writer = Writer::new();
        writer.disk.fail(Failing::Renames(5));
        let error = writer.until_it_fails();
        assert!(error.to_string().starts_with("cannot rename"), "{error}");
        writer.starts_again();
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
