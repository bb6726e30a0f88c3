//! 1.8: hearing a leader.

use crate::lab::{Lab, N1, N2, N3, PLAIN, answers, asks, at, saved};
use crate::node::{Node, Setup};
use crate::properties::{leader, settled};
use election::{Body, Dropped, Role};
use harness::{Cluster, check};

#[test]
fn a_follower_follows_whoever_leads_its_term() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let taken = lab.receive(N2, 4, Body::Heartbeat);
        assert_eq!(taken, Ok(()), "a heartbeat of our own term is taken");
        assert_eq!(lab.election.leader(), Some(N2), "whom n1 follows: n2 leads its term");
        lab.assert_said(N2, &Body::HeartbeatAnswer);
        let _ = lab.receive(N3, 6, Body::Heartbeat);
        assert_eq!((lab.term(), lab.election.leader()), (6, Some(N3)), "n3 leads term 6");
    });
}

#[test]
fn a_candidate_that_hears_the_leader_of_its_term_follows() {
    check(|| {
        let mut lab = Lab::of(3);
        lab.stand();
        let _ = lab.drain();
        let _ = lab.receive(N2, 1, Body::Heartbeat);
        assert_eq!(lab.role(), Role::Follower, "n1 was a candidate in term 1, and n2 leads it");
        assert_eq!(lab.election.leader(), Some(N2), "whom n1 follows");
        assert_eq!((lab.term(), lab.vote()), (1, Some(N1)), "term and vote stay");
        lab.assert_said(N2, &Body::HeartbeatAnswer);
        let _ = lab.receive(N3, 1, answers(true));
        assert_eq!(lab.role(), Role::Follower, "a vote that comes now is too late");
    });
}

#[test]
fn heartbeats_keep_a_follower_quiet() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        for _ in 0..100 {
            let _ = lab.receive(N2, 4, Body::Heartbeat);
            lab.tick(9);
        }
        assert_eq!((lab.role(), lab.term()), (Role::Follower, 4), "a heartbeat every nine ticks");
        lab.tick(20);
        assert_eq!(lab.role(), Role::Candidate, "twenty ticks of silence");
        assert!(lab.term() > 4, "a candidate stands in a term of its own");
    });
}

#[test]
fn a_leader_is_heard_before_its_followers_stand() {
    check(|| {
        let mut lab = Lab::leader(3, PLAIN);
        for _ in 0..100 {
            lab.tick(1);
            lab.assert_said(N2, &Body::Heartbeat);
            let _ = lab.drain();
        }
        assert_eq!(
            (lab.role(), lab.term()),
            (Role::Leader, 2),
            "it leads until it hears otherwise"
        );
    });
}

#[test]
fn a_second_leader_of_one_term_is_not_believed() {
    check(|| {
        let mut lab = Lab::leader(3, PLAIN);
        let heard = lab.receive(N2, 2, Body::Heartbeat);
        assert_eq!(heard, Err(Dropped::SecondLeader), "n1 leads term 2, and n2 says that it does");
        assert_eq!(lab.role(), Role::Leader, "n1 goes on leading");
        assert_eq!(lab.said_to(N2), [], "it gets no answer");

        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let _ = lab.receive(N2, 4, Body::Heartbeat);
        let heard = lab.receive(N3, 4, Body::Heartbeat);
        assert_eq!(heard, Err(Dropped::SecondLeader), "n2 leads term 4, and n3 says that it does");
        assert_eq!(lab.election.leader(), Some(N2), "n1 knows the leader of term 4");
        assert_eq!(lab.said_to(N3), [], "n3 gets no answer");
    });
}

#[test]
fn a_leader_of_an_earlier_term_is_told_that_it_is_over() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, PLAIN), 3);
        cluster.timeout(0);
        cluster.settle(&[0, 1, 2]);
        assert_eq!(leader(&cluster), Some(0), "n1 stood, and everybody could hear it");
        // n1 is cut off; the others elect n2.
        cluster.timeout(1);
        cluster.settle(&[1, 2]);
        assert_eq!(cluster.node(1).election().role(), Role::Leader, "n2 has two of three");
        cluster.lose_all();
        // n1 does not know. Its next heartbeat tells it.
        cluster.tick(0, 1);
        cluster.settle(&[0, 1, 2]);
        assert_eq!(cluster.node(0).election().role(), Role::Follower, "n1 heard from term 2");
        cluster.tick(1, 1);
        cluster.settle(&[0, 1, 2]);
        assert!(settled(&cluster), "n1 and n3 follow n2 in t2");
    });
}

#[test]
fn a_new_leader_takes_over_from_a_dead_one() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(5, PLAIN), 5);
        cluster.timeout(3);
        cluster.settle(&[0, 1, 2, 3, 4]);
        assert_eq!(leader(&cluster), Some(3), "n4 stood first");
        cluster.crash(3);
        cluster.tick(2, 20);
        cluster.settle(&[0, 1, 2, 4]);
        assert_eq!(leader(&cluster), Some(2), "n3 heard nothing for 20 ticks");
        cluster.restart(3);
        cluster.tick(2, 1);
        cluster.settle(&[0, 1, 2, 3, 4]);
        assert!(settled(&cluster), "n4 comes back as a follower");
    });
}

#[test]
fn a_split_vote_is_settled_in_the_next_term() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(4, PLAIN), 4);
        cluster.timeout(0);
        cluster.timeout(3);
        cluster.settle(&[0, 1]);
        cluster.settle(&[2, 3]);
        cluster.settle(&[0, 1, 2, 3]);
        assert_eq!(leader(&cluster), None, "two votes each, of four");
        cluster.timeout(0);
        cluster.settle(&[0, 1, 2, 3]);
        assert_eq!(leader(&cluster), Some(0), "n1 stood again, alone");
        assert!(settled(&cluster), "everybody follows n1 in t2");
    });
}

#[test]
fn a_request_in_a_term_with_a_leader_is_refused_by_its_voters() {
    check(|| {
        let mut lab = Lab::of(3);
        let _ = lab.receive(N2, 1, asks(at(0, 0)));
        let _ = lab.drain();
        let _ = lab.receive(N2, 1, Body::Heartbeat);
        let _ = lab.drain();
        let _ = lab.receive(N3, 1, asks(at(0, 0)));
        lab.assert_said(N3, &answers(false));
        assert_eq!(lab.election.leader(), Some(N2), "n1 still follows n2");
    });
}
