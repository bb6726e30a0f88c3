//! Whole clusters under every fault, with clients that write, read, change the members and hand
//! leadership over. Safety is checked after every event; at the end of each run everything is
//! healed, perhaps but for some that nobody needs: there must be a leader in time, its change of
//! the members complete, every member must hold the same log, and one more command must be carried
//! out. What the clients were told must fit into one order.

use crate::node::{Node, SMALL, Setup};
use crate::properties::{Safety, Settled};
use harness::check;
use harness::sim::{self, Fault, Plan};
use raft::Options;
use std::ops::RangeInclusive;

pub fn plan(nodes: RangeInclusive<usize>, runs: u64) -> Plan {
    Plan {
        nodes,
        runs,
        storm: 200,
        faults: Fault::ALL.to_vec(),
        commands: 2,
        calm: 1_500,
        steady: 30,
        goal: "a leader that every living member follows, with the same log and no open change"
            .to_owned(),
    }
}

fn live(plan: &Plan, options: Options, changes: bool) {
    sim::run::<Node, Safety>(
        plan,
        |nodes, draws| {
            let founders = if changes { 1 + draws.index(nodes) } else { nodes };
            Setup { options, nodes, founders, changes, files: None }
        },
        || Safety::with(changes),
        Settled,
    );
}

#[test]
fn members_come_and_go() {
    check(|| live(&plan(3..=5, 300), SMALL, true));
}

#[test]
fn members_that_stay() {
    check(|| live(&plan(3..=5, 100), SMALL, false));
}

#[test]
fn one_node_or_two() {
    check(|| live(&plan(1..=2, 100), SMALL, true));
}

/// Nobody who is removed disturbs the others, so the members stay.
#[test]
fn without_pre_vote_and_check_quorum() {
    let election =
        election::Options { pre_vote: false, check_quorum: false, ..SMALL.replication.election };
    let options =
        Options { replication: replication::Options { election, ..SMALL.replication }, ..SMALL };
    check(|| live(&plan(3..=5, 100), options, false));
}

#[test]
fn with_room_for_everything() {
    let replication = replication::Options {
        election: SMALL.replication.election,
        limits: None,
        ..replication::Options::default()
    };
    let options = Options { replication, ..Options::default() };
    check(|| live(&plan(3..=5, 100), options, true));
}
