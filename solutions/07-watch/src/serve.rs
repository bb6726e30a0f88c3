//! What a stream is told next.
//!
//! Owns [`Hub::next`]. Nobody is told anything without asking: a stream whose client has no room
//! does not ask, and all that it has meanwhile is the place at which each of its watchers stands.
//! Every call does a bounded piece of work, for one watcher, and the next one is another's turn.
//!
//! Left to others: who asks, and when (the server).

use crate::answer::Answer;
use crate::history::{History, Size, pair, revision, weight};
use crate::hub::Hub;
use crate::numbers::{StreamId, WatchId};
use crate::stream::{Held, Stream};
use crate::watcher::{Pace, Watcher};
use api::event::EventType;
use api::{Event, Revision};

/// What was found for a watcher.
struct Found {
    /// What it is to be told.
    events: Vec<Event>,
    /// It is to be told nothing else up to this revision.
    upto: Revision,
}

impl Hub {
    /// What a stream says next, if it is not open any more or has nothing to say, nothing. It may
    /// also have looked through a piece of the past and found nothing in it; then it will be
    /// [`ready`](Hub::ready) again.
    ///
    /// The past is that of the store as it is now.
    pub fn next<H: History>(
        &mut self,
        id: StreamId,
        history: &H,
    ) -> Result<Option<Answer>, H::Error> {
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(None) };
        stream.taken = false;
        let answer = match said(stream, self.current, self.ring.first()) {
            Some(answer) => Ok(Some(answer)),
            None => match stream.turn() {
                Some(watcher) => self.serve(id, watcher, history),
                None => Ok(None),
            },
        };
        self.line_up(id);
        answer
    }

    /// What a watcher is told, whose turn it is.
    fn serve<H: History>(
        &mut self,
        id: StreamId,
        watcher: WatchId,
        history: &H,
    ) -> Result<Option<Answer>, H::Error> {
        let first = self.ring.first();
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(None) };
        let Some(held) = stream.watcher(watcher) else { return Ok(None) };
        let answer = match held.pace {
            Pace::Live if !held.is_pending() => {
                held.due = false;
                Some(Answer::progress(watcher, self.current))
            }
            // It was too slow.
            Pace::Live if held.next < first => {
                held.pace = Pace::Behind;
                None
            }
            Pace::Live => self.tell(id, watcher, history)?,
            Pace::Behind => match history.compacted() {
                Some(compacted) if held.next < compacted => {
                    self.let_go(id, watcher, Some(Held::Forgotten));
                    return Ok(Some(Answer::forgotten(watcher, compacted)));
                }
                Some(_) | None => self.tell(id, watcher, history)?,
            },
        };
        if let Some(stream) = self.streams.get_mut(&id) {
            stream.place(watcher);
        }
        Ok(answer)
    }

    /// The next events for a watcher, if there are any where it looks. What was just written has
    /// the revision of its last event in the answer's head, and what was read from the past has the
    /// newest there is.
    fn tell<H: History>(
        &mut self,
        id: StreamId,
        watcher: WatchId,
        history: &H,
    ) -> Result<Option<Answer>, H::Error> {
        let Some(stream) = self.streams.get_mut(&id) else { return Ok(None) };
        let Some(held) = stream.watcher(watcher) else { return Ok(None) };
        let until = held.until.min(history.current());
        if until < held.next {
            return Ok(None);
        }
        let size = Size { revisions: self.limits.revisions.max(1), bytes: self.limits.bytes };
        let found = if held.next >= self.ring.first() {
            let upto = until.min(Revision(held.next.0 + size.revisions - 1));
            choose(held, self.ring.events(held.next, upto), upto, size.bytes, history)?
        } else {
            let slice = history.events(held.next, until, size)?;
            assert!(slice.upto >= held.next, "the past has the events of one revision at least");
            choose(held, slice.events.iter(), slice.upto, size.bytes, history)?
        };
        let head = match (held.pace, found.events.last()) {
            (Pace::Live, Some(last)) => revision(last),
            (Pace::Live | Pace::Behind, _) => self.current,
        };
        held.advance(found.upto);
        if found.events.is_empty() {
            return Ok(None);
        }
        held.told = true;
        held.due = false;
        Ok(Some(Answer::events(watcher, head, found.events, held.wants.pieces)))
    }
}

/// What a stream says before any watcher has its turn: answers to requests, in order; then how far
/// all are, if nothing stands before that answer any more.
fn said(stream: &mut Stream, current: Revision, first: Revision) -> Option<Answer> {
    if let Some(answer) = stream.control.pop_front() {
        return Some(answer);
    }
    let mark = stream.mark.take_if(|mark| mark.is_passed())?;
    while stream.mark.is_none() && stream.asked > 0 {
        stream.asked -= 1;
        stream.hear(current, first);
    }
    Some(Answer::progress(WatchId::NONE, mark.revision))
}

/// Of these events, which are those of all revisions from the watcher's next up to `upto`, those
/// that it wants, as it wants them. A revision is never split: once there are enough bytes, the
/// rest waits from the next revision on.
fn choose<'a, H: History>(
    watcher: &Watcher,
    events: impl Iterator<Item = &'a Event>,
    upto: Revision,
    enough: usize,
    history: &H,
) -> Result<Found, H::Error> {
    let mut found = Found { events: Vec::new(), upto };
    let mut bytes = 0;
    let mut last = watcher.next;
    for event in events {
        let revision = revision(event);
        if revision > last && bytes >= enough {
            return Ok(Found { upto: last, ..found });
        }
        last = revision;
        if watcher.wants(event) {
            let event = told(watcher, event, history)?;
            bytes += weight(&event);
            found.events.push(event);
        }
    }
    found.upto = upto;
    Ok(found)
}

/// An event as a watcher wants it: with the pair before it, or without. Before a key was created
/// there is none, and neither is there one at a revision that a compaction has taken.
fn told<H: History>(watcher: &Watcher, event: &Event, history: &H) -> Result<Event, H::Error> {
    let mut told = event.clone();
    if !watcher.wants.previous {
        told.prev_kv = None;
        return Ok(told);
    }
    let pair = pair(event);
    let before = Revision(revision(event).0 - 1);
    let is_created = match event.r#type() {
        EventType::Put => pair.create_revision == pair.mod_revision,
        EventType::Delete => false,
    };
    let is_gone = history.compacted().is_some_and(|compacted| before < compacted);
    if told.prev_kv.is_none() && !is_created && !is_gone {
        told.prev_kv = history.pair(&pair.key, before)?;
    }
    Ok(told)
}
