//! Ours goes on with a file of etcd's, and etcd with what ours has made of it.

use crate::bbolt;
use crate::digest::hash;
use crate::etcd::{Member, database};
use crate::programs::{folder, name, number, run};
use crate::rows::{Held, open};
use bolt::{Changes, Folder, Store};
use std::path::Path;

/// Commits to a file of etcd's: rows of our own come and go, and every key is written anew with the
/// value that it has.
fn go_on(store: &mut Store<Folder>) {
    let old = store.view();
    let before = Held::of(&old);
    let row = |at: u32| format!("row {at:04}").into_bytes();
    let mut changes = Changes::new();
    for at in 0..500 {
        changes.bucket("ours").put(row(at), vec![b'v'; 40]);
    }
    store.commit(changes).expect("the disk works");
    let mut changes = Changes::new();
    for at in (0..500).filter(|at| at % 7 != 0) {
        changes.bucket("ours").delete(row(at));
    }
    store.commit(changes).expect("the disk works");
    let then = Held::of(&store.view());
    for _ in 0..2 {
        let view = store.view();
        let bucket = view.bucket(b"key").expect("it is sound").expect("it is there");
        let mut changes = Changes::new();
        for row in bucket.range(..) {
            let (key, value) = row.expect("it is sound");
            changes.bucket("key").put(key, value);
        }
        store.commit(changes).expect("the disk works");
        store.check().expect("every page is accounted for");
        assert!(Held::of(&store.view()) == then, "nothing has changed");
    }
    assert!(Held::of(&old) == before, "what is looked at stays as it is");
}

/// `etcdutl` computes the hash that ours has of what it reads, so ours reads everything.
fn is_read_whole(file: &Path, held: &Held) {
    let status = run("etcdutl", &["snapshot", "status", name(file), "--write-out=json"]);
    assert_eq!(number(&status, "hash"), u64::from(hash(held)), "{status}");
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn a_member_goes_on_with_what_ours_has_committed() {
    let folder = folder();
    let data = folder.path().join("data");
    let member = Member::start(&data);
    member.fill();
    let before = member.state();
    member.stop();

    let file = database(&data);
    let held = bbolt::agrees(&file, 500);
    is_read_whole(&file, &held);
    assert_eq!(bbolt::levels(&file), 3, "it is worth looking at");
    assert!(bbolt::pages(&file).free > 20 && bbolt::pages(&file).overflow > 70);
    assert_eq!(held.buckets["lease"].values.len(), 2);
    assert_eq!(held.buckets["authUsers"].values.len(), 2);

    let mut store = open(&file);
    go_on(&mut store);
    drop(store);
    let held = bbolt::agrees(&file, 500);
    is_read_whole(&file, &held);

    let member = Member::start(&data);
    assert!(member.state() == before, "every answer is the one before");
    member.client(&["del", "batch/", "--prefix"]);
    let compacted = member.revision().to_string();
    member.client(&["compaction", &compacted, "--physical"]);
    for value in ["one", "two", "three", "four"] {
        member.client(&["put", "after", value]);
    }
    let after = member.state();
    member.stop();

    let held = bbolt::agrees(&file, 500);
    is_read_whole(&file, &held);
    assert_eq!(held.buckets["ours"].values.len(), 72, "etcd keeps what it does not know");
    let mut store = open(&file);
    go_on(&mut store);
    assert!(store.defragment(90, || true).expect("the disk works"), "nobody stops it");
    drop(store);
    let held = bbolt::agrees(&file, 500);
    is_read_whole(&file, &held);
    assert_eq!(bbolt::pages(&file).free, 0, "nothing is in a copy that nobody uses");
    let member = Member::start(&data);
    assert!(member.state() == after, "every answer is the one before");
}
