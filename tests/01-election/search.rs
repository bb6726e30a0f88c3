//! Every interleaving of three nodes. What a search has exhausted is not sampled, it is known.

use crate::lab::{PLAIN, at};
use crate::node::{Node, Setup};
use crate::properties::Rules;
use basics::{Position, Term};
use harness::check;
use harness::explore::{Bounds, explore};

/// Searches all runs over this many terms, from disks that hold the term of the newest entry.
fn search(logs: &[Position], terms: u64, timeouts: u8, restarts: u8) {
    let term = logs.iter().map(|log| log.term).max().expect("there are nodes");
    let setup = Setup { options: PLAIN, term, logs: logs.to_vec() };
    let rules = Rules { last_term: Term(term.0 + terms), logs: logs.to_vec() };
    // The solution has at most 5.7 million. A program with more states of its own is searched up to
    // here, and not blamed for them.
    let bounds = Bounds { nodes: logs.len(), timeouts, restarts, commands: 0, states: 8_000_000 };
    explore::<Node>(&setup, bounds, &rules);
}

#[test]
fn all_elections_to_term_2_with_a_restart() {
    check(|| search(&[at(0, 0); 3], 2, 3, 1));
}

#[test]
fn all_elections_to_term_3() {
    check(|| search(&[at(0, 0); 3], 3, 3, 0));
}

#[test]
fn all_elections_between_different_logs() {
    check(|| search(&[at(1, 2), at(2, 1), at(1, 1)], 2, 3, 1));
}
