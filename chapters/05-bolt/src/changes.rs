//! What a commit is to change.
//!
//! Owns [`Changes`]: for each key one change, sorted, as the tree is. So a commit is one walk
//! through the tree, from left to right, past every page that stays as it is.
//!
//! Left to others: the walk (`update`).

use crate::cursor::DEEPEST;
use crate::error::Error;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// No key is longer.
pub const LONGEST_KEY: usize = 32_768;

/// No value is longer.
pub const LONGEST_VALUE: usize = (1 << 31) - 2;

/// What is to become of a bucket, or of the store: its root bucket.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// All that was in it is gone, before anything else.
    pub(crate) cleared: bool,
    /// A number that belongs to the bucket.
    pub(crate) sequence: Option<u64>,
    pub(crate) rows: BTreeMap<Bytes, Change>,
}

/// What is to become of a key.
#[derive(Clone, Debug)]
pub enum Change {
    /// It has this value.
    Put(Bytes),
    /// It is gone, with its value, if it is there.
    Delete,
    /// It is a bucket, which is made if it is not there, and this happens in it.
    Bucket(Changes),
    /// The bucket is gone, with all that is in it, if it is there.
    DeleteBucket,
}

impl Changes {
    /// No changes.
    pub fn new() -> Changes {
        Changes::default()
    }

    /// Is nothing to change?
    pub fn is_empty(&self) -> bool {
        !self.cleared && self.sequence.is_none() && self.rows.is_empty()
    }

    /// The key has this value from now on. Whatever was to become of it before counts no more.
    pub fn put(&mut self, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.rows.insert(key.into(), Change::Put(value.into()));
    }

    /// The key is gone.
    pub fn delete(&mut self, key: impl Into<Bytes>) {
        self.rows.insert(key.into(), Change::Delete);
    }

    /// The bucket of this name, which is made if it is not there: what is to happen in it.
    pub fn bucket(&mut self, name: impl Into<Bytes>) -> &mut Changes {
        let change = match self.rows.entry(name.into()) {
            Entry::Vacant(entry) => entry.insert(Change::Bucket(Changes::new())),
            Entry::Occupied(entry) => {
                let change = entry.into_mut();
                match change {
                    Change::Bucket(_) => {}
                    // It was to be deleted, and is a new one now.
                    Change::DeleteBucket | Change::Put(_) | Change::Delete => {
                        let cleared = matches!(change, Change::DeleteBucket);
                        *change = Change::Bucket(Changes { cleared, ..Changes::new() });
                    }
                }
                change
            }
        };
        match change {
            Change::Bucket(changes) => changes,
            Change::Put(_) | Change::Delete | Change::DeleteBucket => {
                unreachable!("it is a bucket")
            }
        }
    }

    /// The bucket of this name is gone, with all that is in it.
    pub fn delete_bucket(&mut self, name: impl Into<Bytes>) {
        self.rows.insert(name.into(), Change::DeleteBucket);
    }

    /// A number that belongs to the bucket, and means what the user wants.
    pub fn set_sequence(&mut self, sequence: u64) {
        self.sequence = Some(sequence);
    }

    /// Whether the format has room for these keys and values, here and in the buckets below.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.check_at(0)
    }

    /// The same, in a bucket that is in so many others.
    fn check_at(&self, nested: usize) -> Result<(), Error> {
        for (key, change) in &self.rows {
            check_key(key)?;
            match change {
                Change::Put(value) => check_value(key, value)?,
                Change::Bucket(_) if nested >= DEEPEST => {
                    return Err(Error::impossible(key, "there are too many buckets in each other"));
                }
                Change::Bucket(changes) => changes.check_at(nested + 1)?,
                Change::Delete | Change::DeleteBucket => {}
            }
        }
        Ok(())
    }
}

/// Whether the format has room for a key.
pub(crate) fn check_key(key: &[u8]) -> Result<(), Error> {
    match key.len() {
        0 => Err(Error::impossible(key, "a key has one byte at least")),
        1..=LONGEST_KEY => Ok(()),
        _ => Err(Error::impossible(key, "a key has 32768 bytes at most")),
    }
}

/// Whether the format has room for a key's value.
pub(crate) fn check_value(key: &[u8], value: &[u8]) -> Result<(), Error> {
    if value.len() <= LONGEST_VALUE {
        return Ok(());
    }
    Err(Error::impossible(key, "a value has 2^31-2 bytes at most"))
}
