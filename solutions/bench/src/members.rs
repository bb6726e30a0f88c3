//! Chapters 3 and 4 on real files, beside what the disk allows.
//!
//! Three members, each with a log of its own on the same disk. A client keeps so many proposals
//! under way at the leader, and an entry counts when the leader has applied it: then two logs of
//! three have synced it. Each member has two threads, as in a server: one drives the node, and one
//! writes the log, many saves with one sync.
//!
//! What the disk allows: three threads write as many bytes as such a batch has to files that are as
//! well prepared, and sync them, over and over. Each may begin its next batch when two of the three
//! have synced the one before, as a client that has all under way in one batch has nothing new to
//! propose earlier; and the time is over when two have synced the last. If every sync held all that
//! is under way, so many entries a second could be committed, and no more.
//!
//! Owns the [`Member`]s and their mailboxes, and what the disk allows (`disk`). Messages go from
//! memory to memory; there are no ticks and no faults.

mod disk;
mod mailbox;
mod member;

use crate::files::folder;
use crate::measure::{alternate, grouped, timed};
use basics::{Index, Position, Term};
use election::HardState;
use member::{Member, OURS, SEGMENTS};
use raft::{Data, Payload};
use replication::{Entry, Span, Write};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use wal::{Folder, Wal};

/// How long every payload is.
const PAYLOAD: usize = 256;

/// How many proposals are under way, and how many are made.
const LOADS: [(u64, u64); 3] = [(256, 200_000), (1_000, 500_000), (1, 3_000)];

/// Measures every load.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "members: three on real files, each with fdatasync, payloads of {PAYLOAD} bytes\n\
         commits a second, beside what the disk allows: all that is under way in one batch,\n\
         which begins when two of three files have synced the one before"
    )?;
    for (window, count) in LOADS {
        let syncs = AtomicU64::new(0);
        let ours = || {
            let (time, taken) = run(window, count);
            syncs.store(taken, Ordering::Relaxed);
            time
        };
        let batches = (count / window).min(1_000);
        let bytes = batch_bytes(window);
        // As many commits as the other side makes, in the time of so many batches.
        let bare =
            || disk::rounds(bytes, batches).mul_f64(count as f64 / (batches * window) as f64);
        let runs: [&dyn Fn() -> Duration; 2] = [&ours, &bare];
        let rates = alternate(count, &runs);
        writeln!(out, "\n{} under way, {} proposals", grouped(window), grouped(count))?;
        let ratio = rates[0].median() / rates[1].median();
        writeln!(out, "  members    {:<34}  {ratio:.2} of it", rates[0])?;
        writeln!(out, "  the disk   {}", rates[1])?;
        let batch = count as f64 / syncs.load(Ordering::Relaxed) as f64;
        writeln!(out, "  the leader's log held {batch:.0} entries a sync")?;
    }
    Ok(())
}

/// Three members commit so many proposals; how long that took, and how often the leader's log was
/// synced.
fn run(window: u64, count: u64) -> (Duration, u64) {
    let folder = folder();
    let members = Member::three(folder.path());
    members[0].lead();
    let time = timed(|| members[0].commit(window, count));
    let syncs = members[0].syncs();
    members.into_iter().for_each(Member::stop);
    (time, syncs)
}

/// How many bytes a log makes of so many entries.
fn batch_bytes(count: u64) -> usize {
    let folder = folder();
    let directory = Folder::lock(folder.path()).expect("nobody has it");
    let start = Position { term: Term(1), index: Index(1) };
    let hard_state = HardState { term: Term(1), vote: None };
    let log = Wal::create(directory, OURS, SEGMENTS, hard_state, start);
    let mut log = log.expect("the directory is empty");
    let data = Data::write(PAYLOAD, |place| place.fill(1));
    let entry = Entry { term: Term(1), payload: Some(Payload::Data(data)) };
    let entries = (0..count).map(|_| entry.clone()).collect();
    let entries = Some(Span { prev: start, entries });
    log.add(&Write { hard_state: None, begins: None, entries }).expect("nothing has failed");
    log.added_bytes()
}
