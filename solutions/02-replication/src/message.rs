//! What nodes say to each other about their logs.
//!
//! Owns [`Body`] and [`Answer`]. The envelope is the election's: every message carries its sender's
//! term, so the rule about terms serves here as well.
//!
//! An [`Append`](Body::Append) is also the heartbeat. The election's own heartbeats never leave
//! this layer: it says them in its own words.

use crate::log::Span;
use basics::{Index, Position};
use std::fmt;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Body<P> {
    /// Something that the election has to say.
    Election(election::Body),
    /// "I lead this term, and my log goes on like this." With no entries it asks a question: does
    /// your log hold `span.prev`?
    Append {
        /// Entries of the leader's log, and the position before them.
        span: Span<P>,
        /// How far the leader knows the log to be committed.
        commit: Index,
    },
    /// The answer to an append.
    Answer(Answer),
}

/// The answer to an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// "My disk holds your log up to `matched`." A promise: it waits for the disk.
    Accepted {
        /// The last index that is the same in both logs, as far as this append shows it.
        matched: Index,
    },
    /// "My log does not hold `prev`." Nothing is promised.
    Refused {
        /// The position that was asked about.
        prev: Position,
        /// Our logs part at this position of mine, or before it.
        hint: Position,
    },
}

impl Answer {
    /// The entry that the append asked about or ended with.
    pub(crate) fn about(&self) -> Index {
        match self {
            Answer::Accepted { matched } => *matched,
            Answer::Refused { prev, .. } => prev.index,
        }
    }
}

impl<P> fmt::Display for Body<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Election(body) => write!(f, "{body}"),
            Body::Append { span, commit } => {
                let (first, last) = (span.prev.index.0.saturating_add(1), span.last().index.0);
                match span.entries.len() {
                    0 => write!(f, "append after {}", span.prev)?,
                    1 => write!(f, "append {first} after {}", span.prev)?,
                    _ => write!(f, "append {first} to {last} after {}", span.prev)?,
                }
                write!(f, ", commit {commit}")
            }
            Body::Answer(Answer::Accepted { matched }) => write!(f, "holds {matched}"),
            Body::Answer(Answer::Refused { prev, hint }) => {
                write!(f, "lacks {prev}, shares {hint} at most")
            }
        }
    }
}
