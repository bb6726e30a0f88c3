//! What becomes of segments: those that are zeroed for later, and those that are let go.

use crate::memory::{Memory, OURS, SMALL};
use crate::payload::Op;
use crate::writer::{Writer, entries, killed, shaped};
use basics::{Index, Position};
use harness::check;
use harness::files::{Disk, Kind};
use wal::{Wal, prepare_spare};

#[test]
fn a_batch_that_is_longer_than_the_spare() {
    check(|| {
        let mut writer = Writer::new();
        prepare_spare(&Memory(writer.disk.clone()), SMALL).expect("there is room");
        let prev = writer.known.log.last();
        let write = entries(prev, &[70_000]);
        writer.wal.add(&write).expect("nothing has failed");
        writer.wal.sync().expect("a segment of its own is made for it");
        let opened = Wal::open::<Op>(Memory(writer.disk.clone()), OURS, SMALL);
        let (_, recovered) = opened.expect("nothing was lost");
        assert!(writer.known.after(&write).is(&recovered, Index(0)), "all of it is there");
    });
}

#[test]
fn a_long_segment_is_given_back() {
    check(|| {
        let mut writer = Writer::new();
        let prev = writer.known.log.last();
        let next = Position { index: Index(prev.index.0 + 1), ..prev };
        writer.wal.add(&entries(prev, &[70_000])).expect("nothing has failed");
        writer.wal.sync().expect("a segment of its own is made for it");
        writer.wal.add(&entries(next, &[1_000])).expect("nothing has failed");
        writer.wal.sync().expect("the next segment is as long as most");
        // Without the first, which would be kept to become a spare.
        let files = writer.disk.files().into_iter().skip(1);
        let disk = Disk::with(files);
        let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
        let (mut wal, _) = opened.expect("nothing was lost");
        wal.release(next.index).expect("the disk works");
        let lengths: Vec<usize> = disk.files().iter().map(|(_, bytes)| bytes.len()).collect();
        assert_eq!(lengths, [2_048], "nobody needs another that is so long");
    });
}

#[test]
fn segments_that_nobody_zeroes_do_not_add_up() {
    check(|| {
        let mut writer = Writer::new();
        let directory = Memory(writer.disk.clone());
        // The thread that prepares spares is slow. More than one old segment is of no use to it.
        for _ in 0..60 {
            writer.write().expect("the disk works");
            writer.wal.release(writer.known.log.last().index).expect("the disk works");
            let names = writer.disk.names();
            assert!(names.len() <= 2, "a segment, and one for a spare: {names:?}");
        }
        // A crash has left two.
        for name in ["0000000000000001.old", "0000000000000002.old"] {
            if !writer.disk.names().iter().any(|it| it == name) {
                writer.disk.create(name).expect("there is room");
            }
        }
        prepare_spare(&directory, SMALL).expect("there is room");
        let names = writer.disk.names();
        assert_eq!(names.len(), 2, "a segment, and a spare: {names:?}");
    });
}

#[test]
fn an_old_segment_of_another_length() {
    check(|| {
        // Segments were longer before this start. No byte of that time is in one that is used.
        for name in ["spare.new", "00000000000000ff.old", "spare"] {
            let mut writer = Writer::new();
            let byte = if name == "spare" { 0 } else { 7 };
            let old = writer.disk.create(name).expect("there is room");
            old.write_at(&[byte; 5_000], 0).and_then(|_| old.sync()).expect("there is room");
            prepare_spare(&Memory(writer.disk.clone()), SMALL).expect("there is room");
            for _ in 0..12 {
                writer.write().expect("the disk works");
                let disk = Disk::with(writer.disk.files());
                let opened = Wal::open::<Op>(Memory(disk), OURS, SMALL);
                let (_, recovered) = opened.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(writer.known.is(&recovered, Index(0)), "{name}");
            }
        }
    });
}

#[test]
fn segments_go_one_after_the_other() {
    check(|| {
        // A disk may take names away in any order, but for those between which it is synced.
        let disk = Disk::with(shaped(OURS, 0));
        let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
        let (mut wal, recovered) = opened.expect("nothing was lost");
        let segments = || disk.names().iter().filter(|name| name.ends_with(".log")).count();
        let before = segments();
        killed(&disk, Kind::SyncNames);
        wal.release(recovered.log.last().index).expect_err("it was killed");
        assert!(before > 2 && segments() == before - 1, "{:?}", disk.names());
    });
}

#[test]
fn what_is_let_go_is_all_that_may_go() {
    check(|| {
        let files = shaped(OURS, 0);
        let opened = |files: &[(String, Vec<u8>)]| {
            let disk = Disk::with(files.iter().cloned());
            let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
            let (wal, recovered) = opened.expect("nothing was lost");
            (disk, wal, recovered.log)
        };
        // Where the log begins when the first segments are gone: that is where each goes on.
        let starts: Vec<Index> =
            (0..files.len()).map(|at| opened(&files[at..]).2.start().index).collect();
        assert!(starts.len() > 2, "there is one in the middle");
        for index in (0..11).map(Index) {
            let (disk, mut wal, _) = opened(&files);
            wal.release(index).expect("the disk works");
            let there = disk.names().iter().filter(|name| name.ends_with(".log")).count();
            let may_go = starts[1..].iter().take_while(|start| **start <= index).count();
            assert_eq!(files.len() - there, may_go, "{index}: {starts:?}");
        }
    });
}

#[test]
fn a_log_lets_go_of_the_same_before_a_start_and_after() {
    check(|| {
        for index in (0..=17).map(Index) {
            let mut writer = Writer::new();
            let mut prev = writer.known.log.last();
            for _ in 0..8 {
                writer.wal.add(&entries(prev, &[100, 100])).expect("nothing has failed");
                writer.wal.sync().expect("the disk works");
                prev.index.0 += 2;
            }
            let disk = Disk::with(writer.disk.files());
            let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
            let (mut again, _) = opened.expect("nothing was lost");
            again.release(index).expect("the disk works");
            writer.wal.release(index).expect("the disk works");
            assert_eq!(writer.disk.names(), disk.names(), "{index}");
        }
    });
}
