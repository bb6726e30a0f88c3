//! What must be on disk, and what must not leave before it is: the contract of chapter 1, with a
//! log.
//!
//! Owns [`Batch`], [`Save`] and [`Synced`]. As in the election, the messages that wait are *inside*
//! the save, and the election's own save with its votes is inside it too.
//!
//! Invariant: saves reach the disk in the order in which they were handed out, and each receipt
//! comes back once, in that order.

use crate::log::Span;
use crate::message::{Body, Message};
use election::HardState;

/// What a node wants done: these messages sent, this written, these entries applied.
///
/// Whoever drives a node asks for batches after every call, until there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "a batch that is dropped is a message lost and a promise not kept"]
pub struct Batch<P> {
    /// Messages that promise nothing new: they may leave now.
    pub send_now: Vec<Message<P>>,
    /// What goes to disk, with the messages that wait for it.
    pub save: Option<Save<P>>,
    /// Committed entries that were not handed out before, for the state machine. This node's disk
    /// holds them.
    pub apply: Option<Span<P>>,
}

/// A write, and the messages that it makes true.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "messages wait in it for the disk"]
pub struct Save<P> {
    election: Option<election::Save>,
    entries: Option<Span<P>>,
    gated: Vec<Message<P>>,
}

/// The receipt of a save.
#[derive(Debug, PartialEq, Eq, Hash)]
#[must_use = "the node waits for it"]
pub struct Synced {
    election: Option<election::Synced>,
}

impl<P> Save<P> {
    pub(crate) fn new(
        election: Option<election::Save>,
        entries: Option<Span<P>>,
        gated: Vec<Message<P>>,
    ) -> Save<P> {
        Save { election, entries, gated }
    }

    /// The term and the vote to write; none if the election has nothing to save.
    pub fn hard_state(&self) -> Option<HardState> {
        self.election.as_ref().map(election::Save::hard_state)
    }

    /// The entries to write. The disk's log is cut after `prev` first: whatever it holds there is
    /// no part of the log any more.
    pub fn entries(&self) -> Option<&Span<P>> {
        self.entries.as_ref()
    }

    /// For the disk, once the write and all before it are synced: the receipt for the node, and the
    /// messages, which may leave now.
    pub fn synced(self) -> (Synced, Vec<Message<P>>) {
        let (election, mut messages) = match self.election.map(election::Save::synced) {
            Some((synced, messages)) => (Some(synced), messages),
            None => (None, Vec::new()),
        };
        let mut messages: Vec<Message<P>> =
            messages.drain(..).map(|message| message.map(Body::Election)).collect();
        messages.extend(self.gated);
        (Synced { election }, messages)
    }
}

impl Synced {
    /// The election's part of the receipt.
    pub(crate) fn election(&self) -> Option<election::Synced> {
        self.election
    }
}
