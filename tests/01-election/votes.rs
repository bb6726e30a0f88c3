//! 1.4: who gets a vote.

use crate::lab::{Lab, N1, N2, N3, PLAIN, answers, asks, at, saved};
use harness::check;

#[test]
fn the_first_to_ask_gets_the_vote() {
    check(|| {
        let mut lab = Lab::of(3);
        let _ = lab.receive(N2, 1, asks(at(0, 0)));
        assert_eq!((lab.term(), lab.vote()), (1, Some(N2)), "term and vote after n2 asked");
        lab.assert_said(N2, &answers(true));
    });
}

#[test]
fn at_most_one_vote_per_term() {
    check(|| {
        let mut lab = Lab::of(3);
        let _ = lab.receive(N2, 1, asks(at(0, 0)));
        let _ = lab.receive(N3, 1, asks(at(0, 0)));
        assert_eq!(lab.vote(), Some(N2), "n3 asked after n2, in the same term");
        lab.assert_said(N3, &answers(false));
        // Not even for a better log: the vote is given.
        let _ = lab.receive(N3, 1, asks(at(9, 9)));
        assert_eq!(lab.vote(), Some(N2), "n3 asked again, with a longer log");
    });
}

#[test]
fn a_vote_for_oneself_is_a_vote() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(7, Some(N1)));
        let _ = lab.receive(N2, 7, asks(at(9, 9)));
        assert_eq!(lab.vote(), Some(N1), "n1 stood in term 7, restarted, and n2 asked in term 7");
        lab.assert_said(N2, &answers(false));
    });
}

#[test]
fn asked_again_the_same_candidate_gets_the_same_answer() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(7, Some(N2)));
        let _ = lab.receive(N2, 7, asks(at(0, 0)));
        lab.assert_said(N2, &answers(true));
    });
}

#[test]
fn a_new_term_is_a_new_vote() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(7, Some(N2)));
        let _ = lab.receive(N3, 8, asks(at(0, 0)));
        assert_eq!((lab.term(), lab.vote()), (8, Some(N3)), "n3 asked in term 8");
        lab.assert_said(N3, &answers(true));
    });
}

/// n1's log ends at `ours`, and n2, whose log ends at `theirs`, asks for its vote.
#[track_caller]
fn assert_votes(ours: (u64, u64), theirs: (u64, u64), yes: bool) {
    let mut lab = Lab::with(3, PLAIN, saved(9, None)).log_to(at(ours.0, ours.1));
    let _ = lab.receive(N2, 10, asks(at(theirs.0, theirs.1)));
    let granted = lab.vote() == Some(N2);
    assert_eq!(granted, yes, "our log ends at {ours:?}, the candidate's at {theirs:?}: a vote?");
    lab.assert_said(N2, &answers(yes));
    assert_eq!(lab.term(), 10, "the term counts, whoever gets the vote");
}

#[test]
fn stale_logs_are_refused() {
    check(|| {
        assert_votes((2, 7), (2, 6), false);
        assert_votes((2, 7), (1, 7), false);
        assert_votes((2, 7), (0, 0), false);
    });
}

#[test]
fn the_later_term_beats_the_longer_log() {
    check(|| {
        assert_votes((2, 7), (3, 5), true);
        assert_votes((3, 5), (2, 7), false);
        assert_votes((3, 1), (2, 1_000), false);
    });
}

#[test]
fn equal_logs_are_good_enough() {
    check(|| {
        assert_votes((2, 7), (2, 7), true);
        assert_votes((0, 0), (0, 0), true);
        assert_votes((2, 7), (2, 8), true);
    });
}

#[test]
fn a_refusal_leaves_the_vote_free() {
    check(|| {
        let mut lab = Lab::with(3, PLAIN, saved(9, None)).log_to(at(2, 7));
        let _ = lab.receive(N2, 10, asks(at(1, 1)));
        assert_eq!(lab.vote(), None, "n2's log is too short");
        let _ = lab.receive(N3, 10, asks(at(2, 7)));
        assert_eq!(lab.vote(), Some(N3), "n3's is not, and the vote is still there");
    });
}
