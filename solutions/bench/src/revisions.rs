//! Chapter 6 on real files: a million keys, each put ten times, compacted to one version each.
//!
//! One thread puts, a hundred puts to an entry, and goes on with compactions between entries;
//! another commits. Then keys are read at the newest revision: one at a time, in no order, and a
//! thousand side by side. The keys were put in order, so those of a range lie side by side in the
//! file as well; for keys that were put in no order, a range costs as much as its gets.
//!
//! Owns the figure. Nothing stands beside it: no other crate does this.

use crate::files::folder;
use crate::measure::{ROUNDS, grouped, resident, timed};
use api::{LeaseId, PutRequest, RangeRequest, Revision};
use bolt::backend::{self, Committer, Frozen};
use bolt::{Folder, Options};
use bytes::Bytes;
use mvcc::{Index, Leases, Life, Progress, Stamp, Store, View};
use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// How many keys there are, and how often each is put.
const KEYS: u64 = 1_000_000;
const TIMES: u64 = 10;

/// How many puts are published at once.
const ENTRY: u64 = 100;

/// Rows on the way to the disk take so many bytes at most; then the writer waits.
const LIMIT: usize = 256 << 20;

/// How many gets, and how many ranges, of how many keys.
const GETS: u64 = 200_000;
const RANGES: u64 = 500;
const LONG: u64 = 1_000;

/// There are no leases.
struct NoLeases;

impl Leases for NoLeases {
    fn is_there(&self, _: LeaseId) -> bool {
        false
    }
}

fn key(number: u64) -> Bytes {
    format!("/registry/pods/{number:010}").into()
}

/// A number below `below`, in no order.
fn random(below: u64, at: u64) -> u64 {
    let mixed = at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) % below
}

/// Measures everything.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    let (keys, times) = (grouped(KEYS), grouped(TIMES));
    writeln!(out, "revisions: {keys} keys of 25 bytes, put {times} times each with 256 bytes")?;
    // Before anything else, since memory that was given back is used again.
    writeln!(out, "  bytes of the index a key, but its own {}", index_bytes())?;
    let folder = folder();
    let open = || {
        let opened = backend::open(Folder::new(folder.path()), "db", Options::default());
        let (writer, committer) = opened.expect("it is sound");
        (Store::open(writer).expect("it is sound"), committer)
    };
    let (mut store, mut committer) = open();
    let (send, frozen) = sync_channel(1);
    let time = thread::scope(|scope| {
        scope.spawn(|| commit_all(&mut committer, frozen));
        let time = timed(|| put_all(&mut store, &send));
        forget(&mut store, &send);
        drop(send);
        time
    });
    let rate = (KEYS * TIMES) as f64 / time.as_secs_f64();
    writeln!(out, "  puts a second, with commits beside   {}", grouped(rate as u64))?;
    finish(&mut store, &mut committer);
    read(out, &store.reader().view())?;
    drop((store, committer));
    let mut opened = None;
    let time = timed(|| opened = Some(open()));
    drop(opened);
    writeln!(out, "  opening, in seconds                  {:.2}", time.as_secs_f64())
}

/// Puts every key as often as it is to be.
fn put_all(store: &mut Store<File>, frozen: &SyncSender<Frozen>) {
    for at in 0..KEYS * TIMES {
        let request = PutRequest {
            key: key(at % KEYS),
            value: Bytes::from_static(&[7; 256]),
            ..Default::default()
        };
        store.put(&request, &NoLeases).expect("it can be");
        if at % ENTRY == ENTRY - 1 {
            store.take_events();
            store.publish();
            hand_over(store, frozen);
        }
    }
}

/// Compacts all of it, in steps.
fn forget(store: &mut Store<File>, frozen: &SyncSender<Frozen>) {
    let current = store.current().wire();
    store.compact(current).expect("it can be");
    store.publish();
    while store.compaction_step(1_000).expect("the disk works") != Progress::Done {
        store.publish();
        hand_over(store, frozen);
    }
}

fn hand_over(store: &mut Store<File>, frozen: &SyncSender<Frozen>) {
    if let Some(batch) = store.freeze() {
        frozen.send(batch).expect("it is there until the end");
    }
    while store.rows().buffered() > LIMIT {
        thread::sleep(Duration::from_millis(1));
    }
}

fn commit_all(committer: &mut Committer<Folder>, frozen: Receiver<Frozen>) {
    for batch in frozen {
        let committed = committer.commit(batch).expect("the disk works");
        committer.retire(committed);
    }
}

/// Brings the rest to the disk.
fn finish(store: &mut Store<File>, committer: &mut Committer<Folder>) {
    while let Some(frozen) = store.freeze() {
        let committed = committer.commit(frozen).expect("the disk works");
        committer.retire(committed);
    }
}

fn read(out: &mut dyn io::Write, view: &View<File>) -> io::Result<()> {
    let one = |at: u64| RangeRequest { key: key(random(KEYS, at)), ..RangeRequest::default() };
    let many = |at: u64| {
        let from = random(KEYS - LONG, at);
        RangeRequest { key: key(from), range_end: key(from + LONG), ..RangeRequest::default() }
    };
    let mut gets = Vec::new();
    let mut ranges = Vec::new();
    for round in 0..ROUNDS as u64 {
        let each = |count: u64, request: &dyn Fn(u64) -> RangeRequest, keys: u64| {
            let requests: Vec<_> = (0..count).map(|at| request(round * count + at)).collect();
            let time = timed(|| {
                for request in &requests {
                    let response = view.range(request).expect("it can be read");
                    assert_eq!(response.kvs.len() as u64, keys, "all are there");
                }
            });
            time.as_secs_f64() / count as f64 * 1e6
        };
        gets.push(each(GETS, &one, 1));
        ranges.push(each(RANGES, &many, LONG));
    }
    gets.sort_by(f64::total_cmp);
    ranges.sort_by(f64::total_cmp);
    let middle = ROUNDS / 2;
    writeln!(out, "  a get, in microseconds               {:.2}", gets[middle])?;
    writeln!(out, "  a range of 1,000, in microseconds    {:.0}", ranges[middle])
}

/// How much more memory a process has with an index of all keys, each with one version.
fn index_bytes() -> u64 {
    let life = |at| Life { created: Revision(at + 2), version: NonZeroU64::MIN, hash: at };
    let before = resident();
    let mut index = Index::default();
    for at in 0..KEYS {
        index.put(&key(at), Stamp { revision: Revision(at + 2), sub: 0 }, life(at));
    }
    let bytes = resident().saturating_sub(before);
    assert!(index.newest(&key(KEYS - 1)).is_some(), "all are there");
    (bytes / KEYS).saturating_sub(key(0).len() as u64)
}
