//! What the rooms tell each other.
//!
//! Owns every kind of letter, and nothing that is done with one. So a room knows the letters that
//! it writes and reads, and no room has to know another.
//!
//! Left to others: how letters get there (`mailbox`).

use crate::disk::{File, StoreFolder};
use crate::outbox::Outbox;
use crate::wire::Letter;
use api::watch_request::RequestUnion;
use api::{Error, Event as Happened, LeaseId, Revision};
use basics::{Index, NodeId, Position, Save, Synced};
use bolt::backend::{Committer, Frozen};
use raft::{Body, Configuration, Data, Payload};
use replication::{Span, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// What the replica is told.
pub enum ToReplica {
    /// Somebody wants this to be in the log.
    Propose(Wanted),
    /// Somebody wants the members to change.
    Change(Wanted),
    /// Another member has written.
    Heard(Heard),
    /// The state is on its way to a follower, as of this entry.
    Bringing(NodeId, Position),
    /// It will not arrive there.
    NotBrought(NodeId),
    /// A leader has brought its state.
    Brought(Brought),
    /// The store is another now, up to this entry, with these members.
    Installed(Position, Configuration),
    /// Somebody wants another member to lead.
    Transfer(NodeId, Waiter, Instant),
    /// Somebody wants to read what is there now, and waits until then.
    Read(Waiter, Instant),
    /// Somebody waits for an entry to be carried out here, by then.
    Reach(Index, Waiter, Instant),
    /// The log has synced a save.
    Synced(Synced<Write<Payload>>),
    /// The state has carried out all entries up to this one.
    Applied(Index),
    /// The store has them on disk up to this one.
    Durable(Index),
    /// This member is to stop soon: if it leads, somebody else is to.
    HandOver,
    /// That is all.
    Stop,
}

/// What the thread is told that remembers what compactions leave.
pub enum ToHashes {
    /// There is one of this revision; and that is the store before it.
    Compacts(Revision, Box<mvcc::View<File>>),
    /// The store is another now.
    Replaced,
    /// That is all.
    Stop,
}

/// Who waits, in the box of which runtime.
#[derive(Clone, Copy, Debug)]
pub struct Waiter {
    /// Which runtime.
    pub runtime: u32,
    /// Under which number.
    pub number: u64,
}

/// A proposal that is to be made.
pub struct Wanted {
    /// What goes into the log: a [`Proposal`](crate::proposal::Proposal). It says who waits for it.
    pub data: Data,
    /// From then on, nobody waits for it any more.
    pub until: Instant,
}

/// What another member has written.
pub struct Heard {
    /// Its letters, in their order.
    pub letters: Vec<Letter>,
    /// While they are not read, others have less room.
    pub place: OwnedSemaphorePermit,
}

/// A state that a leader has brought, beside the store.
pub struct Brought {
    /// The last entry in it.
    pub at: Position,
    /// The file.
    pub part: PathBuf,
    /// Until it is the store, or is not wanted, no other comes.
    pub place: OwnedSemaphorePermit,
    /// Told when it is the store. If it is not wanted, this is dropped.
    pub done: oneshot::Sender<()>,
}

/// What the log is told.
pub enum ToLog {
    /// Write this.
    Write(Save<Write<Payload>, Body>),
    /// Up to this entry, the node has let go of its log.
    Release(Index),
    /// That is all.
    Stop,
}

/// What the state is told.
pub enum ToState {
    /// Carry out these entries.
    Apply(Span<Payload>),
    /// The state is to be this one, which another member has brought.
    Install(Brought),
    /// Somebody wants to know the keys of leases.
    Keys(Vec<LeaseId>, Waiter),
    /// Somebody wants to know the sum of all that is there at a revision.
    Sum(Revision, Waiter),
    /// Somebody waits until no compaction is under way.
    Compacted(Waiter),
    /// Somebody waits until all that was carried out is on disk.
    Settle(Waiter),
    /// There is news of what was frozen.
    Retired,
    /// That is all.
    Stop,
}

/// What the store is told.
pub enum ToStore {
    /// Bring this to the disk.
    Commit {
        /// What.
        frozen: Frozen,
        /// Up to which entry it goes.
        index: Index,
        /// The log may be forgotten up to there, once it is on disk.
        is_snapshot: bool,
    },
    /// The store is not to be touched any more.
    LetGo,
    /// From now on, this is the store.
    Replace(Box<Committer<StoreFolder>>),
    /// Somebody wants the pages gone that nobody uses.
    Defragment(Waiter),
    /// That is all.
    Stop,
}

/// What has become of what was frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    /// It is on disk.
    OnDisk,
    /// It will never be: the disk has failed.
    Never,
    /// The store is not touched any more ([`ToStore::LetGo`]).
    LetGo,
}

/// What those are told who tell watchers.
pub enum ToWatches {
    /// This happened, at the next revision.
    Note(Revision, Arc<[Happened]>),
    /// More has happened than could be told; it is all in the store, up to this revision.
    Resync(Revision),
    /// A client has opened a stream.
    Open(u64, Arc<Outbox>),
    /// It wants this, and may have it, or not, and why.
    Want(u64, RequestUnion, Result<(), Error>),
    /// It has fetched what was in its outbox.
    Room(u64),
    /// It is gone.
    Close(u64),
    /// That is all.
    Stop,
}

/// So many revisions wait to be told at most. If there are more, they are read from the store.
pub const WAITING: usize = 10_000;
