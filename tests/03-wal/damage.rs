//! Bytes that rot: a log is given back whole, or refused, and never shortened in silence.

use crate::memory::{Memory, OURS, SMALL};
use crate::payload::Op;
use crate::story::Story;
use harness::check;
use harness::files::Disk;
use wal::{Error, Wal};

/// A small log in two segments or more, with bytes that the test may change.
fn small() -> (Story, Vec<(String, Vec<u8>)>) {
    log_of(9)
}

/// A log of so many batches.
fn log_of(batches: u64) -> (Story, Vec<(String, Vec<u8>)>) {
    let story = Story::new(batches, 200, 7);
    let files = story.disk.files();
    let segments = files.into_iter().filter(|(name, _)| name.ends_with(".log")).collect::<Vec<_>>();
    assert!(segments.len() > 1, "there is an older segment");
    (story, segments)
}

/// Opens a log of these files; whether it was given back. If it is shorter than it was, it fails.
fn is_given_back(story: &Story, files: &[(String, Vec<u8>)], what: &str) -> bool {
    let disk = Disk::with(files.iter().cloned());
    match Wal::open::<Op>(Memory(disk), OURS, SMALL) {
        Ok((_, recovered)) => {
            assert!(story.is_whole(&recovered), "{what}: a part is gone, and nobody is told");
            true
        }
        Err(Error::Damaged { .. } | Error::Foreign { .. } | Error::Nothing { .. }) => false,
        Err(other) => panic!("{what}: {other}"),
    }
}

#[test]
fn every_bit_flipped() {
    check(|| {
        let (story, segments) = small();
        let (mut flipped, mut refused) = (0, 0);
        for at in 0..segments.len() {
            for place in 0..segments[at].1.len() {
                for bit in 0..8 {
                    let mut files = segments.clone();
                    files[at].1[place] ^= 1 << bit;
                    let what = format!("{}, byte {place}, bit {bit}", files[at].0);
                    flipped += 1;
                    refused += u32::from(!is_given_back(&story, &files, &what));
                }
            }
        }
        harness::note(format!("{flipped} bits flipped, {refused} logs refused"));
        assert!(refused > 0, "damage in what was synced is refused");
    });
}

#[test]
fn cut_at_every_byte() {
    check(|| {
        let (story, segments) = small();
        for at in 0..segments.len() {
            for length in 0..segments[at].1.len() {
                let mut files = segments.clone();
                files[at].1.truncate(length);
                let what = format!("{}, cut after {length} bytes", files[at].0);
                assert!(!is_given_back(&story, &files, &what), "{what}: it is shorter than it was");
            }
        }
    });
}

#[test]
fn a_segment_that_is_missing() {
    check(|| {
        let (story, segments) = log_of(12);
        assert!(is_given_back(&story, &segments, "all of it"), "as it was");
        let first = segments[1..].to_vec();
        let what = "without the first";
        let disk = Disk::with(first.iter().cloned());
        let (_, recovered) = Wal::open::<Op>(Memory(disk), OURS, SMALL).expect(what);
        assert!(recovered.log.start().index > story.end().log.prev.index, "it begins later");
        assert!(segments.len() > 2, "there is one in the middle");
        let mut files = segments.clone();
        files.remove(1);
        assert!(!is_given_back(&story, &files, "without the second"));
    });
}
