//! How well the simulation explains a mistake.
//!
//! Owns the figures about the shrunk runs: each mutant goes through the chapter's simulation tests
//! up to the first that fails, and the run that a learner would be shown is measured. No grade
//! depends on it; a mutant that no run catches is caught elsewhere.

use super::trial::{Trial, fails};
use crate::Error;
use crate::repo::Chapter;
use crate::run::Variant;
use crate::screen::Passing;
use crate::verdict::{Kind, Outcome};
use harness::report::{Event, Trace};
use std::time::{Duration, Instant};

/// What the simulation makes of one mutant that it catches.
#[derive(Clone, Debug)]
struct Caught {
    /// How many events its shrunk run has; none if there was no run to shrink.
    events: Option<usize>,
    /// How long it took to find and shrink it.
    took: Duration,
}

/// The simulation's figures, in words; none if the chapter names no simulation.
pub fn figures(
    trial: &Trial<'_>,
    chapter: &Chapter,
    passing: &mut Passing,
) -> Result<Option<String>, Error> {
    let tests = &chapter.manifest.simulations;
    if tests.is_empty() {
        return Ok(None);
    }
    let caught = trial.each(passing, "mutants simulated", |number, _| {
        for test in tests {
            let start = Instant::now();
            let outcome = trial.run(Variant::Mutant(number), test)?;
            if fails(&outcome) {
                let took = start.elapsed();
                return Ok(Some(Caught { events: events(&outcome), took }));
            }
        }
        Ok(None)
    })?;
    let all = caught.len();
    let caught: Vec<Caught> = caught.into_iter().flatten().collect();
    Ok(Some(words(&caught, all)))
}

/// The length of the run that is shown, without the nodes' starts.
fn events(outcome: &Outcome) -> Option<usize> {
    let shrunk = |trace: &&Trace| trace.shrunk_from.is_some();
    let trace = outcome.trace.as_ref().filter(shrunk)?;
    // What never comes is shown by a beginning, and that is as long as its ticks are many.
    if outcome.kind == Kind::Hung || outcome.invariant.as_deref() == Some("Liveness") {
        return None;
    }
    let happens = trace.steps.iter().filter(|step| step.event != Event::Start);
    Some(happens.count())
}

fn words(caught: &[Caught], all: usize) -> String {
    let mut lengths: Vec<usize> = caught.iter().filter_map(|one| one.events).collect();
    lengths.sort_unstable();
    let mut text = format!("In simulation: {} of {all} caught.", caught.len());
    if caught.is_empty() {
        return text;
    }
    if let (Some(median), Some(longest)) = (lengths.get(lengths.len() / 2), lengths.last()) {
        text.push_str(&format!(
            "\n  {} go wrong at some event: their shrunk runs have a median of {median} events \
             (the longest {longest}).",
            lengths.len()
        ));
    }
    let rest = caught.len() - lengths.len();
    if rest > 0 {
        text.push_str(&format!("\n  {rest} never reach their goal, or never end."));
    }
    let slowest = caught.iter().map(|one| one.took).max().unwrap_or_default().as_secs_f64();
    text + &format!("\n  Each was found and shrunk in at most {slowest:.1} s.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_the_median_and_the_extremes() {
        let took = |tenths: u64| Duration::from_millis(100 * tenths);
        let one = |events, tenths| Caught { events, took: took(tenths) };
        let caught = [one(Some(9), 1), one(None, 14), one(Some(4), 2), one(Some(12), 3)];
        let text = words(&caught, 7);
        assert!(text.starts_with("In simulation: 4 of 7 caught.\n  3 go wrong"), "{text}");
        assert!(text.contains("a median of 9 events (the longest 12)"), "{text}");
        assert!(text.contains("1 never reach their goal"), "{text}");
        assert!(text.ends_with("in at most 1.4 s."), "{text}");
        assert_eq!(words(&[], 7), "In simulation: 0 of 7 caught.");
    }
}
