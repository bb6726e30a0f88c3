//! A run worth watching: the learner's own nodes elect a leader, take writes, lose the leader, and
//! go on.

use crate::lab::WIDE;
use crate::node::{Node, Setup};
use crate::properties::{leader, settled};
use harness::{Cluster, check};

#[test]
fn a_log() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, WIDE), 3);
        run(&mut cluster, 40);
        let first = leader(&cluster).expect("forty ticks, and there is a leader");
        for command in 1..=3 {
            cluster.command(first, command);
        }
        run(&mut cluster, 3);
        assert!(settled(&cluster), "every node has applied three commands");
        cluster.crash(first);
        run(&mut cluster, 60);
        let second = leader(&cluster).expect("sixty ticks after the leader died there is another");
        cluster.command(second, 4);
        run(&mut cluster, 3);
        let applied = cluster.node(second).applied().len();
        assert_eq!(applied, 6, "four commands and two empty entries");
        cluster.play("three nodes take writes, lose their leader, and go on");
    });
}

/// Ticks pass, and every message arrives.
fn run(cluster: &mut Cluster<Node>, ticks: u32) {
    let everybody: Vec<usize> = (0..cluster.size()).collect();
    for _ in 0..ticks {
        for node in &everybody {
            if cluster.machine(*node).is_some() {
                cluster.tick(*node, 1);
            }
            cluster.settle(&everybody);
        }
    }
}
