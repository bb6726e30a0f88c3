//! What nodes say to each other.
//!
//! Owns [`Body`], what is in the envelope.

use basics::Position;
use std::fmt;

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
