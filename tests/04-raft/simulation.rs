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

fn plan(nodes: RangeInclusive<usize>, runs: u64) -> Plan {
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
            Setup { options, nodes, founders, changes }
        },
        || Safety::with(changes),
        Settled,
    );
}

#[test]
fn members_come_and_go() {
    check(|| live(&plan(3..=5, 300), SMALL, true));
}
