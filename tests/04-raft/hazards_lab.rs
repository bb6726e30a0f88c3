//! Traps that real clusters fell into, and that papers warn of, one script each.

use crate::bench::Bench;
use crate::lab::{
    EAGER, Lab, N1, N2, N3, N4, N5, Store, WIDE, append, at, change, entry, first, holds, voters,
};
use basics::{Index, Term};
use election::Role;
use harness::check;
use raft::{
    Configuration, Impossible, Keep, Options, Reading, Refused, Sending, Step, Stored, Ticket,
};

/// The log keeps what the store does not hold, and no more.
const NONE: Options = Options { keep: Keep { entries: 0, bytes: 0, ..WIDE.keep }, ..EAGER };

/// Whoever hears the leader shields it. There is no poll.
const SHIELD: Options = Options {
    replication: replication::Options {
        election: election::Options { pre_vote: false, ..WIDE.replication.election },
        ..WIDE.replication
    },
    ..WIDE
};

fn is_joint(configuration: &Configuration) -> bool {
    matches!(configuration, Configuration::Joint { .. })
}

#[test]
fn two_leaders_that_each_change_one_member() {
    // D. Ongaro on raft-dev, 10 July 2015: "bug in single-server membership changes".
    check(|| {
        let mut bench = Bench::led(4, EAGER);
        bench.join(N5);
        bench.lab(N1).change(&[Step::Voter(N5)]).expect("n1 leads four");
        for _ in 0..3 {
            bench.lab(N1).tick(1);
            bench.settle(&[N1, N5]);
        }
        assert_eq!((bench.lab(N5).last(), bench.lab(N1).commit()), (3, 2), "two of five have it");
        bench.flying.clear();
        // n2 knows of four. If it could take n1 out now, n2 and n3 would be enough for that, and
        // n1, n4 and n5 would be enough to undo it.
        bench.elect(N2, &[N2, N3, N4]);
        assert_eq!(bench.lab(N2).change(&[Step::Remove(N1)]), Err(Refused::TooEarly));
        bench.settle(&[N2, N3]);
        assert_eq!(bench.lab(N2).change(&[Step::Remove(N1)]), Err(Refused::TooEarly), "still");
        bench.flying.clear();
        // n1 starts anew. n4 has given its vote of term 3 away, and has another in term 4.
        bench.lab(N1).restart().expect("disk and store fit");
        bench.lab(N1).stand();
        bench.settle(&[N1, N4, N5]);
        bench.elect(N1, &[N1, N4, N5]);
        bench.settle(&[N1, N4, N5]);
        assert_eq!(bench.lab(N1).status().pending, None, "n1, n4 and n5 have committed five");
        bench.beat(N1);
        let five = voters(&[N1, N2, N3, N4, N5]);
        for node in bench.all() {
            assert_eq!(bench.lab(node).store.configuration, five, "{node} has it, too");
        }
    });
}

#[test]
fn a_leader_of_four_that_has_committed_keeps_the_fifth_out() {
    // The same, where n2 does commit an entry of its term first: nobody can undo it then.
    check(|| {
        let mut bench = Bench::led(4, EAGER);
        bench.join(N5);
        bench.lab(N1).change(&[Step::Voter(N5)]).expect("n1 leads four");
        bench.lab(N1).work();
        bench.flying.clear();
        bench.elect(N2, &[N2, N3, N4]);
        bench.settle(&[N2, N3, N4]);
        bench.lab(N2).change(&[Step::Remove(N1)]).expect("an entry of term 3 is committed");
        bench.settle(&[N2, N3]);
        assert_eq!(bench.lab(N2).status().pending, None, "n2 and n3 are two of three");
        bench.flying.clear();
        bench.lab(N1).restart().expect("disk and store fit");
        for _ in 0..3 {
            bench.lab(N1).stand();
            bench.settle(&[N1, N4, N5]);
            assert!(!bench.lab(N1).node.leads(), "n4 holds n2's entry, and does not vote for n1");
        }
    });
}

#[test]
fn members_that_start_with_an_old_store() {
    // Dissertation of D. Ongaro, 4.1: a server uses the latest configuration in its log, whether
    // it is committed or not. One that started with its store's would go by an old one.
    check(|| {
        let mut bench = Bench::founded(3, EAGER);
        for node in [N1, N2, N3] {
            bench.lab(node).unsynced = true;
        }
        bench.elect(N1, &[N1, N2, N3]);
        bench.calm();
        for node in [N4, N5] {
            bench.join(node);
            bench.ships = false;
            bench.lab(N1).change(&[Step::Voter(node)]).expect("n1 leads");
            bench.calm();
            bench.beat(N1);
            bench.beat(N1);
        }
        assert_eq!(bench.lab(N1).commit(), 4, "three of five hold both changes");
        // Power goes for two of the five. Their stores know of three members.
        for node in [N1, N2] {
            assert_eq!(bench.lab(node).store, Store::founded(3));
            bench.lab(node).restart().expect("disk and store fit");
            let five = voters(&[N1, N2, N3, N4, N5]);
            assert_eq!(bench.lab(node).node.configuration(), &five, "their logs know of five");
        }
        bench.flying.clear();
        bench.lab(N1).stand();
        bench.settle(&[N1, N2]);
        assert!(!bench.lab(N1).node.leads(), "two of five elect nobody");
        bench.elect(N1, &[N1, N2, N3]);
        bench.settle(&[N1, N2, N3]);
        assert_eq!(bench.lab(N1).commit(), 5, "three do, and commit");
    });
}

#[test]
fn a_joint_change_that_one_half_decides() {
    // The Raft paper, section 6: joint consensus takes separate majorities of the old and the new.
    check(|| {
        let steps = [Step::Remove(N2), Step::Remove(N3), Step::Voter(N4), Step::Voter(N5)];
        let begun = || {
            let mut bench = Bench::led(3, EAGER);
            bench.join(N4);
            bench.join(N5);
            bench.lab(N1).change(&steps).expect("n1 leads");
            bench
        };
        for half in [[N1, N4, N5], [N1, N2, N3]] {
            let mut bench = begun();
            for _ in 0..3 {
                bench.lab(N1).tick(1);
                bench.settle(&half);
            }
            for node in half {
                assert_eq!(bench.lab(node).last(), 3, "all of {half:?} hold the change");
            }
            assert_eq!(bench.lab(N1).commit(), 2, "{half:?} are one half");
            bench.flying.clear();
            bench.lab(half[1]).stand();
            bench.settle(&half);
            assert!(!bench.lab(half[1]).node.leads(), "nor do they elect anybody");
        }
        let mut bench = begun();
        for _ in 0..3 {
            bench.lab(N1).tick(1);
            bench.settle(&[N1, N2, N4]);
        }
        assert_eq!(bench.lab(N1).store.configuration, voters(&[N1, N4, N5]), "two of both do");
    });
}

#[test]
fn a_change_that_is_forgotten() {
    // Dissertation, 4.1: if the change is cut from the log, a server goes back to the one before.
    check(|| {
        let mut bench = Bench::led(3, EAGER);
        bench.lab(N1).change(&[Step::Voter(N4), Step::Voter(N5)]).expect("n1 leads");
        bench.lab(N1).work();
        assert!(is_joint(bench.lab(N1).node.configuration()));
        bench.flying.clear();
        bench.lab(N1).sent.clear();
        bench.elect(N2, &[N2, N3]);
        bench.settle(&[N2, N3]);
        bench.beat(N2);
        let three = voters(&[N1, N2, N3]);
        assert_eq!(bench.lab(N1).node.configuration(), &three, "n1 has forgotten it");
        bench.lab(N1).restart().expect("disk and store fit");
        assert_eq!(bench.lab(N1).node.configuration(), &three, "its disk, too");
        bench.elect(N1, &[N1, N3]);
        bench.settle(&[N1, N3]);
        assert_eq!(bench.lab(N1).commit(), 4, "n1 and n3 are two of three, for every purpose");
    });
}

#[test]
fn a_learner_that_is_counted() {
    // Dissertation, 4.2.1: new servers join as non-voting members, and are not counted.
    check(|| {
        let mut bench = Bench::led(3, EAGER);
        for node in [N4, N5] {
            bench.join(node);
        }
        bench.lab(N1).change(&[Step::Learner(N4), Step::Learner(N5)]).expect("n1 leads");
        for _ in 0..3 {
            bench.beat(N1);
        }
        let before = bench.lab(N1).commit();
        bench.lab(N1).propose(7).expect("n1 leads");
        bench.lab(N1).read(1).expect("n1 leads");
        bench.settle(&[N1, N4, N5]);
        assert_eq!(bench.lab(N5).last(), before + 1, "the learners hold it");
        assert_eq!(bench.lab(N1).commit(), before, "and no other voter does");
        assert_eq!(bench.lab(N1).over, [], "no learner says who leads");
        bench.flying.clear();
        bench.lab(N1).restart().expect("disk and store fit");
        bench.lab(N1).stand();
        bench.settle(&[N1, N4, N5]);
        assert!(!bench.lab(N1).node.leads(), "or who is to");
        bench.lab(N4).stand();
        bench.settle(&[N1, N2, N3, N4]);
        assert_eq!(bench.lab(N4).node.replica().election().role(), Role::Follower);
    });
}

#[test]
fn a_promotion_of_one_that_is_behind() {
    // Dissertation, 4.2.1: until a new voter has caught up, a cluster may commit nothing. etcd 3.4:
    // "can only promote a learner member which is in sync with leader".
    check(|| {
        let mut bench = Bench::led(3, NONE);
        bench.ships = false;
        bench.join(N4);
        bench.lab(N1).change(&[Step::Learner(N4)]).expect("n1 leads");
        for _ in 0..3 {
            bench.beat(N1);
        }
        assert_eq!(bench.lab(N1).change(&[Step::Voter(N4)]), Err(Refused::Behind(N4)));
        bench.ship(N1, N4);
        bench.beat(N1);
        bench.lab(N1).change(&[Step::Voter(N4)]).expect("n4 has caught up");
        bench.settle(&[N1, N2, N4]);
        assert_eq!(bench.lab(N1).status().pending, None, "and helps to commit at once");
    });
}

#[test]
fn a_read_at_a_leader_that_was_deposed() {
    // K. Kingsbury, "Jepsen: etcd and Consul", 2014: a leader that was cut off answered with what
    // it had.
    check(|| {
        let mut bench = Bench::led(3, EAGER);
        bench.lab(N1).read(1).expect("n1 leads");
        bench.settle(&[N1, N3]);
        assert_eq!(bench.lab(N1).over.len(), 1, "n3 says so");
        bench.flying.clear();
        bench.elect(N2, &[N2, N3]);
        bench.lab(N2).propose(7).expect("n2 leads");
        bench.settle(&[N2, N3]);
        assert!(bench.lab(N1).node.leads() && bench.lab(N2).node.leads(), "two lead");
        bench.lab(N1).read(2).expect("it does not know better");
        bench.lab(N1).tick(3);
        bench.settle(&[N1]);
        assert_eq!(bench.lab(N1).over.len(), 1, "it asks, and waits");
        bench.settle(&[N1, N3]);
        assert_eq!(bench.lab(N1).over.last(), Some(&(Ticket(2), Reading::Lost)));
    });
}

#[test]
fn a_read_before_the_first_commit() {
    // Dissertation, 6.4: a new leader holds every committed entry, and does not know which those
    // are.
    check(|| {
        let mut bench = Bench::led(3, EAGER);
        bench.lab(N1).propose(7).expect("n1 leads");
        while bench.lab(N1).commit() < 3 {
            assert!(bench.step(&[N1, N3]), "a client is told that 7 is written");
        }
        bench.flying.clear();
        bench.elect(N3, &[N2, N3]);
        bench.lab(N3).read(1).expect("n3 leads");
        bench.collect(&[N3]);
        assert_eq!((bench.lab(N3).commit(), bench.lab(N3).over.len()), (2, 0), "it does not know");
        bench.settle(&[N2, N3]);
        let over = bench.lab(N3).over.clone();
        assert_eq!(over, [(Ticket(1), Reading::From(Index(4)))], "7 is before n3's own entry");
    });
}

#[test]
fn the_last_voter_that_goes() {
    // etcd's confchange package: "removed all voters". The last one takes the cluster with it.
    check(|| {
        let mut bench = Bench::led(1, EAGER);
        bench.join(N2);
        bench.lab(N1).change(&[Step::Learner(N2)]).expect("n1 leads");
        for _ in 0..3 {
            bench.beat(N1);
        }
        let none = Err(Refused::Impossible(Impossible::NoVoterLeft));
        for step in [Step::Remove(N1), Step::Learner(N1)] {
            assert_eq!(bench.lab(N1).change(&[step]), none, "n2 has no vote");
        }
        bench.lab(N1).change(&[Step::Remove(N1), Step::Voter(N2)]).expect("n2 may take its place");
        bench.calm();
        bench.beat(N1);
        assert_eq!(bench.leader(), Some(N2), "n1 has handed over");
        assert_eq!(bench.lab(N2).store.configuration, voters(&[N2]));
        bench.lab(N2).propose(7).expect("n2 leads");
        bench.calm();
        assert!(bench.who_applied(7).contains(&N2), "a cluster of one goes on");
    });
}

#[test]
fn a_node_that_does_not_know_that_it_was_removed() {
    // Dissertation, 4.2.3: servers that are not in the new configuration can disrupt the cluster.
    check(|| {
        for options in [WIDE, SHIELD] {
            let mut bench = Bench::led(3, options);
            bench.lab(N1).change(&[Step::Remove(N3)]).expect("n1 leads");
            bench.settle(&[N1, N2]);
            assert_eq!(bench.lab(N1).store.configuration, voters(&[N1, N2]));
            bench.lose(&[N3]);
            for number in 0..60 {
                bench.lab(N3).tick(1);
                bench.beat(N1);
                bench.beat(N2);
                bench.lab(N1).propose(number).expect("n1 leads");
            }
            assert_eq!((bench.leader(), bench.lab(N1).term()), (Some(N1), 2), "undisturbed");
            assert_ne!(bench.lab(N3).node.replica().election().role(), Role::Leader);
        }
    });
}

#[test]
fn a_newcomer_that_reads_of_its_own_removal() {
    // Dissertation, 4.2: whoever catches up reads old changes on the way, also those about itself.
    check(|| {
        let mut lab = Lab::new(N4, EAGER, Stored::join());
        lab.hears(N1, 2, append(at(2, 9), vec![], 9));
        let store = Store { at: at(2, 9), configuration: voters(&[N1, N2, N3, N4]) };
        assert!(lab.bring(&store));
        lab.hears(N1, 2, append(at(2, 9), vec![change(2, &[Step::Remove(N4)])], 10));
        lab.work();
        lab.sent.clear();
        lab.tick(100);
        lab.stand();
        lab.work();
        assert_eq!((lab.term(), lab.sent.len()), (2, 0), "it is out, and waits");
        let back = vec![entry(2, 1), change(2, &[Step::Voter(N4)])];
        lab.hears(N1, 2, append(at(2, 10), back, 10));
        lab.work();
        assert!(lab.node.configuration().is_voter(N4), "it was taken in again");
        assert_eq!(lab.take_sent(N1).last(), Some(&holds(12)), "and has served all the time");
        lab.stand();
        lab.work();
        assert_eq!(lab.term(), 3, "it votes, and may stand");
    });
}

#[test]
fn a_follower_whose_store_is_ahead_of_a_new_leaders() {
    // Dissertation, chapter 5: each server compacts its log by itself. No two begin alike.
    check(|| {
        let mut bench = Bench::founded(3, NONE);
        bench.options = EAGER;
        bench.start(N2, Stored::found([N1, N2, N3]));
        bench.lab(N2).unsynced = true;
        bench.elect(N1, &[N1, N2, N3]);
        for number in 0..10 {
            bench.lab(N1).propose(number).expect("n1 leads");
            bench.calm();
        }
        bench.beat(N1);
        assert_eq!(bench.lab(N3).start(), 12, "n3 has let go of everything");
        // n2 begins anew with what its store had on its first day, and its whole log.
        bench.lab(N2).restart().expect("disk and store fit");
        assert_eq!((bench.lab(N2).start(), bench.lab(N2).commit()), (1, 1));
        bench.flying.clear();
        bench.elect(N2, &[N2, N3]);
        bench.settle(&[N2, N3]);
        assert_eq!(
            (bench.lab(N2).commit(), bench.lab(N3).commit()),
            (13, 13),
            "they understand each other"
        );
        assert_eq!(bench.lab(N2).wanted, [], "and nobody needs a snapshot");
        assert_eq!(bench.lab(N2).knows(N3).map(|it| it.suspect), Some(false));
    });
}

#[test]
fn a_snapshot_that_compaction_chases() {
    // etcd keeps entries for slow followers behind every snapshot (SnapshotCatchUpEntries): one
    // that has just got a snapshot must not need the next.
    check(|| {
        let mut bench = Bench::led(3, NONE);
        for number in 0..5 {
            bench.lab(N1).propose(number).expect("n1 leads");
            bench.settle(&[N1, N2]);
        }
        bench.ships = false;
        bench.flying.clear();
        for _ in 0..3 {
            bench.beat(N1);
        }
        let waits = Some(Sending::WaitsForSnapshot);
        assert_eq!(bench.lab(N1).knows(N3).map(|it| it.sending), waits);
        let store = bench.lab(N1).store.clone();
        assert!(bench.lab(N1).node.sending(N3, store.at), "it leaves");
        for number in 5..30 {
            bench.lab(N1).propose(number).expect("n1 leads");
            bench.calm();
            bench.beat(N1);
        }
        assert!(bench.lab(N3).bring(&store), "it arrives, long after");
        bench.calm();
        for _ in 0..2 {
            bench.beat(N1);
        }
        assert_eq!(bench.lab(N3).commit(), 32, "n3 has gone on with the log");
        assert!(bench.who_applied(29).contains(&N3));
    });
}

#[test]
fn a_disk_that_was_lost_under_its_name() {
    // etcd's guide to failures: a member whose data is lost is removed, and comes back as a new
    // one.
    check(|| {
        let mut bench = Bench::led(3, EAGER);
        for number in 0..3 {
            bench.lab(N1).propose(number).expect("n1 leads");
            bench.calm();
        }
        bench.beat(N1);
        bench.join(N3);
        for _ in 0..4 {
            bench.beat(N1);
        }
        assert_eq!(bench.lab(N3).last(), 5, "n3 is filled again");
        let suspect = |bench: &mut Bench, node| bench.lab(N1).knows(node).map(|it| it.suspect);
        assert_eq!(suspect(&mut bench, N3), Some(true), "but it has broken its word");
        assert_eq!(suspect(&mut bench, N2), Some(false));
    });
}

#[test]
fn what_a_lost_disk_can_cost() {
    // The Raft paper assumes disks that forget nothing (section 5, Figure 2).
    check(|| {
        let mut bench = Bench::led(3, EAGER);
        for node in [N1, N3] {
            // They carry out nothing, or two state machines would differ.
            bench.lab(node).lags = true;
        }
        bench.lab(N1).propose(7).expect("n1 leads");
        while bench.lab(N1).commit() < 3 {
            assert!(bench.step(&[N1, N3]), "a client is told that 7 is written");
        }
        bench.flying.clear();
        bench.start(N3, Stored::found([N1, N2, N3]));
        assert_eq!(bench.lab(N3).term(), 1, "n3's vote is gone as well");
        bench.elect(N2, &[N2, N3]);
        bench.settle(&[N2, N3]);
        assert_eq!(bench.lab(N2).commit(), 3, "n2 and n3 have committed something else");
        assert_eq!(bench.lab(N2).node.log().term_at(Index(3)), Some(Term(3)));
        assert!(bench.who_applied(7).is_empty(), "7 is lost, although it was committed");
        assert_eq!(bench.lab(N2).applied.last(), Some(&(Index(3), first(3))));
    });
}
