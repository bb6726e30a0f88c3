//! The thread that tells watchers what happened.
//!
//! Owns [`Watches`]: the hub, and for each stream of a client an [`Outbox`]. The state says what
//! was written, streams say what their clients want, and this thread puts answers into outboxes
//! that have room. A client that does not fetch its answers has a full outbox, and nothing more is
//! made for it until it goes on.
//!
//! Invariant: a view is held for a few answers at most, so no compaction waits for it for long.
//!
//! Left to others: what a watcher is told (`watch`), and who may watch what (`services`).

use crate::disk::File;
use crate::letters::ToWatches;
use crate::mailbox::Mailbox;
use crate::outbox::{Outbox, Told};
use crate::reader::Reader;
use crate::signature::Signature;
use api::watch_request::RequestUnion;
use api::{Error, KeyValue, Revision};
use bytes::Bytes;
use prost::Message;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use watch::{Answer, Full, History, Hub, Limits, Size, Slice, StreamId, WatchId, pieces};

/// After so many answers, the thread looks at what has happened meanwhile.
const TURNS: usize = 64;

/// Watchers are counted so often at most.
const COUNTS: Duration = Duration::from_secs(1);

/// A stream of a client.
struct Stream {
    id: StreamId,
    outbox: Arc<Outbox>,
    /// What could not be heard yet, since too many answers wait.
    later: VecDeque<(RequestUnion, Result<(), Error>)>,
}

/// All watchers of a member.
pub struct Watches {
    hub: Hub,
    began: Instant,
    reader: Reader,
    signature: Signature,
    /// Watchers were counted then; is that still how many there are?
    counted: Instant,
    is_counted: bool,
    /// A longer answer is cut, if its client can put it together.
    longest: usize,
    /// How often a client that wishes so is told that nothing happens.
    progress: Duration,
    streams: BTreeMap<u64, Stream>,
    numbers: BTreeMap<StreamId, u64>,
    /// Streams whose outboxes were full, and are not any more.
    go_on: VecDeque<u64>,
}

impl Watches {
    /// Without a stream.
    pub fn new(
        reader: Reader,
        signature: Signature,
        longest: usize,
        progress: Duration,
    ) -> Watches {
        let limits = Limits::default();
        let hub = Hub::new(reader.view().current(), limits);
        let (streams, numbers) = (BTreeMap::new(), BTreeMap::new());
        let (began, go_on) = (Instant::now(), VecDeque::new());
        Watches {
            hub,
            began,
            reader,
            signature,
            counted: began,
            is_counted: false,
            longest,
            progress,
            streams,
            numbers,
            go_on,
        }
    }

    /// Works until it is told to stop.
    pub fn run(mut self, jobs: &Mailbox<ToWatches>) -> Result<(), mvcc::Error> {
        let mut arrived = Vec::new();
        let mut is_more = false;
        loop {
            let next = match (is_more, self.hub.next_tick()) {
                (true, _) => Instant::now(),
                (false, Some(tick)) => self.began + tick,
                (false, None) => Instant::now() + Duration::from_secs(60),
            };
            let count = self.counted + COUNTS;
            jobs.take_until(if self.is_counted { next } else { next.min(count) }, &mut arrived);
            self.is_counted &= arrived.is_empty();
            for job in arrived.drain(..) {
                if matches!(job, ToWatches::Stop) {
                    return Ok(());
                }
                self.hear(job);
            }
            self.hub.tick(self.began.elapsed());
            is_more = self.answer()?;
            if !self.is_counted && Instant::now() >= count {
                (self.is_counted, self.counted) = (true, Instant::now());
                self.signature.facts.metrics.watchers.note(&self.hub.counts());
            }
        }
    }

    fn hear(&mut self, job: ToWatches) {
        match job {
            ToWatches::Note(revision, events) => self.hub.note(revision, events),
            ToWatches::Resync(revision) => self.hub.resync(revision),
            ToWatches::Open(number, outbox) => {
                let id = self.hub.open(self.began.elapsed(), self.progress);
                self.numbers.insert(id, number);
                self.streams.insert(number, Stream { id, outbox, later: VecDeque::new() });
            }
            ToWatches::Want(number, request, may) => {
                if let Some(stream) = self.streams.get_mut(&number) {
                    stream.later.push_back((request, may));
                    hear_all(&mut self.hub, stream);
                }
            }
            ToWatches::Room(number) => self.go_on.push_back(number),
            ToWatches::Close(number) => {
                if let Some(stream) = self.streams.remove(&number) {
                    self.numbers.remove(&stream.id);
                    self.hub.close(stream.id);
                }
            }
            ToWatches::Stop => unreachable!("it is looked for before"),
        }
    }

    /// Makes some answers. Are there more to be made?
    fn answer(&mut self) -> Result<bool, mvcc::Error> {
        let mut past = None;
        for _ in 0..TURNS {
            let next = self.go_on.pop_front().or_else(|| {
                let id = self.hub.ready()?;
                Some(*self.numbers.get(&id).expect("an open stream has a number"))
            });
            let Some(number) = next else { return Ok(false) };
            let past = past.get_or_insert_with(|| Past(self.reader.view()));
            self.answer_one(number, past)?;
        }
        Ok(true)
    }

    /// A stream that has something to say says it, if there is room. If not, it will be heard of
    /// when there is.
    fn answer_one(&mut self, number: u64, past: &Past) -> Result<(), mvcc::Error> {
        let Some(stream) = self.streams.get_mut(&number) else { return Ok(()) };
        if !stream.outbox.has_room() {
            return Ok(());
        }
        if let Some(answer) = self.hub.next(stream.id, past)? {
            let Answer { mut response, in_pieces } = answer;
            self.signature.sign(&mut response.header);
            self.signature.facts.metrics.watchers.events.add(response.events.len() as u64);
            let all = if in_pieces { pieces(response, self.longest) } else { vec![response] };
            for response in all {
                let bytes = response.encoded_len();
                stream.outbox.put(Told::Answer(response, bytes));
            }
        }
        hear_all(&mut self.hub, stream);
        Ok(())
    }
}

/// Does what a client wants, as long as not too many answers wait for it.
fn hear_all(hub: &mut Hub, stream: &mut Stream) {
    while let Some((request, may)) = stream.later.front() {
        let heard = match request {
            RequestUnion::CreateRequest(request) => hub.create(stream.id, request, *may),
            RequestUnion::CancelRequest(request) => {
                hub.cancel(stream.id, WatchId(request.watch_id))
            }
            RequestUnion::ProgressRequest(_) => hub.progress(stream.id),
        };
        if heard == Err(Full) {
            return;
        }
        stream.later.pop_front();
        stream.outbox.put(Told::Heard);
    }
}

/// The past, as a view has it.
struct Past(mvcc::View<File>);

impl History for Past {
    type Error = mvcc::Error;

    fn current(&self) -> Revision {
        self.0.current()
    }

    fn compacted(&self) -> Option<Revision> {
        self.0.compacted()
    }

    fn events(&self, from: Revision, to: Revision, size: Size) -> Result<Slice, mvcc::Error> {
        let mvcc::Events { events, upto } = self.0.events(from, to, size.revisions, size.bytes)?;
        Ok(Slice { events, upto })
    }

    fn pair(&self, key: &Bytes, at: Revision) -> Result<Option<KeyValue>, mvcc::Error> {
        self.0.pair(key, at)
    }
}
