//! The buffer in front of the store: `bolt::backend`.
//!
//! One thread writes rows of 256 bytes, a hundred to an entry, and freezes them as often as it may;
//! another commits them. First it writes as fast as it can. Then it writes 300,000 rows a second,
//! while a third asks for random keys of the million that were there, and this rate is compared
//! with that of nobody writing.

use super::{GETS, KEYS, VALUE, key, random};
use crate::files::folder;
use crate::measure::{ROUNDS, grouped, timed};
use bolt::backend::{self, Committer, Frozen, Reader, Writer};
use bolt::{Folder, Options};
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How many rows are written at once.
const ENTRY: u64 = 100;

/// How many rows are written as fast as it can be.
const ROWS: u64 = 1_000_000;

/// How many rows a second are written while others read.
const PACE: u64 = 300_000;

/// Rows on the way to the disk take so many bytes at most; then the writer waits.
const LIMIT: usize = 256 << 20;

/// Measures both.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    let folder = folder();
    let opened = backend::open(Folder::new(folder.path()), "db", Options::default());
    let (mut writer, mut committer) = opened.expect("an empty folder");
    let mut next = 0;
    while next < KEYS {
        next = write(&mut writer, next, 10_000);
        let frozen = writer.freeze().expect("the one before is retired");
        let committed = committer.commit(frozen).expect("the disk works");
        committer.retire(committed);
    }
    let (time, commits) = beside(&mut committer, |frozen| {
        let end = next + ROWS;
        timed(|| {
            while next < end {
                next = write(&mut writer, next, ENTRY);
                hand_over(&mut writer, frozen);
            }
        })
    });
    let rate = grouped((ROWS as f64 / time.as_secs_f64()) as u64);
    let commits = grouped(commits);
    writeln!(out, "\nrows a second through the buffer, with commits beside")?;
    writeln!(out, "  chapter 5  {rate}, in {commits} commits")?;
    let reader = writer.reader();
    let mut ratios = Vec::new();
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let alone = gets(&reader);
        let done = AtomicBool::new(false);
        let (meanwhile, _) = beside(&mut committer, |frozen| {
            thread::scope(|scope| {
                let reading = scope.spawn(|| {
                    let rate = gets(&reader);
                    done.store(true, Ordering::Release);
                    rate
                });
                let start = Instant::now();
                let first = next;
                while !done.load(Ordering::Acquire) {
                    let due = start + Duration::from_micros((next - first) * 1_000_000 / PACE);
                    thread::sleep(due.saturating_duration_since(Instant::now()));
                    for _ in 0..10 {
                        next = write(&mut writer, next, ENTRY);
                        hand_over(&mut writer, frozen);
                    }
                }
                let written = (next - first) as f64 / start.elapsed().as_secs_f64();
                rates.push(written);
                reading.join().expect("it does not panic")
            })
        });
        ratios.push(meanwhile / alone);
    }
    rates.sort_by(f64::total_cmp);
    ratios.sort_by(f64::total_cmp);
    let middle = ROUNDS / 2;
    let rate = grouped(rates[middle] as u64);
    writeln!(out, "random gets while {rate} rows a second are written")?;
    writeln!(
        out,
        "  chapter 5  {:.2} of those while nobody writes ({:.2} to {:.2})",
        ratios[middle],
        ratios[0],
        ratios[ROUNDS - 1]
    )
}

/// Writes so many rows and publishes them. The next row.
fn write(writer: &mut Writer<File>, first: u64, count: u64) -> u64 {
    for number in first..first + count {
        writer.put(b"key", key(number).to_vec(), &VALUE[..]).expect("it is short");
    }
    writer.publish();
    first + count
}

/// Freezes what there is, if it may be; and waits while too much is on its way.
fn hand_over(writer: &mut Writer<File>, frozen: &dyn Fn(Frozen)) {
    if let Some(batch) = writer.freeze() {
        frozen(batch);
    }
    while writer.buffered() > LIMIT {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Runs this while another thread commits what it hands out; what it gives, and how many commits
/// there were. All of it is on disk then.
fn beside<T>(
    committer: &mut Committer<Folder>,
    run: impl FnOnce(&dyn Fn(Frozen)) -> T,
) -> (T, u64) {
    let (send, frozen) = sync_channel(1);
    thread::scope(|scope| {
        let commits = scope.spawn(move || commit_all(committer, &frozen));
        let result = run(&|batch| send.send(batch).expect("it is there until the end"));
        drop(send);
        (result, commits.join().expect("it does not panic"))
    })
}

fn commit_all(committer: &mut Committer<Folder>, frozen: &Receiver<Frozen>) -> u64 {
    let mut commits = 0;
    for batch in frozen {
        let committed = committer.commit(batch).expect("the disk works");
        committer.retire(committed);
        commits += 1;
    }
    commits
}

/// How many random keys a second a reader gets, each in a view of its own.
fn gets(reader: &Reader<File>) -> f64 {
    let time = timed(|| {
        for number in random(GETS, KEYS, 1) {
            let value = reader.view().get(b"key", &key(number)).expect("it is sound");
            assert!(value.is_some(), "it is there");
        }
    });
    GETS as f64 / time.as_secs_f64()
}
