//! A hash of all that is there, which is kept up to date.
//!
//! Owns [`Sums`]: the sum of one hash for each key that is there, and what it was at the last
//! revisions. Two members at the same revision have the same sum, or one of them is wrong; so they
//! can find out at every heartbeat. It does not depend on what was compacted.
//!
//! A sum can be taken apart again: when a key changes, the hash of its old row is subtracted, and
//! that of the new one added. A hash of everything in order would have to look at everything.
//!
//! Left to others: asking other members.

use api::Revision;
use std::collections::VecDeque;

/// So many of the last revisions are remembered.
const REMEMBERED: usize = 4_096;

/// The sum, and those of the last revisions.
#[derive(Debug)]
pub struct Sums {
    sum: u64,
    /// Revisions without a gap, the oldest first.
    last: VecDeque<(Revision, u64)>,
}

/// The hash of a row.
pub fn hash(row: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(row)
}

impl Sums {
    /// The sum at this revision.
    pub fn new(revision: Revision, sum: u64) -> Sums {
        Sums { sum, last: VecDeque::from([(revision, sum)]) }
    }

    /// A key's row becomes another; none if it is not there.
    pub fn replace(&mut self, old: Option<u64>, new: Option<u64>) {
        self.sum = self.sum.wrapping_sub(old.unwrap_or(0)).wrapping_add(new.unwrap_or(0));
    }

    /// The store is at this revision now, which is the next.
    pub fn note(&mut self, revision: Revision) {
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back((revision, self.sum));
    }

    /// What it was at a revision; none if that is too long ago, or still to come.
    pub fn at(&self, revision: Revision) -> Option<u64> {
        let (first, _) = self.last.front()?;
        let at = usize::try_from(revision.0.checked_sub(first.0)?).ok()?;
        self.last.get(at).map(|(_, sum)| *sum)
    }
}
