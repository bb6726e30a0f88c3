//! Leases as they are stored: rows in the form of etcd.
//!
//! Owns [`Terms`], what a row says of a lease; [`Row`], a change of what is stored; and
//! [`Foreign`], a row that is none of a lease.
//!
//! A row is `lease ID, 8 bytes, the highest first → leasepb.Lease`. It has no deadline: clocks
//! differ between members, and between two starts of one. So a start gives all of the time again,
//! or what was left at the last checkpoint.
//!
//! Left to others: writing and reading the store.

use crate::ttl::Ttl;
use api::LeaseId;
use bytes::Bytes;
use prost::Message;
use std::fmt;

/// The bucket of all leases.
pub const BUCKET: &[u8] = b"lease";

/// What was granted, on every member alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How long it lasts after it was granted or renewed.
    pub ttl: Ttl,
    /// How long it still lasted at the last checkpoint, if it was not renewed since.
    pub rest: Option<Ttl>,
}

/// A change of what is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where: [`BUCKET`].
    pub bucket: &'static [u8],
    /// Which row.
    pub key: Bytes,
    /// What it holds from now on; nothing if the row is to be deleted.
    pub value: Option<Bytes>,
}

/// A row that no etcd can have written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Which, for a person.
    pub key: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Terms {
    /// How long it lasts for a primary that has only just come to be one.
    pub fn left(&self) -> Ttl {
        self.rest.unwrap_or(self.ttl)
    }
}

impl Row {
    /// A lease is stored.
    pub fn put(lease: LeaseId, terms: &Terms) -> Row {
        let stored = api::Lease {
            id: lease.get(),
            ttl: terms.ttl.seconds(),
            remaining_ttl: terms.rest.map_or(0, Ttl::seconds),
        };
        Row { bucket: BUCKET, key: key(lease), value: Some(stored.encode_to_vec().into()) }
    }

    /// A lease is not stored any more.
    pub fn delete(lease: LeaseId) -> Row {
        Row { bucket: BUCKET, key: key(lease), value: None }
    }
}

fn key(lease: LeaseId) -> Bytes {
    Bytes::copy_from_slice(&lease.get().to_be_bytes())
}

/// The lease that a row holds.
pub fn read(key: &[u8], value: &[u8]) -> Result<(LeaseId, Terms), Foreign> {
    let foreign = |why| Foreign { key: key.escape_ascii().to_string(), why };
    let stored = api::Lease::decode(value).map_err(|_| foreign("its value is no lease"))?;
    let lease = LeaseId::new(stored.id).ok_or_else(|| foreign("its lease has no number"))?;
    if key != stored.id.to_be_bytes() {
        return Err(foreign("its lease has another number"));
    }
    let ttl = Ttl::new(stored.ttl).ok_or_else(|| foreign("no lease can last that long"))?;
    let rest = match stored.remaining_ttl {
        0 => None,
        seconds => Some(Ttl::new(seconds).ok_or_else(|| foreign("no lease can have that rest"))?),
    };
    Ok((lease, Terms { ttl, rest }))
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Foreign { key, why } = self;
        write!(f, "bucket \"lease\", row \"{key}\": {why}; restore a backup")
    }
}

impl std::error::Error for Foreign {}
