//! When a key was changed.
//!
//! Owns [`Stamp`]: a revision, and which of its changes; and the key of a row, which is a stamp as
//! bytes, so that rows lie in the order in which they were written:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | the revision |
//! | 1 | `_` |
//! | 8 | which change of it |
//! | 1 | `t`, if the key was deleted |
//!
//! Numbers have their highest byte first.
//!
//! Left to others: what is in a row (`store`).

use api::Revision;
use bytes::Bytes;
use std::fmt;
use std::ops::Deref;

/// One change of one key: the revision, and which change of it, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The revision that the store is at from then on.
    pub revision: Revision,
    /// How many changes of the same revision came before.
    pub sub: u32,
}

/// The key of a row.
#[derive(Clone, Copy, Debug)]
pub struct RowKey {
    bytes: [u8; 18],
    act: Act,
}

/// What a change does to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// It gets a value.
    Put,
    /// It goes.
    Delete,
}

impl Stamp {
    /// The key of the row for this change.
    pub fn row_key(self, act: Act) -> RowKey {
        let mut bytes = [b't'; 18];
        bytes[..8].copy_from_slice(&self.revision.0.to_be_bytes());
        bytes[8] = b'_';
        bytes[9..17].copy_from_slice(&u64::from(self.sub).to_be_bytes());
        RowKey { bytes, act }
    }

    /// The change that a row is for; none if no row has such a key.
    pub fn of_row(key: &[u8]) -> Option<(Stamp, Act)> {
        let (revision, rest) = key.split_first_chunk::<8>()?;
        let (mark, rest) = rest.split_first()?;
        let (sub, rest) = rest.split_first_chunk::<8>()?;
        let act = match rest {
            [] => Act::Put,
            [b't'] => Act::Delete,
            _ => return None,
        };
        let sub = u32::try_from(u64::from_be_bytes(*sub)).ok()?;
        let revision = Revision(u64::from_be_bytes(*revision));
        let is_whole = *mark == b'_' && i64::try_from(revision.0).is_ok();
        is_whole.then_some((Stamp { revision, sub }, act))
    }
}

impl Deref for RowKey {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self.act {
            Act::Put => &self.bytes[..17],
            Act::Delete => &self.bytes,
        }
    }
}

impl From<RowKey> for Bytes {
    fn from(key: RowKey) -> Bytes {
        Bytes::copy_from_slice(&key)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.revision, self.sub)
    }
}
