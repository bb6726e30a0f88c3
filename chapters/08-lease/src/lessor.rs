//! All leases of a member.
//!
//! Owns [`Lessor`]. It reads from top to bottom: a start, what entries of the log do on every
//! member, who is the primary, what clients ask, and what the primary decides by itself.
//!
//! Left to others: the keys that go with a lease, which are the store's; the log; and threads that
//! ask while another one carries entries out.

use crate::checkpoints::Checkpoint;
use crate::decided::{Decided, Reign};
use crate::primary::{Primary, Renewal, TimeToLive};
use crate::row::{Foreign, Row, Terms, read};
use crate::time::Time;
use crate::ttl::Ttl;
use api::{Error, LeaseGrantRequest, LeaseGrantResponse, LeaseId, LeaseRevokeRequest};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::time::Duration;

/// What whoever runs a member may choose. It changes nothing that members have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long a follower waits for its leader. So long may two members be the primary.
    pub election_timeout: Duration,
    /// Does a primary have the rests of long leases written down?
    pub checkpoints: bool,
}

/// Where a rest is written down. The version of the cluster decides it, which all members have in
/// common: etcd has it in the row from 3.6 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// In memory, until the next start.
    Memory,
    /// In the row of the lease.
    Row,
}

/// A lease was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "its row is to be stored"]
pub struct Granted {
    /// What the client is told, but for the header.
    pub response: LeaseGrantResponse,
    /// What is stored.
    pub row: Row,
}

/// A lease was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "its keys are to be deleted, and its row"]
pub struct Revoked {
    /// Whose keys are to be deleted, all at one revision.
    pub lease: LeaseId,
    /// What is stored.
    pub row: Row,
}

/// All leases of a member.
///
/// Invariants:
/// - Which leases there are, and their terms, depend on the entries that were carried out, and on
///   nothing else. A lease whose time is over is there until it is revoked.
/// - Only a primary's leases have deadlines.
#[derive(Clone, Debug)]
pub struct Lessor {
    options: Options,
    role: Role,
}

#[derive(Clone, Debug)]
enum Role {
    /// Leases last: somebody else watches over them, or nobody.
    Follower(BTreeMap<LeaseId, Terms>),
    Primary(Primary),
}

impl Lessor {
    /// What a start, or a snapshot of another member, finds in the bucket of leases. Nobody is the
    /// primary yet.
    pub fn load(
        options: Options,
        rows: impl IntoIterator<Item = (Bytes, Bytes)>,
    ) -> Result<Lessor, Foreign> {
        let leases: Result<_, Foreign> =
            rows.into_iter().map(|(key, value)| read(&key, &value)).collect();
        Ok(Lessor { options, role: Role::Follower(leases?) })
    }

    /// Is this lease there?
    pub fn is_there(&self, lease: LeaseId) -> bool {
        match &self.role {
            Role::Follower(leases) => leases.contains_key(&lease),
            Role::Primary(primary) => primary.terms(lease).is_some(),
        }
    }

    /// An entry grants a lease. Too long a time is refused first, then a number that is taken.
    ///
    /// `now` decides when it ends, if this member is the primary, and nothing else.
    pub fn grant(&mut self, request: &LeaseGrantRequest, now: Time) -> Result<Granted, Error> {
        // Nobody proposes it: `proposed` has chosen a number.
        let lease = LeaseId::new(request.id).ok_or(Error::LeaseNotFound)?;
        let ttl = Ttl::granted(request.ttl)?;
        if self.is_there(lease) {
            return Err(Error::LeaseExist);
        }
        let terms = Terms { ttl, rest: None };
        match &mut self.role {
            Role::Follower(leases) => drop(leases.insert(lease, terms)),
            Role::Primary(primary) => primary.grant(lease, terms, now),
        }
        let response = LeaseGrantResponse {
            id: lease.get(),
            ttl: ttl.seconds(),
            ..LeaseGrantResponse::default()
        };
        Ok(Granted { response, row: Row::put(lease, &terms) })
    }

    /// An entry revokes a lease: a client wants it, or its time is over.
    pub fn revoke(&mut self, request: &LeaseRevokeRequest) -> Result<Revoked, Error> {
        let lease = LeaseId::new(request.id).ok_or(Error::LeaseNotFound)?;
        let was_there = match &mut self.role {
            Role::Follower(leases) => leases.remove(&lease).is_some(),
            Role::Primary(primary) => primary.revoke(lease),
        };
        if !was_there {
            return Err(Error::LeaseNotFound);
        }
        Ok(Revoked { lease, row: Row::delete(lease) })
    }

    /// An entry writes down what is left of some leases, or takes it back. Leases that are not
    /// there any more are passed over.
    ///
    /// `now` decides when the next rest is due, if this member is the primary, and nothing else.
    #[must_use = "the rows are to be stored"]
    pub fn checkpoint(&mut self, rests: &[Checkpoint], keep: Keep, now: Time) -> Vec<Row> {
        let mut rows = Vec::new();
        for checkpoint in rests {
            let changed = match &mut self.role {
                Role::Follower(leases) => leases.get_mut(&checkpoint.lease).map(|terms| {
                    terms.rest = checkpoint.rest;
                    *terms
                }),
                Role::Primary(primary) => primary.checkpoint(checkpoint, now),
            };
            let Some(terms) = changed else { continue };
            match (keep, terms.rest) {
                // There may be one in the row, from a version of the cluster that kept it there.
                (Keep::Row, _) | (Keep::Memory, None) => {
                    rows.push(Row::put(checkpoint.lease, &terms));
                }
                (Keep::Memory, Some(_)) => {}
            }
        }
        rows
    }

    /// This member leads, and has carried out all entries of the terms before. From now on it
    /// watches over leases; all of them last at least as long as an earlier primary has promised.
    pub fn promote(&mut self, reign: Reign, now: Time) {
        let Options { election_timeout, checkpoints } = self.options;
        let leases = self.take_leases();
        let primary = Primary::new(reign, leases, election_timeout, checkpoints, now);
        self.role = Role::Primary(primary);
    }

    /// This member does not lead any more. It forgets all deadlines.
    pub fn demote(&mut self) {
        self.role = Role::Follower(self.take_leases());
    }

    fn take_leases(&mut self) -> BTreeMap<LeaseId, Terms> {
        match std::mem::replace(&mut self.role, Role::Follower(BTreeMap::new())) {
            Role::Follower(leases) => leases,
            Role::Primary(primary) => primary.into_leases(),
        }
    }

    /// Does this member watch over leases?
    pub fn is_primary(&self) -> bool {
        match self.role {
            Role::Primary(_) => true,
            Role::Follower(_) => false,
        }
    }

    /// A client wants a lease to last longer. As a rule nothing is proposed for it, and nothing is
    /// sorted.
    pub fn renew(&mut self, lease: LeaseId, now: Time) -> Result<Renewal, Error> {
        match &mut self.role {
            Role::Follower(_) => Err(Error::NotPrimaryLessor),
            Role::Primary(primary) => primary.renew(lease, now).ok_or(Error::LeaseNotFound),
        }
    }

    /// How long does a lease last?
    pub fn time_to_live(&self, lease: LeaseId, now: Time) -> Result<TimeToLive, Error> {
        match &self.role {
            Role::Follower(_) => Err(Error::NotPrimaryLessor),
            Role::Primary(primary) => primary.time_to_live(lease, now).ok_or(Error::LeaseNotFound),
        }
    }

    /// All leases. For a primary, the one that ends first comes first; nobody else knows that.
    pub fn leases(&self) -> Vec<LeaseId> {
        match &self.role {
            Role::Follower(leases) => leases.keys().copied().collect(),
            Role::Primary(primary) => primary.in_order(),
        }
    }

    /// Which leases are to be revoked now, each with an entry of its own: at most
    /// [`PER_ROUND`](crate::PER_ROUND), and what was due first comes first. To be called every
    /// [`ROUND`](crate::ROUND), by one thread. A lease that is still there comes again after
    /// [`RETRY`](crate::RETRY). One lease may be found a round later for every ten thousand others
    /// that were renewed, so that no call takes long; none in this call does not say that none is
    /// over.
    pub fn expired(&mut self, now: Time) -> Option<Decided<Vec<LeaseId>>> {
        match &mut self.role {
            Role::Follower(_) => None,
            Role::Primary(primary) => primary.expired(now),
        }
    }

    /// Which rests are to be written down now, in one entry: at most
    /// [`PER_REQUEST`](crate::PER_REQUEST). To be called after [`expired`](Lessor::expired), by the
    /// same thread, until there is none.
    pub fn checkpoints(&mut self, now: Time) -> Option<Decided<Vec<Checkpoint>>> {
        match &mut self.role {
            Role::Follower(_) => None,
            Role::Primary(primary) => primary.checkpoints(now),
        }
    }
}
