//! A failing run, made short.
//!
//! Owns the way from a run of thousands of events to one of a dozen that goes wrong in the same
//! way: it breaks the same invariant, or panics in the same place. It takes moves away and repeats
//! the rest: first everything that changes no node, then ever smaller pieces, until no single move
//! can go; then whole nodes. A message is found again by what it says, or else by who speaks to
//! whom, so a run stays meaningful when moves are gone; one that has lost its sense is passed over.
//!
//! Without a node the others are numbered anew, and start as the test would start a cluster of that
//! size. That is another cluster, but it need not be the same one: what counts is that the run is a
//! real one, and goes wrong in the same way.
//!
//! Invariants: the result goes wrong as the original did; the same run shrinks the same way,
//! everywhere. The budget is a number of actions, never time.

mod moves;

use crate::action::{Action, Timed};
use crate::cluster::Cluster;
use crate::history::{INVARIANT, Judgement};
use crate::machine::Machine;
use crate::panics::{self, Caught, Panic};
use crate::property::{Property, Violation};
use moves::{Move, numbered, renumbered, standing, with_plain_draw};

/// How many actions may be done in search of a shorter run.
const BUDGET: usize = 2_000_000;

/// How many ways to start a smaller cluster are tried.
const STARTS: u64 = 8;

/// What went wrong in a run.
#[derive(Clone, Debug)]
pub(crate) enum Breach {
    /// A property does not hold.
    Violation(Violation),
    /// The machine panicked.
    Panic(Panic),
    /// The goal is not reached afterwards.
    NotAlive,
}

impl Breach {
    /// Did the same go wrong?
    pub(crate) fn is_like(&self, other: &Breach) -> bool {
        match (self, other) {
            (Breach::Violation(one), Breach::Violation(other)) => one.invariant == other.invariant,
            (Breach::Panic(one), Breach::Panic(other)) => one.is_like(other),
            (Breach::NotAlive, Breach::NotAlive) => true,
            (Breach::Violation(_) | Breach::Panic(_) | Breach::NotAlive, _) => false,
        }
    }
}

/// A run: how its cluster starts, and what happens.
pub(crate) struct Course<M: Machine> {
    pub setup: M::Setup,
    pub nodes: usize,
    pub log: Vec<Timed>,
}

/// How the test starts a cluster of so many nodes, each number another one; none if it has no
/// cluster of that size.
type Start<'a, M> = dyn Fn(usize, u64) -> Option<<M as Machine>::Setup> + 'a;

/// What becomes of a cluster when nothing disturbs it any more: how many actions there are, and if
/// it does not reach its goal, all that has happened to it.
pub(crate) type Calm<'a, M> = dyn Fn(Cluster<M>) -> (usize, Option<Vec<Timed>>) + 'a;

struct Shrinker<'a, M: Machine, P> {
    setup: M::Setup,
    nodes: usize,
    property: &'a dyn Fn() -> P,
    breach: &'a Breach,
    calm: &'a Calm<'a, M>,
    budget: usize,
}

/// What a list of moves came to.
struct Attempt<M: Machine> {
    /// The moves that could be done.
    done: Vec<Move<M>>,
    /// The same as actions.
    log: Vec<Timed>,
    /// What went wrong in the end, if it is what is looked for.
    broken: Option<Breach>,
    /// How many actions were done.
    cost: usize,
}

/// A shorter run that goes wrong in the same way, if the run goes wrong again at all.
pub(crate) fn shrink<M: Machine, P: Property<M>>(
    course: Course<M>,
    start: &Start<'_, M>,
    property: &dyn Fn() -> P,
    breach: &Breach,
    calm: &Calm<'_, M>,
) -> Option<(Course<M>, Breach)> {
    let Course { setup, nodes, log } = course;
    let mut shrinker = Shrinker::<M, P> { setup, nodes, property, breach, calm, budget: BUDGET };
    let moves = shrinker.essential(&log);
    let moves = shrinker.breaks(&moves).or_else(|| {
        let all = shrinker.all(&log);
        shrinker.breaks(&all)
    })?;
    let mut moves = shrinker.with_fewer_moves(moves);
    while let Some(fewer) = shrinker.with_fewer_nodes(&moves, start) {
        moves = shrinker.with_fewer_moves(fewer);
    }
    let attempt = shrinker.attempt(&moves);
    let Shrinker { setup, nodes, .. } = shrinker;
    attempt.broken.map(|breach| (Course { setup, nodes, log: attempt.log }, breach))
}

impl<M: Machine, P: Property<M>> Shrinker<'_, M, P> {
    /// Takes moves away until no single one can go.
    fn with_fewer_moves(&mut self, mut moves: Vec<Move<M>>) -> Vec<Move<M>> {
        loop {
            let before = moves.len();
            moves = self.without_pieces(moves);
            moves = self.with_plain_draws(moves);
            if moves.len() == before || self.budget == 0 {
                return moves;
            }
        }
    }

    /// Takes one node away, if the rest still goes wrong in a cluster without it.
    fn with_fewer_nodes(
        &mut self,
        moves: &[Move<M>],
        start: &Start<'_, M>,
    ) -> Option<Vec<Move<M>>> {
        let nodes = self.nodes.checked_sub(1).filter(|nodes| *nodes > 0)?;
        let starts: Vec<M::Setup> = (0..STARTS).map_while(|number| start(nodes, number)).collect();
        // Whoever does least is missed least; of those, the last.
        let mut order: Vec<usize> = (0..self.nodes).rev().collect();
        order.sort_by_key(|node| moves.iter().filter(|step| !step.is_without(*node)).count());
        for gone in order {
            let rest: Vec<Move<M>> =
                moves.iter().filter_map(|step| renumbered(step, gone)).collect();
            for setup in &starts {
                let old = std::mem::replace(&mut self.setup, setup.clone());
                self.nodes = nodes;
                if let Some(fewer) = self.breaks(&rest) {
                    return Some(fewer);
                }
                self.setup = old;
                self.nodes = nodes + 1;
            }
        }
        None
    }

    /// Every action of a run that can change a node.
    fn all(&self, log: &[Timed]) -> Vec<Move<M>> {
        let mut cluster = Cluster::<M>::unwatched(self.setup.clone(), self.nodes);
        let moves = log.iter().filter_map(|timed| {
            let step = standing(&cluster, &timed.action);
            // The last one may panic, and nothing comes after it.
            let _ = panics::catch(|| cluster.apply(timed.action.clone()));
            step
        });
        moves.collect()
    }

    /// The same without ticks: where a tick made a node something else, its timer fires instead.
    fn essential(&self, log: &[Timed]) -> Vec<Move<M>> {
        let mut cluster = Cluster::<M>::unwatched(self.setup.clone(), self.nodes);
        let mut moves = Vec::new();
        for timed in log {
            let step = standing(&cluster, &timed.action);
            let before = status(&cluster, &timed.action);
            let packets = cluster.packets().len();
            let done = panics::catch(|| cluster.apply(timed.action.clone())).is_ok();
            let quiet = done && cluster.packets().len() == packets;
            match timed.action {
                Action::Tick { node, draw }
                    if done && before != status(&cluster, &timed.action) =>
                {
                    moves.push(Move::Other(Action::Timeout { node, draw }));
                }
                Action::Tick { .. } if quiet => {}
                Action::Tick { .. }
                | Action::Timeout { .. }
                | Action::Deliver { .. }
                | Action::Sync { .. }
                | Action::Work { .. }
                | Action::Crash { .. }
                | Action::Restart { .. }
                | Action::Lose { .. }
                | Action::Pause { .. }
                | Action::Resume { .. }
                | Action::Cut { .. }
                | Action::Heal
                | Action::Calm { .. }
                | Action::Wipe { .. }
                | Action::Command { .. } => moves.extend(step),
            }
        }
        moves
    }

    /// Takes away pieces, large ones first, as long as it still goes wrong.
    fn without_pieces(&mut self, mut moves: Vec<Move<M>>) -> Vec<Move<M>> {
        let mut size = moves.len().div_ceil(2);
        while size > 0 {
            let mut start = 0;
            while start < moves.len() {
                let end = (start + size).min(moves.len());
                let mut rest = moves[..start].to_vec();
                rest.extend_from_slice(&moves[end..]);
                match self.breaks(&rest) {
                    Some(shorter) => moves = shorter,
                    None => start = end,
                }
            }
            size /= 2;
        }
        moves
    }

    /// Lends every node the draw 0, if that goes wrong as well.
    fn with_plain_draws(&mut self, moves: Vec<Move<M>>) -> Vec<Move<M>> {
        let plain: Vec<Move<M>> = moves.iter().map(with_plain_draw).collect();
        self.breaks(&plain).unwrap_or(moves)
    }

    /// The part of these moves that goes wrong in the same way, without those that make no sense in
    /// it.
    fn breaks(&mut self, moves: &[Move<M>]) -> Option<Vec<Move<M>>> {
        if self.budget == 0 {
            return None;
        }
        let attempt = self.attempt(moves);
        self.budget = self.budget.saturating_sub(attempt.cost.max(moves.len()));
        attempt.broken.map(|_| attempt.done)
    }

    /// Where it is the answers to clients that go wrong: do they by now? A run is checked at its
    /// end; a short one, at each answer, so that it ends with the first that nothing explains.
    fn clients(&self, cluster: &Cluster<M>, told: usize) -> Result<(), Violation> {
        let Breach::Violation(violation) = self.breach else { return Ok(()) };
        if violation.invariant != INVARIANT || cluster.told().len() == told {
            return Ok(());
        }
        match cluster.history().check() {
            Judgement::Contradicted(found) => Err(Violation::new(INVARIANT, found.words(M::wish))),
            Judgement::Explained | Judgement::Undecided => Ok(()),
        }
    }

    /// Does what can be done of these moves, up to the one that goes wrong.
    fn attempt(&self, moves: &[Move<M>]) -> Attempt<M> {
        let mut attempt = Attempt { done: Vec::new(), log: Vec::new(), broken: None, cost: 0 };
        let fresh = || Cluster::<M>::unwatched(self.setup.clone(), self.nodes);
        let Ok(mut cluster) = panics::catch(fresh) else { return attempt };
        let mut property = (self.property)();
        let mut time = 0;
        for step in moves {
            let Some(action) = numbered(&cluster, step) else { continue };
            if matches!(action, Action::Tick { .. } | Action::Timeout { .. }) {
                time += 1;
            }
            let told = cluster.told().len();
            let done = panics::catch(|| cluster.apply(action.clone()));
            if matches!(done, Ok(false)) {
                continue;
            }
            attempt.done.push(step.clone());
            attempt.log.push(Timed { time, action: action.clone() });
            let breach = match done {
                Ok(_) => property
                    .after(&cluster, &action)
                    .and_then(|()| self.clients(&cluster, told))
                    .err()
                    .map(Breach::Violation),
                Err(Caught::Panic(panic)) => Some(Breach::Panic(panic)),
                // A hole, or a flood: another story.
                Err(Caught::Other(_)) => return attempt,
            };
            if let Some(breach) = breach {
                attempt.broken = Some(breach).filter(|breach| breach.is_like(self.breach));
                return attempt;
            }
        }
        if let Breach::NotAlive = self.breach
            && let Ok((cost, Some(log))) = panics::catch(|| (self.calm)(cluster))
        {
            // The calm counts its time from its own beginning.
            let calm = log.into_iter().skip(attempt.log.len());
            attempt.log.extend(calm.map(|it| Timed { time: it.time + time, ..it }));
            attempt.broken = Some(Breach::NotAlive);
            attempt.cost = cost;
        }
        attempt
    }
}

/// The status of the node that a tick is on.
fn status<M: Machine>(cluster: &Cluster<M>, action: &Action) -> Option<String> {
    let Action::Tick { node, .. } = action else { return None };
    cluster.machine(*node).map(Machine::status)
}
