//! # The whole of Raft
//!
//! Chapters 1 and 2 elect a leader and copy its log, for a cluster whose members never change and
//! whose log never ends. A server needs more: a log that is let go, members that come and leave,
//! reads that cost no entry, leadership that can be moved. This crate adds the four to a
//! [`Replica`](replication::Replica), and what they promise together is this:
//!
//! - **Nothing is lost and nothing is decided twice**, as below, while any of the four is going on,
//!   and any two of them at once.
//! - **A read sees every write that was answered before it was asked.**
//! - **Memory has a limit**, whoever else is slow or dead: the log, what waits in it, and every
//!   queue. A node that is slow itself takes no more; that its own store and disk answer at all,
//!   its driver sees to.
//! - **Liveness:** while a quorum of the members is up and can talk, changes are completed, reads
//!   are answered, and a follower that is behind catches up.
//!
//! ## Who decides
//!
//! A [`Configuration`] names the voters, whose majority decides, and the learners, who only listen.
//! It follows the log: a change is in effect on a node as soon as the node has it in its log,
//! committed or not, and is undone when it is cut. The nodes that hold a change are the ones that
//! may commit it, and a node that restarts folds its log over what its store has. There is no other
//! memory of who the members are, so there is nothing to contradict the log.
//!
//! Two nodes may go by different configurations at the same time, one step apart. That is safe if
//! every quorum of the one shares a node with every quorum of the other. It holds by itself when at
//! most one voter comes or leaves. When more do, the cluster passes through a *joint*
//! configuration, in which both majorities have to agree; the leader begins it, and leaves it by
//! itself when it is applied. And it takes two rules for *one step*: no change while another is not
//! applied, and none before an entry of the leader's own term is committed. The published algorithm
//! lacked the second for a year, and a cluster could be split in two by it.
//!
//! ## Reading
//!
//! A leader that answers from its own state may have been deposed long ago. It need not write an
//! entry to find out. It asks its voters "am I still?", after the question has come; when a quorum
//! says yes, no later leader had committed anything by then. One round answers all that wait, and
//! since nothing is promised for later, no disk is waited for. Followers ask the leader up to where
//! they have to have applied, and read at home.
//!
//! ## Handing over
//!
//! The leader stops taking proposals, brings the heir up to its last entry, and bids it stand. The
//! heir's requests say whose wish it is, so that voters in touch with the leader answer. If it
//! takes longer than an election, the leader leads on. A leader that has no vote any more hands
//! over too, once that is committed.
//!
//! ## Letting go
//!
//! What the store has on disk, the log need not keep; it keeps a little for followers that are a
//! little behind. Who is further behind gets a snapshot: the state itself, moved by somebody else,
//! and a position with a configuration here. What comes after a snapshot on its way stays in the
//! log until the follower has caught up, up to a limit. So a follower is never sent one snapshot
//! after the other for ever, and never fills its leader's memory either.
//!
//! A snapshot replaces a store in steps, and power may go between any two: it is put beside the
//! store; [`Node::prepare`] stops the state machine; the driver renames it into place;
//! [`Node::install`] begins the log anew; the next save says so to the disk. After each of them,
//! [`Node::new`] goes on from the store, wherever the log was.
//!
//! ## Shape
//!
//! A [`Node`] owns no thread, clock, socket or file. Calls go in, each with a random number, and
//! [`Node::ready`] hands out what is to be sent, saved, applied and answered. Start with [`Node`]
//! and follow its methods down; then `node/changes`, `node/letters` (messages and reads),
//! `node/handover` and `node/snapshots`. Beside them stand the decisions, as values:
//! `configuration` (from members to members), `membership` (what the log says), `reads`,
//! `transfer`, `shipping` (how far the log goes). `payload` is what an entry holds, in bytes.
//!
//! ## Left out on purpose
//!
//! **Leases.** A leader that trusts its clock could answer reads without asking anybody: no other
//! can lead while its followers are in touch with it. It holds until a clock is wrong, or a process
//! stands still between the look at the clock and the answer, and then a read is old and nobody
//! notices. A confirmed read costs a round trip that many reads share.
//!
//! **Forwarded proposals.** A follower refuses and names the leader. Whoever asked knows best
//! whether it may be sent twice. **Priorities** of nodes, and **witnesses** without a log. **Who
//! may change the members**, and what an address is: a change carries a context for whoever knows.

mod configuration;
mod interface;
mod membership;
mod message;
mod node;
mod payload;
mod reads;
mod shipping;
mod status;
mod transfer;

pub use configuration::{Configuration, Impossible, Members, Step};
pub use interface::{
    Batch, Dropped, Gap, Keep, Options, Reading, Refused, Snapshot, Stored, Ticket,
};
pub use message::Body;
pub use node::Node;
pub use payload::{Change, Data, Malformed, Payload, Written};
pub use status::{Follower, Sending, Status};
