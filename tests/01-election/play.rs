//! A run worth watching: the learner's own nodes elect a leader, lose it, and elect another.

use crate::lab::PLAIN;
use crate::node::{Node, Setup};
use crate::properties::{leader, settled};
use harness::{Cluster, check};

#[test]
fn an_election() {
    check(|| {
        let mut cluster = Cluster::<Node>::new(Setup::new(3, PLAIN), 3);
        run(&mut cluster, 60);
        assert!(settled(&cluster), "sixty ticks, and no leader");
        let first = leader(&cluster).expect("it is settled");
        cluster.crash(first);
        run(&mut cluster, 60);
        let second = leader(&cluster).expect("sixty ticks after the leader died there is another");
        cluster.restart(first);
        run(&mut cluster, 5);
        assert!(settled(&cluster), "the old leader follows the new one");
        assert_ne!(first, second, "the old leader was down");
        cluster.play("three nodes elect a leader, lose it, and elect another");
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
