//! Leadership that is handed over, and given up.
//!
//! Owns what a layer above may ask of an election beside its own course: that this node takes over
//! from a leader who wishes it, that a request which the leader has wished for passes the shield,
//! and that a leader resigns. Nothing here makes a vote easier to win.
//!
//! Left to others: when to hand over, and to whom (chapter 4).

use super::Election;
use crate::interface::{Dropped, Role, View};
use crate::message::Body;
use basics::Message;

impl Election {
    /// The leader hands its leadership over to this node, which campaigns at once: a poll would ask
    /// what is known. A node that does not [`Election::stand`] does not take over either.
    pub fn take_over(&mut self, view: View<'_>) {
        if self.may_stand(view) {
            self.campaign(view);
        }
    }

    /// [`Election::receive`] without the shield of check-quorum, for a request that the leader
    /// itself has wished for: it disturbs nobody. Which requests are such, the layer that hands
    /// over knows.
    pub fn receive_unshielded(
        &mut self,
        message: Message<Body>,
        view: View<'_>,
    ) -> Result<(), Dropped> {
        self.take_in(message, view)
    }

    /// A leader or a candidate stops, for a reason that a layer above knows: it follows nobody, in
    /// the same term. A follower stays what it is.
    pub fn resign(&mut self, view: View<'_>) {
        if self.role() != Role::Follower {
            self.follow(None, view);
        }
    }
}
