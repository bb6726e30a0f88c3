//! What goes to the disk, and when.
//!
//! Owns [`Commits`]: how much was written since the last commit, whether one is on its way, who
//! waits for one, and whether the disk has failed. And it owns which commits are snapshots. Every
//! commit holds all of the state, so a snapshot costs nothing; it is one that the replica is told
//! of, and up to which it may forget its log.
//!
//! Invariants:
//! - One commit is on its way at a time.
//! - Once the disk has failed, nobody is told any more that something is on it.

use crate::boxes::Told;
use crate::letters::{Retired, Waiter};
use crate::mailbox::Mailbox;
use api::Error;
use basics::Position;
use std::time::{Duration, Instant};

/// How often there is one.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// What is written gets to the disk after so long.
    pub pause: Duration,
    /// Or if it has so many rows.
    pub rows: u64,
    /// After more entries than that, a commit is a snapshot.
    pub entries: u64,
}

/// What is written gets to the disk once it takes so much memory, if not before.
const ENOUGH: usize = 16 << 20;

/// A commit is a snapshot if the log has so many bytes that the last one has not.
const LONG: usize = 16 << 20;

/// What goes to the disk.
pub struct Commits {
    /// As of that which is on disk, or on its way there.
    frozen: Position,
    is_on_its_way: bool,
    has_failed: bool,
    /// The store was told to let go of its file, and has.
    has_let_go: bool,
    /// How many there were.
    count: u64,
    /// Rows that were written since.
    rows: u64,
    /// A compaction has deleted something since.
    has_forgotten: bool,
    /// When the next one is due, if anything was written.
    due: Instant,
    /// As of the last snapshot, and how long the log is since.
    snapshot: Position,
    log_bytes: usize,
    /// Those who wait until the how manieth is on disk.
    settling: Vec<(u64, Waiter)>,
}

impl Commits {
    /// None yet, of a store that goes up to this entry.
    pub fn new(frozen: Position) -> Commits {
        Commits {
            frozen,
            is_on_its_way: false,
            has_failed: false,
            has_let_go: false,
            count: 0,
            rows: 0,
            has_forgotten: false,
            due: Instant::now(),
            snapshot: frozen,
            log_bytes: 0,
            settling: Vec::new(),
        }
    }

    /// The store is another now, and goes up to this entry. All of it is on disk, and so whoever
    /// waits has waited enough.
    pub fn begin_anew(&mut self, frozen: Position) -> Vec<Waiter> {
        let settling = std::mem::take(&mut self.settling);
        *self = Commits { count: self.count, ..Commits::new(frozen) };
        settling.into_iter().map(|(_, asker)| asker).collect()
    }

    /// When to look again.
    pub fn due(&self) -> Instant {
        self.due
    }

    /// An entry of so many bytes has written so many rows.
    pub fn note(&mut self, bytes: usize, rows: u64) {
        self.log_bytes += bytes;
        self.rows += rows;
    }

    /// A compaction has deleted rows, or said that it is done.
    pub fn note_forgotten(&mut self, rows: u64) {
        self.has_forgotten = true;
        self.rows += rows;
    }

    /// Somebody waits until all that was written up to this entry is on disk.
    pub fn settle(&mut self, asker: Waiter, applied: Position) {
        self.settling.push((self.count + u64::from(self.has_news(applied)), asker));
    }

    /// Is there anything that is not frozen yet?
    pub fn has_news(&self, applied: Position) -> bool {
        applied != self.frozen || self.has_forgotten
    }

    /// Hears what has become of the last one, if it is known.
    pub fn hear(&mut self, retired: &Mailbox<Retired>) {
        let mut letters = Vec::new();
        retired.take_now(&mut letters);
        self.note_retired(&letters);
    }

    /// The same, but waits until it is known.
    pub fn wait(&mut self, retired: &Mailbox<Retired>) {
        let mut letters = Vec::new();
        while self.is_on_its_way && !self.has_failed {
            retired.take(&mut letters);
            self.note_retired(&letters);
        }
    }

    /// Waits until the store has let go of its file.
    pub fn wait_for_store(&mut self, retired: &Mailbox<Retired>) {
        let mut letters = Vec::new();
        while !self.has_let_go && !self.has_failed {
            retired.take(&mut letters);
            self.note_retired(&letters);
        }
    }

    fn note_retired(&mut self, letters: &[Retired]) {
        for letter in letters {
            match letter {
                Retired::OnDisk => self.is_on_its_way = false,
                Retired::Never => self.has_failed = true,
                Retired::LetGo => self.has_let_go = true,
            }
        }
    }

    /// May one be made, of what was written up to this entry?
    pub fn can_begin(&self, applied: Position) -> bool {
        !self.is_on_its_way && !self.has_failed && self.has_news(applied)
    }

    /// Is it time for one? So much memory is in use.
    pub fn is_due(&mut self, applied: Position, buffered: usize, rhythm: &Rhythm) -> bool {
        let now = Instant::now();
        let is_time = now >= self.due;
        if is_time {
            self.due = now + rhythm.pause;
        }
        is_time
            || !self.settling.is_empty()
            || buffered > ENOUGH
            || self.rows >= rhythm.rows
            || self.is_long(applied, rhythm)
    }

    /// Is the log so long that one is to be a snapshot?
    fn is_long(&self, applied: Position, rhythm: &Rhythm) -> bool {
        let entries = applied.index.0.saturating_sub(self.snapshot.index.0);
        entries > rhythm.entries || self.log_bytes > LONG
    }

    /// One begins, which goes up to this entry. If it is a snapshot: as of which entry the one
    /// before it was.
    pub fn begin(&mut self, applied: Position, rhythm: &Rhythm) -> Option<Position> {
        assert!(!self.is_on_its_way, "one is on its way at a time");
        self.frozen = applied;
        self.is_on_its_way = true;
        self.count += 1;
        self.rows = 0;
        self.has_forgotten = false;
        self.due = Instant::now() + rhythm.pause;
        if !self.is_long(applied, rhythm) {
            return None;
        }
        self.log_bytes = 0;
        Some(std::mem::replace(&mut self.snapshot, applied))
    }

    /// Tells those who wait until something is on disk. If the disk has failed, they are told that.
    pub fn tell_settled(&mut self, mut tell: impl FnMut(Waiter, Told)) {
        let on_disk = self.count - u64::from(self.is_on_its_way);
        let has_failed = self.has_failed;
        self.settling.retain(|(count, asker)| {
            let is_there = *count <= on_disk;
            if has_failed {
                tell(*asker, Told::Done(Err(Error::Stopped)));
            } else if is_there {
                tell(*asker, Told::Settled);
            }
            !is_there && !has_failed
        });
    }
}
