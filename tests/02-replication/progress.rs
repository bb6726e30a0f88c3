//! 2.5: what a leader notes of a follower.

use basics::Index;
use harness::check;
use replication::{Flight, Mode, Progress};

/// A follower's progress in the middle of a stream.
pub fn flows(matched: u64, next: u64, window: &[(u64, usize)]) -> Progress {
    let flight = |(last, bytes): &(u64, usize)| Flight { last: Index(*last), bytes: *bytes };
    Progress {
        matched: Index(matched),
        mode: Mode::Replicate { window: window.iter().map(flight).collect() },
        ..Progress::new(Index(next))
    }
}

#[test]
fn a_probe_asks_and_waits() {
    check(|| {
        let mut progress = Progress::new(Index(5));
        progress.sent(Index(7), 60);
        assert_eq!(progress.mode, Mode::Probe { asked: true }, "the question is on its way");
        assert_eq!(progress.next, Index(5), "nobody knows yet where the logs part");
    });
}

#[test]
fn a_stream_does_not_wait() {
    check(|| {
        let mut progress = flows(4, 5, &[]);
        progress.sent(Index(7), 60);
        progress.sent(Index(8), 20);
        let expected = flows(4, 9, &[(7, 60), (8, 20)]);
        assert_eq!(progress, expected, "5 to 7 and 8 are on their way");
    });
}

#[test]
fn an_answer_starts_the_stream() {
    check(|| {
        let mut progress = Progress::new(Index(5));
        progress.sent(Index(7), 60);
        progress.accepted(Index(7));
        assert_eq!(progress, flows(7, 8, &[]), "n2 holds 7: entries flow from 8 on");
        let mut progress = Progress::new(Index(5));
        progress.accepted(Index(2));
        assert_eq!(progress, flows(2, 3, &[]), "n2 holds 2, by an older append: go on from there");
    });
}

#[test]
fn an_answer_without_news_is_an_answer() {
    check(|| {
        let mut progress = Progress::new(Index(1));
        progress.sent(Index(2), 40);
        progress.accepted(Index(0));
        assert_eq!(progress, flows(0, 1, &[]), "n2's log is empty, as n1 thought: entries flow");
        let mut progress = Progress { matched: Index(4), ..Progress::new(Index(5)) };
        progress.sent(Index(7), 60);
        progress.accepted(Index(4));
        assert_eq!(progress, flows(4, 5, &[]), "n2 holds 4, as it said before: entries flow");
    });
}

#[test]
fn an_answer_covers_all_before_it() {
    check(|| {
        let mut progress = flows(0, 10, &[(3, 60), (6, 60), (9, 60)]);
        progress.accepted(Index(6));
        assert_eq!(progress, flows(6, 10, &[(9, 60)]), "the answer for 3 may be lost, 6 covers it");
    });
}

#[test]
fn an_old_answer_changes_nothing() {
    check(|| {
        let mut progress = flows(6, 10, &[(9, 60)]);
        progress.accepted(Index(3));
        assert_eq!(progress, flows(6, 10, &[(9, 60)]), "n2 has acknowledged 6 before");
        progress.accepted(Index(6));
        assert_eq!(progress, flows(6, 10, &[(9, 60)]), "and again");
    });
}

#[test]
fn what_it_holds_is_not_sent_again() {
    check(|| {
        // After a refusal came the answer to an append that was thought lost.
        let mut progress = flows(4, 5, &[]);
        progress.accepted(Index(9));
        assert_eq!(progress, flows(9, 10, &[]), "n2 holds 9: the next entry is 10");
    });
}

#[test]
fn an_old_answer_may_end_a_probe() {
    check(|| {
        let mut progress = Progress { matched: Index(6), ..Progress::new(Index(9)) };
        progress.sent(Index(9), 20);
        progress.accepted(Index(3));
        assert_eq!(progress, flows(6, 7, &[]), "n2 has acknowledged 6 before: go on from there");
    });
}

#[test]
fn a_snapshot_that_arrived_is_an_answer() {
    check(|| {
        let mut progress = Progress { mode: Mode::Snapshot, ..Progress::new(Index(3)) };
        progress.accepted(Index(20));
        assert_eq!(progress, flows(20, 21, &[]), "n2 holds 20: entries flow from 21 on");
    });
}
