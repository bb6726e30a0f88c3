//! 1.7: counting answers, one's own among them.

use crate::lab::{Lab, N1, N2, N3, N4, N5, PLAIN, answers, asks, at, saved, would};
use crate::node::{Node, Setup};
use crate::properties::leader;
use election::{Body, Role};
use harness::{Cluster, check};

#[test]
fn its_own_vote_counts_once_it_is_saved() {
    check(|| {
        let mut lab = Lab::of(1);
        lab.stand();
        let batch = lab.election.ready().expect("a vote to save");
        assert_eq!(lab.role(), Role::Candidate, "the save is on its way to the disk");
        let _ = lab.sync(batch.save.expect("a vote to save"));
        assert_eq!(lab.role(), Role::Leader, "one of one voted, and the disk holds it");
        assert_eq!(lab.election.leader(), Some(N1));
    });
}

#[test]
fn a_receipt_for_an_earlier_term_counts_for_nothing() {
    check(|| {
        let mut lab = Lab::of(1);
        lab.stand();
        let first = lab.election.ready().expect("a vote to save");
        lab.stand();
        let second = lab.election.ready().expect("a vote to save");
        let _ = lab.sync(first.save.expect("the vote of term 1"));
        let why = "the disk holds the vote of term 1, and n1 stands in term 2";
        assert_eq!(lab.role(), Role::Candidate, "{why}");
        let _ = lab.sync(second.save.expect("the vote of term 2"));
        assert_eq!((lab.role(), lab.term()), (Role::Leader, 2));
    });
}

#[test]
fn a_receipt_for_another_vote_counts_for_nothing() {
    check(|| {
        // n1 is asked in term 1 and stands in term 2 before the disk is done.
        let mut lab = Lab::of(3);
        let _ = lab.receive(N2, 1, asks(at(0, 0)));
        let first = lab.election.ready().expect("a vote to save");
        lab.stand();
        let _ = lab.receive(N3, 2, answers(true));
        let _ = lab.sync(first.save.expect("the vote for n2"));
        assert_eq!(lab.role(), Role::Candidate, "only n3's vote counts so far");
    });
}

/// n1 of so many voters, a candidate in term 1 whose own vote is counted.
fn candidate(voters: u64) -> Lab {
    let mut lab = Lab::of(voters);
    lab.stand();
    let _ = lab.drain();
    assert_eq!((lab.role(), lab.term()), (Role::Candidate, 1), "n1 of {voters} stands");
    lab
}

#[test]
fn a_majority_leads() {
    check(|| {
        let mut lab = candidate(5);
        let _ = lab.receive(N2, 1, answers(true));
        assert_eq!(lab.role(), Role::Candidate, "two of five");
        let _ = lab.receive(N3, 1, answers(true));
        assert_eq!(lab.role(), Role::Leader, "three of five");
        assert_eq!(lab.term(), 1, "it leads the term that it stood for");
    });
}

#[test]
fn half_of_an_even_cluster_does_not_lead() {
    check(|| {
        let mut lab = candidate(4);
        let _ = lab.receive(N2, 1, answers(true));
        assert_eq!(lab.role(), Role::Candidate, "two of four; the other two may elect another");
        let _ = lab.receive(N3, 1, answers(true));
        assert_eq!(lab.role(), Role::Leader, "three of four");
    });
}

#[test]
fn a_voter_counts_once() {
    check(|| {
        let mut lab = candidate(5);
        for _ in 0..3 {
            let _ = lab.receive(N2, 1, answers(true));
        }
        assert_eq!(lab.role(), Role::Candidate, "n2's answer came three times: two of five");
    });
}

#[test]
fn refusals_do_not_elect() {
    check(|| {
        let mut lab = candidate(5);
        let _ = lab.receive(N2, 1, answers(false));
        let _ = lab.receive(N3, 1, answers(false));
        assert_eq!(lab.role(), Role::Candidate, "two refusals of five decide nothing");
        let _ = lab.receive(N4, 1, answers(false));
        assert_ne!(lab.role(), Role::Leader, "three refusals of five");
        let _ = lab.receive(N5, 1, answers(true));
        assert_ne!(lab.role(), Role::Leader, "lost is lost");
    });
}

#[test]
fn who_loses_keeps_its_vote() {
    check(|| {
        let mut lab = candidate(3);
        let _ = lab.receive(N2, 1, answers(false));
        let _ = lab.receive(N3, 1, answers(false));
        assert_eq!(lab.role(), Role::Follower, "two of three refused");
        assert_eq!((lab.term(), lab.vote()), (1, Some(N1)), "the vote of term 1 is given");
        let _ = lab.receive(N2, 1, asks(at(9, 9)));
        assert_eq!(lab.vote(), Some(N1), "also to a candidate of the same term");
    });
}

#[test]
fn a_delayed_vote_of_an_earlier_term_does_not_count() {
    check(|| {
        let mut lab = candidate(3);
        lab.stand();
        let _ = lab.drain();
        let _ = lab.receive(N2, 1, answers(true));
        assert_eq!((lab.role(), lab.term()), (Role::Candidate, 2), "n2 voted in term 1, not 2");
        let _ = lab.receive(N2, 2, answers(true));
        assert_eq!(lab.role(), Role::Leader, "now it voted in term 2");
    });
}

#[test]
fn an_answer_to_a_poll_is_no_vote() {
    check(|| {
        let mut lab = candidate(3);
        let _ = lab.receive(N2, 1, would(true));
        let _ = lab.receive(N3, 1, would(true));
        let why = "they would vote for n1, and have not; its own vote is one of three";
        assert_eq!((lab.role(), lab.term()), (Role::Candidate, 1), "{why}");
    });
}

#[test]
fn answers_that_come_late_change_nothing() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let _ = lab.receive(N2, 4, answers(true));
        let _ = lab.receive(N3, 4, answers(true));
        assert_eq!(lab.role(), Role::Follower, "n1 restarted and does not stand any more");
        let mut lab = Lab::leader(3, PLAIN);
        let _ = lab.receive(N2, 2, answers(false));
        let _ = lab.receive(N3, 2, answers(false));
        assert_eq!((lab.role(), lab.term()), (Role::Leader, 2), "it leads already");
    });
}

#[test]
fn a_new_leader_says_so() {
    check(|| {
        let mut lab = candidate(3);
        let _ = lab.receive(N2, 1, answers(true));
        lab.assert_said(N2, &Body::Heartbeat);
        lab.assert_said(N3, &Body::Heartbeat);
        let batch = lab.election.ready().expect("two heartbeats");
        assert_eq!(batch.send_now.len(), 2, "a leader's heartbeats need not wait for the disk");
    });
}

#[test]
fn a_leader_that_hears_of_a_later_term_follows() {
    check(|| {
        let mut lab = Lab::leader(3, PLAIN);
        let _ = lab.receive(N3, 9, Body::HeartbeatAnswer);
        assert_eq!((lab.role(), lab.term(), lab.vote()), (Role::Follower, 9, None));
        assert_eq!(lab.election.leader(), None, "who leads term 9, if anybody, it does not know");
        lab.tick(5);
        let said = lab.said_to(N2);
        assert!(!said.contains(&Body::Heartbeat), "it still says that it leads: {said:?}");
    });
}

#[test]
fn a_restart_forgets_no_vote() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, PLAIN), 3);
        cluster.timeout(0);
        cluster.sync(0);
        cluster.deliver_between(0, 1);
        cluster.sync(1);
        // n2 has voted for n1, its disk holds it, and power goes.
        cluster.crash(1);
        cluster.restart(1);
        cluster.timeout(2);
        cluster.sync(2);
        cluster.deliver_between(2, 1);
        cluster.sync(1);
        let state = cluster.node(1).election().hard_state();
        assert_eq!(state, saved(1, Some(N1)), "n2 voted for n1 in t1, restarted, and n3 asked");
        cluster.deliver_between(1, 0);
        cluster.deliver_between(1, 2);
        assert_eq!(leader(&cluster), Some(0), "n1 has two of three votes and n3 its own");
    });
}

#[test]
fn a_vote_that_was_never_saved_was_never_sent() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, PLAIN), 3);
        cluster.timeout(0);
        cluster.sync(0);
        cluster.deliver_between(0, 1);
        // Power goes before the disk has n2's vote. Nobody may have seen it.
        cluster.crash(1);
        let sent = cluster.packets().iter().filter(|packet| packet.from == 1).count();
        assert_eq!(sent, 0, "messages that n2 sent before its disk had its vote");
        cluster.restart(1);
        let state = cluster.node(1).election().hard_state();
        assert_eq!(state.vote, None, "n2 is free to vote again: it told nobody");
    });
}
