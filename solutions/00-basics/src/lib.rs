//! # What the layers share
//!
//! Every layer of this workbook speaks of nodes, terms and places in a log, sends letters in the
//! same envelope, and waits for a disk in the same way. These few types are defined here, once, so
//! that a `Term` of the election is a `Term` of everything above it.
//!
//! - [`NodeId`], [`Term`], [`Index`] and [`Position`] are numbers that cannot be mixed up.
//!   [`Position`] is ordered by Raft's rule about logs.
//! - [`Message`] is an envelope: sender, receiver, the sender's term. What is in it is the layer's.
//! - [`Save`] is a write with the messages that it makes true *inside*, and [`Synced`] its receipt.
//!
//! ## What `Save` proves, and what it does not
//!
//! A node never writes and never sends; it hands out what it wants done. A message that promises
//! something about a disk, a vote or an acceptance, is inside the [`Save`] that makes it true, and
//! [`Save::synced`] is the one way to get it out. So a node cannot hand such a message out beside
//! its write, and a driver that has only the messages of a batch has none that may not leave yet.
//!
//! That the disk was really synced before [`Save::synced`] was called, no type can know: a driver
//! could call it at once. It is the driver's word, together with one more: saves are synced in the
//! order in which they were handed out, and each receipt goes back once, in that order. Simulated
//! disks break no such promise; a driver of real ones is read with this page beside it.
//!
//! ## Left out on purpose
//!
//! What is written and what is said, which every layer defines for itself. How bytes are made of
//! it, which is the business of those that own a file or a socket.

mod ids;
mod message;
mod save;

pub use ids::{Index, NodeId, Position, Term};
pub use message::Message;
pub use save::{Save, Synced};
