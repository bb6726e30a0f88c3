//! Which keys a request is about.
//!
//! Owns [`Keys`], which is what `key` and `range_end` say together.

use prost::bytes::Bytes;
use std::ops::{Bound, RangeBounds};

/// A range of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// One key.
    One(Bytes),
    /// All keys from this one on.
    From(Bytes),
    /// All keys from the first on, and before the second. There is none if that is not after it.
    Between(Bytes, Bytes),
}

impl Keys {
    /// What a request says: no end is one key, an end of one zero byte is no end at all, and any
    /// other is the first key that is not meant.
    ///
    /// *Example:* `a` with the end `b` is every key that begins with `a`.
    pub fn new(key: &Bytes, range_end: &Bytes) -> Keys {
        match &range_end[..] {
            [] => Keys::One(key.clone()),
            [0] => Keys::From(key.clone()),
            _ => Keys::Between(key.clone(), range_end.clone()),
        }
    }
}

impl RangeBounds<[u8]> for Keys {
    fn start_bound(&self) -> Bound<&[u8]> {
        match self {
            Keys::One(key) | Keys::From(key) | Keys::Between(key, _) => Bound::Included(key),
        }
    }

    fn end_bound(&self) -> Bound<&[u8]> {
        match self {
            Keys::One(key) => Bound::Included(key),
            Keys::From(_) => Bound::Unbounded,
            Keys::Between(_, to) => Bound::Excluded(to),
        }
    }
}
