//! A failing run, made short.
//!
//! Owns the way from a run of thousands of events to one of a dozen that breaks the same invariant.
//! It takes moves away and repeats the rest: first everything that changes no node, then ever
//! smaller pieces, until no single move can go. A message is found again by what it says, or else
//! by who speaks to whom, so a run stays meaningful when moves are gone; one that has lost its
//! sense is passed over.
//!
//! Invariants: the result breaks the invariant that the original broke; the same run shrinks the
//! same way, everywhere. The budget is a number of actions, never time.

use crate::cluster::{Action, Cluster, Packet, Timed};
use crate::machine::{Machine, Property, Violation};

/// How many actions may be done in search of a shorter run.
const BUDGET: usize = 2_000_000;

/// An action that stands on its own: a message by what it says, not by its number.
#[derive(Clone, Debug, PartialEq)]
enum Move<M: Machine> {
    Deliver { from: usize, to: usize, message: M::Message, draw: u64 },
    Other(Action),
}

struct Shrinker<'a, M: Machine, P> {
    setup: &'a M::Setup,
    nodes: usize,
    property: &'a dyn Fn() -> P,
    invariant: &'a str,
    budget: usize,
}

/// What a list of moves came to.
struct Attempt<M: Machine> {
    /// The moves that could be done.
    done: Vec<Move<M>>,
    /// The same as actions.
    log: Vec<Timed>,
    /// The violation that ended it, if it is of the invariant in question.
    broken: Option<Violation>,
}

/// A shorter run that breaks the same invariant, if the run breaks it again at all.
pub(crate) fn shrink<M: Machine, P: Property<M>>(
    setup: &M::Setup,
    nodes: usize,
    log: &[Timed],
    property: &dyn Fn() -> P,
    invariant: &str,
) -> Option<(Vec<Timed>, Violation)> {
    let mut shrinker = Shrinker::<M, P> { setup, nodes, property, invariant, budget: BUDGET };
    let moves = shrinker.essential(log);
    let mut moves = shrinker.breaks(&moves).or_else(|| {
        let all = shrinker.all(log);
        shrinker.breaks(&all)
    })?;
    loop {
        let before = moves.len();
        moves = shrinker.without_pieces(moves);
        moves = shrinker.with_plain_draws(moves);
        if moves.len() == before || shrinker.budget == 0 {
            break;
        }
    }
    let attempt = shrinker.attempt(&moves);
    attempt.broken.map(|violation| (attempt.log, violation))
}

impl<M: Machine, P: Property<M>> Shrinker<'_, M, P> {
    /// Every action of a run that can change a node.
    fn all(&self, log: &[Timed]) -> Vec<Move<M>> {
        let mut cluster = Cluster::<M>::unwatched(self.setup.clone(), self.nodes);
        let moves = log.iter().filter_map(|timed| {
            let step = standing(&cluster, &timed.action);
            cluster.apply(timed.action.clone());
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
            cluster.apply(timed.action.clone());
            let quiet = cluster.packets().len() == packets;
            match timed.action {
                Action::Tick { node, draw } if before != status(&cluster, &timed.action) => {
                    moves.push(Move::Other(Action::Timeout { node, draw }));
                }
                Action::Tick { .. } if quiet => {}
                Action::Tick { .. }
                | Action::Timeout { .. }
                | Action::Deliver { .. }
                | Action::Sync { .. }
                | Action::Crash { .. }
                | Action::Restart { .. }
                | Action::Lose { .. }
                | Action::Pause { .. }
                | Action::Resume { .. }
                | Action::Cut { .. }
                | Action::Heal => moves.extend(step),
            }
        }
        moves
    }

    /// Takes away pieces, large ones first, as long as the invariant still breaks.
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

    /// Lends every node the draw 0, if that breaks the invariant as well.
    fn with_plain_draws(&mut self, moves: Vec<Move<M>>) -> Vec<Move<M>> {
        let plain: Vec<Move<M>> = moves.iter().map(with_plain_draw).collect();
        self.breaks(&plain).unwrap_or(moves)
    }

    /// The part of these moves that breaks the invariant, without those that make no sense in it.
    fn breaks(&mut self, moves: &[Move<M>]) -> Option<Vec<Move<M>>> {
        if self.budget == 0 {
            return None;
        }
        self.budget = self.budget.saturating_sub(moves.len());
        let attempt = self.attempt(moves);
        attempt.broken.map(|_| attempt.done)
    }

    /// Does what can be done of these moves, up to the one that breaks the invariant.
    fn attempt(&self, moves: &[Move<M>]) -> Attempt<M> {
        let mut cluster = Cluster::<M>::unwatched(self.setup.clone(), self.nodes);
        let mut property = (self.property)();
        let mut attempt = Attempt { done: Vec::new(), log: Vec::new(), broken: None };
        let mut time = 0;
        for step in moves {
            let Some(action) = numbered(&cluster, step) else { continue };
            if matches!(action, Action::Tick { .. } | Action::Timeout { .. }) {
                time += 1;
            }
            if !cluster.apply(action.clone()) {
                continue;
            }
            attempt.done.push(step.clone());
            attempt.log.push(Timed { time, action: action.clone() });
            if let Err(violation) = property.after(&cluster, &action) {
                attempt.broken = Some(violation).filter(|it| it.invariant == self.invariant);
                break;
            }
        }
        attempt
    }
}

/// The action with its message written out; none if it changes no node.
fn standing<M: Machine>(cluster: &Cluster<M>, action: &Action) -> Option<Move<M>> {
    match action {
        Action::Deliver { packet, draw } => {
            let packet = cluster.packets().get(*packet)?;
            let (from, to, message) = (packet.from, packet.to, packet.message.clone());
            Some(Move::Deliver { from, to, message, draw: *draw })
        }
        Action::Lose { .. }
        | Action::Pause { .. }
        | Action::Resume { .. }
        | Action::Cut { .. }
        | Action::Heal => None,
        Action::Tick { .. }
        | Action::Timeout { .. }
        | Action::Sync { .. }
        | Action::Crash { .. }
        | Action::Restart { .. } => Some(Move::Other(action.clone())),
    }
}

/// The action for this cluster. Without the same message, the newest between the same two nodes
/// will do: when a move is gone, those after it may say the same of another term. None if there is
/// none.
fn numbered<M: Machine>(cluster: &Cluster<M>, step: &Move<M>) -> Option<Action> {
    match step {
        Move::Other(action) => Some(action.clone()),
        Move::Deliver { from, to, message, draw } => {
            let packets = cluster.packets();
            let between = |packet: &&Packet<M>| packet.from == *from && packet.to == *to;
            let same = |packet: &Packet<M>| between(&packet) && packet.message == *message;
            let packet = packets.iter().rposition(same);
            let packet = packet.or_else(|| packets.iter().rposition(|it| between(&it)))?;
            Some(Action::Deliver { packet, draw: *draw })
        }
    }
}

fn with_plain_draw<M: Machine>(step: &Move<M>) -> Move<M> {
    let draw = 0;
    match step.clone() {
        Move::Deliver { from, to, message, .. } => Move::Deliver { from, to, message, draw },
        Move::Other(action) => Move::Other(match action {
            Action::Tick { node, .. } => Action::Tick { node, draw },
            Action::Timeout { node, .. } => Action::Timeout { node, draw },
            Action::Sync { node, .. } => Action::Sync { node, draw },
            Action::Restart { node, .. } => Action::Restart { node, draw },
            other @ (Action::Deliver { .. }
            | Action::Crash { .. }
            | Action::Lose { .. }
            | Action::Pause { .. }
            | Action::Resume { .. }
            | Action::Cut { .. }
            | Action::Heal) => other,
        }),
    }
}

/// The status of the node that a tick is on.
fn status<M: Machine>(cluster: &Cluster<M>, action: &Action) -> Option<String> {
    let Action::Tick { node, .. } = action else { return None };
    cluster.machine(*node).map(Machine::status)
}
