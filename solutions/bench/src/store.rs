//! Chapter 5 beside other stores in one file: `redb`, whose pages are its own; bbolt, whose format
//! ours is; and LMDB, for information: it maps its file into memory.
//!
//! All hold a million keys of 16 bytes with values of 256. They are asked for keys in random order,
//! and for all keys in order. Then they commit a thousand keys at a time, synced: new ones at the
//! end, as etcd's revisions are, and old ones at random. Each commit is two syncs, in LMDB one.
//! bbolt needs Go.
//!
//! Then there is the buffer in front of ours, with commits beside: how many rows it takes, and what
//! those who read meanwhile lose. And a file of a gigabyte is opened, by ours and by bbolt.

mod buffer;
mod lmdb;
mod sides;

use crate::files::folder;
use crate::measure::{Rates, alternate, grouped, timed};
use bolt::{Changes, Folder, Options, Store};
use sides::{Bbolt, Side};
use std::cell::RefCell;
use std::io;
use std::time::Duration;

/// How many keys there are.
const KEYS: u64 = 1_000_000;

/// How many are asked for.
const GETS: u64 = 500_000;

/// How many keys a commit has, and how many commits there are.
const BATCH: u64 = 1_000;
const COMMITS: u64 = 20;

const VALUE: [u8; 256] = [7; 256];

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

/// A store with its name.
struct Named {
    name: &'static str,
    side: RefCell<Box<dyn Side>>,
}

/// Measures everything.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "store: {} keys of 16 bytes with values of 256", grouped(KEYS))?;
    let folders = [(); 4].map(|()| folder());
    let [ours, redb, lmdb, bbolt] = folders.each_ref().map(tempfile::TempDir::path);
    let mut sides = vec![
        ("chapter 5", sides::ours(ours)),
        ("redb 4", sides::redb(redb)),
        ("LMDB", Box::new(lmdb::Lmdb::open(lmdb)) as Box<dyn Side>),
    ];
    match Bbolt::start(bbolt) {
        Ok(mut side) => {
            side.open(&bbolt.join("db"));
            sides.push(("bbolt", Box::new(side)));
        }
        Err(why) => writeln!(out, "without bbolt: {why}")?,
    }
    let named = |(name, side)| Named { name, side: RefCell::new(side) };
    let sides: Vec<Named> = sides.into_iter().map(named).collect();
    sides.iter().for_each(|named| named.side.borrow_mut().fill());
    lines(out, "gets of random keys a second", GETS, &sides, |side, _| side.gets(1))?;
    lines(out, "keys of a scan a second", KEYS, &sides, |side, _| side.scan())?;
    let what = "commits of 1,000 keys at the end a second";
    lines(out, what, COMMITS, &sides, |side, run| {
        side.commits_at_end(KEYS + run * BATCH * COMMITS)
    })?;
    let what = "commits of 1,000 random keys a second";
    lines(out, what, COMMITS, &sides, |side, run| side.commits_anywhere(1 + run * COMMITS))?;
    drop(sides);
    drop(folders);
    buffer::figure(out)?;
    opening(out)
}

/// Measures all stores in turn. `run` is told how many runs of the same came before.
fn lines(
    out: &mut dyn io::Write,
    what: &str,
    count: u64,
    sides: &[Named],
    run: impl Fn(&mut dyn Side, u64) -> Duration,
) -> io::Result<()> {
    let before: Vec<RefCell<u64>> = sides.iter().map(|_| RefCell::new(0)).collect();
    let runs: Vec<_> = sides.iter().zip(&before).collect();
    let runs: Vec<Box<dyn Fn() -> Duration>> = runs
        .into_iter()
        .map(|(named, before)| {
            let run = &run;
            let next = move || before.replace_with(|before| *before + 1);
            let run = move || run(&mut **named.side.borrow_mut(), next());
            Box::new(run) as Box<dyn Fn() -> Duration>
        })
        .collect();
    let rates: Vec<Rates> = alternate(count, &runs);
    writeln!(out, "\n{what}")?;
    writeln!(out, "  {:<10} {}", sides[0].name, rates[0])?;
    for (named, other) in sides.iter().zip(&rates).skip(1) {
        let ratio = rates[0].median() / other.median();
        writeln!(out, "  {:<10} {other:<34}  ours is {ratio:.2} of it", named.name)?;
    }
    Ok(())
}

/// How long it takes to open a file of a gigabyte without a list of free pages.
fn opening(out: &mut dyn io::Write) -> io::Result<()> {
    let folder = folder();
    let open = || Store::open(Folder::new(folder.path()), "db", Options::default());
    let mut store = open().expect("an empty folder");
    for first in (0..1_000_000).step_by(10_000) {
        let mut changes = Changes::new();
        let bucket = changes.bucket("key");
        (first..first + 10_000).for_each(|number| bucket.put(key(number).to_vec(), vec![7; 1_000]));
        store.commit(changes).expect("the disk works");
    }
    let length = store.length();
    drop(store);
    let ours = || {
        let mut opened = None;
        let time = timed(|| opened = Some(open().expect("it is sound")));
        drop(opened);
        time
    };
    let bbolt = || match Bbolt::start(folder.path()) {
        Ok(mut side) => side.open(&folder.path().join("db")),
        Err(_) => Duration::MAX,
    };
    let runs: [&dyn Fn() -> Duration; 2] = [&ours, &bbolt];
    let times = alternate(1, &runs);
    let milliseconds = |rates: &Rates| 1_000.0 / rates.median();
    let megabytes = grouped(length >> 20);
    writeln!(out, "\nopening a file of {megabytes} MiB that the system has in memory")?;
    writeln!(out, "  chapter 5  {:.0} ms", milliseconds(&times[0]))?;
    if bbolt() < Duration::MAX {
        writeln!(out, "  bbolt      {:.0} ms", milliseconds(&times[1]))?;
    }
    Ok(())
}
