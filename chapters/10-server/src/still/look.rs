//! What is in a state that stands still.
//!
//! Owns what whoever drives it may ask, and two ways to compare it with another: its parts, each as
//! a number, which take a moment; and all its rows. The parts have what is in memory beside what is
//! in rows, so what is in one and not in the other shows when a member starts again.
//!
//! What only says how far a member is, is in neither: of the past, one has more than another while
//! a compaction goes on, and the store's own position is written when it is frozen.

use super::{Error, Still};
use crate::rows::PASSING;
use api::{AlarmMember, LeaseId, Member, RangeRequest, RangeResponse, Revision};
use auth::Auth;
use basics::{NodeId, Position};
use bytes::Bytes;
use raft::Configuration;
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Every bucket of a store, of which [`Still::rows`] gives the rows.
pub use crate::rows::BUCKETS;

/// Up to where the past is gone from the file, too.
const FINISHED: &[u8] = b"finishedCompactRev";

/// A part of a state: what it is called, and a number that another state has that has the same.
pub type Part = (&'static str, u64);

impl Still {
    /// The last entry that was carried out.
    pub fn applied(&self) -> Position {
        self.state.applied()
    }

    /// By whom the cluster decides, as of that entry.
    pub fn configuration(&self) -> &Configuration {
        self.state.configuration()
    }

    /// The newest revision.
    pub fn current(&self) -> Revision {
        self.state.current()
    }

    /// Could something be frozen now?
    pub fn can_freeze(&self) -> bool {
        self.state.can_freeze()
    }

    /// What a range is answered.
    pub fn range(&self, request: &RangeRequest) -> Result<RangeResponse, mvcc::Error> {
        self.wires.reader.view().range(request)
    }

    /// The hash of all keys, by etcd's formula.
    pub fn hash(&self) -> Result<u32, mvcc::Error> {
        self.wires.reader.view().hash(0)
    }

    /// The leases that are there, each with its keys.
    pub fn leases(&self) -> Vec<(LeaseId, Vec<Bytes>)> {
        let mut leases = self.wires.leases.lock().leases();
        leases.sort_unstable();
        let keys = |lease: LeaseId| {
            let mut keys: Vec<Bytes> = self.state.attached().keys(lease).cloned().collect();
            keys.sort_unstable();
            (lease, keys)
        };
        leases.into_iter().map(keys).collect()
    }

    /// Does this member watch over leases?
    pub fn is_primary(&self) -> bool {
        self.wires.leases.lock().is_primary()
    }

    /// Users and roles.
    pub fn users(&self) -> Arc<Auth> {
        self.wires.facts.gate.auth()
    }

    /// The members.
    pub fn members(&self) -> Vec<Member> {
        self.wires.facts.roster.get().list()
    }

    /// Was it a member, and is none any more?
    pub fn is_removed(&self, id: NodeId) -> bool {
        self.wires.facts.roster.get().is_removed(id)
    }

    /// Does this member end because it was removed?
    pub fn has_left(&self) -> bool {
        self.wires.stop.left().is_some()
    }

    /// What is wrong.
    pub fn alarms(&self) -> Vec<AlarmMember> {
        self.wires.facts.alarms.get().iter().collect()
    }

    /// All rows of a bucket, in order.
    pub fn rows(&self, bucket: &str) -> Result<Vec<(Bytes, Bytes)>, Error> {
        let view = self.wires.reader.view();
        let rows: Result<Vec<_>, _> = view.rows().range(bucket.as_bytes(), ..)?.collect();
        Ok(rows?)
    }

    /// Every part of it.
    pub fn parts(&self) -> Result<Vec<Part>, Error> {
        let facts = &self.wires.facts;
        let current = self.state.current();
        let keys = (current, self.state.compacted(), self.state.sum(current));
        let mut parts = vec![
            ("position", of(&(self.applied(), self.configuration()))),
            ("keys", of(&keys)),
            ("leases", of(&self.leases())),
            ("users", of_text(&*self.users())),
            ("alarms", of_text(&*facts.alarms.get())),
            ("members", of_text(&*facts.roster.get())),
            ("versions", of_text(&*facts.versions.get())),
        ];
        for bucket in BUCKETS {
            // The sum stands for keys: there are many.
            if bucket != "key" {
                let rows = self.rows(bucket)?;
                let lasting = rows.iter().filter(|(key, _)| !is_passing(bucket, key));
                parts.push((bucket, of(&lasting.collect::<Vec<_>>())));
            }
        }
        Ok(parts)
    }
}

/// Does this row say how far a store is, and not what is in it?
fn is_passing(bucket: &str, key: &[u8]) -> bool {
    bucket == "meta" && (PASSING.contains(&key) || key == FINISHED)
}

fn of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn of_text(value: &impl Debug) -> u64 {
    of(&format!("{value:?}"))
}
