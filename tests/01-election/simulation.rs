//! Whole clusters under every fault. Safety is checked after every event; at the end of each run
//! everything is healed, perhaps but for a minority, and a leader must be there in time.

use crate::lab::{ALL, PLAIN, POLL};
use crate::node::{Node, Setup};
use crate::properties::{Safety, settled};
use election::Options;
use harness::check;
use harness::sim::{self, Fault, Plan};
use std::ops::RangeInclusive;

fn plan(nodes: RangeInclusive<usize>, runs: u64) -> Plan {
    Plan {
        nodes,
        runs,
        storm: 150,
        faults: Fault::IDLE.to_vec(),
        commands: 0,
        calm: 1_000,
        steady: 30,
        goal: "a leader that every living node follows".to_owned(),
    }
}

fn elections(plan: &Plan, options: Options) {
    sim::run::<Node, Safety>(
        plan,
        |nodes, draws| Setup::with_past(nodes, options, draws),
        || Safety::with(options),
        settled,
    );
}

#[test]
fn one_leader_per_term_and_soon_one() {
    check(|| elections(&plan(3..=5, 300), PLAIN));
}

#[test]
fn two_and_four_and_six_nodes() {
    check(|| {
        for nodes in [1, 2, 4, 6] {
            elections(&plan(nodes..=nodes, 40), PLAIN);
        }
    });
}

#[test]
fn polls_do_not_stand_in_the_way() {
    check(|| elections(&plan(3..=5, 200), POLL));
}

#[test]
fn everything_on() {
    check(|| elections(&plan(1..=5, 300), ALL));
}
