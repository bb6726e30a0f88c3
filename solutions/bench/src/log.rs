//! Chapter 3 beside the bare file.
//!
//! Appending: a log takes a save and syncs it, again and again. Beside it, as many bytes are
//! written to a file that is as well prepared, and synced as often. What is between the two is the
//! price of records and checksums.
//!
//! Recovery: a log of 1 GiB is opened, and all its entries are in memory then. Beside it, its files
//! are read into memory, and nothing is done with their bytes. Both find them in the system's
//! cache, where they were written a moment before.

use crate::files::{Bare, folder};
use crate::measure::{Rates, alternate, grouped, timed};
use basics::{Index, Position, Term};
use election::HardState;
use raft::{Data, Payload};
use replication::{Entry, Span, Write};
use std::io;
use std::path::Path;
use std::time::Duration;
use wal::{Folder, Identity, Options, Wal};

const OURS: Identity = Identity { cluster: 1, member: 1 };

/// How long a segment is, as in a server.
const OPTIONS: Options = Options { segment_bytes: 64 << 20 };

/// Entries in a batch, the bytes of each, and batches.
const LOADS: [(usize, usize, u64); 3] = [(1, 256, 1_000), (256, 256, 500), (16, 65_536, 50)];

/// The log that is recovered: so many entries of so many bytes.
const ENTRIES: u64 = 262_144;
const BYTES: usize = 4_096;

/// The position before a log.
const START: Position = Position { term: Term(1), index: Index(1) };

/// Measures both.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "log: batches that are appended and synced, beside a bare file\nbatches a second"
    )?;
    for (count, bytes, batches) in LOADS {
        let rates = appending(count, bytes, batches);
        writeln!(out, "\nbatches of {} entries of {} bytes", count, grouped(bytes as u64))?;
        lines(out, ["chapter 3", "bare file"], &rates)?;
    }
    let rates = recovering();
    writeln!(out, "\nrecovery of {} entries of {BYTES} bytes, entries a second", grouped(ENTRIES))?;
    lines(out, ["chapter 3", "reading"], &rates)
}

fn lines(out: &mut dyn io::Write, names: [&str; 2], rates: &[Rates]) -> io::Result<()> {
    let ratio = rates[0].median() / rates[1].median();
    writeln!(out, "  {:<9}  {:<34}  {ratio:.2} of it", names[0], rates[0])?;
    writeln!(out, "  {:<9}  {}", names[1], rates[1])
}

/// A new log, and the save of its first batch.
fn log(place: &Path) -> Wal<Folder> {
    let directory = Folder::lock(place).expect("nobody has it");
    let hard_state = HardState { term: Term(1), vote: None };
    Wal::create(directory, OURS, OPTIONS, hard_state, START).expect("the directory is empty")
}

/// A save of so many entries after this position.
fn save(prev: Position, count: usize, bytes: usize) -> Write<Payload> {
    let entry = |number: usize| {
        let data = Data::write(bytes, |place| place.fill(number.to_le_bytes()[0] | 1));
        Entry { term: Term(1), payload: Some(Payload::Data(data)) }
    };
    let entries = Some(Span { prev, entries: (0..count).map(entry).collect() });
    Write { hard_state: None, begins: None, entries }
}

/// The same save, for later entries.
fn shift(write: &mut Write<Payload>) {
    if let Some(span) = &mut write.entries {
        span.prev = span.last();
    }
}

fn appending(count: usize, bytes: usize, batches: u64) -> Vec<Rates> {
    // How many bytes a batch comes to, a log says itself.
    let length = {
        let folder = folder();
        let mut log = log(folder.path());
        log.add(&save(START, count, bytes)).expect("nothing has failed");
        log.added_bytes()
    };
    let ours = || {
        let folder = folder();
        let mut log = log(folder.path());
        let mut write = save(START, count, bytes);
        timed(|| {
            for _ in 0..batches {
                log.add(&write).expect("nothing has failed");
                log.sync().expect("the disk works");
                shift(&mut write);
            }
        })
    };
    let bare = || {
        let folder = folder();
        let file = Bare::new(&folder.path().join("bare"), OPTIONS.segment_bytes);
        file.append(&vec![1; length], batches)
    };
    let runs: [&dyn Fn() -> Duration; 2] = [&ours, &bare];
    alternate(batches, &runs)
}

fn recovering() -> Vec<Rates> {
    let folder = folder();
    let mut log = log(folder.path());
    let mut write = save(START, 256, BYTES);
    for _ in 0..ENTRIES / 256 {
        log.add(&write).expect("nothing has failed");
        log.sync().expect("the disk works");
        shift(&mut write);
    }
    drop(log);
    let ours = || {
        let directory = Folder::lock(folder.path()).expect("nobody has it");
        let mut found = None;
        let time = timed(|| {
            found = Some(Wal::open::<Payload>(directory, OURS, OPTIONS).expect("nothing is lost"));
        });
        let (_, recovered) = found.expect("it was opened");
        assert_eq!(recovered.log.last().index.0, START.index.0 + ENTRIES, "all of it");
        time
    };
    let reading = || {
        let mut files = Vec::new();
        let time = timed(|| files = read(folder.path()).expect("it can be read"));
        assert!(files.iter().map(Vec::len).sum::<usize>() as u64 > ENTRIES * BYTES as u64);
        time
    };
    let runs: [&dyn Fn() -> Duration; 2] = [&ours, &reading];
    alternate(ENTRIES, &runs)
}

/// Reads all files of a directory into memory.
fn read(place: &Path) -> io::Result<Vec<Vec<u8>>> {
    std::fs::read_dir(place)?.map(|entry| std::fs::read(entry?.path())).collect()
}
