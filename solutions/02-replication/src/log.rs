//! The log: what has been said, in order, and by the leader of which term.
//!
//! Owns [`Payload`], [`Entry`], [`Span`] and [`Log`]. An entry does not carry its index. Its place
//! says it: a span knows the position before its first entry, and a gap or a wrong number cannot be
//! written.
//!
//! Invariant of every span and every log: from the position before the first entry on, terms never
//! fall.
//!
//! Left to others: which entries are on disk (`on_disk`), which are committed (`replica`).

use basics::{Index, Position, Term};
use std::collections::VecDeque;

/// What the log carries. The log never looks inside; it only asks how long it is.
pub trait Payload: Clone {
    /// What goes to disk and to others. Whoever proposes a payload has encoded it, once, and a
    /// clone shares the bytes: an entry is in the log, in saves and in appends at the same time.
    fn bytes(&self) -> &[u8];
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entry<P> {
    /// The term of the leader that created it.
    pub term: Term,
    /// What somebody proposed; none in the entry that a new leader begins its term with.
    pub payload: Option<P>,
}

/// Entries that follow one another, and the position just before them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span<P> {
    /// Where the entries join on.
    pub prev: Position,
    /// The entries, of which the first has the index after `prev`.
    pub entries: Vec<Entry<P>>,
}

/// A node's log, in memory.
///
/// Invariants: the first entry has the index after `start`; terms never fall, and the first is not
/// below the start's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log<P> {
    /// The position before the first entry: [`Position::START`], or later once the beginning was
    /// let go.
    start: Position,
    entries: VecDeque<Entry<P>>,
}

impl<P: Payload> Entry<P> {
    /// What an entry counts beside its payload: its term, and how long it is. So entries without a
    /// payload are limited too.
    pub const OVERHEAD: usize = 16;

    /// How much it counts against limits, in bytes.
    pub fn size(&self) -> usize {
        let payload = self.payload.as_ref().map_or(0, |payload| payload.bytes().len());
        payload.saturating_add(Self::OVERHEAD)
    }
}

impl<P> Span<P> {
    /// No entries, after `prev`.
    pub fn empty(prev: Position) -> Span<P> {
        Span { prev, entries: Vec::new() }
    }

    /// The position of the last entry; that before the span if it has none.
    pub fn last(&self) -> Position {
        let index = Index(self.prev.index.0.saturating_add(self.entries.len() as u64));
        Position { term: self.entries.last().map_or(self.prev.term, |entry| entry.term), index }
    }

    /// Could a leader of `term` have sent this? Terms never fall, none is above its own, and there
    /// are numbers for the entries.
    pub(crate) fn is_sound(&self, term: Term) -> bool {
        let terms = self.entries.iter().map(|entry| entry.term);
        let all = || std::iter::once(self.prev.term).chain(terms.clone()).chain([term]);
        let numbered = self.prev.index.0.checked_add(self.entries.len() as u64 + 1).is_some();
        numbered && all().is_sorted()
    }
}

impl<P> Default for Log<P> {
    fn default() -> Log<P> {
        Log { start: Position::START, entries: VecDeque::new() }
    }
}

impl<P> From<Span<P>> for Log<P> {
    /// The log of these entries alone, for a node that read them from its disk.
    fn from(span: Span<P>) -> Log<P> {
        Log { start: span.prev, entries: span.entries.into() }
    }
}

impl<P: Payload> Log<P> {
    /// The position before the first entry.
    pub fn start(&self) -> Position {
        self.start
    }

    /// The position of the last entry; the start if there is none.
    pub fn last(&self) -> Position {
        let index = Index(self.start.index.0 + self.entries.len() as u64);
        Position { term: self.entries.back().map_or(self.start.term, |entry| entry.term), index }
    }

    /// The entry at this index, if the log has it.
    pub fn get(&self, index: Index) -> Option<&Entry<P>> {
        let after_start = index.0.checked_sub(self.start.index.0)?;
        let place = usize::try_from(after_start).ok()?.checked_sub(1)?;
        self.entries.get(place)
    }

    /// The term at this index: an entry's, or the start's. None before the start and after the last
    /// entry.
    ///
    /// *Example:* in a log of three entries of the terms 1, 1 and 4, the term at 0 is 0, the term
    /// at 3 is 4, and there is none at 4.
    pub fn term_at(&self, index: Index) -> Option<Term> {
        if index == self.start.index {
            return Some(self.start.term);
        }
        self.get(index).map(|entry| entry.term)
    }

    /// Does this log hold the entry of this position?
    ///
    /// By Log Matching it then holds everything before it that the entry's leader held: one
    /// comparison of two numbers stands for two whole logs.
    pub fn holds(&self, position: Position) -> bool {
        self.term_at(position.index) == Some(position.term)
    }

    /// Adds an entry; its position.
    pub(crate) fn push(&mut self, entry: Entry<P>) -> Position {
        self.entries.push_back(entry);
        self.last()
    }

    /// A copy of the entries after `after` up to `to`, as many as `bytes` bytes hold: it ends
    /// before the entry that would exceed them, but has one entry at least, if there is one.
    ///
    /// None if the log has no term at `after`: it has let go of it, or does not reach it yet.
    ///
    /// *Example:* five entries of 40 bytes. The span after 1, up to 5, in 100 bytes has the entries
    /// 2 and 3. In 10 bytes it has the entry 2: an entry larger than the limit must go somehow.
    pub fn span(&self, after: Index, to: Index, bytes: usize) -> Option<Span<P>> {
        let prev = Position { term: self.term_at(after)?, index: after };
        let mut room = bytes;
        let mut entries = Vec::new();
        for entry in (after.0 + 1..=to.0).map_while(|index| self.get(Index(index))) {
            match room.checked_sub(entry.size()) {
                Some(rest) => room = rest,
                None if entries.is_empty() => room = 0,
                None => break,
            }
            entries.push(entry.clone());
        }
        Some(Span { prev, entries })
    }

    /// Makes this log hold a leader's entries. `span.prev` is held already.
    ///
    /// - An entry that this log holds at the same index with the same term is the same entry: leave
    ///   it, and everything after it.
    /// - At the first that it holds with another term, cut it and everything after it.
    /// - Add what is missing.
    ///
    /// Returns the last index that stayed, if anything was cut.
    ///
    /// *Example:* the log has the terms 1, 1, 2, 2. A span after (1, 1) with the terms 1 and 3 cuts
    /// the entries 3 and 4, adds its second, and returns 2. A span after (0, 0) with the term 1
    /// came late: nothing changes, and entry 4 is still there.
    pub fn merge(&mut self, span: Span<P>) -> Option<Index> {
        let mut cut = None;
        for (index, entry) in (span.prev.index.0 + 1..).map(Index).zip(span.entries) {
            match self.term_at(index) {
                Some(term) if term == entry.term => continue,
                Some(_) => {
                    self.keep_to(Index(index.0 - 1));
                    cut = Some(Index(index.0 - 1));
                }
                None => {}
            }
            self.entries.push_back(entry);
        }
        cut
    }

    /// The last position in this log that is after `limit` neither in its index nor in its term.
    ///
    /// It answers "where may our logs still be the same?" for a whole term at a time: what comes
    /// after it cannot be in a log that holds `limit`.
    ///
    /// Terms never fall, so a binary search finds it. If even the start of this log is after
    /// `limit`, the log cannot tell. Then it is a position before the start: the term is `limit`'s,
    /// and the index too, or the last one before the start if that is smaller.
    ///
    /// *Example:* the terms are 1, 1, 1, 5, 5, 5. With the limit (3, 6) it is (1, 3): what is after
    /// index 3 is of term 5, and cannot be in a log that ends with term 3. With (5, 4) it is (5,
    /// 4).
    pub fn shared(&self, limit: Position) -> Position {
        if self.start.index > limit.index || self.start.term > limit.term {
            let before_start = Index(self.start.index.0.saturating_sub(1));
            return Position { term: limit.term, index: limit.index.min(before_start) };
        }
        let by_index = limit.index.0.saturating_sub(self.start.index.0);
        let by_term = self.entries.partition_point(|entry| entry.term <= limit.term);
        let count = by_index.min(by_term as u64);
        let index = Index(self.start.index.0 + count);
        Position { term: self.term_at(index).expect("it is in the log"), index }
    }

    /// Lets go of the entries up to `index`, and of none after it: a snapshot has taken their
    /// place. The log starts at `index` then. If it has no entry there, nothing changes.
    ///
    /// *Example:* the terms are 1, 1, 2, 2 and the log lets go of 3. It starts at (2, 3), and entry
    /// 4 is still entry 4.
    pub fn forget(&mut self, index: Index) {
        let Some(term) = self.term_at(index) else { return };
        let count = usize::try_from(index.0 - self.start.index.0).expect("there are entries");
        self.entries.drain(..count);
        self.start = Position { term, index };
    }

    /// Cuts everything after `index`.
    fn keep_to(&mut self, index: Index) {
        let count = index.0 - self.start.index.0;
        self.entries.truncate(usize::try_from(count).expect("it is in the log"));
    }
}
