//! Traps that need more than one node to fall into.

use crate::lab::WIDE;
use crate::node::{Disk, Node, Setup, id};
use crate::properties::settled;
use crate::traces::{commit, elect, fail, lose_between, terms};
use harness::{Cluster, Machine, check};
use replication::Options;

/// One entry an append.
const SINGLE: Options = Options { batch_bytes: 1, ..WIDE };

fn three(disks: [Disk; 3], options: Options) -> Cluster<Node> {
    Cluster::new(Setup { options, disks: disks.to_vec(), clients: false }, 3)
}

#[test]
fn two_leaders_that_both_append() {
    check(|| {
        let mut cluster = three([Disk::with(0, &[]), Disk::with(0, &[]), Disk::with(0, &[])], WIDE);
        elect(&mut cluster, 0, &[1]);
        cluster.settle(&[0, 1]);
        // n1 leads term 1 and is cut off with two entries that only it has. n3 does not know yet.
        cluster.command(0, 1);
        cluster.command(0, 2);
        cluster.sync(0);
        cluster.lose_all();
        cluster.timeout(2);
        cluster.settle(&[1, 2]);
        cluster.timeout(1);
        cluster.settle(&[1, 2]);
        assert!(
            cluster.node(0).leads() && cluster.node(1).leads(),
            "n1 and n2 lead, each its term"
        );
        cluster.command(1, 3);
        cluster.settle(&[1, 2]);
        assert_eq!(commit(&cluster, 0), 1, "n1 can commit nothing more alone");
        assert!(cluster.node(1).replica().commit().0 >= 3, "n2 and n3 have committed entry 3");
        // n1's appends of its old term, and n2's of the new one, in one network.
        cluster.tick(0, 1);
        cluster.settle(&[0, 2]);
        cluster.tick(1, 1);
        cluster.settle(&[0, 1, 2]);
        assert!(settled(&cluster), "n1 follows n2, and all logs are n2's");
        assert_eq!(terms(&cluster, 0), terms(&cluster, 1), "n1's two entries are gone");
    });
}

#[test]
fn everything_twice_and_backwards() {
    check(|| {
        let mut cluster =
            three([Disk::with(0, &[]), Disk::with(0, &[]), Disk::with(0, &[])], SINGLE);
        elect(&mut cluster, 0, &[1]);
        cluster.settle(&[0, 1, 2]);
        for command in 1..=2 {
            cluster.command(0, command);
        }
        for _ in 0..20 {
            let mut flying = cluster.in_flight();
            flying.reverse();
            for packet in flying {
                cluster.deliver(packet);
                cluster.deliver(packet);
            }
            for node in 0..3 {
                cluster.sync(node);
            }
            cluster.tick(0, 1);
        }
        cluster.settle(&[0, 1, 2]);
        assert!(settled(&cluster), "each append arrived twice, the later ones first");
    });
}

#[test]
fn an_acknowledgement_that_crashed() {
    check(|| {
        let mut cluster = three([Disk::with(0, &[]), Disk::with(0, &[]), Disk::with(0, &[])], WIDE);
        elect(&mut cluster, 0, &[1]);
        cluster.sync(0);
        cluster.deliver_between(0, 1);
        // n2 has the entry in its log and not on its disk. Power goes.
        cluster.crash(1);
        cluster.settle(&[0, 2]);
        lose_between(&mut cluster, 1, 0);
        cluster.restart(1);
        assert_eq!(terms(&cluster, 1), [0_u64; 0], "n2's disk holds nothing");
        cluster.tick(0, 1);
        cluster.settle(&[0, 1, 2]);
        assert!(settled(&cluster), "n2 was asked again");
    });
}

#[test]
fn a_leader_that_loses_what_its_followers_have() {
    check(|| {
        let mut cluster = three([Disk::with(0, &[]), Disk::with(0, &[]), Disk::with(0, &[])], WIDE);
        elect(&mut cluster, 0, &[1]);
        cluster.command(0, 1);
        // The appends leave before n1's disk has anything.
        cluster.deliver_between(0, 1);
        cluster.sync(1);
        cluster.crash(0);
        cluster.restart(0);
        assert_eq!(terms(&cluster, 0), [0_u64; 0], "n1's entry was never on its disk");
        cluster.lose_all();
        cluster.timeout(1);
        cluster.settle(&[0, 1, 2]);
        assert!(settled(&cluster), "n2 leads, and what it has of n1's is committed by its own");
    });
}

#[test]
fn a_follower_that_lost_its_disk_is_filled_again() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, WIDE), 3);
        elect(&mut cluster, 0, &[1]);
        cluster.command(0, 1);
        cluster.settle(&[0, 1, 2]);
        assert!(settled(&cluster), "all three hold two entries");
        cluster.crash(2);
        cluster.wipe(2);
        cluster.restart(2);
        cluster.tick(0, 1);
        cluster.settle(&[0, 1, 2]);
        assert!(settled(&cluster), "n3 lacked what it had acknowledged, and n1 has sent it again");
        let progress = cluster.node(0).replica().progress(id(2)).expect("n1 leads");
        assert!(progress.suspect, "but n3 has broken its word: it is a suspect");
        let progress = cluster.node(0).replica().progress(id(1)).expect("n1 leads");
        assert!(!progress.suspect, "and n2 did not");
    });
}

#[test]
fn what_a_lost_disk_can_cost() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, WIDE), 3);
        elect(&mut cluster, 0, &[2]);
        cluster.command(0, 7);
        cluster.settle(&[0, 2]);
        cluster.lose_all();
        assert_eq!(commit(&cluster, 0), 2, "n1 and n3 hold command 7: a client was told so");
        // n3's disk is replaced under its name, and n1 dies before it has noticed.
        cluster.crash(2);
        cluster.wipe(2);
        cluster.restart(2);
        fail(&mut cluster, 0);
        cluster.timeout(2);
        cluster.settle(&[1, 2]);
        assert!(cluster.node(2).leads(), "n2 and n3 are a majority, and neither knows better");
        assert_eq!(commit(&cluster, 1), 1, "they have committed an entry of their own");
        let done = (1..3).any(|node| cluster.node(node).has_done(7));
        assert!(!done, "command 7 is lost, although it was committed");
        // n3's vote went with the disk as well: it leads the very term in which it voted for n1.
        // No rule for logs can help: n3 promised, and its promise went with its disk. Whoever gets
        // a new disk must come back as a new node.
    });
}

#[test]
fn a_deposed_leaders_tail() {
    check(|| {
        let disks =
            [Disk::with(3, &[1, 2, 2, 2, 2, 2]), Disk::with(3, &[1, 3]), Disk::with(3, &[1])];
        let mut cluster = three(disks, SINGLE);
        elect(&mut cluster, 1, &[2]);
        cluster.settle(&[0, 1, 2]);
        for node in 0..3 {
            assert_eq!(terms(&cluster, node), [1, 3, 4], "n{}'s log", node + 1);
        }
        fail(&mut cluster, 1);
        cluster.timeout(0);
        cluster.settle(&[0, 2]);
        assert_eq!(commit(&cluster, 0), 4, "n1 leads now, and commits with an entry of its own");
    });
}
