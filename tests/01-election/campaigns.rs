//! 1.5: standing for election.

use crate::lab::{Lab, N1, N2, N3, PLAIN, asks, at, saved};
use basics::Term;
use election::{Body, Role};
use harness::check;
use std::collections::BTreeSet;

#[test]
fn it_enters_the_next_term_and_votes_for_itself() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, Some(N2)));
        lab.stand();
        assert_eq!(lab.role(), Role::Candidate);
        assert_eq!((lab.term(), lab.vote()), (5, Some(N1)), "n1 was in term 4 and stands");
        assert_eq!(lab.election.leader(), None, "nobody leads term 5 yet");
    });
}

#[test]
fn it_asks_every_other_voter_once() {
    check(|| {
        let mut lab = Lab::with(5, PLAIN, saved(4, None)).log_to(at(3, 8));
        lab.stand();
        let asked: BTreeSet<u64> = lab.election.outgoing().iter().map(|said| said.to.0).collect();
        assert_eq!(asked, BTreeSet::from([2, 3, 4, 5]), "whom n1 of five asks");
        assert_eq!(lab.election.outgoing().len(), 4, "one request each");
        for request in lab.election.outgoing() {
            assert_eq!(request.term, Term(5), "the request's term is the one that n1 stands for");
            assert_eq!(request.body, asks(at(3, 8)), "it says where n1's log ends");
        }
    });
}

#[test]
fn what_it_had_to_say_is_still_said() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let _ = lab.receive(N2, 3, Body::Heartbeat);
        lab.stand();
        let said = lab.said_to(N2);
        let why = "an answer to an old heartbeat was waiting when n1 stood";
        assert_eq!(said, [Body::HeartbeatAnswer, asks(at(0, 0))], "{why}");
    });
}

#[test]
fn its_own_vote_does_not_count_yet() {
    check(|| {
        let mut lab = Lab::of(1);
        lab.stand();
        let why = "one of one is a majority, but the vote is not on disk";
        assert_eq!(lab.role(), Role::Candidate, "{why}");
    });
}

#[test]
fn a_candidate_votes_for_nobody_else() {
    check(|| {
        let mut lab = Lab::of(3);
        lab.stand();
        let _ = lab.receive(N2, 1, asks(at(9, 9)));
        assert_eq!(lab.vote(), Some(N1), "n2 stood in the same term as n1");
    });
}

#[test]
fn a_candidate_gives_way_to_a_later_term() {
    check(|| {
        let mut lab = Lab::of(3);
        lab.stand();
        let _ = lab.receive(N3, 2, asks(at(0, 0)));
        assert_eq!(lab.role(), Role::Follower, "n1 stood in term 1, and n3 stands in term 2");
        assert_eq!((lab.term(), lab.vote()), (2, Some(N3)), "term and vote");
    });
}

/// How many ticks pass until the node's term changes.
fn patience(lab: &mut Lab) -> u32 {
    let term = lab.term();
    for ticks in 1..=100 {
        lab.tick(1);
        if lab.term() != term {
            return ticks;
        }
    }
    panic!("n1 hears nothing for 100 ticks, ten times its patience, and does not stand");
}

#[test]
fn silence_makes_a_candidate_and_a_split_vote_another_term() {
    check(|| {
        let mut lab = Lab::of(3);
        for term in 1..=50 {
            let ticks = patience(&mut lab);
            assert!((10..20).contains(&ticks), "n1 stood after {ticks} ticks");
            assert_eq!((lab.term(), lab.role()), (term, Role::Candidate), "after silence");
            assert_eq!(lab.vote(), Some(N1), "a new term, a new vote");
        }
    });
}

#[test]
fn every_try_waits_for_another_time() {
    check(|| {
        let mut lab = Lab::of(3);
        let waits: BTreeSet<u32> = (0..50).map(|_| patience(&mut lab)).collect();
        let why = "two candidates that wait equally long split the vote for ever";
        assert!(waits.len() > 5, "fifty tries waited {waits:?} ticks: {why}");
    });
}

#[test]
fn nobody_stands_in_the_last_term() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(u64::MAX - 1, None));
        lab.stand();
        assert_eq!(lab.term(), u64::MAX, "n1 stood in the term before the last");
        lab.tick(100);
        assert_eq!(lab.term(), u64::MAX, "there is no term after it, and n1 does not panic");
    });
}
