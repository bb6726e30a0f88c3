//! What must be on disk, and what must not leave before it is.
//!
//! Owns the order between a node and its disk, as types: a [`Save`], with the messages inside that
//! wait for it, and its receipt, [`Synced`]. The first lines of the crate say what these types
//! prove, and what is left to whoever drives a node.
//!
//! Invariant: saves reach the disk in the order in which they were handed out, and each receipt
//! comes back once, in that order.

use crate::message::Message;

/// A write, and the messages that it makes true.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "messages wait in it for the disk"]
pub struct Save<W, B> {
    content: W,
    gated: Vec<Message<B>>,
}

/// The receipt of a save: the disk holds this now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "the node waits for it"]
pub struct Synced<W> {
    content: W,
}

impl<W, B> Save<W, B> {
    /// A write of `content`, on which the messages in `gated` depend.
    pub fn new(content: W, gated: Vec<Message<B>>) -> Save<W, B> {
        Save { content, gated }
    }

    /// What to write. The disk may hold it already: then there is nothing to write, but the saves
    /// before this one must still be synced first.
    pub fn content(&self) -> &W {
        &self.content
    }

    /// For the disk, once the write and all before it are synced: the receipt for the node, and
    /// the messages, which may leave now.
    pub fn synced(self) -> (Synced<W>, Vec<Message<B>>) {
        (Synced { content: self.content }, self.gated)
    }

    /// For a layer above, which writes more and says it in its own letters: the same save with
    /// another content, made from this one, and with every message in another letter.
    pub fn map<V, C>(self, content: impl FnOnce(W) -> V, body: impl Fn(B) -> C) -> Save<V, C> {
        let gated = self.gated.into_iter().map(|message| message.map(&body)).collect();
        Save { content: content(self.content), gated }
    }

    /// More messages that wait for this write.
    pub fn gate(&mut self, messages: impl IntoIterator<Item = Message<B>>) {
        self.gated.extend(messages);
    }
}

impl<W> Synced<W> {
    /// What the disk holds.
    pub fn content(&self) -> &W {
        &self.content
    }

    /// For a layer above: the part of the receipt that the layer below waits for, if it wrote
    /// anything.
    pub fn part<V>(self, part: impl FnOnce(W) -> Option<V>) -> Option<Synced<V>> {
        Some(Synced { content: part(self.content)? })
    }
}
