//! The envelope in which nodes write to each other.
//!
//! Owns [`Message`]. Every message carries its sender's term, without exception, so one rule about
//! terms serves all layers.
//!
//! Left to others: what is in it, and how it is brought.

use crate::ids::{NodeId, Term};
use std::fmt;

/// One message from one node to another: an envelope, with a letter in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message<B> {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The sender's term when it spoke.
    pub term: Term,
    /// What it says.
    pub body: B,
}

impl<B> Message<B> {
    /// The same envelope with another letter in it, made from this one.
    pub fn map<C>(self, change: impl FnOnce(B) -> C) -> Message<C> {
        let Message { from, to, term, body } = self;
        Message { from, to, term, body: change(body) }
    }
}

impl<B: fmt::Display> fmt::Display for Message<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.body, self.term)
    }
}
