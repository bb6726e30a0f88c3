//! What is told only when something goes wrong twice: a process that is killed, starts again, and
//! then power goes; power that goes during a recovery; two threads that meet.

use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use crate::story::Story;
use crate::writer::{Writer, entries, killed, shaped};
use basics::{Index, Position, Term};
use election::HardState;
use harness::check;
use harness::files::{Disk, Kind};
use replication::{Entry, Span, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wal::{Error, Identity, Options, Recovered, Wal, prepare_spare};

/// Segments in which a few sectors more have room.
const LARGE: Options = Options { segment_bytes: 64 << 10 };

/// The name of the first segment.
const FIRST: &str = "0000000000000001.log";

/// A new log in large segments, with a batch of entries of these lengths for each list; and its
/// last entry.
fn begun(batches: &[&[usize]]) -> (Disk, Wal<Memory>, Position) {
    begun_with(LARGE, batches)
}

/// The same, in segments like these.
fn begun_with(options: Options, batches: &[&[usize]]) -> (Disk, Wal<Memory>, Position) {
    let disk = Disk::new();
    let hard_state = HardState { term: Term(1), vote: None };
    let mut last = Position { term: Term(1), index: Index(1) };
    let wal = Wal::create(Memory(disk.clone()), OURS, options, hard_state, last);
    let mut wal = wal.expect("an empty directory");
    for lengths in batches {
        wal.add(&entries(last, lengths)).expect("nothing has failed");
        wal.sync().expect("the disk works");
        last.index.0 += lengths.len() as u64;
    }
    (disk, wal, last)
}

/// The disk of such a log.
fn log(batches: &[&[usize]]) -> Disk {
    begun(batches).0
}

/// The first segment of a log, as it is now.
fn first_of(disk: &Disk) -> Vec<u8> {
    let mut files = disk.files().into_iter();
    files.find(|(name, _)| name == FIRST).expect("it is there").1
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
fn killed_before_the_sync_of_a_batch_of_many_sectors() {
    check(|| {
        // All of it is shown to the next process, so all of it is written once more.
        for lengths in [&[1_400][..], &[400, 400, 400], &[20, 900, 20]] {
            let (disk, mut wal, last) = begun(&[&[20]]);
            killed(&disk, Kind::Sync);
            wal.add(&entries(last, lengths)).expect("nothing has failed");
            wal.sync().expect_err("it was killed");
            let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, LARGE);
            let (_, told) = opened.expect("it starts");
            disk.crash(disk.operations(), |_, image| {
                let opened = Wal::open::<Op>(Memory(image.disk.clone()), OURS, LARGE);
                let (_, left) = opened.expect("it starts");
                assert_eq!(left.log, told.log, "{lengths:?}, lost: {}", image.lost);
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
                let once = Disk::with(image.disk.files());
                let (_, first) =
                    Wal::open::<Op>(Memory(once.clone()), OURS, SMALL).expect("nothing was lost");
                torn += usize::from(first.torn.is_some());
                if first.torn.is_none() || torn % 8 != 0 {
                    return;
                }
                let tried = once.crash(0, |_, again| {
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
fn power_goes_while_a_torn_write_is_cut_off() {
    check(|| {
        let (mut images, mut torn) = (0, 0);
        // A record that is the first of its batch, and one that another comes before; each with a
        // head that has got to the disk, and less than all of the rest.
        for (lengths, begins) in [(&[700][..], 1_024), (&[20, 700], 1_091)] {
            let whole = first_of(&begun_with(SMALL, &[&[20], lengths]).0);
            for there in [begins + 17, begins + 18, 1_300, 1_536, 1_700] {
                let mut bytes = whole.clone();
                bytes[there..].fill(0);
                let disk = Disk::with([(FIRST.to_owned(), bytes)]);
                let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
                let (_, first) = opened.expect("a torn write is cut off");
                let place = first.torn.as_ref().map(|torn| torn.place);
                assert_eq!(place, Some(begins as u64), "{there} bytes are there");
                let expected = first_of(&disk);
                let tried = disk.crash(0, |_, image| {
                    let (lost, there) = (&image.lost, image.disk.copy());
                    let opened = Wal::open::<Op>(Memory(image.disk.clone()), OURS, SMALL);
                    let (_, second) = opened
                        .unwrap_or_else(|error| panic!("lost: {lost}: {error}\n{}", shown(&there)));
                    assert_eq!(second.log, first.log, "lost: {lost}");
                    let ends = first_of(&image.disk) == expected;
                    assert!(ends, "as if power had not gone again, lost: {lost}");
                    torn += usize::from(second.torn.is_some());
                });
                images += tried.images;
            }
        }
        harness::note(format!("{images} images of a write that is cut off, {torn} of them torn"));
        assert!(torn > 0 && torn < images, "power goes before all is cut off, and after");
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
fn what_is_cut_off_twice_is_kept_twice() {
    check(|| {
        let disk = log(&[&[20], &[1_400]]);
        let mut files = disk.files();
        files[0].1[1_536..2_048].fill(0);
        let there = files[0].1.clone();
        let mut kept_in = Vec::new();
        for _ in 0..2 {
            // Each time, a write to the same place is torn in the same way.
            files.iter_mut().find(|(name, _)| name == FIRST).expect("one").1.clone_from(&there);
            let disk = Disk::with(files);
            let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, LARGE);
            let (_, recovered) = opened.expect("it is torn");
            kept_in.push(recovered.torn.expect("it is told").kept_in);
            files = disk.files();
        }
        assert_ne!(kept_in[0], kept_in[1]);
        for name in kept_in {
            let kept = files.iter().find(|(it, _)| *it == name).expect("it is kept");
            let mut kept = kept.1.clone();
            kept.resize(there.len() - 1_024, 0);
            assert!(kept == there[1_024..], "all of it, also what comes after the zeros");
        }
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

#[test]
fn what_was_never_committed_is_gone() {
    check(|| {
        // Four entries, and then another leader's log: it goes on after the second of them, or its
        // snapshot ends there.
        let start = Writer::new().known.log.prev;
        let first = entries(start, &[20, 20, 20, 20]);
        let second = Position { index: Index(start.index.0 + 2), ..start };
        let begins = Position { term: Term(2), ..second };
        let joins = entries(second, &[20]);
        let anew = Write { begins: Some(begins), ..entries(begins, &[20]) };
        for (next, together) in [(&joins, false), (&joins, true), (&anew, false), (&anew, true)] {
            let mut writer = Writer::new();
            writer.wal.add(&first).expect("nothing has failed");
            if !together {
                writer.wal.sync().expect("the disk works");
            }
            writer.wal.add(next).expect("nothing has failed");
            writer.wal.sync().expect("the disk works");
            let opened = Wal::open::<Op>(Memory(writer.disk.clone()), OURS, SMALL);
            let (_, recovered) = opened.expect("nothing was lost");
            let known = writer.known.after(&first).after(next);
            assert!(known.is(&recovered, Index(0)), "{next:?}: {recovered:?}");
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
        // A record has 29 bytes besides what the entry carries, so it is longer by one.
        let payload = Op::try_from(&vec![1; (64 << 20) - 28][..]).expect("it begins with a one");
        let entry = Entry { term: Term(1), payload: Some(payload) };
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
fn a_save_that_no_start_would_take() {
    check(|| {
        for (what, entries) in [
            ("an entry is left out", entries(Position { term: Term(1), index: Index(3) }, &[20])),
            ("a term falls", {
                let mut write = entries(Position { term: Term(3), index: Index(1) }, &[20, 20]);
                write.entries.as_mut().expect("two").entries[1].term = Term(2);
                write
            }),
        ] {
            let mut writer = Writer::new();
            let added = catch_unwind(AssertUnwindSafe(|| writer.wal.add(&entries)));
            assert!(!matches!(added, Ok(Ok(()))), "{what}, and it is taken");
        }
    });
}

#[test]
fn an_entry_with_no_bytes_is_not_one_without_a_payload() {
    check(|| {
        let disk = log(&[&[0]]);
        let (_, recovered) = Wal::open::<Op>(Memory(disk), OURS, LARGE).expect("nothing was lost");
        let entry = recovered.log.get(recovered.log.last().index).expect("it is the last");
        assert_eq!(entry.payload, Some(Op::new(1, 0)));
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
