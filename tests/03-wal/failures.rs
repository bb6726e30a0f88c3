//! Disks that fail, and what becomes of the log then.

use crate::memory::{Memory, OURS, SMALL};
use crate::payload::Op;
use crate::writer::Writer;
use basics::Index;
use harness::check;
use harness::files::{Disk, Failing, Kind};
use std::io::ErrorKind;
use wal::{Error, Wal};

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
