//! The newest events, for all.
//!
//! Owns [`Ring`]. Whatever was written last is here once, and all watchers that are about to be
//! told of it look at the same events. So a watcher that is slow costs the place at which it
//! stands, and nothing else. The oldest events go when there are too many bytes: who still needs
//! them reads them from the store.
//!
//! Invariants:
//! - It has the events of every revision from `first` up to the newest.
//! - They take at most `limit` bytes.

use crate::history::weight;
use api::{Event, Revision};
use std::collections::VecDeque;
use std::sync::Arc;

/// The events of the newest revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    /// The oldest revision that it has; the next one, if it has none.
    first: Revision,
    events: VecDeque<(Arc<[Event]>, usize)>,
    bytes: usize,
    limit: usize,
}

impl Ring {
    /// Without an event. The next revision that it gets is this one.
    pub fn new(first: Revision, limit: usize) -> Ring {
        Ring { first, events: VecDeque::new(), bytes: 0, limit }
    }

    /// The oldest revision whose events it has.
    pub fn first(&self) -> Revision {
        self.first
    }

    /// How many bytes its events take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the events of the next revision, and lets go of the oldest until there is room. Those
    /// of one revision may be too many for it: then it has none.
    pub fn push(&mut self, events: Arc<[Event]>) {
        let bytes = events.iter().map(weight).sum();
        self.events.push_back((events, bytes));
        self.bytes += bytes;
        while self.bytes > self.limit
            && let Some((_, bytes)) = self.events.pop_front()
        {
            self.bytes -= bytes;
            self.first = self.first.next();
        }
    }

    /// Forgets everything. The next revision that it gets is this one.
    pub fn restart(&mut self, first: Revision) {
        *self = Ring::new(first, self.limit);
    }

    /// The events of these revisions, which it has.
    pub fn events(&self, from: Revision, to: Revision) -> impl Iterator<Item = &Event> {
        let place = |revision: Revision| {
            usize::try_from(revision.0 - self.first.0).expect("it is in memory")
        };
        let all = self.events.range(place(from)..=place(to));
        all.flat_map(|(events, _)| events.iter())
    }
}
