//! Clusters of chapter 2's nodes, each with its log in files, under every fault. When power goes, a
//! node starts again with what its log gives back: all that was synced, and perhaps a part of what
//! was not. What must hold is what chapter 2 asks for.

use crate::files::{Files, sightings};
use crate::node::{ALL, Node, SMALL, Setup};
use crate::properties::{Safety, settled};
use basics::Position;
use harness::sim::{self, Fault, Plan};
use harness::{Action, Cluster, Property, Sightings, Violation, check};
use replication::{Options, Span};
use std::collections::BTreeSet;

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
        sightings(&self.safety.sightings(), &self.seen, false)
    }
}

fn replicate(runs: u64, options: Options) {
    let plan = Plan {
        nodes: 3..=5,
        runs,
        storm: 200,
        faults: Fault::FILES.to_vec(),
        commands: 3,
        calm: 1_000,
        steady: 30,
        goal: "a leader that every living node follows, with the same log on all of them"
            .to_owned(),
    };
    let setup = |nodes: usize, draws: &mut harness::Draws| {
        let mut setup = Setup::with_past(nodes, options, draws);
        for disk in &mut setup.disks {
            let log = Span { prev: Position::START, entries: disk.entries.clone() };
            disk.files = Some(Files::new(disk.hard_state, log, draws.next()));
        }
        setup
    };
    let watched = || Watched { safety: Safety::with(options), seen: BTreeSet::new() };
    sim::run::<Node, Watched>(&plan, setup, watched, settled);
}

#[test]
fn one_log_on_all_disks() {
    check(|| replicate(200, SMALL));
}

#[test]
fn with_pre_vote_and_check_quorum() {
    check(|| replicate(100, ALL));
}

#[test]
fn with_room_for_everything() {
    check(|| {
        replicate(100, Options { election: ALL.election, limits: None, ..Options::default() });
    });
}
