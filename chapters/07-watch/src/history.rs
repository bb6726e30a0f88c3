//! The past, which others keep.
//!
//! Owns [`History`], what is asked of the store; [`Slice`], a piece of the past; and what an event
//! says of itself.

use api::{Event, KeyValue, Revision};
use bytes::Bytes;

/// What is asked of the store: its past, as it was at one moment.
pub trait History {
    /// What can go wrong.
    type Error;

    /// The newest revision that it has. It has all that a hub was told of.
    fn current(&self) -> Revision;

    /// The revision of the last compaction, if there was one. What was before it is gone.
    fn compacted(&self) -> Option<Revision>;

    /// The events of revisions from `from` on, up to `to` at most: whole revisions, and all of
    /// them, in the order in which they happened. They are as many as `size` allows, and at least
    /// those of one.
    ///
    /// It is called if `compacted <= from <= to <= current`.
    fn events(&self, from: Revision, to: Revision, size: Size) -> Result<Slice, Self::Error>;

    /// The pair of a key as it was at a revision; none if it was not there.
    ///
    /// It is called if `compacted <= at <= current`.
    fn pair(&self, key: &Bytes, at: Revision) -> Result<Option<KeyValue>, Self::Error>;
}

/// How much is read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Of so many revisions at most.
    pub revisions: u64,
    /// No further revision once there are so many bytes of events ([`weight`]).
    pub bytes: usize,
}

/// A piece of the past.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Its events. Each knows its revision.
    pub events: Vec<Event>,
    /// It has everything up to this revision, which is not before the one it was to begin with.
    pub upto: Revision,
}

/// What an event is about.
pub(crate) fn pair(event: &Event) -> &KeyValue {
    event.kv.as_ref().expect("an event has a pair")
}

/// When it happened.
pub(crate) fn revision(event: &Event) -> Revision {
    Revision(u64::try_from(pair(event).mod_revision).expect("nothing happens before the first"))
}

/// About how much memory an event takes.
pub fn weight(event: &Event) -> usize {
    let own = |pair: &KeyValue| pair.key.len() + pair.value.len();
    let pairs = [&event.kv, &event.prev_kv].into_iter().flatten();
    size_of::<Event>() + pairs.map(own).sum::<usize>()
}
