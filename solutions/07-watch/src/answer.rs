//! What a stream is told.
//!
//! Owns [`Answer`], every form that it has, and [`pieces`], which cuts a large one.
//!
//! | about | answer |
//! |---|---|
//! | a watcher that begins | `created`, its number, the newest revision |
//! | one that is refused | `created` and `canceled`, -1, the reason, the newest revision |
//! | one that its client ends | `canceled`, its number, the newest revision |
//! | one whose past is gone | `canceled`, its number, the compaction's revision, and no other |
//! | events | its number, the events, and a revision (`serve`) |
//! | how far it is | its number, or -1 for all of a stream, and the newest revision |
//!
//! Left to others: the other fields of an answer's head, which the server fills.

use crate::numbers::WatchId;
use api::{Event, ResponseHeader, Revision, WatchResponse};
use prost::Message;

/// An answer, and how it may be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What is sent. Its head has a revision, and nothing else yet.
    pub response: WatchResponse,
    /// Whoever is told wants to have it in [`pieces`], if it is large.
    pub in_pieces: bool,
}

fn answer(id: WatchId, revision: Option<Revision>) -> Answer {
    let revision = revision.map_or(0, Revision::wire);
    let header = Some(ResponseHeader { revision, ..ResponseHeader::default() });
    let response = WatchResponse { header, watch_id: id.0, ..WatchResponse::default() };
    Answer { response, in_pieces: false }
}

impl Answer {
    /// The watcher is there.
    pub fn created(id: WatchId, current: Revision) -> Answer {
        let mut answer = answer(id, Some(current));
        answer.response.created = true;
        answer
    }

    /// There will be no such watcher.
    pub fn refused(reason: String, current: Revision) -> Answer {
        let mut answer = answer(WatchId::NONE, Some(current));
        answer.response.created = true;
        answer.response.canceled = true;
        answer.response.cancel_reason = reason;
        answer
    }

    /// The watcher is gone, as its client wished.
    pub fn canceled(id: WatchId, current: Revision) -> Answer {
        let mut answer = answer(id, Some(current));
        answer.response.canceled = true;
        answer
    }

    /// The watcher ends, for what it still had to be told is gone.
    pub fn forgotten(id: WatchId, compacted: Revision) -> Answer {
        let mut answer = answer(id, None);
        answer.response.canceled = true;
        answer.response.compact_revision = compacted.wire();
        answer
    }

    /// Nothing happened, up to this revision.
    pub fn progress(id: WatchId, revision: Revision) -> Answer {
        answer(id, Some(revision))
    }

    /// This happened.
    pub fn events(id: WatchId, revision: Revision, events: Vec<Event>, in_pieces: bool) -> Answer {
        let mut answer = answer(id, Some(revision));
        answer.response.events = events;
        Answer { in_pieces, ..answer }
    }
}

/// An answer as several, each shorter than `limit` bytes when it is encoded, or with one event. All
/// but the last say that another one follows. One that is short enough stays as it is.
///
/// The head counts too, so it is to be whole when this is called.
///
/// *Example:* five events of 1 MB, and a limit of 2 MiB: two, two and one.
pub fn pieces(response: WatchResponse, limit: usize) -> Vec<WatchResponse> {
    if response.encoded_len() < limit || response.events.len() < 2 {
        return vec![response];
    }
    let WatchResponse { events, .. } = response;
    let head = WatchResponse { events: Vec::new(), fragment: true, ..response };
    let length = |event: &Event| {
        let own = event.encoded_len();
        // The field's number, which is small, and the length come before it.
        1 + prost::length_delimiter_len(own) + own
    };
    let mut bytes = head.encoded_len();
    let mut pieces = vec![head.clone()];
    for event in events {
        let own = length(&event);
        let piece = pieces.last_mut().expect("there is one");
        if !piece.events.is_empty() && bytes + own >= limit {
            bytes = head.encoded_len() + own;
            pieces.push(WatchResponse { events: vec![event], ..head.clone() });
        } else {
            bytes += own;
            piece.events.push(event);
        }
    }
    pieces.last_mut().expect("there is one").fragment = false;
    pieces
}
