//! What passes between a node and whoever drives it, besides messages and saves.
//!
//! Owns [`Options`], the [`View`] that is lent for a call, what a node starts from ([`Stored`]),
//! and why something did not happen ([`Refused`], [`Dropped`]). It decides nothing.

use crate::limits::Limits;
use crate::log::Log;
use basics::{Index, NodeId, Position};
use election::{HardState, Quorum};
use std::fmt;

/// How a node replicates its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// How it holds elections.
    pub election: election::Options,
    /// How many bytes of entries an append holds at most, and a batch to apply. Both are as full as
    /// [`Log::span`] makes them: a single entry may be larger.
    pub batch_bytes: usize,
    /// How much may be under way, and how much uncommitted; none for no limit.
    pub limits: Option<Limits>,
}

/// What the node lends for one call. The replica keeps none of it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Who votes, and whose copies count.
    pub quorum: &'a dyn Quorum,
    /// A random number, a new one for every call.
    pub draw: u64,
}

/// What a node remembers when it starts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored<P> {
    /// Its term and its vote.
    pub hard_state: HardState,
    /// Its log.
    pub log: Log<P>,
    /// The last entry whose effects its store holds, and so one that is committed. It is in the
    /// log, or the log's start: a log that does not reach it begins anew there.
    pub applied: Index,
}

/// Why a proposal was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// This node does not lead; this one does, as far as it knows.
    NotLeader(Option<NodeId>),
    /// So much is proposed and not committed that there is no room for more.
    Full,
}

/// Why a message was dropped: nothing in it about the log counts. (The election has heard its
/// sender all the same, unless it is the election that dropped it, or the message is in disorder.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// The election did not want it.
    Election(election::Dropped),
    /// It answers to a leader, and this node does not lead.
    NotLeading,
    /// It comes from a node that is no follower of this leader.
    Stranger,
    /// It says what no node that follows the protocol says.
    Contradiction(Contradiction),
}

/// What no node that follows the protocol says. Whoever sends it is broken, or does not belong to
/// the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contradiction {
    /// An append whose terms fall, or exceed its leader's, or that has more entries than there are
    /// indexes after its position.
    Disorder,
    /// A follower answers about this entry, and the leader has none there.
    NeverSent(Index),
    /// A follower refuses this position, and says in the same breath that it may hold it.
    HoldsWhatItLacks(Position),
}

impl Default for Options {
    /// Appends of 1 MiB, and 512 of them under way, as in etcd 3.7. The three limits in bytes are
    /// ours: etcd sets none of them, and bounds the entries that are committed and not applied.
    fn default() -> Options {
        Options {
            election: election::Options::default(),
            batch_bytes: 1 << 20,
            limits: Some(Limits {
                window_messages: 512,
                window_bytes: 64 << 20,
                uncommitted_bytes: 1 << 30,
                unapplied_bytes: 64 << 20,
            }),
        }
    }
}

impl<P> Default for Stored<P> {
    /// A node that starts for the first time.
    fn default() -> Stored<P> {
        Stored { hard_state: HardState::default(), log: Log::default(), applied: Index(0) }
    }
}

impl<'a> View<'a> {
    /// The same for the election, which wants to know where the log ends.
    pub(crate) fn of_log_to(self, last: Position) -> election::View<'a> {
        election::View { quorum: self.quorum, last, draw: self.draw }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NotLeader(Some(leader)) => write!(f, "this node does not lead, {leader} does"),
            Refused::NotLeader(None) => f.write_str("this node does not lead, and knows nobody"),
            Refused::Full => f.write_str("too much is proposed and not yet committed"),
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dropped::Election(dropped) => write!(f, "{dropped}"),
            Dropped::NotLeading => f.write_str("it answers to a leader, and this node is none"),
            Dropped::Stranger => f.write_str("it is from a node that does not follow this one"),
            Dropped::Contradiction(Contradiction::Disorder) => {
                f.write_str("its terms fall, or exceed its leader's, or its indexes have no end")
            }
            Dropped::Contradiction(Contradiction::NeverSent(index)) => {
                write!(f, "it answers about entry {index}, which was never sent")
            }
            Dropped::Contradiction(Contradiction::HoldsWhatItLacks(position)) => {
                write!(f, "it refuses {position}, and says that it may hold it")
            }
        }
    }
}
