//! Which changes each key has seen.
//!
//! Owns [`Index`]: for each key its versions, in memory. The rows lie in the order in which they
//! were written, so without it nobody would find a key.
//!
//! Invariant: every key has a version.
//!
//! Left to others: the rows (`store`), locks (`view`), and when a compaction may come (`store`).

use crate::stamp::{Act, Stamp};
use crate::tree::Node;
use crate::versions::{Life, Version};
use api::{Keys, Revision};
use bytes::Bytes;
use std::ops::{Bound, RangeBounds};

/// All keys.
#[derive(Debug, Default)]
pub struct Index {
    keys: Node,
}

impl Index {
    /// A key's newest version, if it has any.
    pub fn newest(&self, key: &[u8]) -> Option<Version> {
        let versions = self.keys.leaf(key).0.get(key)?;
        Some(versions.newest())
    }

    /// The change that a key's value at a revision comes from, and its life; none if it is not
    /// there.
    pub fn get(&self, key: &[u8], at: Revision) -> Option<(Stamp, Life)> {
        self.keys.leaf(key).0.get(key)?.at(at)
    }

    /// Looks at so many keys of a range, and calls `see` for those that are there at a revision, in
    /// order, until it says that it has seen enough. The last key, if there may be more.
    pub fn slice(
        &self,
        keys: &(Bound<Bytes>, Bound<Bytes>),
        at: Revision,
        count: usize,
        see: &mut impl FnMut(&[u8], Stamp, Life) -> bool,
    ) -> Option<Bytes> {
        let [from, to] = [&keys.0, &keys.1].map(|bound| bound.as_ref().map(|key| &key[..]));
        let mut next = Some(match from {
            Bound::Included(key) | Bound::Excluded(key) => key,
            Bound::Unbounded => &[],
        });
        let mut left = count;
        while let Some(name) = next {
            let (block, after) = self.keys.leaf(name);
            let inside = block.between(from, to);
            for place in inside.clone() {
                let (key, versions) = block.at(place);
                if let Some((stamp, life)) = versions.at(at)
                    && !see(key, stamp, life)
                {
                    return None;
                }
                left -= 1;
                if left == 0 {
                    return Some(Bytes::copy_from_slice(key));
                }
            }
            // The range may go on behind the last key, and nowhere else.
            next = after.filter(|_| inside.end >= block.count());
        }
        None
    }

    /// A key is put, and is in this life from then on.
    pub fn put(&mut self, key: &[u8], stamp: Stamp, life: Life) {
        self.add(key, Version { stamp, life: Some(life) });
    }

    /// A key is deleted, which is there.
    pub fn delete(&mut self, key: &[u8], stamp: Stamp) {
        self.add(key, Version { stamp, life: None });
    }

    /// A key has one more version, newer than all it has.
    pub fn add(&mut self, key: &[u8], version: Version) {
        self.keys.add(key, version);
    }

    /// Takes what nobody needs after a compaction, of so many keys after this one. The rows of what
    /// it took, and the last key that it looked at; none if there are no more.
    pub fn compact(
        &mut self,
        after: Option<&Bytes>,
        count: usize,
        compacted: Revision,
    ) -> (Vec<(Stamp, Act)>, Option<Bytes>) {
        assert!(count > 0, "else it would never come to an end");
        let mut rows = Vec::new();
        let mut take = |version: Version| rows.push((version.stamp, version.act()));
        let mut from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(&key[..]));
        let mut name: Bytes = after.cloned().unwrap_or_default();
        let mut left = count;
        loop {
            let (block, next) = self.keys.leaf(&name);
            let next = next.map(Bytes::copy_from_slice);
            let mut keys = block.between(from, Bound::Unbounded);
            let is_all = keys.len() <= left;
            keys.end = keys.end.min(keys.start + left);
            left -= keys.len();
            let last = keys.clone().last().map(|at| Bytes::copy_from_slice(block.at(at).0));
            self.keys.leaf_mut(&name).compact(keys, compacted, &mut take);
            if !is_all {
                return (rows, last);
            }
            self.keys.tidy(&name);
            let Some(next) = next else { return (rows, None) };
            if left == 0 {
                return (rows, last);
            }
            (from, name) = (Bound::Unbounded, next);
        }
    }
}

/// The bounds of these keys.
pub fn bounds(keys: &Keys) -> (Bound<Bytes>, Bound<Bytes>) {
    let own = |bound: Bound<&[u8]>| bound.map(Bytes::copy_from_slice);
    (own(keys.start_bound()), own(keys.end_bound()))
}
