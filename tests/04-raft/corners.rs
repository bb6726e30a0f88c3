//! Corners in which a node can go wrong though every rule seems to hold, one script each. Above
//! each stands what must not be.

use crate::bench::Bench;
use crate::lab::{
    EAGER, Lab, N1, N2, N3, N4, Store, WIDE, append, at, entry, granted, lacks, voters,
};
use basics::{Index, Position, Term};
use election::{Role, Round};
use harness::check;
use raft::{Keep, Options, Refused, Step};
use replication::Limits;

const NONE: Options = Options { keep: Keep { entries: 0, ..WIDE.keep }, ..WIDE };

// Not: an endless exchange at the speed of the network.
#[test]
fn a_follower_that_lags_is_not_asked_without_an_end() {
    check(|| {
        let limits = Limits {
            window_messages: 10,
            window_bytes: 10_000,
            uncommitted_bytes: 10_000,
            unapplied_bytes: 100,
        };
        // Two entries an append, so that what n3 lacks takes more than one.
        let replication =
            replication::Options { limits: Some(limits), batch_bytes: 50, ..WIDE.replication };
        let mut bench = Bench::led(3, Options { replication, ..WIDE });
        bench.lab(N3).lags = true;
        for number in 0..10 {
            bench.lab(N1).propose(number).expect("n1 leads");
        }
        bench.calm();
        bench.beat(N1);
        for number in 0..4 {
            bench.lab(N1).propose(number).expect("n1 leads");
        }
        bench.calm();
        bench.beat(N1);
    });
}

// Not: a leader that has just stepped down asks its voters whether it leads.
#[test]
fn a_leader_that_steps_down_on_a_tick_says_no_more_that_it_leads() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.read(1).expect("n1 leads");
        lab.work();
        for _ in 0..30 {
            lab.sent.clear();
            lab.tick(1);
            lab.ready();
            if !lab.node.leads() {
                assert_eq!(lab.take_letters(N2), [], "n1 leads no more");
                return;
            }
        }
        panic!("n1 hears nobody, and steps down");
    });
}

// Not: a follower whose patience is over asks the leader that it has given up, in a term that
// its disk does not have; that deposes a leader whose voters would have shielded it.
#[test]
fn a_follower_that_gives_its_leader_up_asks_it_no_more() {
    check(|| {
        let mut lab = Lab::follower(3, EAGER);
        lab.read(1).expect("n2 leads");
        lab.work();
        for _ in 0..30 {
            lab.sent.clear();
            lab.tick(1);
            lab.ready();
            if lab.node.replica().election().role() != Role::Follower {
                assert_eq!(lab.over.len(), 1, "the read is lost");
                assert_eq!(lab.take_letters(N2), [], "so nobody is asked about it");
                return;
            }
        }
        panic!("n1 hears nobody, and stands");
    });
}

// Not: a snapshot on its way to a follower that was removed is not given up.
#[test]
fn a_snapshot_for_a_member_that_goes_is_given_up() {
    check(|| {
        let mut lab = Lab::elected(3, NONE);
        lab.accepts(N2, 2);
        lab.work();
        lab.answers(N3, lacks(at(1, 1), Position::START));
        lab.tick(1);
        lab.work();
        assert!(lab.node.sending(N3, at(2, 2)));
        lab.change(&[Step::Remove(N3)]).expect("n1 leads");
        lab.work();
        assert_eq!(lab.given_up, [N3], "it is on its way in vain");
    });
}

// Not: an answer that was late makes the leader forget the snapshot on its way.
#[test]
fn a_late_answer_does_not_stop_a_snapshot() {
    check(|| {
        let mut lab = Lab::elected(3, NONE);
        for node in [N2, N3] {
            lab.accepts(node, 2);
        }
        lab.work();
        // n3 gets entry 3, and its answer is slow. Entry 4 and the rest are lost.
        for number in 0..4 {
            lab.propose(number).expect("n1 leads");
            lab.work();
            let last = lab.last();
            lab.accepts(N2, last);
            lab.work();
        }
        lab.answers(N3, lacks(at(2, 6), at(2, 3)));
        lab.tick(1);
        lab.work();
        assert_eq!(lab.wanted, [N3]);
        assert!(lab.node.sending(N3, at(2, 6)));
        lab.accepts(N3, 3);
        lab.work();
        lab.propose(9).expect("n1 leads");
        lab.work();
        lab.accepts(N2, 7);
        lab.work();
        lab.tick(1);
        lab.work();
        assert_eq!(lab.start(), 6, "entry 7 is what n3 needs next");
        assert_eq!(lab.wanted, [N3], "and nothing else");
    });
}

// Not: a snapshot that is no news deposes a leader, and the answer says that nothing changed.
#[test]
fn what_is_no_news_deposes_nobody() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        let old = Store { at: at(2, 2), configuration: voters(&[N1, N2, N3]) };
        let draw = lab.draw();
        assert!(!lab.node.install(old.snapshot(), draw), "nothing changed");
        assert!(lab.node.leads(), "so n1 leads");
    });
}

// Not: a node that learns from a snapshot that it has no vote goes on with its poll, and
// stands.
#[test]
fn a_poll_ends_with_the_vote() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.tick(20);
        lab.work();
        assert_eq!(lab.node.replica().election().role(), Role::PreCandidate);
        let store = Store { at: at(2, 9), configuration: voters(&[N2, N3, N4]) };
        assert!(lab.bring(&store));
        lab.work();
        for node in [N2, N3] {
            let _ = lab.receive(node, 2, granted(Round::PreVote));
        }
        lab.work();
        assert_eq!(lab.term(), 2, "n1 has no vote, and does not stand");
    });
}

// Not: what a learner lacks is not counted where the log has let go of it.
#[test]
fn a_learner_that_needs_what_is_gone_is_behind() {
    check(|| {
        let limits = Limits {
            window_messages: 10,
            window_bytes: 60,
            uncommitted_bytes: 10_000,
            unapplied_bytes: 10_000,
        };
        let replication = replication::Options { limits: Some(limits), ..WIDE.replication };
        let mut lab = Lab::leader(3, Options { replication, ..NONE });
        lab.change(&[Step::Learner(N4)]).expect("n1 leads");
        lab.accepts(N2, 3);
        lab.work();
        lab.accepts(N4, 3);
        for _ in 0..10 {
            lab.propose(1).expect("n1 leads");
            lab.work();
            let last = lab.last();
            lab.accepts(N2, last);
            lab.work();
        }
        assert_eq!((lab.start(), lab.knows(N4).map(|it| it.matched)), (13, Some(Index(3))));
        let refused = lab.change(&[Step::Voter(N4)]);
        assert_eq!(refused, Err(Refused::Behind(N4)), "it lacks 210 bytes, and 60 fit");
    });
}

// Not: a snapshot at the end of all numbers is prepared, and the node panics.
#[test]
fn a_snapshot_at_the_end_of_all_numbers_is_none() {
    check(|| {
        for index in [u64::MAX, u64::MAX - 1] {
            let mut lab = Lab::follower(3, EAGER);
            let store = Store { at: at(2, index), configuration: voters(&[N1]) };
            if lab.bring(&store) {
                lab.work();
                lab.stand();
                lab.work();
                let _ = lab.propose(1);
                lab.work();
                lab.tick(1);
                lab.work();
            }
        }
    });
}

// Not: one letter ends a node, whoever sends it, in whatever term. Where additions do not
// panic, it takes every change in its log into account a second time instead.
#[test]
fn an_append_after_the_last_number_is_dropped() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        let last = Position { term: Term(2), index: Index(u64::MAX) };
        assert!(lab.receive(N4, 0, append(last, vec![entry(2, 1)], 2)).is_err());
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N3]));
    });
}

// Not: a leader whose own disk stands still takes one proposal after the other. The others commit
// them, and it can apply none.
#[test]
fn a_leader_whose_disk_stands_still_takes_no_more() {
    check(|| {
        let limits = Limits {
            window_messages: 10,
            window_bytes: 10_000,
            uncommitted_bytes: 10_000,
            unapplied_bytes: 200,
        };
        let replication = replication::Options { limits: Some(limits), ..WIDE.replication };
        let mut lab = Lab::leader(3, Options { replication, ..WIDE });
        for _ in 0..20 {
            if lab.propose(1) == Err(Refused::Full) {
                lab.work();
                assert_eq!(lab.propose(1).map(|at| at.index), Ok(Index(lab.last())), "it goes on");
                return;
            }
            lab.ready();
            let last = lab.last();
            lab.accepts(N2, last);
            lab.accepts(N3, last);
        }
        panic!("420 bytes are committed, 200 may wait");
    });
}
