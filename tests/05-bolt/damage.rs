//! Files that are damaged, or no stores at all: an error that says where, or all that was there.

use crate::hostile::{look, with_checksums};
use crate::memory::{NAME, open};
use crate::model::{Model, changes, step};
use bolt::{Changes, Error, Meta, PageId};
use harness::files::Disk;
use harness::{Draws, check};

/// A file with a few buckets, a branch or two, and long values; and the states of its last commits.
fn file(seed: u64) -> (Vec<u8>, Vec<Model>) {
    let disk = Disk::new();
    let mut draws = Draws::new(seed);
    let mut store = open(&disk).expect("an empty directory");
    let mut models = vec![Model::default()];
    for _ in 0..6 {
        let steps: Vec<_> = (0..40).map(|_| step(&mut draws)).collect();
        store.commit(changes(&steps)).expect("the disk works");
        models.push(models.last().expect("there is one").after(&steps));
    }
    let bytes = disk.files().into_iter().find(|(name, _)| name == NAME).expect("it is there").1;
    (bytes, models)
}

#[test]
fn one_broken_meta_is_the_state_before() {
    check(|| {
        let (bytes, models) = file(1);
        let mut draws = Draws::new(2);
        for place in [0, 1] {
            // Commit 7 is in the second page.
            let mut broken = bytes.clone();
            broken[place * 512 + 16 + 30] ^= 1;
            let disk = Disk::with([(NAME.to_owned(), broken)]);
            let mut store = open(&disk).expect("the other is whole");
            let commit = usize::try_from(store.view().meta().commit).expect("few");
            assert_eq!(commit, if place == 1 { 6 } else { 7 }, "the newest that is whole");
            models[commit - 1].is_in(&store.view(), &mut draws);
            store.check().expect("all of it");
            let steps: Vec<_> = (0..5).map(|_| step(&mut draws)).collect();
            store.commit(changes(&steps)).expect("it goes on");
            models[commit - 1].after(&steps).is_in(&store.view(), &mut draws);
        }
        let mut broken = bytes;
        broken[16] ^= 1;
        broken[512 + 20] ^= 1;
        let disk = Disk::with([(NAME.to_owned(), broken)]);
        let error = open(&disk).map(|_| ()).expect_err("neither is whole").to_string();
        assert!(
            error
                .starts_with("db is not a store: its first meta: it does not begin as a meta does"),
            "{error}"
        );
    });
}

#[test]
fn no_stores() {
    check(|| {
        for bytes in [vec![], vec![0; 10], b"no store".repeat(1_000), vec![0xff; 70_000]] {
            let error = look(bytes).expect_err("it is none").to_string();
            assert!(error.starts_with("db is not a store"), "{error}");
        }
    });
}

#[test]
fn cut_at_every_sector() {
    check(|| {
        let (bytes, _) = file(3);
        for length in (0..bytes.len()).step_by(64) {
            let error = look(bytes[..length].to_vec()).expect_err("a part is missing").to_string();
            assert!(error.contains("is not a store") || error.contains("damaged"), "{error}");
        }
    });
}

#[test]
fn bytes_that_rot_in_a_file() {
    check(|| {
        let (mut refused, mut tried) = (0, 0);
        for seed in 0..4 {
            let (bytes, _) = file(seed);
            let mut draws = Draws::new(seed);
            for _ in 0..600 {
                let mut rotten = bytes.clone();
                for _ in 0..draws.between(1, 3) {
                    let place = draws.index(rotten.len());
                    match draws.below(5) {
                        0 => rotten[place] = draws.next().to_le_bytes()[0],
                        1 => rotten[place] ^= 1 << draws.below(8),
                        2 => {
                            // A page in the place of another.
                            let (from, to) = (draws.index(bytes.len() / 512), place / 512);
                            let page = bytes[from * 512..from * 512 + 512].to_vec();
                            rotten[to * 512..to * 512 + 512].copy_from_slice(&page);
                        }
                        3 => {
                            // In a meta.
                            let place = draws.index(2) * 512 + 16 + draws.index(56);
                            rotten[place] = [0, 1, 2, 0x7f, 0xff][draws.index(5)];
                        }
                        _ => {
                            // In the head of a page or in its elements, where numbers are.
                            let place = place / 512 * 512 + draws.index(80);
                            let byte = [0, 1, 0x7f, 0xff][draws.index(4)];
                            rotten[place] = byte;
                        }
                    }
                }
                tried += 1;
                if draws.chance(30) {
                    rotten = with_checksums(rotten);
                }
                if let Err(error) = look(rotten) {
                    assert!(
                        matches!(error, Error::Damaged { .. } | Error::NoStore { .. }),
                        "{error}"
                    );
                    refused += 1;
                }
            }
        }
        harness::note(format!("{tried} files, {refused} of them refused"));
        assert!(refused > tried / 10, "{refused} of {tried}");
    });
}

#[test]
fn pages_in_a_circle() {
    check(|| {
        let (bytes, _) = file(5);
        let pages = bytes.len() / 512;
        let mut circles = 0;
        for page in 2..pages {
            let start = page * 512;
            let is_branch =
                bytes[start + 8] == 1 && bytes[start..start + 8] == (page as u64).to_le_bytes();
            if !is_branch {
                continue;
            }
            // Every page below it is itself.
            let count = u16::from_le_bytes([bytes[start + 10], bytes[start + 11]]);
            let mut circle = bytes.clone();
            for at in 0..usize::from(count) {
                let place = start + 16 + 16 * at + 8;
                circle[place..place + 8].copy_from_slice(&(page as u64).to_le_bytes());
            }
            // Else it was no part of the tree any more.
            if let Err(error) = look(circle) {
                assert!(error.to_string().contains("two pages refer to it"), "{error}");
                circles += 1;
            }
        }
        assert!(circles > 0, "there are branches");
    });
}

/// A short page in which every element has the whole of it would have a very long content.
#[test]
fn elements_that_share_bytes() {
    check(|| {
        let (bytes, _) = file(6);
        let mut refused = 0;
        for start in (1_024..bytes.len()).step_by(512) {
            let mut shared = bytes.clone();
            let number = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
            let (kind, count) = (number(start + 8), number(start + 10));
            if kind != 2 || !(3..25).contains(&count) {
                continue;
            }
            for at in 0..count {
                let element = start + 16 + 16 * at;
                let data = start + 16 + 16 * count;
                for (field, number) in [data - element, 1, start + 511 - data].iter().enumerate() {
                    let place = element + 4 + 4 * field;
                    let number = u32::try_from(*number).expect("a short page");
                    shared[place..place + 4].copy_from_slice(&number.to_le_bytes());
                }
            }
            // Else it was no part of the tree any more.
            if let Err(error) = look(shared) {
                let why = "its elements have more bytes than it has";
                assert!(error.to_string().contains(why), "{error}");
                refused += 1;
            }
        }
        assert!(refused > 5, "{refused} were refused");
    });
}

#[test]
fn no_number_is_left_for_a_commit() {
    check(|| {
        let (mut bytes, models) = file(7);
        let disk = Disk::with([(NAME.to_owned(), bytes.clone())]);
        let meta = open(&disk).expect("it is sound").view().meta();
        let last = Meta { commit: u64::MAX, ..meta };
        bytes[512..592].copy_from_slice(&last.encode(PageId(1)));
        let disk = Disk::with([(NAME.to_owned(), bytes)]);
        let mut store = open(&disk).expect("it can be read");
        let error = store.commit(Changes::new()).expect_err("it is the last").to_string();
        assert!(error.contains("no number is left for the next commit"), "{error}");
        let last = models.last().expect("there is one");
        last.is_in(&store.view(), &mut Draws::new(1));
        store.check().expect("it is as it was");
    });
}

/// A page with one key, `k`: a leaf with a value or a bucket, or a branch.
fn page_of_one(id: u64, kind: u16, fields: [u32; 4], value: &[u8]) -> Vec<u8> {
    let mut page = id.to_le_bytes().to_vec();
    page.extend(kind.to_le_bytes().into_iter().chain(1_u16.to_le_bytes()).chain([0; 4]));
    fields.iter().for_each(|field| page.extend(field.to_le_bytes()));
    page.extend(b"k".iter().chain(value));
    page.resize(512, 0);
    page
}

/// Trees of branches with one page below each, in buckets in each other. Each of them alone could
/// be; but a thread's stack does not hold so many pages.
#[test]
fn a_way_that_is_too_long() {
    check(|| {
        let (buckets, height) = (64, 60);
        let end = 2 + buckets * height;
        let meta = Meta {
            page_size: 512,
            root: PageId(2),
            sequence: 0,
            free: None,
            end: PageId(end),
            commit: 1,
        };
        let mut bytes = vec![0; 1_024];
        bytes[512..592].copy_from_slice(&meta.encode(PageId(1)));
        for id in 2..end {
            let below = u32::try_from(id + 1).expect("few");
            let value = [(id + 1).to_le_bytes(), [0; 8]].concat();
            bytes.extend(match (id - 1) % height {
                0 if id + 1 < end => page_of_one(id, 2, [1, 16, 1, 16], &value),
                0 => page_of_one(id, 2, [0, 16, 1, 16], &value),
                _ => page_of_one(id, 1, [16, 1, below, 0], &[]),
            });
        }
        let disk = Disk::with([(NAME.to_owned(), bytes)]);
        let mut store = open(&disk).expect("no page is used twice");
        let error = store.check().expect_err("it is too long").to_string();
        assert!(error.contains("there are too many pages above it"), "{error}");
        let mut all = Changes::new();
        all.delete_bucket("k");
        let error = store.commit(all).expect_err("nor can it go").to_string();
        assert!(error.contains("there are too many pages above it"), "{error}");
    });
}
