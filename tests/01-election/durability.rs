//! 1.6: what must be on disk before it leaves.

use crate::lab::{Lab, N1, N2, N3, PLAIN, answers, asks, at, saved};
use basics::Message;
use election::{Body, HardState};
use harness::check;

/// The batch that is ready: what may leave now, what is written, and what leaves after that.
fn split(lab: &mut Lab) -> (Vec<Message<Body>>, Option<HardState>, Vec<Message<Body>>) {
    let Some(batch) = lab.election.ready() else {
        return (Vec::new(), None, Vec::new());
    };
    let state = batch.save.as_ref().map(|save| *save.content());
    let gated = batch.save.map(|save| save.synced().1).unwrap_or_default();
    (batch.send_now, state, gated)
}

fn bodies(messages: &[Message<Body>]) -> Vec<Body> {
    messages.iter().map(|message| message.body.clone()).collect()
}

#[test]
fn a_granted_vote_waits_for_the_disk() {
    check(|| {
        let mut lab = Lab::of(3);
        let _ = lab.receive(N2, 1, asks(at(0, 0)));
        let (now, state, gated) = split(&mut lab);
        assert_eq!(bodies(&now), [], "what leaves before the sync");
        assert_eq!(state, Some(saved(1, Some(N2))), "what goes to disk");
        assert_eq!(bodies(&gated), [answers(true)], "what leaves after the sync");
    });
}

#[test]
fn a_request_waits_for_the_disk() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        lab.stand();
        let (now, state, gated) = split(&mut lab);
        assert_eq!(bodies(&now), [], "what leaves before the sync");
        assert_eq!(state, Some(saved(5, Some(N1))), "what goes to disk");
        assert_eq!(gated.len(), 2, "the requests to n2 and n3 leave after the sync");
    });
}

#[test]
fn a_vote_in_a_saved_term_is_saved() {
    check(|| {
        // The term was on disk long before. Only the vote is new.
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let _ = lab.receive(N2, 4, asks(at(0, 0)));
        let (_, state, gated) = split(&mut lab);
        assert_eq!(state, Some(saved(4, Some(N2))), "the term is old, the vote is new");
        assert_eq!(bodies(&gated), [answers(true)], "what leaves after the sync");
    });
}

#[test]
fn a_term_without_a_vote_is_saved() {
    check(|| {
        for vote in [None, Some(N2)] {
            let mut lab = Lab::with(3, PLAIN, saved(4, vote));
            let _ = lab.receive(N3, 6, Body::HeartbeatAnswer);
            let (_, state, _) = split(&mut lab);
            assert_eq!(state, Some(saved(6, None)), "n1, whose vote was {vote:?}, is in term 6");
        }
    });
}

#[test]
fn a_vote_that_is_repeated_waits_again() {
    check(|| {
        let mut lab = Lab::of(3);
        let _ = lab.receive(N2, 1, asks(at(0, 0)));
        let first = lab.election.ready().expect("a vote to save");
        // The first save is still on its way to the disk when n2 asks again.
        let _ = lab.receive(N2, 1, asks(at(0, 0)));
        let (now, _, gated) = split(&mut lab);
        assert_eq!(bodies(&now), [], "the vote is still not on disk");
        assert_eq!(bodies(&gated), [answers(true)], "it leaves with the second save");
        drop(first);
    });
}

#[test]
fn a_refusal_need_not_wait() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, Some(N2)));
        let _ = lab.receive(N3, 4, asks(at(9, 9)));
        let (now, state, gated) = split(&mut lab);
        assert_eq!(bodies(&now), [answers(false)], "what leaves before the sync");
        assert_eq!((state, bodies(&gated)), (None, vec![]), "nothing is promised, nothing saved");
    });
}

#[test]
fn an_answer_to_a_heartbeat_need_not_wait() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let _ = lab.receive(N3, 3, Body::Heartbeat);
        let (now, state, _) = split(&mut lab);
        assert_eq!(bodies(&now), [Body::HeartbeatAnswer], "what leaves before the sync");
        assert_eq!(state, None, "nothing is new");
    });
}

#[test]
fn each_message_has_its_own_door() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(4, None));
        let _ = lab.receive(N2, 3, Body::Heartbeat);
        let _ = lab.receive(N2, 5, asks(at(0, 0)));
        let _ = lab.receive(N3, 5, asks(at(0, 0)));
        let (now, state, gated) = split(&mut lab);
        assert_eq!(
            bodies(&now),
            [Body::HeartbeatAnswer, answers(false)],
            "an answer to an old heartbeat and n3's refusal leave at once, in order"
        );
        assert_eq!(bodies(&gated), [answers(true)], "n2's vote leaves after the sync");
        assert_eq!(state, Some(saved(5, Some(N2))), "what goes to disk");
    });
}

#[test]
fn what_is_handed_out_is_gone() {
    check(|| {
        let mut lab = Lab::of(3);
        assert!(lab.election.ready().is_none(), "a node that has just started wants nothing");
        let _ = lab.receive(N2, 1, asks(at(0, 0)));
        let _ = lab.election.ready().expect("a vote to save");
        assert!(lab.election.outgoing().is_empty(), "the batch took every message with it");
        assert!(lab.election.ready().is_none(), "nothing has happened since");
    });
}
