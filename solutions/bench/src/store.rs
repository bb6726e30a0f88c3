//! Chapter 5 beside the crate `redb`, which is a store in one file as well, with pages of its own.
//!
//! Both hold a million keys of 16 bytes with values of 256. They are asked for keys in random
//! order, and for all keys in order. Then they commit a thousand keys at a time, synced: new ones
//! at the end, as etcd's revisions are, and old ones at random. `redb` commits in two phases, with
//! two syncs, as we do.

use crate::files::folder;
use crate::measure::{Rates, alternate, grouped, timed};
use bolt::{Changes, Folder, Options, Store};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::cell::RefCell;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How many keys there are.
const KEYS: u64 = 1_000_000;

/// How many are asked for.
const GETS: u64 = 500_000;

/// How many keys a commit has, and how many commits there are.
const BATCH: u64 = 1_000;
const COMMITS: u64 = 20;

const VALUE: [u8; 256] = [7; 256];

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("key");

/// One of the two stores.
trait Side {
    fn open(place: &Path) -> Self;
    fn put(&mut self, keys: &mut dyn Iterator<Item = u64>);
    /// How many of these keys have values.
    fn get(&self, keys: &mut dyn Iterator<Item = u64>) -> usize;
    /// How many bytes all values have.
    fn scan(&self) -> usize;
}

struct Ours(Store<Folder>);

struct Theirs(Database);

/// A key of 16 bytes.
fn key(number: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.to_be_bytes());
    key
}

/// So many numbers below `below`, in no order.
fn random(count: u64, below: u64, seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    })
}

impl Side for Ours {
    fn open(place: &Path) -> Ours {
        Ours(Store::open(Folder::new(place), "db", Options::default()).expect("a folder"))
    }

    fn put(&mut self, keys: &mut dyn Iterator<Item = u64>) {
        let mut changes = Changes::new();
        let bucket = changes.bucket("key");
        keys.for_each(|number| bucket.put(key(number).to_vec(), &VALUE[..]));
        self.0.commit(changes).expect("the disk works");
    }

    fn get(&self, keys: &mut dyn Iterator<Item = u64>) -> usize {
        let view = self.0.view();
        let bucket = view.bucket(b"key").expect("it is sound").expect("it is there");
        keys.filter(|number| bucket.get(&key(*number)).expect("it is sound").is_some()).count()
    }

    fn scan(&self) -> usize {
        let view = self.0.view();
        let bucket = view.bucket(b"key").expect("it is sound").expect("it is there");
        bucket.range(..).map(|row| row.expect("it is sound").1.len()).sum()
    }
}

impl Side for Theirs {
    fn open(place: &Path) -> Theirs {
        Theirs(Database::create(place.join("redb")).expect("a folder"))
    }

    fn put(&mut self, keys: &mut dyn Iterator<Item = u64>) {
        let mut write = self.0.begin_write().expect("nobody else writes");
        write.set_two_phase_commit(true);
        write.set_durability(Durability::Immediate).expect("it can be synced");
        {
            let mut table = write.open_table(TABLE).expect("it is a table");
            keys.for_each(|number| {
                table.insert(&key(number)[..], &VALUE[..]).expect("the disk works");
            });
        }
        write.commit().expect("the disk works");
    }

    fn get(&self, keys: &mut dyn Iterator<Item = u64>) -> usize {
        let read = self.0.begin_read().expect("it is sound");
        let table = read.open_table(TABLE).expect("it is there");
        keys.filter(|number| table.get(&key(*number)[..]).expect("it is sound").is_some()).count()
    }

    fn scan(&self) -> usize {
        let read = self.0.begin_read().expect("it is sound");
        let table = read.open_table(TABLE).expect("it is there");
        let rows = table.iter().expect("it is sound");
        rows.map(|row| row.expect("it is sound").1.value().len()).sum()
    }
}

/// Measures everything.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "store: {} keys of 16 bytes with values of 256", grouped(KEYS))?;
    let folders = [folder(), folder()];
    let ours = RefCell::new(Ours::open(folders[0].path()));
    let theirs = RefCell::new(Theirs::open(folders[1].path()));
    for first in (0..KEYS).step_by(10_000) {
        ours.borrow_mut().put(&mut (first..first + 10_000));
        theirs.borrow_mut().put(&mut (first..first + 10_000));
    }
    let gets = |side: &dyn Fn() -> usize| {
        timed(|| assert_eq!(black_box(side()) as u64, GETS, "all are there"))
    };
    let one = || gets(&|| ours.borrow().get(&mut random(GETS, KEYS, 1)));
    let other = || gets(&|| theirs.borrow().get(&mut random(GETS, KEYS, 1)));
    lines(out, "gets of random keys a second", GETS, [&one, &other])?;
    let scans = |side: &dyn Fn() -> usize| {
        timed(|| assert_eq!(black_box(side()) as u64, KEYS * 256, "all are there"))
    };
    let one = || scans(&|| ours.borrow().scan());
    let other = || scans(&|| theirs.borrow().scan());
    lines(out, "keys of a scan a second", KEYS, [&one, &other])?;
    let next = RefCell::new([KEYS; 2]);
    let at_end = |side: usize| {
        let first = next.borrow()[side];
        next.borrow_mut()[side] += BATCH * COMMITS;
        (0..COMMITS).map(move |commit| first + commit * BATCH)
    };
    let one = || commits(&mut *ours.borrow_mut(), at_end(0).map(|first| first..first + BATCH));
    let other = || commits(&mut *theirs.borrow_mut(), at_end(1).map(|first| first..first + BATCH));
    lines(out, "commits of 1,000 keys at the end a second", COMMITS, [&one, &other])?;
    let seeds = RefCell::new([0; 2]);
    let anywhere = |side: usize| {
        let first = seeds.borrow()[side];
        seeds.borrow_mut()[side] += COMMITS;
        (0..COMMITS).map(move |commit| random(BATCH, KEYS, 1 + first + commit))
    };
    let one = || commits(&mut *ours.borrow_mut(), anywhere(0));
    let other = || commits(&mut *theirs.borrow_mut(), anywhere(1));
    lines(out, "commits of 1,000 random keys a second", COMMITS, [&one, &other])
}

/// How long these commits take.
fn commits<I: Iterator<Item = u64>>(
    side: &mut impl Side,
    batches: impl Iterator<Item = I>,
) -> Duration {
    timed(|| batches.for_each(|mut keys| side.put(&mut keys)))
}

fn lines(
    out: &mut dyn io::Write,
    what: &str,
    count: u64,
    runs: [&dyn Fn() -> Duration; 2],
) -> io::Result<()> {
    let rates: Vec<Rates> = alternate(count, &runs);
    let ratio = rates[0].median() / rates[1].median();
    writeln!(out, "\n{what}")?;
    writeln!(out, "  chapter 5  {:<34}  {ratio:.2} of redb 4", rates[0])?;
    writeln!(out, "  redb 4     {}", rates[1])
}
