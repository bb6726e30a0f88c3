//! What goes on beside an answer: events, memory, and readers in other threads.

use crate::memory::MemoryFile;
use crate::whole::{Known, Whole};
use api::event::EventType;
use api::request_op::Request;
use api::{
    DeleteRangeRequest, Event, LeaseId, PutRequest, RangeRequest, RequestOp, Revision, TxnRequest,
};
use bytes::Bytes;
use harness::check;
use mvcc::{Act, Life, Progress, Reader, Stamp, Version, taken};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

fn put(key: impl Into<Bytes>, value: &'static str) -> PutRequest {
    PutRequest { key: key.into(), value: value.into(), ..PutRequest::default() }
}

fn delete(key: &'static str, range_end: &'static str) -> DeleteRangeRequest {
    DeleteRangeRequest { key: key.into(), range_end: range_end.into(), prev_kv: false }
}

/// Events in short: what happened, to which key, at which revision, and the version.
fn short(events: Vec<Event>) -> Vec<(EventType, String, i64, i64)> {
    let text = |key: Bytes| String::from_utf8(key.to_vec()).expect("it is text");
    let short = |event: Event| {
        assert_eq!(event.prev_kv, None, "whoever wants it looks for it");
        let what = event.r#type();
        let pair = event.kv.expect("it is about a key");
        assert!(what == EventType::Put || (pair.value.is_empty() && pair.create_revision == 0));
        (what, text(pair.key), pair.mod_revision, pair.version)
    };
    events.into_iter().map(short).collect()
}

fn event(what: EventType, key: &str, revision: i64, version: i64) -> (EventType, String, i64, i64) {
    (what, key.to_owned(), revision, version)
}

#[test]
fn every_change_of_a_key_is_an_event() {
    check(|| {
        use EventType::{Delete, Put};
        let mut whole = Whole::new();
        let store = &mut whole.store;
        let known = Known(&[7]);
        store.put(&put("a", "1"), &known).expect("it can be");
        store.put(&PutRequest { lease: 7, ..put("b", "1") }, &known).expect("it can be");
        store.put(&PutRequest { lease: 8, ..put("x", "1") }, &known).expect_err("no such lease");
        let wanted = [event(Put, "a", 2, 1), event(Put, "b", 3, 1)];
        assert_eq!(short(store.take_events()), wanted);
        assert_eq!(short(store.take_events()), [], "they were taken");
        let operations = [
            Request::RequestPut(put("c", "1")),
            Request::RequestPut(put("a", "2")),
            Request::RequestDeleteRange(delete("b", "c")),
            Request::RequestDeleteRange(delete("b", "c")),
        ];
        let success = operations.map(|it| RequestOp { request: Some(it) }).to_vec();
        let request = TxnRequest { success, ..TxnRequest::default() };
        store.txn(&request, &known).expect("it can be");
        store.put(&PutRequest { lease: 7, ..put("d", "1") }, &known).expect("it can be");
        store.put(&PutRequest { lease: 7, ..put("e", "1") }, &known).expect("it can be");
        let lease = LeaseId::new(7).expect("it is not zero");
        assert_eq!(store.delete_attached(lease).expect("it can be"), 2);
        assert_eq!(store.delete_attached(lease).expect("it can be"), 0);
        store.delete_range(&delete("nothing", "")).expect("it can be");
        store.delete_range(&delete("a", "d")).expect("it can be");
        let wanted = [
            event(Put, "c", 4, 1),
            event(Put, "a", 4, 2),
            event(Delete, "b", 4, 0),
            event(Put, "d", 5, 1),
            event(Put, "e", 6, 1),
            event(Delete, "d", 7, 0),
            event(Delete, "e", 7, 0),
            event(Delete, "a", 8, 0),
            event(Delete, "c", 8, 0),
        ];
        assert_eq!(short(store.take_events()), wanted);
        assert_eq!(store.current().wire(), 8, "what changes nothing is no revision");
    });
}

/// A request's key and value are parts of the buffer in which it came. None of them may stay, or
/// small keys keep large buffers; and neither in events, which are kept for those who watch.
#[test]
fn the_buffer_of_a_request_is_let_go() {
    check(|| {
        let mut whole = Whole::new();
        let buffer = Bytes::from(vec![b'k'; 100_000]);
        let store = &mut whole.store;
        for length in [1, 2, 1] {
            let (key, value) = (buffer.slice(..length), buffer.slice(10..20));
            let request = PutRequest { key, value, lease: 7, ..PutRequest::default() };
            store.put(&request, &Known(&[7])).expect("it can be");
        }
        let (key, range_end) = (buffer.slice(..1), buffer.slice(..2));
        let request = DeleteRangeRequest { key, range_end, prev_kv: true };
        store.delete_range(&request).expect("it can be");
        drop(request);
        let events = store.take_events();
        assert!(buffer.is_unique(), "something of it was kept");
        assert_eq!(events.len(), 4);
    });
}

/// Looks until `done`. How often it looked.
fn look(reader: &Reader<MemoryFile>, done: &AtomicBool) -> u32 {
    let mut looks = 0;
    while !done.load(Ordering::Acquire) {
        let view = reader.view();
        let current = view.current().wire();
        for back in [0, 1] {
            let revision = current - back;
            let request = RangeRequest { key: "a".into(), revision, ..RangeRequest::default() };
            match view.range(&request) {
                Ok(response) if revision > 1 => {
                    assert_eq!(response.kvs[0].mod_revision, revision, "seen from {current}");
                }
                Ok(_) => {}
                Err(mvcc::Error::Refused(api::Error::Compacted)) => {
                    assert!(back > 0, "the newest can be read");
                }
                Err(error) => panic!("{error}"),
            }
        }
        looks += 1;
    }
    looks
}

#[test]
fn readers_see_whole_revisions_while_others_are_written_and_forgotten() {
    check(|| {
        let mut whole = Whole::new();
        let reader = whole.store.reader();
        let done = AtomicBool::new(false);
        let looks = thread::scope(|scope| {
            let readers = [(); 2].map(|()| scope.spawn(|| look(&reader, &done)));
            for round in 0..20_000_u32 {
                whole.store.put(&put("a", "1"), &Known(&[])).expect("it can be");
                if round % 3 == 0 {
                    let revision = whole.store.current().wire() - 1;
                    whole.store.compact(revision).expect("it can be");
                }
                let _ = whole.store.compaction_step(10).expect("it is sound");
                whole.store.publish();
                if round % 50 == 0 {
                    whole.store.take_events();
                    whole.step();
                }
            }
            done.store(true, Ordering::Release);
            readers.map(|reader| reader.join().expect("it sees nothing that cannot be"))
        });
        while whole.store.compaction_step(10).expect("it is sound") != Progress::Done {}
        harness::note(format!("{looks:?} looks"));
    });
}

#[test]
fn what_is_brought_to_the_disk_is_seen() {
    check(|| {
        let mut whole = Whole::new();
        whole.store.put(&put("a", "1"), &Known(&[])).expect("it can be");
        assert_eq!(whole.store.reader().view().current().wire(), 1, "not yet");
        whole.step();
        assert_eq!(whole.store.reader().view().current().wire(), 2);
    });
}

#[test]
fn a_compaction_waits_for_every_view_from_before_it() {
    check(|| {
        let mut whole = Whole::new();
        let store = &mut whole.store;
        ["1", "2", "3", "4"].into_iter().for_each(|value| {
            store.put(&put("a", value), &Known(&[])).expect("it can be");
        });
        store.publish();
        let first = store.reader().view();
        store.compact(3).expect("it can be");
        let mut step = || store.compaction_step(10).expect("it is sound");
        assert_eq!(step(), Progress::Waits);
        let copy = first.clone();
        drop(first);
        assert_eq!(step(), Progress::Waits, "a copy is a view");
        store.publish();
        let second = store.reader().view();
        store.compact(4).expect("it can be");
        let mut step = || store.compaction_step(10).expect("it is sound");
        assert_eq!(step(), Progress::Waits);
        drop(second);
        assert_eq!(step(), Progress::Waits, "the first is still there");
        let past = RangeRequest { key: "a".into(), revision: 2, ..RangeRequest::default() };
        assert_eq!(copy.range(&past).expect("it can be read").kvs[0].mod_revision, 2);
        drop(copy);
        let mark = |whole: &Whole, name: &str| {
            let view = whole.store.reader().view();
            view.rows().get(b"meta", name.as_bytes()).expect("it is sound")
        };
        let four = Bytes::from(Stamp { revision: Revision(4), sub: 0 }.row_key(Act::Put));
        assert_eq!(mark(&whole, "scheduledCompactRev"), Some(four.clone()), "it was begun");
        assert_eq!(mark(&whole, "finishedCompactRev"), None, "and did not come to its end");
        let step = whole.store.compaction_step(10).expect("it is sound");
        assert_eq!(step, Progress::Done);
        whole.store.publish();
        assert_eq!(mark(&whole, "finishedCompactRev"), Some(four), "where etcd looks for it");
    });
}

#[test]
fn what_a_compaction_takes_of_a_key() {
    check(|| {
        let version = |(revision, is_there): (u64, bool)| {
            let stamp = Stamp { revision: Revision(revision), sub: 0 };
            let life = Life { created: Revision(2), version: NonZeroU64::MIN, hash: 0 };
            Version { stamp, life: is_there.then_some(life) }
        };
        let count = |last_is_there: bool, compacted: u64| {
            let versions = [(2, true), (5, true), (9, last_is_there)].map(version);
            taken(&versions, Revision(compacted))
        };
        for (compacted, puts, deletion_at_last) in
            [(1, 0, 0), (2, 0, 0), (4, 0, 0), (5, 1, 1), (8, 1, 1), (9, 2, 2), (10, 2, 3)]
        {
            assert_eq!(count(true, compacted), puts, "at {compacted}");
            assert_eq!(count(false, compacted), deletion_at_last, "a deletion, at {compacted}");
        }
        assert_eq!(taken(&[version((9, false))], Revision(9)), 0, "a watcher from 9 on sees it");
        assert_eq!(taken(&[], Revision(9)), 0);
    });
}
