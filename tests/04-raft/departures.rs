//! Changes of the members: how a joint one is completed, and what becomes of those who go and come.

use crate::lab::{
    EAGER, Lab, N1, N2, N3, N4, N5, WIDE, append, at, change, first, granted, is_append, leave,
    please, voters,
};
use basics::{Index, NodeId, Position};
use bytes::Bytes;
use election::{Quorum, Role, Round};
use harness::check;
use raft::{Body, Configuration, Members, Options, Payload, Refused, Step, Stored};
use replication::Limits;

/// n1 leads three, and has taken n4 and n5 in at entry 3.
fn joint() -> Lab {
    let mut lab = Lab::leader(3, WIDE);
    let at = lab.change(&[Step::Voter(N4), Step::Voter(N5)]).expect("n1 leads");
    assert_eq!(at.index, Index(3));
    lab.work();
    lab
}

fn is_joint(lab: &Lab) -> bool {
    matches!(lab.node.configuration(), Configuration::Joint { .. })
}

/// What the entry at this index changes, if it does.
fn change_at(lab: &Lab, index: u64) -> Option<raft::Change> {
    match lab.node.log().get(Index(index))?.payload.as_ref()? {
        Payload::Change(written) => Some(written.change().clone()),
        Payload::Data(_) => None,
    }
}

#[test]
fn two_votes_change_jointly_and_the_leader_completes_it() {
    check(|| {
        let mut lab = joint();
        assert!(is_joint(&lab));
        for node in [N4, N5] {
            lab.accepts(node, 3);
        }
        lab.work();
        assert_eq!((lab.commit(), lab.last()), (2, 3), "n1, n4, n5: a majority of the new alone");
        lab.accepts(N2, 3);
        assert_eq!((lab.commit(), lab.last()), (3, 3), "and with n2 of the old");
        lab.work();
        assert_eq!(change_at(&lab, 4), Some(raft::Change::Leave), "applied: n1 goes on by itself");
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N3, N4, N5]));
        let pending = Err(Refused::Pending(Index(4)));
        assert_eq!(lab.change(&[Step::Remove(N5)]), pending, "not before it is complete");
        for node in [N4, N5] {
            lab.accepts(node, 4);
        }
        lab.work();
        assert_eq!((lab.commit(), lab.last()), (4, 4), "three of five; it is complete, once");
        assert_eq!(lab.change(&[Step::Remove(N5)]), Ok(at(2, 5)));
    });
}

#[test]
fn a_joint_change_is_not_left_before_it_is_applied() {
    check(|| {
        let mut lab = joint();
        lab.lags = true;
        for node in [N2, N3, N4, N5] {
            lab.accepts(node, 3);
        }
        lab.tick(3);
        lab.work();
        assert_eq!((lab.commit(), lab.last()), (3, 3), "committed, and not carried out");
        lab.carry_out();
        assert_eq!(lab.last(), 4, "carried out");
        lab.tick(3);
        lab.work();
        assert_eq!(lab.last(), 4, "once");
    });
}

#[test]
fn a_later_leader_completes_what_it_did_not_begin() {
    check(|| {
        let mut lab = Lab::follower(3, EAGER);
        let enter = change(2, &[Step::Voter(N4), Step::Voter(N5)]);
        lab.hears(N2, 2, append(at(2, 2), vec![enter], 3));
        lab.work();
        assert!(is_joint(&lab) && lab.status().pending.is_none(), "committed and applied");
        lab.win();
        assert_eq!((lab.term(), lab.last()), (3, 4), "n1 leads, with an entry of its own");
        lab.tick(2);
        lab.work();
        assert_eq!(lab.last(), 4, "until that is committed, n1 appends no change");
        for node in [N2, N4] {
            lab.accepts(node, 4);
        }
        lab.work();
        assert_eq!(change_at(&lab, 5), Some(raft::Change::Leave), "and now it does");
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N3, N4, N5]));
    });
}

#[test]
fn a_later_leader_commits_what_was_begun_first() {
    check(|| {
        let mut lab = Lab::follower(3, EAGER);
        let enter = change(2, &[Step::Voter(N4), Step::Voter(N5)]);
        lab.hears(N2, 2, append(at(2, 2), vec![enter], 2));
        lab.win();
        assert_eq!(lab.change(&[Step::Remove(N2)]), Err(Refused::TooEarly));
        for node in [N2, N4] {
            lab.accepts(node, 4);
        }
        lab.work();
        assert_eq!((lab.commit(), lab.last()), (4, 5), "the change, n1's first entry, the end");
        assert!(!is_joint(&lab));
    });
}

#[test]
fn a_joint_change_needs_both_halves_to_elect() {
    check(|| {
        let mut lab = Lab::follower(3, EAGER);
        let enter = change(2, &[Step::Voter(N4), Step::Voter(N5)]);
        lab.hears(N2, 2, append(at(2, 2), vec![enter], 2));
        lab.work();
        lab.stand();
        lab.work();
        for node in [N4, N5] {
            lab.hears(node, 3, granted(Round::Vote));
        }
        assert!(!lab.node.leads(), "n1, n4 and n5 are one half");
        lab.hears(N3, 3, granted(Round::Vote));
        assert!(lab.node.leads(), "with n3, both");
    });
}

#[test]
fn a_leader_that_removes_itself_leads_until_that_is_committed() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.propose(1).expect("n1 leads");
        lab.change(&[Step::Remove(N1)]).expect("n1 leads");
        lab.work();
        assert!(lab.node.leads(), "somebody has to bring it to the others");
        lab.accepts(N2, 4);
        assert_eq!(lab.commit(), 2, "n2 is one of two: n1 does not count itself");
        assert!(lab.propose(2).is_ok(), "it leads as before");
        lab.work();
        lab.tick(2);
        assert!(lab.node.leads());
        lab.sent.clear();
        lab.accepts(N3, 4);
        assert_eq!(lab.commit(), 4, "n2 and n3 are two of two");
        assert_eq!(lab.node.replica().election().role(), Role::Follower, "n1 leads no more");
        lab.work();
        let told: Vec<NodeId> = [N2, N3]
            .into_iter()
            .filter(|node| lab.take_letters(*node).contains(&Body::TakeOver))
            .collect();
        assert_eq!(told.len(), 1, "one of them is to lead after it");
        assert_eq!(lab.propose(3), Err(Refused::NotLeader(None)));
        lab.tick(100);
        lab.work();
        assert_eq!((lab.term(), lab.sent.len()), (2, 0), "n1 has no vote, and does not stand");
    });
}

#[test]
fn the_heir_is_whoever_has_most_of_the_log() {
    check(|| {
        let mut lab = Lab::leader(5, WIDE);
        lab.change(&[Step::Remove(N1)]).expect("n1 leads");
        lab.propose(1).expect("n1 leads");
        lab.work();
        lab.sent.clear();
        lab.accepts(N2, 3);
        lab.accepts(N4, 4);
        lab.accepts(N5, 3);
        lab.work();
        assert!(!lab.node.leads(), "three of four have the change");
        assert!(lab.take_letters(N4).contains(&Body::TakeOver), "n4 has more than n2 and n5");
    });
}

#[test]
fn a_leader_that_becomes_a_learner_stops_too() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.change(&[Step::Learner(N1)]).expect("n1 leads");
        lab.work();
        assert_eq!(lab.commit(), 2);
        lab.accepts(N2, 3);
        assert!(lab.node.leads());
        lab.accepts(N3, 3);
        assert!(!lab.node.leads(), "n2 and n3 have it");
        lab.work();
        lab.hears(N2, 3, append(at(2, 3), vec![first(3)], 4));
        lab.work();
        assert_eq!(lab.commit(), 4, "it learns from the next leader");
    });
}

#[test]
fn a_leader_leaves_a_joint_change_as_the_last_one() {
    check(|| {
        // From 1, 2, 3 to 3, 4, 5. While both decide, n1 votes.
        let mut lab = Lab::leader(3, WIDE);
        let steps = [Step::Remove(N1), Step::Remove(N2), Step::Voter(N4), Step::Voter(N5)];
        lab.change(&steps).expect("n1 leads");
        lab.work();
        lab.accepts(N3, 3);
        lab.accepts(N4, 3);
        lab.work();
        assert!(lab.node.leads(), "n1 still votes in one half");
        assert_eq!((lab.commit(), change_at(&lab, 4)), (3, Some(raft::Change::Leave)));
        lab.accepts(N4, 4);
        assert!(lab.node.leads(), "n4 is one of three");
        lab.accepts(N5, 4);
        assert!(!lab.node.leads(), "two of three: complete");
    });
}

#[test]
fn whoever_is_removed_does_not_stand() {
    check(|| {
        for options in [WIDE, EAGER] {
            let mut lab = Lab::follower(3, options);
            lab.hears(N2, 2, append(at(2, 2), vec![change(2, &[Step::Remove(N1)])], 3));
            lab.work();
            lab.sent.clear();
            lab.tick(100);
            lab.stand();
            lab.work();
            assert_eq!((lab.term(), lab.sent.len()), (2, 0), "n1 has read that it is removed");
            let _ = lab.receive(N2, 2, Body::TakeOver);
            lab.work();
            assert_eq!(lab.node.replica().election().role(), Role::Follower, "not even if bidden");
        }
    });
}

/// Its log may be longer than that of anybody who could lead without it.
#[test]
fn whoever_may_still_be_needed_stands() {
    check(|| {
        let mut lab = Lab::follower(3, EAGER);
        lab.hears(N2, 2, append(at(2, 2), vec![change(2, &[Step::Remove(N1)])], 2));
        lab.stand();
        lab.work();
        assert_eq!(lab.node.replica().election().role(), Role::Candidate);
        let _ = lab.receive(N2, 3, granted(Round::Vote));
        assert!(!lab.node.leads(), "its own vote does not count: one of two");
        let _ = lab.receive(N3, 3, granted(Round::Vote));
        assert!(lab.node.leads(), "it completes its own removal");
    });
}

#[test]
fn a_removal_that_is_cut_gives_the_vote_back() {
    check(|| {
        let mut lab = Lab::follower(3, EAGER);
        lab.hears(N2, 2, append(at(2, 2), vec![change(2, &[Step::Remove(N1)])], 2));
        lab.hears(N3, 3, append(at(2, 2), vec![first(3)], 2));
        lab.work();
        lab.stand();
        assert_eq!(lab.node.replica().election().role(), Role::Candidate);
    });
}

#[test]
fn whoever_joins_waits() {
    check(|| {
        for options in [WIDE, EAGER] {
            let mut lab = Lab::new(N4, options, Stored::join());
            lab.tick(100);
            lab.stand();
            lab.work();
            assert_eq!((lab.term(), lab.sent.len()), (0, 0), "n4 knows nobody");
            assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::NotLeader(None)));
            assert_eq!(lab.read(1), Err(Refused::NotLeader(None)));
            let _ = lab.receive(N1, 2, Body::TakeOver);
            lab.work();
            assert_eq!(lab.node.replica().election().role(), Role::Follower, "it has no vote");
        }
    });
}

#[test]
fn no_change_makes_a_newcomer_a_cluster_of_its_own() {
    check(|| {
        // No leader of ours sends that, for no log begins at its beginning.
        let mut lab = Lab::new(N4, EAGER, Stored::join());
        let entries = vec![change(1, &[Step::Voter(N4)]), leave(1)];
        lab.hears(N1, 1, append(Position::START, entries, 2));
        lab.work();
        assert_eq!(lab.node.configuration(), &Configuration::unknown(), "nobody decides");
        assert_eq!(lab.node.applied_configuration(), &Configuration::unknown());
        lab.tick(100);
        lab.stand();
        lab.work();
        assert!(!lab.node.leads() && lab.term() == 1, "n4 does not stand");
        lab.restart().expect("disk and store fit");
        assert_eq!(lab.node.configuration(), &Configuration::unknown(), "nor after a start");
    });
}

#[test]
fn a_voter_that_does_not_know_it_yet_votes() {
    check(|| {
        // n4 is taken in as a voter, and the one who needs its vote is the one who can tell it.
        for stored in [Stored::join(), Stored::found([N1, N2, N3])] {
            let mut lab = Lab::new(N4, WIDE, stored);
            lab.hears(N1, 5, please(Round::PreVote, at(4, 9)));
            lab.work();
            assert_eq!(lab.take_sent(N1), [granted(Round::PreVote)], "it would");
            lab.hears(N1, 6, please(Round::Vote, at(4, 9)));
            lab.work();
            assert_eq!(lab.take_sent(N1), [granted(Round::Vote)], "and does");
            lab.hears(N2, 6, please(Round::Vote, at(4, 9)));
            lab.work();
            assert_ne!(lab.take_sent(N2), [granted(Round::Vote)], "once");
            assert_eq!(lab.disk.hard_state.vote, Some(N1), "it is on its disk");
        }
    });
}

#[test]
fn the_context_comes_with_the_change() {
    check(|| {
        let mut lab = Lab::leader(1, WIDE);
        let (steps, context) = (vec![Step::Learner(N2)], Bytes::from_static(b"10.0.0.2:2380"));
        let draw = lab.draw();
        lab.node.change(steps.clone(), context.clone(), draw).expect("n1 leads");
        lab.work();
        assert_eq!(lab.applied.last().map(|(index, _)| *index), Some(Index(3)));
        assert_eq!(change_at(&lab, 3), Some(raft::Change::Enter { steps, context }));
    });
}

#[test]
fn a_cluster_of_one_grows_and_shrinks() {
    check(|| {
        let mut lab = Lab::leader(1, WIDE);
        lab.change(&[Step::Learner(N2)]).expect("n1 leads");
        lab.work();
        assert_eq!(lab.commit(), 3, "n1 alone decides");
        lab.accepts(N2, 3);
        lab.change(&[Step::Voter(N2)]).expect("n2 has everything");
        lab.work();
        assert_eq!(lab.commit(), 3, "one of two");
        lab.accepts(N2, 4);
        lab.work();
        assert_eq!(lab.commit(), 4);
        lab.change(&[Step::Remove(N2)]).expect("n1 leads");
        lab.work();
        assert_eq!(lab.commit(), 5, "n1 alone decides");
        let only = Configuration::Simple(Members::new([N1], []));
        assert_eq!(lab.store.configuration, only, "as the store has it");
        assert_eq!(lab.node.configuration().learners().len(), 0);
    });
}

#[test]
fn a_completion_that_has_no_room_comes_later() {
    check(|| {
        let limits = Limits {
            window_messages: 10,
            window_bytes: 10_000,
            uncommitted_bytes: 58,
            unapplied_bytes: 10_000,
        };
        let replication = replication::Options { limits: Some(limits), ..WIDE.replication };
        let mut lab = Lab::leader(3, Options { replication, ..WIDE });
        lab.change(&[Step::Voter(N4), Step::Voter(N5)]).expect("36 bytes");
        lab.work();
        lab.propose(1).expect("21 bytes");
        lab.accepts(N2, 3);
        lab.accepts(N4, 3);
        // The state machine takes its time, and data fills what room there is.
        lab.lags = true;
        lab.work();
        lab.propose(2).expect("42 bytes are uncommitted");
        lab.carry_out();
        assert!(is_joint(&lab) && lab.last() == 5, "17 bytes more do not fit");
        lab.work();
        for node in [N2, N4] {
            lab.accepts(node, 5);
        }
        lab.work();
        assert_eq!(change_at(&lab, 6), Some(raft::Change::Leave), "there is room");
        assert!(!is_joint(&lab));
        assert!(lab.sent.iter().any(|message| is_append(&message.body)), "all are told");
    });
}
