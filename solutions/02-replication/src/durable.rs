//! What a node writes, and what it wants done.
//!
//! Owns [`Write`] and [`Batch`]. As in the election, the messages that wait are *inside* the save,
//! and what the election wants saved, with its votes, is inside it too.

use crate::log::Span;
use crate::message::Body;
use basics::{Message, Position, Save};
use election::HardState;

/// What a save holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Write<P> {
    /// The term and the vote to write; none if the election has nothing to save.
    pub hard_state: Option<HardState>,
    /// First of all, the disk's log begins anew here, without any entry: a snapshot has taken the
    /// place of what was there.
    pub begins: Option<Position>,
    /// The entries to write. The disk's log is cut after `prev` first: whatever it holds there is
    /// no part of the log any more.
    pub entries: Option<Span<P>>,
}

/// What a node wants done: these messages sent, this written, these entries applied.
///
/// Whoever drives a node asks for batches after every call, until there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "a batch that is dropped is a message lost and a promise not kept"]
pub struct Batch<P> {
    /// Messages that promise nothing new: they may leave now.
    pub send_now: Vec<Message<Body<P>>>,
    /// What goes to disk, with the messages that wait for it.
    pub save: Option<Save<Write<P>, Body<P>>>,
    /// Committed entries that were not handed out before, for the state machine. This node's disk
    /// holds them.
    pub apply: Option<Span<P>>,
}

/// What the election wants saved.
pub(crate) type ElectionSave = Save<HardState, election::Body>;
