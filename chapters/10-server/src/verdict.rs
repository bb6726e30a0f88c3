//! Who is wrong?
//!
//! Owns the rules by which members that hold different things are told apart from those that are
//! only not equally far. They are etcd's, and look at nothing but what they are given.
//!
//! Two hashes can be compared if they are of the same revision and if the same compaction counts
//! for both; then they are the same, or somebody is wrong. Who, only a majority can say.
//!
//! Left to others: finding out the hashes (`hashes`), asking for them (`asking`), and when
//! (`comparing`).

use bincode::{Decode, Encode};
use std::collections::BTreeMap;

/// What a store shows of its past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hashed {
    /// A hash of all that there was.
    pub hash: u32,
    /// At which revision.
    pub revision: i64,
    /// The revision of the compaction that counts for it; -1 if there was none.
    pub compacted: i64,
    /// The newest revision that the store had when it was asked.
    pub newest: i64,
}

/// How a store that starts is beside another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// They hold the same.
    Same,
    /// They cannot be compared: other compactions count.
    NotEquallyFar,
    /// One of them is wrong.
    Different,
}

/// What speaks against a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The leader shows another past than a moment before.
    Changed,
    /// A member has revisions that the leader does not have.
    Ahead(u64),
    /// A member has compacted what the leader has not.
    CompactedAhead(u64),
    /// A member shows another past than the leader.
    Different(u64),
}

/// What comes of comparing what a compaction left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement<H> {
    /// All members have the same.
    All,
    /// Those have it that could be asked; so many of the others.
    Part(usize),
    /// They have not.
    Split(Split<H>),
}

/// Members that do not have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split<H> {
    /// Most of all members agree, and it is the others that are wrong.
    pub has_quorum: bool,
    /// Hashes, and which members have each; but for that of the majority, if there is one.
    pub groups: Vec<(H, Vec<u64>)>,
}

/// How a member that starts is beside another one that was asked for the same revision.
pub fn beside(own: &Hashed, other: &Hashed) -> Beside {
    if own.hash == other.hash {
        Beside::Same
    } else if own.compacted == other.compacted {
        Beside::Different
    } else {
        Beside::NotEquallyFar
    }
}

/// What a leader finds that has asked others for what they show at the revision of its `first`
/// hash, and has read all that was acknowledged, and hashed once more after that.
pub fn findings(first: &Hashed, second: &Hashed, others: &[(u64, Hashed)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_same_past = (first.revision, first.compacted) == (second.revision, second.compacted);
    if is_same_past && first.hash != second.hash {
        findings.push(Finding::Changed);
    }
    for (id, other) in others {
        if other.newest > second.newest {
            findings.push(Finding::Ahead(*id));
        }
        if other.compacted > second.compacted {
            findings.push(Finding::CompactedAhead(*id));
        }
        if other.compacted == first.compacted && other.hash != first.hash {
            findings.push(Finding::Different(*id));
        }
    }
    findings
}

impl Finding {
    /// Against whom it speaks, if this member leads.
    pub fn suspect(self, leader: u64) -> u64 {
        match self {
            Finding::Changed => leader,
            Finding::Ahead(id) | Finding::CompactedAhead(id) | Finding::Different(id) => id,
        }
    }
}

/// Do the members agree on what a compaction left? Those that do not say, or for whom another
/// compaction counts, are left out, and are members all the same.
pub fn agreement(leader: u64, own: &Hashed, others: &[(u64, Option<Hashed>)]) -> Agreement<u32> {
    let hash = |other: &Hashed| (other.compacted == own.compacted).then_some(other.hash);
    let others = others.iter().map(|(id, other)| (*id, other.as_ref().and_then(hash)));
    agreement_of(leader, own.hash, &others.collect::<Vec<_>>())
}

/// Do the members agree on one number? Those that do not say it are members all the same.
pub fn agreement_of<H: Ord + Copy>(
    leader: u64,
    own: H,
    others: &[(u64, Option<H>)],
) -> Agreement<H> {
    let mut groups = BTreeMap::from([(own, vec![leader])]);
    let mut heard = 0;
    for (id, other) in others {
        if let Some(other) = other {
            heard += 1;
            groups.entry(*other).or_default().push(*id);
        }
    }
    if groups.len() == 1 {
        return if heard == others.len() { Agreement::All } else { Agreement::Part(heard) };
    }
    let quorum = others.len().div_ceil(2) + 1;
    let majority = groups.iter().find(|(_, members)| members.len() >= quorum);
    let majority = majority.map(|(hash, _)| *hash);
    let has_quorum = majority.and_then(|hash| groups.remove(&hash)).is_some();
    Agreement::Split(Split { has_quorum, groups: groups.into_iter().collect() })
}

impl<H> Split<H> {
    /// Who is wrong. Zero if nobody can tell: then it may be any of them.
    pub fn suspects(&self) -> Vec<u64> {
        match self.has_quorum {
            true => self.groups.iter().flat_map(|(_, members)| members.clone()).collect(),
            false => vec![0],
        }
    }
}
