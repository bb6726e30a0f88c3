//! # A store in BoltDB's format
//!
//! One file that holds sorted keys, so that a member finds its data again after any crash, and so
//! that others can read it: the file is that of bbolt, etcd's store, to the byte. It promises this:
//!
//! - **A commit is there or not.** Whatever a crash leaves, the next start finds all of the last
//!   commit that was acknowledged, or of one after it, and nothing of any other.
//! - **A view stays as it is.** Whoever reads sees one commit, however long it takes, and neither
//!   waits for the writer nor lets it wait.
//! - **Nobody waits for the disk but who asks for it.** Rows are written into memory and seen at
//!   once; a commit, and a copy into a new file, go on beside.
//! - **A damaged file is an error.** It names the page and the reason. No bytes make the store
//!   panic or walk for ever, and whatever they claim, the file's length bounds the memory.
//!
//! ## Never change a page
//!
//! A tree of pages that is changed in place is neither the old nor the new one when power goes in
//! the middle. So no page is changed. A leaf in which a key changes is written anew, somewhere
//! else; then the branch above it, which has to name another page; and so on up to the root.
//! Everything else is part of both trees. At the end, one of two small pages at the beginning of
//! the file, a *meta*, is written: it names the new root. That is the commit. If it is cut short,
//! its checksum is wrong, and the other meta, with the root before it, is the newest.
//!
//! The pages that were replaced are still the old tree. Whoever looks at it goes on, and when
//! nobody does, they are free.
//!
//! ## A commit is one walk
//!
//! bbolt keeps the pages that a transaction touches as nodes in memory, changes them, and splits
//! and merges them when it commits. Here a transaction is nothing but a sorted list of changes
//! ([`Changes`]), and a commit is one walk through the tree from left to right, which merges the
//! two: a leaf with its changes becomes items, items become pages, and pages are the items of the
//! level above. There are no nodes that know their parents and no flags that say who is dirty. What
//! it costs is that a commit cannot be asked what it will look like; whoever needs that has it in
//! the changes.
//!
//! ## Reading
//!
//! Pages are read with `pread` and kept in memory up to a limit ([`Options::cache_bytes`]). bbolt
//! maps the file into memory instead. A map needs no cache and no copy, but an error of the disk
//! then kills the process, and so does a file that somebody cuts short; and its memory cannot be
//! bounded. A page is looked at once, when it is read, so that no later access can fail.
//!
//! Measured, with a million keys of which the system had all pages in memory: `pread` of a page
//! takes 1.8 microseconds, and the first look at it through a map 0.1. So a page is read once and
//! kept. From then on a get costs what memory costs: it looks at four pages, and waits each time.
//! What counts is how often. So a page lies in one piece with the beginnings of its keys, and the
//! cache finds it by its number without a search; `bench` in `solutions` has the figures, beside
//! bbolt and LMDB, which map.
//!
//! ## A buffer in front
//!
//! A commit is two syncs. etcd makes one every hundred milliseconds, or after so many changes, and
//! until then the changes are in memory: [`backend`] is that memory. It is a list of pieces that
//! never change, so a view is a state of the file and the pieces that came after it, and taking one
//! costs next to nothing. While one batch is committed, the next is written.
//!
//! The same buffer makes room for a copy. A file never gets shorter by itself; etcd's becomes so by
//! stopping everything until it is written anew. Here [`Store::defragment`] is a commit that takes
//! long: the newest state goes into a new file, what is written meanwhile stays in the buffer, and
//! views of the old file keep it until they end.
//!
//! ## Shape
//!
//! A [`Store`] writes, and a [`Reader`] hands out [`View`]s in any thread. In a view are
//! [`Bucket`]s, in them [`Cursor`]s and [`Range`]s. `page` and `meta` have the bytes, `pages` and
//! `cache` get them from the file, `cursor` finds the way through a tree, `update` makes the next
//! one, `copy` a whole new file, `image` what others are sent. `freelist` knows which pages nobody
//! needs, `walk` and `check` account for all of them. On top is [`backend`], with the same words: a
//! writer, readers, views.
//!
//! ## Left out on purpose
//!
//! More than one writer: there is one thread that writes, and it needs no lock. Writing lists of
//! free pages: etcd does without, and a start finds them out by looking at the tree. A list that is
//! there is read, must agree with the tree, and is let go with the first commit.

pub mod backend;
mod cache;
mod changes;
mod check;
mod copy;
mod cursor;
mod error;
mod files;
mod freelist;
mod header;
mod image;
mod items;
mod list;
mod lookup;
mod meta;
mod pack;
mod page;
mod pages;
mod store;
mod update;
mod walk;

pub use changes::{Change, Changes, LONGEST_KEY, LONGEST_VALUE};
pub use check::Account;
pub use cursor::{Bucket, Cursor, Range};
pub use error::Error;
pub use files::{Directory, File, Folder};
pub use freelist::{Freelist, Run};
pub use meta::Meta;
pub use page::{Page, PageId};
pub use pages::{Pages, View};
pub use store::{Options, Reader, Store};
