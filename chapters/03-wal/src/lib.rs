//! # The log on disk
//!
//! A node hands out saves, and waits for receipts (chapter 2). This crate is the disk in between:
//! files that hold the term, the vote and the log, so that a node that lost power starts with all
//! that it ever had a receipt for. It promises this:
//!
//! - **What was synced is there.** Whatever a crash leaves of what was written since, recovery
//!   gives back everything for which [`Wal::sync`] has returned, and after that a beginning of the
//!   rest.
//! - **Damage is not loss.** If bytes that were synced are not what they were, the log is refused,
//!   with the file and the place. It is not made shorter in silence, but for the few cases below
//!   that nobody can decide.
//! - **A failure is the end.** After a write or a sync that failed nobody knows what the disk
//!   holds. Nothing is tried again; the process is to stop.
//!
//! ## Segments
//!
//! The log is a row of files of the same length. A segment is zeroed before its turn comes, so a
//! write changes bytes and nothing else: no length, no block, and the sync is as short as it can
//! be. It gets its name when its first bytes are on disk, so there is no segment that is half
//! begun. It begins with all that is needed of the segments before it, the hard state and where the
//! log goes on, so those can go when the store has what is in them.
//!
//! ## Torn, or damaged?
//!
//! A record that is not what was written may be the end of a write that power cut short, about
//! which nobody was told: that is cut off, and the log goes on. Or it is a record that was synced:
//! then something that others rely on is gone, and the node must not pretend otherwise. The two are
//! told apart by three things. A disk writes sectors whole, and where it did not write there are
//! zeros: a cut write lacks a sector, or the end of its last. Each batch has a number and an end,
//! and begins with a sector: what a later batch follows was synced. And the checksums run from
//! frame to frame, and from segment to segment, so nothing old fits in.
//!
//! What was read is not yet on the disk. The process that wrote it may have been killed before its
//! sync, and the next one finds its bytes in the system's memory. So a start writes the last batch
//! once more, and syncs it, before it tells anybody.
//!
//! Some cases nobody can decide, and then the log ends too early without a word: the last batch, or
//! the last segment, is there no more at all; or the last batch holds a sector of zeros that were
//! written as such, and another of its bits rots. They need a disk that forgets what it has synced,
//! at the one place where it was written last.
//!
//! ## Shape
//!
//! A [`Wal`] is written by one thread, which waits for the disk. [`Wal::add`] takes saves,
//! [`Wal::sync`] writes all of them at once. It knows the disk by two small traits, [`Directory`]
//! and [`File`]. `codec` has the bytes of a record, `segment` those of a file, `recovery` what they
//! come to.
//!
//! ## Left out on purpose
//!
//! What the store holds, and how far: the store says it, and whoever starts a node compares the two
//! (chapter 4). Compression. A log that is read while it is written: what a node needs of its log
//! is in its memory.

mod codec;
mod error;
mod files;
mod incoming;
mod printed;
mod recovery;
mod repair;
mod segment;
mod spare;
mod wal;

pub use error::Error;
pub use files::{Directory, File, Folder};
pub use incoming::{Incoming, discard_parts};
pub use printed::print;
pub use recovery::{Recovered, Torn, is_empty, owner};
pub use repair::{Repaired, repair};
pub use segment::{Identity, Options};
pub use spare::prepare_spare;
pub use wal::Wal;
