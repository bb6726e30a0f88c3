//! Snapshots on their way to followers, and how much of the log stays for them.
//!
//! Owns [`Shipping`], a leader's account of who waits for a snapshot and who is being sent one; and
//! [`horizon`], the decision how far the log may be let go.
//!
//! A follower that has a snapshot of entry 100 needs entry 101 next. If the leader has let go of it
//! meanwhile, the follower needs another snapshot, and so on for ever. So what comes after a
//! snapshot on its way stays: up to a limit, past which the snapshot is given up, since a follower
//! that slow must not fill the leader's memory.
//!
//! Left to others: the state itself, and how it travels.

use crate::interface::Keep;
use crate::payload::Payload;
use basics::{Index, NodeId};
use replication::{Entry, Log};
use std::collections::{BTreeMap, BTreeSet};

/// Who waits for a snapshot, and who is being sent one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shipping {
    /// Followers whose need the driver knows.
    asked: BTreeSet<NodeId>,
    /// Where a follower goes on that is being sent a snapshot: after the snapshot, or after what it
    /// has acknowledged since.
    sending: BTreeMap<NodeId, Index>,
}

impl Shipping {
    /// Brings the account up to date, given what each follower has acknowledged; none if it is no
    /// member. Those that are in vain, since their followers have left.
    ///
    /// A follower that has its snapshot still lacks what was written while it was on its way, and
    /// what is written while it gets that. So the account goes on from what it has acknowledged,
    /// and is over when it has got as far as `stays`: from there on the log is kept for everybody.
    pub fn settle(
        &mut self,
        stays: Index,
        matched: impl Fn(NodeId) -> Option<Index>,
    ) -> Vec<NodeId> {
        let mut gone = Vec::new();
        self.sending.retain(|node, at| match matched(*node) {
            Some(matched) => {
                *at = matched.max(*at);
                matched < stays
            }
            None => {
                gone.push(*node);
                false
            }
        });
        gone
    }

    /// Is there a snapshot on its way?
    pub fn is_busy(&self) -> bool {
        !self.sending.is_empty()
    }

    /// These followers wait for a snapshot, and no others. Those of whom the driver does not know
    /// yet.
    pub fn wanted(&mut self, waiting: &[NodeId]) -> Vec<NodeId> {
        if waiting.is_empty() && self.asked.is_empty() {
            return Vec::new();
        }
        let sending = &self.sending;
        self.asked.retain(|node| waiting.contains(node) || sending.contains_key(node));
        waiting.iter().copied().filter(|node| self.asked.insert(*node)).collect()
    }

    /// A snapshot of this entry leaves for a follower. One that was on its way to it before is of
    /// no use any more.
    pub fn send(&mut self, node: NodeId, at: Index) {
        self.sending.insert(node, at);
    }

    /// The snapshot for this follower did not arrive, or is not to. Its need, if it still has it,
    /// is news again.
    pub fn stop(&mut self, node: NodeId) {
        self.asked.remove(&node);
        self.sending.remove(&node);
    }

    /// The follower that needs most of the log, and after which entry.
    pub fn oldest(&self) -> Option<(Index, NodeId)> {
        self.sending.iter().map(|(node, at)| (*at, *node)).min()
    }

    /// Everybody to whom a snapshot is on its way.
    pub fn into_followers(self) -> impl Iterator<Item = NodeId> {
        self.sending.into_keys()
    }
}

/// How far may the log be let go, and how many of the `kept` bytes stay then?
///
/// - Of the entries up to `durable` so many stay as [`Keep::entries`] and [`Keep::bytes`] say,
///   whichever is fewer: those closest to `durable`. `kept` are the bytes of all that is there.
/// - It is let go in lumps: nothing goes as long as there are at most an eighth more entries than
///   are to stay. To go one by one would cost a look at each at the worst moment, when nobody has
///   looked at it for long.
/// - What comes after `floor` stays in any case: a follower with a snapshot needs it.
/// - What is after `durable` stays in any case: a start needs it.
///
/// *Example:* the log begins after entry 100, the store holds up to 200, and 32 entries are to
/// stay: it may be let go up to 168. If a snapshot of entry 150 is on its way, up to 150. When the
/// store holds up to 204, 36 entries are there, and all of them stay.
pub fn horizon(
    log: &Log<Payload>,
    durable: Index,
    kept: usize,
    keep: Keep,
    floor: Option<Index>,
) -> (Index, usize) {
    let mut bytes = kept;
    let mut horizon = log.start().index;
    if durable.0 - horizon.0 <= keep.entries + keep.entries / 8 && kept <= keep.bytes {
        return (horizon, kept);
    }
    let limit = floor.map_or(durable, |floor| floor.min(durable));
    while horizon < limit {
        let next = Index(horizon.0 + 1);
        if durable.0 - horizon.0 <= keep.entries && bytes <= keep.bytes {
            break;
        }
        bytes = bytes.saturating_sub(log.get(next).map_or(0, Entry::size));
        horizon = next;
    }
    (horizon, bytes)
}
