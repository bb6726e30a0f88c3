//! Whole clusters again, each node with its log in files. When power goes, a node starts again with
//! its store and what its log gives back: all that was synced, and perhaps a part of what was not.
//! The log is let go as the store comes to hold it, so snapshots are on their way all the time.

use crate::files::sightings;
use crate::node::{Node, SMALL, Setup};
use crate::properties::{Safety, Settled};
use crate::simulation::plan;
use harness::sim::{self, Fault, Plan};
use harness::{Action, Cluster, Property, Sightings, Violation, check};
use raft::{Keep, Options};
use std::collections::BTreeSet;

/// Little is kept for whoever is behind, so that many need a snapshot.
const SHORT: Options =
    Options { keep: Keep { entries: 2, bytes: 60, bytes_for_snapshots: 120 }, ..SMALL };

/// What must hold, and what the logs have seen.
struct Watched {
    safety: Safety,
    seen: BTreeSet<&'static str>,
}

impl Property<Node> for Watched {
    fn after(&mut self, cluster: &Cluster<Node>, action: &Action) -> Result<(), Violation> {
        if let Action::Crash { node, .. } = action
            && let Some(files) = &cluster.disk(*node).files
        {
            self.seen.extend(files.seen());
        }
        self.safety.after(cluster, action)
    }

    fn sightings(&self) -> Sightings {
        sightings(&self.safety.sightings(), &self.seen, true)
    }
}

fn live(runs: u64, options: Options, changes: bool) {
    sim::run::<Node, Watched>(
        &Plan { faults: Fault::FILES.to_vec(), ..plan(3..=5, runs) },
        |nodes, draws| {
            let founders = if changes { 1 + draws.index(nodes) } else { nodes };
            Setup { options, nodes, founders, changes, files: Some(draws.next()) }
        },
        || Watched { safety: Safety::with(changes), seen: BTreeSet::new() },
        Settled,
    );
}

#[test]
fn members_come_and_go() {
    check(|| live(200, SHORT, true));
}

#[test]
fn members_that_stay() {
    check(|| live(100, SHORT, false));
}

#[test]
fn with_room_for_everything() {
    let replication = replication::Options {
        election: SMALL.replication.election,
        limits: None,
        ..replication::Options::default()
    };
    let options = Options { replication, keep: SHORT.keep, ..Options::default() };
    check(|| live(100, options, true));
}
