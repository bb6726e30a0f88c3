//! # Leader election
//!
//! A cluster keeps one log on several machines. Somebody has to decide what comes next in it, and
//! when that somebody dies, somebody else. This crate elects that leader. It is the first layer of
//! Raft, and it promises one thing and hopes for another:
//!
//! - **Safety:** no term ever has two leaders. This holds always: whatever the network loses,
//!   repeats or delays, whoever crashes, however wrong the clocks are.
//! - **Liveness:** while a majority is up and can talk, there is soon a leader. This needs timing
//!   that is not too bad, and luck in draws that is not too bad; no protocol can do without.
//!
//! ## Terms
//!
//! Time is cut into *terms*, numbered from 1. Each begins with an election, and has one leader or
//! none. A node only moves forward: a message from a later term pulls it there, a message from an
//! earlier one is void. So terms are a clock without seconds: two nodes that disagree about who
//! leads compare terms, and the older claim is over.
//!
//! ## One vote, on disk
//!
//! A node votes at most once in a term. A leader needs the votes of a majority, two majorities
//! share a node, and that node voted once: so there is one leader at most. That is the whole proof
//! of Election Safety, and it has one weak spot. The node must not forget. A vote that leaves
//! before it is on disk is forgotten by a crash, and given twice. Here the answer is *inside* the
//! write, see [`Save`](basics::Save), and comes out when the disk says that it is done.
//!
//! ## Only with a good log
//!
//! A candidate says where its log ends, and a node refuses whoever ends before itself. What a
//! majority holds is therefore held by whoever wins. [`Position`](basics::Position) is ordered by
//! this rule, so the rule is one comparison.
//!
//! ## Two refinements
//!
//! Rare trouble, but it stops real clusters. A node that was cut off stands again and again, comes
//! back with a huge term and pulls everybody into it: with *pre-vote*, it asks first, and stays
//! where it is. A leader that can send but not receive keeps its followers quiet for ever: with
//! *check-quorum*, it notices that it hears no majority, and stops. Both are on in etcd 3.7, and
//! [`Options`] turns them off, because the first half of the chapter is easier to see without them.
//!
//! ## Shape
//!
//! An [`Election`] owns no thread, no clock, no socket, no file, no random source. Time is a call
//! of [`Election::tick`]; a message is a call of [`Election::receive`]; facts that other layers
//! own, and one random number, are lent for the call in a [`View`]; what the node wants done comes
//! out of [`Election::ready`]. So a test can be the network, the disk and the clock, run a year in
//! a second, and run it again.
//!
//! Start with [`Election`] and follow its methods down. `quorum` is the arithmetic of majorities,
//! `durable` the order between disk and network, as types.
//!
//! ## Left out on purpose
//!
//! The log itself, and what a leader does with it (chapter 2); leadership that is handed over,
//! nodes that join and leave (chapter 4). Leaders have no rank: whoever is least patient leads.

mod durable;
mod election;
mod interface;
mod message;
mod quorum;
mod timer;

pub use durable::{Batch, HardState};
pub use election::Election;
pub use interface::{Dropped, Options, Role, View};
pub use message::{Body, Round};
pub use quorum::{Ballots, Majority, Outcome, Quorum};
pub use timer::Timer;
