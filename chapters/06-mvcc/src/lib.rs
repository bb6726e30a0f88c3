//! # Revisions, transactions and compaction
//!
//! What makes etcd's store of a file with sorted rows. It promises this:
//!
//! - **Nothing is changed, something is added.** Every request that changes anything makes the next
//!   revision of the whole store, and the ones before can be read as long as nobody compacts them.
//! - **A view sees one revision, whole**, however long it takes. It does not stop the writer.
//! - **Members agree.** What a request does depends on the request and the state alone. A sum over
//!   all that is there is always at hand, so that members can compare themselves.
//!
//! ## Rows by time, keys in memory
//!
//! A put of `a` at revision 5 is a row under the key `5.0`, and a later one is another row, under
//! `9.0`. So rows are written in order, at the end; a watcher that missed some finds them side by
//! side; and the state at revision 7 is still there. What such rows cannot do is find `a`. For
//! that there is an index in memory, which knows of each key the stamps of its changes:
//!
//! ```text
//!   index                        rows
//!   a  2.0  5.0  9.0             2.0  a = 1     5.0  a = 2     6.1t  b
//!   b  2.1  6.1t                 2.1  b = 1     6.0  c = 1     9.0   a = 3
//!   c  6.0
//! ```
//!
//! At revision 7, `a` is at 5.0, `b` is deleted, and `c` is at 6.0. A start makes the index again:
//! it reads all rows once.
//!
//! ## Many readers, one writer
//!
//! A stamp never changes its meaning. So a reader at revision 7 may look at the index while the
//! writer adds to it: whatever comes is later than 7. It takes a lock for some hundred keys at a
//! time, and the rows it reads from a view of the buffer below, which nobody changes. Only a
//! compaction takes something away; it waits until those are gone who were there before.
//!
//! ## Shape
//!
//! [`Store`] writes: `store` has puts and deletions, `txn` transactions, `forget` compacts,
//! `restore` starts. [`View`] reads: `range`, `pieces`, `events`, `hash`. Below are `index` with
//! `tree`, `block`, `key_list` and `versions`; `stamp`, `row`, `leases`, `sums`. [`checks`] is what
//! a member asks of a request before it proposes it.
//!
//! ## Left out on purpose
//!
//! Watchers, leases and users, which are chapters of their own. Quotas and permissions, which the
//! server checks. When what was written goes to the disk, which the server decides.

mod block;
pub mod checks;
mod compaction;
mod compare;
mod error;
mod events;
mod forget;
mod hash;
mod index;
mod key_list;
mod leases;
mod pieces;
mod range;
mod restore;
mod row;
mod stamp;
mod store;
mod sums;
mod tree;
mod txn;
mod versions;
mod view;

pub use compaction::Progress;
pub use error::Error;
pub use events::Events;
pub use index::{Index, bounds};
pub use leases::Attached;
pub use pieces::Pieces;
pub use range::Most;
pub use stamp::{Act, Stamp};
pub use store::{Leases, Store};
pub use sums::Sums;
pub use versions::{Life, Version, taken};
pub use view::{Reader, View};
