//! A log as a person reads it.

use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use crate::writer::shaped;
use basics::{Index, NodeId, Position, Term};
use election::HardState;
use harness::check;
use harness::files::Disk;
use replication::{Entry, Span, Write};
use wal::{Error, Wal, owner, print};

/// A log with one record of each kind.
fn log() -> Disk {
    let disk = Disk::new();
    let first = HardState { term: Term(1), vote: None };
    let start = Position { term: Term(1), index: Index(1) };
    let wal = Wal::create(Memory(disk.clone()), OURS, SMALL, first, start);
    let mut wal = wal.expect("an empty directory");
    let entry = |length| Entry { term: Term(2), payload: length };
    let entries = vec![entry(None), entry(Some(Op::new(64, 20)))];
    wal.add(&Write {
        hard_state: Some(HardState { term: Term(2), vote: Some(NodeId(3)) }),
        begins: None,
        entries: Some(Span { prev: start, entries }),
    })
    .expect("nothing has failed");
    wal.sync().expect("the disk works");
    let begins = Some(Position { term: Term(2), index: Index(9) });
    wal.add::<Op>(&Write { hard_state: None, begins, entries: None }).expect("nothing has failed");
    wal.sync().expect("the disk works");
    disk
}

#[test]
fn every_record_has_a_line() {
    check(|| {
        let text = shown(&log());
        // The checksums are left out.
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                match words[..] {
                    [place, _, "batch", ..] => format!("{place} {}", words[2..].join(" ")),
                    _ => words.join(" "),
                }
            })
            .collect();
        assert_eq!(
            lines,
            [
                "0000000000000001.log cluster c1, member a1, 2048 bytes",
                "48 batch 0 goes on after (t1, 1); t1, no vote",
                "512 batch 1 t2, vote for n3",
                "551 batch 1 entry (t2, 2), empty",
                "590 batch 1 entry (t2, 3), 20 bytes: ABCDEFGH",
                "1024 batch 2 begins anew after (t2, 9)",
                "1536 only zeros follow",
            ],
            "{text}"
        );
    });
}

#[test]
fn a_head_lies_in_one_sector() {
    check(|| {
        // What stands before a record has 17 bytes. The first frame begins at 512 and has 47 bytes
        // besides what its entry carries.
        for (length, next) in [(447, 1_006), (448, 1_007), (449, 1_024), (465, 1_024)] {
            let disk = Disk::new();
            let start = Position { term: Term(1), index: Index(1) };
            let hard_state = HardState { term: Term(1), vote: None };
            let wal = Wal::create(Memory(disk.clone()), OURS, SMALL, hard_state, start);
            let mut wal = wal.expect("an empty directory");
            let entry = |length| Entry { term: Term(1), payload: Some(Op::new(1, length)) };
            let entries = Some(Span { prev: start, entries: vec![entry(length), entry(20)] });
            wal.add(&Write { hard_state: None, begins: None, entries }).expect("nothing failed");
            wal.sync().expect("the disk works");
            let text = shown(&disk);
            let line = text.lines().find(|line| line.contains("(t1, 3)"));
            let line = line.unwrap_or_else(|| panic!("{text}"));
            assert!(line.trim_start().starts_with(&next.to_string()), "{length}: {text}");
        }
    });
}

#[test]
fn where_it_ends_badly_the_bytes_are_shown() {
    check(|| {
        let mut files = log().files();
        files[0].1[600] ^= 1;
        let text = shown(&Disk::with(files.clone()));
        let line = text.lines().find(|line| line.contains("damaged"));
        let line = line.unwrap_or_else(|| panic!("{text}"));
        assert!(line.trim_start().starts_with("590  damaged: "), "{line}");
        let marked = text.lines().find(|line| line.starts_with('>'));
        assert!(marked.is_some_and(|line| line.contains("576")), "{text}");
        files[0].1[2] ^= 1;
        let text = shown(&Disk::with(files));
        assert!(text.contains("no segment, or one with a damaged beginning"), "{text}");
    });
}

#[test]
fn whose_a_log_is_can_be_found_out() {
    check(|| {
        assert_eq!(owner(&Memory(log())).expect("its beginning says so"), OURS);
        let mut files = shaped(OURS, 0);
        files[0].1[2] ^= 1;
        let found = owner(&Memory(Disk::with(files)));
        assert_eq!(found.expect("the beginning of the next one says so"), OURS);
        let none = owner(&Memory(Disk::new()));
        assert!(matches!(none, Err(Error::Nothing { .. })), "{none:?}");
        let none = print(&Memory(Disk::new()), 0, &mut Vec::new());
        assert!(matches!(none, Err(Error::Nothing { .. })), "{none:?}");
    });
}
