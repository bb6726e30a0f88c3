//! The end of a storm, and the calm after it.
//!
//! Owns what a run must come to: within so many ticks the goal, and then a client's last command.
//! In most runs a minority does not live to see it: each of those is down or cut off.

use super::{Due, World};
use crate::action::{Action, Timed};
use crate::hazard::Sightings;
use crate::history::{INVARIANT, Judgement};
use crate::machine::Machine;
use crate::property::{Property, Violation};
use crate::shrink::Breach;
use crate::sim::goal::Goal;
use crate::sim::weather::{Fault, Weather};
use crate::sim::{MOMENTS, Stop};

/// The numbers of the commands in the calm begin here. No storm gets that far.
const LAST_COMMANDS: u64 = 1_000_000;

impl<M: Machine, P: Property<M>> World<'_, M, P> {
    /// The whole run, with a look at what its clients were told. How many ticks the calm took to
    /// reach its goal, if it did.
    pub fn live(&mut self, goal: &impl Goal<M>) -> Result<u64, Stop> {
        let result = self.run(goal);
        if !matches!(result, Ok(_) | Err(Stop::NotAlive)) {
            return result;
        }
        match self.cluster.history().check() {
            Judgement::Explained => result,
            Judgement::Undecided => {
                self.undecided = true;
                result
            }
            Judgement::Contradicted(found) => {
                let violation = Violation::new(INVARIANT, found.words(M::wish));
                Err(Stop::Broken(Breach::Violation(violation)))
            }
        }
    }

    fn run(&mut self, goal: &impl Goal<M>) -> Result<u64, Stop> {
        let storm_ends = self.plan.storm * MOMENTS;
        while self.next_before(storm_ends)? {}
        if !self.cluster.is_calm() {
            self.leave_dead(goal)?;
        }
        self.storm = Some(self.cluster.log().len());
        self.heal()?;
        let calm_ends = storm_ends + self.plan.calm * MOMENTS;
        let mut since = None;
        while self.next_before(calm_ends)? {
            if !goal.reached(&self.cluster) {
                since = None;
                continue;
            }
            let reached = *since.get_or_insert(self.now);
            if self.now >= reached + self.plan.steady * MOMENTS {
                if self.plan.commands > 0 {
                    self.carry_out(goal, calm_ends)?;
                }
                return Ok((reached - storm_ends.min(reached)) / MOMENTS);
            }
        }
        Err(Stop::NotAlive)
    }

    /// Which hazard states this run has reached.
    pub fn sightings(&self) -> Sightings {
        self.property.sightings()
    }

    /// What happened before the calm, and who was left dead in it.
    pub fn storm(&self) -> Vec<Timed> {
        let mut log = self.cluster.log();
        log.truncate(self.storm.unwrap_or(log.len()));
        log
    }

    /// The storm is over. If this run has deaths, nodes are left dead in an order that is drawn, as
    /// long as the others are enough and as many as are drawn. Each is down or cut off.
    fn leave_dead(&mut self, goal: &impl Goal<M>) -> Result<(), Stop> {
        let mut living: Vec<usize> = self.cluster.living().collect();
        let mut dead = Vec::new();
        if self.weather.death {
            let most = self.draws.between(1, living.len() as u64);
            let mut left = living.clone();
            while !left.is_empty() && (dead.len() as u64) < most {
                let node = left.swap_remove(self.draws.index(left.len()));
                let others: Vec<usize> = living.iter().copied().filter(|it| *it != node).collect();
                if goal.enough(&self.cluster, &others) {
                    living = others;
                    dead.push(node);
                }
            }
        }
        dead.sort_unstable();
        for node in dead.iter().copied() {
            self.tally.count(Fault::Death);
            let down = self.draws.chance(50);
            match (down, self.cluster.machine(node).is_some()) {
                (true, true) => self.crash(node)?,
                (false, false) => {
                    let draw = self.draws.next();
                    self.act(Action::Restart { node, draw })?;
                }
                (true, false) | (false, true) => {}
            }
        }
        self.act(Action::Calm { dead })
    }

    /// Every living node runs, every link between them works, every clock is right. The dead that
    /// are up are cut off for good.
    fn heal(&mut self) -> Result<(), Stop> {
        self.weather = Weather::CALM;
        let ends = |due: &Due| {
            matches!(
                due,
                Due::Strike
                    | Due::PowerCut(_)
                    | Due::Heal
                    | Due::Command
                    | Due::Restart(_)
                    | Due::Resume(_)
            )
        };
        self.queue.retain(|_, due| !ends(due));
        let nodes = 0..self.cluster.size();
        let apart = |node: usize| !self.cluster.lives(node) && self.cluster.machine(node).is_some();
        let pairs = nodes.clone().flat_map(|from| nodes.clone().map(move |to| (from, to)));
        let links = pairs.filter(|(from, to)| from != to && (apart(*from) || apart(*to)));
        self.cut = links.collect();
        if !self.cut.is_empty() {
            self.act(Action::Cut { links: self.cut.clone() })?;
        }
        for node in nodes {
            self.pace[node] = MOMENTS;
            if self.paused[node] > self.now {
                self.paused[node] = self.now;
                self.act(Action::Resume { node })?;
            }
            if self.cluster.lives(node) && self.cluster.machine(node).is_none() {
                let draw = self.draws.next();
                self.act(Action::Restart { node, draw })?;
            }
        }
        Ok(())
    }

    /// The goal is reached. Now a client's last command must be carried out on every living node.
    /// Like any client, it asks again when nothing comes of it: with a new number, for the old
    /// command may still be under way.
    fn carry_out(&mut self, goal: &impl Goal<M>, end: u64) -> Result<(), Stop> {
        let mut asked = LAST_COMMANDS..LAST_COMMANDS;
        let mut ask_at = self.now;
        loop {
            let done = |command: u64| goal.carried_out(&self.cluster, command);
            if asked.clone().any(done) {
                return Ok(());
            }
            if self.now >= ask_at {
                ask_at += self.plan.steady * MOMENTS;
                for node in self.cluster.living().collect::<Vec<_>>() {
                    let (command, draw) = (asked.end, self.draws.next());
                    asked.end += 1;
                    self.act(Action::Command { node, command, draw })?;
                }
            }
            if !self.next_before(end)? {
                return Err(Stop::NotAlive);
            }
        }
    }
}
