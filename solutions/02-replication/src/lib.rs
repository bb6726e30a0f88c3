//! # Log replication
//!
//! A leader is elected (chapter 1). Now clients come and want things written down. This crate turns
//! a leader's word into entries that all nodes hold, in one order, and that no crash takes back. It
//! is the second layer of Raft, and it promises this:
//!
//! - **Log Matching:** if two logs hold an entry of the same index and term, they are the same up
//!   to there.
//! - **Leader Completeness:** what is committed is in the log of every later leader.
//! - **State Machine Safety:** no two nodes apply different entries at the same index.
//! - **Liveness:** while a majority is up and can talk, what a leader takes is soon committed.
//!
//! ## One direction
//!
//! Entries flow from the leader to the others, never back. A leader only adds to its log; a
//! follower makes its log like the leader's, and cuts what disagrees. So there is nothing to
//! negotiate, and one question is left: from where on does a follower's log differ?
//!
//! ## One comparison
//!
//! An append names the position just before its entries. A follower that holds that position holds
//! the leader's whole log up to there, and one that does not refuses. Two numbers stand for two
//! logs. That is sound because a term has one leader, a leader gives an index to one entry, and
//! every append that was ever accepted made the same comparison.
//!
//! ## Committed
//!
//! An entry of the leader's own term that is on the disks of a majority is committed, and with it
//! all before it. *Of its own term*: an older entry may be on every disk of a majority and still be
//! lost to a later leader (Figure 8 of the paper). So a new leader begins with an entry of its own.
//!
//! ## On disk
//!
//! "I hold entry 7" is a promise about a disk. It waits inside the [`Save`] that makes it true, as
//! a vote does in chapter 1. The leader need not wait before it tells others what is in its log,
//! only before it counts itself; so its followers write while it writes, and an entry costs one
//! round trip and one sync, not two. Saves may be on their way while entries that they hold are cut
//! again: [`OnDisk`] keeps account.
//!
//! ## What a leader knows
//!
//! For each follower a [`Progress`]: what it has acknowledged, what to send next, and whether it is
//! being asked (probe), sent a stream with a bounded window, or past help without a snapshot. An
//! append is also the heartbeat. A heartbeat asks about the last entry that was sent, so a window
//! whose appends were all lost opens again by itself.
//!
//! ## Shape
//!
//! A [`Replica`] wraps an [`Election`](election::Election) and puts its messages into an enum of
//! its own. Like it, it owns no thread, clock, socket or file: calls go in, and
//! [`Replica::ready`] hands out what is to be sent, saved and applied. Many proposals between two
//! calls of `ready` make one append and one write: that is all the batching there is.
//!
//! Start with [`Replica`] and follow its methods down, then `replica/leader.rs`. `log` is what two
//! nodes compare, `progress` what a leader knows of a follower, `limits` how far it runs ahead of
//! one, `on_disk` and `durable` the order between disk and network.
//!
//! ## Left out on purpose
//!
//! Snapshots themselves, and nodes that join and leave (chapter 4): a follower too far behind is
//! named by [`Replica::waiting_for_snapshot`], and served there. What a snapshot does to a log is
//! here ([`Replica::install`]), and so is whom a leader serves ([`Replica::reconfigure`]). Reads,
//! which need no entry (chapter 4). Real files (chapter 3). The commit index is not saved: a node
//! that starts learns it from the leader's first append.

mod durable;
mod interface;
mod limits;
mod log;
mod message;
mod on_disk;
mod progress;
mod replica;

pub use durable::{Batch, Write};
pub use interface::{Contradiction, Dropped, Options, Refused, Stored, View};
pub use limits::{Flight, Limits};
pub use log::{Entry, Log, Payload, Span};
pub use message::{Answer, Body};
pub use on_disk::OnDisk;
pub use progress::{Mode, Progress};
pub use replica::Replica;
