//! What nodes say to each other.
//!
//! Owns [`Body`]. A node's own letters stand beside those of the replication. Each carries its
//! sender's term like any other, and is shown to the election first: what a leader says is a
//! heartbeat to it, what is said to a leader is the answer to one.

use crate::payload::Payload;
use basics::{Index, Position};
use std::fmt;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// Something that the replication or the election has to say.
    Replication(replication::Body<Payload>),
    /// "Stand now, and lead after me." From a leader, to a voter that holds its whole log; or to
    /// the one that holds most of it, if the leader has no vote any more.
    TakeOver,
    /// "Vote for me; my leader wishes it." The one request for votes that no shield keeps out.
    WishedVote {
        /// Where the candidate's log ends.
        last: Position,
    },
    /// "Am I still your leader?" Nothing has to be on a disk for that.
    Confirm {
        /// The leader counts these questions in its term.
        round: u64,
    },
    /// "You are."
    Confirmed {
        /// The question.
        round: u64,
    },
    /// "Up to where must I have applied the log, so that what I read is not old?"
    Ask {
        /// The asker counts its questions.
        number: u64,
    },
    /// The answer.
    Told {
        /// The question.
        number: u64,
        /// Every entry that was committed when the question was asked is at this index or before.
        index: Index,
    },
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Replication(body) => write!(f, "{body}"),
            Body::TakeOver => f.write_str("take over"),
            Body::WishedVote { .. } => f.write_str("vote, as my leader wishes?"),
            Body::Confirm { round } => write!(f, "leader still? (round {round})"),
            Body::Confirmed { round } => write!(f, "still (round {round})"),
            Body::Ask { .. } => f.write_str("read up to where?"),
            Body::Told { index, .. } => write!(f, "read up to {index}"),
        }
    }
}
