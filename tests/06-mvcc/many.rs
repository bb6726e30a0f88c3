//! More than is looked at at once: keys of a range, pieces of an answer, sums of the past.

use crate::memory::MemoryFile;
use crate::whole::{Known, Whole};
use api::range_request::SortTarget;
use api::{DeleteRangeRequest, PutRequest, RangeRequest, RangeResponse, Revision};
use bytes::Bytes;
use harness::check;
use mvcc::{Most, Pieces, Progress, View};

fn put(whole: &mut Whole, key: Bytes, length: usize) {
    let request = PutRequest { key, value: vec![b'v'; length].into(), ..PutRequest::default() };
    whole.store.put(&request, &Known(&[])).expect("it can be");
}

fn name(number: usize) -> Bytes {
    format!("k{number:05}").into()
}

/// A store with so many keys.
fn with(count: usize, length: usize) -> Whole {
    let mut whole = Whole::new();
    (0..count).for_each(|number| put(&mut whole, name(number), length));
    whole.store.publish();
    whole
}

fn every_key() -> RangeRequest {
    RangeRequest { key: "k".into(), range_end: "l".into(), ..RangeRequest::default() }
}

fn keys(response: &RangeResponse) -> Vec<Bytes> {
    response.kvs.iter().map(|pair| pair.key.clone()).collect()
}

#[test]
fn a_range_of_any_length_has_each_key_once() {
    check(|| {
        let mut whole = with(2_000, 1);
        let view = whole.store.reader().view();
        let all: Vec<Bytes> = (0..2_000).map(name).collect();
        assert_eq!(keys(&view.range(&every_key()).expect("it can be read")), all);
        for limit in [511, 512, 513, 1_024, 1_999, 2_000] {
            let limited = RangeRequest {
                limit: i64::try_from(limit).expect("few"),
                keys_only: limit % 2 == 0,
                ..every_key()
            };
            let response = view.range(&limited).expect("it can be read");
            assert_eq!((response.count, response.more), (2_000, limit < 2_000), "{limit}");
            assert_eq!(keys(&response), all[..limit], "{limit}");
        }
        // None of the first is there any more, and whoever looks has to go on.
        let (key, range_end) = (name(0), name(1_500));
        let request = DeleteRangeRequest { key, range_end, prev_kv: true };
        let response = whole.store.delete_range(&request).expect("it can be");
        assert_eq!((response.deleted, response.prev_kvs.len()), (1_500, 1_500));
        whole.store.publish();
        let now = whole.store.reader().view();
        assert_eq!(keys(&now.range(&every_key()).expect("it can be read")), all[1_500..]);
        let next = RangeRequest { limit: 1, ..every_key() };
        assert_eq!(keys(&now.range(&next).expect("it can be read")), all[1_500..1_501]);
        assert_eq!(keys(&view.range(&every_key()).expect("it can be read")), all, "the old view");
        drop(view);
        // A compaction that goes on in steps comes to all of them.
        drop(now);
        let current = whole.store.current();
        put(&mut whole, "after".into(), 1);
        whole.store.compact(current.next().wire()).expect("it can be");
        while whole.store.compaction_step(300).expect("it is sound") == Progress::More {}
        whole.store.publish();
        let view = whole.store.reader().view();
        assert_eq!(view.rows().range(b"key", ..).expect("it is sound").count(), 501);
    });
}

#[test]
fn a_key_with_many_versions_goes_in_steps_too() {
    check(|| {
        let mut whole = Whole::new();
        for at in 0..1_000 {
            put(&mut whole, "a".into(), at);
        }
        whole.store.publish();
        let newest = whole.store.current();
        whole.store.compact(newest.wire()).expect("it can be");
        let rows = |whole: &mut Whole| {
            whole.store.publish();
            let view = whole.store.reader().view();
            view.rows().range(b"key", ..).expect("it is sound").count()
        };
        let mut before = rows(&mut whole);
        while whole.store.compaction_step(100).expect("it is sound") == Progress::More {
            let now = rows(&mut whole);
            assert!(before - now <= 100, "a step deletes no more than it was told");
            before = now;
        }
        assert_eq!(rows(&mut whole), 1, "the newest stays");
    });
}

#[test]
fn a_short_range_is_the_range_or_nothing() {
    check(|| {
        let whole = with(600, 100);
        let view = whole.store.reader().view();
        let short = |request: &RangeRequest, keys, bytes| {
            let found = view.short_range(request, Most { keys, bytes }).expect("it can be read");
            if let Some(found) = &found {
                assert_eq!(*found, view.range(request).expect("it can be read"));
            }
            found.is_some()
        };
        let length = 600 * (name(0).len() + 100);
        assert!(short(&every_key(), 600, length));
        assert!(!short(&every_key(), 599, length), "one key more");
        assert!(!short(&every_key(), 600, length - 1), "one byte more");
        let limited = RangeRequest { limit: 1, ..every_key() };
        assert!(short(&limited, 600, 2 * 106));
        assert!(!short(&limited, 599, 2 * 106), "all of them are counted");
        let counted = RangeRequest { count_only: true, ..every_key() };
        assert!(short(&counted, 600, 0), "none is read");
        assert!(!short(&counted, 599, 0));
        let one = RangeRequest { key: name(7), ..RangeRequest::default() };
        assert!(short(&one, 1, 0), "one pair is never too much");
    });
}

/// How many pairs each piece has. All together are the answer of the range.
fn pieces(view: &View<MemoryFile>, request: &RangeRequest, bytes: usize) -> Vec<usize> {
    let pieces = Pieces::new(view.clone(), request, bytes).expect("it can be");
    let pieces: Vec<RangeResponse> = pieces.map(|piece| piece.expect("it is sound")).collect();
    let mut merged = RangeResponse::default();
    for piece in &pieces {
        assert!(merged.header.is_none(), "only the last has one");
        merged.kvs.extend(piece.kvs.iter().cloned());
        (merged.header, merged.more, merged.count) = (piece.header, piece.more, piece.count);
    }
    let by_key = RangeRequest { sort_target: SortTarget::Key as i32, ..request.clone() };
    assert_eq!(merged, view.range(&by_key).expect("it can be read"), "{request:?}");
    pieces.iter().map(|piece| piece.kvs.len()).collect()
}

#[test]
fn pieces_grow_and_shrink_as_those_of_etcd() {
    check(|| {
        const MEGABYTE: usize = 1 << 20;
        let mut whole = with(100, 10);
        let view = whole.store.reader().view();
        let all = every_key();
        assert_eq!(pieces(&view, &all, MEGABYTE), [10, 20, 40, 30]);
        let limited = |limit: i64| RangeRequest { limit, ..every_key() };
        assert_eq!(pieces(&view, &limited(25), MEGABYTE), [10, 15], "there is more");
        assert_eq!(pieces(&view, &limited(10), MEGABYTE), [10]);
        assert_eq!(pieces(&view, &limited(100), MEGABYTE), [10, 20, 40, 30]);
        assert_eq!(pieces(&view, &limited(-3), MEGABYTE), [10, 20, 40, 30]);
        assert_eq!(pieces(&view, &RangeRequest { count_only: true, ..all.clone() }, 1), [0]);
        let one = RangeRequest { key: name(7), ..RangeRequest::default() };
        assert_eq!(pieces(&view, &one, MEGABYTE), [1]);
        let past = RangeRequest { revision: 31, ..every_key() };
        assert_eq!(pieces(&view, &past, MEGABYTE), [10, 20], "as it was then");
        // The third key is the one that was changed last.
        put(&mut whole, name(2), 10);
        whole.store.publish();
        let view = whole.store.reader().view();
        let sorted = RangeRequest { sort_target: SortTarget::Mod as i32, limit: 25, ..all };
        assert_eq!(pieces(&view, &sorted, MEGABYTE), [10, 15], "they come by their keys");
        // Twenty of 1.2 kB, in pieces of 4 kB.
        let view = with(20, 1_200).store.reader().view();
        assert_eq!(pieces(&view, &every_key(), 4_096), [10, 5, 5]);
        assert_eq!(pieces(&view, &every_key(), 1)[..6], [10, 5, 2, 1, 1, 1], "one at least");
    });
}

#[test]
fn sums_of_the_past_are_there_for_a_while() {
    check(|| {
        let mut whole = Whole::new();
        let mut sums = vec![whole.store.sum(Revision(1))];
        for number in 0..10_000_usize {
            put(&mut whole, name(number % 100), number % 7);
            sums.push(whole.store.sum(whole.store.current()));
        }
        assert!(sums.iter().all(Option::is_some), "that of the newest is known");
        let revisions = 1..=whole.store.current().0;
        let then: Vec<_> = revisions.map(|revision| whole.store.sum(Revision(revision))).collect();
        let forgotten = then.iter().take_while(|sum| sum.is_none()).count();
        assert!((5_000..9_000).contains(&forgotten), "{forgotten} of 10,000 are forgotten");
        assert_eq!(then[forgotten..], sums[forgotten..], "and no other");
    });
}
