//! What must be on disk, and what must not leave before it is.
//!
//! Owns the contract of order between a node and its disk, as types. A node never writes and never
//! sends. It hands out a [`Batch`]: messages that may leave at once, and a [`Save`] with the
//! messages that may not. The messages are *inside* the save. There is one way to get them out,
//! [`Save::synced`], which consumes the save and which only a disk calls, after its sync. It also
//! makes the receipt, [`Synced`], that the node waits for. So "send first, save later" is not a
//! mistake that a driver can make: it has nothing to send.
//!
//! Invariant: saves reach the disk in the order in which they were handed out.

use crate::message::Message;
use crate::types::{NodeId, Term};

/// What a node must remember for ever: the term it is in, and its vote in that term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct HardState {
    /// The newest term that the node has been in.
    pub term: Term,
    /// Whom it voted for in that term.
    pub vote: Option<NodeId>,
}

/// What a node wants done: these messages sent, and this written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "a batch that is dropped is a message lost and a promise not kept"]
pub struct Batch {
    /// Messages that promise nothing new: they may leave now.
    pub send_now: Vec<Message>,
    /// What goes to disk, with the messages that wait for it; none if there is neither.
    pub save: Option<Save>,
}

/// A write, and the messages that it makes true.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "messages wait in it for the disk"]
pub struct Save {
    hard_state: HardState,
    gated: Vec<Message>,
}

/// The receipt of a save: the disk holds this state now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "the node waits for it"]
pub struct Synced {
    hard_state: HardState,
}

impl Save {
    /// A write of `hard_state`, on which the messages in `gated` depend.
    #[allow(dead_code, reason = "exercise 1.6 uses it")]
    pub(crate) fn new(hard_state: HardState, gated: Vec<Message>) -> Save {
        Save { hard_state, gated }
    }

    /// What to write. It may equal what the disk holds already: then there is nothing to write,
    /// but the saves before this one must still be synced first.
    pub fn hard_state(&self) -> HardState {
        self.hard_state
    }

    /// For the disk, once the write and all before it are synced: the receipt for the node, and
    /// the messages, which may leave now.
    pub fn synced(self) -> (Synced, Vec<Message>) {
        (Synced { hard_state: self.hard_state }, self.gated)
    }
}

impl Synced {
    /// What the disk holds.
    pub fn hard_state(&self) -> HardState {
        self.hard_state
    }
}
