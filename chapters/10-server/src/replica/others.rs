//! Proposals, from here and from other members, and what those have written.
//!
//! Owns the way of a proposal: into the log, if this node leads; to whoever does, once, if not; and
//! if neither can be, it waits a little. Whoever waits for it, here or there, is told if it will
//! not be.
//!
//! Left to others: how letters get there (`links`).

use super::{Replica, WAITING};
use crate::boxes::Told;
use crate::letters::{Heard, ToReplica, Waiter, Wanted};
use crate::proposal::{Proposal, Sender};
use crate::wire::Letter;
use api::Error;
use raft::{Data, Refused};
use std::time::{Duration, Instant};

/// What another member has forwarded waits so long for a leader.
const PATIENCE: Duration = Duration::from_secs(5);

impl Replica {
    pub(super) fn propose(&mut self, wanted: Wanted) {
        let told = match self.node.propose(wanted.data.clone()) {
            Ok(_) => return,
            Err(Refused::NotLeader(Some(leader))) if leader != self.node.id() => {
                if self.wires.links.forward(leader, wanted.data.clone()) {
                    return;
                }
                // It may be reached in a moment.
                if self.waiting.len() < WAITING {
                    return self.waiting.push_back(wanted);
                }
                Error::RequestTooManyRequests
            }
            Err(Refused::NotLeader(_) | Refused::HandingOver(_) | Refused::TooEarly) => {
                if self.waiting.len() < WAITING {
                    return self.waiting.push_back(wanted);
                }
                Error::RequestTooManyRequests
            }
            Err(
                Refused::Full
                | Refused::Pending(_)
                | Refused::Impossible(_)
                | Refused::Behind(_)
                | Refused::NoVoter(_),
            ) => Error::RequestTooManyRequests,
        };
        self.refuse(&wanted.data, told);
    }

    /// Whoever proposed this, here or at another member, is told that it will not be.
    pub(super) fn refuse(&self, data: &Data, error: Error) {
        let sender = Proposal::read(data.bytes()).ok().and_then(|proposal| proposal.sender);
        match sender {
            Some(sender) if self.wires.boxes.is_ours(&sender) => self.refused(sender, error),
            Some(sender) => self.wires.links.refuse(sender, error),
            None => {}
        }
    }

    fn refused(&self, sender: Sender, error: Error) {
        let Sender { runtime, number, .. } = sender;
        self.tell([Waiter { runtime, number }], &Told::Done(Err(error)));
    }

    /// Another member has written.
    pub(super) fn hear(&mut self, heard: Heard) {
        let Heard { letters, place } = heard;
        let until = Instant::now() + PATIENCE;
        for letter in letters {
            match letter {
                Letter::Raft(message) => {
                    let draw = self.draw();
                    // Why it was dropped, the node counts.
                    let _ = self.node.receive(message, draw);
                }
                Letter::Forward(data) => self.propose(Wanted { data, until }),
                Letter::Change(data) => self.take(ToReplica::Change(Wanted { data, until })),
                Letter::Refused(sender, error) if self.wires.boxes.is_ours(&sender) => {
                    self.refused(sender, error);
                }
                Letter::Refused(..) => {}
            }
        }
        // Now there is room for more.
        drop(place);
    }
}
