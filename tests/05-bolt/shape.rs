//! How full pages are, and how many of them a commit writes.

use crate::memory::open;
use bolt::Changes;
use harness::check;
use harness::files::Disk;

fn put(key: String, value: Vec<u8>) -> Changes {
    let mut all = Changes::new();
    all.bucket("b").put(key, value);
    all
}

#[test]
fn whoever_adds_at_the_end_fills_pages() {
    check(|| {
        for at_once in [1, 2, 3, 10, 600] {
            let disk = Disk::new();
            let mut store = open(&disk).expect("an empty directory");
            let mut all = Changes::new();
            for key in 0..600 {
                all.bucket("b").put(format!("{key:04}"), vec![7; 30]);
                if (key + 1) % at_once == 0 {
                    store.commit(std::mem::take(&mut all)).expect("the disk works");
                    disk.forget();
                }
            }
            // Nine rows are in a leaf, so there are 67, and three branches, one above them, the
            // root bucket's leaf, and the metas.
            let used = store.check().expect("it is sound").used;
            assert!(used <= 76, "{used} pages, with {at_once} rows in a commit");
        }
    });
}

#[test]
fn a_long_value_is_not_written_again_for_what_is_beside_it() {
    check(|| {
        let mut store = open(&Disk::new()).expect("an empty directory");
        let long = vec![7; 100_000];
        for key in ["a", "c"] {
            store.commit(put(key.to_owned(), long.clone())).expect("the disk works");
        }
        for key in ["b", "d", "b", "d", "e", "b"] {
            // It may be new in a leaf that is long, and then has one of its own.
            for length in 3..6 {
                store.commit(put(key.to_owned(), vec![1; length])).expect("the disk works");
            }
            // They are the pages that the last two commits have replaced.
            let replaced = store.free().pending();
            assert!(replaced < 10, "{key}: {replaced} pages were written again");
            store.check().expect("it is sound");
        }
        let mut all = Changes::new();
        ["b", "d", "e"].into_iter().for_each(|key| all.bucket("b").delete(key));
        store.commit(all).expect("the disk works");
        // The root, a branch, two long leaves and the metas.
        let used = store.check().expect("it is sound").used;
        assert_eq!(used, 4 + 2 * 196, "nothing is left of the leaves between");
    });
}
