//! What a stream is told next.
//!
//! Owns [`Hub::next`]. Nobody is told anything without asking: a stream whose client has no room
//! does not ask, and all that it has meanwhile is the place at which each of its watchers stands.
//! Every call does a bounded piece of work, for one watcher, and the next one is another's turn.
//!
//! Left to others: who asks, and when (the server).

use crate::answer::Answer;
use crate::history::{History, Size, pair, revision, weight};
use crate::hub::{Hub, Limits, line_up};
use crate::numbers::{StreamId, WatchId};
use crate::ring::Ring;
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

/// What all watchers have in common while one is served.
struct Now<'a> {
    current: Revision,
    ring: &'a Ring,
    limits: Limits,
}

/// What became of a watcher's turn.
enum Turn {
    /// It is told this, or nothing yet.
    Told(Option<Answer>),
    /// What it needs is gone.
    Forgotten(Revision),
}

impl Hub {
    /// What a stream says next; nothing if it is not open any more, or has nothing to say. It may
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
        let now = Now { current: self.current, ring: &self.ring, limits: self.limits };
        let mut answer = Ok(said(stream, now.current));
        if let Ok(None) = answer
            && let Some(watcher) = stream.lines.turn()
        {
            answer = match serve(stream, watcher, &now, history) {
                Ok(Turn::Told(answer)) => Ok(answer),
                Ok(Turn::Forgotten(compacted)) => {
                    if let Some(gone) = stream.end(watcher, Some(Held::Forgotten)) {
                        self.ranges.remove(&gone.keys, (id, watcher));
                    }
                    Ok(Some(Answer::forgotten(watcher, compacted)))
                }
                Err(error) => Err(error),
            };
        }
        line_up(&mut self.lines, id, stream);
        answer
    }
}

/// What a watcher is told, whose turn it is. Whoever is live is told of what was just written,
/// however old that is by now; whoever reads the past can do so from the last compaction on.
fn serve<H: History>(
    stream: &mut Stream,
    id: WatchId,
    now: &Now<'_>,
    history: &H,
) -> Result<Turn, H::Error> {
    let Some(watcher) = stream.watcher(id) else { return Ok(Turn::Told(None)) };
    let answer = match watcher.pace {
        Pace::Live if !watcher.is_pending() => {
            watcher.due = false;
            Some(Answer::progress(id, now.current))
        }
        // It was too slow.
        Pace::Live if watcher.next < now.ring.first() => {
            watcher.pace = Pace::Behind;
            None
        }
        Pace::Live => tell(id, watcher, now, history)?,
        Pace::Behind => match history.compacted() {
            Some(compacted) if watcher.next < compacted => return Ok(Turn::Forgotten(compacted)),
            Some(_) | None => tell(id, watcher, now, history)?,
        },
    };
    stream.place(id);
    Ok(Turn::Told(answer))
}

/// The next events for a watcher, if there are any where it looks. What was just written has the
/// revision of its last event in the answer's head, and what was read from the past has the newest
/// there is.
fn tell<H: History>(
    id: WatchId,
    watcher: &mut Watcher,
    now: &Now<'_>,
    history: &H,
) -> Result<Option<Answer>, H::Error> {
    let until = watcher.until.min(history.current());
    if until < watcher.next {
        return Ok(None);
    }
    let size = Size { revisions: now.limits.revisions.max(1), bytes: now.limits.bytes };
    let found = if watcher.next >= now.ring.first() {
        let upto = until.min(Revision(watcher.next.0.saturating_add(size.revisions - 1)));
        choose(watcher, now.ring.events(watcher.next, upto), upto, size.bytes, history)?
    } else {
        let slice = history.events(watcher.next, until, size)?;
        assert!(slice.upto >= watcher.next, "the past has the events of one revision at least");
        choose(watcher, slice.events.iter(), slice.upto, size.bytes, history)?
    };
    let head = match (watcher.pace, found.events.last()) {
        (Pace::Live, Some(last)) => revision(last),
        (Pace::Live | Pace::Behind, _) => now.current,
    };
    watcher.advance(found.upto);
    if found.events.is_empty() {
        return Ok(None);
    }
    watcher.told = true;
    watcher.due = false;
    Ok(Some(Answer::events(id, head, found.events, watcher.wants.pieces)))
}

/// What a stream says before any watcher has its turn: answers to requests, in order; then how far
/// all are, if nothing stands before that answer any more.
fn said(stream: &mut Stream, current: Revision) -> Option<Answer> {
    if let Some(answer) = stream.control.pop_front() {
        return Some(answer);
    }
    let mark = stream.mark.take_if(|mark| mark.is_passed())?;
    while stream.mark.is_none() && stream.asked > 0 {
        stream.asked -= 1;
        stream.hear(current);
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
