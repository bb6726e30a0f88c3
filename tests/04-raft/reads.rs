//! Reads: who is answered, when, and what is said to those who are not.

use crate::lab::{
    EAGER, Lab, N1, N2, N3, N4, N5, WIDE, append, at, change, first, granted, please, vote,
};
use basics::Index;
use election::Round;
use harness::check;
use raft::{Body, Dropped, Options, Reading, Refused, Step, Ticket};

/// The answer to a read: its ticket, and up to where to apply.
fn from(ticket: u64, index: u64) -> (Ticket, Reading) {
    (Ticket(ticket), Reading::From(Index(index)))
}

fn lost(ticket: u64) -> (Ticket, Reading) {
    (Ticket(ticket), Reading::Lost)
}

fn confirm(round: u64) -> Body {
    Body::Confirm { round }
}

fn confirmed(round: u64) -> Body {
    Body::Confirmed { round }
}

/// The reads that are over since the last call.
fn over(lab: &mut Lab) -> Vec<(Ticket, Reading)> {
    lab.work();
    std::mem::take(&mut lab.over)
}

/// The question that this follower asks n2 now.
fn question(lab: &mut Lab) -> u64 {
    lab.work();
    match lab.take_letters(N2).as_slice() {
        [Body::Ask { number }] => *number,
        other => panic!("n1 asks n2 one thing, not {other:?}"),
    }
}

#[test]
fn a_leader_answers_when_a_quorum_says_that_it_leads() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.read(1).expect("n1 leads");
        assert_eq!(over(&mut lab), [], "it may have been deposed");
        assert_eq!(lab.status().reads, 1);
        assert_eq!(lab.take_letters(N2), [confirm(1)], "it asks");
        assert_eq!(lab.take_letters(N3), [confirm(1)], "everybody who votes");
        lab.answers(N3, confirmed(1));
        assert_eq!(over(&mut lab), [from(1, 2)], "n1 and n3 are two of three");
        assert_eq!(lab.receive(N2, 2, confirmed(1)), Err(Dropped::Late), "the round is over");
        assert_eq!(over(&mut lab), [], "an answer comes once");
        assert_eq!(lab.status().reads, 0);
    });
}

#[test]
fn what_was_said_before_the_question_does_not_count() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.tick(1);
        lab.work();
        for node in [N2, N3] {
            lab.accepts(node, 2);
        }
        lab.read(1).expect("n1 leads");
        assert_eq!(over(&mut lab), [], "n2 and n3 spoke just before the question");
        lab.accepts(N2, 2);
        assert_eq!(over(&mut lab), [], "an acceptance may have been under way all the time");
        for round in [0, 2] {
            assert_eq!(lab.receive(N2, 2, confirmed(round)), Err(Dropped::Late), "round {round}");
        }
        assert_eq!(over(&mut lab), [], "nobody asked that");
    });
}

#[test]
fn a_read_that_comes_during_a_round_waits_for_the_next() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.read(1).expect("n1 leads");
        lab.work();
        lab.sent.clear();
        lab.propose(1).expect("n1 leads");
        lab.work();
        lab.accepts(N2, 3);
        lab.read(2).expect("n1 leads");
        lab.read(3).expect("n1 leads");
        assert_eq!(over(&mut lab), []);
        assert_eq!(lab.take_letters(N2), [], "one round at a time");
        lab.answers(N2, confirmed(1));
        assert_eq!(over(&mut lab), [from(1, 2)], "n2 may have said that before the second read");
        assert_eq!(lab.take_letters(N2), [confirm(2)], "and is asked again");
        lab.answers(N2, confirmed(2));
        assert_eq!(over(&mut lab), [from(2, 3), from(3, 3)], "they see entry 3");
    });
}

#[test]
fn many_reads_share_a_round() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        for ticket in 0..50 {
            lab.read(ticket).expect("n1 leads");
        }
        lab.work();
        assert_eq!(lab.take_letters(N3), [confirm(1)]);
        lab.answers(N2, confirmed(1));
        lab.work();
        assert_eq!(lab.take_letters(N3), [confirm(2)]);
        lab.answers(N2, confirmed(2));
        let over = over(&mut lab);
        let expected: Vec<_> = (0..50).map(|ticket| from(ticket, 2)).collect();
        assert_eq!(over, expected, "each is answered once, after two rounds in all");
        assert_eq!(lab.take_letters(N3), [], "and nobody is asked any more");
    });
}

#[test]
fn no_read_waits_for_a_disk() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.propose(1).expect("n1 leads");
        lab.ready();
        assert_eq!(lab.saves.len(), 1, "entry 3 is on its way to the disk");
        lab.read(1).expect("n1 leads");
        lab.ready();
        assert_eq!(lab.take_letters(N2), [confirm(1)]);
        lab.answers(N2, confirmed(1));
        lab.ready();
        assert_eq!(lab.over, [from(1, 2)]);
        assert_eq!(lab.saves.len(), 1, "and nothing else is");

        let mut lab = Lab::follower(3, WIDE);
        lab.hears(N2, 2, confirm(7));
        lab.ready();
        assert_eq!((lab.take_sent(N2), lab.saves.len()), (vec![confirmed(7)], 0), "at once");
    });
}

#[test]
fn a_leader_that_has_committed_nothing_of_its_own_answers_nobody() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE);
        lab.read(1).expect("n1 leads");
        lab.hears(N3, 2, Body::Ask { number: 9 });
        lab.tick(2);
        assert_eq!(over(&mut lab), []);
        assert!(!lab.take_letters(N2).contains(&confirm(1)), "no answer would help");
        lab.accepts(N2, 2);
        lab.work();
        assert_eq!(lab.take_letters(N2), [confirm(1)], "now it knows what is committed");
        lab.sent.clear();
        lab.answers(N2, confirmed(1));
        assert_eq!(over(&mut lab), [from(1, 2)]);
        assert_eq!(lab.take_letters(N3), [Body::Told { number: 9, index: Index(2) }]);
    });
}

#[test]
fn a_single_voter_answers_at_once() {
    check(|| {
        let mut lab = Lab::leader(1, WIDE);
        for ticket in 1..=3 {
            lab.read(ticket).expect("n1 leads");
        }
        assert_eq!(over(&mut lab), [from(1, 2), from(2, 2), from(3, 2)]);
        let mut lab = Lab::founded(1, EAGER);
        assert_eq!(lab.read(1), Err(Refused::NotLeader(None)), "nobody leads yet");
        lab.stand();
        lab.work();
        assert!(lab.node.leads(), "n1 alone is a majority");
        lab.read(2).expect("n1 leads");
        assert_eq!(over(&mut lab), [from(2, 2)], "its own entry is committed by its own disk");
    });
}

#[test]
fn a_follower_asks_its_leader() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.read(1).expect("n2 leads");
        let number = question(&mut lab);
        lab.read(2).expect("n2 leads");
        assert_eq!(over(&mut lab), []);
        assert_eq!(lab.take_letters(N2), [], "one question at a time");
        lab.hears(N2, 2, Body::Told { number, index: Index(5) });
        assert_eq!(over(&mut lab), [from(1, 5)], "n1's log may not reach that far yet");
        let next = question(&mut lab);
        assert_ne!(next, number, "the second read is another question");
        let again = Body::Told { number, index: Index(5) };
        assert_eq!(lab.receive(N2, 2, again), Err(Dropped::Late), "that was answered");
        lab.hears(N2, 2, Body::Told { number: next, index: Index(6) });
        assert_eq!(over(&mut lab), [from(2, 6)]);
    });
}

#[test]
fn what_is_lost_is_asked_again() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.read(1).expect("n2 leads");
        let number = question(&mut lab);
        for _ in 0..3 {
            lab.tick(1);
            assert_eq!(question(&mut lab), number, "the same question, once a tick");
        }
        lab.hears(N2, 2, Body::Told { number, index: Index(2) });
        assert_eq!(over(&mut lab), [from(1, 2)]);
        lab.tick(1);
        lab.work();
        assert_eq!(lab.take_letters(N2), [], "nobody waits");

        let mut lab = Lab::leader(3, WIDE);
        lab.read(1).expect("n1 leads");
        lab.work();
        lab.sent.clear();
        lab.tick(1);
        lab.work();
        for node in [N2, N3] {
            assert_eq!(lab.take_letters(node), [confirm(1)], "a leader asks again, too");
        }
        lab.answers(N3, confirmed(1));
        assert_eq!(over(&mut lab), [from(1, 2)]);
        lab.tick(1);
        lab.work();
        assert_eq!(lab.take_letters(N2), []);
    });
}

#[test]
fn a_leader_answers_its_followers() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.hears(N3, 2, Body::Ask { number: 70 });
        lab.work();
        assert_eq!(lab.take_letters(N3), [confirm(1)], "whoever asks does not confirm by that");
        lab.hears(N3, 2, Body::Ask { number: 70 });
        lab.answers(N3, confirmed(1));
        lab.work();
        let told = lab.take_letters(N3);
        assert_eq!(
            told,
            [Body::Told { number: 70, index: Index(2) }],
            "asked twice, answered once"
        );
        lab.hears(N3, 2, Body::Ask { number: 71 });
        lab.hears(N3, 2, Body::Ask { number: 72 });
        lab.work();
        assert_eq!(lab.take_letters(N3), [confirm(2)]);
        lab.answers(N2, confirmed(2));
        lab.answers(N2, confirmed(3));
        lab.work();
        let told = lab.take_letters(N3);
        assert!(told.contains(&Body::Told { number: 72, index: Index(2) }), "the last question is");
        assert_eq!(over(&mut lab), [], "they are not n1's own");
    });
}

#[test]
fn whoever_does_not_lead_answers_no_questions() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        let ask = || Body::Ask { number: 1 };
        assert_eq!(lab.receive(N3, 2, ask()), Err(Dropped::NotLeading));
        assert_eq!(lab.receive(N3, 2, confirmed(1)), Err(Dropped::NotLeading));
        assert_eq!(lab.receive(N4, 2, ask()), Err(Dropped::Stranger));
        lab.work();
        assert_eq!(lab.sent, [], "nobody is told anything");
        let mut lab = Lab::leader(3, WIDE);
        lab.read(1).expect("n1 leads");
        lab.work();
        assert_eq!(lab.receive(N4, 2, ask()), Err(Dropped::Stranger), "n4 is no member");
        assert_eq!(lab.receive(N4, 2, confirmed(1)), Err(Dropped::Stranger));
        assert_eq!(over(&mut lab), []);
        let counted = lab.status().dropped.get("stranger").copied();
        assert_eq!(counted, Some(2), "as everybody can see");
    });
}

#[test]
fn another_leader_answers_no_reads_of_before() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        for ticket in 1..=3 {
            lab.read(ticket).expect("n2 leads");
        }
        let number = question(&mut lab);
        lab.hears(N3, 3, append(at(2, 2), vec![], 2));
        assert_eq!(over(&mut lab), [lost(1), lost(2), lost(3)], "n2 leads no more");
        let late = Body::Told { number, index: Index(2) };
        assert!(lab.receive(N2, 2, late.clone()).is_err(), "and may not answer");
        assert_eq!(lab.receive(N3, 3, late), Err(Dropped::Late), "n3 was not asked");
        assert_eq!(over(&mut lab), [], "each is lost once");
        lab.sent.clear();
        lab.read(4).expect("n3 leads");
        lab.work();
        let asked = lab.take_letters(N3);
        assert!(matches!(asked[..], [Body::Ask { number: next }] if next != number), "{asked:?}");
    });
}

#[test]
fn the_same_leader_in_another_term_was_not_asked_either() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.read(1).expect("n2 leads");
        let number = question(&mut lab);
        lab.hears(N2, 4, append(at(2, 2), vec![], 2));
        assert_eq!(over(&mut lab), [lost(1)], "n2 leads another term");
        let late = Body::Told { number, index: Index(2) };
        assert_eq!(lab.receive(N2, 4, late), Err(Dropped::Late));
    });
}

#[test]
fn a_follower_that_hears_nobody_waits_no_longer() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.read(1).expect("n2 leads");
        lab.tick(9);
        assert_eq!(over(&mut lab), [], "not yet");
        lab.tick(11);
        assert_eq!(over(&mut lab), [lost(1)], "its patience is over");
        assert_eq!(lab.read(2), Err(Refused::NotLeader(None)));
    });
}

#[test]
fn a_deposed_leader_never_answers() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.read(1).expect("n1 leads");
        lab.hears(N3, 2, Body::Ask { number: 9 });
        lab.work();
        lab.sent.clear();
        // n2 leads term 3. n3's word of before comes late.
        lab.hears(N2, 3, append(at(2, 2), vec![first(3)], 3));
        assert_eq!(over(&mut lab), [lost(1)]);
        assert!(lab.receive(N3, 2, confirmed(1)).is_err(), "it is of an old term");
        assert_eq!(lab.receive(N3, 3, confirmed(1)), Err(Dropped::NotLeading));
        assert_eq!(over(&mut lab), []);
        assert_eq!(lab.take_letters(N3), [], "nor is anybody else told");
    });
}

#[test]
fn a_no_ends_the_leadership_and_the_reads() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.read(1).expect("n1 leads");
        lab.work();
        // n2 is in term 3. Its answer to the question says so, and no more.
        let answer = vote(election::Body::HeartbeatAnswer);
        lab.hears(N2, 3, answer);
        assert!(!lab.node.leads());
        assert_eq!(over(&mut lab), [lost(1)]);
    });
}

#[test]
fn rounds_of_an_earlier_leadership_are_over() {
    check(|| {
        let mut lab = Lab::leader(3, EAGER);
        lab.read(1).expect("n1 leads");
        lab.hears(N2, 3, append(at(2, 2), vec![first(3)], 3));
        assert_eq!(over(&mut lab), [lost(1)]);
        lab.win();
        for node in [N2, N3] {
            lab.accepts(node, 4);
        }
        lab.read(2).expect("n1 leads term 4");
        assert_eq!(over(&mut lab), []);
        assert!(lab.receive(N3, 2, confirmed(1)).is_err(), "that is about term 2");
        assert_eq!(over(&mut lab), []);
        lab.answers(N3, confirmed(1));
        assert_eq!(over(&mut lab), [from(2, 4)], "each term counts anew");
    });
}

#[test]
fn both_halves_of_a_joint_change_confirm() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.change(&[Step::Voter(N4), Step::Voter(N5)]).expect("n1 leads");
        lab.read(1).expect("n1 leads");
        lab.work();
        for node in [N2, N3, N4, N5] {
            assert!(lab.take_letters(node).contains(&confirm(1)), "{node} is asked");
        }
        for node in [N4, N5] {
            lab.answers(node, confirmed(1));
        }
        assert_eq!(over(&mut lab), [], "n1, n4 and n5 are one half");
        lab.answers(N2, confirmed(1));
        assert_eq!(over(&mut lab), [from(1, 2)]);
    });
}

#[test]
fn a_change_during_a_round_counts() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.read(1).expect("n1 leads");
        lab.change(&[Step::Voter(N4)]).expect("n1 leads");
        lab.work();
        lab.answers(N2, confirmed(1));
        assert_eq!(over(&mut lab), [], "two of four");
        lab.take_sent(N4);
        lab.tick(1);
        lab.work();
        assert!(lab.take_letters(N4).contains(&confirm(1)), "n4 is asked with the next tick");
        lab.answers(N4, confirmed(1));
        assert_eq!(over(&mut lab), [from(1, 2)], "three of four");
    });
}

#[test]
fn whoever_has_no_vote_confirms_nothing() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.change(&[Step::Learner(N4)]).expect("n1 leads");
        lab.accepts(N2, 3);
        lab.work();
        lab.sent.clear();
        lab.read(1).expect("n1 leads");
        lab.work();
        assert!(!lab.take_letters(N4).contains(&confirm(1)), "n4 is not asked");
        let _ = lab.receive(N4, 2, confirmed(1));
        assert_eq!(over(&mut lab), [], "and does not count");
        lab.hears(N4, 2, Body::Ask { number: 5 });
        lab.answers(N3, confirmed(1));
        assert_eq!(over(&mut lab), [from(1, 3)]);
        lab.answers(N3, confirmed(2));
        lab.work();
        let told = Body::Told { number: 5, index: Index(3) };
        assert!(lab.take_letters(N4).contains(&told), "but it may ask");
    });
}

#[test]
fn a_leader_without_a_vote_does_not_confirm_itself() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.change(&[Step::Remove(N1)]).expect("n1 leads");
        lab.read(1).expect("n1 leads");
        lab.work();
        lab.answers(N2, confirmed(1));
        assert_eq!(over(&mut lab), [], "n2 is one of two");
        lab.answers(N3, confirmed(1));
        assert_eq!(over(&mut lab), [from(1, 2)], "n2 and n3 are two of two");
        lab.read(2).expect("n1 leads still");
        for node in [N2, N3] {
            lab.accepts(node, 3);
        }
        assert_eq!(over(&mut lab), [lost(2)], "it has retired");
    });
}

#[test]
fn so_many_reads_may_wait() {
    check(|| {
        for mut lab in [
            Lab::leader(3, Options { reads: 3, ..WIDE }),
            Lab::follower(3, Options { reads: 3, ..WIDE }),
        ] {
            for ticket in 1..=3 {
                lab.read(ticket).expect("there is room");
            }
            assert_eq!(lab.read(4), Err(Refused::Full), "those that were asked about count");
            lab.tick(20);
            assert_eq!(over(&mut lab), [lost(1), lost(2), lost(3)], "the leader is gone");
            assert_eq!(lab.status().reads, 0);
        }
    });
}

#[test]
fn an_answer_to_an_earlier_life_is_late() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.read(1).expect("n2 leads");
        let before = question(&mut lab);
        lab.restart().expect("disk and store fit");
        lab.hears(N2, 2, append(at(2, 2), vec![], 2));
        lab.work();
        lab.sent.clear();
        lab.read(2).expect("n2 leads");
        let now = question(&mut lab);
        assert_ne!(before, now, "questions are counted from a random number on");
        let old = Body::Told { number: before, index: Index(2) };
        assert_eq!(lab.receive(N2, 2, old), Err(Dropped::Late));
        assert_eq!(over(&mut lab), []);
        lab.hears(N2, 2, Body::Told { number: now, index: Index(3) });
        assert_eq!(over(&mut lab), [from(2, 3)]);
    });
}

#[test]
fn who_may_not_lead_reads_all_the_same() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.hears(N2, 2, append(at(2, 2), vec![change(2, &[Step::Learner(N1)])], 3));
        lab.work();
        lab.sent.clear();
        lab.read(1).expect("n2 leads");
        let number = question(&mut lab);
        lab.hears(N2, 2, Body::Told { number, index: Index(3) });
        assert_eq!(over(&mut lab), [from(1, 3)]);
    });
}

#[test]
fn a_vote_for_another_ends_the_reads() {
    check(|| {
        let mut lab = Lab::leader(3, EAGER);
        lab.read(1).expect("n1 leads");
        lab.hears(N2, 3, please(Round::Vote, at(2, 2)));
        assert_eq!(over(&mut lab), [lost(1)], "n1 votes for n2");
        assert!(lab.take_sent(N2).contains(&granted(Round::Vote)));
    });
}
