//! The whole state machine in virtual time: keys, leases, users, members, alarms and compactions,
//! under every fault that the simulation knows. What real members reach in an hour, these reach in
//! a minute; and one seed is one run.
//!
//! Safety is looked at after every event: every member that carries out an entry gives the same
//! answer and comes to the same state, whether it did so once, did it again after a crash, or was
//! brought a state. What clients were told fits into one order; no lease ends early; nobody writes
//! what is not theirs. In the calm at the end, everybody agrees, and every lease ends.

mod clients;
mod disk;
mod goal;
mod news;
mod node;
mod promises;
mod rights;
mod safety;
mod sightings;

use goal::Settled;
use harness::sim::{self, Fault, Plan};
use harness::{check, note};
use node::{Node, Setup};
use safety::Safety;
use sightings::Seen;
use std::ops::RangeInclusive;
use std::time::Duration;

fn plan(nodes: RangeInclusive<usize>, runs: u64) -> Plan {
    Plan {
        nodes,
        runs,
        storm: 250,
        faults: Fault::ALL.to_vec(),
        commands: 1,
        calm: 1_500,
        steady: 30,
        goal: "a leader that every living member follows, with the same state and no lease"
            .to_owned(),
    }
}

/// Ticks as etcd has them, and ticks so long that leases outlive several leaders.
const TICKS: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_secs(1), Duration::from_secs(30)];

/// States that every simulation here should reach.
const ALWAYS: [&str; 7] = [
    "covered-state",
    "old-permission",
    "nameless",
    "replay",
    "cut-compaction",
    "full",
    "ended-lease",
];

fn live(plan: &Plan, changes: bool, checkpoints: bool, looked_for: &[&'static str]) {
    let seen = Seen::default();
    sim::run::<Node, Safety>(
        plan,
        |nodes, draws| {
            let founders = if changes { 1 + draws.index(nodes) } else { nodes };
            let tick = if checkpoints { TICKS[2] } else { TICKS[draws.index(TICKS.len())] };
            let entries = draws.between(2, 12);
            Setup { nodes, founders, tick, checkpoints, entries, changes }
        },
        || Safety::telling(&seen),
        Settled,
    );
    note(seen.words(&[&ALWAYS[..], looked_for].concat()));
}

#[test]
fn members_that_stay() {
    check(|| live(&plan(3..=5, 18), false, false, &[]));
}

#[test]
fn members_that_come_and_go() {
    check(|| live(&plan(3..=5, 24), true, false, &["removed-host"]));
}

#[test]
fn long_leases() {
    check(|| live(&plan(3..=3, 24), false, true, &["late-expiry", "rest-taken-back"]));
}

#[test]
fn one_member_or_two() {
    check(|| live(&plan(1..=2, 18), true, true, &[]));
}
