//! # Leases
//!
//! A client that has put a key can crash, and then nobody deletes the key. So a client takes a
//! *lease*: it lasts for some seconds, its *time to live*, and as long as the client is there it
//! renews it. Keys are put under the lease. When the lease ends, they go with it. This crate
//! promises three things about that:
//!
//! - **No lease ends early.** Whoever was told that a lease lasts for ten seconds has them, also if
//!   the leader changes, if members start again, or if a clock is set back.
//! - **Every lease ends.** As long as somebody leads, a lease that nobody renews is gone a little
//!   later, and its keys with it.
//! - **Members agree** which leases there are. Their clocks have no part in it.
//!
//! ## Two kinds of facts
//!
//! That members agree and that leases end by a clock do not go together, unless one keeps two kinds
//! of facts apart.
//!
//! Which leases there are, and how long each lasts after a renewal, is in the *rows*, on every
//! member alike. Only entries of the log change it: [`Lessor::grant`], [`Lessor::revoke`],
//! [`Lessor::checkpoint`]. Where they take a time, no answer and no row depends on it. A lease
//! whose time is over is still there, for everybody, until an entry revokes it.
//!
//! When each lease ends is what one member knows, the *primary*, which is the leader. It is in no
//! row and in no entry. So a renewal writes nothing: it moves a deadline in the primary's memory,
//! a million times a second if need be. A member that comes to lead knows no deadlines, and gives
//! every lease all of its time again; one that leads no more forgets them.
//!
//! ```text
//!   client: keep alive ───▶ primary: deadlines ──expired──▶ proposal: revoke 7 ──▶ log
//!                                                                                   │ each member
//!   rows: without 7  ◀── Lessor::revoke(7) ◀── if its term is that of the proposal ◀┘
//!   keys: without those of 7 ◀┘
//! ```
//!
//! ## Where it goes wrong
//!
//! - *A proposal that is late.* A leader finds that lease 7 is over, and proposes that. By the time
//!   the proposal arrives, another member leads, has given 7 all of its time, and has renewed it.
//!   So what a primary decides is a [`Decided`]: it counts only if its entry was appended in the
//!   term in which it was decided.
//! - *Two leaders for a moment.* A leader that is cut off goes on to renew, as long as it takes to
//!   notice. So whoever is promoted adds an election's time to every lease. (A leader that has
//!   stood still, and has missed ticks, may need longer. The server has it ask first whether it
//!   leads.)
//! - *A renewal that comes too late.* The revocation is on its way, and nothing takes it back. So
//!   the answer is [`Renewal::Wait`], and after the revocation there is no such lease.
//! - *A lease that outlives every leader.* If each new leader gives it a day again, it never ends.
//!   So of long leases the rest is written down now and then, a *checkpoint*; and a renewal has it
//!   taken back first ([`Renewal::First`]).
//! - *A thousand leases at once.* They end in rounds, some hundred in each.
//! - *Clocks.* They are read by whoever calls, and may be set: see [`Time`].
//!
//! ## Who calls what
//!
//! An entry's rows go into the store together with the entry, and the keys of a lease that is
//! revoked are deleted with its row, at one revision. [`Lessor::promote`] is called when the leader
//! has carried out all entries of the terms before its own, or it would give back what an entry of
//! those takes. All the rest may happen beside the entries, under one short lock. What a primary
//! decides goes into the proposals under that same lock: in the order in which it was decided, or a
//! rest that was taken back could be written down after.
//!
//! ## Shape
//!
//! [`Lessor`] is what a member has. If the member is the primary, its leases are in `primary`,
//! with `deadlines` and `checkpoints`; and if not, there is nothing that could be asked for one.
//! `decided` is what happens before an entry, [`answers`] what clients are told after. Below are
//! `row`, `ttl` and `time`.
//!
//! ## Left out on purpose
//!
//! The keys of a lease, which are the store's. Permissions and quotas, which the server checks. To
//! find the primary and ask it. And one thing that etcd does: after a change of the leader it moves
//! some ends apart, so that not too many come at once. Here, those that come at once wait for their
//! round.
//!
//! A number can be granted again as soon as its lease is gone. If the first revocation was slow, a
//! second one may be on its way by then, and takes the new lease with it; so it is in etcd. Who
//! lets a member choose the number never meets this.

pub mod answers;
mod checkpoints;
mod deadlines;
mod decided;
mod lessor;
mod primary;
mod row;
mod time;
mod ttl;

pub use checkpoints::{Checkpoint, INTERVAL, PER_REQUEST};
pub use deadlines::{PER_ROUND, RETRY, ROUND};
pub use decided::{Decided, Reign, proposed};
pub use lessor::{Granted, Keep, Lessor, Options, Revoked};
pub use primary::{Renewal, TimeToLive};
pub use row::{BUCKET, Foreign, Row};
pub use time::Time;
pub use ttl::Ttl;
