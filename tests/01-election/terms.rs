//! 1.3: later terms are entered, earlier ones refused.

use crate::lab::{Lab, N1, N2, N3, PLAIN, answers, asks, at, saved};
use election::{Body, Dropped, Role};
use harness::check;

#[test]
fn a_later_term_is_entered() {
    check(|| {
        let mut lab = Lab::of(3);
        let _ = lab.receive(N2, 5, Body::HeartbeatAnswer);
        assert_eq!(lab.term(), 5, "n1 was in term 0 and heard from term 5");
        assert_eq!(lab.role(), Role::Follower, "nobody leads or stands because of a message");
    });
}

#[test]
fn a_later_term_brings_a_new_vote() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(2, Some(N3)));
        let _ = lab.receive(N2, 3, Body::HeartbeatAnswer);
        let now = (lab.term(), lab.vote());
        assert_eq!(now, (3, None), "n1 voted for n3 in term 2; in term 3 for nobody");
    });
}

#[test]
fn the_same_term_keeps_the_vote() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(2, Some(N3)));
        let taken = lab.receive(N2, 2, Body::HeartbeatAnswer);
        assert_eq!(taken, Ok(()), "a message from our own term is taken");
        assert_eq!((lab.term(), lab.vote()), (2, Some(N3)), "term and vote after it");
    });
}

#[test]
fn an_earlier_term_changes_nothing() {
    check(|| {
        let hard_state = saved(4, Some(N3));
        for body in [Body::Heartbeat, Body::HeartbeatAnswer, asks(at(9, 9)), answers(true)] {
            let mut lab = Lab::with(3, PLAIN, hard_state);
            let taken = lab.receive(N2, 3, body.clone());
            assert_eq!(taken, Err(Dropped::Stale), "{body:?} from term 3, in term 4");
            assert_eq!(lab.election.hard_state(), hard_state, "after {body:?} from term 3");
            assert_eq!(lab.election.leader(), None, "after {body:?} from term 3");
            assert_eq!(lab.role(), Role::Follower, "after {body:?} from term 3");
        }
    });
}

#[test]
fn who_asks_from_an_earlier_term_is_told() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let _ = lab.receive(N2, 3, Body::Heartbeat);
        lab.assert_said(N2, &Body::HeartbeatAnswer);
        let _ = lab.receive(N3, 3, asks(at(9, 9)));
        lab.assert_said(N3, &answers(false));
        let told: Vec<u64> = lab.election.outgoing().iter().map(|said| said.term.0).collect();
        assert_eq!(told, [4, 4], "the terms of the two answers: ours, so that the askers learn it");
        assert_eq!(lab.election.outgoing()[0].from, N1, "the sender of the answer");
    });
}

#[test]
fn answers_are_not_answered() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let _ = lab.receive(N2, 3, Body::HeartbeatAnswer);
        let _ = lab.receive(N3, 3, answers(true));
        let said = lab.election.outgoing();
        assert!(said.is_empty(), "two nodes that answer answers never stop: {said:?}");
    });
}

#[test]
fn a_current_message_is_not_refused() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        assert_eq!(lab.receive(N2, 4, Body::HeartbeatAnswer), Ok(()), "from our own term");
        assert_eq!(lab.receive(N2, 6, Body::HeartbeatAnswer), Ok(()), "from a later term");
        let said = lab.election.outgoing();
        assert!(said.is_empty(), "there was nothing to answer: {said:?}");
    });
}
