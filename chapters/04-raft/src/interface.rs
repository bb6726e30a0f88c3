//! What passes between a node and whoever drives it, besides messages and saves.
//!
//! Owns [`Options`], what a node starts from ([`Stored`]), what it wants done ([`Batch`]), why
//! something did not happen ([`Refused`], [`Dropped`]), and the names of reads. It decides nothing.

use crate::configuration::{Configuration, Impossible};
use crate::message::Body;
use crate::payload::Payload;
use basics::{Index, Message, NodeId, Position, Save, Term};
use election::HardState;
use replication::{Log, Span, Write};
use std::fmt;

/// How a node works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// How it replicates its log, and how it holds elections.
    pub replication: replication::Options,
    /// How much of the log stays in memory, behind what the store holds.
    pub keep: Keep,
    /// How many reads may wait for an answer.
    pub reads: usize,
}

/// How much of the log stays for followers that are a little behind. Those that are further behind
/// get a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Keep {
    /// So many entries, and up to an eighth more: they go in lumps.
    pub entries: u64,
    /// At most so many bytes of entries.
    pub bytes: usize,
    /// While a snapshot is on its way to a follower, what it needs after it stays as well, up to so
    /// many bytes in all.
    pub bytes_for_snapshots: usize,
}

/// What a node remembers when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored {
    /// Its term and its vote.
    pub hard_state: HardState,
    /// Its log, as it is on disk.
    pub log: Log<Payload>,
    /// The last entry whose effects its store holds.
    pub applied: Position,
    /// The members, as its store has them.
    pub configuration: Configuration,
}

/// A store and a log that do not belong together: entries between the two are nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gap {
    /// How far the store goes.
    pub applied: Position,
    /// The position before the log's first entry.
    pub start: Position,
}

/// A state that somebody has brought: up to which entry, and who the members were then. The state
/// itself is in the store by now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Snapshot {
    /// The last entry in it.
    pub at: Position,
    /// The members as of that entry.
    pub configuration: Configuration,
}

/// The name of a read, or of many that wait together. The driver gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What became of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// Read as soon as the state machine has applied this entry.
    From(Index),
    /// The leader that was asked leads no more, or nobody knows. Ask again.
    Lost,
}

/// What a node wants done.
///
/// Whoever drives a node asks for batches after every call, until there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "a batch that is dropped is a message lost and a promise not kept"]
pub struct Batch {
    /// Messages that promise nothing new: they may leave now.
    pub send_now: Vec<Message<Body>>,
    /// What goes to disk, with the messages that wait for it.
    pub save: Option<Save<Write<Payload>, Body>>,
    /// Committed entries that were not handed out before, for the state machine. A
    /// [`Payload::Change`] among them is for the store's configuration:
    /// [`Configuration::after`] says what it is then.
    pub apply: Option<Span<Payload>>,
    /// Reads that wait no more.
    pub reads: Vec<(Ticket, Reading)>,
    /// Followers that need a snapshot. For each, say [`Node::sending`](crate::Node::sending) when
    /// one leaves, or [`Node::snapshot_failed`](crate::Node::snapshot_failed) if none can.
    pub wanted: Vec<NodeId>,
    /// Followers to which a snapshot is on its way in vain: stop it.
    pub given_up: Vec<NodeId>,
}

/// Why something that was asked of a node does not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// This node does not lead; this one does, as far as it knows.
    NotLeader(Option<NodeId>),
    /// So much waits already that there is no room for more.
    Full,
    /// Leadership is being handed over to this node.
    HandingOver(NodeId),
    /// No entry of this leader's term is committed yet.
    TooEarly,
    /// The change at this index is not applied yet.
    Pending(Index),
    /// There is no way from the members as they are.
    Impossible(Impossible),
    /// This learner lacks too much of the log to become a voter.
    Behind(NodeId),
    /// This node has no vote.
    NoVoter(NodeId),
}

/// Why a message was dropped. That its sender was heard, and its term, may count all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// The replication, or the election, did not want it.
    Replication(replication::Dropped),
    /// It is for a leader, and this node does not lead.
    NotLeading,
    /// It comes from a node that does not belong to the cluster.
    Stranger,
    /// It answers a question that nobody asks any more.
    Late,
}

impl Dropped {
    /// The kind of reason, to count by.
    pub fn kind(&self) -> &'static str {
        use replication::Dropped as Below;
        match self {
            Dropped::Replication(Below::Election(election::Dropped::Misaddressed)) => {
                "misaddressed"
            }
            Dropped::Replication(Below::Election(election::Dropped::Stale)) => "stale",
            Dropped::Replication(Below::Election(election::Dropped::LeaderInTouch)) => "in touch",
            Dropped::Replication(Below::Election(election::Dropped::SecondLeader)) => {
                "second leader"
            }
            Dropped::Replication(Below::Contradiction(_)) => "contradiction",
            Dropped::Replication(Below::NotLeading) | Dropped::NotLeading => "not leading",
            Dropped::Replication(Below::Stranger) | Dropped::Stranger => "stranger",
            Dropped::Late => "late",
        }
    }
}

impl Default for Options {
    /// 5,000 entries for followers that are a little behind, as in etcd 3.7; the limits in bytes
    /// are ours.
    fn default() -> Options {
        Options {
            replication: replication::Options::default(),
            keep: Keep { entries: 5_000, bytes: 64 << 20, bytes_for_snapshots: 1 << 30 },
            reads: 10_000,
        }
    }
}

impl Stored {
    /// A node of a new cluster of these voters, that starts for the first time. All of them begin
    /// as if they had applied one entry, in which the cluster was founded.
    ///
    /// So the log of a cluster never begins at its beginning. Who joins later gets a snapshot, and
    /// with it the members, before anything else.
    pub fn found(voters: impl IntoIterator<Item = NodeId>) -> Stored {
        let founded = Position { term: Term(1), index: Index(1) };
        Stored {
            hard_state: HardState { term: founded.term, vote: None },
            log: Span::empty(founded).into(),
            applied: founded,
            configuration: Configuration::of(voters),
        }
    }

    /// A node that joins a cluster, and starts for the first time. It knows nobody, so it waits.
    pub fn join() -> Stored {
        Stored {
            hard_state: HardState::default(),
            log: Log::default(),
            applied: Position::START,
            configuration: Configuration::unknown(),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gap { applied, start } = self;
        write!(f, "the store ends at {applied}, and the log begins after {start}")
    }
}

impl std::error::Error for Gap {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NotLeader(Some(leader)) => write!(f, "this node does not lead, {leader} does"),
            Refused::NotLeader(None) => f.write_str("this node does not lead, and knows nobody"),
            Refused::Full => f.write_str("too much waits already"),
            Refused::HandingOver(node) => write!(f, "leadership is being handed over to {node}"),
            Refused::TooEarly => f.write_str("nothing of this leader's term is committed yet"),
            Refused::Pending(index) => write!(f, "the change at {index} is not applied yet"),
            Refused::Impossible(impossible) => write!(f, "{impossible}"),
            Refused::Behind(node) => write!(f, "{node} lacks too much of the log to vote"),
            Refused::NoVoter(node) => write!(f, "{node} has no vote"),
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dropped::Replication(dropped) => write!(f, "{dropped}"),
            Dropped::NotLeading => f.write_str("it is for a leader, and this node is none"),
            Dropped::Stranger => f.write_str("it is from a node that is no member"),
            Dropped::Late => f.write_str("it answers a question that nobody asks any more"),
        }
    }
}
