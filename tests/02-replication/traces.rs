//! Runs that the book shows. Each asserts what its page says of it.

use crate::lab::WIDE;
use crate::node::{ALL, Disk, Node, SMALL, Setup};
use crate::properties::settled;
use harness::{Action, Cluster, check};
use replication::{Limits, Options, Refused};

/// One entry an append, so that each step shows one.
const SINGLE: Options = Options { batch_bytes: 1, ..WIDE };

/// The terms of a node's log.
pub fn terms(cluster: &Cluster<Node>, node: usize) -> Vec<u64> {
    crate::lab::terms(cluster.node(node).replica().log())
}

pub fn commit(cluster: &Cluster<Node>, node: usize) -> u64 {
    cluster.node(node).replica().commit().0
}

/// The oldest message under way between two nodes is lost, if there is one.
pub fn lose_between(cluster: &mut Cluster<Node>, from: usize, to: usize) {
    let packets = cluster.packets();
    let between = |packet: &usize| packets[*packet].from == from && packets[*packet].to == to;
    if let Some(packet) = cluster.in_flight().into_iter().find(between) {
        assert!(cluster.apply(Action::Lose { packet }));
    }
}

/// A node stands, these vote for it, and it leads. Its appends are under way after that, and its
/// own entry waits for its disk.
pub fn elect(cluster: &mut Cluster<Node>, node: usize, voters: &[usize]) {
    cluster.timeout(node);
    cluster.sync(node);
    for voter in voters {
        cluster.deliver_between(node, *voter);
        cluster.sync(*voter);
        cluster.deliver_between(*voter, node);
    }
    assert!(cluster.node(node).leads(), "n{} has enough votes to lead", node + 1);
}

/// A node stands, and nobody hears it. It is a term further.
fn stand_in_vain(cluster: &mut Cluster<Node>, node: usize) {
    cluster.timeout(node);
    cluster.sync(node);
    cluster.lose_all();
}

/// Power goes on a node, and what it said is lost.
pub fn fail(cluster: &mut Cluster<Node>, node: usize) {
    cluster.crash(node);
    cluster.lose_all();
}

#[test]
fn a_write_survives_its_leader() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, WIDE), 3);
        elect(&mut cluster, 0, &[1]);
        cluster.lose_all();
        cluster.command(0, 7);
        cluster.tick(0, 1);
        lose_between(&mut cluster, 0, 2);
        cluster.settle(&[0, 1]);
        assert_eq!(commit(&cluster, 0), 2, "n1 and n2 hold n1's empty entry and the write");
        fail(&mut cluster, 0);
        // n3 knows nothing of the write. n2 does, and does not vote for n3.
        cluster.timeout(2);
        cluster.settle(&[1, 2]);
        assert!(!cluster.node(2).leads(), "n2's log ends after n3's");
        cluster.timeout(1);
        cluster.settle(&[1, 2]);
        assert!(cluster.node(1).leads(), "n3's log ends before n2's");
        let applied = |node: usize| cluster.node(node).applied().to_vec();
        assert_eq!(applied(1), applied(2), "what the state machines of n2 and n3 were given");
        assert!(applied(2).iter().any(|entry| entry.payload.is_some()), "the write is among it");
        cluster.play("the leader dies, and the write that it acknowledged does not");
    });
}

#[test]
fn figure_7() {
    check(|| {
        let logs: [&[u64]; 7] = [
            &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
            &[1, 1, 1, 4, 4, 5, 5, 6, 6],
            &[1, 1, 1, 4],
            &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
            &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
            &[1, 1, 1, 4, 4, 4, 4],
            &[1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
        ];
        let disks = logs.iter().map(|terms| Disk::with(7, terms)).collect();
        let mut cluster = Cluster::<Node>::new(Setup { options: WIDE, disks, clients: false }, 7);
        elect(&mut cluster, 0, &[1, 2, 5]);
        for follower in 1..7 {
            // Requests for votes that n1 no longer needs.
            if [3, 4, 6].contains(&follower) {
                lose_between(&mut cluster, 0, follower);
            }
            cluster.settle(&[0, follower]);
            assert_eq!(
                terms(&cluster, follower),
                [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8],
                "n{}'s log is n1's",
                follower + 1
            );
        }
        cluster.play("a leader of term 8, and the six followers of Figure 7");
    });
}

#[test]
fn figure_8() {
    check(|| {
        let setup = Setup { options: SINGLE, disks: vec![Disk::with(1, &[1]); 5], clients: false };
        let mut cluster = Cluster::<Node>::new(setup, 5);
        // n1 leads term 2, and brings its entry to n2 alone.
        elect(&mut cluster, 0, &[1, 2]);
        cluster.sync(0);
        lose_between(&mut cluster, 0, 4);
        cluster.deliver_between(0, 1);
        cluster.sync(1);
        fail(&mut cluster, 0);
        assert_eq!((terms(&cluster, 1), terms(&cluster, 2)), (vec![1, 2], vec![1]), "n2, n3");
        // n5 stands in term 2, where n3 has voted. In term 3 it leads, and tells nobody.
        stand_in_vain(&mut cluster, 4);
        elect(&mut cluster, 4, &[2, 3]);
        cluster.sync(4);
        fail(&mut cluster, 4);
        // n1 is back, and leads term 4. Its entry of term 2 comes to n3.
        cluster.restart(0);
        stand_in_vain(&mut cluster, 0);
        elect(&mut cluster, 0, &[1, 2]);
        cluster.sync(0);
        for _ in 0..2 {
            cluster.deliver_between(0, 2);
            cluster.sync(2);
            cluster.deliver_between(2, 0);
        }
        cluster.deliver_between(0, 1);
        cluster.sync(1);
        cluster.deliver_between(1, 0);
        for node in 0..3 {
            assert!(terms(&cluster, node).starts_with(&[1, 2]), "entry 2 is on n1, n2 and n3");
        }
        assert_eq!(commit(&cluster, 0), 0, "three of five hold it, and it is of an older term");
        fail(&mut cluster, 0);
        // n5 is back. n3 and n4 vote for it: its log ends with term 3.
        cluster.restart(4);
        stand_in_vain(&mut cluster, 4);
        elect(&mut cluster, 4, &[2, 3]);
        cluster.settle(&[2, 3, 4]);
        assert_eq!(terms(&cluster, 2), [1, 3, 5], "n3's entry of term 2 is gone");
        assert_eq!(commit(&cluster, 4), 3, "entry 3 is of n5's own term, and takes 2 with it");
        cluster.play("Figure 8: an entry on a majority, and not committed");
    });
}

#[test]
fn a_window_reopens() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(2, SMALL), 2);
        elect(&mut cluster, 0, &[1]);
        cluster.settle(&[0, 1]);
        for command in 1..=5 {
            cluster.command(0, command);
        }
        cluster.lose_all();
        cluster.command(0, 6);
        assert_eq!(cluster.in_flight().len(), 0, "the window is full, of appends that are lost");
        cluster.tick(0, 1);
        cluster.settle(&[0, 1]);
        assert!(
            settled(&cluster),
            "the heartbeat has shown what is missing, and it was sent again"
        );
        cluster.play("a window whose appends were all lost");
    });
}

#[test]
fn deaf_leader() {
    check(|| {
        let limits = Some(Limits { uncommitted_bytes: 60, ..crate::node::LIMITS });
        let setup = Setup::new(3, Options { limits, ..ALL });
        let mut cluster = Cluster::<Node>::new(setup, 3);
        cluster.timeout(0);
        cluster.settle(&[0, 1, 2]);
        assert!(settled(&cluster), "n1 leads");
        assert!(cluster.apply(Action::Cut { links: vec![(1, 0), (2, 0)] }));
        for command in 1..=4 {
            cluster.command(0, command);
        }
        let full = cluster.node(0).replica().clone().propose(crate::node::Op::new(9));
        assert_eq!(full, Err(Refused::Full), "nothing is acknowledged, and n1 has had enough");
        for _ in 0..60 {
            if [1, 2].iter().any(|node| cluster.node(*node).leads()) {
                break;
            }
            for node in 0..3 {
                cluster.tick(node, 1);
                deliver_but(&mut cluster, |_, to| to == 0);
            }
        }
        assert!(!cluster.node(0).leads(), "n1 has heard nobody for too long");
        let others = [cluster.node(1).leads(), cluster.node(2).leads()];
        assert!(others.contains(&true), "n2 and n3 hear each other, and have elected one of them");
        cluster.play("a leader that can send and not receive");
    });
}

/// Everything under way arrives and every save is synced, but for what goes the ways that are cut.
fn deliver_but(cluster: &mut Cluster<Node>, cut: impl Fn(usize, usize) -> bool) {
    loop {
        for node in 0..cluster.size() {
            cluster.sync(node);
        }
        let Some(packet) = cluster.in_flight().first().copied() else { return };
        let (from, to) = (cluster.packets()[packet].from, cluster.packets()[packet].to);
        if cut(from, to) {
            assert!(cluster.apply(Action::Lose { packet }));
        } else {
            cluster.deliver(packet);
        }
    }
}
