//! Whole clusters under every fault, with clients. Safety is checked after every event; at the end
//! of each run everything is healed, perhaps but for a minority: a leader must be there in time,
//! every log must be the same, and one more command must be carried out on all that live. What the
//! clients were told must fit into one order.

use crate::node::{ALL, Node, SMALL, Setup};
use crate::properties::{Safety, settled};
use harness::check;
use harness::sim::{self, Fault, Plan};
use replication::Options;
use std::ops::RangeInclusive;

fn plan(nodes: RangeInclusive<usize>, runs: u64) -> Plan {
    Plan {
        nodes,
        runs,
        storm: 200,
        faults: Fault::ALL.to_vec(),
        commands: 3,
        calm: 1_000,
        steady: 30,
        goal: "a leader that every living node follows, with the same log on all of them"
            .to_owned(),
    }
}

fn replicate(plan: &Plan, options: Options) {
    sim::run::<Node, Safety>(
        plan,
        |nodes, draws| Setup::with_past(nodes, options, draws),
        || Safety::with(options),
        settled,
    );
}

#[test]
fn one_log_on_all_nodes() {
    check(|| replicate(&plan(3..=5, 300), SMALL));
}

#[test]
fn one_two_and_four_nodes() {
    check(|| {
        for nodes in [1, 2, 4] {
            replicate(&plan(nodes..=nodes, 40), SMALL);
        }
    });
}

#[test]
fn with_pre_vote_and_check_quorum() {
    check(|| replicate(&plan(3..=5, 300), ALL));
}

#[test]
fn with_room_for_everything() {
    check(|| {
        let wide = Options { election: ALL.election, limits: None, ..Options::default() };
        replicate(&plan(1..=5, 200), wide);
    });
}
