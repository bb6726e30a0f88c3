//! A copy into a new file: what it frees, who goes on reading, and disks that fail meanwhile.

use crate::memory::{Memory, NAME, SMALL, open};
use crate::model::{Model, changes, step};
use bolt::backend;
use bolt::{Changes, Error, Store};
use harness::files::{Disk, Failing, Kind};
use harness::{Draws, check};
use std::io::ErrorKind;

/// A store with many free pages, and what it holds.
fn worn(seed: u64, disk: &Disk) -> (Store<Memory>, Model) {
    let mut draws = Draws::new(seed);
    let mut store = open(disk).expect("an empty directory");
    let mut model = Model::default();
    for _ in 0..12 {
        let steps: Vec<_> = (0..60).map(|_| step(&mut draws)).collect();
        store.commit(changes(&steps)).expect("the disk works");
        model = model.after(&steps);
    }
    (store, model)
}

#[test]
fn is_as_long_as_it_has_to_be() {
    check(|| {
        for (seed, fill_percent) in [(1, 10), (2, 50), (3, 90), (4, 100)] {
            let disk = Disk::new();
            let (mut store, mut model) = worn(seed, &disk);
            let before = store.check().expect("it is sound");
            assert!(before.free > 0, "there are pages that nobody uses");
            let (old, meta) = (store.view(), store.view().meta());
            assert!(store.defragment(fill_percent, || true).expect("the disk works"));
            let after = store.check().expect("it is sound");
            assert_eq!((after.keys, after.buckets), (before.keys, before.buckets));
            assert_eq!(after.free, 0, "no page is free");
            assert!(fill_percent < 90 || after.used <= before.used, "{after:?} of {before:?}");
            let length = disk.files()[0].1.len() as u64;
            assert_eq!(length, after.used * 512, "the file is as long as its pages");
            assert_eq!(length, store.length());
            assert_eq!(store.view().meta().commit, meta.commit, "nothing was committed");
            let mut draws = Draws::new(seed);
            for view in [&old, &store.view()] {
                model.is_in(view, &mut draws);
            }
            // It goes on, also after a start, and the old view stays as it is.
            let was = model.clone();
            for again in [false, true] {
                if again {
                    drop(store);
                    store = open(&disk).expect("it is sound");
                }
                let steps: Vec<_> = (0..20).map(|_| step(&mut draws)).collect();
                store.commit(changes(&steps)).expect("the disk works");
                model = model.after(&steps);
                model.is_in(&store.view(), &mut draws);
                was.is_in(&old, &mut draws);
                store.check().expect("every page is accounted for");
            }
        }
    });
}

#[test]
fn an_empty_store_and_one_without_free_pages() {
    check(|| {
        let disk = Disk::new();
        let mut store = open(&disk).expect("an empty directory");
        for _ in 0..2 {
            assert!(store.defragment(100, || true).expect("the disk works"));
            assert_eq!(store.check().expect("it is sound").used, 3, "two metas and a leaf");
        }
        let mut all = Changes::new();
        all.bucket("b").put("k", vec![7; 5_000]);
        all.bucket("empty");
        store.commit(all).expect("the disk works");
        for _ in 0..2 {
            assert!(store.defragment(100, || true).expect("the disk works"));
            let account = store.check().expect("it is sound");
            assert_eq!((account.keys, account.buckets, account.free), (1, 2, 0));
        }
    });
}

#[test]
fn a_disk_that_fails_leaves_the_old_file() {
    check(|| {
        let (mut refused, mut stopped) = (0, 0);
        for what in
            [Kind::Create, Kind::Write, Kind::Grow, Kind::Sync, Kind::Rename, Kind::SyncNames]
        {
            for after in 0..3 {
                let disk = Disk::new();
                let (mut store, mut model) = worn(after as u64, &disk);
                disk.fail(Failing { what, after, times: 1, error: ErrorKind::StorageFull });
                let Err(failed) = store.defragment(90, || true) else { continue };
                assert!(matches!(failed, Error::Io { .. }), "{failed}");
                let mut draws = Draws::new(1);
                model.is_in(&store.view(), &mut draws);
                let steps = [step(&mut draws)];
                let next = store.commit(changes(&steps));
                if matches!(what, Kind::Rename | Kind::SyncNames) {
                    // Nobody knows which file has the name.
                    let next = next.expect_err("it takes nothing more");
                    assert!(matches!(next, Error::Failed { .. }), "{next}");
                    let next = store.defragment(90, || true).expect_err("nor this");
                    assert!(matches!(next, Error::Failed { .. }), "{next}");
                    stopped += 1;
                } else {
                    next.expect("the old file is as it was");
                    model = model.after(&steps);
                    assert_eq!(disk.names(), [NAME], "what was written of the new one is gone");
                    refused += 1;
                }
                drop(store);
                for _ in 0..20 {
                    let image = disk.crashed(disk.operations(), &mut draws);
                    let store = open(&image.disk).expect("whichever it is, it is whole");
                    store.check().expect("it is sound");
                    model.is_in(&store.view(), &mut draws);
                }
            }
        }
        assert!(refused > 5 && stopped > 1, "{refused} and {stopped} have failed");
    });
}

#[test]
fn is_given_up_when_the_buffer_is_full() {
    check(|| {
        let disk = Disk::new();
        let opened = backend::open(Memory(disk.clone()), NAME, SMALL);
        let (mut writer, mut committer) = opened.expect("an empty directory");
        let fill = |writer: &mut backend::Writer<_>| {
            for number in 0..1_000_u32 {
                writer.put(b"key", number.to_be_bytes().to_vec(), vec![1; 300]).expect("short");
            }
            writer.publish();
        };
        fill(&mut writer);
        let frozen = writer.freeze().expect("there are rows");
        assert!(writer.freeze().is_none(), "one is on its way");
        let committed = committer.commit(frozen).expect("the disk works");
        committer.retire(committed);
        assert_eq!(writer.buffered(), 0, "the file has it all");
        fill(&mut writer);
        let bytes = writer.buffered();
        assert!(bytes > 300_000, "{bytes} bytes are in the buffer");
        let length = committer.store().length();
        assert!(!committer.defragment(90, bytes - 1).expect("the disk works"), "it is too much");
        assert_eq!(committer.store().length(), length, "nothing has happened");
        assert_eq!(disk.names(), [NAME], "nothing is left over");
        assert!(committer.defragment(90, bytes).expect("the disk works"), "it is not too much");
        let view = writer.reader().view();
        let rows = view.range(b"key", ..).expect("it is sound");
        assert_eq!(rows.filter(Result::is_ok).count(), 1_000);
        let frozen = writer.freeze().expect("there are rows");
        let committed = committer.commit(frozen).expect("the disk works");
        committer.retire(committed);
        committer.store().check().expect("it is sound");
    });
}

#[test]
fn a_batch_that_cannot_be_committed_is_the_end() {
    check(|| {
        let disk = Disk::new();
        let mut store = open(&disk).expect("an empty directory");
        let mut all = Changes::new();
        all.bucket("key").bucket("inner");
        store.commit(all).expect("the disk works");
        drop(store);
        let opened = backend::open(Memory(disk), NAME, SMALL);
        let (mut writer, mut committer) = opened.expect("it is sound");
        writer.put(b"key", "inner", "a value").expect("short");
        let frozen = writer.freeze().expect("there are rows");
        let error = committer.commit(frozen).expect_err("it is a bucket, and has no value");
        assert!(matches!(error, Error::Impossible { .. }), "{error}");
        let error = committer.defragment(90, usize::MAX).expect_err("it takes nothing more");
        assert!(matches!(error, Error::Failed { .. }), "{error}");
        let value = writer.reader().view().get(b"key", b"inner").expect("it can be read");
        assert_eq!(value.as_deref(), Some(&b"a value"[..]));
    });
}
