//! # Watching what changes
//!
//! A client watches a key, a range or everything, and is told of each change. It promises this:
//!
//! - **Every event, once, in order, and a revision whole.** A watcher that begins at revision 5 is
//!   told of exactly the events from 5 on that are for it; or it ends and says why, because a
//!   compaction took what it still needed.
//! - **Nobody waits for a client.** The writer does not, and neither do other clients. One that is
//!   slow costs the place at which it stands.
//! - **A progress answer is a promise.** Once a client is told that its stream is at revision 9,
//!   all that its watchers are told after that is newer.
//!
//! ## Places instead of copies
//!
//! Ten thousand clients watch `a`, and none of them fetches. `a` is put a thousand times. A member
//! that hands every watcher its events as soon as they are there has ten million of them in its
//! memory, and etcd is often found like that. Here a watcher is two revisions: the first that it
//! may still have to be told of, and the last that is known to have something for it.
//!
//! ```text
//!     the store                                   the newest events, once for all
//!   | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | … | 96 | 97 |   | 98 | 99 | 100 |
//!     ^                           ^                         ^         ^
//!     asked for the past      too slow                    slow     has been told of everything
//! ```
//!
//! A put finds the watchers of its key in a tree of ranges, and notes in each that there is
//! something: that is all. When a client has room, its stream asks what it says next
//! ([`Hub::next`]), and only then are events put together, from the newest if they are still there,
//! and from the store if they are not. The newest events have so many bytes of room and no more.
//! To fall behind is nothing special: whoever does so reads the past, like somebody who asked for
//! it, and is live again at its end.
//!
//! So no event can get lost in between. What is written while a watcher reads the past moves the
//! last revision that it has to look at, and it has caught up when there is none left. There are
//! not two lists between which it has to be moved at the right moment.
//!
//! ## One turn, one piece of work
//!
//! Somebody who reads a million revisions must not hold up others. Each call of [`Hub::next`] is
//! for one watcher, and looks at a bounded piece; then others have their turn. Among the watchers
//! of a stream, and among streams ([`Hub::ready`]), those with news at hand and those that read the
//! past alternate.
//!
//! ## Shape
//!
//! [`Hub`] has all streams, and one thread has the hub. It knows no clock, no thread and no socket.
//! The server tells it what was published ([`Hub::note`]), what clients ask for ([`Hub::create`],
//! [`Hub::cancel`], [`Hub::progress`]) and how late it is ([`Hub::tick`]); and it lends the store
//! when a stream has room, as a [`History`].
//!
//! ```text
//! while let Some(stream) = hub.ready() {
//!     if has_room(stream) {
//!         if let Some(answer) = hub.next(stream, &view)? {
//!             send(stream, answer);
//!         }
//!     } else {
//!         // Nobody asks for it again. When there is room, `next` is called.
//!     }
//! }
//! ```
//!
//! `hub` has what happens, `requests` what clients want, `serve` what they are told. Below are
//! `stream`, `watcher` and `progress`; `ranges` and `tree` find who watches a key; `ring` has the
//! newest events, `history` the others; `turns` says who is next; [`pieces`] cuts what is large.
//!
//! ## Left out on purpose
//!
//! Who may watch what: the server looks before a watcher is made, as etcd does, and not again. An
//! answer's head but for its revision, encoding, and how many answers wait in a connection. Reading
//! the past once for many that read the same: whoever implements [`History`] may keep what it has
//! read.

mod answer;
mod few;
mod history;
mod hub;
mod numbers;
mod progress;
mod ranges;
mod requests;
mod ring;
mod serve;
mod stream;
mod tree;
mod turns;
mod watcher;

pub use answer::{Answer, pieces};
pub use history::{History, Size, Slice, weight};
pub use hub::{Counts, Hub, Limits};
pub use numbers::{StreamId, WatchId};
pub use ranges::Ranges;
pub use requests::{DUPLICATE, EMPTY_RANGE};
pub use stream::Full;
