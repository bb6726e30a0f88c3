//! What a node says, and to whom.
//!
//! Owns the way into `outgoing`: every message is from this node, in the term that it is in.

use super::Election;
use crate::interface::View;
use crate::message::Body;
use basics::{Message, NodeId};

impl Election {
    /// Says that this node leads, to every other voter and to every learner.
    pub(super) fn announce(&mut self, view: View<'_>) {
        for node in &view.quorum.voters() | &view.quorum.learners() {
            if node != self.id {
                self.send(node, Body::Heartbeat);
            }
        }
    }

    /// Says the same to every other voter.
    pub(super) fn broadcast(&mut self, body: &Body, view: View<'_>) {
        for voter in view.quorum.voters() {
            if voter != self.id {
                self.send(voter, body.clone());
            }
        }
    }

    /// Says something to one node, from the term that this node is in.
    pub(super) fn send(&mut self, to: NodeId, body: Body) {
        self.outgoing.push(Message { from: self.id, to, term: self.hard.term, body });
    }
}
