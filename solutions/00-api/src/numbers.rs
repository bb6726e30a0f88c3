//! Numbers that several layers speak of, as types of their own.
//!
//! Owns [`Revision`] and [`LeaseId`]. In messages both are plain numbers, and zero may mean that
//! there is none.

use std::fmt;

/// How often the store was changed. An empty store is at 1, and everything that changes anything
/// makes it one more, however many keys it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// The number of a lease. Clients choose it, or have it chosen; it may be negative, and is never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(i64);

impl Revision {
    /// That of a store in which nothing was written.
    pub const FIRST: Revision = Revision(1);

    /// The one after.
    pub fn next(self) -> Revision {
        Revision(self.0 + 1)
    }

    /// As clients get it.
    pub fn wire(self) -> i64 {
        i64::try_from(self.0).expect("nobody counts that far")
    }
}

impl LeaseId {
    /// What a request says: 0 is none.
    pub fn new(number: i64) -> Option<LeaseId> {
        (number != 0).then_some(LeaseId(number))
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }

    /// As clients get it, who may get none.
    pub fn wire(lease: Option<LeaseId>) -> i64 {
        lease.map_or(0, LeaseId::get)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// As etcd's tools print it: in 16 places, of which a sign takes one.
impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.unsigned_abs();
        if self.0 < 0 { write!(f, "-{digits:015x}") } else { write!(f, "{digits:016x}") }
    }
}
