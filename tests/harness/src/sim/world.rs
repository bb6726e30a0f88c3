//! One run: a cluster, its network, its clocks, and what happens next.
//!
//! Owns the order of events. Whatever is due waits in one queue, by moment and then by age; nothing
//! else decides what comes first. How a storm ends, and what must come of it, is in `ending`.

mod ending;

use super::disk::Syncing;
use super::weather::{Fault, Tally, Weather};
use super::{MOMENTS, Plan, Stop};
use crate::action::Action;
use crate::cluster::Cluster;
use crate::flight::{self, Origin};
use crate::machine::Machine;
use crate::panics::{self, Caught};
use crate::property::Property;
use crate::random::Draws;
use crate::shrink::Breach;
use std::collections::BTreeMap;

/// More events than this in a run, and the nodes drown in their own messages. A run that behaves
/// has a few thousand.
const EVENT_LIMIT: u64 = 200_000;

/// What is due at some moment.
#[derive(Clone, Copy)]
enum Due {
    Tick(usize),
    Arrive(usize),
    Sync(usize),
    Work(usize),
    PowerCut(usize),
    Restart(usize),
    Resume(usize),
    Strike,
    Heal,
    Command,
}

/// One run under way.
pub(crate) struct World<'a, M: Machine, P> {
    pub cluster: Cluster<M>,
    pub origin: Origin,
    pub tally: Tally,
    pub events: u64,
    /// Nobody found out whether one order explains what clients were told.
    pub undecided: bool,
    plan: &'a Plan,
    property: P,
    draws: Draws,
    weather: Weather,
    now: u64,
    age: u64,
    queue: BTreeMap<(u64, u64), Due>,
    /// Links that are cut.
    cut: Vec<(usize, usize)>,
    /// Until when each node stands still.
    paused: Vec<u64>,
    disks: Vec<Syncing>,
    /// Who has its next step of background work in the queue.
    working: Vec<bool>,
    /// How many moments each node's tick takes.
    pace: Vec<u64>,
    /// Commands given so far.
    commands: u64,
    /// How many actions there were before the calm, once it has begun.
    storm: Option<usize>,
}

impl<'a, M: Machine, P: Property<M>> World<'a, M, P> {
    pub fn new(
        plan: &'a Plan,
        seed: u64,
        setup: &impl Fn(usize, &mut Draws) -> M::Setup,
        property: P,
    ) -> World<'a, M, P> {
        let mut draws = Draws::new(seed);
        let (fewest, most) = (*plan.nodes.start() as u64, *plan.nodes.end() as u64);
        let nodes = usize::try_from(draws.between(fewest, most)).expect("it was a usize");
        let weather = Weather::draw(&plan.faults, &mut draws);
        let setup = setup(nodes, &mut draws);
        let origin = Origin { seed, weather: weather.words() };
        flight::drawn(Some(origin.clone()));
        let cluster = Cluster::new(setup, nodes);
        let mut world = World::around(plan, origin, cluster, property, draws, weather);
        if !world.weather.strikes.is_empty() {
            world.plan_next_strike();
        }
        if plan.commands > 0 && plan.storm > 0 {
            world.plan_next_command();
        }
        world
    }

    /// What becomes of a cluster when nothing disturbs it any more.
    pub fn after(
        plan: &'a Plan,
        origin: &Origin,
        cluster: Cluster<M>,
        property: P,
    ) -> World<'a, M, P> {
        let draws = Draws::new(origin.seed);
        let origin = origin.clone();
        let mut world = World::around(plan, origin, cluster, property, draws, Weather::CALM);
        for packet in world.cluster.in_flight() {
            world.post(packet);
        }
        for node in 0..world.cluster.size() {
            for _ in 0..world.cluster.unsynced(node) {
                world.plan_sync(node);
            }
            world.plan_work(node);
        }
        world
    }

    fn around(
        plan: &'a Plan,
        origin: Origin,
        cluster: Cluster<M>,
        property: P,
        mut draws: Draws,
        weather: Weather,
    ) -> World<'a, M, P> {
        let nodes = cluster.size();
        let pace = (0..nodes).map(|_| MOMENTS + draws.below(weather.drift + 1)).collect();
        let mut world = World {
            cluster,
            origin,
            tally: Tally::default(),
            events: 0,
            undecided: false,
            plan,
            property,
            draws,
            weather,
            now: 0,
            age: 0,
            queue: BTreeMap::new(),
            cut: Vec::new(),
            paused: vec![0; nodes],
            disks: vec![Syncing::default(); nodes],
            working: vec![false; nodes],
            pace,
            commands: 0,
            storm: None,
        };
        if world.weather.drift > 0 {
            world.tally.count(Fault::Drift);
        }
        for node in 0..nodes {
            let phase = world.draws.below(MOMENTS);
            world.plan_for(phase, Due::Tick(node));
        }
        world
    }

    /// Does what is due next, if it is due before `end`.
    fn next_before(&mut self, end: u64) -> Result<bool, Stop> {
        let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 < end) else {
            self.now = end;
            return Ok(false);
        };
        self.now = entry.key().0;
        match entry.remove() {
            Due::Tick(node) => {
                self.plan_for(self.pace[node], Due::Tick(node));
                if self.paused[node] <= self.now {
                    let draw = self.draws.next();
                    self.act(Action::Tick { node, draw })?;
                }
            }
            Due::Arrive(packet) => self.arrive(packet)?,
            Due::Sync(node) => {
                let draw = self.draws.next();
                self.act(Action::Sync { node, draw })?;
            }
            Due::Work(node) => {
                self.working[node] = false;
                if self.paused[node] <= self.now {
                    let draw = self.draws.next();
                    self.act(Action::Work { node, draw })?;
                } else {
                    self.plan_work(node);
                }
            }
            Due::PowerCut(node) => {
                if self.cluster.machine(node).is_some() {
                    self.tally.count(Fault::HalfWritten);
                    self.act(Action::Crash { node, kept: 0 })?;
                    let lasts = self.draws.between(10, 500);
                    self.plan_for(lasts, Due::Restart(node));
                }
            }
            Due::Restart(node) => {
                let draw = self.draws.next();
                self.act(Action::Restart { node, draw })?;
            }
            Due::Resume(node) => self.act(Action::Resume { node })?,
            Due::Command => {
                let node = self.draws.index(self.cluster.size());
                if self.paused[node] <= self.now {
                    self.commands += 1;
                    let (command, draw) = (self.commands, self.draws.next());
                    self.act(Action::Command { node, command, draw })?;
                }
                self.plan_next_command();
            }
            Due::Strike => {
                self.strike()?;
                self.plan_next_strike();
            }
            Due::Heal => {
                if !self.cut.is_empty() {
                    self.cut.clear();
                    self.act(Action::Heal)?;
                }
            }
        }
        Ok(true)
    }

    fn arrive(&mut self, packet: usize) -> Result<(), Stop> {
        let (from, to) = (self.cluster.packets()[packet].from, self.cluster.packets()[packet].to);
        if self.paused[to] > self.now {
            let rest = self.paused[to] - self.now;
            self.plan_for(rest, Due::Arrive(packet));
            return Ok(());
        }
        let lost = self.draws.chance(self.weather.loss);
        if lost {
            self.tally.count(Fault::Loss);
        }
        if lost || self.cut.contains(&(from, to)) {
            return self.act(Action::Lose { packet });
        }
        let draw = self.draws.next();
        self.act(Action::Deliver { packet, draw })
    }

    /// Does an action, plans what follows from it, and checks the property.
    fn act(&mut self, action: Action) -> Result<(), Stop> {
        self.events += 1;
        if self.events > EVENT_LIMIT {
            return Err(Stop::Storm(EVENT_LIMIT));
        }
        let packets = self.cluster.packets().len();
        let actor = action.node(|packet| self.cluster.receiver(packet));
        let unsynced = actor.map_or(0, |node| self.cluster.unsynced(node));
        let syncs = matches!(action, Action::Sync { .. });
        self.cluster.set_time(self.now / MOMENTS);
        let cluster = &mut self.cluster;
        match panics::catch(|| cluster.apply(action.clone())) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(Caught::Panic(panic)) => return Err(Stop::Broken(Breach::Panic(panic))),
            Err(Caught::Other(payload)) => return Err(Stop::Ended(payload)),
        }
        for packet in packets..self.cluster.packets().len() {
            self.post(packet);
        }
        if let Some(node) = actor {
            let kept = if syncs { unsynced - 1 } else { unsynced };
            for _ in kept..self.cluster.unsynced(node) {
                self.plan_sync(node);
            }
            self.plan_work(node);
        }
        let looked = self.property.after(&self.cluster, &action);
        looked.map_err(|violation| Stop::Broken(Breach::Violation(violation)))
    }

    /// A packet is under way: when will it arrive, and how often?
    fn post(&mut self, packet: usize) {
        let mut delay = self.draws.between(1, 5);
        if self.draws.chance(self.weather.late) {
            delay += self.draws.between(1, self.weather.latest);
            self.tally.count(Fault::Delay);
        }
        self.plan_for(delay, Due::Arrive(packet));
        if self.draws.chance(self.weather.duplicate) {
            let later = delay + self.draws.between(1, 100);
            self.plan_for(later, Due::Arrive(packet));
            self.tally.count(Fault::Duplicate);
        }
    }

    fn plan_sync(&mut self, node: usize) {
        let takes = self.draws.between(1, self.weather.sync);
        if takes > Weather::CALM.sync {
            self.tally.count(Fault::SlowDisk);
        }
        let at = self.disks[node].join(self.now, takes);
        self.plan_for(at - self.now, Due::Sync(node));
        let percent = self.weather.half_written;
        if percent > 0 && self.draws.chance(percent) {
            let wait = self.draws.below(at - self.now);
            self.plan_for(wait, Due::PowerCut(node));
        }
    }

    /// If a node has background work, its next step comes at some time.
    fn plan_work(&mut self, node: usize) {
        if self.working[node] || !self.cluster.machine(node).is_some_and(M::has_work) {
            return;
        }
        self.working[node] = true;
        let waits = self.draws.between(1, self.weather.lag);
        if waits > Weather::CALM.lag {
            self.tally.count(Fault::Lag);
        }
        self.plan_for(waits, Due::Work(node));
    }

    fn strike(&mut self) -> Result<(), Stop> {
        let fault = self.weather.strike(&mut self.draws);
        let node = self.draws.index(self.cluster.size());
        let lasts = self.draws.between(10, 500);
        match fault {
            Fault::Crash if self.cluster.machine(node).is_some() => {
                self.crash(node)?;
                self.plan_for(lasts, Due::Restart(node));
            }
            Fault::Pause if self.cluster.machine(node).is_some() => {
                self.act(Action::Pause { node })?;
                self.paused[node] = self.now + lasts;
                self.plan_for(lasts, Due::Resume(node));
            }
            Fault::Partition => {
                let nodes = self.cluster.size();
                let side: Vec<bool> = (0..nodes).map(|_| self.draws.chance(50)).collect();
                self.sever(lasts, |from, to| side[from] != side[to])?;
            }
            Fault::OneWay => {
                let other = self.draws.index(self.cluster.size());
                let deaf = self.draws.chance(50);
                // Half the time one link, half the time all that a node would hear.
                self.sever(lasts, |from, to| to == node && (deaf || from == other))?;
            }
            Fault::Crash | Fault::Pause => return Ok(()),
            Fault::Loss
            | Fault::Duplicate
            | Fault::Delay
            | Fault::SlowDisk
            | Fault::Drift
            | Fault::Lag
            | Fault::Death
            | Fault::HalfWritten => {
                unreachable!("only faults that strike are in this list")
            }
        }
        self.tally.count(fault);
        Ok(())
    }

    /// Power goes on a node; how much of what was not synced is on disk is drawn.
    fn crash(&mut self, node: usize) -> Result<(), Stop> {
        let unsynced = self.cluster.unsynced(node) as u64;
        let kept = usize::try_from(self.draws.below(unsynced + 1)).expect("a small number");
        self.act(Action::Crash { node, kept })
    }

    fn sever(&mut self, lasts: u64, cut: impl Fn(usize, usize) -> bool) -> Result<(), Stop> {
        let nodes = self.cluster.size();
        let pairs = (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to)));
        let links: Vec<_> = pairs.filter(|(from, to)| from != to && cut(*from, *to)).collect();
        self.cut.extend(&links);
        self.plan_for(lasts, Due::Heal);
        self.act(Action::Cut { links })
    }

    fn plan_next_strike(&mut self) {
        let wait = self.draws.between(10, self.weather.pause);
        self.plan_for(wait, Due::Strike);
    }

    fn plan_next_command(&mut self) {
        let wait = self.draws.between(1, 2 * self.plan.commands * MOMENTS);
        self.plan_for(wait, Due::Command);
    }

    fn plan_for(&mut self, wait: u64, due: Due) {
        self.age += 1;
        self.queue.insert((self.now + wait, self.age), due);
    }
}
