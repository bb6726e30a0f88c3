//! A hub beside its store, as a server has them.
//!
//! Owns [`World`], and short words for what tests write again and again.

use crate::past::{Change, Past};
use api::event::EventType;
use api::{Error, Revision, WatchCreateRequest, WatchResponse};
use bytes::Bytes;
use std::time::Duration;
use watch::{Answer, History, Hub, Limits, StreamId, WatchId};

/// How often whoever wants it is told that nothing happened.
pub const EVERY: Duration = Duration::from_secs(600);

/// A hub, and the store that it reads from.
#[derive(Clone, Debug)]
pub struct World {
    pub hub: Hub,
    pub past: Past,
}

/// A request for these keys, from the next revision on.
pub fn watch(key: &str, range_end: &str) -> WatchCreateRequest {
    WatchCreateRequest {
        key: Bytes::copy_from_slice(key.as_bytes()),
        range_end: Bytes::copy_from_slice(range_end.as_bytes()),
        ..WatchCreateRequest::default()
    }
}

/// The same, from this revision on.
pub fn watch_from(key: &str, range_end: &str, start_revision: i64) -> WatchCreateRequest {
    WatchCreateRequest { start_revision, ..watch(key, range_end) }
}

/// Everything, from this revision on.
pub fn all_from(start_revision: i64) -> WatchCreateRequest {
    watch_from("\0", "\0", start_revision)
}

pub fn put(key: &'static str, value: &'static str) -> Change {
    Change::Put(key, Bytes::from_static(value.as_bytes()))
}

impl World {
    pub fn new() -> World {
        World::with(Limits::default())
    }

    pub fn with(limits: Limits) -> World {
        World { hub: Hub::new(Revision::FIRST, limits), past: Past::new() }
    }

    /// Writes, and tells the hub. The revision, if there was one.
    pub fn write(&mut self, changes: &[Change]) -> Option<Revision> {
        let revision = self.past.write(changes)?;
        self.hub.note(revision, self.past.of(revision).clone());
        Some(revision)
    }

    /// Puts a key, so many times.
    pub fn puts(&mut self, key: &'static str, times: usize) {
        for _ in 0..times {
            self.write(&[put(key, "v")]).expect("a put is a revision");
        }
    }

    /// How much room a put takes.
    pub fn weight_of_a_put() -> usize {
        let mut world = World::new();
        world.puts("a", 1);
        world.hub.kept()
    }

    /// All before this revision is gone.
    pub fn compact(&mut self, revision: u64) {
        assert!(revision <= self.past.newest().0);
        self.past.compacted = Some(Revision(revision));
    }

    pub fn open(&mut self) -> StreamId {
        self.hub.open(Duration::ZERO, EVERY)
    }

    /// A stream with one watcher, whose creation is answered.
    pub fn watching(&mut self, request: &WatchCreateRequest) -> (StreamId, WatchId) {
        let stream = self.open();
        (stream, self.create(stream, request))
    }

    /// One more watcher.
    pub fn create(&mut self, stream: StreamId, request: &WatchCreateRequest) -> WatchId {
        self.hub.create(stream, request, Ok(())).expect("there is room");
        let answer = self.say(stream).expect("it is answered first");
        assert!(answer.created && !answer.canceled, "{answer:?}");
        WatchId(answer.watch_id)
    }

    /// What a refused watcher is told, in short.
    pub fn refused(
        &mut self,
        stream: StreamId,
        request: &WatchCreateRequest,
        allowed: Result<(), Error>,
    ) -> String {
        self.hub.create(stream, request, allowed).expect("there is room");
        let answer = self.say(stream).expect("it is answered");
        let current = self.hub.current().wire();
        assert!(answer.created && answer.canceled && answer.watch_id == -1, "{answer:?}");
        assert_eq!((revision(&answer), answer.compact_revision), (current, 0));
        assert!(answer.events.is_empty());
        answer.cancel_reason
    }

    /// The next that a stream is told; nothing if it has nothing to say.
    pub fn say(&mut self, stream: StreamId) -> Option<WatchResponse> {
        Some(self.answer(stream)?.response)
    }

    /// The same, whole. What a stream looks through without finding anything is bounded, so this
    /// ends.
    pub fn answer(&mut self, stream: StreamId) -> Option<Answer> {
        let span = self.past.current().0 + 10;
        let watchers = self.hub.counts().watchers as u64 + 1;
        for _ in 0..2 * span * watchers {
            if let Some(answer) = self.hub.next(stream, &self.past).expect("the disk works") {
                return Some(answer);
            }
        }
        None
    }

    /// All that a stream is told until it has nothing to say, a line each.
    pub fn lines(&mut self, stream: StreamId) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(answer) = self.say(stream) {
            lines.push(line(&answer));
        }
        lines
    }
}

/// The revision in an answer's head.
pub fn revision(answer: &WatchResponse) -> i64 {
    answer.header.as_ref().expect("there is one").revision
}

/// An answer in a line: `0@5: put a=1 at 3, delete b at 4 (was 1 at 2)`.
pub fn line(answer: &WatchResponse) -> String {
    let mut words = format!("{}@{}:", answer.watch_id, revision(answer));
    for (is_so, word) in [(answer.created, " created"), (answer.canceled, " canceled")] {
        words.push_str(if is_so { word } else { "" });
    }
    if answer.compact_revision != 0 {
        words.push_str(&format!(" compacted {}", answer.compact_revision));
    }
    if !answer.cancel_reason.is_empty() {
        words.push_str(&format!(" because {}", answer.cancel_reason));
    }
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    for (at, event) in answer.events.iter().enumerate() {
        let kv = event.kv.as_ref().expect("an event has a pair");
        words.push_str(if at > 0 { ", " } else { " " });
        match event.r#type() {
            EventType::Put => words.push_str(&format!("put {}={}", text(&kv.key), text(&kv.value))),
            EventType::Delete => words.push_str(&format!("delete {}", text(&kv.key))),
        }
        words.push_str(&format!(" at {}", kv.mod_revision));
        if let Some(before) = &event.prev_kv {
            let value = text(&before.value);
            words.push_str(&format!(" (was {value} at {})", before.mod_revision));
        }
    }
    words
}
