//! What a node starts from: its log and its store, and what it makes of the two when they differ.

use crate::lab::{EAGER, Lab, N1, N2, N3, N4, Store, WIDE, append, at, entry, first, voters};
use basics::{Index, Position, Term};
use election::HardState;
use harness::check;
use raft::{Body, Configuration, Gap, Node, Stored};
use replication::Span;

/// What n1 starts from: a log that begins after a position, and a store.
fn stored(term: u64, log: Span<raft::Payload>, applied: Position) -> Stored {
    Stored {
        hard_state: HardState { term: Term(term), vote: Some(N2) },
        log: log.into(),
        applied,
        configuration: voters(&[N1, N2, N3]),
    }
}

fn span(prev: Position, terms: &[u64]) -> Span<raft::Payload> {
    Span { prev, entries: terms.iter().map(|term| entry(*term, 1)).collect() }
}

#[test]
fn a_cluster_begins_with_its_founding() {
    check(|| {
        let mut lab = Lab::founded(3, WIDE);
        let status = lab.status();
        assert_eq!((status.start, status.last), (at(1, 1), at(1, 1)), "one entry is behind all");
        assert_eq!((status.term, status.vote, status.leader), (Term(1), None, None));
        let marks = [status.commit, status.handed_out, status.applied, status.durable];
        assert_eq!((marks, status.synced), ([Index(1); 4], Index(1)));
        assert_eq!(status.configuration, voters(&[N1, N2, N3]));
        assert!(!lab.ready(), "it wants nothing");
        let lab = Lab::new(N4, WIDE, Stored::join());
        let status = lab.status();
        assert_eq!((status.start, status.last), (Position::START, Position::START));
        assert_eq!((status.term, status.configuration), (Term(0), Configuration::unknown()));
    });
}

#[test]
fn a_log_that_holds_what_the_store_has_goes_on() {
    check(|| {
        for applied in [at(1, 1), at(2, 2), at(2, 3), at(3, 4)] {
            let lab = Lab::new(N1, WIDE, stored(3, span(at(1, 1), &[2, 2, 3]), applied));
            let status = lab.status();
            assert_eq!((status.start, status.last), (at(1, 1), at(3, 4)));
            assert_eq!((status.commit, status.applied), (applied.index, applied.index));
            assert_eq!(status.synced, Index(4), "all of it was read from the disk");
            assert_eq!(status.vote, Some(N2), "the vote stays");
        }
    });
}

#[test]
fn a_store_that_is_ahead_of_its_log_decides() {
    check(|| {
        // A snapshot was put in place, and power went before the log began anew.
        let short = span(at(1, 1), &[2, 2]);
        let other = span(at(1, 1), &[2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
        for log in [short, other, Span::empty(at(1, 1)), Span::empty(Position::START)] {
            let mut lab = Lab::new(N1, WIDE, stored(3, log, at(3, 9)));
            let status = lab.status();
            assert_eq!((status.start, status.last), (at(3, 9), at(3, 9)), "it begins anew");
            assert_eq!((status.commit, status.applied), (Index(9), Index(9)));
            lab.hears(N2, 3, append(at(3, 9), vec![entry(3, 1)], 9));
            lab.ready();
            let save = lab.saves.back().expect("there is something to save");
            assert_eq!(save.content().begins, Some(at(3, 9)), "the disk is told with the first");
            let entries = save.content().entries.as_ref();
            assert_eq!(entries.map(|span| (span.prev, span.entries.len())), Some((at(3, 9), 1)));
            lab.work();
            assert_eq!((lab.disk.log.prev, lab.disk.log.last()), (at(3, 9), at(3, 10)));
            lab.restart().expect("disk and store fit");
            assert_eq!((lab.start(), lab.last()), (9, 10));
        }
    });
}

#[test]
fn a_gap_is_no_start() {
    check(|| {
        let starts = |log: Span<raft::Payload>, applied: Position| {
            Node::new(N1, WIDE, stored(3, log, applied), 1).map(|_| ())
        };
        let gap = |applied, start| Err(Gap { applied, start });
        let log = || span(at(2, 5), &[3, 3]);
        assert_eq!(starts(log(), at(2, 4)), gap(at(2, 4), at(2, 5)), "entry 5 is nowhere");
        assert_eq!(starts(log(), Position::START), gap(Position::START, at(2, 5)));
        assert_eq!(starts(Span::empty(at(2, 5)), at(1, 4)), gap(at(1, 4), at(2, 5)));
        assert_eq!(starts(log(), at(1, 5)), gap(at(1, 5), at(2, 5)), "another entry 5");
        assert_eq!(starts(log(), at(2, 5)), Ok(()));
        assert_eq!(starts(log(), at(3, 7)), Ok(()));
    });
}

#[test]
fn a_node_starts_in_the_newest_term_that_it_has_anything_of() {
    check(|| {
        let starts =
            |term, log, applied| Lab::new(N1, WIDE, stored(term, log, applied)).node.status();
        let status = starts(2, span(at(1, 1), &[2]), at(5, 9));
        assert_eq!((status.term, status.vote), (Term(5), None), "of the store");
        let status = starts(2, span(at(1, 1), &[2, 4]), at(2, 2));
        assert_eq!((status.term, status.vote), (Term(4), None), "of the log");
        let status = starts(4, span(at(1, 1), &[2, 4]), at(2, 2));
        assert_eq!((status.term, status.vote), (Term(4), Some(N2)), "of the vote");
        let status = starts(7, span(at(1, 1), &[2, 4]), at(5, 9));
        assert_eq!((status.term, status.vote), (Term(7), Some(N2)), "whichever is newest");
    });
}

#[test]
fn nobody_of_an_older_term_is_followed_after_a_snapshot() {
    check(|| {
        // The store is of term 5, and the disk still says 2.
        let mut lab = Lab::new(N1, EAGER, stored(2, span(at(1, 1), &[2]), at(5, 9)));
        let old = append(at(2, 2), vec![entry(2, 1)], 3);
        assert!(lab.receive(N2, 2, old).is_err(), "the leader of term 2 does not know entry 9");
        assert_eq!(lab.last(), 9);
        lab.stand();
        lab.work();
        assert_eq!(lab.disk.hard_state, HardState { term: Term(6), vote: Some(N1) });
    });
}

#[test]
fn power_may_go_at_any_moment_of_a_snapshot() {
    check(|| {
        let store = Store { at: at(2, 90), configuration: voters(&[N1, N2, N4]) };
        let follower = || {
            let mut lab = Lab::follower(3, WIDE);
            lab.hears(N2, 2, append(at(2, 2), vec![entry(2, 1); 4], 3));
            lab
        };
        // Before the store is the snapshot's.
        let mut lab = follower();
        lab.work();
        assert!(lab.node.prepare(store.at));
        lab.restart().expect("disk and store fit");
        assert_eq!((lab.last(), lab.commit()), (6, 3), "nothing has happened");
        assert!(lab.bring(&store), "it may come again");
        // After it, and before anything is saved.
        let mut lab = follower();
        lab.work();
        assert!(lab.bring(&store));
        lab.restart().expect("the store decides");
        assert_eq!((lab.start(), lab.last()), (90, 90));
        assert_eq!(lab.node.configuration(), &store.configuration);
        // While the saves of before, and those of after, are on their way.
        for synced in 0..=2 {
            let mut lab = follower();
            lab.ready();
            assert!(lab.bring(&store));
            lab.hears(N2, 2, append(at(2, 90), vec![entry(2, 5)], 90));
            lab.ready();
            assert_eq!(lab.saves.len(), 2, "the old log's, and the new one's");
            for _ in 0..synced {
                lab.sync();
            }
            lab.restart().expect("the store decides");
            let last = if synced == 2 { 91 } else { 90 };
            assert_eq!((lab.start(), lab.last()), (90, last), "after {synced} syncs");
            assert_eq!(lab.term(), 2);
        }
    });
}

#[test]
fn a_start_begins_with_nobody() {
    check(|| {
        let mut lab = Lab::leader(3, EAGER);
        lab.read(1).expect("n1 leads");
        lab.transfer(N2).expect("n2 votes");
        lab.restart().expect("disk and store fit");
        let status = lab.status();
        assert_eq!((status.leader, status.transfer, status.reads), (None, None, 0));
        assert_eq!((status.term, status.vote), (Term(2), Some(N1)), "but it has promised");
        assert!(lab.receive(N2, 2, Body::Confirmed { round: 1 }).is_err(), "it leads no more");
        lab.hears(N3, 3, append(at(2, 2), vec![first(3)], 2));
        assert_eq!(lab.status().leader, Some(N3));
    });
}
