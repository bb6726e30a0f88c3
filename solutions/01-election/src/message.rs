//! What nodes say to each other.
//!
//! Owns [`Message`] and its [`Body`]. Every message carries its sender's term, without exception,
//! so one rule about terms serves them all.

use crate::types::{NodeId, Position, Term};
use std::fmt;

/// One message from one node to another: an envelope, with what it says in it. Here that is a
/// [`Body`]; the layers above put letters of their own into the same envelope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message<B = Body> {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// The sender's term when it spoke.
    pub term: Term,
    /// What it says.
    pub body: B,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Body {
    /// "Vote for me." The log that the candidate would lead with ends at `last`.
    VoteRequest {
        /// Is it meant, or is it a poll?
        round: Round,
        /// Where the candidate's log ends.
        last: Position,
    },
    /// The answer to a vote request of the same round.
    VoteAnswer {
        /// The round that was asked about.
        round: Round,
        /// Yes or no.
        granted: bool,
    },
    /// "I lead this term."
    Heartbeat,
    /// "I heard you."
    HeartbeatAnswer,
}

/// An election has up to two rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Round {
    /// A poll that binds nobody: "if I stood for the next term, would you vote for me?"
    PreVote,
    /// The vote for the message's own term.
    Vote,
}

impl<B> Message<B> {
    /// The same envelope with another letter in it, made from this one.
    pub fn map<C>(self, change: impl FnOnce(B) -> C) -> Message<C> {
        let Message { from, to, term, body } = self;
        Message { from, to, term, body: change(body) }
    }
}

impl Body {
    /// The answer that grants nothing: it only tells the asker which term we are in. None if the
    /// message is an answer itself; answering answers would never end.
    pub fn refusal(&self) -> Option<Body> {
        match self {
            Body::VoteRequest { round, .. } => {
                Some(Body::VoteAnswer { round: *round, granted: false })
            }
            Body::Heartbeat => Some(Body::HeartbeatAnswer),
            Body::VoteAnswer { .. } | Body::HeartbeatAnswer => None,
        }
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Body::VoteRequest { round: Round::Vote, .. } => "vote?",
            Body::VoteRequest { round: Round::PreVote, .. } => "pre-vote?",
            Body::VoteAnswer { round: Round::Vote, granted: true } => "granted",
            Body::VoteAnswer { round: Round::PreVote, granted: true } => "would grant",
            Body::VoteAnswer { granted: false, .. } => "refused",
            Body::Heartbeat => "heartbeat",
            Body::HeartbeatAnswer => "heard",
        })
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.body, self.term)?;
        if let Body::VoteRequest { last, .. } = &self.body
            && *last != Position::START
        {
            write!(f, ", log to {last}")?;
        }
        Ok(())
    }
}
