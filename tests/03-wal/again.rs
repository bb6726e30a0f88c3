//! What is told only when something goes wrong twice: a process that is killed, starts again, and
//! then power goes; power that goes during a recovery; two threads that meet.

use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use crate::story::Story;
use crate::writer::Writer;
use basics::{Index, Position, Term};
use election::HardState;
use harness::check;
use harness::files::{Disk, Failing, Kind};
use replication::{Entry, Span, Write};
use std::io::ErrorKind;
use wal::{Error, Identity, Options, Recovered, Wal, prepare_spare};

/// Segments in which a few sectors more have room.
const LARGE: Options = Options { segment_bytes: 64 << 10 };

/// The name of the first segment.
const FIRST: &str = "0000000000000001.log";

/// An operation of this kind never happens, for the process was killed before it.
fn killed(disk: &Disk, what: Kind) {
    disk.fail(Failing { what, after: 0, times: 1, error: ErrorKind::Other });
}

/// A new log in large segments, with a batch of entries of these lengths for each list.
fn log(batches: &[&[usize]]) -> Disk {
    let disk = Disk::new();
    let hard_state = HardState { term: Term(1), vote: None };
    let mut last = Position { term: Term(1), index: Index(1) };
    let wal = Wal::create(Memory(disk.clone()), OURS, LARGE, hard_state, last);
    let mut wal = wal.expect("an empty directory");
    for lengths in batches {
        let entry =
            |length: &usize| Entry { term: Term(1), payload: Some(Op::new(last.index.0, *length)) };
        let span = Span { prev: last, entries: lengths.iter().map(entry).collect() };
        last = span.last();
        let write = Write { hard_state: None, begins: None, entries: Some(span) };
        wal.add(&write).expect("nothing has failed");
        wal.sync().expect("the disk works");
    }
    disk
}

/// The same log, with other bytes at this place; whether it is given back or refused.
fn with(disk: &Disk, place: usize, bytes: &[u8]) -> Result<Recovered<Op>, Error> {
    let mut files = disk.files();
    let file = files.iter_mut().find(|(name, _)| name == FIRST).expect("it is there");
    file.1[place..place + bytes.len()].copy_from_slice(bytes);
    let opened = Wal::open::<Op>(Memory(Disk::with(files)), OURS, LARGE);
    opened.map(|(_, recovered)| recovered)
}

#[test]
fn killed_between_a_write_and_its_sync() {
    check(|| {
        for batches in 0..30 {
            let mut writer = Writer::new();
            (0..batches).for_each(|_| writer.write().expect("the disk works"));
            killed(&writer.disk, Kind::Sync);
            if writer.write().is_ok() {
                continue;
            }
            // The system still has what was written, and shows it to the next process. That tells
            // others of it. Then power goes.
            let directory = Memory(writer.disk.clone());
            let (_, told) = Wal::open::<Op>(directory, OURS, SMALL).expect("it starts");
            writer.disk.crash(writer.disk.operations(), |_, image| {
                let opened = Wal::open::<Op>(Memory(image.disk.clone()), OURS, SMALL);
                let (_, left) = opened.expect("it starts");
                assert_eq!((left.hard_state, left.log), (told.hard_state, told.log.clone()));
            });
        }
    });
}

#[test]
fn killed_before_the_name_of_a_segment_was_synced() {
    check(|| {
        let mut writer = Writer::new();
        killed(&writer.disk, Kind::SyncNames);
        writer.until_it_fails().expect("segments end");
        let directory = Memory(writer.disk.clone());
        let (mut wal, told) = Wal::open::<Op>(directory, OURS, SMALL).expect("it starts");
        let prev = told.log.last();
        let entries = vec![Entry::<Op> { term: prev.term, payload: None }];
        let entries = Some(Span { prev, entries });
        wal.add(&Write { hard_state: None, begins: None, entries }).expect("nothing has failed");
        wal.sync().expect("the disk works");
        writer.disk.crash(writer.disk.operations(), |_, image| {
            let opened = Wal::open::<Op>(Memory(image.disk.clone()), OURS, SMALL);
            let (_, left) = opened.expect("it starts");
            assert_eq!(left.log.last().index.0, prev.index.0 + 1, "lost: {}", image.lost);
        });
    });
}

#[test]
fn power_goes_during_a_recovery() {
    check(|| {
        let (mut torn, mut images) = (0, 0);
        for seed in [4, 5, 11] {
            let story = Story::new(8, 700, seed);
            story.disk.crash(story.beginning(), |operations, image| {
                // Tears inside a sector are more than is promised, and twice is more still.
                let once = Disk::with(image.disk.files());
                let (_, first) =
                    Wal::open::<Op>(Memory(once.clone()), OURS, SMALL).expect("nothing was lost");
                torn += usize::from(first.torn.is_some());
                if first.torn.is_none() || torn % 8 != 0 {
                    return;
                }
                let tried = once.crash(0, |_, again| {
                    if again.lost.contains("bytes") {
                        return;
                    }
                    let opened = Wal::open::<Op>(Memory(again.disk.clone()), OURS, SMALL);
                    let (_, second) = opened.unwrap_or_else(|error| {
                        let lost = format!("{}, and then {}", image.lost, again.lost);
                        panic!("seed {seed}, lost: {lost}: {error}\n{}", shown(&again.disk))
                    });
                    assert_eq!(second.log, first.log, "lost: {}, {}", image.lost, again.lost);
                    story.allows(operations, &second).expect("what was synced is there");
                });
                images += tried.images;
            });
        }
        harness::note(format!("{images} images of crashes during a recovery"));
        assert!(images > 5_000, "{images} images");
    });
}

#[test]
fn what_is_cut_off_is_kept_before_it_is_gone() {
    check(|| {
        let disk = log(&[&[20], &[700]]);
        let mut files = disk.files();
        // The second sector of the last batch never got to the disk.
        files[0].1[1_536..2_048].fill(0);
        let cut = files[0].1[1_024..1_536].to_vec();
        let disk = Disk::with(files);
        Wal::open::<Op>(Memory(disk.clone()), OURS, LARGE).map(|_| ()).expect("it is torn");
        disk.crash(0, |_, image| {
            let files = image.disk.files();
            let is_there = files.iter().any(|(_, bytes)| {
                bytes.chunks(512).any(|sector| sector.len() == 512 && sector == &cut[..])
            });
            assert!(is_there, "lost: {}", image.lost);
        });
    });
}

#[test]
fn sectors_that_were_synced_and_are_zeros() {
    check(|| {
        // Records that end with a sector, that end inside of one, and that reach over several; in
        // batches of one and of several.
        let disk = log(&[&[465, 20], &[700, 700], &[20], &[20, 30], &[1_200], &[60], &[20]]);
        let bytes = disk.files().swap_remove(0).1;
        let end = bytes.iter().rposition(|byte| *byte != 0).expect("it is written") + 1;
        let last = (end - 1) / 512 * 512;
        let mut refused = 0;
        for count in [1, 2, 8] {
            for start in (512..last).step_by(512) {
                let zeros = vec![0; (512 * count).min(last - start)];
                let read = with(&disk, start, &zeros);
                assert!(
                    matches!(read, Err(Error::Damaged { .. })),
                    "{count} sectors from {start}: a part is gone, and nobody is told: {read:?}"
                );
                refused += 1;
            }
        }
        harness::note(format!("{refused} logs with sectors of zeros, all refused"));
    });
}

#[test]
fn bytes_of_something_else_in_the_last_batch() {
    check(|| {
        let disk = log(&[&[20], &[300]]);
        let mut garbage: Vec<u8> =
            (0..512_u32).map(|at| (at * 37 % 251 + 1).to_le_bytes()[0]).collect();
        for zero in 0..40 {
            garbage[zero] = 0;
            let read = with(&disk, 1_024, &garbage);
            assert!(matches!(read, Err(Error::Damaged { .. })), "{zero}: {read:?}");
        }
    });
}

#[test]
fn a_write_that_went_to_another_place() {
    check(|| {
        let disk = log(&[&[20], &[20], &[20], &[20]]);
        let bytes = disk.files().swap_remove(0).1;
        for (from, to) in [(512, 1_024), (1_024, 512), (1_536, 2_048), (2_048, 1_536)] {
            let read = with(&disk, to, &bytes[from..from + 512]);
            assert!(matches!(read, Err(Error::Damaged { .. })), "{from} at {to}: {read:?}");
        }
    });
}

#[test]
fn a_segment_of_another_time_in_the_row() {
    check(|| {
        // Two logs of one member, from before and after a restore: each is sound by itself.
        let (one, other) = (Story::new(12, 200, 7), Story::new(12, 200, 8));
        let files = |story: &Story| -> Vec<(String, Vec<u8>)> {
            let files = story.disk.files().into_iter();
            files.filter(|(name, _)| name.ends_with(".log")).collect()
        };
        let (mine, theirs) = (files(&one), files(&other));
        let mut mixed = 0;
        for (name, bytes) in &theirs {
            let Some(at) = mine.iter().position(|(it, _)| it == name).filter(|at| *at > 0) else {
                continue;
            };
            let mut files = mine.clone();
            files[at].1.clone_from(bytes);
            let opened = Wal::open::<Op>(Memory(Disk::with(files)), OURS, SMALL).map(|_| ());
            assert!(matches!(opened, Err(Error::Damaged { .. })), "{name}: {opened:?}");
            mixed += 1;
        }
        assert!(mixed > 0, "none has the same name");
    });
}

/// A log of a few segments, in which each batch is a sector, of entries that carry bytes by this
/// number. Logs with other numbers have the same shape.
fn shaped(identity: Identity, number: u64) -> Vec<(String, Vec<u8>)> {
    let disk = Disk::new();
    let start = Position { term: Term(1), index: Index(1) };
    let hard_state = HardState { term: Term(1), vote: None };
    let wal = Wal::create(Memory(disk.clone()), identity, SMALL, hard_state, start);
    let mut wal = wal.expect("an empty directory");
    for index in 1..=8 {
        let prev = Position { index: Index(index), ..start };
        let payload = Some(Op::new(number + index, 200));
        let entries = Some(Span { prev, entries: vec![Entry { term: Term(1), payload }] });
        wal.add(&Write { hard_state: None, begins: None, entries }).expect("nothing has failed");
        wal.sync().expect("the disk works");
    }
    disk.files()
}

#[test]
fn bytes_of_a_log_that_looks_alike() {
    check(|| {
        // Another one of the same member, from before a restore, and one of another member. Every
        // sector of them is sound, and is where it would belong.
        let mine = shaped(OURS, 0);
        let stranger = Identity { member: 0xA2, ..OURS };
        let mut refused = 0;
        for theirs in [shaped(OURS, 99), shaped(stranger, 0), shaped(stranger, 99)] {
            for at in 0..mine.len() {
                for start in (0..mine[at].1.len()).step_by(512) {
                    for end in [start + 512, mine[at].1.len()] {
                        let mut files = mine.clone();
                        files[at].1[start..end].copy_from_slice(&theirs[at].1[start..end]);
                        if files == mine {
                            continue;
                        }
                        let opened = Wal::open::<Op>(Memory(Disk::with(files)), OURS, SMALL);
                        let error = opened.map(|_| ()).expect_err("it is no part of this log");
                        assert!(
                            matches!(error, Error::Damaged { .. } | Error::Foreign { .. }),
                            "segment {at}, {start} to {end}: {error}"
                        );
                        refused += 1;
                    }
                }
            }
        }
        harness::note(format!("{refused} logs with others' bytes, all refused"));
        assert!(refused > 40, "{refused} were tried");
    });
}

#[test]
fn a_spare_is_made_while_a_segment_is_let_go() {
    check(|| {
        let mut writer = Writer::new();
        while writer.disk.names().len() < 4 {
            writer.write().expect("the disk works");
        }
        // The old segment has its new name, and power may still take that away.
        killed(&writer.disk, Kind::SyncNames);
        let last = writer.known.log.last().index;
        writer.wal.release(last).expect_err("it was killed");
        let again = writer.wal.sync().expect_err("nothing is written any more");
        assert!(matches!(again, Error::Failed { .. }), "{again}");
        let from = writer.disk.operations();
        prepare_spare(&Memory(writer.disk.clone()), SMALL).expect("the other thread");
        writer.disk.crash(from, |_, image| {
            let opened = Wal::open::<Op>(Memory(image.disk.clone()), OURS, SMALL);
            opened.map(|_| ()).unwrap_or_else(|error| panic!("lost: {}: {error}", image.lost));
        });
    });
}

#[test]
fn a_spare_that_is_too_short_is_made_anew() {
    check(|| {
        let disk = log(&[&[20]]);
        let directory = Memory(disk.clone());
        let length = || {
            let files = disk.files();
            files.iter().find(|(name, _)| name == "spare").map(|(_, bytes)| bytes.len() as u64)
        };
        prepare_spare(&directory, SMALL).expect("there is room");
        assert_eq!(length(), Some(SMALL.segment_bytes));
        prepare_spare(&directory, LARGE).expect("there is room");
        assert_eq!(length(), Some(LARGE.segment_bytes));
        prepare_spare(&directory, SMALL).expect("there is room");
        assert_eq!(length(), Some(LARGE.segment_bytes), "a longer one will do");
    });
}

/// A save with an entry of this length, after this one.
fn one(prev: Position, length: usize) -> Write<Op> {
    let payload = Some(Op::new(prev.index.0, length));
    let entries = vec![Entry { term: prev.term, payload }];
    Write { hard_state: None, begins: None, entries: Some(Span { prev, entries }) }
}

#[test]
fn a_batch_that_is_longer_than_the_spare() {
    check(|| {
        let mut writer = Writer::new();
        let directory = Memory(writer.disk.clone());
        prepare_spare(&directory, SMALL).expect("there is room");
        let prev = writer.known.log.last();
        writer.wal.add(&one(prev, 5_000)).expect("nothing has failed");
        writer.wal.sync().expect("a segment of its own is made for it");
        let next = Position { index: Index(prev.index.0 + 1), ..prev };
        let opened = Wal::open::<Op>(directory.clone(), OURS, SMALL);
        let (mut wal, recovered) = opened.expect("nothing was lost");
        assert_eq!(recovered.log.last(), next);
        // Nobody needs another that is so long. It is given back when the log lets go of it.
        wal.add(&one(next, 20)).expect("nothing has failed");
        wal.add(&one(Position { index: Index(next.index.0 + 1), ..prev }, 2_000)).expect("nor now");
        wal.sync().expect("the disk works");
        wal.release(next.index).expect("the disk works");
        let lengths: Vec<usize> =
            writer.disk.files().iter().map(|(_, bytes)| bytes.len()).collect();
        assert!(lengths.iter().all(|length| *length <= 3_072), "{lengths:?}");
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
fn a_record_that_is_too_long() {
    check(|| {
        let disk = Disk::new();
        let hard_state = HardState { term: Term(1), vote: None };
        let prev = Position { term: Term(1), index: Index(1) };
        let wal = Wal::create(Memory(disk.clone()), OURS, LARGE, hard_state, prev);
        let mut wal = wal.expect("an empty directory");
        let entry = Entry { term: Term(1), payload: Some(Op::new(1, (64 << 20) + 1)) };
        let entries = Some(Span { prev, entries: vec![entry] });
        let write = Write { hard_state: None, begins: None, entries };
        let error = wal.add(&write).expect_err("it could not be read again");
        assert!(error.to_string().contains("a record of more than"), "{error}");
        assert!(matches!(wal.sync(), Err(Error::Failed { .. })), "a part of a save is no save");
        let (_, recovered) = Wal::open::<Op>(Memory(disk), OURS, LARGE).expect("it starts");
        assert_eq!(recovered.log.last(), prev, "nothing of it was written");
    });
}

#[test]
fn what_was_kept_of_torn_writes_does_not_add_up() {
    check(|| {
        let mut writer = Writer::new();
        let mut kept = 0;
        for _ in 0..60 {
            writer.write().expect("the disk works");
            // The last write is torn, and the member starts again.
            let mut files = writer.disk.files();
            let last = files.iter_mut().rfind(|(name, _)| name.ends_with(".log"));
            let bytes = &mut last.expect("there is one").1;
            let end = bytes.iter().rposition(|byte| *byte != 0).expect("it is written");
            bytes[end] = 0;
            let disk = Disk::with(files);
            let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
            let (wal, recovered) = opened.expect("nothing was lost");
            kept += usize::from(recovered.torn.is_some());
            let log = recovered.log.span(
                recovered.log.start().index,
                recovered.log.last().index,
                usize::MAX,
            );
            writer.known.hard_state = recovered.hard_state;
            writer.known.log = log.expect("it is there");
            (writer.disk, writer.wal) = (disk, wal);
            writer.wal.release(recovered.log.last().index).expect("the disk works");
        }
        let names = writer.disk.names();
        let there = names.iter().filter(|name| name.contains(".torn")).count();
        assert!(kept > 30 && there < kept / 3, "{there} of {kept} are there: {names:?}");
    });
}
