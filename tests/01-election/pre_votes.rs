//! 1.9: a poll before an election.

use crate::lab::{Lab, N1, N2, N3, POLL, answers, asks, at, polls, saved, would};
use crate::node::{Node, Setup};
use crate::properties::{leader, settled};
use election::{Body, Role};
use harness::{Cluster, check};
use std::collections::BTreeSet;

#[test]
fn a_poll_changes_no_term_and_no_vote() {
    check(|| {
        let mut lab = Lab::with(3, POLL, saved(4, Some(N2))).log_to(at(2, 3));
        lab.stand();
        assert_eq!(lab.role(), Role::PreCandidate);
        assert_eq!((lab.term(), lab.vote()), (4, Some(N2)), "n1 only asks");
        lab.assert_said(N2, &polls(at(2, 3)));
        lab.assert_said(N3, &polls(at(2, 3)));
        let batch = lab.election.ready().expect("two questions");
        assert!(batch.save.is_none(), "there is nothing to save, so nothing waits");
        assert_eq!(batch.send_now.len(), 2);
    });
}

#[test]
fn a_poll_that_is_won_becomes_an_election() {
    check(|| {
        let mut lab = Lab::with(3, POLL, saved(4, Some(N2)));
        lab.stand();
        let _ = lab.drain();
        let _ = lab.receive(N3, 4, would(true));
        assert_eq!((lab.role(), lab.term()), (Role::Candidate, 5), "n1 and n3 of three say yes");
        assert_eq!(lab.vote(), Some(N1), "now n1 votes");
        lab.assert_said(N2, &asks(at(0, 0)));
        let _ = lab.drain();
        assert_eq!(lab.role(), Role::Candidate, "a yes to the poll is no vote");
        let _ = lab.receive(N3, 5, answers(true));
        assert_eq!((lab.role(), lab.term()), (Role::Leader, 5));
    });
}

#[test]
fn a_poll_that_is_lost_costs_nothing() {
    check(|| {
        let mut lab = Lab::with(3, POLL, saved(4, None));
        lab.stand();
        let _ = lab.drain();
        let _ = lab.receive(N2, 4, would(false));
        let _ = lab.receive(N3, 4, would(false));
        assert_eq!((lab.role(), lab.term(), lab.vote()), (Role::Follower, 4, None));
    });
}

#[test]
fn a_node_that_is_cut_off_stays_in_its_term() {
    check(|| {
        let mut lab = Lab::with(3, POLL, saved(4, None));
        let mut polled = 0;
        for _ in 0..1_000 {
            lab.tick(1);
            polled += lab.drain().iter().filter(|message| message.to == N2).count();
        }
        assert_eq!((lab.term(), lab.role()), (4, Role::PreCandidate), "1,000 ticks alone");
        assert!((50..=100).contains(&polled), "n1 polled n2 {polled} times in 1,000 ticks");
    });
}

#[test]
fn every_poll_waits_for_another_time() {
    check(|| {
        let mut lab = Lab::with(3, POLL, saved(4, None));
        let mut waits = BTreeSet::new();
        let mut waited = 0;
        for _ in 0..1_000 {
            lab.tick(1);
            waited += 1;
            if !lab.drain().is_empty() {
                waits.insert(waited);
                waited = 0;
            }
        }
        let why = "two nodes that poll in step would stand in step";
        assert!(waits.len() > 5, "n1 waited {waits:?} ticks from poll to poll: {why}");
    });
}

#[test]
fn one_voter_needs_nobody() {
    check(|| {
        let mut lab = Lab::with(1, POLL, saved(4, None));
        lab.stand();
        let _ = lab.drain();
        assert_eq!((lab.role(), lab.term()), (Role::Leader, 5), "the only voter of a cluster");
    });
}

/// What n1 answers when n2 polls it.
fn answer(lab: &mut Lab, term: u64) -> Vec<Body> {
    let before = (lab.election.hard_state(), lab.role());
    let _ = lab.receive(N2, term, polls(at(2, 7)));
    let said = lab.said_to(N2);
    let _ = lab.drain();
    assert_eq!(before.0, lab.election.hard_state(), "a poll changes nothing in who is polled");
    assert_eq!(before.1, lab.role(), "a poll changes nothing in who is polled");
    said
}

#[test]
fn a_node_without_a_leader_says_yes_to_a_good_log() {
    check(|| {
        for (log, yes) in [((2, 7), true), ((2, 6), true), ((1, 9), true), ((2, 8), false)] {
            let mut lab = Lab::with(3, POLL, saved(4, None)).log_to(at(log.0, log.1));
            let said = answer(&mut lab, 4);
            assert_eq!(said, [would(yes)], "n1's log ends at {log:?}, n2's at (2, 7)");
        }
    });
}

#[test]
fn a_vote_already_given_does_not_matter() {
    check(|| {
        let mut lab = Lab::with(3, POLL, saved(4, Some(N3)));
        let said = answer(&mut lab, 4);
        assert_eq!(said, [would(true)], "n1 voted in term 4, and is asked about term 5");
        assert_eq!(answer(&mut lab, 4), [would(true)], "and again: a poll takes no vote away");
    });
}

#[test]
fn a_node_that_hears_its_leader_says_no() {
    check(|| {
        let mut lab = Lab::with(3, POLL, saved(4, None));
        let _ = lab.receive(N3, 4, Body::Heartbeat);
        let _ = lab.drain();
        assert_eq!(answer(&mut lab, 4), [would(false)], "n3 was heard in this tick");
        lab.tick(9);
        assert_eq!(answer(&mut lab, 4), [would(false)], "n3 was heard nine ticks ago");
    });
}

#[test]
fn a_node_whose_leader_is_silent_says_yes() {
    check(|| {
        // n1's own patience is drawn; wherever it lies, after 10 silent ticks n1 gives nothing on
        // its leader any more.
        for try_number in 0..20 {
            let mut lab = Lab::with(3, POLL, saved(4, None));
            for _ in 0..=try_number {
                let _ = lab.receive(N3, 4, Body::Heartbeat);
            }
            lab.tick(10);
            let _ = lab.drain();
            assert_eq!(answer(&mut lab, 4), [would(true)], "n3 was silent for ten ticks");
        }
    });
}

#[test]
fn an_answer_to_a_poll_need_not_wait() {
    check(|| {
        for log in [at(2, 7), at(2, 8)] {
            let mut lab = Lab::with(3, POLL, saved(4, None)).log_to(log);
            let _ = lab.receive(N2, 4, polls(at(2, 7)));
            let batch = lab.election.ready().expect("an answer");
            assert_eq!(batch.send_now.len(), 1, "n1's log ends at {log}; its answer binds nobody");
            assert!(batch.save.is_none(), "there is nothing to save");
        }
    });
}

#[test]
fn a_leader_says_no() {
    check(|| {
        let mut lab = Lab::leader(3, POLL);
        assert_eq!(answer(&mut lab, 2), [would(false)], "n1 leads term 2");
        assert_eq!(lab.role(), Role::Leader);
    });
}

#[test]
fn a_pre_candidate_hears_a_leader_of_its_term() {
    check(|| {
        let mut lab = Lab::with(3, POLL, saved(4, None));
        lab.stand();
        let _ = lab.receive(N2, 4, Body::Heartbeat);
        assert_eq!((lab.role(), lab.election.leader()), (Role::Follower, Some(N2)));
    });
}

#[test]
fn a_node_that_returns_disturbs_nobody() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, POLL), 3);
        cluster.timeout(0);
        cluster.settle(&[0, 1, 2]);
        assert_eq!(leader(&cluster), Some(0), "n1 stood first");
        let term = cluster.node(0).election().hard_state().term;
        // n3 is cut off for a long time, and hears nothing from n1.
        cluster.tick(2, 500);
        cluster.lose_all();
        // It returns. n1 and n2 have talked all the while.
        cluster.tick(0, 1);
        cluster.settle(&[0, 1]);
        cluster.timeout(2);
        cluster.settle(&[0, 1, 2]);
        assert_eq!(cluster.node(0).election().role(), Role::Leader, "n1 led all the time");
        cluster.tick(0, 1);
        cluster.settle(&[0, 1, 2]);
        let now = cluster.node(0).election().hard_state().term;
        assert_eq!(now, term, "and still leads the same term");
        assert!(settled(&cluster), "n3 follows n1 again");
    });
}
