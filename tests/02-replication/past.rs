//! 2.12: letting go of the log's beginning, and of followers that would need it. And 2.8, as far as
//! a snapshot stops what is handed out.

use crate::lab::{Lab, N2, N3, WIDE, append, appends, at, holds, log, terms};
use crate::node::{Disk, LIMITS, SMALL, entries};
use basics::{Index, Position};
use harness::check;
use replication::{Answer, Body, Limits, Mode, Options};

/// One entry is as much as may wait for the state machine.
const TIGHT: Limits = Limits { unapplied_bytes: 10, ..LIMITS };

#[test]
fn the_beginning_can_go() {
    check(|| {
        let mut log = log(&[1, 1, 2, 2, 3]);
        log.forget(Index(3));
        assert_eq!(
            (log.start(), log.last()),
            (at(2, 3), at(3, 5)),
            "where the log begins and ends"
        );
        assert_eq!(terms(&log), [2, 3], "what is left");
        let payload = log.get(Index(4)).and_then(|entry| entry.payload);
        assert_eq!(payload, entries(&[1, 1, 2, 2, 3])[3].payload, "entry 4 is entry 4");
        log.forget(Index(2));
        assert_eq!((log.start(), log.last()), (at(2, 3), at(3, 5)), "what is gone, is gone");
        let mut all = log.clone();
        all.forget(Index(5));
        assert_eq!((all.start(), all.last()), (at(3, 5), at(3, 5)), "all of it can go");
        // Whether the rest goes or stays is left open.
        log.forget(Index(9));
        assert_eq!(log.last(), at(3, 5), "entries 6 to 9 are not there, and cannot go");
        assert!(log.start() == at(2, 3) || log.start() == at(3, 5), "where the log begins");
    });
}

#[test]
fn only_what_the_store_holds_can_go() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1, 1]);
        lab.lags = true;
        lab.replica.forget(Index(2));
        assert_eq!(lab.replica.log().start(), Position::START, "nothing is applied");
        for node in [N2, N3] {
            lab.receive(node, 4, holds(3)).expect("n1 leads");
        }
        assert_eq!((lab.commit(), lab.replica.applied()), (3, Index(0)), "commit and applied");
        lab.replica.forget(Index(3));
        assert_eq!(
            lab.replica.log().start(),
            Position::START,
            "three entries are committed, and none is applied"
        );
        lab.work();
        lab.propose(1).expect("n1 leads");
        assert_eq!(lab.replica.handed_out(), Index(3), "handed out");
        lab.replica.forget(Index(4));
        assert_eq!(lab.replica.log().start(), Position::START, "handed out is not applied");
        lab.replica.note_applied(Index(3));
        lab.replica.forget(Index(4));
        assert_eq!(
            lab.replica.log().start(),
            Position::START,
            "a start needs again what is applied, and not yet in the store"
        );
        lab.replica.note_durable(Index(2));
        lab.replica.forget(Index(4));
        assert_eq!(lab.replica.log().start(), at(1, 2), "the store holds two entries");
        lab.replica.note_durable(Index(3));
        lab.replica.forget(Index(4));
        assert_eq!(lab.replica.log().start(), at(4, 3), "and now three");
    });
}

/// A leader of term 4 whose log begins at 4, and n3 far behind.
fn behind() -> Lab {
    let mut lab = Lab::leader(3, WIDE, 3, &[1, 1, 2]);
    lab.receive(N2, 4, holds(4)).expect("n1 leads");
    lab.work();
    lab.replica.forget(Index(4));
    lab.sent.clear();
    let refusal = Answer::Refused { prev: at(2, 3), hint: at(1, 1) };
    lab.receive(N3, 4, Body::Answer(refusal)).expect("n1 leads");
    lab
}

#[test]
fn a_follower_too_far_behind_waits_for_a_snapshot() {
    check(|| {
        let mut lab = behind();
        lab.work();
        assert_eq!(lab.progress(N3).mode, Mode::Snapshot, "entry 2 is gone from n1's log");
        assert_eq!(lab.replica.waiting_for_snapshot(), [N3], "who needs one");
        lab.sent.clear();
        lab.propose(1).expect("n1 leads");
        assert_eq!(appends(&mut lab, N3), [], "entries are of no use to n3");
        lab.tick(1);
        lab.work();
        assert_eq!(appends(&mut lab, N3), [(4, 0, 4)], "it still hears its leader");
        lab.receive(N3, 4, Body::Answer(Answer::Refused { prev: at(4, 4), hint: at(1, 1) }))
            .expect("n1 leads");
        assert_eq!(lab.progress(N3).mode, Mode::Snapshot, "that much was known");
    });
}

#[test]
fn what_is_gone_may_still_be_shared() {
    check(|| {
        let mut log = log(&[1, 1, 2, 4, 4]);
        log.forget(Index(4));
        assert_eq!(log.shared(at(1, 2)), at(1, 2), "entry 2 is gone: who knows");
        assert_eq!(log.shared(at(1, 9)).index, Index(3), "the log starts with term 4");
        assert_eq!(
            log.shared(at(4, 2)),
            at(4, 2),
            "a slow follower's log may end before the start"
        );
        assert_eq!(log.shared(at(4, 9)), at(4, 5), "what is there can be compared");
    });
}

#[test]
fn a_question_that_cannot_be_asked_again() {
    check(|| {
        // n3's first question, about entry 3, is lost. Meanwhile n1 lets go of that entry.
        let mut lab = Lab::leader(3, WIDE, 3, &[1, 1, 2]);
        lab.receive(N2, 4, holds(4)).expect("n1 leads");
        lab.work();
        lab.replica.forget(Index(4));
        for _ in 0..3 {
            lab.tick(1);
            lab.work();
            lab.sent.clear();
            let refusal = Answer::Refused { prev: at(4, 4), hint: at(1, 1) };
            let _ = lab.receive(N3, 4, Body::Answer(refusal));
        }
        assert_eq!(lab.replica.waiting_for_snapshot(), [N3], "nothing else can help n3");
        lab.receive(N3, 4, holds(4)).expect("n1 leads");
        lab.propose(1).expect("n1 leads");
        assert_eq!(appends(&mut lab, N3), [(4, 1, 4)], "n3 has the snapshot: entries flow");
    });
}

#[test]
fn a_snapshot_ends_the_wait() {
    check(|| {
        let mut lab = behind();
        lab.work();
        lab.propose(1).expect("n1 leads");
        lab.work();
        lab.sent.clear();
        // Somebody has put n1's snapshot on n3's disk. n3 answers the next heartbeat.
        lab.receive(N3, 4, holds(4)).expect("n1 leads");
        assert_eq!(lab.replica.waiting_for_snapshot(), [], "nobody waits");
        assert_eq!(appends(&mut lab, N3), [(4, 1, 4)], "entries flow");
    });
}

/// n1 follows n2 in term 4, and its log of term 2 ends at 3.
fn follower() -> Lab {
    let mut lab = Lab::follower(4, &[1, 2, 2]);
    lab.receive(N2, 4, append(at(4, 90), vec![], 91)).expect("n2 leads term 4");
    lab.work();
    lab.sent.clear();
    lab
}

#[test]
fn a_snapshot_takes_the_logs_place() {
    check(|| {
        let mut lab = follower();
        assert!(lab.replica.install(at(4, 90)), "n1 lacks almost all of it");
        let replica = &lab.replica;
        assert_eq!((replica.log().start(), replica.log().last()), (at(4, 90), at(4, 90)));
        let marks = [replica.commit(), replica.handed_out(), replica.applied(), replica.durable()];
        assert_eq!(marks, [Index(90); 4], "committed, handed out, applied, durable");
        assert_eq!(replica.synced(), Index(90), "the store has it");
        assert!(lab.ready(), "there is something to save");
        let save = lab.saves.back().expect("the disk's log has to begin anew");
        assert_eq!(save.content().begins, Some(at(4, 90)));
        assert_eq!(save.content().entries, None, "no entry is new");
        assert_eq!(lab.take_sent(N2), [], "the answer waits for that");
        lab.work();
        assert_eq!(lab.take_sent(N2), [holds(90)], "n2 may go on behind it");
        lab.receive(N2, 4, append(at(4, 90), entries(&[4]), 91)).expect("n2 leads term 4");
        lab.work();
        assert_eq!(lab.take_sent(N2), [holds(91)], "and does");
        let indexes: Vec<u64> = lab.applied.iter().map(|(index, _)| index.0).collect();
        assert_eq!(indexes, [91], "nothing before is handed out");
        lab.replica.forget(Index(91));
        assert_eq!(lab.replica.log().start(), at(4, 91), "what the store holds can go");
    });
}

#[test]
fn a_snapshot_leaves_what_comes_after_it() {
    check(|| {
        let mut lab = Lab::follower(4, &[1, 2, 2]);
        lab.receive(N2, 4, append(at(2, 3), vec![], 1)).expect("n2 leads term 4");
        assert!(lab.replica.install(at(2, 2)), "entry 2 was not known to be committed");
        assert_eq!(lab.terms(), [1, 2, 2], "n1's log holds (2, 2), so what follows is n2's too");
        assert_eq!(lab.commit(), 2);
        lab.replica.forget(Index(2));
        assert_eq!((lab.replica.log().start(), lab.terms().len()), (at(2, 2), 1));
        assert!(!lab.replica.install(at(2, 2)), "a second time it is no news");
        assert!(!lab.replica.install(at(1, 1)), "an older one neither");
        assert_eq!(lab.replica.log().last(), at(2, 3), "nothing has changed");
    });
}

#[test]
fn old_saves_do_not_speak_for_a_new_log() {
    check(|| {
        let mut lab = Lab::follower(4, &[1]);
        lab.receive(N2, 4, append(at(1, 1), entries(&[1, 4, 4])[1..].to_vec(), 1)).expect("n2");
        assert!(lab.ready(), "two entries are on their way to the disk");
        assert!(lab.replica.install(at(4, 90)));
        lab.receive(N2, 4, append(at(4, 90), entries(&[4, 4]), 92)).expect("n2 leads term 4");
        assert!(lab.ready(), "two more, of the new log");
        lab.sync();
        assert_eq!(lab.replica.synced(), Index(90), "the first save held nothing of this log");
        lab.sync();
        assert_eq!(lab.replica.synced(), Index(92), "the second did");
        lab.work();
        lab.replica.forget(Index(91));
        assert_eq!(lab.replica.log().start(), at(4, 91));
    });
}

#[test]
fn a_snapshot_that_does_not_arrive_is_no_end() {
    check(|| {
        let mut lab = behind();
        lab.work();
        lab.replica.snapshot_failed(N2);
        assert_ne!(lab.progress(N2).mode, Mode::Snapshot, "n2 waits for none");
        lab.replica.snapshot_failed(N3);
        assert_eq!(lab.replica.waiting_for_snapshot(), [], "n3 is asked again");
        lab.sent.clear();
        lab.work();
        assert_eq!(lab.replica.waiting_for_snapshot(), [N3], "and needs one again");
    });
}

#[test]
fn a_snapshot_may_be_ahead_of_the_disk() {
    check(|| {
        // n1's log holds what the snapshot stands for, and its disk does not yet.
        let mut lab = Lab::follower(4, &[1]);
        let new = entries(&[1, 4, 4, 4])[1..].to_vec();
        lab.receive(N2, 4, append(at(1, 1), new, 1)).expect("n2 leads term 4");
        assert!(lab.replica.install(at(4, 3)), "entry 3 was not known to be committed");
        lab.replica.forget(Index(3));
        assert_eq!((lab.replica.log().start(), lab.replica.log().last()), (at(4, 3), at(4, 4)));
        assert!(lab.ready());
        let save = lab.saves.back().expect("the disk is told");
        assert_eq!(save.content().begins, Some(at(4, 3)), "what is before is not written any more");
        let written = save.content().entries.as_ref().map(|span| (span.prev, span.entries.len()));
        assert_eq!(written, Some((at(4, 3), 1)), "entry 4 is");
        lab.work();
        assert_eq!(lab.replica.synced(), Index(4));
    });
}

#[test]
fn the_store_stands_still_for_a_snapshot() {
    check(|| {
        let mut lab = Lab::follower(4, &[1, 2, 2]);
        lab.receive(N2, 4, append(at(2, 3), vec![], 1)).expect("n2 leads term 4");
        lab.work();
        assert!(!lab.replica.prepare(at(1, 1)), "entry 1 was handed out: it is no news");
        assert!(lab.replica.prepare(at(2, 2)), "entry 2 was not");
        assert!(!lab.replica.prepare(at(2, 3)), "one at a time");
        lab.receive(N2, 4, append(at(2, 3), vec![], 3)).expect("n2 leads term 4");
        lab.work();
        assert_eq!(lab.replica.handed_out(), Index(1), "nothing is handed out meanwhile");
        assert!(lab.replica.install(at(2, 2)), "so it is still ahead of the store");
        assert_eq!(lab.commit(), 3, "what is known to be committed stays known");
        lab.work();
        let indexes: Vec<u64> = lab.applied.iter().map(|(index, _)| index.0).collect();
        assert_eq!(indexes, [1, 3], "what comes after it is handed out");
        assert!(!lab.replica.prepare(at(2, 3)), "late: it was handed out");
        let mut leader = Lab::leader(3, WIDE, 3, &[1]);
        assert!(!leader.replica.prepare(at(3, 9)), "a leader needs none");
    });
}

#[test]
fn a_snapshot_may_be_of_something_else() {
    check(|| {
        // Entries 2 and 3 are committed, and the state machine lags: it was handed out entry 1.
        let mut lab = Lab::new(3, Options { limits: Some(TIGHT), ..SMALL }, Disk::with(4, &[1]));
        lab.lags = true;
        lab.receive(N2, 4, append(at(1, 1), vec![], 1)).expect("n2 leads term 4");
        lab.work();
        let new = entries(&[1, 2, 2])[1..].to_vec();
        lab.receive(N2, 4, append(at(1, 1), new, 3)).expect("n2 leads term 4");
        lab.work();
        assert_eq!((lab.commit(), lab.replica.handed_out()), (3, Index(1)));
        assert!(!lab.replica.prepare(at(1, 2)), "(2, 2) is committed: it is of another cluster");
        assert!(lab.replica.prepare(at(2, 2)), "this is ours, and ahead of the state machine");
        assert!(!lab.replica.install(at(1, 1)), "another one came in its place, and is no news");
        lab.replica.note_applied(Index(1));
        lab.work();
        assert_eq!(lab.replica.handed_out(), Index(3), "so the state machine goes on");
        // A log that is longer, of another leader.
        let mut lab = Lab::follower(4, &[1, 2, 2, 2]);
        assert!(lab.replica.install(at(3, 2)), "nothing was handed out");
        assert_eq!((lab.replica.log().start(), lab.terms().len()), (at(3, 2), 0), "all is gone");
    });
}

#[test]
fn marks_only_rise() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1, 1]);
        lab.lags = true;
        lab.receive(N2, 4, holds(3)).expect("n1 leads");
        lab.work();
        lab.replica.note_applied(Index(3));
        lab.replica.note_applied(Index(2));
        assert_eq!(lab.replica.applied(), Index(3), "an old word changes nothing");
        lab.replica.note_durable(Index(3));
        lab.replica.note_durable(Index(1));
        assert_eq!(lab.replica.durable(), Index(3), "nor does this");
    });
}

#[test]
fn who_waits_for_no_snapshot_misses_none() {
    check(|| {
        let mut lab = Lab::leader(3, WIDE, 3, &[1, 1]);
        lab.receive(N2, 4, holds(3)).expect("n1 leads");
        lab.propose(1).expect("n1 leads");
        lab.work();
        let before = lab.progress(N2).clone();
        lab.replica.snapshot_failed(N2);
        assert_eq!(*lab.progress(N2), before, "entries flow to n2");
    });
}
