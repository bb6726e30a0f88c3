//! 2.3: how a follower answers an append.

use crate::lab::{Lab, N2, N3, append, at, holds, lacks};
use crate::node::{Disk, Op, SMALL, entries, entry};
use basics::{Index, Message, Position};
use harness::{check, despite_hole};
use replication::Answer::Accepted;
use replication::{Body, Contradiction, Dropped, Entry};

/// n2, which leads this term, sends an append to a follower; what the follower answers.
fn answer(
    lab: &mut Lab,
    term: u64,
    prev: Position,
    entries: Vec<Entry<Op>>,
    commit: u64,
) -> Body<Op> {
    lab.receive(N2, term, append(prev, entries, commit)).expect("it comes from the leader");
    let answers = lab.replica.answers();
    let last = answers.last().expect("an append is answered");
    assert_eq!((last.to, last.term.0), (N2, term), "receiver and term of the answer");
    last.body.clone()
}

#[test]
fn entries_that_join_on_are_accepted() {
    check(|| {
        let mut lab = Lab::follower(2, &[1, 1]);
        let said = answer(&mut lab, 2, at(1, 2), vec![entry(2, 1), entry(2, 2)], 0);
        assert_eq!(said, holds(4), "n1 held entry 2, and holds 3 and 4 now");
        assert_eq!(lab.terms(), [1, 1, 2, 2], "n1's log");
    });
}

#[test]
fn what_does_not_join_on_is_not_accepted() {
    check(|| {
        for (what, prev) in [("there is a gap", at(1, 5)), ("entry 2 is of another term", at(4, 2))]
        {
            let mut lab = Lab::follower(5, &[1, 1]);
            assert_eq!(answer(&mut lab, 5, at(1, 2), vec![], 0), holds(2), "this one joins on");
            // A refusal needs a hint, and that is 2.10. Until it is written, it ends in its hole.
            let append = append(prev, vec![entry(5, 1)], 2);
            let refusing = || lab.receive(N2, 5, append);
            despite_hole("2.10", refusing);
            let answers = lab.replica.answers();
            let accepts =
                |it: &&Message<Body<Op>>| matches!(it.body, Body::Answer(Accepted { .. }));
            let accepted = answers.iter().filter(accepts).count();
            assert!(
                accepted == 1,
                "n1's terms are 1 1, and it accepts an append after {prev}: {what}"
            );
            assert_eq!((lab.terms(), lab.commit()), (vec![1, 1], 0), "n1's log and commit: {what}");
        }
    });
}

#[test]
fn a_gap_is_refused() {
    check(|| {
        let mut lab = Lab::follower(2, &[1, 1]);
        let said = answer(&mut lab, 2, at(2, 5), vec![entry(2, 1)], 0);
        assert_eq!(said, lacks(at(2, 5), at(1, 2)), "n1's log ends at (1, 2)");
        assert_eq!(lab.terms(), [1, 1], "n1's log is as it was");
    });
}

#[test]
fn another_term_is_refused() {
    check(|| {
        let mut lab = Lab::follower(5, &[1, 1, 4]);
        let said = answer(&mut lab, 5, at(3, 3), vec![entry(5, 1)], 3);
        assert_eq!(said, lacks(at(3, 3), at(1, 2)), "n1's entry 3 is of term 4, not 3");
        assert_eq!(lab.terms(), [1, 1, 4], "nothing is cut before the logs are known to agree");
        assert_eq!(lab.commit(), 0, "a refused append commits nothing");
    });
}

#[test]
fn a_question_is_answered() {
    check(|| {
        let mut lab = Lab::follower(2, &[1, 1, 2]);
        assert_eq!(answer(&mut lab, 2, at(1, 2), vec![], 0), holds(2), "n1 holds (1, 2)");
        assert_eq!(answer(&mut lab, 2, at(2, 3), vec![], 0), holds(3), "n1 holds (2, 3)");
        assert_eq!(answer(&mut lab, 2, at(0, 0), vec![], 0), holds(0), "every log begins alike");
        assert_eq!(lab.terms(), [1, 1, 2], "a question changes nothing");
    });
}

#[test]
fn an_answer_speaks_for_no_more_than_was_asked() {
    check(|| {
        // Entries 3 and 4 may be anybody's. The append says nothing about them.
        let mut lab = Lab::follower(3, &[1, 1, 2, 2]);
        let said = answer(&mut lab, 3, at(1, 1), entries(&[1, 1])[1..].to_vec(), 4);
        assert_eq!(said, holds(2), "the append covers entry 2, and n1's log goes on to 4");
        assert_eq!(lab.commit(), 2, "the leader has committed 4, but not *these* entries 3 and 4");
    });
}

#[test]
fn an_old_append_takes_nothing_back() {
    check(|| {
        let mut lab = Lab::follower(2, &[]);
        let new = entries(&[2, 2, 2, 2]);
        assert_eq!(answer(&mut lab, 2, at(0, 0), new.clone(), 0), holds(4), "all four");
        // This one was sent before, and was held up.
        assert_eq!(answer(&mut lab, 2, at(0, 0), new[..2].to_vec(), 0), holds(2), "it covers two");
        assert_eq!(lab.terms(), [2, 2, 2, 2], "n1 has promised entries 3 and 4");
    });
}

#[test]
fn a_deposed_leaders_tail_is_cut() {
    check(|| {
        let mut lab = Lab::follower(3, &[1, 2, 2, 2]);
        let said = answer(&mut lab, 3, at(1, 1), vec![entry(3, 1)], 2);
        assert_eq!(said, holds(2), "entry 2 is the new leader's");
        assert_eq!(lab.terms(), [1, 3], "the old leader's entries are gone");
        assert_eq!(lab.commit(), 2, "the append covers entry 2, and it is committed");
    });
}

#[test]
fn commit_follows_the_leader() {
    check(|| {
        let mut lab = Lab::follower(2, &[1, 1]);
        answer(&mut lab, 2, at(1, 2), vec![entry(2, 1)], 1);
        assert_eq!(lab.commit(), 1, "so far the leader knows");
        answer(&mut lab, 2, at(2, 3), vec![], 3);
        assert_eq!(lab.commit(), 3, "a question brings news of the commit too");
        answer(&mut lab, 2, at(2, 3), vec![], 2);
        assert_eq!(lab.commit(), 3, "an old append does not take it back");
    });
}

#[test]
fn what_is_committed_is_never_touched() {
    check(|| {
        let mut lab = Lab::follower(2, &[1, 1]);
        answer(&mut lab, 2, at(1, 2), entries(&[1, 1, 2, 2])[2..].to_vec(), 4);
        assert_eq!(lab.commit(), 4, "all four are committed");
        // An append that overlaps them, from long ago.
        let said = answer(&mut lab, 2, at(1, 1), entries(&[1, 1])[1..].to_vec(), 1);
        assert_eq!(
            said,
            holds(4),
            "the leader has what is committed: n1 shares that much at least"
        );
        assert_eq!((lab.terms(), lab.commit()), (vec![1, 1, 2, 2], 4), "n1's log and commit");
    });
}

#[test]
fn an_append_is_a_heartbeat() {
    check(|| {
        let mut lab = Lab::follower(2, &[1]);
        for _ in 0..5 {
            lab.tick(9);
            let _ = lab.receive(N2, 2, append(at(1, 1), vec![], 0));
        }
        assert_eq!(lab.hard_state().term.0, 2, "n1 has heard its leader every nine ticks");
        assert_eq!(lab.replica.election().leader(), Some(N2), "whom n1 follows");
    });
}

#[test]
fn an_append_of_an_old_term_is_void() {
    check(|| {
        let mut lab = Lab::follower(4, &[1]);
        assert_eq!(answer(&mut lab, 4, at(1, 1), vec![entry(4, 1)], 0), holds(2), "n2 leads");
        let answers = lab.replica.answers().len();
        let dropped = lab.receive(N3, 3, append(at(1, 1), vec![entry(3, 1)], 2));
        assert_eq!(dropped, Err(Dropped::Election(election::Dropped::Stale)), "n3 led once");
        assert_eq!((lab.terms(), lab.commit()), (vec![1, 4], 0), "nothing of it counts");
        assert_eq!(
            lab.replica.answers().len(),
            answers,
            "there is no promise to a leader that was"
        );
    });
}

#[test]
fn only_one_leader_is_heard() {
    check(|| {
        let mut lab = Lab::follower(2, &[]);
        answer(&mut lab, 2, at(0, 0), vec![entry(2, 1)], 0);
        let dropped = lab.receive(N3, 2, append(at(0, 0), vec![entry(2, 9)], 1));
        assert_eq!(dropped, Err(Dropped::Election(election::Dropped::SecondLeader)), "n2 leads");
        assert_eq!((lab.terms(), lab.commit()), (vec![2], 0), "n1's log and commit");
    });
}

#[test]
fn disorder_is_dropped() {
    check(|| {
        let disorder = Err(Dropped::Contradiction(Contradiction::Disorder));
        let mut lab = Lab::follower(4, &[1]);
        answer(&mut lab, 4, at(1, 1), vec![entry(4, 1)], 0);
        let falls = append(at(1, 1), vec![entry(3, 1), entry(2, 1)], 0);
        assert_eq!(lab.receive(N2, 4, falls), disorder, "terms never fall");
        let ahead = append(at(1, 1), vec![entry(9, 1)], 0);
        assert_eq!(lab.receive(N2, 4, ahead), disorder, "an entry of a term to come");
        let last = Position { index: Index(u64::MAX), ..at(4, 0) };
        let end = append(last, vec![entry(4, 1)], 0);
        assert_eq!(lab.receive(N2, 4, end), disorder, "there is no number for that entry");
        assert_eq!(lab.terms(), [1, 4], "n1's log");
    });
}

#[test]
fn a_node_that_starts_commits_what_it_had_applied() {
    check(|| {
        let disk = Disk::with(3, &[1, 1, 2]);
        let span = replication::Span { prev: Position::START, entries: disk.entries };
        let stored = replication::Stored {
            hard_state: disk.hard_state,
            log: span.into(),
            applied: Index(2),
        };
        let mut lab = Lab::from_stored(3, SMALL, stored, 0);
        assert_eq!(lab.commit(), 2, "only what is committed was ever applied");
        let said = answer(&mut lab, 3, at(0, 0), vec![], 0);
        assert_eq!(said, holds(2), "the leader has what is committed");
    });
}
