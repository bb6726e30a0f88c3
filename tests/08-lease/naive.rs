//! Leases and their keys as one would write them first: no roles, no deadlines, and every state
//! that there was.

use api::{Error, LeaseGrantRequest, LeaseId, LeaseRevokeRequest};
use lease::{Checkpoint, Decided};
use std::collections::BTreeMap;

/// What the log says.
#[derive(Clone, Debug)]
pub enum Entry {
    /// With it, a leader's term begins.
    Empty,
    Grant(LeaseGrantRequest),
    Revoke(LeaseRevokeRequest),
    End(Decided<LeaseId>),
    Rests(Decided<Vec<Checkpoint>>),
    Put {
        key: u8,
        lease: Option<i64>,
    },
}

#[derive(Clone, Debug)]
pub struct Logged {
    /// In which it was appended.
    pub term: u64,
    pub entry: Entry,
}

/// What is there after an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Each lease with its time and its rest, as it is stored.
    pub leases: BTreeMap<i64, (i64, i64)>,
    /// Each key with its lease.
    pub keys: BTreeMap<u8, Option<i64>>,
}

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused(Error),
    /// It was decided in another term.
    TooLate,
}

impl State {
    pub fn carry_out(&mut self, logged: &Logged, rests_are_stored: bool) -> Outcome {
        let Logged { term, entry } = logged;
        match entry {
            Entry::Empty => Outcome::Done,
            Entry::Grant(request) if request.ttl > 9_000_000_000 => {
                Outcome::Refused(Error::LeaseTTLTooLarge)
            }
            Entry::Grant(request) if self.leases.contains_key(&request.id) => {
                Outcome::Refused(Error::LeaseExist)
            }
            Entry::Grant(request) => {
                self.leases.insert(request.id, (request.ttl, 0));
                Outcome::Done
            }
            Entry::Revoke(request) => self.end(request.id),
            Entry::End(decided) if decided.reign.0 != *term => Outcome::TooLate,
            Entry::End(decided) => self.end(decided.what.get()),
            Entry::Rests(decided) if decided.reign.0 != *term => Outcome::TooLate,
            Entry::Rests(decided) => {
                for checkpoint in &decided.what {
                    if let Some((_, rest)) = self.leases.get_mut(&checkpoint.lease.get())
                        && rests_are_stored
                    {
                        *rest = checkpoint.rest.map_or(0, |rest| rest.seconds());
                    }
                }
                Outcome::Done
            }
            Entry::Put { lease: Some(lease), .. } if !self.leases.contains_key(lease) => {
                Outcome::Refused(Error::LeaseNotFound)
            }
            Entry::Put { key, lease } => {
                self.keys.insert(*key, *lease);
                Outcome::Done
            }
        }
    }

    fn end(&mut self, number: i64) -> Outcome {
        if self.leases.remove(&number).is_none() {
            return Outcome::Refused(Error::LeaseNotFound);
        }
        self.keys.retain(|_, lease| *lease != Some(number));
        Outcome::Done
    }
}
