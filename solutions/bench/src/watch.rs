//! Chapter 7 over chapter 6: what ten thousand watchers cost a put that is not for them, how fast
//! one that is for them is handed to all, and how much memory watchers take.
//!
//! A put is one of chapter 6's, published, with its event handed to the hub. Nothing goes to the
//! disk. Each watcher has a stream of its own, but where it says otherwise: that is the most
//! expensive way to have them.
//!
//! Owns the figure. Nothing stands beside it: no other crate does this.

use crate::files::folder;
use crate::measure::{ROUNDS, alternate, grouped, resident, timed};
use ::watch::{Counts, History, Hub, Limits, Size, Slice, StreamId};
use api::{Event, KeyValue, LeaseId, PutRequest, Revision, WatchCreateRequest};
use bolt::{Folder, Options, backend};
use bytes::Bytes;
use mvcc::{Leases, Store};
use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How many watchers there are, of other keys or of the same.
const MANY: u64 = 10_000;

/// How many there are when their memory is measured.
const MOST: u64 = 100_000;

/// How many puts are measured at once.
const PUTS: u64 = 50_000;

/// How often nothing happened.
const EVERY: Duration = Duration::from_secs(600);

/// There are no leases.
struct NoLeases;

impl Leases for NoLeases {
    fn is_there(&self, _: LeaseId) -> bool {
        false
    }
}

/// Nobody reads it: all that is measured is at hand.
struct Unread(Revision);

impl History for Unread {
    type Error = Infallible;

    fn current(&self) -> Revision {
        self.0
    }

    fn compacted(&self) -> Option<Revision> {
        None
    }

    fn events(&self, _: Revision, to: Revision, _: Size) -> Result<Slice, Infallible> {
        Ok(Slice { events: Vec::new(), upto: to })
    }

    fn pair(&self, _: &Bytes, _: Revision) -> Result<Option<KeyValue>, Infallible> {
        Ok(None)
    }
}

/// Measures everything.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "watch: keys of 25 bytes, values of 256; {} watchers", grouped(MANY))?;
    beside(out)?;
    hand_out(out)?;
    // Nothing is let go of before the end: what comes would be made of what went.
    let (_own, own) = memory(MOST, 1);
    let (_shared, shared) = memory(MOST, 1_000);
    let (most, own) = (grouped(MOST), own / MOST);
    writeln!(out, "  bytes a watcher, of {most}          {own} with a stream each")?;
    writeln!(out, "                                       {} in 100 streams", shared / MOST)?;
    slow(out)
}

fn key(number: u64) -> Bytes {
    format!("/registry/pods/{number:010}").into()
}

/// A watcher of one key, or of the ten from there on.
fn request(number: u64, is_range: bool) -> WatchCreateRequest {
    let range_end = if is_range { key(number + 10) } else { Bytes::new() };
    WatchCreateRequest { key: key(number), range_end, ..WatchCreateRequest::default() }
}

/// A watcher; what it is told of its creation is fetched.
fn create(hub: &mut Hub, stream: StreamId, request: &WatchCreateRequest) {
    hub.create(stream, request, Ok(())).expect("there is room");
    let Ok(answer) = hub.next(stream, &Unread(hub.current()));
    assert!(answer.is_some_and(|answer| answer.response.created), "it is answered");
}

fn hub(current: Revision) -> Hub {
    Hub::new(current, Limits::default())
}

/// Puts that no watcher matches, beside puts without a watcher, and without a hub.
fn beside(out: &mut dyn io::Write) -> io::Result<()> {
    let folder = folder();
    let run = |name: &str, watchers: Option<u64>| {
        let place = folder.path().join(name);
        std::fs::create_dir_all(&place).expect("there is room on the disk");
        let _ = std::fs::remove_file(place.join("db"));
        let opened = backend::open(Folder::new(&place), "db", Options::default());
        let (writer, _committer) = opened.expect("it is empty");
        let mut store = Store::open(writer).expect("it is sound");
        let mut hub = watchers.map(|count| {
            let mut hub = hub(store.current());
            for number in 0..count {
                let stream = hub.open(Duration::ZERO, EVERY);
                // Half of them watch ranges; every put is between two watchers.
                create(&mut hub, stream, &request(number * 100, number % 2 == 0));
            }
            hub
        });
        timed(|| puts(&mut store, hub.as_mut()))
    };
    let runs: [&dyn Fn() -> Duration; 3] =
        [&|| run("none", None), &|| run("empty", Some(0)), &|| run("many", Some(MANY))];
    let rates = alternate(PUTS, &runs);
    writeln!(out, "  puts a second, without watchers      {}", rates[0])?;
    writeln!(out, "    with a hub                         {}", rates[1])?;
    writeln!(out, "    with watchers of other keys        {}", rates[2])?;
    let ratio = rates[1].median() / rates[2].median();
    writeln!(out, "    so a put costs                     {ratio:.2} of one with none")
}

fn puts(store: &mut Store<File>, mut hub: Option<&mut Hub>) {
    for at in 0..PUTS {
        let request = PutRequest {
            key: key(at % MANY * 100 + 50),
            value: Bytes::from_static(&[7; 256]),
            ..PutRequest::default()
        };
        store.put(&request, &NoLeases).expect("it can be");
        store.publish();
        let events: Arc<[Event]> = store.take_events().into();
        if let Some(hub) = hub.as_mut() {
            hub.note(store.current(), events);
            assert_eq!(hub.ready(), None, "it is for nobody");
        }
    }
}

/// A put with this value.
fn event(revision: Revision, value: Bytes) -> Arc<[Event]> {
    let kv = KeyValue {
        key: key(0),
        value,
        create_revision: 2,
        mod_revision: revision.wire(),
        version: revision.wire(),
        lease: 0,
    };
    [Event { r#type: 0, kv: Some(kv), prev_kv: None }].into()
}

/// One put, which is for all.
fn hand_out(out: &mut dyn io::Write) -> io::Result<()> {
    let mut hub = hub(Revision::FIRST);
    for number in 0..MANY {
        let stream = hub.open(Duration::ZERO, EVERY);
        create(&mut hub, stream, &request(0, number % 2 == 0));
    }
    let mut times = Vec::new();
    let mut notes = Vec::new();
    for _ in 0..ROUNDS {
        let revision = hub.current().next();
        let event = event(revision, Bytes::from_static(&[7; 256]));
        let mut count = 0;
        let noted = timed(|| hub.note(revision, event));
        let time = noted
            + timed(|| {
                while let Some(stream) = hub.ready() {
                    let Ok(answer) = hub.next(stream, &Unread(revision));
                    count += answer.map_or(0, |answer| answer.response.events.len() as u64);
                }
            });
        assert_eq!(count, MANY, "all are told");
        times.push(time.as_secs_f64() * 1e3);
        notes.push(noted.as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    notes.sort_by(f64::total_cmp);
    let [middle, fastest, slowest] = [ROUNDS / 2, 0, ROUNDS - 1].map(|at| times[at]);
    let range = format!("({fastest:.1} to {slowest:.1})");
    writeln!(out, "  one put handed to all of them, in ms {middle:.1} {range}")?;
    writeln!(out, "    of which until all are found       {:.1}", notes[ROUNDS / 2])
}

/// How much more memory a process has with so many watchers, so many to a stream.
fn memory(count: u64, to_a_stream: u64) -> (Hub, u64) {
    let before = resident();
    let mut hub = hub(Revision::FIRST);
    let mut stream = StreamId(0);
    for number in 0..count {
        if number % to_a_stream == 0 {
            stream = hub.open(Duration::ZERO, EVERY);
        }
        create(&mut hub, stream, &request(number * 100, number % 2 == 0));
    }
    let bytes = resident().saturating_sub(before);
    let Counts { watchers, .. } = hub.counts();
    assert_eq!(watchers as u64, count, "all are there");
    (hub, bytes)
}

/// All watch what is put, and nobody fetches anything.
fn slow(out: &mut dyn io::Write) -> io::Result<()> {
    let mut hub = hub(Revision::FIRST);
    for number in 0..MANY {
        let stream = hub.open(Duration::ZERO, EVERY);
        create(&mut hub, stream, &request(0, number % 2 == 0));
    }
    let before = resident();
    for _ in 0..1_000 {
        let revision = hub.current().next();
        hub.note(revision, event(revision, vec![7; 100_000].into()));
        // Streams are taken in hand, and their clients have no room.
        while hub.ready().is_some() {}
    }
    let bytes = resident().saturating_sub(before) >> 20;
    writeln!(out, "  1,000 puts of 100 kB that nobody fetches take {bytes} MiB")
}
