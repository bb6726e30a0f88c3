//! 1.10: a leader that is cut off stops, and one that is not is left alone.

use crate::lab::{ALL, Lab, N2, N3, answers, asks, at, polls, saved};
use crate::node::{Node, Setup};
use crate::properties::{leader, settled};
use basics::NodeId;
use election::{Body, Dropped, Options, Role};
use harness::{Cluster, check};

#[test]
fn a_leader_that_hears_no_majority_steps_down() {
    check(|| {
        let mut lab = Lab::leader(5, ALL);
        // What it heard while it was elected may count once.
        for other in [N2, N3] {
            let _ = lab.receive(other, 2, Body::HeartbeatAnswer);
        }
        lab.tick(10);
        assert_eq!(lab.role(), Role::Leader, "n1, n2 and n3 are three of five");
        for _ in 0..9 {
            let _ = lab.receive(N2, 2, Body::HeartbeatAnswer);
        }
        let before = lab.election.hard_state();
        lab.tick_until(10, |lab| lab.role() != Role::Leader);
        assert_eq!(lab.role(), Role::Follower, "n1 and n2 are two of five");
        assert_eq!(lab.election.hard_state(), before, "it stays in its term, and keeps its vote");
        assert_eq!(lab.election.leader(), None, "nobody leads it now");
    });
}

#[test]
fn a_leader_that_hears_a_majority_stays() {
    check(|| {
        let mut lab = Lab::leader(5, ALL);
        for _ in 0..50 {
            let _ = lab.receive(N2, 2, Body::HeartbeatAnswer);
            lab.tick(5);
            let _ = lab.receive(N3, 2, Body::HeartbeatAnswer);
            lab.tick(5);
            assert_eq!(lab.role(), Role::Leader, "n1, n2 and n3 are three of five");
        }
    });
}

#[test]
fn each_check_counts_anew() {
    check(|| {
        let mut lab = Lab::leader(3, ALL);
        let _ = lab.receive(N2, 2, Body::HeartbeatAnswer);
        lab.tick(10);
        assert_eq!(lab.role(), Role::Leader, "n2 was heard");
        lab.tick_until(20, |lab| lab.role() != Role::Leader);
        assert_ne!(lab.role(), Role::Leader, "n2 was heard once, more than twenty ticks ago");
    });
}

#[test]
fn a_leader_of_one_needs_nobody() {
    check(|| {
        let mut lab = Lab::leader(1, ALL);
        lab.tick(1_000);
        assert_eq!((lab.role(), lab.term()), (Role::Leader, 2), "one of one is a majority");
    });
}

#[test]
fn half_of_an_even_cluster_is_no_majority() {
    check(|| {
        let mut lab = Lab::leader(4, ALL);
        for _ in 0..30 {
            let _ = lab.receive(N2, 2, Body::HeartbeatAnswer);
            lab.tick_until(1, |lab| lab.role() != Role::Leader);
        }
        assert_ne!(lab.role(), Role::Leader, "n1 and n2 are two of four");
    });
}

#[test]
fn who_has_no_vote_does_not_count() {
    check(|| {
        let mut lab = Lab::leader(3, ALL);
        for _ in 0..30 {
            for other in [4, 5, 6] {
                let _ = lab.receive(NodeId(other), 2, Body::HeartbeatAnswer);
            }
            lab.tick_until(1, |lab| lab.role() != Role::Leader);
        }
        assert_ne!(lab.role(), Role::Leader, "of n1, n2 and n3, only n1 was there");
    });
}

#[test]
fn without_the_option_a_leader_never_checks() {
    check(|| {
        let mut lab = Lab::leader(3, Options { check_quorum: false, ..ALL });
        lab.tick(1_000);
        assert_eq!(lab.role(), Role::Leader, "check_quorum is off");
        let mut lab = Lab::leader(3, ALL);
        lab.tick_until(1_000, |lab| lab.role() != Role::Leader);
        assert_ne!(lab.role(), Role::Leader, "check_quorum is on, and nobody was heard");
    });
}

#[test]
fn a_request_for_a_vote_does_not_disturb_who_hears_its_leader() {
    check(|| {
        for question in [asks(at(9, 9)), polls(at(9, 9))] {
            let mut lab = Lab::with(3, ALL, saved(4, None));
            let _ = lab.receive(N3, 4, Body::Heartbeat);
            let _ = lab.drain();
            lab.tick(9);
            let dropped = lab.receive(N2, 57, question.clone());
            assert_eq!(dropped, Err(Dropped::LeaderInTouch), "{question:?} from term 57");
            assert_eq!(lab.election.hard_state(), saved(4, None), "not even the term counts");
            assert_eq!(lab.election.leader(), Some(N3), "n1 still follows n3");
            assert_eq!(lab.said_to(N2), [], "n2 gets no answer");
        }
    });
}

#[test]
fn a_leader_in_touch_is_not_disturbed_either() {
    check(|| {
        let mut lab = Lab::leader(3, ALL);
        let _ = lab.drain();
        assert_eq!(lab.receive(N3, 57, asks(at(9, 9))), Err(Dropped::LeaderInTouch));
        assert_eq!((lab.role(), lab.term()), (Role::Leader, 2));
    });
}

#[test]
fn who_hears_no_leader_votes() {
    check(|| {
        let mut lab = Lab::with(3, ALL, saved(4, None));
        let _ = lab.receive(N2, 57, asks(at(9, 9)));
        assert_eq!((lab.term(), lab.vote()), (57, Some(N2)), "n1 knows no leader");

        for heartbeats in 1..=20 {
            // Each heartbeat starts a timer with another draw.
            let mut lab = Lab::with(3, ALL, saved(4, None));
            for _ in 0..heartbeats {
                let _ = lab.receive(N3, 4, Body::Heartbeat);
            }
            let _ = lab.drain();
            lab.tick(10);
            let _ = lab.receive(N2, 57, asks(at(9, 9)));
            assert_eq!((lab.term(), lab.vote()), (57, Some(N2)), "n3 was silent for ten ticks");
        }
    });
}

#[test]
fn other_messages_from_a_later_term_are_heard() {
    check(|| {
        let mut lab = Lab::leader(3, ALL);
        let _ = lab.receive(N3, 57, Body::HeartbeatAnswer);
        assert_eq!((lab.role(), lab.term()), (Role::Follower, 57), "an answer is no request");

        let mut lab = Lab::with(3, ALL, saved(4, None));
        let _ = lab.receive(N3, 4, Body::Heartbeat);
        let _ = lab.receive(N2, 5, Body::Heartbeat);
        assert_eq!((lab.term(), lab.election.leader()), (5, Some(N2)), "nor is a heartbeat");
    });
}

#[test]
fn a_request_of_the_same_term_is_answered() {
    check(|| {
        let mut lab = Lab::with(3, ALL, saved(4, None));
        let _ = lab.receive(N2, 4, asks(at(0, 0)));
        let _ = lab.drain();
        let _ = lab.receive(N2, 4, Body::Heartbeat);
        let _ = lab.drain();
        let _ = lab.receive(N3, 4, asks(at(9, 9)));
        lab.assert_said(N3, &answers(false));
    });
}

#[test]
fn a_node_of_a_later_term_is_not_ignored_for_ever() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, ALL), 3);
        cluster.timeout(0);
        cluster.settle(&[0, 1, 2]);
        assert_eq!(leader(&cluster), Some(0), "n1 stood first");
        // n3 loses touch, wins a poll of n2, who does too, and stands in the next term. Then n2 is
        // reached by n1 again, and n3's requests are lost.
        cluster.tick(1, 10);
        cluster.tick(2, 10);
        cluster.lose_all();
        cluster.timeout(2);
        cluster.deliver_between(2, 1);
        cluster.sync(1);
        cluster.deliver_between(1, 2);
        cluster.sync(2);
        cluster.lose_all();
        let term = cluster.node(2).election().hard_state().term;
        assert!(term > cluster.node(0).election().hard_state().term, "n3 is a term ahead");
        // From now on every message arrives, and n1 is heard every tick.
        for _ in 0..60 {
            for node in 0..3 {
                cluster.tick(node, 1);
            }
            cluster.settle(&[0, 1, 2]);
        }
        assert!(settled(&cluster), "sixty ticks later somebody leads, and all three follow");
        let now = cluster.node(2).election().hard_state().term;
        assert!(now >= term, "in a term that n3 can be in");
    });
}

#[test]
fn a_leader_that_is_not_heard_back_gives_up() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, ALL), 3);
        cluster.timeout(0);
        cluster.settle(&[0, 1, 2]);
        assert_eq!(leader(&cluster), Some(0), "n1 stood first");
        // n1's links work in one direction: it is heard, and hears nothing.
        let term = cluster.node(0).election().hard_state().term;
        for _ in 0..100 {
            for node in 0..3 {
                cluster.tick(node, 1);
            }
            for _ in 0..20 {
                for node in 0..3 {
                    cluster.sync(node);
                }
                for packet in cluster.in_flight() {
                    if cluster.packets()[packet].to != 0 {
                        cluster.deliver(packet);
                    }
                }
            }
        }
        let others = [1, 2].map(|node| cluster.node(node).election().hard_state().term);
        assert!(others.iter().all(|other| *other > term), "n2 and n3 went on to a later term");
        let leads = |node: usize| cluster.node(node).election().role() == Role::Leader;
        assert!(!leads(0), "n1 hears nobody, and still leads");
        assert!(leads(1) || leads(2), "n2 and n3 hear each other, and one of them leads");
    });
}
