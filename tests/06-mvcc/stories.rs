//! What a store with revisions and one writer excludes, by the names that databases have for it;
//! and what clients of etcd rely on.

use crate::memory::MemoryFile;
use crate::whole::{Known, Whole};
use api::compare::{CompareResult, CompareTarget, TargetUnion};
use api::request_op::Request;
use api::{Compare, DeleteRangeRequest, KeyValue, PutRequest, RangeRequest, RequestOp, TxnRequest};
use harness::check;
use mvcc::{Progress, Store, View};

fn put(store: &mut Store<MemoryFile>, key: &'static str, value: &'static str) {
    let (key, value) = (key.into(), value.into());
    let request = PutRequest { key, value, ..PutRequest::default() };
    store.put(&request, &Known(&[])).expect("it can be");
    store.publish();
}

fn all(view: &View<MemoryFile>, revision: i64) -> Vec<(String, String)> {
    let request = RangeRequest {
        key: vec![0].into(),
        range_end: vec![0].into(),
        revision,
        ..RangeRequest::default()
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is text");
    let pairs = view.range(&request).expect("it can be read").kvs;
    pairs.iter().map(|pair: &KeyValue| (text(&pair.key), text(&pair.value))).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// If the key was last changed at this revision, it gets this value. Did it?
fn swap(
    store: &mut Store<MemoryFile>,
    reads: &[(&'static str, i64)],
    key: &'static str,
    value: &'static str,
) -> bool {
    let compare = |(key, revision): &(&'static str, i64)| Compare {
        key: (*key).into(),
        target: CompareTarget::Mod as i32,
        result: CompareResult::Equal as i32,
        target_union: Some(TargetUnion::ModRevision(*revision)),
        ..Compare::default()
    };
    let write = PutRequest { key: key.into(), value: value.into(), ..PutRequest::default() };
    let request = TxnRequest {
        compare: reads.iter().map(compare).collect(),
        success: vec![RequestOp { request: Some(Request::RequestPut(write)) }],
        failure: Vec::new(),
    };
    let response = store.txn(&request, &Known(&[])).expect("it can be");
    store.publish();
    response.succeeded
}

#[test]
fn dirty_read() {
    check(|| {
        let mut whole = Whole::new();
        let store = &mut whole.store;
        put(store, "a", "1");
        // It is written, and not published: its entry may not be through yet.
        let request = PutRequest { key: "a".into(), value: "2".into(), ..PutRequest::default() };
        store.put(&request, &Known(&[])).expect("it can be");
        assert_eq!(all(&store.reader().view(), 0), pairs(&[("a", "1")]));
        store.publish();
        assert_eq!(all(&store.reader().view(), 0), pairs(&[("a", "2")]));
    });
}

#[test]
fn fuzzy_read() {
    check(|| {
        let mut whole = Whole::new();
        let store = &mut whole.store;
        put(store, "a", "1");
        let view = store.reader().view();
        assert_eq!(all(&view, 0), pairs(&[("a", "1")]));
        put(store, "a", "2");
        whole.flush();
        assert_eq!(all(&view, 0), pairs(&[("a", "1")]), "the same view says the same");
        let view = whole.store.reader().view();
        assert_eq!(all(&view, 2), pairs(&[("a", "1")]), "and so does the same revision");
    });
}

#[test]
fn phantom_read() {
    check(|| {
        let mut whole = Whole::new();
        put(&mut whole.store, "a", "1");
        put(&mut whole.store, "c", "1");
        let view = whole.store.reader().view();
        put(&mut whole.store, "b", "1");
        whole.flush();
        assert_eq!(all(&view, 0), pairs(&[("a", "1"), ("c", "1")]), "no key comes in between");
    });
}

#[test]
fn lost_update() {
    check(|| {
        let mut whole = Whole::new();
        let store = &mut whole.store;
        put(store, "counter", "1");
        // Two clients have read it, and both want to add one.
        assert!(swap(store, &[("counter", 2)], "counter", "2"));
        assert!(!swap(store, &[("counter", 2)], "counter", "2"), "it has changed meanwhile");
        assert!(swap(store, &[("counter", 3)], "counter", "3"));
        assert_eq!(all(&store.reader().view(), 0), pairs(&[("counter", "3")]));
    });
}

#[test]
fn write_skew() {
    check(|| {
        let mut whole = Whole::new();
        let store = &mut whole.store;
        put(store, "alice", "on call");
        put(store, "bob", "on call");
        // Each has read that the other is on call, and goes. Whoever compares all that it has read
        // is refused.
        let reads = [("alice", 2), ("bob", 3)];
        assert!(swap(store, &reads, "alice", "off"));
        assert!(!swap(store, &reads, "bob", "off"), "alice has gone");
        assert_eq!(all(&store.reader().view(), 0), pairs(&[("alice", "off"), ("bob", "on call")]));
    });
}

#[test]
fn a_compaction_breaks_no_range_that_began_before_it() {
    check(|| {
        let mut whole = Whole::new();
        put(&mut whole.store, "a", "1");
        put(&mut whole.store, "a", "2");
        let before = whole.store.reader().view();
        put(&mut whole.store, "a", "3");
        whole.store.compact(4).expect("it can be");
        assert_eq!(whole.store.compaction_step(10).expect("it is sound"), Progress::Waits);
        whole.flush();
        assert_eq!(all(&before, 2), pairs(&[("a", "1")]), "it is still there for this one");
        let after = whole.store.reader().view();
        assert!(
            after
                .range(&RangeRequest { key: "a".into(), revision: 3, ..Default::default() })
                .is_err_and(|error| error.to_string().ends_with("has been compacted"))
        );
        drop(before);
        assert_eq!(whole.store.compaction_step(10).expect("it is sound"), Progress::Done);
        whole.flush();
        let rows = whole.store.reader().view();
        let rows = rows.rows().range(b"key", ..).expect("it is sound").count();
        assert_eq!(rows, 1, "one version of one key");
    });
}

#[test]
fn a_store_without_a_compaction_may_be_compacted_at_zero_once() {
    check(|| {
        let mut whole = Whole::new();
        let refused = |whole: &mut Whole, revision: i64, text: &str| {
            let error = whole.store.compact(revision).expect_err("it cannot be").to_string();
            assert!(error.ends_with(text), "{revision}: {error}");
        };
        refused(&mut whole, -1, "has been compacted");
        refused(&mut whole, 2, "is a future revision");
        whole.store.compact(0).expect("once");
        refused(&mut whole, 0, "has been compacted");
        whole.store.compact(1).expect("the current one");
        refused(&mut whole, 1, "has been compacted");
    });
}
#[test]
fn a_step_of_a_compaction_shows_nothing_by_halves() {
    check(|| {
        let mut whole = Whole::new();
        put(&mut whole.store, "a", "1");
        put(&mut whole.store, "a", "2");
        whole.store.compact(2).expect("it can be");
        // Entries that nobody sees yet, and the compaction goes on before they are published.
        let request = PutRequest { key: "a".into(), value: "3".into(), ..PutRequest::default() };
        whole.store.put(&request, &Known(&[])).expect("it can be");
        let _ = whole.store.compaction_step(10).expect("it is sound");
        let view = whole.store.reader().view();
        let seen = all(&view, 0);
        let wanted = if view.current().0 == 3 { "2" } else { "3" };
        assert_eq!(seen, pairs(&[("a", wanted)]), "all of a revision is there");
    });
}

#[test]
fn a_hash_does_not_tell_how_far_a_compaction_is() {
    check(|| {
        for (last, count) in [("b", 1), ("c", 0)] {
            let mut hashes = Vec::new();
            for keys in [None, Some(1), Some(100)] {
                let mut whole = Whole::new();
                let store = &mut whole.store;
                for (key, value) in [("a", "1"), ("a", "2"), ("a", "3"), ("b", "1")] {
                    put(store, key, value);
                }
                store.compact(4).expect("it can be");
                if let Some(keys) = keys {
                    let _ = store.compaction_step(keys).expect("it is sound");
                }
                let (key, range_end) = ("a".into(), last.into());
                let request = DeleteRangeRequest { key, range_end, prev_kv: false };
                store.delete_range(&request).expect("it can be");
                store.publish();
                let view = store.reader().view();
                assert_eq!(all(&view, 0).len(), count);
                hashes.push(view.hash(0).expect("it is sound"));
            }
            assert!(hashes.iter().all(|hash| *hash == hashes[0]), "up to {last}: {hashes:?}");
        }
    });
}

/// Nothing refuses such a transaction, and etcd 3.7.1 ends when it carries one out.
#[test]
fn what_an_open_deletion_has_taken_cannot_be_kept() {
    check(|| {
        let mut whole = Whole::new();
        let lease = PutRequest { key: "b".into(), lease: 7, ..PutRequest::default() };
        whole.store.put(&lease, &Known(&[7])).expect("it can be");
        let (key, range_end) = ("a".into(), vec![0].into());
        let delete = DeleteRangeRequest { key, range_end, prev_kv: true };
        let keep = PutRequest {
            key: "b".into(),
            ignore_value: true,
            ignore_lease: true,
            prev_kv: true,
            ..PutRequest::default()
        };
        let list = [Request::RequestDeleteRange(delete), Request::RequestPut(keep)];
        let success = list.map(|it| RequestOp { request: Some(it) }).to_vec();
        let request = TxnRequest { success, ..TxnRequest::default() };
        mvcc::checks::txn(&request, 128).expect("it passes");
        whole.store.txn(&request, &Known(&[7])).expect("it can be");
        whole.store.publish();
        let range = RangeRequest { key: "b".into(), ..RangeRequest::default() };
        let response = whole.store.reader().view().range(&range).expect("it can be read");
        let (value, lease) = (response.kvs[0].value.clone(), response.kvs[0].lease);
        assert_eq!((&value[..], lease, response.kvs[0].version), (&b""[..], 0, 1), "a new key");
    });
}
