//! Which changes each key has seen.
//!
//! Owns [`Index`]: for each key its versions, in memory. The rows lie in the order in which they
//! were written, so without it nobody would find a key.
//!
//! A key's versions are a list of stamps, the oldest first. A *life* begins when the key is put and
//! is not there, and ends when it is deleted. Nothing is ever changed in the list: newer versions
//! come behind, and a compaction takes some from the front. So whoever asks for the version at a
//! revision gets the same answer, whatever is written meanwhile.
//!
//! Invariants:
//! - Every key has a version, and their stamps ascend.
//! - Two tombstones never follow each other.
//!
//! Left to others: the rows (`store`), locks (`view`), and when a compaction may come (`store`).

use crate::stamp::{Act, Stamp};
use api::{Keys, Revision};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::ops::Bound;

/// All keys.
#[derive(Debug, Default)]
pub struct Index {
    keys: BTreeMap<Bytes, Versions>,
}

/// What became of a key at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// When.
    pub stamp: Stamp,
    /// The life that it is in from then on; none if it was deleted.
    pub life: Option<Life>,
}

/// A key that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// The revision that began this life.
    pub created: Revision,
    /// How often it was put in this life, with this time.
    pub version: NonZeroU64,
    /// The hash of its row.
    pub hash: u64,
}

/// A key's versions. Most have one, once there was a compaction, and need no list.
#[derive(Debug)]
enum Versions {
    One(Version),
    Many(Vec<Version>),
}

impl Versions {
    fn all(&self) -> &[Version] {
        match self {
            Versions::One(version) => std::slice::from_ref(version),
            Versions::Many(versions) => versions,
        }
    }

    fn newest(&self) -> Version {
        *self.all().last().expect("every key has a version")
    }

    fn add(&mut self, version: Version) {
        assert!(self.newest().stamp < version.stamp, "time goes forwards");
        match self {
            Versions::One(first) => *self = Versions::Many(vec![*first, version]),
            Versions::Many(versions) => versions.push(version),
        }
    }

    /// The version at a revision: the newest that is not after it. None if the key was never
    /// there.
    fn at(&self, revision: Revision) -> Option<Version> {
        let all = self.all();
        let after = all.partition_point(|version| version.stamp.revision <= revision);
        after.checked_sub(1).map(|at| all[at])
    }
}

/// How many of a key's versions, from the first on, a compaction at this revision takes. From then
/// on nobody asks for a state before it. So the newest version that is not after it stays, and all
/// before that one go.
///
/// If that version is a tombstone, it goes as well, since a key that is not known is not there
/// either. Only one of exactly this revision stays: it is what a watcher from there on gets to see.
///
/// *Example:* versions at 2, 5 and 9. A compaction at 6 takes the first. One at 9 takes two; if the
/// third is a tombstone, one at 10 takes all.
pub fn taken(versions: &[Version], compacted: Revision) -> usize {
    let after = versions.partition_point(|version| version.stamp.revision <= compacted);
    let Some(newest) = after.checked_sub(1) else { return 0 };
    let Version { stamp, life } = versions[newest];
    let goes_too = life.is_none() && stamp.revision < compacted;
    newest + usize::from(goes_too)
}

impl Index {
    /// An index of these keys, each with its versions. Keys ascend.
    pub fn of(keys: impl Iterator<Item = (Bytes, Vec<Version>)>) -> Index {
        let versions = |versions: Vec<Version>| match versions[..] {
            [version] => Versions::One(version),
            _ => Versions::Many(versions),
        };
        Index { keys: keys.map(|(key, all)| (key, versions(all))).collect() }
    }

    /// A key's newest version, if it has any.
    pub fn newest(&self, key: &[u8]) -> Option<Version> {
        self.keys.get(key).map(Versions::newest)
    }

    /// The change that a key's value at a revision comes from, and its life; none if it is not
    /// there.
    pub fn get(&self, key: &[u8], at: Revision) -> Option<(Stamp, Life)> {
        alive(self.keys.get(key)?, at)
    }

    /// Looks at so many keys of a range, at most, and calls `see` for those that are there at a
    /// revision, in order, until it says that it has seen enough. The last key, if there may be
    /// more.
    pub fn slice(
        &self,
        keys: &(Bound<Bytes>, Bound<Bytes>),
        at: Revision,
        count: usize,
        see: &mut impl FnMut(&Bytes, Stamp, Life) -> bool,
    ) -> Option<Bytes> {
        if !is_range(keys) {
            return None;
        }
        let mut left = count;
        for (key, versions) in self.keys.range::<[u8], _>(borrowed(keys)) {
            if let Some((stamp, life)) = alive(versions, at)
                && !see(key, stamp, life)
            {
                return None;
            }
            left -= 1;
            if left == 0 {
                return Some(key.clone());
            }
        }
        None
    }

    /// A key is put, and is in this life from then on.
    pub fn put(&mut self, key: &Bytes, stamp: Stamp, life: Life) {
        self.add(key, Version { stamp, life: Some(life) });
    }

    /// A key is deleted, which is there.
    pub fn delete(&mut self, key: &Bytes, stamp: Stamp) {
        self.add(key, Version { stamp, life: None });
    }

    fn add(&mut self, key: &Bytes, version: Version) {
        match self.keys.get_mut(key) {
            Some(versions) => versions.add(version),
            // A request's key may be a small part of a large buffer, and would keep all of it.
            None => {
                self.keys.insert(Bytes::copy_from_slice(key), Versions::One(version));
            }
        }
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
        let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(&key[..]));
        let mut rows = Vec::new();
        let mut gone = Vec::new();
        let (mut last, mut is_more) = (None, false);
        let range = self.keys.range_mut::<[u8], _>((from, Bound::Unbounded));
        for (at, (key, versions)) in range.enumerate() {
            if at == count {
                is_more = true;
                break;
            }
            last = Some(key.clone());
            let all = versions.all();
            let taken = taken(all, compacted);
            rows.extend(all[..taken].iter().map(|version| (version.stamp, version.act())));
            match &all[taken..] {
                [] => gone.push(key.clone()),
                [one] => *versions = Versions::One(*one),
                rest if taken > 0 => *versions = Versions::Many(rest.to_vec()),
                _ => {}
            }
        }
        for key in gone {
            self.keys.remove(&key);
        }
        (rows, last.filter(|_| is_more))
    }

    /// How many keys it knows, there or not.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Does it know no key?
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Version {
    /// What happened then.
    pub fn act(&self) -> Act {
        if self.life.is_some() { Act::Put } else { Act::Delete }
    }
}

fn alive(versions: &Versions, at: Revision) -> Option<(Stamp, Life)> {
    let version = versions.at(at)?;
    Some((version.stamp, version.life?))
}

/// The bounds of these keys.
pub fn bounds(keys: &Keys) -> (Bound<Bytes>, Bound<Bytes>) {
    let own = |bound: Bound<&[u8]>| bound.map(Bytes::copy_from_slice);
    use std::ops::RangeBounds;
    (own(keys.start_bound()), own(keys.end_bound()))
}

fn borrowed(keys: &(Bound<Bytes>, Bound<Bytes>)) -> (Bound<&[u8]>, Bound<&[u8]>) {
    (keys.0.as_ref().map(|key| &key[..]), keys.1.as_ref().map(|key| &key[..]))
}

/// A map panics if a range ends before it begins.
fn is_range(keys: &(Bound<Bytes>, Bound<Bytes>)) -> bool {
    match borrowed(keys) {
        (Bound::Included(from), Bound::Included(to)) => from <= to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to))
        | (Bound::Excluded(from), Bound::Included(to)) => from < to,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => true,
    }
}
