//! All streams, and what happens to them.
//!
//! Owns [`Hub`]: one thread has it. It is told of what was written ([`Hub::note`]), of time
//! ([`Hub::tick`]), and of streams that come and go.
//!
//! Left to others: requests of clients (`requests`), and what they are told (`serve`).

use crate::history::pair;
use crate::numbers::{StreamId, WatchId};
use crate::ranges::Ranges;
use crate::ring::Ring;
use crate::stream::Stream;
use crate::turns::Lines;
use api::{Event, Revision};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How much a hub keeps, and does at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The newest events take so many bytes at most. Who is further behind reads from the store.
    pub ring: usize,
    /// An answer has events of so many revisions at most, and so many are looked through at once.
    pub revisions: u64,
    /// No further revision is added to an answer, or read, once there are so many bytes of events.
    pub bytes: usize,
    /// So many answers to requests wait for a stream's client at most.
    pub answers: usize,
    /// A stream has so many watchers at most.
    pub watchers: usize,
}

/// All watchers of a member.
///
/// Invariants:
/// - It knows of every revision up to `current`, and no watcher was told of a later one.
/// - `ranges` has every watcher, and none that was ended.
/// - A stream that has something to say waits in `lines`, unless somebody has it in hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Hub {
    pub(crate) limits: Limits,
    pub(crate) current: Revision,
    pub(crate) ring: Ring,
    pub(crate) ranges: Ranges<(StreamId, WatchId)>,
    pub(crate) streams: BTreeMap<StreamId, Box<Stream>>,
    /// How many streams there were.
    opened: u64,
    /// Whose turn it is.
    pub(crate) lines: Lines<StreamId>,
    /// When each stream is due.
    due: BTreeSet<(Duration, StreamId)>,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Streams.
    pub streams: usize,
    /// Watchers, those included that were ended by a compaction and have their number still.
    pub watchers: usize,
    /// Watchers that read the past.
    pub behind: usize,
}

impl Default for Limits {
    /// As etcd has them, where it has any: it does not bound bytes, nor watchers.
    fn default() -> Limits {
        Limits { ring: 32 << 20, revisions: 1_000, bytes: 1 << 20, answers: 16, watchers: 1 << 20 }
    }
}

impl Hub {
    /// Without a stream. The store is at this revision.
    pub fn new(current: Revision, limits: Limits) -> Hub {
        Hub {
            limits,
            current,
            ring: Ring::new(current.next(), limits.ring),
            ranges: Ranges::default(),
            streams: BTreeMap::new(),
            opened: 0,
            lines: Lines::new(),
            due: BTreeSet::new(),
        }
    }

    /// The newest revision that it was told of.
    pub fn current(&self) -> Revision {
        self.current
    }

    /// How many bytes the newest events take.
    pub fn kept(&self) -> usize {
        self.ring.bytes()
    }

    /// How many there are of everything.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { streams: self.streams.len(), ..Counts::default() };
        for stream in self.streams.values() {
            counts.watchers += stream.watchers.len();
            counts.behind += stream.lines.past().len();
        }
        counts
    }

    /// A client has opened a stream. Its watchers that wish so are told every so often that nothing
    /// happened. (etcd adds up to a tenth to what is configured, so that not all are told at once:
    /// the caller has drawn it.)
    pub fn open(&mut self, now: Duration, every: Duration) -> StreamId {
        let id = StreamId(self.opened);
        self.opened += 1;
        let every = every.max(Duration::from_millis(1));
        let due = now.saturating_add(every);
        self.due.insert((due, id));
        self.streams.insert(id, Box::new(Stream::new(due, every)));
        id
    }

    /// A stream has ended. All of its watchers are gone.
    pub fn close(&mut self, id: StreamId) {
        let Some(mut stream) = self.streams.remove(&id) else { return };
        for (watcher, held) in stream.each() {
            self.ranges.remove(&held.keys, (id, watcher));
        }
        self.due.remove(&(stream.due, id));
        self.lines.put(id, &mut stream.stands, None);
    }

    /// The store has published its next revision, and this is what happened. Whoever is to be told
    /// of it is found by the keys; nothing is copied, and nobody is waited for.
    ///
    /// The newest events are kept, so their keys and values are to be their own bytes: a few that
    /// are part of a large request keep all of it, and nobody counts that.
    pub fn note(&mut self, revision: Revision, events: Arc<[Event]>) {
        assert_eq!(revision, self.current.next(), "a revision is left out, and its events with it");
        self.current = revision;
        let mut found = Vec::new();
        for event in &*events {
            self.ranges.find(&pair(event).key, &mut found);
            for (id, watcher) in found.drain(..) {
                self.hit(id, watcher, event);
            }
        }
        self.ring.push(events);
    }

    /// An event is for the keys of a watcher.
    fn hit(&mut self, id: StreamId, watcher: WatchId, event: &Event) {
        let stream = self.streams.get_mut(&id).expect("its watchers are gone with it");
        let held = stream.watcher(watcher).expect("it is not in the ranges if it was ended");
        let had = held.is_pending();
        if held.hit(event) && !had {
            stream.place(watcher);
            line_up(&mut self.lines, id, stream);
        }
    }

    /// The store is at this revision, and what happened since the last one that the hub was told of
    /// is to be found there and nowhere else: because it was replaced by another member's, or
    /// because there was no room for the events on their way. Every watcher reads it from there, if
    /// a compaction has not taken it.
    pub fn resync(&mut self, revision: Revision) {
        assert!(revision >= self.current, "a store never goes back");
        let before = std::mem::replace(&mut self.current, revision);
        self.ring.restart(revision.next());
        for (id, stream) in &mut self.streams {
            let changed: Vec<WatchId> = stream
                .each()
                .filter_map(|(watcher, held)| held.resync(before, revision).then_some(watcher))
                .collect();
            changed.into_iter().for_each(|watcher| stream.place(watcher));
            line_up(&mut self.lines, *id, stream);
        }
    }

    /// When [`Hub::tick`] has something to do next, if ever.
    pub fn next_tick(&self) -> Option<Duration> {
        self.due.first().map(|(due, _)| *due)
    }

    /// It is this late. Watchers that wish to be told when nothing happens are told, if it is time,
    /// they are in sync, and nothing was told to them since the last time.
    pub fn tick(&mut self, now: Duration) {
        let due = self.due.range(..=(now, StreamId(u64::MAX)));
        for (due, id) in due.copied().collect::<Vec<_>>() {
            self.due.remove(&(due, id));
            let stream = self.streams.get_mut(&id).expect("it is taken out when it ends");
            // Nobody makes up for what was missed.
            stream.due = now.saturating_add(stream.every);
            self.due.insert((stream.due, id));
            stream.remind(self.current);
            line_up(&mut self.lines, id, stream);
        }
    }

    /// A stream that has something to say; none if no stream has. Whoever gets it has it in hand:
    /// it does not come again until [`Hub::next`] was asked what it says. So a client that is slow
    /// is left alone until it has room, and nothing is done for it meanwhile.
    ///
    /// Streams whose news are at hand and those that must read first take turns. A stream that has
    /// both is among the former, and reads in every second turn of its own: so whoever has news may
    /// wait for one piece of the past of each such stream.
    pub fn ready(&mut self) -> Option<StreamId> {
        let id = self.lines.turn()?;
        let stream = self.streams.get_mut(&id).expect("it is taken out when it ends");
        stream.taken = true;
        line_up(&mut self.lines, id, stream);
        Some(id)
    }
}

/// A stream has changed: it waits where it has to.
pub(crate) fn line_up(lines: &mut Lines<StreamId>, id: StreamId, stream: &mut Stream) {
    let line = stream.line();
    lines.put(id, &mut stream.stands, line);
}
