//! What every stream has to be told, by the whole history.
//!
//! Owns [`Truth`]: it hears every request and every answer, and knows everything that ever
//! happened. A watcher has to be told of exactly those events that it wants, from its start on; or
//! it ends because a compaction took something that it still needed.

use crate::past::Past;
use crate::world::revision;
use api::event::EventType;
use api::watch_create_request::FilterType;
use api::{Error, Event, Keys, ResponseHeader, Revision, WatchCreateRequest, WatchResponse};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::ops::RangeBounds;
use watch::{DUPLICATE, EMPTY_RANGE, StreamId, WatchId};

/// Everything that streams have to be told.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    pub streams: BTreeMap<StreamId, Told>,
    pub seen: Seen,
}

/// What happened, in numbers.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub events: usize,
    pub forgotten: usize,
    pub progress: usize,
    pub promises: usize,
    pub previous: usize,
    pub refused: usize,
}

/// One stream.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Answers that it must be given, in order.
    control: VecDeque<WatchResponse>,
    pub watchers: BTreeMap<i64, Known>,
    free: i64,
    /// How often it has asked how far all are, without an answer.
    asks: usize,
}

/// One watcher.
#[derive(Clone, Debug)]
pub struct Known {
    keys: Keys,
    filters: Vec<i32>,
    previous: bool,
    notify: bool,
    /// It was told of everything before this revision.
    next: Revision,
    /// It may not have looked at everything up to the newest revision, whether that is for it or
    /// not.
    reads: bool,
    /// It was told of something, and more was to come. So it stands somewhere between the two.
    partly: bool,
    /// It asked for something that was gone.
    doomed: bool,
    /// It has ended, and its number is taken.
    forgotten: bool,
    /// No event up to this revision may come any more.
    promised: i64,
}

impl Known {
    fn wants(&self, event: &Event) -> bool {
        let kv = event.kv.as_ref().expect("it has one");
        let filter = match event.r#type() {
            EventType::Put => FilterType::Noput,
            EventType::Delete => FilterType::Nodelete,
        };
        let is_meant = RangeBounds::<[u8]>::contains(&self.keys, &kv.key[..]);
        is_meant && !self.filters.contains(&(filter as i32))
    }

    /// The next revision with events for it, and these.
    fn coming(&self, past: &Past, from: Revision) -> Option<(Revision, Vec<Event>)> {
        (from.0..=past.newest().0).map(Revision).find_map(|revision| {
            let wanted = past.of(revision).iter().filter(|event| self.wants(event));
            let events: Vec<Event> = wanted.cloned().collect();
            (!events.is_empty()).then_some((revision, events))
        })
    }

    /// Does it have to be told of something up to this revision?
    fn lacks(&self, past: &Past, upto: i64) -> bool {
        let coming = self.coming(past, self.next);
        !self.forgotten && coming.is_some_and(|(revision, _)| revision.wire() <= upto)
    }
}

fn answer(watch_id: i64, revision: i64) -> WatchResponse {
    let header = Some(ResponseHeader { revision, ..ResponseHeader::default() });
    WatchResponse { header, watch_id, ..WatchResponse::default() }
}

impl Truth {
    pub fn open(&mut self, id: StreamId) {
        self.streams.insert(id, Told::default());
    }

    pub fn create(
        &mut self,
        id: StreamId,
        request: &WatchCreateRequest,
        past: &Past,
        at: Revision,
    ) {
        let told = self.streams.get_mut(&id).expect("it is open");
        match told.admit(request) {
            Ok((watch, keys)) => {
                let start = Revision(request.start_revision.unsigned_abs());
                let next = if start.0 == 0 { at.next() } else { start };
                let known = Known {
                    keys,
                    filters: request.filters.clone(),
                    previous: request.prev_kv,
                    notify: request.progress_notify,
                    next,
                    reads: next <= at,
                    partly: false,
                    doomed: next <= at && past.compacted.is_some_and(|gone| next < gone),
                    forgotten: false,
                    promised: 0,
                };
                told.watchers.insert(watch, known);
                told.control.push_back(WatchResponse { created: true, ..answer(watch, at.wire()) });
            }
            Err(cancel_reason) => {
                self.seen.refused += 1;
                told.control.push_back(WatchResponse {
                    created: true,
                    canceled: true,
                    cancel_reason,
                    ..answer(-1, at.wire())
                });
            }
        }
    }

    pub fn cancel(&mut self, id: StreamId, watch: WatchId, at: Revision) {
        let told = self.streams.get_mut(&id).expect("it is open");
        if told.watchers.remove(&watch.0).is_some() {
            let canceled = WatchResponse { canceled: true, ..answer(watch.0, at.wire()) };
            told.control.push_back(canceled);
        }
    }

    pub fn ask(&mut self, id: StreamId) {
        self.streams.get_mut(&id).expect("it is open").asks += 1;
    }

    /// The store has gone on, and nobody has seen how: everybody has to look.
    pub fn resync(&mut self) {
        let all = self.streams.values_mut().flat_map(|told| told.watchers.values_mut());
        all.for_each(|known| known.reads = true);
    }

    /// A stream has nothing to say any more. So nothing may be missing.
    pub fn silent(&mut self, id: StreamId, past: &Past) {
        let told = self.streams.get_mut(&id).expect("it is open");
        assert!(told.control.is_empty(), "not answered: {:?}", told.control);
        told.asks = 0;
        for (watch, known) in &mut told.watchers {
            assert!(!known.lacks(past, i64::MAX), "{watch} was not told of {:?}", known.next);
            assert!(!known.doomed || known.forgotten, "{watch} asked for what is gone");
            known.reads = false;
            known.next = known.next.max(past.newest().next());
        }
    }

    /// How many watchers there are.
    pub fn watchers(&self) -> usize {
        self.streams.values().map(|told| told.watchers.len()).sum()
    }

    /// A stream was told this. Is it right?
    pub fn told(&mut self, id: StreamId, answer: &WatchResponse, past: &Past, at: Revision) {
        let told = self.streams.get_mut(&id).expect("it is open");
        let seen = &mut self.seen;
        if answer.created || answer.canceled && answer.compact_revision == 0 {
            assert_eq!(Some(answer), told.control.pop_front().as_ref(), "an answer to a request");
            return;
        }
        let is_empty = answer.events.is_empty() && !answer.canceled;
        if answer.watch_id == -1 && is_empty {
            assert!(told.asks > 0, "it has not asked");
            seen.promises += 1;
            told.promise(answer, past, at);
            return;
        }
        let watch = answer.watch_id;
        let is_answered = told.control.iter().all(|it| !it.created || it.watch_id != watch);
        assert!(is_answered, "{watch} was told of something before it was created");
        let known = told.watchers.get_mut(&watch).expect("there is such a watcher");
        assert!(!known.forgotten, "{watch} has ended");
        if answer.canceled {
            seen.forgotten += 1;
            known.forget(answer, past, at);
        } else if answer.events.is_empty() {
            seen.progress += 1;
            assert!(known.notify, "{watch} did not ask for that");
            assert_eq!(revision(answer), at.wire(), "how far {watch} is");
            assert!(!known.lacks(past, at.wire()), "{watch} misses something");
        } else {
            seen.events += answer.events.len();
            seen.previous += answer.events.iter().filter(|it| it.prev_kv.is_some()).count();
            known.events(answer, past, at);
        }
    }
}

impl Told {
    fn admit(&mut self, request: &WatchCreateRequest) -> Result<(i64, Keys), String> {
        if request.start_revision < 0 {
            return Err(Error::Compacted.text().to_owned());
        }
        let zero = Bytes::from_static(&[0]);
        let key = if request.key.is_empty() { &zero } else { &request.key };
        let keys = Keys::new(key, &request.range_end);
        if matches!(&keys, Keys::Between(from, to) if from >= to) {
            return Err(EMPTY_RANGE.to_owned());
        }
        let mut watch = request.watch_id;
        if watch == 0 {
            watch = self.free;
            while self.watchers.contains_key(&watch) {
                watch += 1;
            }
            self.free = watch + 1;
        }
        match self.watchers.contains_key(&watch) {
            true => Err(DUPLICATE.to_owned()),
            false => Ok((watch, keys)),
        }
    }

    /// It was told how far all of its watchers are that it knows to be there.
    fn promise(&mut self, answer: &WatchResponse, past: &Past, at: Revision) {
        let revision = revision(answer);
        self.asks -= 1;
        assert!(revision <= at.wire(), "{revision} is still to come");
        for (watch, known) in &mut self.watchers {
            if self.control.iter().all(|it| !it.created || it.watch_id != *watch) {
                assert!(!known.lacks(past, revision), "{watch} misses something up to {revision}");
                assert!(known.promised <= revision, "it goes forwards");
                known.promised = revision;
            }
        }
    }
}

impl Known {
    /// It was told of these events.
    fn events(&mut self, answer: &WatchResponse, past: &Past, at: Revision) {
        let promised = self.promised;
        assert!(!self.doomed, "it has asked for what is gone");
        let mut rest = &answer.events[..];
        let mut next = self.next;
        while !rest.is_empty() {
            let (revision, mut coming) = self.coming(past, next).expect("that never happened");
            assert!(revision <= at, "{revision} is still to come");
            assert!(revision.wire() > promised, "{revision}, though {promised} was promised");
            for event in &mut coming {
                event.prev_kv = if self.previous { past.before(event) } else { None };
            }
            assert!(rest.len() >= coming.len(), "{revision} is split");
            let (found, others) = rest.split_at(coming.len());
            assert_eq!(found, coming, "the events of {revision}");
            (rest, next) = (others, revision.next());
        }
        let heads = [next.0 - 1, at.0].map(|it| it.cast_signed());
        assert!(heads.contains(&revision(answer)), "{} in the head", revision(answer));
        self.next = next;
        self.partly = self.lacks(past, at.wire());
    }

    /// It was told that a compaction took what it needed.
    fn forget(&mut self, answer: &WatchResponse, past: &Past, at: Revision) {
        let gone = past.compacted.expect("there was a compaction");
        assert_eq!(answer.compact_revision, gone.wire());
        assert_eq!(revision(answer), 0, "no revision in the head");
        assert_eq!((&answer.cancel_reason[..], answer.events.len()), ("", 0));
        let lost = self.lacks(past, at.wire().min(gone.wire() - 1));
        let reads = (self.reads || self.partly) && self.next < gone;
        assert!(lost || reads, "it has everything from {:?} on, and {gone} is gone", self.next);
        self.forgotten = true;
    }
}
