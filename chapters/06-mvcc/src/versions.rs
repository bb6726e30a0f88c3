//! What one key has seen.
//!
//! Owns [`Versions`]: the changes of a key as a list, the oldest first. A *life* begins when the
//! key is put and is not there, and ends when it is deleted. Nothing is ever changed in the list:
//! newer versions come behind, and a compaction takes some from the front. So whoever asks for the
//! version at a revision gets the same answer, whatever is written meanwhile.
//!
//! Invariants:
//! - There is a version, and the stamps ascend.
//! - Two tombstones never follow each other.
//!
//! Left to others: which keys there are (`index`).

use crate::stamp::{Act, Stamp};
use api::Revision;
use std::num::NonZeroU64;

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
pub enum Versions {
    /// One.
    One(Version),
    /// Two, or more.
    Many(Vec<Version>),
}

impl Version {
    /// What happened then.
    pub fn act(&self) -> Act {
        if self.life.is_some() { Act::Put } else { Act::Delete }
    }
}

impl Versions {
    /// All of them, the oldest first.
    pub fn all(&self) -> &[Version] {
        match self {
            Versions::One(version) => std::slice::from_ref(version),
            Versions::Many(versions) => versions,
        }
    }

    /// The newest.
    pub fn newest(&self) -> Version {
        *self.all().last().expect("every key has a version")
    }

    /// One more, newer than all.
    pub fn add(&mut self, version: Version) {
        assert!(self.newest().stamp < version.stamp, "time goes forwards");
        match self {
            Versions::One(first) => *self = Versions::Many(vec![*first, version]),
            Versions::Many(versions) => versions.push(version),
        }
    }

    /// The change that the key's value at a revision comes from, and its life: of the newest
    /// version that is not after it. None if the key is not there.
    pub fn at(&self, revision: Revision) -> Option<(Stamp, Life)> {
        let all = self.all();
        let after = all.partition_point(|version| version.stamp.revision <= revision);
        let Version { stamp, life } = all[after.checked_sub(1)?];
        Some((stamp, life?))
    }

    /// Without the first of them; none if that were all.
    pub fn without(self, count: usize) -> Option<Versions> {
        match &self.all()[count..] {
            [] => None,
            [one] => Some(Versions::One(*one)),
            _ if count == 0 => Some(self),
            rest => Some(Versions::Many(rest.to_vec())),
        }
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
