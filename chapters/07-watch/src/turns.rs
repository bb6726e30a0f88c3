//! Who is next.
//!
//! Owns [`Turns`]: everybody who has something to say, each once, in turn. Whoever was served is
//! behind all others, so nobody waits for longer than a round; and there is no queue that could
//! grow, or keep somebody who has gone.

use std::collections::BTreeSet;
use std::ops::Bound;

/// Those who wait for their turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turns<T> {
    waiting: BTreeSet<T>,
    /// Who had the last turn.
    last: Option<T>,
}

impl<T: Ord + Copy> Turns<T> {
    /// Nobody.
    pub fn new() -> Turns<T> {
        Turns { waiting: BTreeSet::new(), last: None }
    }

    /// From now on it waits, if it did not already.
    pub fn add(&mut self, it: T) {
        self.waiting.insert(it);
    }

    /// It does not wait any more.
    pub fn remove(&mut self, it: T) {
        self.waiting.remove(&it);
    }

    /// Does nobody wait?
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// All that wait.
    pub fn all(&self) -> &BTreeSet<T> {
        &self.waiting
    }

    /// Whose turn it is: the next after the one that had the last turn, and after the greatest the
    /// least. It waits until it is removed, or else it has another turn in the next round.
    pub fn turn(&mut self) -> Option<T> {
        let after = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.waiting.range((after, Bound::Unbounded)).next();
        let next = next.or_else(|| self.waiting.first()).copied();
        self.last = next.or(self.last);
        next
    }
}
