//! Segments with right checksums that no log has written: what a mistake of a writer would leave.
//! Nothing was torn and nothing has rotted, and still it cannot be. So it is refused, and where the
//! first such record begins is told.

use crate::hostile::segment;
use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use basics::{Index, Position, Term};
use harness::check;
use harness::files::Disk;
use wal::{Error, Wal};

/// A record in the bytes of the format: its kind and its numbers.
fn record(kind: u32, numbers: &[u64], rest: &[u8]) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    [&kind.to_le_bytes(), &numbers[..], rest].concat()
}

/// The log goes on after this entry. The term that the node is in is 9, and it has no vote.
fn goes_on(term: u64, index: u64) -> Vec<u8> {
    record(1, &[term, index, 9], &[0])
}

/// An entry that carries this.
fn entry(term: u64, index: u64, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u64).to_le_bytes();
    record(3, &[index, term], &[&[1], &length[..], payload].concat())
}

/// Each as a batch of its own.
fn batches(records: &[Vec<u8>]) -> Vec<(u32, &[u8])> {
    (0..).zip(records.iter().map(Vec::as_slice)).collect()
}

/// A disk with segments of these numbers.
fn disk(segments: &[(u64, &[u8])]) -> Disk {
    let name = |number: u64| format!("{number:016x}.log");
    Disk::with(segments.iter().map(|(number, bytes)| (name(*number), bytes.to_vec())))
}

/// The log ends here.
fn ends(disk: &Disk, term: u64, index: u64) {
    let opened = Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL);
    let (_, recovered) = opened.unwrap_or_else(|error| panic!("{error}\n{}", shown(disk)));
    assert_eq!(recovered.log.last(), Position { term: Term(term), index: Index(index) });
}

/// The log is refused, for something in this segment; where.
fn refused(disk: &Disk, number: u64, what: &str) -> u64 {
    let there = shown(disk);
    match Wal::open::<Op>(Memory(disk.clone()), OURS, SMALL).map(|(_, recovered)| recovered) {
        Err(Error::Damaged { file, place, .. }) => {
            assert_eq!(file, format!("{number:016x}.log"), "{what}\n{there}");
            place
        }
        other => panic!("{what}: {other:?}\n{there}"),
    }
}

#[test]
fn records_that_cannot_follow() {
    check(|| {
        let first = || vec![goes_on(2, 1), entry(2, 2, &[7]), entry(3, 3, &[7])];
        ends(&disk(&[(1, &segment(1, 0, &batches(&first())).0)]), 3, 3);
        for (what, next) in [
            ("a term before that of the entry before", entry(2, 4, &[7])),
            ("an entry is left out", entry(3, 5, &[7])),
            ("the segment begins once more", goes_on(3, 3)),
            ("bytes after the end of a record", record(4, &[], &[0])),
            ("no record at all", Vec::new()),
            ("a kind that there is not", record(9, &[], &[])),
            ("a length that reaches out of the record", record(3, &[4, 3, u64::MAX], &[])),
            ("it carries what no entry of this log does", entry(3, 4, &[0])),
        ] {
            let records = [first(), vec![next]].concat();
            let (bytes, _) = segment(1, 0, &batches(&records));
            let place = refused(&disk(&[(1, &bytes)]), 1, what);
            assert_eq!(place, 3 * 512, "{what}");
        }
    });
}

#[test]
fn a_segment_that_does_not_say_where_it_goes_on() {
    check(|| {
        let records = [entry(2, 2, &[7]), entry(2, 3, &[7])];
        let (bytes, _) = segment(1, 0, &batches(&records));
        refused(&disk(&[(1, &bytes)]), 1, "an entry comes first");
        let (bytes, _) = segment(1, 0, &[]);
        refused(&disk(&[(1, &bytes)]), 1, "it has no record");
    });
}

#[test]
fn a_batch_that_is_left_out() {
    check(|| {
        let records = [goes_on(2, 1), entry(2, 2, &[7]), entry(2, 3, &[7])];
        let mut batches = batches(&records);
        batches[2].0 = 3;
        let (bytes, _) = segment(1, 0, &batches);
        let place = refused(&disk(&[(1, &bytes)]), 1, "the third batch comes second");
        assert_eq!(place, 2 * 512);
    });
}

#[test]
fn segments_that_do_not_join() {
    check(|| {
        let records = [goes_on(2, 1), entry(2, 2, &[7]), entry(2, 3, &[7])];
        let (first, sum) = segment(1, 0, &batches(&records));
        let next = |number: u64, before: u32, term: u64, index: u64| {
            segment(number, before, &batches(&[goes_on(term, index)])).0
        };
        ends(&disk(&[(1, &first), (2, &next(2, sum, 2, 3))]), 2, 3);
        for (term, index) in [(2, 2), (2, 4), (3, 3), (1, 3), (0, 0)] {
            let what = format!("it goes on after entry {index} of term {term}");
            let place = refused(&disk(&[(1, &first), (2, &next(2, sum, term, index))]), 2, &what);
            assert_eq!(place, 48, "{what}");
        }
        let what = "it goes on after another segment";
        refused(&disk(&[(1, &first), (2, &next(2, sum ^ 1, 2, 3))]), 2, what);
        refused(&disk(&[(1, &first), (3, &next(3, sum, 2, 3))]), 2, "it is missing");
    });
}
