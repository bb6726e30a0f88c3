//! One watcher: what it wants, and how far it is.
//!
//! Owns [`Watcher`]. All that a slow one costs is here: two revisions. `next` is the first one
//! whose events it may still have to be told; everything before was handed out, or is not for it.
//! `until` is the last one known to have an event for it. So there is something to tell if `next`
//! is not after `until`, and all between the two has to be looked through.
//!
//! ```text
//!   revisions     5   6   7   8   9  10
//!   for it            x       x             next 6, until 8
//!   told 6            .       x             next 7, until 8
//!   told 8            .       .             next 9, until 8: nothing to tell
//!   10 is for it                      x     next 10, until 10: 9 was not for it
//! ```
//!
//! Left to others: where events come from (`serve`), and whom a change is for (`ranges`).

use crate::history::{pair, revision};
use crate::turns::Line;
use api::event::EventType;
use api::watch_create_request::FilterType;
use api::{Event, Keys, Revision, WatchCreateRequest};
use std::ops::RangeBounds;

/// A watcher.
///
/// Invariants:
/// - Nothing before `next` is still to be told.
/// - No event that it wants is after `until`, if it is up to date; none that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    /// What it watches.
    pub keys: Keys,
    /// What it wants to be told.
    pub wants: Wants,
    /// The first revision that it asked for; none if it asked for what comes next.
    pub start: Option<Revision>,
    /// The first revision that it may have to be told of.
    pub next: Revision,
    /// The last revision with an event for it that is known; before `next` if it was told of all.
    pub until: Revision,
    /// Where its events come from.
    pub pace: Pace,
    /// It was told of an event since the last time at which it could be told that there was none.
    pub told: bool,
    /// It is to be told how far it is.
    pub due: bool,
    /// Where it waits for its turn.
    pub stands: Option<Line>,
}

/// What a watcher wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    /// That a key was put.
    pub puts: bool,
    /// That a key was deleted.
    pub deletes: bool,
    /// The pair before each event.
    pub previous: bool,
    /// How far it is, now and then, if nothing happens.
    pub progress: bool,
    /// A large answer may come in pieces.
    pub pieces: bool,
}

/// Where a watcher's events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It has caught up, and is told of what was just written.
    Live,
    /// It asked for the past, or has fallen behind: it reads what was written before.
    Behind,
}

impl Wants {
    /// What a request says. Filters that nobody knows filter nothing.
    pub fn new(request: &WatchCreateRequest) -> Wants {
        let has = |filter: FilterType| request.filters.contains(&(filter as i32));
        Wants {
            puts: !has(FilterType::Noput),
            deletes: !has(FilterType::Nodelete),
            previous: request.prev_kv,
            progress: request.progress_notify,
            pieces: request.fragment,
        }
    }

    /// Does it want events of this kind?
    pub fn wants(&self, event: &Event) -> bool {
        match event.r#type() {
            EventType::Put => self.puts,
            EventType::Delete => self.deletes,
        }
    }
}

impl Watcher {
    /// A watcher of these keys, from this revision on; from the next on if it named none. What was
    /// written since is to be looked through.
    pub fn new(keys: Keys, wants: Wants, start: Option<Revision>, current: Revision) -> Watcher {
        let next = start.unwrap_or(current.next());
        let pace = if next <= current { Pace::Behind } else { Pace::Live };
        let (told, due, stands) = (false, false, None);
        Watcher { keys, wants, start, next, until: current, pace, told, due, stands }
    }

    /// Where it has to wait, if it has something to be told.
    pub fn line(&self) -> Option<Line> {
        let line = match self.pace {
            Pace::Live => Line::AtOnce,
            Pace::Behind => Line::FromThePast,
        };
        (self.is_pending() || self.due).then_some(line)
    }

    /// Is there something to be looked through?
    pub fn is_pending(&self) -> bool {
        self.next <= self.until
    }

    /// Is an event for it? (What was before its start, or was told already, is not.)
    pub fn wants(&self, event: &Event) -> bool {
        let is_meant = RangeBounds::<[u8]>::contains(&self.keys, &pair(event).key[..]);
        is_meant && self.wants.wants(event) && self.next <= revision(event)
    }

    /// An event that was just written is for its keys. If it wants it, it has something to be told
    /// now. What came between the last event and this one was not for it, so nobody looks there.
    pub fn hit(&mut self, event: &Event) -> bool {
        let revision = revision(event);
        if !self.wants.wants(event) || revision < self.next {
            return false;
        }
        if !self.is_pending() {
            self.next = revision;
        }
        self.until = revision;
        true
    }

    /// Everything up to this revision was looked through, and handed out if it was for it.
    pub fn advance(&mut self, upto: Revision) {
        self.next = upto.next();
        if !self.is_pending() {
            self.pace = Pace::Live;
        }
    }

    /// The store has come from one revision to another, and nobody has seen how. Was there
    /// something for it to be looked through?
    pub fn resync(&mut self, before: Revision, current: Revision) -> bool {
        if !self.is_pending() {
            self.next = self.next.max(before.next());
        }
        if self.next > current {
            return false;
        }
        self.until = current;
        self.pace = Pace::Behind;
        true
    }

    /// Is it sure that nothing is missing, but for what it is about to be told? That is not so for
    /// one that reads the past, and neither for one whose start is still to come.
    pub fn in_sync(&self, current: Revision) -> bool {
        let is_live = match self.pace {
            Pace::Live => true,
            Pace::Behind => false,
        };
        is_live && self.start.is_none_or(|start| start <= current)
    }
}
