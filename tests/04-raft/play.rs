//! A run worth watching: three nodes take a fourth in, which needs a snapshot, let it vote and
//! lead, and let the first one go.

use crate::node::{Node, SMALL, Setup, Wish, id, order};
use crate::properties::{Settled, leader};
use basics::NodeId;
use harness::history::Answer as Told;
use harness::sim::Goal;
use harness::{Cluster, check};
use raft::Step;

const N4: NodeId = NodeId(4);

/// A command that reads register 0.
const READ: u64 = 16;

#[test]
fn a_life_of_a_cluster() {
    check(|| {
        let setup = Setup { options: SMALL, nodes: 4, founders: 3, changes: true, files: None };
        let mut cluster = Cluster::<Node>::new(setup, 4);
        run(&mut cluster, 40);
        let first = leader(&cluster).expect("forty ticks, and there is a leader");
        for command in [1, 2, 4, 9, 10, 12, 17, 18] {
            cluster.command(first, command);
            run(&mut cluster, 2);
        }
        assert!(cluster.node(first).raft().log().start().index.0 > 1, "the log is let go");
        cluster.command(first, order(Wish::Step(Step::Learner(N4))));
        run(&mut cluster, 5);
        assert_eq!(cluster.node(3).state(), cluster.node(first).state(), "n4 has a snapshot");
        cluster.command(first, order(Wish::Step(Step::Voter(N4))));
        run(&mut cluster, 3);
        cluster.command(first, order(Wish::Heir(N4)));
        run(&mut cluster, 3);
        assert_eq!(leader(&cluster), Some(3), "n4 leads");
        cluster.command(3, order(Wish::Step(Step::Remove(id(first)))));
        run(&mut cluster, 3);
        let asked = (0..3).find(|node| *node != first).expect("three others");
        cluster.command(asked, READ);
        run(&mut cluster, 3);
        assert_eq!(cluster.told().last(), Some(&(READ, Told::Found(Some(18)))), "the last write");
        assert!(Settled.reached(&cluster), "every member agrees");
        let configuration = cluster.node(3).raft().configuration();
        assert!(!configuration.has(id(first)), "the first leader is no member any more");
        cluster.play("a node joins, learns, votes and leads; another leaves");
    });
}

/// Ticks pass, and every message arrives.
fn run(cluster: &mut Cluster<Node>, ticks: u32) {
    let everybody: Vec<usize> = (0..cluster.size()).collect();
    for _ in 0..ticks {
        for node in &everybody {
            cluster.tick(*node, 1);
            cluster.settle(&everybody);
        }
    }
}
