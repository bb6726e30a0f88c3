//! A state as a file of its own, while the store goes on; and files with a list of free pages,
//! which bbolt writes and ours does not.

use crate::memory::{Memory, MemoryFile, NAME, SMALL, open};
use crate::model::{Model, changes, step};
use bolt::{Error, Meta, PageId, Store};
use harness::files::Disk;
use harness::{Draws, check};
use sha2::{Digest, Sha256};

fn filled(disk: &Disk, draws: &mut Draws) -> (Store<Memory>, Model) {
    let mut store = open(disk).expect("an empty directory");
    let mut model = Model::default();
    for _ in 0..8 {
        model = more(&mut store, &model, draws);
    }
    (store, model)
}

fn more(store: &mut Store<Memory>, model: &Model, draws: &mut Draws) -> Model {
    let steps: Vec<_> = (0..40).map(|_| step(draws)).collect();
    store.commit(changes(&steps)).expect("the disk works");
    model.after(&steps)
}

#[test]
fn an_image_is_the_state_whatever_happens_meanwhile() {
    check(|| {
        for seed in 0..4 {
            let disk = Disk::new();
            let mut draws = Draws::new(seed);
            let (mut store, model) = filled(&disk, &mut draws);
            let view = store.view();
            let (mut bytes, mut now) = (Vec::new(), model.clone());
            let taken = view.backup(|piece| {
                bytes.extend_from_slice(piece);
                for _ in 0..3 {
                    now = more(&mut store, &now, &mut draws);
                }
                true
            });
            taken.expect("it can be read");
            let (image, digest) = bytes.split_at(bytes.len() - 32);
            assert_eq!(image.len() as u64, view.image_length());
            assert_eq!(Sha256::digest(image)[..], *digest, "the digest of all that is before it");
            for page in 0..2 {
                let mut part = image.to_vec();
                part[page * 512 + 20] ^= 1;
                for bytes in [image.to_vec(), part] {
                    let disk = Disk::with([(NAME.to_owned(), bytes)]);
                    let mut store = open(&disk).expect("it is a store, with either meta");
                    store.check().expect("it is sound");
                    model.is_in(&store.view(), &mut draws);
                    let next = more(&mut store, &model, &mut draws);
                    next.is_in(&store.view(), &mut draws);
                    store.check().expect("it goes on");
                }
            }
            now.is_in(&store.view(), &mut draws);
        }
    });
}

#[test]
fn nobody_wants_more_of_an_image() {
    check(|| {
        let disk = Disk::new();
        let (store, _) = filled(&disk, &mut Draws::new(1));
        let mut pieces = 0;
        let taken = store.view().backup(|_| {
            pieces += 1;
            false
        });
        taken.expect("it can be read");
        assert_eq!(pieces, 1, "and the digest is none");
    });
}

/// The bytes of a store's file, in which a list of free pages says this. It lies in a free page.
fn with_list(store: &Store<Memory>, disk: &Disk, listed: &[u64], long: bool) -> Vec<u8> {
    let mut bytes = disk.files()[0].1.clone();
    let at = store.free().all().first().expect("pages are free").first;
    let place = usize::try_from(at.0).expect("few") * 512;
    let page = &mut bytes[place..place + 512];
    page.fill(0);
    page[..8].copy_from_slice(&at.0.to_le_bytes());
    page[8..10].copy_from_slice(&16_u16.to_le_bytes());
    let count = u16::try_from(listed.len()).expect("few");
    page[10..12].copy_from_slice(&if long { u16::MAX } else { count }.to_le_bytes());
    let numbers = long.then_some(u64::from(count)).into_iter().chain(listed.iter().copied());
    for (place, number) in page[16..].chunks_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    let meta = store.view().meta();
    for commit in [meta.commit - 1, meta.commit] {
        let meta = Meta { commit, free: Some(at), ..meta };
        let place = usize::try_from(meta.page().0).expect("0 or 1") * 512;
        bytes[place..place + 80].copy_from_slice(&meta.encode(meta.page()));
    }
    bytes
}

fn opened(bytes: Vec<u8>) -> Result<Store<Memory>, Error> {
    Store::open(Memory(Disk::with([(NAME.to_owned(), bytes)])), NAME, SMALL)
}

#[test]
fn a_list_of_free_pages_is_read_and_let_go() {
    check(|| {
        let disk = Disk::new();
        let mut draws = Draws::new(3);
        let (store, model) = filled(&disk, &mut draws);
        let all: Vec<u64> =
            store.free().all().iter().flat_map(|run| run.first.0..run.end().0).collect();
        assert!(all.len() > 62, "there are more than a list of one page holds");
        let free = &all[1..62];
        for long in [false, true] {
            let mut store = opened(with_list(&store, &disk, free, long)).expect("it is right");
            assert!(store.view().meta().free.is_some(), "there is a list");
            let account = store.check().expect("every page is accounted for");
            assert_eq!(account.free, all.len() as u64 - 1, "all but the list");
            let mut now = model.clone();
            for _ in 0..4 {
                now = more(&mut store, &now, &mut draws);
                now.is_in(&store.view(), &mut draws);
                assert!(store.view().meta().free.is_none(), "it is not kept");
                store.check().expect("the pages of the list are free, or will be");
            }
        }
    });
}

#[test]
fn a_list_that_lies() {
    check(|| {
        let disk = Disk::new();
        let (store, _) = filled(&disk, &mut Draws::new(4));
        let root = store.view().meta().root.0;
        let end = store.view().meta().end.0;
        for listed in [&[root][..], &[0], &[1], &[end], &[u64::MAX]] {
            let error = opened(with_list(&store, &disk, listed, false)).map(|_| ());
            let error = error.expect_err("it contradicts the tree").to_string();
            assert!(error.contains("it is listed as free, and is not"), "{error}");
        }
        let mut bytes = with_list(&store, &disk, &[], true);
        let list = store.free().all()[0].first;
        let place = usize::try_from(list.0).expect("few") * 512;
        for count in [u64::MAX, u64::MAX / 8, 63, 62] {
            bytes[place + 16..place + 24].copy_from_slice(&count.to_le_bytes());
            let error = opened(bytes.clone()).map(|_| ()).expect_err("it is longer than its page");
            let PageId(page) = list;
            let why = format!("db is damaged at page {page}, byte {place}: it has no room");
            assert!(count < 63 || error.to_string().starts_with(&why), "{error}");
        }
    });
}

/// A view can be in any thread, and so can who hands them out.
const _: fn() = || {
    fn goes_anywhere<T: Send + Sync>() {}
    goes_anywhere::<bolt::View<MemoryFile>>();
    goes_anywhere::<bolt::backend::View<MemoryFile>>();
    goes_anywhere::<bolt::backend::Reader<MemoryFile>>();
};
