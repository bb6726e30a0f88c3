//! 1.10: nodes without a vote, and leadership that is handed over.

use crate::lab::{ALL, Lab, N1, N2, N3, N4, answers, asks, at, polls, saved, would};
use basics::{Message, NodeId, Term};
use election::{Body, Dropped, Election, HardState, Majority, Quorum, Role, View};
use harness::{Draws, check};
use std::collections::BTreeSet;

/// Two voters, and n1, which learns.
struct WithLearner(Majority);

impl WithLearner {
    fn new() -> WithLearner {
        WithLearner(Majority::of([N2, N3]))
    }
}

impl Quorum for WithLearner {
    fn voters(&self) -> BTreeSet<NodeId> {
        self.0.voters()
    }

    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        self.0.is_met_by(has)
    }

    fn learners(&self) -> BTreeSet<NodeId> {
        BTreeSet::from([N1])
    }
}

/// n1 without a vote, which has just heard n2 lead term 2.
fn learner(draws: &mut Draws) -> Election {
    let mut election = Election::new(N1, ALL, saved(1, None), draws.next());
    let message = Message { from: N2, to: N1, term: Term(2), body: Body::Heartbeat };
    let quorum = WithLearner::new();
    let view = View { quorum: &quorum, last: at(1, 1), draw: draws.next() };
    assert_eq!(election.receive(message, view), Ok(()));
    assert_eq!(election.leader(), Some(N2));
    election
}

#[test]
fn a_node_without_a_vote_is_not_in_touch_with_a_dead_leader() {
    check(|| {
        for seed in 0..20 {
            let mut draws = Draws::new(seed);
            let quorum = WithLearner::new();
            let mut election = learner(&mut draws);
            for tick in 1..=60 {
                let view = View { quorum: &quorum, last: at(1, 1), draw: draws.next() };
                election.tick(view);
                assert_eq!(election.role(), Role::Follower, "it has no vote, and cannot stand");
                if tick < 20 {
                    continue;
                }
                // It may have a vote without knowing it yet: n3 needs its answer.
                let body = polls(at(1, 1));
                let message = Message { from: N3, to: N1, term: Term(2), body };
                let mut asked = election.clone();
                let heard = asked.receive(message, view);
                assert_eq!(heard, Ok(()), "a poll, {tick} ticks after the last heartbeat");
                let said = asked.outgoing().last().map(|message| message.body.clone());
                assert_eq!(said, Some(would(true)), "{tick} ticks after the last heartbeat");
            }
        }
    });
}

#[test]
fn a_learner_is_told_who_leads_and_asked_for_nothing() {
    check(|| {
        let mut draws = Draws::new(1);
        let quorum = WithLearner::new();
        let mut election = Election::new(N2, ALL, saved(1, None), draws.next());
        let mut view = || View { quorum: &quorum, last: at(1, 1), draw: draws.next() };
        let to_learner = |election: &Election| {
            let said = election.outgoing().iter().filter(|message| message.to == N1);
            said.map(|message| message.body.clone()).collect::<Vec<_>>()
        };
        election.take_over(view());
        assert_eq!(to_learner(&election), [], "n1 has no vote to ask for");
        let granted = Message { from: N3, to: N2, term: Term(2), body: answers(true) };
        assert_eq!(election.receive(granted, view()), Ok(()));
        let save = election.ready().and_then(|batch| batch.save).expect("its own vote");
        election.persisted(save.synced().0, view());
        assert_eq!(election.role(), Role::Leader);
        assert_eq!(to_learner(&election), [Body::Heartbeat], "n1 hears who leads at once");
        let _ = election.ready();
        election.tick(view());
        assert_eq!(to_learner(&election), [Body::Heartbeat], "and with every heartbeat");
    });
}

#[test]
fn whoever_takes_over_campaigns_without_a_poll() {
    check(|| {
        let mut lab = Lab::with(3, ALL, saved(4, None));
        lab.take_over();
        assert_eq!(lab.role(), Role::Candidate, "it does not take a poll first");
        assert_eq!(lab.election.hard_state(), saved(5, Some(N1)));
        lab.assert_said(N2, &asks(at(0, 0)));
        let mut lab = Lab::leader(3, ALL);
        let before = lab.election.clone();
        lab.take_over();
        assert_eq!(lab.election, before, "a leader has nothing to take over");
    });
}

#[test]
fn a_request_that_the_leader_has_wished_for_passes_the_shield() {
    check(|| {
        let mut lab = Lab::with(3, ALL, HardState::default());
        let _ = lab.receive(N2, 2, Body::Heartbeat);
        let request = Message { from: N3, to: N1, term: Term(3), body: asks(at(0, 0)) };
        assert_eq!(lab.receive(N3, 3, asks(at(0, 0))), Err(Dropped::LeaderInTouch));
        assert_eq!(lab.receive_unshielded(request), Ok(()));
        assert_eq!(lab.election.hard_state(), saved(3, Some(N3)), "n1 votes for n3 in term 3");
    });
}

/// Three voters, of which one may not stand, and n4, which may.
struct Odd(Majority);

impl Quorum for Odd {
    fn voters(&self) -> BTreeSet<NodeId> {
        self.0.voters()
    }

    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        self.0.is_met_by(has)
    }

    fn lets_stand(&self, node: NodeId) -> bool {
        node == N4
    }
}

#[test]
fn who_may_stand_is_for_the_quorum_to_say() {
    check(|| {
        let quorum = Odd(Majority::of([N1, N2, N3]));
        let view = View { quorum: &quorum, last: at(1, 1), draw: 3 };
        for (id, stands) in [(N1, false), (N4, true)] {
            let mut election = Election::new(id, ALL, saved(1, None), 3);
            let message = Message { from: N2, to: id, term: Term(2), body: Body::Heartbeat };
            assert_eq!(election.receive(message, view), Ok(()));
            let stranger = Message { from: N2, to: N3, term: Term(9), body: Body::Heartbeat };
            assert_eq!(election.receive(stranger, view), Err(Dropped::Misaddressed), "for n3");
            let mut heir = election.clone();
            election.stand(view);
            heir.take_over(view);
            let (one, other) = (election.role(), heir.role());
            let expected = (Role::PreCandidate, Role::Candidate);
            let follows = (Role::Follower, Role::Follower);
            assert_eq!((one, other), if stands { expected } else { follows }, "{id}");
        }
    });
}

#[test]
fn leaders_and_candidates_resign() {
    check(|| {
        let mut lab = Lab::leader(3, ALL);
        let before = lab.election.hard_state();
        lab.resign();
        assert_eq!((lab.role(), lab.election.leader()), (Role::Follower, None));
        assert_eq!(lab.election.hard_state(), before, "in the same term, with the same vote");
        let mut lab = Lab::with(3, ALL, HardState::default());
        lab.stand();
        assert_eq!(lab.role(), Role::PreCandidate);
        lab.resign();
        assert_eq!(lab.role(), Role::Follower, "its poll is over");
        let _ = lab.receive(N2, 2, Body::Heartbeat);
        let before = lab.election.clone();
        lab.resign();
        assert_eq!(lab.election, before, "a follower has nothing to give up");
    });
}
