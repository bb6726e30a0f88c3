//! What a node is, for a person or a metric.
//!
//! Owns [`Status`], a value without references that is cheap to make: a few words for each member,
//! none for each entry. And [`Drops`], how often messages were dropped, by the kind of reason.

use crate::configuration::Configuration;
use crate::interface::Dropped;
use crate::membership::Membership;
use crate::payload::Payload;
use basics::{Index, NodeId, Position, Term};
use election::{Quorum, Role};
use replication::{Mode, Replica};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// A node at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Who it is.
    pub id: NodeId,
    /// The part that it plays.
    pub role: Role,
    /// The term that it is in.
    pub term: Term,
    /// Whom it has voted for in that term.
    pub vote: Option<NodeId>,
    /// Who leads that term, as far as it knows.
    pub leader: Option<NodeId>,
    /// The position before its log's first entry.
    pub start: Position,
    /// The position of its log's last entry.
    pub last: Position,
    /// How far its disk holds the log.
    pub synced: Index,
    /// How far the log is committed, as far as it knows.
    pub commit: Index,
    /// How far entries were handed out to the state machine.
    pub handed_out: Index,
    /// How far the state machine has carried them out.
    pub applied: Index,
    /// How far the store's disk holds their effects.
    pub durable: Index,
    /// The configuration in effect.
    pub configuration: Configuration,
    /// The change that is in effect and not applied.
    pub pending: Option<Index>,
    /// To whom leadership is being handed over.
    pub transfer: Option<NodeId>,
    /// How many reads wait.
    pub reads: usize,
    /// What a leader knows of each other member.
    pub followers: BTreeMap<NodeId, Follower>,
    /// How many messages were dropped since the start, by the kind of reason.
    pub dropped: BTreeMap<&'static str, u64>,
}

/// A follower, as its leader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follower {
    /// The last index that it has acknowledged.
    pub matched: Index,
    /// The next entry for it.
    pub next: Index,
    /// How entries go to it.
    pub sending: Sending,
    /// It has lost what it had acknowledged: look after its disk.
    pub suspect: bool,
}

/// How entries go to a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The leader is finding out where the logs part.
    Asks,
    /// So many appends are under way to it.
    Flows(usize),
    /// It waits for a snapshot.
    WaitsForSnapshot,
}

/// How often messages were dropped.
///
/// What a node has dropped says nothing about what it will do. So it does not make two nodes
/// different, and a search that counts states does not count it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(BTreeMap<&'static str, u64>);

impl Drops {
    pub fn count(&mut self, dropped: Dropped) {
        *self.0.entry(dropped.kind()).or_default() += 1;
    }
}

impl PartialEq for Drops {
    fn eq(&self, _: &Drops) -> bool {
        true
    }
}

impl Eq for Drops {}

impl Hash for Drops {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Status {
    pub(crate) fn of(
        replica: &Replica<Payload>,
        membership: &Membership,
        transfer: Option<NodeId>,
        reads: usize,
        drops: &Drops,
    ) -> Status {
        let election = replica.election();
        let configuration = membership.current().clone();
        let members = &configuration.voters() | &configuration.learners();
        let follower = |node: NodeId| Some((node, follower(replica, node)?));
        Status {
            id: election.id(),
            role: election.role(),
            term: election.hard_state().term,
            vote: election.hard_state().vote,
            leader: election.leader(),
            start: replica.log().start(),
            last: replica.log().last(),
            synced: replica.synced(),
            commit: replica.commit(),
            handed_out: replica.handed_out(),
            applied: replica.applied(),
            durable: replica.durable(),
            pending: membership.pending(),
            transfer,
            reads,
            followers: members.into_iter().filter_map(follower).collect(),
            configuration,
            dropped: drops.0.clone(),
        }
    }
}

fn follower(replica: &Replica<Payload>, node: NodeId) -> Option<Follower> {
    let progress = replica.progress(node)?;
    let sending = match &progress.mode {
        Mode::Probe { .. } => Sending::Asks,
        Mode::Replicate { window } => Sending::Flows(window.len()),
        Mode::Snapshot => Sending::WaitsForSnapshot,
    };
    let (matched, next, suspect) = (progress.matched, progress.next, progress.suspect);
    Some(Follower { matched, next, sending, suspect })
}
