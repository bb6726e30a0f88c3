//! Whole clusters in virtual time, under every fault that a seed can think of.
//!
//! Owns [`Plan`], what a run is like, and [`run`], which makes many. A run has two parts. First the
//! *storm*: messages are lost, doubled, delayed and reordered, links and disks fail, nodes crash,
//! stand still and start again. A property is checked after every event. Then the *calm* begins:
//! everything heals, but in most runs for a minority, which is left dead. Within a stated time the
//! others must reach their goal and keep it, or the cluster is not alive. (A node that never does
//! anything breaks no safety rule.)
//!
//! Invariants: everything in a run follows from its seed; a property never sees a state between two
//! events. Each run draws its own weather first, many faults or few, so that no kind of fault hides
//! another.

mod disk;
mod goal;
mod weather;
mod world;

use crate::action::Action;
use crate::check::{self, hung, wrong};
use crate::cluster::Cluster;
use crate::hazard::Hazard;
use crate::machine::Machine;
use crate::panics::panicked;
use crate::printed::Silence;
use crate::property::{Property, Violation};
use crate::random::Draws;
use crate::report::{Failure, Reached};
use crate::shrink::{Breach, Course, shrink};
use crate::{flight, record};
use std::any::Any;
use std::ops::RangeInclusive;
use std::panic::resume_unwind;

pub use goal::Goal;
pub use weather::{Fault, Tally};
use world::World;

/// A tick is cut into this many moments, so that nodes do not move in step.
pub(crate) const MOMENTS: u64 = 10;

/// How many other seeds may be tried for a failure with fewer nodes.
const OTHER_SEEDS: usize = 60;

/// How much is shown of a run that goes on as it began, in ticks.
const BEGINNING: u64 = 40;

/// How much is shown of a run in which the nodes drown in messages.
const FIRST_EVENTS: usize = 100;

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
    /// In the storm, some client asks some node for something every so many ticks on average; 0 if
    /// there are no clients. If there are, the calm ends with one more command, which every living
    /// node must carry out.
    pub commands: u64,
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

/// Of a calm by itself it is only asked whether it reaches its goal. A property that remembers what
/// was before has not seen its storm, and would take that for an error.
struct Unwatched;

impl<M: Machine> Property<M> for Unwatched {
    fn after(&mut self, _: &Cluster<M>, _: &Action) -> Result<(), Violation> {
        Ok(())
    }
}

/// Why a run ended before its goal.
enum Stop {
    /// A property does not hold, or the machine panicked.
    Broken(Breach),
    /// The goal was not reached in time.
    NotAlive,
    /// Too many events.
    Storm(u64),
    /// The test ends here: a hole, or more messages than a run may have.
    Ended(Box<dyn Any + Send>),
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
    /// How many answers clients got.
    pub answers: u64,
    /// In how many runs nobody found out whether one order explains them: there were too many.
    pub undecided: u64,
    /// The hazard states that were looked for, and in how many runs each was reached.
    pub hazards: Vec<Reached>,
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
    goal: impl Goal<M>,
) -> Summary
where
    M: Machine,
    P: Property<M>,
{
    let first = number_from("WORKBOOK_SEED").unwrap_or(0);
    let runs = number_from("WORKBOOK_SEEDS").unwrap_or(plan.runs);
    let mut summary = Summary::default();
    for seed in first..first.saturating_add(runs) {
        // A panic before the run begins is not to be told with the run before it.
        flight::end();
        let mut world = World::new(plan, seed, &setup, property());
        let mut result = world.live(&goal);
        if seed == first && result.is_ok() {
            result = repeats(&world, &mut World::new(plan, seed, &setup, property()), &goal);
        }
        match result {
            Ok(ticks) => summary.add(&world, ticks),
            Err(Stop::NotAlive) => {
                let silence = Silence::start();
                let quiet = plan.without_faults();
                let mut alone = World::new(&quiet, seed, &setup, property());
                let alone = matches!(alone.live(&goal), Err(Stop::NotAlive)).then_some(alone);
                let dead = show_not_alive(plan, &world, alone.as_ref(), &setup, &property, &goal);
                drop(silence);
                not_alive(plan, alone.is_some(), &dead)
            }
            Err(stop @ (Stop::Storm(_) | Stop::Ended(_))) => {
                let mut log = world.cluster.log();
                let length = log.len();
                log.truncate(FIRST_EVENTS);
                let (setup, nodes) = (world.cluster.setup(), world.cluster.size());
                record::land::<M>(setup, nodes, log, Some(length), &world.origin);
                fail(stop)
            }
            Err(stop) => {
                let silence = Silence::start();
                let others = seed + 1..first.saturating_add(runs);
                let smaller = smaller(plan, &stop, world.cluster.size(), others, |seed| {
                    let mut world = World::new(plan, seed, &setup, property());
                    let result = world.live(&goal);
                    (world, result)
                });
                let (world, stop) = smaller.unwrap_or((world, stop));
                let stop = shorten(plan, &world, &setup, &property, stop);
                drop(silence);
                fail(stop)
            }
        }
        flight::drawn(None);
    }
    let (seen, all) = check::reached(&summary.hazards);
    let saw = if all == 0 { String::new() } else { format!(", saw {seen} of {all}") };
    let Summary { runs, events, undecided, .. } = &summary;
    let open = if *undecided == 0 { String::new() } else { format!(", {undecided} undecided") };
    check::note(format!("{runs} runs, {events} events{saw}{open}"));
    summary
}

/// Does the same seed give the same run? A machine with a secret, a clock or the order of a hash
/// map, cannot be replayed, and its failures cannot be explained.
fn repeats<M: Machine, P: Property<M>>(
    first: &World<M, P>,
    second: &mut World<M, P>,
    goal: &impl Goal<M>,
) -> Result<u64, Stop> {
    let result = second.live(goal);
    if first.cluster.same_as(&second.cluster) {
        return result;
    }
    let message = "The same inputs and draws gave two different runs. Does the code look at a \
                   clock, at randomness of its own, or at the order of a hash map?";
    Err(Stop::Broken(Breach::Violation(Violation::new("Determinism", message))))
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
    let Stop::Broken(breach) = stop else { return None };
    let mut best = None;
    let mut fewest = nodes;
    for seed in seeds.take(OTHER_SEEDS) {
        if fewest == *plan.nodes.start() {
            break;
        }
        let (world, result) = live(seed);
        if let Err(Stop::Broken(other)) = result
            && other.is_like(breach)
            && world.cluster.size() < fewest
        {
            fewest = world.cluster.size();
            best = Some((world, Stop::Broken(other)));
        }
    }
    best
}

/// Puts a shorter run that goes wrong in the same way in place of the failing one, for the report.
fn shorten<M: Machine, P: Property<M>>(
    plan: &Plan,
    world: &World<M, P>,
    setup: &impl Fn(usize, &mut Draws) -> M::Setup,
    property: &impl Fn() -> P,
    stop: Stop,
) -> Stop {
    let Stop::Broken(breach) = &stop else { return stop };
    let log = world.cluster.log();
    let (own, nodes) = (world.cluster.setup().clone(), world.cluster.size());
    let course = Course { setup: own.clone(), nodes, log: log.clone() };
    let start = |nodes: usize, number: u64| {
        plan.nodes.contains(&nodes).then(|| setup(nodes, &mut Draws::new(number)))
    };
    match shrink::<M, P>(course, &start, property, breach, &|_| (0, None)) {
        Some((short, breach)) => {
            record::land::<M>(&short.setup, short.nodes, short.log, Some(log.len()), &world.origin);
            Stop::Broken(breach)
        }
        None => {
            record::land::<M>(&own, nodes, log, None, &world.origin);
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
        Stop::Broken(Breach::Violation(violation)) => {
            wrong(failure(&violation.invariant, violation.message))
        }
        Stop::Broken(Breach::Panic(panic)) => panicked(panic),
        Stop::NotAlive | Stop::Broken(Breach::NotAlive) => {
            wrong(failure("Liveness", "The goal was not reached.".to_owned()))
        }
        Stop::Ended(payload) => resume_unwind(payload),
        Stop::Storm(events) => hung(failure(
            "Liveness",
            format!("{events} events and no end: the nodes send more than they receive."),
        )),
    }
}

/// Shows a cluster that does not reach its goal: by a run without any fault if that fails too, else
/// by as little of the storm as it takes; and of what follows by its beginning, since it goes on
/// like that. Who is left dead in what is shown.
fn show_not_alive<M: Machine, P: Property<M>>(
    plan: &Plan,
    world: &World<'_, M, P>,
    alone: Option<&World<'_, M, P>>,
    setup: &impl Fn(usize, &mut Draws) -> M::Setup,
    property: &impl Fn() -> P,
    goal: &impl Goal<M>,
) -> Vec<usize> {
    let length = world.cluster.log().len();
    let shown = alone.unwrap_or(world);
    let own: Course<M> = Course {
        setup: shown.cluster.setup().clone(),
        nodes: shown.cluster.size(),
        log: shown.cluster.log(),
    };
    let start = |nodes: usize, number: u64| {
        plan.nodes.contains(&nodes).then(|| setup(nodes, &mut Draws::new(number)))
    };
    let quiet = plan.without_faults();
    let calm = |cluster: Cluster<M>| {
        let before = cluster.log().len();
        // Of a shrunk storm, too few may be left to ask anything of them.
        if !goal.enough(&cluster, &cluster.living().collect::<Vec<_>>()) {
            return (0, None);
        }
        let mut world = World::after(&quiet, &world.origin, cluster, Unwatched);
        let alive = !matches!(world.live(goal), Err(Stop::NotAlive));
        let log = world.cluster.log();
        (log.len() - before, (!alive).then_some(log))
    };
    let storm = Course { setup: own.setup.clone(), nodes: own.nodes, log: shown.storm() };
    let short = match alone {
        Some(_) => None,
        None => shrink::<M, P>(storm, &start, property, &Breach::NotAlive, &calm),
    };
    let Course { setup, nodes, mut log } = short.map_or(own, |(short, _)| short);
    // A run that could not be shrunk is shown as it is: nobody knows what matters in it.
    let dead = log.iter().rev().find_map(|timed| {
        let Action::Calm { dead } = &timed.action else { return None };
        Some(dead.clone())
    });
    let calm = log.iter().rposition(|timed| matches!(timed.action, Action::Calm { .. }));
    if let Some(at) = calm.and_then(|at| log.get(at)) {
        let end = at.time + BEGINNING;
        log.retain(|timed| timed.time <= end);
    }
    record::land::<M>(&setup, nodes, log, Some(length), &shown.origin);
    dead.unwrap_or_default()
}

fn not_alive(plan: &Plan, without_faults: bool, dead: &[usize]) -> ! {
    let Plan { goal, calm, .. } = plan;
    let names: Vec<String> = dead.iter().map(|node| format!("n{}", node + 1)).collect();
    let message = if without_faults {
        format!("No fault, {calm} ticks, and there is not {goal}.")
    } else if names.is_empty() {
        format!("{calm} ticks after every fault was healed there is not {goal}.")
    } else {
        let names = names.join(" and ");
        format!(
            "{calm} ticks after every fault but the loss of {names} was healed there is not {goal}."
        )
    };
    wrong(Failure { message, invariant: Some("Liveness".to_owned()), ..Failure::default() })
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

impl Summary {
    fn add<M: Machine, P: Property<M>>(&mut self, world: &World<M, P>, ticks: u64) {
        self.runs += 1;
        self.events += world.events;
        self.faults.add(&world.tally);
        for (Hazard { name, sentence }, seen) in world.sightings().each() {
            let runs = u64::from(seen);
            match self.hazards.iter_mut().find(|known| known.name == name) {
                Some(known) => known.runs += runs,
                None => self.hazards.push(Reached {
                    name: name.to_owned(),
                    sentence: sentence.to_owned(),
                    runs,
                }),
            }
        }
        self.undecided += u64::from(world.undecided);
        self.answers += world.cluster.told().len() as u64;
        self.slowest = self.slowest.max(ticks);
    }
}
