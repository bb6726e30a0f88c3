//! Runs that the book shows. Each asserts what its page says of it.

use crate::lab::{N1, N3, PLAIN};
use crate::node::{Node, Setup};
use crate::properties::{leader, settled};
use basics::NodeId;
use election::Role;
use harness::{Action, Cluster, check};

const ALL: [usize; 3] = [0, 1, 2];

/// Three nodes, nothing on their disks.
fn three() -> Cluster<Node> {
    Cluster::new(Setup::new(3, PLAIN), 3)
}

fn term(cluster: &Cluster<Node>, node: usize) -> u64 {
    cluster.node(node).election().hard_state().term.0
}

fn role(cluster: &Cluster<Node>, node: usize) -> Role {
    cluster.node(node).election().role()
}

/// The vote that a node's disk holds.
fn vote_on_disk(cluster: &Cluster<Node>, node: usize) -> Option<NodeId> {
    cluster.disk(node).vote
}

/// How many messages a node has sent so far.
fn sent(cluster: &Cluster<Node>, node: usize) -> usize {
    cluster.packets().iter().filter(|packet| packet.from == node).count()
}

/// The oldest message under way from one node to another is lost.
fn lose_between(cluster: &mut Cluster<Node>, from: usize, to: usize) {
    let packets = cluster.packets();
    let lost = |packet: &usize| packets[*packet].from == from && packets[*packet].to == to;
    let packet = cluster.in_flight().into_iter().find(lost).expect("one is under way");
    assert!(cluster.apply(Action::Lose { packet }));
}

#[test]
fn a_first_election() {
    check(|| {
        let mut cluster = three();
        cluster.timeout(0);
        assert_eq!(sent(&cluster, 0), 0, "n1 stands, and its disk does not hold its vote yet");
        cluster.sync(0);
        assert_eq!(sent(&cluster, 0), 2, "its disk holds the vote: n1 asks n2 and n3");
        cluster.deliver_between(0, 1);
        cluster.deliver_between(0, 2);
        assert_eq!(sent(&cluster, 1), 0, "n2 has decided, and its disk does not hold it yet");
        cluster.sync(1);
        assert_eq!(role(&cluster, 0), Role::Candidate, "n1 has one vote of three");
        cluster.deliver_between(1, 0);
        assert_eq!(role(&cluster, 0), Role::Leader, "n1 and n2 are two of three");
        cluster.settle(&ALL);
        assert!(settled(&cluster), "n2 and n3 follow n1");
        cluster.play("a first election, and what waits for a disk in it");
    });
}

#[test]
fn power_goes_after_the_sync() {
    check(|| {
        let mut cluster = three();
        cluster.timeout(0);
        cluster.sync(0);
        lose_between(&mut cluster, 0, 2);
        cluster.deliver_between(0, 1);
        cluster.sync(1);
        cluster.deliver_between(1, 0);
        assert_eq!(role(&cluster, 0), Role::Leader, "n1 and n2 are two of three");
        cluster.crash(1);
        cluster.restart(1);
        assert_eq!(vote_on_disk(&cluster, 1), Some(N1), "what n2 finds when it is back");
        // n3 has heard of nobody.
        cluster.timeout(2);
        cluster.sync(2);
        assert_eq!(term(&cluster, 2), term(&cluster, 0), "n3 stands in the term that n1 leads");
        cluster.deliver_between(2, 1);
        cluster.sync(1);
        assert_eq!(vote_on_disk(&cluster, 1), Some(N1), "n2 keeps its vote");
        cluster.deliver_between(1, 2);
        assert_eq!(role(&cluster, 2), Role::Candidate, "n3 has one vote of three");
        cluster.settle(&ALL);
        assert_eq!(leader(&cluster), Some(0), "one node leads");
        cluster.play("a vote that was synced is kept");
    });
}

#[test]
fn power_goes_before_the_sync() {
    check(|| {
        let mut cluster = three();
        cluster.timeout(0);
        cluster.sync(0);
        lose_between(&mut cluster, 0, 2);
        cluster.deliver_between(0, 1);
        cluster.crash(1);
        cluster.restart(1);
        assert_eq!(vote_on_disk(&cluster, 1), None, "n2's vote is forgotten");
        assert_eq!(sent(&cluster, 1), 0, "and nobody has heard of it");
        cluster.timeout(2);
        cluster.sync(2);
        cluster.deliver_between(2, 1);
        cluster.sync(1);
        assert_eq!(vote_on_disk(&cluster, 1), Some(N3), "so n3 may have it");
        cluster.deliver_between(1, 2);
        assert_eq!(role(&cluster, 2), Role::Leader, "n2 and n3 are two of three");
        assert_eq!(role(&cluster, 0), Role::Candidate, "n1 has one vote of three");
        cluster.settle(&ALL);
        assert!(settled(&cluster), "n1 and n2 follow n3");
        cluster.play("a vote that was not synced was never given");
    });
}

#[test]
fn a_deposed_leader_returns() {
    check(|| {
        let mut cluster = three();
        cluster.timeout(0);
        cluster.settle(&[0, 1]);
        assert_eq!(role(&cluster, 0), Role::Leader, "n1 and n2 are two of three");
        let old = term(&cluster, 0);
        cluster.apply(Action::Cut { links: vec![(0, 1), (1, 0), (0, 2), (2, 0)] });
        cluster.lose_all();
        cluster.timeout(1);
        cluster.settle(&[1, 2]);
        assert_eq!(role(&cluster, 1), Role::Leader, "n2 and n3 are two of three");
        cluster.lose_all();
        assert_eq!((role(&cluster, 0), term(&cluster, 0)), (Role::Leader, old), "n1 goes on");
        assert!(term(&cluster, 1) > old, "in an earlier term");
        cluster.apply(Action::Heal);
        cluster.tick(0, 1);
        cluster.settle(&ALL);
        assert_eq!(role(&cluster, 0), Role::Follower, "n1 has heard of the later term");
        assert_eq!(leader(&cluster), Some(1), "one node leads");
        cluster.tick(1, 1);
        cluster.settle(&ALL);
        assert!(settled(&cluster), "n1 and n3 follow n2");
        cluster.play("a leader that was cut off comes back, and is none any more");
    });
}
