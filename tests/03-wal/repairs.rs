//! A damaged log that a person ends where the damage begins, and what is kept of the rest.

use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use crate::story::Story;
use crate::writer::{Writer, entries};
use harness::check;
use harness::files::Disk;
use wal::{Error, Wal, repair};

type Files = Vec<(String, Vec<u8>)>;

/// A log in three segments or more.
fn small() -> (Story, Files) {
    let story = Story::new(12, 200, 7);
    let files: Files =
        story.disk.files().into_iter().filter(|(name, _)| name.ends_with(".log")).collect();
    assert!(files.len() > 2, "there is one in the middle");
    (story, files)
}

/// The log is a beginning of the story's.
fn is_a_beginning(story: &Story, disk: &Disk) -> bool {
    let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
    let (_, recovered) = opened.unwrap_or_else(|error| panic!("{error}\n{}", shown(disk)));
    story.was_once(&recovered)
}

#[test]
fn what_comes_before_the_damage_is_given_back() {
    check(|| {
        let (story, files) = small();
        let (mut repaired, mut nothing) = (0, 0);
        for at in 0..files.len() {
            for place in (0..files[at].1.len()).step_by(7) {
                let mut damaged = files.clone();
                damaged[at].1[place] ^= 0x10;
                let disk = Disk::with(damaged.iter().cloned());
                let directory = Memory(disk.clone());
                if Wal::open::<Op>(directory.clone(), OURS, SMALL).is_ok() {
                    continue;
                }
                match repair::<_, Op>(&directory, OURS) {
                    Ok(Some(done)) => {
                        repaired += 1;
                        let what = format!("{}, byte {place}: {done:?}", files[at].0);
                        assert!(is_a_beginning(&story, &disk), "{what}\n{}", shown(&disk));
                        assert_eq!(repair::<_, Op>(&directory, OURS).expect(&what), None, "again");
                        keeps_all(&damaged, &disk, &done.kept_in);
                    }
                    Ok(None) => {
                        panic!("{}, byte {place}: it is refused, and not damaged", files[at].0)
                    }
                    Err(Error::NothingLeft { .. } | Error::Foreign { .. }) => {
                        nothing += 1;
                        assert_eq!(disk.files(), damaged, "nothing was changed");
                    }
                    Err(other) => panic!("{other}"),
                }
            }
        }
        harness::note(format!("{repaired} logs repaired, {nothing} of which nothing is left"));
        assert!(repaired > 300, "{repaired} were repaired");
    });
}

/// Of the damaged files, all bytes are there: in the log, or beside it. Zeros at the end of a file
/// may be missing.
fn keeps_all(damaged: &Files, disk: &Disk, kept_in: &[String]) {
    let now = disk.files();
    let named = |name: &str| {
        let mut bytes = now.iter().find(|(it, _)| it == name).map(|(_, bytes)| bytes.clone())?;
        bytes.resize(bytes.len().max(2_048), 0);
        Some(bytes)
    };
    for (name, before) in damaged {
        let aside = kept_in.iter().find(|it| **it == format!("{name}.damaged"));
        let held = named(aside.unwrap_or(name));
        assert_eq!(held.as_ref(), Some(before), "{name} is there as it was, or aside");
    }
}

#[test]
fn power_may_go_during_a_repair() {
    check(|| {
        let (story, mut files) = small();
        files[1].1[700] ^= 1;
        let disk = Disk::with(files);
        let done = repair::<_, Op>(&Memory(disk.clone()), OURS).expect("it can be repaired");
        assert!(done.is_some_and(|done| done.kept_in.len() > 1), "segments follow");
        let tried = disk.crash(0, |_, image| {
            let again = repair::<_, Op>(&Memory(image.disk.clone()), OURS);
            again.unwrap_or_else(|error| panic!("lost: {}: {error}", image.lost));
            assert!(is_a_beginning(&story, &image.disk), "lost: {}", image.lost);
        });
        harness::note(format!("{} images of {} crashes", tried.images, tried.crashes));
    });
}

#[test]
fn what_is_not_damaged_stays_as_it_is() {
    check(|| {
        let (_, files) = small();
        let disk = Disk::with(files.clone());
        assert_eq!(repair::<_, Op>(&Memory(disk.clone()), OURS).expect("it can be read"), None);
        assert_eq!(disk.files(), files);
        let nothing = repair::<_, Op>(&Memory(Disk::new()), OURS);
        assert!(matches!(nothing, Err(Error::Nothing { .. })), "{nothing:?}");
        let stranger = wal::Identity { cluster: 7, ..OURS };
        let foreign = repair::<_, Op>(&Memory(disk.clone()), stranger);
        assert!(matches!(foreign, Err(Error::Foreign { .. })), "{foreign:?}");
        assert_eq!(disk.files(), files, "somebody else's log neither");
    });
}

#[test]
fn a_segment_that_is_missing() {
    check(|| {
        let (story, mut files) = small();
        files.remove(1);
        let disk = Disk::with(files);
        let done = repair::<_, Op>(&Memory(disk.clone()), OURS).expect("it can be repaired");
        assert!(done.is_some(), "it was damaged");
        assert!(is_a_beginning(&story, &disk));
    });
}

/// This log is damaged in this segment. Whatever a crash leaves of its repair is still refused, or
/// is what the repair comes to; and when it is done, it is done.
fn half_done(files: Files, name: &str) {
    let disk = Disk::with(files);
    let done = repair::<_, Op>(&Memory(disk.clone()), OURS).expect("it can be repaired");
    assert_eq!(done.expect("it was damaged").file, name, "not the one after it");
    let segments = |disk: &Disk| -> Files {
        disk.files().into_iter().filter(|(name, _)| name.ends_with(".log")).collect()
    };
    let left = segments(&disk);
    disk.crash(0, |_, image| {
        let there = segments(&image.disk);
        match Wal::open::<Op>(Memory(image.disk.clone()), OURS, SMALL).map(|_| ()) {
            Ok(()) => assert_eq!(there, left, "lost: {}", image.lost),
            Err(Error::Damaged { .. }) => {}
            Err(other) => panic!("lost: {}: {other}", image.lost),
        }
    });
    disk.crash(disk.operations(), |_, image| {
        assert_eq!(segments(&image.disk), left, "it is done");
        assert_eq!(image.disk.files(), disk.files(), "and what was kept is there");
    });
}

#[test]
fn a_repair_that_is_half_done_is_no_log() {
    check(|| {
        let (_, mut files) = small();
        // It looks torn, and others follow. Without them it would be cut off without a word.
        let (name, bytes) = &mut files[1];
        let name = name.clone();
        let end = bytes.iter().rposition(|byte| *byte != 0).expect("it is written");
        bytes[end] = 0;
        half_done(files, &name);
        // The second record of a batch is not there, and another segment follows.
        let mut writer = Writer::new();
        let mut prev = writer.known.log.last();
        for lengths in [&[400, 400][..], &[1_000]] {
            let write = entries(prev, lengths);
            writer.wal.add(&write).and_then(|()| writer.wal.sync()).expect("the disk works");
            prev.index.0 += lengths.len() as u64;
        }
        let mut files = writer.disk.files();
        files[0].1[959..].fill(0);
        let name = files[0].0.clone();
        half_done(files, &name);
        // It is a record of many sectors, and none is zeros. If one were, it would look torn.
        let mut writer = Writer::new();
        let write = entries(writer.known.log.last(), &[1_200]);
        writer.wal.add(&write).and_then(|()| writer.wal.sync()).expect("the disk works");
        let mut files = writer.disk.files();
        files[0].1[700] ^= 1;
        let name = files[0].0.clone();
        half_done(files, &name);
    });
}

#[test]
fn a_segment_of_another_length() {
    check(|| {
        let (story, files) = small();
        for at in 0..files.len() {
            for length in [0, 30, 48, 100, 512, 700, 2_047, 2_049, 5_000] {
                let mut files = files.clone();
                files[at].1.resize(length, 1);
                let disk = Disk::with(files);
                match repair::<_, Op>(&Memory(disk.clone()), OURS) {
                    Ok(_) => assert!(is_a_beginning(&story, &disk), "segment {at}: {length}"),
                    Err(Error::NothingLeft { .. }) => {}
                    Err(other) => panic!("segment {at}: {length}: {other}"),
                }
            }
        }
    });
}

#[test]
fn what_an_earlier_repair_has_kept_stays() {
    check(|| {
        let (_, mut files) = small();
        let kept: Files =
            files.iter().map(|(name, _)| (format!("{name}.damaged"), vec![7])).collect();
        files[1].1[700] ^= 1;
        let disk = Disk::with(files.iter().chain(&kept).cloned());
        let done = repair::<_, Op>(&Memory(disk.clone()), OURS).expect("it can be repaired");
        let done = done.expect("it was damaged");
        let now = disk.files();
        assert!(kept.iter().all(|file| now.contains(file)), "{:?}", disk.names());
        assert_eq!(done.kept_in.len(), files.len() - 1, "all from the second on: {done:?}");
        for (name, bytes) in &files[1..] {
            let is_kept = |(aside, held): &&(String, Vec<u8>)| {
                aside.starts_with(name) && bytes.starts_with(held) && done.kept_in.contains(aside)
            };
            assert!(now.iter().any(|file| is_kept(&file)), "{name}: {done:?}");
        }
    });
}
