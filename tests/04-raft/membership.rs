//! Changes of the members: when one is in effect, and when it is refused.

use crate::lab::{
    EAGER, Lab, N1, N2, N3, N4, N5, WIDE, append, at, change, entry, first, holds, lacks, leave,
    voters,
};
use basics::{Index, Position};
use harness::check;
use raft::{Configuration, Impossible, Options, Refused, Step, Stored};
use replication::{Limits, Span};

/// n1 leads three, and n4 learns from it. The log ends at 3, committed and applied.
fn with_learner(options: Options) -> Lab {
    let mut lab = Lab::leader(3, options);
    lab.change(&[Step::Learner(N4)]).expect("n1 leads");
    lab.accepts(N2, 3);
    lab.work();
    lab.sent.clear();
    lab
}

#[test]
fn a_change_is_in_effect_when_it_is_appended() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        assert_eq!(lab.change(&[Step::Voter(N4)]), Ok(at(2, 3)), "it goes to the end of the log");
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N3, N4]), "at once");
        assert_eq!(lab.node.applied_configuration(), &voters(&[N1, N2, N3]), "and not applied");
        assert_eq!(lab.status().pending, Some(Index(3)));
        lab.work();
        assert!(!lab.take_sent(N4).is_empty(), "n4 is asked where its log ends");
        lab.accepts(N2, 3);
        lab.work();
        assert_eq!(lab.commit(), 2, "n1 and n2 are two of four");
        lab.accepts(N4, 3);
        assert_eq!(lab.commit(), 3, "n1, n2 and n4 are three of four: n4 counts already");
        lab.work();
        assert_eq!(lab.node.applied_configuration(), &voters(&[N1, N2, N3, N4]), "applied");
        assert_eq!(lab.status().pending, None);
    });
}

#[test]
fn what_is_removed_counts_no_more_at_once() {
    check(|| {
        let mut lab = Lab::leader(4, WIDE);
        lab.propose(1).expect("n1 leads");
        lab.work();
        lab.accepts(N2, 3);
        assert_eq!(lab.commit(), 2, "n1 and n2 are two of four");
        lab.change(&[Step::Remove(N4)]).expect("n1 leads");
        assert_eq!(lab.commit(), 3, "and two of three: nobody has to answer again");
        lab.work();
        lab.sent.clear();
        lab.tick(1);
        lab.work();
        assert!(lab.take_sent(N4).is_empty(), "n4 is served no longer");
        assert!(lab.receive(N4, 2, holds(3)).is_err(), "nor does its word count");
        assert!(lab.knows(N4).is_none());
    });
}

#[test]
fn a_follower_goes_by_its_log_and_back() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        let four = voters(&[N1, N2, N3, N4]);
        lab.hears(N2, 2, append(at(2, 2), vec![change(2, &[Step::Voter(N4)]), entry(2, 1)], 2));
        assert_eq!(lab.node.configuration(), &four, "in its log, so in effect");
        lab.work();
        assert_eq!(lab.node.applied_configuration(), &voters(&[N1, N2, N3]), "not committed");
        // n3 leads now, and knows of no change.
        lab.hears(N3, 3, append(at(2, 2), vec![first(3)], 2));
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N3]), "cut, so forgotten");
        assert_eq!(lab.status().pending, None);
        lab.hears(N3, 3, append(at(3, 3), vec![change(3, &[Step::Remove(N2)])], 2));
        assert_eq!(lab.node.configuration(), &voters(&[N1, N3]), "another takes its place");
        lab.work();
        // What came before comes again, late, and is nothing new.
        lab.hears(N3, 3, append(at(2, 2), vec![first(3)], 2));
        assert_eq!(lab.node.configuration(), &voters(&[N1, N3]), "an old append cuts nothing");
        lab.hears(N3, 3, append(at(3, 4), vec![], 4));
        lab.work();
        assert_eq!(lab.node.applied_configuration(), &voters(&[N1, N3]), "committed, applied");
    });
}

#[test]
fn a_follower_follows_several_changes_and_loses_some() {
    check(|| {
        // A leader makes one change at a time. A follower that was away gets them all at once.
        let mut lab = Lab::follower(3, WIDE);
        let entries = vec![
            change(2, &[Step::Voter(N4)]),
            change(2, &[Step::Voter(N5)]),
            change(2, &[Step::Remove(N2)]),
        ];
        lab.hears(N2, 2, append(at(2, 2), entries, 3));
        lab.work();
        assert_eq!(lab.node.configuration(), &voters(&[N1, N3, N4, N5]), "all three");
        assert_eq!(lab.node.applied_configuration(), &voters(&[N1, N2, N3, N4]), "one");
        assert_eq!(lab.status().pending, Some(Index(5)), "the last");
        lab.hears(N3, 3, append(at(2, 4), vec![first(3)], 3));
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N3, N4, N5]), "the third is cut");
        assert_eq!(lab.status().pending, Some(Index(4)));
    });
}

#[test]
fn what_is_refused_or_dropped_changes_nobody() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        let before = lab.node.configuration().clone();
        let change = || vec![change(2, &[Step::Remove(N1)])];
        lab.hears(N2, 2, append(at(2, 9), change(), 2));
        assert_eq!(lab.node.configuration(), &before, "entry 9 is not there to follow on");
        assert!(lab.receive(N3, 1, append(at(2, 2), change(), 2)).is_err(), "an old term");
        assert!(lab.receive(N3, 2, append(at(2, 2), change(), 2)).is_err(), "a second leader");
        assert_eq!(lab.node.configuration(), &before);
        lab.hears(N2, 2, append(at(1, 1), vec![first(2)], 2));
        assert_eq!(lab.node.configuration(), &before, "nothing new");
    });
}

#[test]
fn a_start_folds_the_log_over_the_store() {
    check(|| {
        let entries = vec![
            change(2, &[Step::Voter(N4)]),
            entry(2, 1),
            change(2, &[Step::Voter(N5), Step::Remove(N1)]),
            leave(2),
        ];
        let log = Span { prev: at(1, 1), entries };
        let starts = |applied: u64, configuration: Configuration| {
            let position = if applied == 1 { at(1, 1) } else { at(2, applied) };
            let stored = Stored {
                hard_state: election::HardState { term: basics::Term(2), vote: None },
                log: log.clone().into(),
                applied: position,
                configuration,
            };
            Lab::new(N1, WIDE, stored).node
        };
        let (three, four) = (voters(&[N1, N2, N3]), voters(&[N1, N2, N3, N4]));
        let joint = four.enter(&[Step::Voter(N5), Step::Remove(N1)]).expect("two votes change");
        let last = voters(&[N2, N3, N4, N5]);
        for (applied, configuration) in
            [(1, three), (2, four.clone()), (3, four), (4, joint), (5, last.clone())]
        {
            let node = starts(applied, configuration.clone());
            assert_eq!(node.configuration(), &last, "the store has {applied} entries of five");
            assert_eq!(node.applied_configuration(), &configuration);
            let pending = (applied < 5).then_some(Index(5));
            assert_eq!(node.status().pending, pending);
        }
    });
}

#[test]
fn who_does_not_lead_changes_nobody() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::NotLeader(Some(N2))));
        let mut lab = Lab::founded(3, WIDE);
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::NotLeader(None)));
    });
}

#[test]
fn a_new_leader_changes_nobody_yet() {
    check(|| {
        let mut lab = Lab::elected(3, WIDE);
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::TooEarly));
        lab.propose(1).expect("data is taken");
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::TooEarly), "nothing is committed");
        lab.work();
        lab.accepts(N3, 2);
        assert!(lab.change(&[Step::Voter(N4)]).is_ok(), "an entry of its term is");
    });
}

#[test]
fn an_old_entry_that_is_committed_is_not_enough() {
    check(|| {
        // n1 starts with an entry of term 2 that it knows to be committed, and wins term 3.
        let mut lab = Lab::leader(3, EAGER);
        lab.restart().expect("disk and store fit");
        lab.win();
        assert_eq!((lab.term(), lab.commit(), lab.last()), (3, 2, 3));
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::TooEarly));
        lab.accepts(N2, 2);
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::TooEarly));
        lab.accepts(N2, 3);
        assert!(lab.change(&[Step::Voter(N4)]).is_ok());
    });
}

#[test]
fn one_change_at_a_time() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.lags = true;
        lab.change(&[Step::Voter(N4)]).expect("n1 leads");
        let pending = Err(Refused::Pending(Index(3)));
        assert_eq!(lab.change(&[Step::Voter(N5)]), pending, "not committed");
        assert_eq!(lab.change(&[Step::Remove(N4)]), pending, "nor taken back");
        lab.work();
        for node in [N2, N3] {
            lab.accepts(node, 3);
        }
        lab.work();
        assert_eq!(lab.commit(), 3);
        assert_eq!(lab.change(&[Step::Voter(N5)]), pending, "committed, and not applied");
        assert!(lab.propose(1).is_ok(), "data waits for nothing");
        lab.carry_out();
        assert_eq!(lab.change(&[Step::Voter(N5)]), Ok(at(2, 5)), "applied");
    });
}

#[test]
fn what_is_impossible_is_refused_and_not_appended() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        let all = [Step::Remove(N1), Step::Remove(N2), Step::Learner(N3)];
        let refused = |impossible| Err(Refused::Impossible(impossible));
        assert_eq!(lab.change(&all), refused(Impossible::NoVoterLeft));
        assert_eq!(lab.change(&[]), refused(Impossible::NothingChanges));
        assert_eq!(lab.change(&[Step::Voter(N3)]), refused(Impossible::NothingChanges));
        let many = vec![Step::Learner(N4); 256];
        assert_eq!(lab.change(&many), refused(Impossible::TooManySteps));
        assert_eq!(lab.last(), 2, "nothing was appended");
        let mut lab = Lab::leader(1, WIDE);
        assert_eq!(lab.change(&[Step::Remove(N1)]), refused(Impossible::NoVoterLeft));
    });
}

#[test]
fn nobody_changes_while_leadership_is_handed_over() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE);
        lab.transfer(N2).expect("n2 votes");
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::HandingOver(N2)));
    });
}

#[test]
fn a_learner_that_was_not_heard_is_behind() {
    check(|| {
        let mut lab = with_learner(WIDE);
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::Behind(N4)), "n1 only asks yet");
        lab.answers(N4, lacks(at(2, 3), Position::START));
        lab.tick(1);
        lab.work();
        assert_eq!(lab.wanted, [N4], "n4 has nothing, and n1's log begins at 1");
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::Behind(N4)), "n4 waits");
        lab.accepts(N4, 1);
        assert!(lab.change(&[Step::Voter(N4)]).is_ok(), "n4 has the state: entries flow");
    });
}

#[test]
fn a_learner_that_lacks_more_than_a_window_is_behind() {
    check(|| {
        // An entry of data counts 21 bytes.
        let limits = Limits {
            window_messages: 10,
            window_bytes: 60,
            uncommitted_bytes: 10_000,
            unapplied_bytes: 10_000,
        };
        let replication = replication::Options { limits: Some(limits), ..WIDE.replication };
        let mut lab = with_learner(Options { replication, ..WIDE });
        for node in [N2, N4] {
            lab.accepts(node, 3);
        }
        for number in 0..3 {
            lab.propose(number).expect("n1 leads");
        }
        lab.work();
        lab.accepts(N2, 6);
        assert_eq!(lab.change(&[Step::Voter(N4)]), Err(Refused::Behind(N4)), "63 bytes are more");
        assert!(lab.change(&[Step::Voter(N5)]).is_ok(), "who is no learner may come at once");
        lab.accepts(N2, 7);
        lab.accepts(N3, 7);
        lab.work();
        assert_eq!(lab.status().pending, None);
        lab.accepts(N4, 5);
        assert!(lab.change(&[Step::Voter(N4)]).is_ok(), "21 bytes and a change fit");
    });
}

#[test]
fn a_learner_among_several_steps_is_looked_at_too() {
    check(|| {
        let mut lab = with_learner(WIDE);
        let steps = [Step::Remove(N2), Step::Voter(N4)];
        assert_eq!(lab.change(&steps), Err(Refused::Behind(N4)));
        lab.accepts(N4, 3);
        assert!(lab.change(&steps).is_ok(), "n4 has everything");
    });
}
