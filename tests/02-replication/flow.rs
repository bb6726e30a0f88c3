//! 2.11: how far a leader runs ahead.

use crate::lab::{Lab, N2, N3, append, appends, at, holds};
use crate::node::{LIMITS, SMALL};
use basics::Index;
use election::Round;
use harness::check;
use replication::{Answer, Body, Flight, Limits, Options, Refused};
use std::collections::VecDeque;

/// Appends on their way, of so many bytes each.
fn window(bytes: &[usize]) -> VecDeque<Flight> {
    (1..).zip(bytes).map(|(last, bytes)| Flight { last: Index(last), bytes: *bytes }).collect()
}

/// A leader to which n2 has answered, and that has taken so many proposals since.
fn streaming(options: Options, proposals: u64) -> Lab {
    let mut lab = Lab::leader(3, options, 3, &[]);
    lab.receive(N2, 4, holds(1)).expect("n1 leads");
    appends(&mut lab, N2);
    for number in 0..proposals {
        lab.propose(number).expect("n1 leads");
    }
    lab
}

#[test]
fn a_window_bounds_messages_and_bytes() {
    check(|| {
        let limits = Limits { window_messages: 3, window_bytes: 100, ..LIMITS };
        for (bytes, room) in [
            (&[][..], true),
            (&[10, 10], true),
            (&[10, 10, 10], false),
            (&[60, 39], true),
            (&[60, 40], false),
            (&[500], false),
        ] {
            let has = limits.leave_room(&window(bytes));
            assert_eq!(has, room, "of at most 3 appends and 100 bytes, {bytes:?} are on their way");
        }
    });
}

#[test]
fn an_empty_window_has_room() {
    check(|| {
        let none = Limits { window_messages: 0, window_bytes: 0, uncommitted_bytes: 0, ..LIMITS };
        assert!(none.leave_room(&window(&[])), "or nothing would ever be sent");
        assert!(!none.leave_room(&window(&[1])), "one append is more than none");
    });
}

#[test]
fn uncommitted_entries_are_bounded() {
    check(|| {
        let limits = Limits { uncommitted_bytes: 100, ..LIMITS };
        for (uncommitted, size, admits) in [
            (70, 30, true),
            (70, 31, false),
            (0, 5_000, true),
            (1, 5_000, false),
            (100, 1, false),
            (5_000, 1, false),
            (1, usize::MAX, false),
        ] {
            let has = limits.admit(uncommitted, size);
            assert_eq!(has, admits, "{size} bytes, with {uncommitted} of 100 uncommitted");
        }
    });
}

#[test]
fn a_full_leader_says_so() {
    check(|| {
        // The leader's own entry counts 16 bytes, a proposal 20; the limit is 200.
        let mut lab = Lab::leader(3, SMALL, 3, &[]);
        let taken = (0..20).take_while(|number| lab.propose(*number).is_ok()).count();
        assert_eq!(taken, 9, "proposals that n1 takes without an answer");
        assert_eq!(lab.propose(99), Err(Refused::Full), "one more");
        lab.receive(N2, 4, holds(1)).expect("n1 leads");
        lab.work();
        lab.receive(N2, 4, holds(5)).expect("n1 leads");
        assert_eq!(lab.commit(), 5, "n1 and n2 hold entry 5");
        let taken = (0..20).take_while(|number| lab.propose(*number).is_ok()).count();
        assert_eq!(taken, 5, "there is room again: for 200 bytes less the five entries still out");
    });
}

#[test]
fn an_old_leaders_entries_count_too() {
    check(|| {
        let mut lab = Lab::leader(3, SMALL, 3, &[1, 1, 1, 2, 2, 2, 2, 2]);
        // Eight entries of 20 bytes and the leader's own of 16 are uncommitted: 176.
        let taken = (0..20).take_while(|number| lab.propose(*number).is_ok()).count();
        assert_eq!(taken, 1, "proposals that fit into 200 bytes");
    });
}

#[test]
fn what_is_committed_does_not_count() {
    check(|| {
        let mut lab = Lab::follower(3, &[1; 6]);
        lab.receive(N2, 3, append(at(1, 6), vec![], 6)).expect("n2 leads");
        assert_eq!(lab.commit(), 6, "six entries of 20 bytes are committed");
        lab.stand();
        for other in [N2, N3] {
            let granted = election::Body::VoteAnswer { round: Round::Vote, granted: true };
            let _ = lab.receive(other, 4, Body::Election(granted));
        }
        assert!(lab.leads(), "n1 has the votes of n2 and n3");
        // Its own entry counts 16 bytes.
        let taken = (0..20).take_while(|number| lab.propose(*number).is_ok()).count();
        assert_eq!(taken, 9, "proposals of 20 bytes that fit into 200");
    });
}

#[test]
fn a_window_is_full_of_bytes() {
    check(|| {
        // Entries of 20 bytes, two to an append, and 70 bytes to a window.
        let limits = Some(Limits { window_messages: 100, ..LIMITS });
        let mut lab = streaming(Options { limits, ..SMALL }, 7);
        assert_eq!(appends(&mut lab, N2), [(1, 2, 0), (3, 2, 0)], "80 bytes are under way");
        lab.receive(N2, 4, holds(3)).expect("n1 leads");
        assert_eq!(appends(&mut lab, N2), [(5, 2, 0)], "40 are, and there is room");
    });
}

#[test]
fn a_full_window_waits_for_an_answer() {
    check(|| {
        let mut lab = streaming(SMALL, 7);
        assert_eq!(appends(&mut lab, N2), [(1, 2, 0), (3, 2, 0)], "two appends of two entries");
        lab.receive(N2, 4, holds(3)).expect("n1 leads");
        assert_eq!(appends(&mut lab, N2), [(5, 2, 0)], "one place is free, and one append leaves");
        assert_eq!(appends(&mut lab, N3), [], "n3 has not answered its first question");
    });
}

#[test]
fn a_lost_window_opens_again() {
    check(|| {
        let mut lab = streaming(SMALL, 6);
        assert_eq!(appends(&mut lab, N2).len(), 2, "and both are lost");
        lab.tick(1);
        lab.work();
        assert_eq!(appends(&mut lab, N2), [(5, 0, 0)], "does n2 hold the last it was sent?");
        let refusal = Answer::Refused { prev: at(4, 5), hint: at(4, 1) };
        lab.receive(N2, 4, Body::Answer(refusal)).expect("n1 leads");
        assert_eq!(appends(&mut lab, N2), [(1, 2, 1)], "it does not: ask from 1 on");
        lab.receive(N2, 4, holds(3)).expect("n1 leads");
        let flowing = appends(&mut lab, N2);
        assert_eq!(flowing, [(3, 2, 3), (5, 2, 3)], "and all flows again");
    });
}

#[test]
fn lost_answers_close_no_window() {
    check(|| {
        let mut lab = streaming(SMALL, 6);
        appends(&mut lab, N2);
        // n2 holds it all, and its answers were lost. It answers the heartbeat.
        lab.tick(1);
        lab.work();
        appends(&mut lab, N2);
        lab.receive(N2, 4, holds(5)).expect("n1 leads");
        assert_eq!(appends(&mut lab, N2), [(5, 2, 5)], "the window is free");
    });
}
