//! 2.4 and 2.7: what a leader begins with, what it takes, and what it sends.

use crate::lab::{Lab, N1, N2, N3, N4, WIDE, append, appends, at, holds, lacks};
use crate::node::{Disk, Op, SMALL, entries, entry};
use basics::{Index, NodeId};
use election::Round;
use harness::check;
use replication::{Body, Contradiction, Dropped, Entry, Mode, Options, Refused};

#[test]
fn a_leader_begins_with_an_empty_entry() {
    check(|| {
        let lab = Lab::elected(3, WIDE, 3, &[1, 1, 2]);
        assert_eq!(lab.terms(), [1, 1, 2, 4], "n1 has just won term 4");
        let entry = lab.replica.log().get(Index(4)).expect("there are four");
        assert_eq!(entry.payload, None, "nobody proposed it");
    });
}

#[test]
fn nothing_is_known_of_the_others() {
    check(|| {
        let lab = Lab::elected(3, WIDE, 3, &[1, 1, 2]);
        for other in [N2, N3] {
            let progress = lab.progress(other);
            assert_eq!(
                (progress.matched, progress.next),
                (Index(0), Index(4)),
                "{other} has acknowledged nothing, and may hold all that n1 held"
            );
            assert_eq!(progress.mode, Mode::Probe { asked: false }, "how {other} is sent entries");
        }
        assert_eq!(lab.replica.progress(N1), None, "n1 does not follow itself");
    });
}

#[test]
fn learners_are_followers_too() {
    check(|| {
        let mut lab = Lab::new(3, SMALL, Disk::with(3, &[1, 1, 2]));
        lab.members.learners.insert(N4);
        lab.stand();
        for other in [N2, N3] {
            let granted = election::Body::VoteAnswer { round: Round::Vote, granted: true };
            let _ = lab.receive(other, 4, Body::Election(granted));
        }
        assert!(lab.leads(), "n1 has every other vote of term 4");
        let next = lab.replica.progress(N4).map(|progress| progress.next);
        assert_eq!(next, Some(Index(4)), "n4 has no vote, and gets the log all the same");
    });
}

#[test]
fn a_leader_forgets_when_it_is_deposed() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE, 3, &[1]);
        assert!(lab.replica.progress(N2).is_some(), "n1 keeps account of n2");
        let _ = lab.receive(N2, 9, holds(2));
        assert!(!lab.leads(), "there is a term 9");
        assert_eq!(lab.replica.progress(N2), None, "what n1 knew of n2 is of no use any more");
        assert_eq!(lab.propose(1), Err(Refused::NotLeader(None)), "what n1 takes now");
    });
}

#[test]
fn a_proposal_goes_to_the_end() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE, 3, &[1]);
        assert_eq!(lab.propose(7), Ok(at(4, 3)), "after (1, 1) and the leader's own (4, 2)");
        assert_eq!(lab.propose(8), Ok(at(4, 4)), "the next one");
        assert_eq!(lab.terms(), [1, 4, 4, 4], "n1's log");
        let payload = lab.replica.log().get(Index(4)).and_then(|entry| entry.payload);
        assert_eq!(payload, Some(Op::new(8)), "what entry 4 carries");
    });
}

#[test]
fn a_follower_names_the_leader() {
    check(|| {
        let mut lab = Lab::follower(2, &[1]);
        assert_eq!(lab.propose(7), Err(Refused::NotLeader(None)), "nobody leads yet");
        let _ = lab.receive(N3, 2, append(at(1, 1), vec![], 0));
        assert_eq!(lab.propose(7), Err(Refused::NotLeader(Some(N3))), "n3 leads");
        assert_eq!(lab.terms(), [1], "nothing was taken");
    });
}

#[test]
fn proposing_sends_nothing() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[]);
        lab.receive(N2, 4, holds(1)).expect("n1 leads");
        appends(&mut lab, N2);
        for number in 0..3 {
            lab.propose(number).expect("n1 leads");
        }
        assert_eq!(appends(&mut lab, N2), [(1, 3, 0)], "three proposals make one append");
    });
}

#[test]
fn the_first_append_is_a_question_with_entries() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE, 3, &[1, 1, 2]);
        for node in [N2, N3] {
            assert_eq!(
                appends(&mut lab, node),
                [(3, 1, 0)],
                "to {node}: the new entry, after the last that n1 had before"
            );
        }
        lab.propose(1).expect("n1 leads");
        assert_eq!(appends(&mut lab, N2), [], "the question is not answered yet");
    });
}

#[test]
fn entries_flow_once_the_answer_is_there() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1, 1, 2]);
        lab.receive(N2, 4, holds(4)).expect("n1 leads");
        appends(&mut lab, N2);
        for number in 0..2 {
            lab.propose(number).expect("n1 leads");
        }
        assert_eq!(appends(&mut lab, N2), [(4, 2, 0)], "to n2, at once");
        lab.propose(3).expect("n1 leads");
        assert_eq!(appends(&mut lab, N2), [(6, 1, 0)], "and more, without an answer to the last");
        assert_eq!(appends(&mut lab, N2), [], "each entry once");
    });
}

#[test]
fn what_is_long_goes_in_pieces() {
    check(|| {
        let pieces = Options { batch_bytes: 45, limits: None, ..SMALL };
        let mut lab = Lab::leader(3, pieces, 3, &[]);
        lab.receive(N2, 4, holds(1)).expect("n1 leads");
        appends(&mut lab, N2);
        for number in 0..5 {
            lab.propose(number).expect("n1 leads");
        }
        assert_eq!(
            appends(&mut lab, N2),
            [(1, 2, 0), (3, 2, 0), (5, 1, 0)],
            "entries of 20 bytes in appends of 45: all that there is room for leaves at once"
        );
    });
}

#[test]
fn a_heartbeat_is_an_append() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1]);
        lab.receive(N2, 4, holds(2)).expect("n1 leads");
        lab.work();
        appends(&mut lab, N2);
        appends(&mut lab, N3);
        lab.tick(1);
        lab.work();
        assert_eq!(appends(&mut lab, N2), [(2, 0, 2)], "n2 is asked about the last it was sent");
        assert_eq!(appends(&mut lab, N3), [(1, 0, 2)], "n3 is asked once more");
        lab.propose(1).expect("n1 leads");
        lab.tick(1);
        lab.work();
        assert_eq!(appends(&mut lab, N2), [(2, 1, 2)], "an append with entries is one already");
        assert_eq!(appends(&mut lab, N2), [], "nothing is due before the next tick");
    });
}

#[test]
fn news_of_a_commit_leaves_at_once() {
    check(|| {
        let mut lab = Lab::leader(5, WIDE, 3, &[]);
        for node in [N2, N3, N4] {
            lab.receive(node, 4, holds(1)).expect("n1 leads");
        }
        assert_eq!(lab.commit(), 1, "three of five have entry 1");
        assert_eq!(appends(&mut lab, N2), [(1, 0, 1)], "n2 is told, without an entry to bring");
        assert_eq!(appends(&mut lab, N2), [], "once");
        assert_eq!(appends(&mut lab, NodeId(5)), [], "n5 is being asked; the next append tells it");
    });
}

#[test]
fn news_waits_for_room() {
    check(|| {
        let n5 = NodeId(5);
        let mut lab = Lab::leader(5, WIDE, 3, &[]);
        for node in [N2, N3, N4] {
            lab.receive(node, 4, holds(1)).expect("n1 leads");
        }
        assert_eq!(appends(&mut lab, n5), [], "n5 is being asked");
        lab.receive(n5, 4, holds(1)).expect("n1 leads");
        assert_eq!(appends(&mut lab, n5), [(1, 0, 1)], "it has answered, and has not been told");
    });
}

#[test]
fn an_append_carries_the_leaders_commit() {
    check(|| {
        let n5 = NodeId(5);
        let mut lab = Lab::leader(5, WIDE, 3, &[]);
        for number in 0..2 {
            lab.propose(number).expect("n1 leads");
        }
        for node in [N2, N3, N4] {
            lab.receive(node, 4, holds(3)).expect("n1 leads");
        }
        assert_eq!(lab.commit(), 3, "three of five have entry 3");
        lab.receive(n5, 4, holds(1)).expect("n1 leads");
        assert_eq!(appends(&mut lab, n5), [(1, 2, 3)], "n5 may commit both when it has them");
    });
}

#[test]
fn news_asks_about_the_last_that_was_sent() {
    check(|| {
        let mut lab = Lab::leader(5, WIDE, 3, &[]);
        lab.receive(N2, 4, holds(1)).expect("n1 leads");
        for number in 0..2 {
            lab.propose(number).expect("n1 leads");
        }
        assert_eq!(appends(&mut lab, N2), [(1, 2, 0)], "entries 2 and 3 are on their way to n2");
        for node in [N3, N4] {
            lab.receive(node, 4, holds(1)).expect("n1 leads");
        }
        assert_eq!(appends(&mut lab, N2), [(3, 0, 1)], "n2 is told, and asked about entry 3");
    });
}

#[test]
fn every_append_is_from_this_term() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE, 3, &[1, 1, 2]);
        let messages = lab.replica.appends();
        assert_eq!(messages.len(), 2, "n1 has something to say to each follower");
        for message in &messages {
            assert_eq!((message.from, message.term.0), (N1, 4), "sender and term of {message:?}");
        }
    });
}

#[test]
fn an_answer_that_nobody_can_give() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1]);
        let never = Err(Dropped::Contradiction(Contradiction::NeverSent(Index(9))));
        assert_eq!(lab.receive(N2, 4, holds(9)), never, "n1's log ends at 2");
        assert_eq!(
            lab.receive(N2, 4, lacks(at(4, 9), at(1, 1))),
            never,
            "n1 asked about no entry 9"
        );
        let both = Err(Dropped::Contradiction(Contradiction::HoldsWhatItLacks(at(1, 1))));
        assert_eq!(lab.receive(N2, 4, lacks(at(1, 1), at(4, 2))), both, "it may hold (1, 1)");
        assert_eq!(lab.progress(N2).matched, Index(0), "neither counts");
        let stranger = lab.receive(NodeId(8), 4, holds(1));
        assert_eq!(stranger, Err(Dropped::Stranger), "n8 does not follow n1");
    });
}

#[test]
fn answers_from_another_term_are_void() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1]);
        let old = lab.receive(N2, 3, holds(2));
        assert_eq!(old, Err(Dropped::Election(election::Dropped::Stale)), "n1 leads term 4");
        assert_eq!((lab.progress(N2).matched, lab.commit()), (Index(0), 0), "nothing counts");
        let mut lab = Lab::follower(4, &[1]);
        assert_eq!(lab.receive(N2, 4, holds(1)), Err(Dropped::NotLeading), "n1 asked nothing");
    });
}

#[test]
fn an_entry_larger_than_an_append_goes_alone() {
    check(|| {
        let tiny = Options { batch_bytes: 1, limits: None, ..SMALL };
        let mut lab = Lab::leader(3, tiny, 3, &[]);
        lab.receive(N2, 4, holds(1)).expect("n1 leads");
        appends(&mut lab, N2);
        for number in 0..2 {
            lab.propose(number).expect("n1 leads");
        }
        assert_eq!(appends(&mut lab, N2), [(1, 1, 0), (2, 1, 0)], "appends of one byte");
    });
}

#[test]
fn refused_entries_stay_with_their_leader() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1, 1, 2]);
        lab.receive(N2, 4, lacks(at(2, 3), at(1, 1))).expect("n1 leads");
        assert_eq!(lab.terms(), [1, 1, 2, 4], "a leader only adds to its log");
        let brought = lab.replica.appends();
        let to_n2 = brought.iter().find(|message| message.to == N2).map(|it| it.body.clone());
        let mut rest: Vec<Entry<Op>> = entries(&[1, 1, 2])[1..].to_vec();
        rest.push(Entry { payload: None, ..entry(4, 0) });
        assert_eq!(to_n2, Some(append(at(1, 1), rest, 0)), "what n2 lacks, after what it has");
    });
}
