//! What has happened, read from the rows.
//!
//! Owns [`View::events`]. Rows lie in the order in which they were written, so the past is a piece
//! of the file, and whoever missed some of it reads it from there.
//!
//! Left to others: who wants to know (`watch`).

use crate::error::Error;
use crate::row;
use crate::stamp::{Act, Stamp};
use crate::view::View;
use api::event::EventType;
use api::{Event, KeyValue, RangeRequest, Revision};
use bolt::File;
use bytes::Bytes;
use std::ops::Bound;

/// A piece of what has happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Events {
    /// What happened, in order. Each knows its revision.
    pub events: Vec<Event>,
    /// All of it up to this revision is here.
    pub upto: Revision,
}

impl<F: File> View<F> {
    /// What happened at revisions from `from` on, up to `to`: whole revisions, no further one once
    /// there are so many, or so many bytes of keys and values; and one at least. What a compaction
    /// has taken is not there.
    pub fn events(
        &self,
        from: Revision,
        to: Revision,
        revisions: u64,
        bytes: usize,
    ) -> Result<Events, Error> {
        let key = |revision| Stamp { revision, sub: 0 }.row_key(Act::Put);
        let to = to.min(self.current()).min(Revision(from.0.saturating_add(revisions.max(1) - 1)));
        let (first, last) = (key(from), key(to.next()));
        let bounds = (Bound::Included(&first[..]), Bound::Excluded(&last[..]));
        let mut found = Events { events: Vec::new(), upto: to };
        let (mut length, mut last) = (0, None);
        for row in self.rows().range(row::BUCKET, bounds)? {
            let (key, value) = row?;
            let stamp = Stamp::of_row(&key);
            let Some((stamp, act)) = stamp else { continue };
            if length >= bytes && last.is_some_and(|last| last < stamp.revision) {
                found.upto = Revision(stamp.revision.0 - 1);
                break;
            }
            last = Some(stamp.revision);
            length += value.len();
            let pair = row::decode(value, stamp)?;
            found.events.push(event(pair, stamp, act));
        }
        Ok(found)
    }

    /// The pair of a key as it was at a revision; none if it was not there.
    pub fn pair(&self, key: &Bytes, at: Revision) -> Result<Option<KeyValue>, Error> {
        let (key, revision) = (key.clone(), at.wire());
        let mut found = self.range(&RangeRequest { key, revision, ..RangeRequest::default() })?;
        Ok(found.kvs.pop())
    }
}

/// A change, as watchers are told of it.
fn event(pair: KeyValue, stamp: Stamp, act: Act) -> Event {
    let (r#type, kv) = match act {
        Act::Put => (EventType::Put, pair),
        Act::Delete => {
            let mod_revision = stamp.revision.wire();
            let gone = KeyValue { key: pair.key, mod_revision, ..KeyValue::default() };
            (EventType::Delete, gone)
        }
    };
    Event { r#type: r#type as i32, kv: Some(kv), prev_kv: None }
}
