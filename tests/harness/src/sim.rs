//! Whole clusters in virtual time, under every fault that a seed can think of.
//!
//! Owns [`Plan`], what a run is like, and [`run`], which makes many. A run has two parts. First the
//! *storm*: messages are lost, doubled, delayed and reordered, links and disks fail, nodes crash,
//! stand still and start again. A property is checked after every event. Then everything heals, and
//! the *calm* begins: within a stated time the cluster must reach its goal and keep it, or it is
//! not alive. (A node that never does anything breaks no safety rule.)
//!
//! Invariants: everything in a run follows from its seed; a property never sees a state between two
//! events. Each run draws its own weather first, many faults or few, so that no kind of fault hides
//! another.

mod weather;
mod world;

use crate::check::{self, hung, wrong};
use crate::cluster::Cluster;
use crate::flight;
use crate::machine::{Machine, Property, Violation};
use crate::random::Draws;
use crate::report::Failure;
use crate::shrink::shrink;
use std::ops::RangeInclusive;

pub use weather::{Fault, Tally};
use world::{Stop, World};

/// A tick is cut into this many moments, so that nodes do not move in step.
pub(crate) const MOMENTS: u64 = 10;

/// How many other seeds may be tried for a failure with fewer nodes.
const OTHER_SEEDS: usize = 60;

/// How much is shown of a run that goes on as it began, in ticks.
const BEGINNING: u64 = 60;

/// What a run is like.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many nodes; each run draws one of these.
    pub nodes: RangeInclusive<usize>,
    /// How many runs, unless the user asks for another number.
    pub runs: u64,
    /// How long the storm lasts, in ticks.
    pub storm: u64,
    /// The faults that may happen.
    pub faults: Vec<Fault>,
    /// Within how many ticks of calm the goal must be reached.
    pub calm: u64,
    /// How many ticks in a row the goal must hold to count as reached.
    pub steady: u64,
    /// What the goal is, for a person: "a leader that all follow".
    pub goal: String,
}

impl Plan {
    /// The same with the fewest nodes, and nothing but calm.
    fn without_faults(&self) -> Plan {
        let fewest = *self.nodes.start();
        Plan { nodes: fewest..=fewest, storm: 0, faults: Vec::new(), ..self.clone() }
    }
}

/// What many runs came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs.
    pub runs: u64,
    /// Events in all of them.
    pub events: u64,
    /// How often each kind of fault happened.
    pub faults: Tally,
    /// The longest that a calm took to reach its goal, in ticks.
    pub slowest: u64,
}

/// Makes the runs of a plan, or those that the user asked for, and ends the test at the first that
/// fails. `setup` says how nodes are started, `property` what must hold, `goal` what the calm must
/// reach.
pub fn run<M, P>(
    plan: &Plan,
    setup: impl Fn(usize, &mut Draws) -> M::Setup,
    property: impl Fn() -> P,
    goal: impl Fn(&Cluster<M>) -> bool,
) -> Summary
where
    M: Machine,
    P: Property<M>,
{
    let first = number_from("WORKBOOK_SEED").unwrap_or(0);
    let runs = number_from("WORKBOOK_SEEDS").unwrap_or(plan.runs);
    let mut summary = Summary::default();
    for seed in first..first.saturating_add(runs) {
        flight::seeded(Some(seed));
        let mut world = World::new(plan, seed, &setup, property());
        let mut result = world.live(&goal);
        if seed == first && result.is_ok() {
            result = repeats(&world, &mut World::new(plan, seed, &setup, property()), &goal);
        }
        match result {
            Ok(ticks) => summary.add(&world.tally, world.events, ticks),
            Err(Stop::NotAlive) => {
                let quiet = plan.without_faults();
                let mut alone = World::new(&quiet, seed, &setup, property());
                let alone = matches!(alone.live(&goal), Err(Stop::NotAlive)).then_some(alone);
                not_alive(plan, &world, alone.as_ref())
            }
            Err(stop) => {
                let others = seed + 1..first.saturating_add(runs);
                let smaller = smaller(plan, &stop, world.cluster.size(), others, |seed| {
                    let mut world = World::new(plan, seed, &setup, property());
                    let result = world.live(&goal);
                    (world, result)
                });
                let (world, stop) = smaller.unwrap_or((world, stop));
                fail(shorten(&world, &property, stop))
            }
        }
        flight::seeded(None);
    }
    check::note(format!("{} runs, {} events", summary.runs, summary.events));
    summary
}

/// Does the same seed give the same run? A machine with a secret, a clock or the order of a hash
/// map, cannot be replayed, and its failures cannot be explained.
fn repeats<M: Machine, P: Property<M>>(
    first: &World<M, P>,
    second: &mut World<M, P>,
    goal: &impl Fn(&Cluster<M>) -> bool,
) -> Result<u64, Stop> {
    let result = second.live(goal);
    if first.cluster.same_as(&second.cluster) {
        return result;
    }
    let message = "The same inputs and draws gave two different runs. Does the code look at a \
                   clock, at randomness of its own, or at the order of a hash map?";
    Err(Stop::Broken(Violation::new("Determinism", message)))
}

/// A run of another seed that breaks the same invariant with fewer nodes. The search is short: a
/// reader is helped by three lifelines instead of five, not by the fewest events in the world.
fn smaller<'a, M: Machine, P: Property<M>>(
    plan: &Plan,
    stop: &Stop,
    nodes: usize,
    seeds: std::ops::Range<u64>,
    live: impl Fn(u64) -> (World<'a, M, P>, Result<u64, Stop>),
) -> Option<(World<'a, M, P>, Stop)> {
    let Stop::Broken(violation) = stop else { return None };
    let mut best = None;
    let mut fewest = nodes;
    for seed in seeds.take(OTHER_SEEDS) {
        if fewest == *plan.nodes.start() {
            break;
        }
        flight::seeded(Some(seed));
        let (world, result) = live(seed);
        if let Err(Stop::Broken(other)) = result
            && other.invariant == violation.invariant
            && world.cluster.size() < fewest
        {
            fewest = world.cluster.size();
            best = Some((world, Stop::Broken(other)));
        }
    }
    best
}

/// Puts a shorter run that breaks the same invariant in place of the failing one, for the report.
fn shorten<M: Machine, P: Property<M>>(
    world: &World<M, P>,
    property: &impl Fn() -> P,
    stop: Stop,
) -> Stop {
    let Stop::Broken(violation) = &stop else { return stop };
    let (setup, nodes) = (world.cluster.setup(), world.cluster.size());
    let log = world.cluster.log();
    match shrink(setup, nodes, &log, property, &violation.invariant) {
        Some((shorter, violation)) => {
            flight::land::<M>(setup, nodes, shorter, Some(log.len()), world.seed);
            Stop::Broken(violation)
        }
        None => {
            flight::land::<M>(setup, nodes, log, None, world.seed);
            stop
        }
    }
}

fn fail(stop: Stop) -> ! {
    let failure = |invariant: &str, message: String| Failure {
        message,
        invariant: Some(invariant.to_owned()),
        ..Failure::default()
    };
    match stop {
        Stop::Broken(violation) => wrong(failure(&violation.invariant, violation.message)),
        Stop::NotAlive => wrong(failure("Liveness", "The goal was not reached.".to_owned())),
        Stop::Storm(events) => hung(failure(
            "Liveness",
            format!("{events} events and no end: the nodes send more than they receive."),
        )),
    }
}

/// Tells of a cluster that does not reach its goal: by a run without any fault if that fails too,
/// and by its beginning, since it goes on like that.
fn not_alive<M: Machine, P: Property<M>>(
    plan: &Plan,
    world: &World<'_, M, P>,
    alone: Option<&World<'_, M, P>>,
) -> ! {
    let Plan { goal, calm, .. } = plan;
    let message = match alone {
        Some(_) => format!("No fault, {calm} ticks, and there is not {goal}."),
        None => format!("{calm} ticks after every fault was healed there is not {goal}."),
    };
    let shown = alone.unwrap_or(world);
    let mut log = shown.cluster.log();
    let length = log.len();
    if alone.is_some() {
        log.retain(|timed| timed.time <= BEGINNING);
    }
    let (setup, nodes) = (shown.cluster.setup(), shown.cluster.size());
    flight::land::<M>(setup, nodes, log, Some(length), shown.seed);
    wrong(Failure { message, invariant: Some("Liveness".to_owned()), ..Failure::default() })
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

impl Summary {
    fn add(&mut self, tally: &Tally, events: u64, ticks: u64) {
        self.runs += 1;
        self.events += events;
        self.faults.add(tally);
        self.slowest = self.slowest.max(ticks);
    }
}
