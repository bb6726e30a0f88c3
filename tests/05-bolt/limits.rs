//! What cannot be, and disks that fail.

use crate::memory::{Memory, NAME, SMALL, open};
use crate::model::{Model, changes, step};
use bolt::{Changes, Error, LONGEST_KEY, Options, Store};
use harness::files::{Disk, Failing, Kind};
use harness::{Draws, check};
use std::io::ErrorKind;

fn put(key: &[u8], value: &[u8]) -> Changes {
    let mut all = Changes::new();
    all.bucket("b").put(key.to_vec(), value.to_vec());
    all
}

#[test]
fn changes_that_cannot_be_change_nothing() {
    check(|| {
        let disk = Disk::new();
        let mut store = open(&disk).expect("an empty directory");
        store.commit(put(b"a", b"1")).expect("the disk works");
        let mut first = Changes::new();
        first.bucket("b").bucket("inner").put("x", "y");
        store.commit(first).expect("the disk works");
        let before = store.check().expect("it is sound");
        let mut bucket_as_value = put(b"0", b"first, there is something that can be");
        bucket_as_value.bucket("b").put("inner", "z");
        let mut value_as_bucket = put(b"0", b"");
        value_as_bucket.bucket("b").bucket("a").put("x", "y");
        let mut delete_bucket = Changes::new();
        delete_bucket.bucket("b").delete_bucket("a");
        let mut delete = Changes::new();
        delete.bucket("b").delete("inner");
        for (changes, why) in [
            (put(b"", b""), "cannot change \"\": a key has one byte at least"),
            (put(&vec![b'k'; LONGEST_KEY + 1], b""), "a key has 32768 bytes at most"),
            (bucket_as_value, "cannot change \"inner\": it is a bucket, and has no value"),
            (value_as_bucket, "cannot change \"a\": it has a value, and is no bucket"),
            (delete_bucket, "cannot change \"a\": it has a value, and is no bucket"),
            (delete, "cannot change \"inner\": it is a bucket, and has no value"),
        ] {
            let error = store.commit(changes).expect_err(why).to_string();
            assert!(error.ends_with(why), "{error}");
            assert_eq!(store.check().expect("it is sound"), before, "{why}");
            let view = store.view();
            let bucket = view.bucket(b"b").expect("it is sound").expect("it is there");
            assert_eq!(bucket.get(b"0").expect("it is sound"), None, "{why}");
        }
        store.commit(put(&vec![b'k'; LONGEST_KEY], &[7; 100_000])).expect("that long it may be");
        store.check().expect("it is sound");
    });
}

#[test]
fn a_disk_that_fails_leaves_the_state_before() {
    check(|| {
        let mut failures = 0;
        for (what, error) in [
            (Kind::Write, ErrorKind::StorageFull),
            (Kind::Grow, ErrorKind::StorageFull),
            (Kind::Sync, ErrorKind::Other),
        ] {
            for after in 0..6 {
                let disk = Disk::new();
                let mut draws = Draws::new(after as u64);
                let mut store = open(&disk).expect("an empty directory");
                let steps: Vec<_> = (0..30).map(|_| step(&mut draws)).collect();
                store.commit(changes(&steps)).expect("the disk works");
                let mut model = Model::default().after(&steps);
                disk.fail(Failing { what, after, times: 1, error });
                let mut next = model.clone();
                let failed = (0..10).find_map(|_| {
                    let steps: Vec<_> = (0..20).map(|_| step(&mut draws)).collect();
                    next = model.after(&steps);
                    let done = store.commit(changes(&steps));
                    if done.is_ok() {
                        model = next.clone();
                    }
                    done.err()
                });
                let Some(failed) = failed else { continue };
                failures += 1;
                assert!(matches!(failed, Error::Io { .. }), "{failed}");
                model.is_in(&store.view(), &mut draws);
                store.check().expect("it is as sound as before");
                let again = store.commit(put(b"a", b"b")).expect_err("it takes nothing more");
                assert!(matches!(again, Error::Failed { .. }), "{again}");
                drop(store);
                disk.crash(disk.operations(), |_, image| {
                    let store = open(&image.disk).expect("one of the two is whole");
                    store.check().expect("it is sound");
                    let there = if holds(&store, &next) { &next } else { &model };
                    there.is_in(&store.view(), &mut draws);
                });
            }
        }
        assert!(failures > 10, "{failures} commits have failed");
    });
}

/// Is this what a store holds?
fn holds(store: &Store<Memory>, model: &Model) -> bool {
    let look = || model.is_in(&store.view(), &mut Draws::new(1));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(look)).is_ok()
}

#[test]
fn a_file_that_cannot_be_read_is_no_empty_store() {
    check(|| {
        let disk = Disk::new();
        let mut store = open(&disk).expect("an empty directory");
        let mut draws = Draws::new(4);
        let steps: Vec<_> = (0..200).map(|_| step(&mut draws)).collect();
        store.commit(changes(&steps)).expect("the disk works");
        let model = Model::default().after(&steps);
        let mut failed = 0;
        for after in 0..40 {
            let disk = Disk::with(disk.files());
            let fail = |times| {
                disk.fail(Failing { what: Kind::Read, after, times, error: ErrorKind::Other });
            };
            fail(1);
            match Store::open(Memory(disk.clone()), NAME, SMALL) {
                Ok(store) => {
                    fail(0);
                    model.is_in(&store.view(), &mut draws);
                }
                Err(error) => {
                    assert!(error.to_string().starts_with("cannot read db"), "{error}");
                    failed += 1;
                }
            }
        }
        assert!(failed > 10, "{failed} reads have failed");
    });
}

/// A commit that cannot read what it has to is none, and no other comes after it.
#[test]
fn a_commit_that_cannot_read() {
    check(|| {
        let mut failures = 0;
        for after in 0..20 {
            let disk = Disk::new();
            let mut draws = Draws::new(after as u64);
            let mut model = Model::default();
            let commit = |store: &mut Store<Memory>, model: &mut Model, draws: &mut Draws| {
                let steps: Vec<_> = (0..30).map(|_| step(draws)).collect();
                store.commit(changes(&steps)).map(|()| *model = model.after(&steps))
            };
            drop(open(&disk).expect("an empty directory"));
            // Half of them begin with a new file, which has a list of free pages.
            for _ in 0..after % 2 {
                let mut store = open(&disk).expect("it is sound");
                commit(&mut store, &mut model, &mut draws).expect("the disk works");
            }
            let mut store = open(&disk).expect("it is sound");
            disk.fail(Failing {
                what: Kind::Read,
                after: after / 2,
                times: 1,
                error: ErrorKind::Other,
            });
            let failed = commit(&mut store, &mut model, &mut draws);
            disk.fail(Failing { what: Kind::Read, after: 0, times: 0, error: ErrorKind::Other });
            model.is_in(&store.view(), &mut draws);
            store.check().expect("every page is accounted for");
            if failed.is_err() {
                failures += 1;
                let again = commit(&mut store, &mut model, &mut draws).expect_err("it goes on");
                assert!(matches!(again, Error::Failed { .. }), "{again}");
            }
            drop(store);
            model.is_in(&open(&disk).expect("it is sound").view(), &mut draws);
        }
        assert!(failures > 5, "{failures} commits have failed");
    });
}

#[test]
fn a_range_ends_with_its_first_error() {
    check(|| {
        let disk = Disk::new();
        let mut store = open(&disk).expect("an empty directory");
        let mut all = Changes::new();
        (0..100).for_each(|key| all.bucket("b").put(format!("{key:03}"), vec![0; 50]));
        store.commit(all).expect("the disk works");
        let uncached = Options { cache_bytes: 0, ..SMALL };
        for after in 0..4 {
            let disk = Disk::with(disk.files());
            let store = Store::open(Memory(disk.clone()), NAME, uncached).expect("it is sound");
            let view = store.view();
            let bucket = view.bucket(b"b").expect("it is sound").expect("it is there");
            for mut range in [bucket.range(..), bucket.range_back(..)] {
                disk.fail(Failing { what: Kind::Read, after, times: 9, error: ErrorKind::Other });
                let error = range.find_map(Result::err).expect("it cannot be read").to_string();
                assert!(error.starts_with("cannot read db"), "{error}");
                assert!(range.next().is_none(), "there is no more");
            }
        }
    });
}

#[test]
fn buckets_in_each_other() {
    check(|| {
        let nested = |count: usize| {
            let mut all = Changes::new();
            let mut bucket = &mut all;
            for _ in 0..count {
                bucket = bucket.bucket("b");
            }
            bucket.put("k", "v");
            all
        };
        let mut store = open(&Disk::new()).expect("an empty directory");
        let error = store.commit(nested(65)).expect_err("they are too many").to_string();
        assert_eq!(error, "cannot change \"b\": there are too many buckets in each other");
        store.commit(nested(64)).expect("so many there may be");
        let account = store.check().expect("it is sound");
        assert_eq!((account.buckets, account.keys), (64, 1));
        assert!(store.defragment(90, || true).expect("they can be copied"), "nobody stops it");
        let mut all = Changes::new();
        all.delete_bucket("b");
        store.commit(all).expect("they can go");
        assert_eq!(store.check().expect("it is sound").buckets, 0);
    });
}
