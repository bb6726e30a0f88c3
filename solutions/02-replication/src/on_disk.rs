//! How much of the log the disk holds, and how much it will hold soon.
//!
//! Owns [`OnDisk`]. A node goes on while its saves are on their way, so "in the log" and "on disk"
//! are different things, and in between an entry may be cut and replaced. Saves are synced in the
//! order in which they were handed out; that alone makes the bookkeeping short.

use basics::Index;
use std::collections::VecDeque;

/// What the disk is known to hold of the log as it is now.
///
/// Invariants: `synced` and every number in `saves` is at most the log's last index; entry for
/// entry, what they cover is what the log holds now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OnDisk {
    /// The disk holds the log up to here.
    synced: Index,
    /// For each save that is on its way, oldest first: how far the disk will hold the log as it is
    /// now, once that save and those before it are synced.
    saves: VecDeque<Index>,
}

impl OnDisk {
    /// Everything up to `last` was read from the disk.
    pub fn new(last: Index) -> OnDisk {
        OnDisk { synced: last, saves: VecDeque::new() }
    }

    /// How far the disk holds the log as it is now.
    pub fn synced(&self) -> Index {
        self.synced
    }

    /// How far the disk will hold it, once all saves on their way are synced.
    pub fn handed_out(&self) -> Index {
        self.saves.back().copied().unwrap_or(self.synced)
    }

    /// A save goes out; after it the disk holds the log up to `last`.
    pub fn hand_out(&mut self, last: Index) {
        self.saves.push_back(last);
    }

    /// The log was cut: of what it held, only the entries up to `kept` are the same.
    ///
    /// What the disk holds, or is about to hold, after `kept` is not in the log any more, and must
    /// never be taken for what comes in its place.
    ///
    /// *Example:* entries 5 to 7 are in a save on its way when a leader cuts the log to 4 and
    /// brings another entry 5. The receipt of the first save says that the disk holds the log up
    /// to 4.
    pub fn cut(&mut self, kept: Index) {
        self.synced = self.synced.min(kept);
        for last in &mut self.saves {
            *last = kept.min(*last);
        }
    }

    /// The log begins anew after `index`, and what is up to there is durable without it. Of what
    /// the saves on their way hold, nothing is in it.
    pub(crate) fn begin(&mut self, index: Index) {
        self.synced = index;
        self.saves.iter_mut().for_each(|last| *last = index);
    }

    /// The oldest save on its way is synced.
    pub fn receipt(&mut self) {
        let last = self.saves.pop_front().expect("a receipt comes once, for a save");
        self.synced = last;
    }
}
