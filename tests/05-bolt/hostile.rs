//! Files that nobody wrote: whatever is in one, it is read or refused.
//!
//! [`look`] makes a store of any bytes, for a fuzzer and for the tests here.

use crate::memory::{Memory, NAME, SMALL};
use bolt::{Bucket, Changes, Cursor, Error, File, Store, View};
use harness::files::Disk;

/// All that can be done with a file: it is opened, every page is looked at, every row is read, in
/// both directions, rows are written, and it is copied. If it is refused, why.
///
/// What was looked at and is sound, is: nothing of all that may fail then.
pub fn look(bytes: Vec<u8>) -> Result<(), Error> {
    let disk = Disk::with([(NAME.to_owned(), bytes)]);
    let mut store = Store::open(Memory(disk), NAME, SMALL)?;
    let checked = store.check();
    let done = live(&mut store);
    if let (Ok(account), Err(error)) = (&checked, &done) {
        panic!("it was sound: {account:?}; and then: {error}");
    }
    checked.map(|_| ()).and(done)
}

fn live(store: &mut Store<Memory>) -> Result<(), Error> {
    let view = store.view();
    let names = read(&view)?;
    let mut all = Changes::new();
    for name in names {
        let bucket = all.bucket(name);
        bucket.put("050", "a value");
        bucket.delete("051");
    }
    store.commit(all)?;
    store.check()?;
    assert!(store.defragment(90, || true)?, "nobody stops it");
    let account = store.check()?;
    assert_eq!(account.free, 0, "a copy has no free pages");
    drop(view);
    read(&store.view()).map(|_| ())
}

/// Reads every row of the root and of the buckets in it; the names of these.
fn read<F: File>(view: &View<F>) -> Result<Vec<Vec<u8>>, Error> {
    let root = view.root()?;
    let forwards = |cursor: &mut Cursor<'_, F>| cursor.go_on();
    let backwards = |cursor: &mut Cursor<'_, F>| cursor.go_back();
    let mut names = Vec::new();
    let mut cursor = root.cursor();
    cursor.first()?;
    while let Some((name, _)) = cursor.current() {
        let Some(bucket) = cursor.bucket()? else {
            cursor.go_on()?;
            continue;
        };
        names.push(name.to_vec());
        cursor.go_on()?;
        let mut cursor = bucket.cursor();
        cursor.first()?;
        let count = walk(&bucket, cursor, forwards)?;
        let mut cursor = bucket.cursor();
        cursor.last()?;
        assert_eq!(walk(&bucket, cursor, backwards)?, count, "both directions have the same");
        let mut rows = bucket.range(..).chain(bucket.range_back(..));
        rows.try_for_each(|row| row.map(|_| ()))?;
    }
    Ok(names)
}

/// How many keys a cursor comes by.
fn walk<'a, F: File>(
    bucket: &Bucket<'a, F>,
    mut cursor: Cursor<'a, F>,
    step: impl Fn(&mut Cursor<'a, F>) -> Result<(), Error>,
) -> Result<usize, Error> {
    let mut count = 0;
    while let Some((key, _)) = cursor.current() {
        // It is there or not; a tree whose keys are in disorder loses some.
        let _ = bucket.get(key)?;
        count += 1;
        step(&mut cursor)?;
    }
    Ok(count)
}

/// What a fuzzer makes: the first byte says whether the checksums of the metas are to be right, and
/// the rest is the file.
pub fn input(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let file = if kind % 2 == 0 { rest.to_vec() } else { with_checksums(rest.to_vec()) };
    if let Err(error) = look(file) {
        let refused = matches!(error, Error::Damaged { .. } | Error::NoStore { .. });
        assert!(refused, "it is the file's fault: {error}");
    }
}

/// A file whose metas have right checksums, whatever else they say.
pub fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let size = bytes
        .get(24..28)
        .map_or(0, |size| u32::from_le_bytes(size.try_into().expect("4 bytes")) as usize);
    for place in [0, size] {
        if let Some(meta) = bytes.get_mut(place.saturating_add(16)..place.saturating_add(80)) {
            let (body, checksum) = meta.split_at_mut(56);
            checksum.copy_from_slice(&fnv(body).to_le_bytes());
        }
    }
    bytes
}

fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}
