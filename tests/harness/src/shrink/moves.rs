//! Actions that can be taken out of one run and done in another.
//!
//! Owns [`Move`]: how an action becomes one, and what it is in a cluster where messages have other
//! numbers, or where a node is gone.

use crate::action::Action;
use crate::cluster::{Cluster, Packet};
use crate::machine::Machine;

/// An action that stands on its own: a message by what it says, not by its number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Move<M: Machine> {
    Deliver { from: usize, to: usize, message: M::Message, draw: u64 },
    Other(Action),
}

impl<M: Machine> Move<M> {
    /// Does it happen without this node?
    pub fn is_without(&self, node: usize) -> bool {
        match self {
            Move::Deliver { from, to, .. } => *from != node && *to != node,
            Move::Other(action) => action.node(|_| None) != Some(node),
        }
    }
}

/// The move in a cluster without this node; none if it is a move of that node.
pub(super) fn renumbered<M: Machine>(step: &Move<M>, gone: usize) -> Option<Move<M>> {
    if !step.is_without(gone) {
        return None;
    }
    let number = |node: usize| if node > gone { node - 1 } else { node };
    Some(match step.clone() {
        Move::Deliver { from, to, message, draw } => {
            Move::Deliver { from: number(from), to: number(to), message, draw }
        }
        Move::Other(action) => Move::Other(match action {
            Action::Tick { node, draw } => Action::Tick { node: number(node), draw },
            Action::Timeout { node, draw } => Action::Timeout { node: number(node), draw },
            Action::Sync { node, draw } => Action::Sync { node: number(node), draw },
            Action::Work { node, draw } => Action::Work { node: number(node), draw },
            Action::Crash { node, kept } => Action::Crash { node: number(node), kept },
            Action::Restart { node, draw } => Action::Restart { node: number(node), draw },
            Action::Wipe { node } => Action::Wipe { node: number(node) },
            Action::Command { node, command, draw } => {
                Action::Command { node: number(node), command, draw }
            }
            Action::Calm { dead } => Action::Calm {
                dead: dead.into_iter().filter(|node| *node != gone).map(number).collect(),
            },
            other @ (Action::Deliver { .. }
            | Action::Lose { .. }
            | Action::Pause { .. }
            | Action::Resume { .. }
            | Action::Cut { .. }
            | Action::Heal) => other,
        }),
    })
}

/// The action with its message written out; none if it changes no node.
pub(super) fn standing<M: Machine>(cluster: &Cluster<M>, action: &Action) -> Option<Move<M>> {
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
        | Action::Work { .. }
        | Action::Crash { .. }
        | Action::Restart { .. }
        | Action::Wipe { .. }
        | Action::Calm { .. }
        | Action::Command { .. } => Some(Move::Other(action.clone())),
    }
}

/// The action for this cluster. Without the same message, the newest between the same two nodes
/// will do: when a move is gone, those after it may say the same of another term. None if there is
/// none.
pub(super) fn numbered<M: Machine>(cluster: &Cluster<M>, step: &Move<M>) -> Option<Action> {
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

pub(super) fn with_plain_draw<M: Machine>(step: &Move<M>) -> Move<M> {
    let draw = 0;
    match step.clone() {
        Move::Deliver { from, to, message, .. } => Move::Deliver { from, to, message, draw },
        Move::Other(action) => Move::Other(match action {
            Action::Tick { node, .. } => Action::Tick { node, draw },
            Action::Timeout { node, .. } => Action::Timeout { node, draw },
            Action::Sync { node, .. } => Action::Sync { node, draw },
            Action::Work { node, .. } => Action::Work { node, draw },
            Action::Restart { node, .. } => Action::Restart { node, draw },
            Action::Command { node, command, .. } => Action::Command { node, command, draw },
            other @ (Action::Deliver { .. }
            | Action::Crash { .. }
            | Action::Wipe { .. }
            | Action::Lose { .. }
            | Action::Pause { .. }
            | Action::Resume { .. }
            | Action::Cut { .. }
            | Action::Calm { .. }
            | Action::Heal) => other,
        }),
    }
}
