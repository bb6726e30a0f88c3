//! # A member: the server
//!
//! What the layers below add up to: a program that etcd's own clients take for etcd. It owns
//! threads, sockets and files, and decides nothing that a layer below decides.
//!
//! ## One way through
//!
//! A put walks through rooms, always in the same direction:
//!
//! ```text
//!   client ─▶ serve ─▶ services ─▶ replica ─▶ log ─▶ disk
//!                         ▲           │  ▲      │
//!                         │           │  └──────┘ receipts
//!                       boxes         ▼
//!                         ▲         state ─▶ store ─▶ disk
//!                         └───────────┘
//! ```
//!
//! 1. `serve` accepts a connection and deals it to a runtime, which is one thread. All requests of
//!    the connection are served there.
//! 2. `services` checks what can be wrong with the request whatever the state is, finds out at the
//!    `gate` in whose name it comes, and writes it once, as a `proposal`, into bytes that everybody
//!    after it shares. It takes a number in the runtime's box and waits.
//! 3. `replica` proposes it to the node. Whatever arrived while it was busy goes with it.
//! 4. `log` writes and syncs all that the node wants saved, in one go, and gives the receipt back.
//!    Now the entry is committed.
//! 5. `state` asks whether it may be carried out, for there may be an alarm, and users have
//!    permissions; carries it out, publishes what it wrote, and puts the answer into the box of
//!    whoever waits. Answers that belong to one runtime wake it once.
//! 6. Every now and then, `state` freezes what was written, and `store` brings it to the disk. The
//!    client does not wait for that: what a crash takes from memory, the log gives back.
//!
//! Whoever comes without gRPC is answered by `pages`: whether the member is well, how much it has
//! done, and, as JSON, everything that gRPC serves, by the same services.
//!
//! Locks and elections are a client inside of the member: all that they do, any client could do.
//! What they make of keys is in `queue`.
//!
//! What happened goes from `state` to `watches`, which tells those who watch, as fast as each of
//! them fetches it.
//!
//! A read does not go through the log. It asks the `replica` up to where the log is committed,
//! waits until the state is so far, and reads a view in its own thread. All reads that arrive
//! together are one question.
//!
//! Users, alarms, members and versions are small and are looked at all the time. Each of them is
//! one value among the `facts`, which `state` swaps for the next one; whoever looks sees it whole.
//!
//! ## Threads
//!
//! One for each of `replica`, `log`, `state`, `store` and `watches`, one for each runtime, one for
//! `chores` that nobody asks for, one that remembers the `hashes` of what compactions left, one for
//! `comparing` them with those of other members, and one that zeroes log segments ahead of their
//! use. They are parked while there is nothing to do. Each has a `mailbox`, a list behind a lock,
//! which it takes whole: so the slower a thread is, the more work it does at a time. While many
//! write at once, they do not interrupt each other: see [`turns`].
//!
//! While a runtime works on one request, all others on its connections wait. So what takes long, as
//! a range of many keys does, goes to a few more threads, by way of `blocking`.
//!
//! A write or a sync that fails ends the program with the reason. Nothing is tried again: what the
//! disk holds then, nobody knows.
//!
//! ## Shape
//!
//! Begin with `building`, which makes everything in one function and connects it; with `program`,
//! which starts it and ends it; and with `letters`, which has all that rooms tell each other.
//! `opening` makes a member's files or opens them, `listening` binds its addresses, `ids` says who
//! it is, `rows` what the store says of itself, `config` what it was told. `daemon` is the member
//! as a process: its flags, its signals and its end; and `journal` is where it says what happens.
//!
//! A state can be driven without its threads, too: `still` carries out entries one by one, at the
//! time that it is told, by the functions that the thread calls. So whole clusters of states run in
//! virtual time, and an hour of leases takes a moment.
//!
//! A second program has the files of a member that does not run: `utility` makes them of a copy,
//! looks at copies, and mends.
//!
//! ## Several members
//!
//! Each member does all of the above. What their nodes say to each other goes by `links`, a queue
//! with a limit to each of the others, which the room `peers` empties; letters are in bytes by
//! `wire`. What promises something about this member's disk leaves from `log`, after the sync; all
//! else from `replica`, at once. A follower hands proposals and changes to whoever leads, once, and
//! carries them out like everybody; so whoever asked it finds the answer in its own box. Leases are
//! renewed at the leader, by a question.
//!
//! Who is far behind gets the store itself: an image, read while the leader goes on, checked on the
//! other side before it has the store's name. Then it *is* the store (`state/install`), and all
//! that anybody sees is what is in it.
//!
//! `birth` finds out who a member is that starts for the first time: a founder, or one that comes
//! later and is told by the others.
//!
//! ## Left out on purpose
//!
//! What etcd's members say to each other. Nobody else listens to it, and ours is shorter.

mod alarms;
mod asking;
mod birth;
mod blocking;
mod boxes;
mod building;
mod chores;
mod clock;
mod comparing;
pub mod config;
mod contents;
pub mod daemon;
mod disk;
mod door;
mod facts;
mod forced;
mod gate;
mod hashes;
mod ids;
mod inside;
pub mod journal;
mod leases;
mod letters;
mod lines;
mod links;
mod listening;
mod log;
mod loggable;
mod mailbox;
mod metrics;
mod opening;
mod outbox;
mod pages;
mod peers;
mod plain;
mod program;
mod proposal;
pub mod queue;
mod reader;
mod reason;
mod replica;
mod retention;
mod roster;
mod rows;
mod serve;
mod services;
mod signature;
mod sizes;
mod socket;
mod state;
pub mod still;
mod stop;
mod store;
mod swapped;
pub mod tls;
pub mod turns;
pub mod utility;
pub mod verdict;
mod version;
mod watches;
pub mod wire;

pub use blocking::Blocking;
pub use config::{AutoCompaction, Config, Place, Speaks};
pub use door::{Limits, Serves};
pub use pages::Options as PageOptions;
pub use program::{Error, run};
pub use retention::Retention;
pub use stop::Stop;
