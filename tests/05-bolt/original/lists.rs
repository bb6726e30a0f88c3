//! A file with a list of its free pages: bbolt writes one unless it is told not to, as etcd does.
//! Ours reads it, and lets it go with the first commit.

use crate::bbolt;
use crate::programs::{folder, name, run};
use crate::rows::{Held, open, with};
use bolt::{Changes, Folder, Options, Store};
use std::path::Path;

fn key(at: u32) -> Vec<u8> {
    format!("key {at:06}").into_bytes()
}

/// A store in which two of three pages are free.
fn make(file: &Path, page_size: u32) {
    let mut store = with(file, Options { page_size, growth: 0, ..Options::default() });
    let mut changes = Changes::new();
    for at in 0..9_000 {
        changes.bucket("key").put(key(at), vec![b'v'; 60]);
    }
    store.commit(changes).expect("the disk works");
    let mut changes = Changes::new();
    for at in 1_000..9_000 {
        changes.bucket("key").delete(key(at));
    }
    store.commit(changes).expect("the disk works");
}

/// Ours opens a file with such a list, reads it, and commits to it; bbolt takes what comes of it.
fn is_taken(file: &Path, pages: u64, free: u64) {
    let counts = bbolt::pages(file);
    assert!(counts.list >= pages && counts.free >= free, "it is worth looking at: {counts:?}");
    let held = bbolt::agrees(file, 100);
    let mut store = open(file);
    put(&mut store, "one");
    assert_eq!(store.view().meta().free, None, "it keeps no list");
    for name in ["two", "three", "four"] {
        put(&mut store, name);
        store.check().expect("every page is accounted for, those of the list too");
    }
    drop(store);
    let after = bbolt::agrees(file, 100);
    assert_eq!(after.buckets["key"], held.buckets["key"]);
    assert_eq!(after.buckets["ours"].values.len(), 4 * 200);
    assert!(bbolt::pages(file).used + bbolt::pages(file).free >= counts.used + counts.free);
}

fn put(store: &mut Store<Folder>, name: &str) {
    let mut changes = Changes::new();
    for at in 0..200 {
        changes.bucket("ours").put([name.as_bytes(), &key(at)].concat(), vec![b'w'; 80]);
    }
    store.commit(changes).expect("the disk works");
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn one_that_bbolt_has_made_of_our_free_pages() {
    let folder = folder();
    for (page_size, pages) in [(4_096, 1), (1_024, 4)] {
        let file = folder.path().join(format!("{page_size}"));
        make(&file, page_size);
        let listed = folder.path().join(format!("{page_size}-listed"));
        let words = ["surgery", "freelist", "rebuild", name(&file), "--output", name(&listed)];
        run("bbolt", &words);
        is_taken(&listed, pages, 100);
    }
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn one_of_a_file_that_bbolt_has_made_smaller() {
    let folder = folder();
    let (file, small) = (folder.path().join("db"), folder.path().join("small"));
    make(&file, 4_096);
    let held = bbolt::agrees(&file, 100);
    run("bbolt", &["compact", "-o", name(&small), name(&file)]);
    assert!(bbolt::agrees(&small, 100) == held);
    is_taken(&small, 1, 0);
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn one_of_a_file_that_bbolt_alone_has_written() {
    let folder = folder();
    let file = folder.path().join("db");
    let size = ["--count=3000", "--batch-size=100", "--value-size=200", "--write-mode=rnd"];
    run("bbolt", &[&["bench", "--work", "--path", name(&file)], &size[..]].concat());
    let counts = bbolt::pages(&file);
    assert!(counts.list >= 1 && counts.free >= 3, "it is worth looking at: {counts:?}");
    let held: Held = bbolt::agrees(&file, 500);
    let mut store = open(&file);
    for name in ["one", "two", "three"] {
        put(&mut store, name);
        store.check().expect("every page is accounted for");
    }
    drop(store);
    let mut after = bbolt::agrees(&file, 500);
    assert_eq!(after.buckets.remove("ours").map(|bucket| bucket.values.len()), Some(600));
    assert!(after == held);
}
