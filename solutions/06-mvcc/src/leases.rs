//! Which keys go with which lease.
//!
//! Owns [`Attached`]. A key goes with one lease at most; when the lease ends, the key is deleted.
//!
//! Left to others: when a lease ends, and whether it is there (whoever owns the leases).

use api::LeaseId;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// Keys with leases.
///
/// Invariant: both maps say the same.
#[derive(Debug, Default)]
pub struct Attached {
    of_key: BTreeMap<Bytes, LeaseId>,
    of_lease: BTreeMap<LeaseId, BTreeSet<Bytes>>,
}

impl Attached {
    /// The lease of a key.
    pub fn lease(&self, key: &[u8]) -> Option<LeaseId> {
        self.of_key.get(key).copied()
    }

    /// The keys of a lease, in order.
    pub fn keys(&self, lease: LeaseId) -> impl Iterator<Item = &Bytes> {
        self.of_lease.get(&lease).into_iter().flatten()
    }

    /// From now on, a key goes with this lease, or with none.
    pub fn attach(&mut self, key: &Bytes, lease: Option<LeaseId>) {
        if let Some(old) = self.of_key.remove(key)
            && let Some(keys) = self.of_lease.get_mut(&old)
        {
            keys.remove(key);
            if keys.is_empty() {
                self.of_lease.remove(&old);
            }
        }
        if let Some(lease) = lease {
            // A request's key may be a small part of a large buffer, and would keep all of it.
            let key = Bytes::copy_from_slice(key);
            self.of_lease.entry(lease).or_default().insert(key.clone());
            self.of_key.insert(key, lease);
        }
    }
}
