//! A log's life as a list of saves, and what it holds after each record of them.

use crate::known::{Known, summary};
use crate::memory::{Memory, OURS, SMALL};
use crate::payload::Op;
use basics::{Index, NodeId, Position, Term};
use election::HardState;
use harness::Draws;
use harness::files::Disk;
use replication::{Entry, Log, Span, Write};
use wal::{Recovered, Wal, prepare_spare};

/// A batch: between which operations it was written, and what the log held.
#[derive(Clone, Copy, Debug)]
struct Synced {
    /// After so many operations, the log said that it was synced.
    operations: usize,
    /// So many records were added by then.
    records: usize,
    /// Everything up to here may be let go.
    released: Index,
}

/// A log that was written, and all that it may hold after a crash.
pub struct Story {
    pub disk: Disk,
    /// What the log holds after each record, from none on.
    known: Vec<Known<Op>>,
    batches: Vec<Synced>,
}

/// A new log, which begins after an entry.
pub fn first() -> Known<Op> {
    let prev = Position { term: Term(1), index: Index(1) };
    let hard_state = HardState { term: Term(1), vote: None };
    Known { hard_state, log: Span::empty(prev) }
}

/// The next save of a node, more or less.
///
/// Nothing is cut that was released: it is in the store.
pub fn save(known: &Known<Op>, released: Index, draws: &mut Draws, longest: usize) -> Write<Op> {
    let HardState { term, .. } = known.hard_state;
    let last = known.log.last();
    let mut write = Write { hard_state: None, begins: None, entries: None };
    let mut now = term;
    if draws.chance(40) {
        now = Term(term.0 + draws.below(2));
        let vote = draws.chance(50).then(|| NodeId(draws.between(1, 3)));
        write.hard_state = Some(HardState { term: now, vote });
    }
    let mut prev = last;
    if draws.chance(5) {
        prev = Position { term: now, index: Index(last.index.0 + draws.between(1, 9)) };
        write.begins = Some(prev);
    } else if now > term && draws.chance(60) && !known.log.entries.is_empty() {
        let log: Log<Op> = known.log.clone().into();
        let back = Index(last.index.0 - draws.below(2).min(known.log.entries.len() as u64));
        let index = back.max(released.min(last.index));
        prev = Position { term: log.term_at(index).expect("it is in the log"), index };
    }
    if draws.chance(80) {
        let count = draws.between(1, 3);
        let entry = |number: u64| {
            let length = usize::try_from(draws.below(longest as u64)).expect("a small number");
            Entry { term: now, payload: (length > 0).then(|| Op::new(number, length)) }
        };
        write.entries = Some(Span { prev, entries: (0..count).map(entry).collect() });
    }
    write
}

impl Story {
    /// So many batches of a few saves, on a new disk.
    pub fn new(batches: u64, longest: usize, seed: u64) -> Story {
        let mut draws = Draws::new(seed);
        let disk = Disk::new();
        let first = self::first();
        let start = first.log.prev;
        let directory = Memory(disk.clone());
        let mut wal = Wal::create(directory.clone(), OURS, SMALL, first.hard_state, start)
            .expect("the directory is empty");
        let made = Synced { operations: disk.operations(), records: 0, released: Index(0) };
        let mut story = Story { disk, known: vec![first], batches: vec![made] };
        for _ in 0..batches {
            if draws.chance(30) {
                prepare_spare(&directory, SMALL).expect("there is room");
            }
            for _ in 0..draws.between(1, 3) {
                let last = story.known.last().expect("there is a first");
                let released = story.batches.last().expect("there is one").released;
                let write = save(last, released, &mut draws, longest);
                let next = last.take(&write);
                wal.add(&write).expect("nothing has failed");
                story.known.extend(next);
            }
            wal.sync().expect("the disk works");
            let mut released = story.batches.last().expect("there is one").released;
            story.note(released);
            if draws.chance(20) {
                let log = &story.known.last().expect("there is a first").log;
                let index = Index(log.last().index.0.saturating_sub(3)).max(log.prev.index);
                released = released.max(index);
                story.note(released);
                wal.release(index).expect("the disk works");
                story.note(released);
            }
        }
        story
    }

    fn note(&mut self, released: Index) {
        let (operations, records) = (self.disk.operations(), self.known.len() - 1);
        self.batches.push(Synced { operations, records, released });
    }

    /// After how many operations the log was there.
    pub fn beginning(&self) -> usize {
        self.batches[0].operations
    }

    /// What the log holds in the end.
    pub fn end(&self) -> &Known<Op> {
        self.known.last().expect("there is a first")
    }

    /// May this be what a crash after so many operations has left? If not, what was promised.
    pub fn allows(&self, operations: usize, recovered: &Recovered<Op>) -> Result<(), String> {
        let next = self.batches.partition_point(|batch| batch.operations <= operations);
        let promised = self.batches[next - 1];
        let under_way = self.batches.get(next).copied().unwrap_or(promised);
        let released = promised.released.max(under_way.released);
        let mut may_be = self.known[promised.records..=under_way.records].iter();
        if may_be.any(|known| known.is(recovered, released)) {
            return Ok(());
        }
        let promised = &self.known[promised.records];
        let log = promised.log.clone().into();
        Err(format!(
            "promised was  {}\ncame back     {}",
            summary(promised.hard_state, &log),
            summary(recovered.hard_state, &recovered.log),
        ))
    }

    /// Did the log hold this at any time?
    pub fn was_once(&self, recovered: &Recovered<Op>) -> bool {
        let released = self.batches.last().expect("there is one").released;
        self.known.iter().any(|known| known.is(recovered, released))
    }

    /// Is this what the log holds in the end, all of it?
    pub fn is_whole(&self, recovered: &Recovered<Op>) -> bool {
        let released = self.batches.last().expect("there is one").released;
        self.end().is(recovered, released)
    }
}
