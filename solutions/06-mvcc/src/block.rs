//! Some keys of the index, side by side.
//!
//! Owns [`Block`], and when one becomes two, or two become one.
//!
//! Invariant: there are [`KEYS`] keys at most.
//!
//! Left to others: which keys are in which block (`index`).

use crate::key_list::KeyList;
use crate::versions::{Version, Versions, taken};
use api::Revision;
use std::ops::{Bound, Range};

/// So many keys a block has at most.
pub const KEYS: usize = 64;

/// A block of two keys or more that are longer together gets no more of them.
const LENGTH: usize = 1 << 14;

/// Keys in order, each with its versions.
#[derive(Debug, Default)]
pub struct Block {
    keys: KeyList,
    versions: Vec<Versions>,
}

impl Block {
    /// How many keys it has.
    pub fn count(&self) -> usize {
        self.versions.len()
    }

    /// This key, and its versions.
    pub fn at(&self, at: usize) -> (&[u8], &Versions) {
        (self.keys.get(at), &self.versions[at])
    }

    /// The versions of a key, if it is here.
    pub fn get(&self, key: &[u8]) -> Option<&Versions> {
        self.keys.find(key).ok().map(|at| &self.versions[at])
    }

    /// Which of the keys are between two bounds.
    pub fn between(&self, from: Bound<&[u8]>, to: Bound<&[u8]>) -> Range<usize> {
        let place = |key: &[u8], behind: bool| match self.keys.find(key) {
            Ok(at) => at + usize::from(behind),
            Err(at) => at,
        };
        let from = match from {
            Bound::Included(key) => place(key, false),
            Bound::Excluded(key) => place(key, true),
            Bound::Unbounded => 0,
        };
        let to = match to {
            Bound::Included(key) => place(key, true),
            Bound::Excluded(key) => place(key, false),
            Bound::Unbounded => self.count(),
        };
        from..to
    }

    /// A key has one more version. If the key is new, and there is no room for it, this block
    /// becomes two, and the second is given back.
    pub fn add(&mut self, key: &[u8], version: Version) -> Option<Block> {
        let at = match self.keys.find(key) {
            Ok(at) => {
                self.versions[at].add(version);
                return None;
            }
            Err(at) => at,
        };
        let is_full = self.count() == KEYS || (self.count() > 1 && self.keys.length() > LENGTH);
        if !is_full {
            self.insert(at, key, version);
            return None;
        }
        // Keys often come in order. Then the blocks before the last stay full.
        let half = if at == self.count() { at } else { self.count() / 2 };
        let mut second = self.split_off(half);
        match at.checked_sub(half) {
            Some(at) => second.insert(at, key, version),
            None => self.insert(at, key, version),
        }
        Some(second)
    }

    /// Takes from some keys the versions that nobody needs after a compaction, and calls `see` for
    /// each of them. A key without versions goes as well.
    pub fn compact(
        &mut self,
        keys: Range<usize>,
        compacted: Revision,
        see: &mut impl FnMut(Version),
    ) {
        let all = std::mem::take(self);
        for (at, versions) in all.versions.into_iter().enumerate() {
            let count = if keys.contains(&at) { taken(versions.all(), compacted) } else { 0 };
            versions.all()[..count].iter().copied().for_each(&mut *see);
            if let Some(versions) = versions.without(count) {
                self.keys.insert(self.count(), all.keys.get(at));
                self.versions.push(versions);
            }
        }
    }

    /// Takes all keys of the block after this one, if both together are far from full. Has it?
    pub fn join(&mut self, next: &mut Block) -> bool {
        let count = self.count() + next.count();
        let length = self.keys.length() + next.keys.length();
        if count > KEYS / 2 || length > LENGTH / 2 {
            return false;
        }
        for (at, versions) in next.versions.drain(..).enumerate() {
            self.keys.insert(self.versions.len(), next.keys.get(at));
            self.versions.push(versions);
        }
        true
    }

    fn insert(&mut self, at: usize, key: &[u8], version: Version) {
        self.keys.insert(at, key);
        self.versions.insert(at, Versions::One(version));
    }

    fn split_off(&mut self, at: usize) -> Block {
        Block { keys: self.keys.split_off(at), versions: self.versions.split_off(at) }
    }
}
