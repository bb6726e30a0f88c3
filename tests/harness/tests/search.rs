//! The search: it finds what is planted by a shortest run, visits everything, and repeats itself.

mod toy;

use harness::explore::{Bounds, Found, Law, explore};
use harness::report::{Event, Failure, Verdict};
use harness::{Violation, verdict_of};
use toy::{Bug, Say, Toy};

/// No round has two leaders, and no node goes beyond a round.
struct OneLeader {
    last_round: u64,
}

impl Law<Toy> for OneLeader {
    fn matters(&self, _: &Say) -> bool {
        true
    }

    fn within(&self, toy: &Toy) -> bool {
        toy.leader().0 <= self.last_round
    }

    fn node(&self, _: usize, _: &Toy) -> Result<(), Violation> {
        Ok(())
    }

    fn sent(&self, _: usize, _: &(u64, Option<usize>), _: &Say) -> Result<(), Violation> {
        Ok(())
    }

    fn together(
        &self,
        (one, said): (usize, &Say),
        (other, too): (usize, &Say),
    ) -> Result<(), Violation> {
        match (said, too) {
            (Say::Lead(first), Say::Lead(second)) if first == second && one != other => {
                let text = format!("n{} and n{} lead r{first}", one + 1, other + 1);
                Err(Violation::new("One Leader", text))
            }
            _ => Ok(()),
        }
    }
}

fn bounds(timeouts: u8, restarts: u8) -> Bounds {
    Bounds { nodes: 3, timeouts, restarts, commands: 0, states: 1_000_000 }
}

fn search(bug: Bug, last_round: u64, bounds: Bounds) -> Found {
    explore::<Toy>(&(bug, 3), bounds, &OneLeader { last_round })
}

fn ignore(_: Found) {}

fn failure(bug: Bug) -> Failure {
    match verdict_of(|| ignore(search(bug, 1, bounds(2, 1)))) {
        Verdict::Wrong(failure) => failure,
        other => panic!("{bug:?} was not found: {other:?}"),
    }
}

#[test]
fn a_right_machine_is_exhausted() {
    let found = search(Bug::None, 2, bounds(2, 1));
    assert!(found.exhausted, "{found:?}");
    assert!(found.states > 10_000 && found.depth > 15, "{found:?}");
    assert!(found.bytes / found.states <= 120, "{found:?}");
    assert_eq!(found, search(Bug::None, 2, bounds(2, 1)), "the same search, twice");
}

#[test]
fn more_is_possible_with_wider_bounds() {
    let few = search(Bug::None, 1, bounds(1, 0));
    let more = search(Bug::None, 1, bounds(2, 0));
    assert!(few.states < more.states, "{few:?} {more:?}");
}

#[test]
fn a_search_that_is_too_wide_says_so() {
    let bounds = Bounds { states: 1_000, ..bounds(3, 2) };
    let found = search(Bug::None, 3, bounds);
    assert!(!found.exhausted && found.states < 1_100, "{found:?}");
}

#[test]
fn a_planted_bug_is_found_by_a_shortest_run() {
    let failure = failure(Bug::SendsFirst);
    assert_eq!(failure.invariant.as_deref(), Some("One Leader"));
    let trace = failure.trace.expect("the run is told");
    let steps: Vec<_> = trace.steps.iter().filter(|step| step.event != Event::Start).collect();
    // Two nodes stand and save, a vote leaves, power goes, a second vote leaves, and each arrives.
    assert!(steps.len() <= 12, "a shortest run has {} steps", steps.len());
    assert!(steps.iter().any(|step| step.event == Event::Crash), "it needs a crash");
}

#[test]
fn a_panic_and_a_hole_are_told_as_what_they_are() {
    let verdict = verdict_of(|| ignore(search(Bug::Brittle, 1, bounds(1, 0))));
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    assert_eq!(failure.message, "a leader, here?");
    let last = failure.trace.expect("the run is told").steps.pop().expect("it has steps");
    assert_eq!(last.says, "panics");
    let verdict = verdict_of(|| ignore(search(Bug::Hole, 1, bounds(1, 0))));
    assert_eq!(verdict, Verdict::NotWritten { exercise: "0.1".to_owned() });
}

#[test]
fn hidden_randomness_is_found() {
    let found = (0..20).any(|_| {
        let verdict = verdict_of(|| ignore(search(Bug::Secretive, 3, bounds(3, 1))));
        matches!(&verdict, Verdict::Wrong(failure)
            if failure.invariant.as_deref() == Some("Determinism"))
    });
    assert!(found, "a machine with a clock of its own was searched 20 times");
}
