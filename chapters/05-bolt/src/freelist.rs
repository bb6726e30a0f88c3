//! Which pages are free, and which will be.
//!
//! Owns [`Freelist`]. A page that a commit has replaced is still part of the state before it.
//! Whoever reads that state needs it; and so does a start that finds the newest meta broken, and
//! goes back to the one before. So a page is free again when no view is as old as that, and when
//! the state that it was part of is two commits old.
//!
//! Invariant: a page is in one run of `runs` at most, and then in no `pending` list. Runs do not
//! touch each other.
//!
//! Left to others: who reads what (`pages`), and which pages are replaced (`update`).

use crate::page::PageId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Free pages, and pages that will be free.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freelist {
    /// The first page of each run of free pages, and how many there are.
    runs: BTreeMap<u64, u64>,
    /// The same runs, by how many there are.
    by_length: BTreeSet<(u64, u64)>,
    /// The pages that each commit has replaced, the oldest commit first.
    pending: VecDeque<(u64, Vec<Run>)>,
}

/// Pages that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// The first.
    pub first: PageId,
    /// How many; one at least.
    pub count: u64,
}

impl Run {
    /// The page after the last.
    pub fn end(&self) -> PageId {
        PageId(self.first.0 + self.count)
    }
}

impl Freelist {
    /// These pages are free.
    pub fn new(runs: impl IntoIterator<Item = Run>) -> Freelist {
        let mut list = Freelist::default();
        runs.into_iter().for_each(|run| list.add(run));
        list
    }

    /// How many pages are free now.
    pub fn count(&self) -> u64 {
        self.runs.values().sum()
    }

    /// How many pages will be free when nobody needs them any more.
    pub fn pending(&self) -> u64 {
        self.pending.iter().flat_map(|(_, runs)| runs).map(|run| run.count).sum()
    }

    /// All pages that are free, or will be, in order.
    pub fn all(&self) -> Vec<Run> {
        let free = self.runs.iter().map(|(first, count)| (PageId(*first), *count));
        let free = free.map(|(first, count)| Run { first, count });
        let pending = self.pending.iter().flat_map(|(_, runs)| runs.iter().copied());
        let mut all: Vec<Run> = free.chain(pending).collect();
        all.sort_unstable();
        all
    }

    /// Takes so many pages that follow one another; none if there is no such run. Of all runs that
    /// are long enough it is the shortest, and of those the first: so long runs stay long.
    ///
    /// *Example:* the pages 4, 7, 8 and 9 are free. One page is 4. Two are 7 and 8.
    pub fn take(&mut self, count: u64) -> Option<PageId> {
        let (length, first) = *self.by_length.range((count, 0)..).next()?;
        self.cut(first, length);
        if length > count {
            self.put(first + count, length - count);
        }
        Some(PageId(first))
    }

    /// Gives back pages that nothing on disk refers to: they are free at once.
    pub fn add(&mut self, run: Run) {
        let (mut first, mut count) = (run.first.0, run.count);
        if let Some((before, length)) = self.runs.range(..first).next_back().map(|(a, b)| (*a, *b))
            && before + length == first
        {
            self.cut(before, length);
            (first, count) = (before, length + count);
        }
        if let Some(length) = self.runs.get(&(first + count)).copied() {
            self.cut(first + count, length);
            count += length;
        }
        self.put(first, count);
    }

    /// The commit of this number has replaced these pages.
    pub fn replaced(&mut self, commit: u64, runs: Vec<Run>) {
        self.pending.push_back((commit, runs));
    }

    /// Whoever reads, reads the state of this commit or of a later one. What no such state holds is
    /// free from now on.
    pub fn release(&mut self, oldest: u64) {
        while self.pending.front().is_some_and(|(commit, _)| *commit <= oldest) {
            let (_, runs) = self.pending.pop_front().expect("there is one");
            runs.into_iter().for_each(|run| self.add(run));
        }
    }

    fn put(&mut self, first: u64, count: u64) {
        self.runs.insert(first, count);
        self.by_length.insert((count, first));
    }

    fn cut(&mut self, first: u64, count: u64) {
        self.runs.remove(&first);
        self.by_length.remove(&(count, first));
    }
}
