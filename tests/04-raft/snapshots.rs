//! The beginning of the log: who gets a snapshot instead, how much stays, what takes the log's
//! place, and what a state machine that is slow holds up.

use crate::bench::Bench;
use crate::lab::{
    EAGER, Lab, N1, N2, N3, N4, Store, WIDE, append, at, change, entry, first, holds, lacks, voters,
};
use basics::{Index, NodeId, Position};
use harness::check;
use raft::{Configuration, Follower, Keep, Options, Refused, Sending, Step, Stored};
use replication::Limits;

/// The log keeps what the store does not hold, and no more.
const NONE: Options = keeping(0, 1 << 20);

const fn keeping(entries: u64, bytes: usize) -> Options {
    Options { keep: Keep { entries, bytes, bytes_for_snapshots: 1 << 20 }, ..WIDE }
}

/// n1 leads three. Its log begins at 2, and n3 has nothing at all.
fn behind(options: Options) -> Lab {
    let mut lab = Lab::elected(3, options);
    lab.accepts(N2, 2);
    lab.work();
    assert_eq!(lab.start(), 2, "n1 has let go of what its store holds");
    lab.answers(N3, lacks(at(1, 1), Position::START));
    lab.tick(1);
    lab.work();
    assert_eq!(lab.knows(N3).map(|it| it.sending), Some(Sending::WaitsForSnapshot));
    lab.sent.clear();
    lab
}

/// Entries of 21 bytes are proposed, committed with n2, carried out and synced by the store.
fn write(lab: &mut Lab, count: u32) {
    for number in 0..count {
        lab.propose(number).expect("n1 leads");
        lab.work();
        let last = lab.last();
        lab.accepts(N2, last);
        lab.work();
    }
}

#[test]
fn who_needs_a_snapshot_is_named_once() {
    check(|| {
        let mut lab = behind(NONE);
        assert_eq!(lab.wanted, [N3]);
        for _ in 0..5 {
            lab.tick(1);
            lab.work();
            lab.answers(N3, lacks(at(2, 2), Position::START));
            lab.work();
        }
        assert!(lab.node.sending(N3, at(2, 2)), "it leaves");
        write(&mut lab, 2);
        assert_eq!(lab.wanted, [N3], "that much is known");
        lab.accepts(N3, 2);
        lab.work();
        let known = lab.knows(N3).expect("n3 follows");
        assert_eq!((known.matched, known.sending), (Index(2), Sending::Flows(1)), "it is there");
        assert!(!lab.node.sending(N3, at(2, 2)), "and needed no more");
    });
}

#[test]
fn what_cannot_be_sent() {
    check(|| {
        let mut lab = behind(NONE);
        assert!(!lab.node.sending(N2, at(2, 2)), "n2 waits for none");
        assert!(!lab.node.sending(N4, at(2, 2)), "nor does a stranger");
        assert!(!lab.node.sending(N3, at(1, 1)), "entry 2 is gone: n3 could not go on");
        lab.propose(1).expect("n1 leads");
        assert!(!lab.node.sending(N3, at(2, 3)), "nobody has applied entry 3");
        assert!(lab.node.sending(N3, at(2, 2)));
        let mut lab = Lab::follower(3, NONE);
        assert!(!lab.node.sending(N3, at(2, 2)), "n1 does not lead");
    });
}

#[test]
fn what_has_failed_is_wanted_again() {
    check(|| {
        let mut lab = behind(NONE);
        assert!(lab.node.sending(N3, at(2, 2)));
        lab.node.snapshot_failed(N3);
        for _ in 0..3 {
            lab.tick(1);
            lab.work();
        }
        assert_eq!(lab.wanted, [N3, N3], "it still needs one");
        // None could be made, so none was sent.
        lab.node.snapshot_failed(N3);
        lab.tick(1);
        lab.work();
        assert_eq!(lab.wanted, [N3, N3, N3]);
        lab.node.snapshot_failed(N2);
        lab.node.snapshot_failed(N4);
        lab.tick(1);
        lab.work();
        assert_eq!(lab.wanted.len(), 3, "others need none");
        let mut lab = Lab::follower(3, NONE);
        lab.node.snapshot_failed(N3);
        lab.work();
        assert_eq!(lab.wanted, [], "who does not lead wants none");
    });
}

#[test]
fn so_many_entries_stay() {
    check(|| {
        let mut lab = Lab::leader(3, keeping(3, 1 << 20));
        assert_eq!(lab.start(), 1);
        write(&mut lab, 10);
        assert_eq!((lab.start(), lab.last()), (9, 12), "three entries");
        let mut lab = Lab::leader(3, keeping(1_000, 70));
        write(&mut lab, 10);
        assert_eq!((lab.start(), lab.last()), (9, 12), "three entries of 21 bytes are in 70");
        let mut lab = Lab::leader(3, keeping(2, 70));
        write(&mut lab, 10);
        assert_eq!(lab.start(), 10, "whichever is fewer");
        let mut lab = Lab::leader(3, keeping(0, 0));
        write(&mut lab, 10);
        assert_eq!(lab.start(), 12, "none");
    });
}

#[test]
fn a_follower_lets_go_as_well() {
    check(|| {
        let mut lab = Lab::follower(3, keeping(2, 1 << 20));
        for index in 3..13 {
            lab.hears(N2, 2, append(at(2, index - 1), vec![entry(2, 7)], index));
            lab.work();
        }
        assert_eq!((lab.start(), lab.last()), (10, 12));
        lab.restart().expect("disk and store fit");
        assert_eq!((lab.start(), lab.last()), (10, 12), "its disk is like that, too");
        lab.hears(N2, 2, append(at(2, 12), vec![entry(2, 7), entry(2, 8)], 14));
        lab.work();
        assert_eq!((lab.start(), lab.last()), (12, 14), "what a start has found counts");
    });
}

#[test]
fn what_the_store_lacks_stays() {
    check(|| {
        let mut lab = Lab::leader(3, NONE);
        lab.unsynced = true;
        write(&mut lab, 5);
        assert_eq!((lab.start(), lab.status().applied), (2, Index(7)), "applied is not durable");
        lab.node.note_durable(Index(4));
        assert_eq!(lab.start(), 4);
        lab.propose(9).expect("n1 leads");
        lab.sync_store();
        assert_eq!((lab.start(), lab.last()), (7, 8), "and entry 8 is not even committed");
        lab.node.note_durable(Index(3));
        assert_eq!(lab.start(), 7, "an old word of the store changes nothing");
    });
}

#[test]
fn what_comes_after_a_snapshot_on_its_way_stays() {
    check(|| {
        let mut lab = behind(NONE);
        assert!(lab.node.sending(N3, at(2, 2)));
        write(&mut lab, 5);
        assert_eq!((lab.start(), lab.last()), (2, 7), "n3 will need entry 3 next");
        assert!(lab.node.sending(N3, at(2, 5)), "a newer one leaves instead");
        write(&mut lab, 1);
        assert_eq!(lab.start(), 5);
        lab.accepts(N3, 5);
        lab.work();
        write(&mut lab, 1);
        assert_eq!((lab.start(), lab.last()), (5, 9), "n3 has it, and lacks what came since");
        let last = lab.last();
        lab.accepts(N3, last);
        lab.work();
        write(&mut lab, 1);
        assert_eq!((lab.start(), lab.last()), (10, 10), "n3 is like any other follower now");
        assert_eq!(lab.given_up, []);
    });
}

#[test]
fn a_snapshot_that_is_too_slow_is_given_up() {
    check(|| {
        // Four entries of 21 bytes may stay for it.
        let keep = Keep { entries: 0, bytes: 0, bytes_for_snapshots: 84 };
        let mut lab = behind(Options { keep, ..WIDE });
        assert!(lab.node.sending(N3, at(2, 2)));
        write(&mut lab, 4);
        assert_eq!((lab.start(), lab.given_up.len()), (2, 0));
        write(&mut lab, 1);
        assert_eq!((lab.start(), lab.given_up.clone()), (7, vec![N3]), "105 bytes are too many");
        lab.tick(1);
        lab.work();
        assert_eq!(lab.wanted, [N3, N3], "it needs a newer one");
        assert!(lab.node.sending(N3, at(2, 7)));
    });
}

#[test]
fn the_oldest_snapshot_is_given_up_first() {
    check(|| {
        let keep = Keep { entries: 0, bytes: 0, bytes_for_snapshots: 84 };
        let mut lab = Lab::elected(4, Options { keep, ..WIDE });
        let third = |lab: &mut Lab| {
            let last = lab.last();
            lab.accepts(N2, last);
            lab.accepts(NodeId(4), last);
            lab.work();
        };
        third(&mut lab);
        lab.change(&[Step::Voter(NodeId(5))]).expect("n1 leads");
        lab.work();
        third(&mut lab);
        for node in [N3, NodeId(5)] {
            let known = lab.knows(node).expect("n1 serves it");
            let prev = Index(known.next.0 - 1);
            let term = lab.node.log().term_at(prev).unwrap_or(basics::Term(1));
            lab.answers(node, lacks(Position { term, index: prev }, Position::START));
        }
        lab.tick(1);
        lab.work();
        assert_eq!(lab.wanted, [N3, NodeId(5)]);
        assert!(lab.node.sending(N3, at(2, 3)));
        for number in 0..3 {
            lab.propose(number).expect("n1 leads");
            lab.work();
            third(&mut lab);
        }
        assert!(lab.node.sending(NodeId(5), at(2, 6)));
        for number in 0..2 {
            lab.propose(number).expect("n1 leads");
            lab.work();
            third(&mut lab);
        }
        assert_eq!(lab.given_up, [N3], "n3's is the older one");
        assert_eq!(lab.start(), 6, "n5's may still arrive");
    });
}

#[test]
fn whoever_leads_no_more_sends_nothing() {
    check(|| {
        let mut lab = behind(NONE);
        assert!(lab.node.sending(N3, at(2, 2)));
        lab.hears(N2, 3, append(at(2, 2), vec![first(3)], 2));
        lab.work();
        assert_eq!(lab.given_up, [N3], "n2 leads, and sends its own");
        assert!(!lab.node.sending(N3, at(2, 2)));
    });
}

#[test]
fn a_snapshot_takes_the_place_of_store_and_log() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.hears(N2, 2, append(at(2, 2), vec![entry(2, 1), change(2, &[Step::Remove(N3)])], 2));
        lab.work();
        lab.sent.clear();
        let store = Store { at: at(2, 90), configuration: voters(&[N1, N2, N3, N4]) };
        assert!(lab.bring(&store), "n1 lacks almost all of it");
        let status = lab.status();
        assert_eq!((status.start, status.last), (at(2, 90), at(2, 90)), "the log begins anew");
        let marks = [status.commit, status.handed_out, status.applied, status.durable];
        assert_eq!(marks, [Index(90); 4]);
        assert_eq!(lab.node.configuration(), &store.configuration, "the members are in it");
        assert_eq!(
            (lab.node.applied_configuration(), status.pending),
            (&store.configuration, None)
        );
        lab.ready();
        let save = lab.saves.back().expect("the disk's log begins anew");
        assert_eq!(save.content().begins, Some(at(2, 90)));
        assert_eq!(lab.take_sent(N2), [], "n2 is told when it does");
        lab.work();
        assert_eq!(lab.take_sent(N2), [holds(90)]);
        lab.hears(N2, 2, append(at(2, 90), vec![entry(2, 9)], 91));
        lab.work();
        assert_eq!(lab.applied.last().map(|(index, _)| *index), Some(Index(91)), "it goes on");
        assert_eq!(lab.disk.log.prev, at(2, 90));
    });
}

#[test]
fn what_the_log_holds_after_a_snapshot_stays() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        let tail = vec![
            change(2, &[Step::Voter(N4)]),
            entry(2, 1),
            change(2, &[Step::Remove(N3)]),
            entry(2, 2),
        ];
        lab.hears(N2, 2, append(at(2, 2), tail, 2));
        lab.work();
        let store = Store { at: at(2, 4), configuration: voters(&[N1, N2, N3, N4]) };
        assert!(lab.bring(&store), "entry 4 was not known to be committed");
        assert_eq!((lab.commit(), lab.last()), (4, 6), "entries 5 and 6 are still there");
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N4]), "with their changes");
        assert_eq!(lab.node.applied_configuration(), &store.configuration);
        lab.work();
        lab.hears(N2, 2, append(at(2, 6), vec![], 6));
        lab.work();
        let indexes: Vec<u64> = lab.applied.iter().map(|(index, _)| index.0).collect();
        assert_eq!(indexes, [2, 5, 6], "and carried out, once");
    });
}

#[test]
fn nothing_is_handed_out_while_a_snapshot_is_put_in_place() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.hears(N2, 2, append(at(2, 2), vec![entry(2, 1); 4], 2));
        lab.work();
        let store = Store { at: at(2, 5), configuration: voters(&[N1, N2, N3]) };
        assert!(lab.node.prepare(store.at));
        assert!(!lab.node.prepare(at(2, 6)), "one at a time");
        lab.hears(N2, 2, append(at(2, 6), vec![], 6));
        lab.work();
        assert_eq!(
            (lab.commit(), lab.status().handed_out),
            (6, Index(2)),
            "the store stands still"
        );
        assert!(lab.put(&store));
        lab.work();
        let indexes: Vec<u64> = lab.applied.iter().map(|(index, _)| index.0).collect();
        assert_eq!(indexes, [2, 6], "what is in the snapshot is not carried out once more");
    });
}

#[test]
fn what_is_no_news_is_not_put_in_place() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        let store = Store { at: at(2, 90), configuration: voters(&[N1, N2, N4]) };
        assert!(lab.bring(&store));
        assert!(!lab.bring(&store), "it came twice");
        let old = Store { at: at(2, 50), configuration: voters(&[N1, N2, N3]) };
        assert!(!lab.bring(&old), "it came late");
        let node = lab.node.clone();
        let draw = lab.draw();
        assert!(!lab.node.install(old.snapshot(), draw), "whoever insists");
        assert_eq!(lab.node, node, "changes nothing");
        assert_eq!(lab.node.configuration(), &store.configuration);
        let mut lab = Lab::leader(3, WIDE);
        assert!(!lab.node.prepare(at(2, 90)), "a leader needs none");
        assert!(lab.node.leads());
    });
}

#[test]
fn a_snapshot_of_a_term_that_nobody_has_heard_of_waits() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        assert!(!lab.node.prepare(at(3, 90)), "n1 follows the leader of term 2");
        lab.hears(N3, 3, append(at(3, 95), vec![], 90));
        assert!(lab.node.prepare(at(3, 90)), "now it follows that of term 3");
    });
}

#[test]
fn a_snapshot_of_another_cluster_is_none() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.lags = true;
        lab.hears(N2, 2, append(at(2, 2), vec![entry(2, 1); 3], 5));
        assert_eq!(lab.commit(), 5);
        assert!(!lab.node.prepare(at(1, 4)), "entry 4 is of term 2, and committed");
        assert!(lab.node.prepare(at(2, 4)));
    });
}

#[test]
fn a_late_word_of_the_state_machine_harms_nobody() {
    check(|| {
        let mut lab = Lab::follower(3, WIDE);
        lab.lags = true;
        lab.hears(N2, 2, append(at(2, 2), vec![change(2, &[Step::Voter(N4)])], 3));
        lab.work();
        let store = Store { at: at(2, 90), configuration: voters(&[N1, N2]) };
        assert!(lab.bring(&store));
        let draw = lab.draw();
        lab.node.note_applied(Index(3), draw);
        lab.node.note_durable(Index(3));
        let status = lab.status();
        assert_eq!((status.applied, status.durable), (Index(90), Index(90)));
        assert_eq!(lab.node.configuration(), &store.configuration);
    });
}

#[test]
fn a_leader_that_was_a_follower_when_it_was_prepared_resigns() {
    check(|| {
        let mut lab = Lab::follower(3, EAGER);
        let store = Store { at: at(2, 4), configuration: voters(&[N1, N2, N3]) };
        lab.hears(N2, 2, append(at(2, 2), vec![entry(2, 1); 3], 2));
        assert!(lab.node.prepare(store.at));
        lab.win();
        for node in [N2, N3] {
            lab.accepts(node, 6);
        }
        lab.work();
        assert_eq!((lab.commit(), lab.status().handed_out), (6, Index(2)), "it stands still");
        lab.read(1).expect("n1 leads");
        lab.work();
        assert!(lab.put(&store));
        lab.work();
        assert!(!lab.node.leads(), "a leader needs no snapshot");
        assert_eq!(lab.over.len(), 1, "whoever waited is told");
        let indexes: Vec<u64> = lab.applied.iter().map(|(index, _)| index.0).collect();
        assert_eq!(indexes, [2, 5, 6], "and it goes on");
        assert_eq!((lab.term(), lab.last()), (3, 6));
    });
}

#[test]
fn whoever_joins_learns_all_from_a_snapshot() {
    check(|| {
        let mut bench = Bench::led(3, NONE);
        for number in 0..5 {
            bench.lab(N1).propose(number).expect("n1 leads");
        }
        bench.calm();
        bench.join(N4);
        bench.lab(N1).change(&[Step::Learner(N4)]).expect("n1 leads");
        bench.ships = false;
        for _ in 0..3 {
            bench.beat(N1);
        }
        assert_eq!(bench.lab(N4).node.configuration(), &Configuration::unknown(), "not yet");
        assert_eq!(bench.lab(N4).last(), 0);
        bench.ship(N1, N4);
        bench.calm();
        bench.lab(N1).propose(9).expect("n1 leads");
        bench.beat(N1);
        let members = bench.lab(N1).node.configuration().clone();
        assert_eq!(bench.lab(N4).node.configuration(), &members, "n4 knows everybody");
        assert!(bench.who_applied(9).contains(&N4), "and goes on with the log");
        let known: Option<Follower> = bench.lab(N1).knows(N4);
        assert!(known.is_some_and(|it| !it.suspect), "it has broken no word");
    });
}

/// How much may wait to be carried out: five entries of 21 bytes, or a little more.
const LAGS: Options = Options {
    replication: replication::Options {
        limits: Some(Limits {
            window_messages: 10,
            window_bytes: 10_000,
            uncommitted_bytes: 10_000,
            unapplied_bytes: 100,
        }),
        ..WIDE.replication
    },
    ..WIDE
};

#[test]
fn a_leader_takes_nothing_while_its_state_machine_lags() {
    check(|| {
        let mut lab = Lab::leader(3, LAGS);
        lab.lags = true;
        write(&mut lab, 5);
        assert_eq!(lab.propose(9), Err(Refused::Full), "105 bytes wait");
        assert_eq!(lab.change(&[Step::Learner(N4)]), Err(Refused::Full));
        lab.read(1).expect("it leads as before");
        lab.carry_out();
        assert_eq!(lab.propose(9), Ok(at(2, 8)), "there is room again");
    });
}

#[test]
fn a_follower_takes_nothing_while_its_state_machine_lags() {
    check(|| {
        let mut lab = Lab::follower(3, LAGS);
        lab.lags = true;
        lab.hears(N2, 2, append(at(2, 2), vec![entry(2, 1); 5], 7));
        lab.work();
        lab.sent.clear();
        lab.hears(N2, 2, append(at(2, 7), vec![change(2, &[Step::Voter(N4)])], 8));
        lab.work();
        assert_eq!((lab.last(), lab.commit()), (7, 7), "entry 8 is not taken");
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N3]), "so it is not in effect");
        assert_eq!(lab.take_sent(N2), [holds(7)], "n2 is told what n1 holds, and is heard");
        lab.hears(N2, 2, append(at(2, 8), vec![entry(2, 2)], 8));
        lab.work();
        assert_eq!(lab.take_sent(N2), [holds(7)], "a refusal would be answered at once, for ever");
        lab.carry_out();
        lab.hears(N2, 2, append(at(2, 7), vec![change(2, &[Step::Voter(N4)])], 8));
        lab.work();
        assert_eq!((lab.last(), lab.commit()), (8, 8), "it goes on");
        assert_eq!(lab.node.configuration(), &voters(&[N1, N2, N3, N4]));
    });
}

#[test]
fn a_follower_that_was_slow_catches_up() {
    check(|| {
        let mut bench = Bench::led(3, LAGS);
        bench.lab(N3).lags = true;
        for number in 0..5 {
            bench.lab(N1).propose(number).expect("n1 leads");
        }
        bench.calm();
        bench.beat(N1);
        for number in 5..40 {
            bench.lab(N1).propose(number).expect("n1 leads");
            bench.calm();
        }
        for _ in 0..30 {
            bench.beat(N1);
        }
        assert_eq!(bench.lab(N3).last(), 7, "n3 does not run ahead of its state machine");
        assert_eq!((bench.leader(), bench.lab(N1).commit()), (Some(N1), 42), "nobody waits for it");
        bench.lab(N3).lags = false;
        bench.lab(N3).carry_out();
        for _ in 0..3 {
            bench.beat(N1);
        }
        assert_eq!(bench.lab(N3).status().applied, Index(42), "all of it is carried out");
        assert!(bench.lab(N1).knows(N3).is_some_and(|it| !it.suspect));
    });
}

#[test]
fn a_newcomer_starts_with_a_snapshot_alone() {
    check(|| {
        let mut lab = Lab::new(N4, WIDE, Stored::join());
        let store = Store { at: at(2, 90), configuration: voters(&[N1, N2, N4]) };
        assert!(!lab.bring(&store), "n4 has not heard of term 2");
        lab.hears(N1, 2, append(at(2, 90), vec![], 90));
        assert!(lab.bring(&store));
        lab.work();
        assert_eq!(lab.take_sent(N1).last(), Some(&holds(90)));
        lab.restart().expect("disk and store fit");
        assert_eq!((lab.start(), lab.last(), lab.term()), (90, 90, 2));
        assert_eq!(lab.node.configuration(), &store.configuration);
    });
}
