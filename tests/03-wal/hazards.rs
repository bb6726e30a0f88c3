//! Traps that real logs fell into, one script each.

use crate::known::Known;
use crate::memory::{Memory, OURS, SMALL};
use crate::payload::Op;
use crate::story::{first, save};
use crate::writer::Writer;
use basics::Index;
use harness::files::{Disk, Failing, Kind};
use harness::{Draws, check};
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};
use wal::{Error, Folder, Recovered, Wal, prepare_spare};

type Files = Vec<(String, Vec<u8>)>;

fn open(files: Files) -> Result<Recovered<Op>, Error> {
    Wal::open::<Op>(Memory(Disk::with(files)), OURS, SMALL).map(|(_, recovered)| recovered)
}

/// A log of one segment with a few batches; its bytes, and what it holds. The last batch begins at
/// this place.
fn one_segment() -> (Writer, Vec<u8>, usize) {
    let mut writer = Writer::new();
    let mut begins = 0;
    loop {
        let before = writer.disk.files();
        if before[0].1.iter().rposition(|byte| *byte != 0).is_some_and(|last| last > 1_024) {
            break;
        }
        writer.write().expect("the disk works");
        let after = writer.disk.files();
        assert_eq!(after.len(), 1, "it fits into one");
        let differs = before[0].1.iter().zip(&after[0].1).position(|(one, other)| one != other);
        // A save may have nothing in it.
        begins = differs.map_or(begins, |place| place / 512 * 512);
    }
    let (_, bytes) = writer.disk.files().swap_remove(0);
    (writer, bytes, begins)
}

const FIRST: &str = "0000000000000001.log";

#[test]
fn a_head_that_is_torn() {
    check(|| {
        let (writer, bytes, begins) = one_segment();
        for there in 1..17 {
            let mut torn = bytes.clone();
            torn[begins + there..].fill(0);
            let disk = Disk::with([(FIRST.to_owned(), torn.clone())]);
            let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
            let (_, recovered) = opened.expect("a torn write is cut off");
            let kept = recovered.torn.expect("and the node is told of it");
            assert_eq!((kept.file.as_str(), kept.place), (FIRST, begins as u64));
            assert!(recovered.log.last() <= writer.known.log.last());
            let files = disk.files();
            let aside = files.iter().find(|(name, _)| *name == kept.kept_in).expect("it is kept");
            let mut aside = aside.1.clone();
            aside.resize(there, 0);
            assert_eq!(aside, torn[begins..begins + there], "but for zeros at its end");
        }
    });
}

#[test]
fn old_bytes_that_look_valid() {
    check(|| {
        let mut writer = Writer::new();
        while writer.disk.names().len() < 2 {
            writer.write().expect("the disk works");
        }
        let files = writer.disk.files();
        let expected = writer.known.clone();
        let (first, second) = (&files[0].1, &files[1].1);
        // The second segment uses the blocks of the first, and nobody has zeroed them.
        let used = second.iter().rposition(|byte| *byte != 0).expect("it has begun") + 1;
        let from = used.next_multiple_of(512);
        assert!(first[from..].iter().any(|byte| *byte != 0), "the first reaches further");
        let mut stale = second.clone();
        stale[from..].copy_from_slice(&first[from..]);
        let read = open(vec![files[0].clone(), (files[1].0.clone(), stale)]);
        match read {
            Ok(recovered) => assert!(expected.is(&recovered, Index(0)), "no old entry comes back"),
            Err(Error::Damaged { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    });
}

#[test]
fn a_length_that_is_a_lie() {
    check(|| {
        let (_, bytes, begins) = one_segment();
        let seed = u32::from_le_bytes(bytes[44..48].try_into().expect("four bytes"));
        for length in [0, 1, 2_000, 1 << 20, u32::MAX] {
            for sealed in [false, true] {
                let mut lies = bytes.clone();
                lies[begins..begins + 4].copy_from_slice(&u32::to_le_bytes(length));
                if sealed {
                    let check = crc32c::crc32c_append(seed, &lies[begins..begins + 8]);
                    lies[begins + 8..begins + 12].copy_from_slice(&check.to_le_bytes());
                }
                let read = open(vec![(FIRST.to_owned(), lies)]);
                match read {
                    Err(Error::Damaged { place, .. }) => assert_eq!(place, begins as u64),
                    // Somebody has made the checksum for it. Then it may look torn, but nothing
                    // comes back that was not written.
                    Ok(recovered) if sealed => {
                        let torn = recovered.torn.expect("it is not whole");
                        assert_eq!(torn.place, begins as u64);
                    }
                    other => panic!("{length} bytes, sealed: {sealed}: {other:?}"),
                }
            }
        }
    });
}

#[test]
fn a_segment_that_is_empty() {
    check(|| {
        let mut writer = Writer::new();
        while writer.disk.names().len() < 3 {
            writer.write().expect("the disk works");
        }
        for at in 0..3 {
            let mut files = writer.disk.files();
            files[at].1.clear();
            let read = open(files);
            let text = read.expect_err("it had bytes that were synced").to_string();
            assert!(text.contains("damaged at byte 0: it is empty"), "{text}");
        }
    });
}

#[test]
fn power_goes_while_a_log_is_made() {
    check(|| {
        let disk = Disk::new();
        let first = first();
        let start = first.log.prev;
        Wal::create(Memory(disk.clone()), OURS, SMALL, first.hard_state, start).expect("it works");
        let (mut nothing, mut whole) = (0, 0);
        disk.crash(0, |_, image| {
            let directory = Memory(image.disk.clone());
            match Wal::open::<Op>(directory.clone(), OURS, SMALL) {
                Ok((_, recovered)) => {
                    assert!(first.is(&recovered, Index(0)), "as it was made");
                    whole += 1;
                }
                Err(Error::Nothing { .. }) => {
                    let again = Wal::create(directory, OURS, SMALL, first.hard_state, start);
                    again.map(|_| ()).expect("it can be made again");
                    nothing += 1;
                }
                Err(other) => panic!("lost: {}: {other}", image.lost),
            }
        });
        assert!(nothing > 0 && whole > 0, "{nothing} without a log, {whole} with one");
        disk.crash(disk.operations(), |_, image| {
            let opened = Wal::open::<Op>(Memory(image.disk.clone()), OURS, SMALL);
            opened.map(|_| ()).expect("when it is made, it is there");
        });
    });
}

#[test]
fn a_spare_that_was_not_zeroed_to_its_end() {
    check(|| {
        // An old segment is on its way to become a spare, and power goes at every moment of it.
        let mut writer = Writer::new();
        while writer.disk.names().len() < 3 {
            writer.write().expect("the disk works");
        }
        let released = writer.known.log.last().index;
        writer.wal.release(released).expect("the disk works");
        assert!(writer.disk.names().iter().any(|name| name.ends_with(".old")), "it is kept");
        let from = writer.disk.operations();
        prepare_spare(&Memory(writer.disk.clone()), SMALL).expect("the disk works");
        assert!(writer.disk.names().iter().any(|name| name == "spare"), "it is a spare now");
        writer.disk.crash(from, |_, image| {
            let directory = Memory(image.disk.clone());
            let (mut wal, recovered) =
                Wal::open::<Op>(directory.clone(), OURS, SMALL).expect("nothing was lost");
            let log = recovered.log.span(
                recovered.log.start().index,
                recovered.log.last().index,
                usize::MAX,
            );
            let mut known =
                Known { hard_state: recovered.hard_state, log: log.expect("it is there") };
            let mut draws = Draws::new(5);
            for _ in 0..12 {
                let write = save(&known, known.log.prev.index, &mut draws, 300);
                wal.add(&write).expect("nothing has failed");
                wal.sync().expect("the disk works");
                known = known.after(&write);
                // What is found depends on what lies behind the last write, so each time.
                let again = Wal::open::<Op>(Memory(Disk::with(image.disk.files())), OURS, SMALL);
                let (_, again) = again.unwrap_or_else(|error| panic!("{}: {error}", image.lost));
                assert!(known.is(&again, Index(0)), "lost: {}", image.lost);
            }
        });
    });
}

#[test]
fn segments_are_used_again() {
    check(|| {
        let mut writer = Writer::new();
        let directory = Memory(writer.disk.clone());
        for _ in 0..200 {
            writer.write().expect("the disk works");
            writer.wal.release(writer.known.log.last().index).expect("the disk works");
            prepare_spare(&directory, SMALL).expect("the disk works");
            let names = writer.disk.names();
            assert!(names.len() <= 4, "no more than two segments, one old, one spare: {names:?}");
        }
        let made = writer.disk.files_made();
        assert!(made <= 6, "{made} files were made for a hundred segments");
        let (_, recovered) = Wal::open::<Op>(directory, OURS, SMALL).expect("nothing was lost");
        assert!(writer.known.is(&recovered, recovered.log.start().index));
    });
}

#[test]
fn a_directory_of_another_process() {
    check(|| {
        let folder = tempfile::tempdir().expect("a place for a folder");
        let place = folder.path().join("deep").join("wal");
        let mine = Folder::lock(&place).expect("nobody has it");
        let error = Folder::lock(&place).expect_err("it is taken");
        assert_eq!(error.to_string(), format!("{} is in use by another process", place.display()));
        drop(mine);
        Folder::lock(&place).expect("it is free again");
    });
}

#[test]
fn a_directory_without_permission_to_write() {
    check(|| {
        let disk = Disk::new();
        let error = ErrorKind::PermissionDenied;
        disk.fail(Failing { what: Kind::Create, after: 0, times: 1, error });
        let first = first();
        let made = Wal::create(Memory(disk), OURS, SMALL, first.hard_state, first.log.prev);
        let error = made.map(|_| ()).expect_err("nothing can be made").to_string();
        assert!(error.starts_with("cannot make segment.new: permission denied"), "{error}");
        // On a real system, also for a user who may do everything: a file is no directory.
        let folder = tempfile::tempdir().expect("a place for a folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "no directory").expect("there is room");
        let error = Folder::lock(file.join("wal")).expect_err("it is no directory").to_string();
        assert!(
            error.starts_with(&format!("cannot make {}", file.join("wal").display())),
            "{error}"
        );
    });
}

#[test]
fn a_directory_has_one_log() {
    check(|| {
        let writer = Writer::new();
        let known = first();
        let again = Wal::create(Memory(writer.disk), OURS, SMALL, known.hard_state, known.log.prev);
        assert!(matches!(again.map(|_| ()), Err(Error::NotEmpty { .. })));
        assert!(matches!(open(vec![]), Err(Error::Nothing { .. })));
    });
}

#[test]
fn a_log_of_somebody_else() {
    check(|| {
        let (_, bytes, _) = one_segment();
        for (stranger, why) in [
            (wal::Identity { cluster: 0xC2, ..OURS }, "it is of cluster c1, not c2"),
            (wal::Identity { member: 0xA2, ..OURS }, "it is of member a1, not a2"),
        ] {
            let disk = Memory(Disk::with([(FIRST.to_owned(), bytes.clone())]));
            let opened = Wal::open::<Op>(disk, stranger, SMALL).map(|_| ());
            let error = opened.expect_err("it is not its log").to_string();
            assert_eq!(error, format!("{FIRST} is not of this member: {why}"));
        }
        let second = "0000000000000002.log".to_owned();
        let error = open(vec![(second, bytes)]).expect_err("it has another name").to_string();
        assert!(error.ends_with("it is segment 1, not 2"), "{error}");
        let error = open(vec![(FIRST.to_owned(), b"not a log".repeat(99))]).expect_err("none");
        let error = error.to_string();
        assert!(error.contains("it does not begin as a segment of this format does"), "{error}");
    });
}

#[test]
fn a_clock_that_runs_backwards() {
    check(|| {
        let folder = tempfile::tempdir().expect("a place for a folder");
        let mut known = first();
        let mut draws = Draws::new(9);
        let directory = Folder::lock(folder.path()).expect("nobody has it");
        let wal = Wal::create(directory.clone(), OURS, SMALL, known.hard_state, known.log.prev);
        let mut wal = wal.expect("an empty directory");
        for round in 0..20 {
            let write = save(&known, known.log.prev.index, &mut draws, 300);
            wal.add(&write).expect("nothing has failed");
            wal.sync().expect("the disk works");
            known = known.after(&write);
            // Each file is older than the one before it.
            for entry in std::fs::read_dir(folder.path()).expect("it is there") {
                let file = std::fs::File::options().write(true).open(entry.expect("one").path());
                let number = u64::MAX / 4 / (round + 1);
                let then = SystemTime::UNIX_EPOCH + Duration::from_secs(number % 1_000_000_000);
                file.and_then(|file| file.set_modified(then)).expect("it is ours");
            }
        }
        drop(wal);
        let (_, recovered) = Wal::open::<Op>(directory, OURS, SMALL).expect("nothing was lost");
        assert!(known.is(&recovered, Index(0)), "the numbers of segments order them, nothing else");
    });
}

#[test]
fn damage_in_the_last_record_that_was_acknowledged() {
    check(|| {
        let (_, bytes, begins) = one_segment();
        let used = bytes.iter().rposition(|byte| *byte != 0).expect("it is written") + 1;
        let mut refused = 0;
        // Whatever was synced is refused when it is damaged, and not cut off: also at the very end.
        for place in begins..used {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[place] ^= 1 << bit;
                let read = open(vec![(FIRST.to_owned(), damaged)]);
                let error = read.expect_err("it was acknowledged").to_string();
                assert!(error.contains("is damaged at byte"), "byte {place}, bit {bit}: {error}");
                assert!(error.contains("nothing was changed"), "{error}");
                refused += 1;
            }
        }
        harness::note(format!("{refused} bits flipped in the last batch, all refused"));
    });
}
