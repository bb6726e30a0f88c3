//! What a run must come to when the storm is over.
//!
//! Owns [`Goal`]. Who is left dead, and how long there is time, is left to the run (`world`).

use crate::cluster::Cluster;
use crate::machine::Machine;

/// What the calm of a run must reach. A function of the cluster is a goal.
pub trait Goal<M: Machine> {
    /// Is it reached? It asks only about nodes that [live](Cluster::lives): the others are down, or
    /// cut off and no longer counted on.
    fn reached(&self, cluster: &Cluster<M>) -> bool;

    /// Could these nodes reach it without the others? A storm may end with all others dead. Where
    /// membership changes, this is the place that knows who counts; else more than half of all
    /// nodes are enough.
    fn enough(&self, cluster: &Cluster<M>, living: &[usize]) -> bool {
        2 * living.len() > cluster.size()
    }

    /// Once the goal is reached: has every node that is to carry out this command done so? Where
    /// membership changes, a living node may be none of the members; else all that live are.
    fn carried_out(&self, cluster: &Cluster<M>, command: u64) -> bool {
        let mut living = cluster.living();
        living.all(|node| cluster.machine(node).is_some_and(|machine| machine.has_done(command)))
    }
}

impl<M: Machine, F: Fn(&Cluster<M>) -> bool> Goal<M> for F {
    fn reached(&self, cluster: &Cluster<M>) -> bool {
        self(cluster)
    }
}
