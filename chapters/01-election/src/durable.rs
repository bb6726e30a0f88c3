//! What a node must remember, and what it wants done.
//!
//! Owns [`HardState`] and [`Batch`]. A node never writes and never sends. It hands out messages
//! that may leave at once, and a [`Save`] with the messages inside that may not. So "send first,
//! save later" is not a mistake that a node can make: what waits for the disk is not among what
//! may leave.

use crate::message::Body;
use basics::{Message, NodeId, Save, Term};

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
    pub send_now: Vec<Message<Body>>,
    /// What goes to disk, with the messages that wait for it; none if there is neither.
    pub save: Option<Save<HardState, Body>>,
}
