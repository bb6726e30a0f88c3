//! What is true of a member right now, for all its threads to see.
//!
//! Owns [`Facts`]: users, alarms, members and versions, which the state swaps; how far the log is,
//! which the replica says; how large the store is, which the store says; and what everybody counts.
//! Whoever looks sees each of them whole, and waits for nobody.
//!
//! Left to others: what is in the store at one revision (`mvcc::View`).

use crate::alarms::Alarms;
use crate::gate::Gate;
use crate::metrics::Metrics;
use crate::roster::Roster;
use crate::swapped::Swapped;
use api::Revision;
use basics::NodeId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What is true of a member.
pub struct Facts {
    /// Users, roles and tokens.
    pub gate: Gate,
    /// What is wrong.
    pub alarms: Swapped<Alarms>,
    /// Who belongs to the cluster.
    pub roster: Swapped<Roster>,
    /// Which versions the cluster speaks.
    pub versions: Swapped<Versions>,
    /// The last compactions.
    pub compactions: Swapped<Compactions>,
    /// How far the log is.
    pub progress: Progress,
    /// Who leads, and since when.
    pub leading: Swapped<Leading>,
    /// How large the store is.
    pub sizes: Sizes,
    /// Are clients served, and not sent elsewhere?
    pub serving: watch::Sender<bool>,
    /// What was counted.
    pub metrics: Metrics,
}

/// Who leads, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Leading {
    /// Who; nobody, as far as this member knows.
    pub leader: Option<NodeId>,
    /// That is so since then.
    pub since: Instant,
}

/// Which versions the cluster speaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// What all members speak; none until a leader has said so.
    pub cluster: Option<String>,
    /// How the store is written.
    pub storage: Option<String>,
    /// Back to which the cluster is to go.
    pub downgrade: Option<String>,
}

/// What the last compactions since the start left.
#[derive(Clone, Debug, Default)]
pub struct Compactions(VecDeque<Compacted>);

/// What a compaction left.
#[derive(Clone, Copy, Debug)]
pub struct Compacted {
    /// It was of this revision.
    pub revision: Revision,
    /// The one before it was of that.
    pub before: Option<Revision>,
    /// A hash of all that was there, after that one.
    pub hash: u32,
}

/// How far the log is.
#[derive(Default)]
pub struct Progress {
    leader: AtomicU64,
    leads: AtomicBool,
    term: AtomicU64,
    last: AtomicU64,
    committed: AtomicU64,
    applied: AtomicU64,
}

/// What a replica says of itself.
pub struct Said {
    /// Who leads.
    pub leader: Option<NodeId>,
    /// It does itself.
    pub leads: bool,
    /// In which term.
    pub term: u64,
    /// The log's last entry.
    pub last: u64,
    /// The last that is committed.
    pub committed: u64,
    /// The last that was carried out.
    pub applied: u64,
}

/// How large the store is.
#[derive(Default)]
pub struct Sizes {
    allocated: AtomicU64,
    in_use: AtomicU64,
}

impl Leading {
    /// Nobody leads yet.
    pub fn nobody() -> Leading {
        Leading { leader: None, since: Instant::now() }
    }

    /// For how long nobody has led; not at all, if somebody does.
    pub fn lost(&self) -> Duration {
        if self.leader.is_none() { self.since.elapsed() } else { Duration::ZERO }
    }
}

impl Progress {
    /// The replica says how far it is.
    pub fn note(&self, said: &Said) {
        self.leader.store(said.leader.map_or(0, |id| id.0), Ordering::Relaxed);
        self.leads.store(said.leads, Ordering::Relaxed);
        self.term.store(said.term, Ordering::Relaxed);
        self.last.store(said.last, Ordering::Relaxed);
        self.committed.store(said.committed, Ordering::Relaxed);
        self.applied.store(said.applied, Ordering::Relaxed);
    }

    /// In which term it is.
    pub fn term(&self) -> u64 {
        self.term.load(Ordering::Relaxed)
    }

    /// How far it is. Each number is one that it said, and they are of about the same moment.
    pub fn get(&self) -> Said {
        let leader = self.leader.load(Ordering::Relaxed);
        Said {
            leader: (leader != 0).then_some(NodeId(leader)),
            leads: self.leads.load(Ordering::Relaxed),
            term: self.term.load(Ordering::Relaxed),
            last: self.last.load(Ordering::Relaxed),
            committed: self.committed.load(Ordering::Relaxed),
            applied: self.applied.load(Ordering::Relaxed),
        }
    }
}

impl Sizes {
    /// The store has this many bytes, of which so many are in use.
    pub fn note(&self, allocated: u64, in_use: u64) {
        self.allocated.store(allocated, Ordering::Relaxed);
        self.in_use.store(in_use, Ordering::Relaxed);
    }

    /// How many bytes the store has, free pages too.
    pub fn allocated(&self) -> u64 {
        self.allocated.load(Ordering::Relaxed)
    }

    /// How many of them are in use.
    pub fn in_use(&self) -> u64 {
        self.in_use.load(Ordering::Relaxed)
    }
}

impl Compactions {
    /// As many as are remembered.
    const MOST: usize = 10;

    /// One more.
    pub fn and(&self, compacted: Compacted) -> Compactions {
        let mut all = self.0.clone();
        if all.len() == Compactions::MOST {
            all.pop_front();
        }
        all.push_back(compacted);
        Compactions(all)
    }

    /// The one of this revision.
    pub fn find(&self, revision: i64) -> Option<&Compacted> {
        self.0.iter().find(|it| it.revision.wire() == revision)
    }

    /// All of them. The newest is last.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Compacted> {
        self.0.iter()
    }
}
