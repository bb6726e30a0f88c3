//! The one thing that changes a cluster.
//!
//! Owns [`Action`], and [`Timed`], an action and when it happened. A list of them is a run.
//!
//! Left to others: what an action does (`cluster`).

/// One event in the life of a cluster. The draw, where there is one, is the random number that is
/// lent to the node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the fields of an action are named as its sentence names them")]
pub enum Action {
    /// A node's clock ticks.
    Tick { node: usize, draw: u64 },
    /// A node's election timer fires, whatever it has counted.
    Timeout { node: usize, draw: u64 },
    /// A packet arrives. Packets stay: it may arrive again.
    Deliver { packet: usize, draw: u64 },
    /// A packet is lost. Only the record changes.
    Lose { packet: usize },
    /// A node's oldest save is synced.
    Sync { node: usize, draw: u64 },
    /// A node does one step of its background work.
    Work { node: usize, draw: u64 },
    /// Power goes. Of the saves that were not synced, the first `kept` reached the disk all the
    /// same; nobody was told.
    Crash { node: usize, kept: usize },
    /// A node starts again from its disk.
    Restart { node: usize, draw: u64 },
    /// A node stands still. Only the record changes; whoever drives leaves it alone.
    Pause { node: usize },
    /// It goes on.
    Resume { node: usize },
    /// Links are cut, as `(from, to)`. Only the record changes; whoever drives loses the packets.
    Cut { links: Vec<(usize, usize)> },
    /// Every link works again.
    Heal,
    /// The storm is over, and every link works again. From now on nothing depends on these nodes:
    /// they are left dead. Those that are down stay down; whoever drives cuts the others off.
    Calm { dead: Vec<usize> },
    /// A node that is down gets a blank disk.
    Wipe { node: usize },
    /// A client asks a node for something.
    Command { node: usize, command: u64, draw: u64 },
}

/// An action, and when it happened, in ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// Ticks of virtual time.
    pub time: u64,
    /// What happened.
    pub action: Action,
}

impl Action {
    /// The node that it happens on; none if it happens to the network. A packet happens to its
    /// receiver, if there is one for its number.
    pub(crate) fn node(&self, receiver: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        match self {
            Action::Tick { node, .. }
            | Action::Timeout { node, .. }
            | Action::Sync { node, .. }
            | Action::Work { node, .. }
            | Action::Crash { node, .. }
            | Action::Restart { node, .. }
            | Action::Pause { node }
            | Action::Resume { node }
            | Action::Wipe { node }
            | Action::Command { node, .. } => Some(*node),
            Action::Deliver { packet, .. } | Action::Lose { packet } => receiver(*packet),
            Action::Cut { .. } | Action::Heal | Action::Calm { .. } => None,
        }
    }
}
