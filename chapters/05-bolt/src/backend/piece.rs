//! Rows that were written together.
//!
//! Owns [`Draft`], to which rows are added, and [`Piece`], which is what a draft becomes. A piece
//! never changes, so whoever reads needs no lock.
//!
//! Left to others: who sees which pieces (`backend`), and reading through them (`range`).

use super::block::{Row, Rows};
use crate::changes::{Change, Changes};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was written since the last piece.
#[derive(Debug, Default)]
pub struct Draft {
    buckets: BTreeMap<Bytes, BTreeMap<Bytes, Option<Bytes>>>,
}

/// Some buckets, and in each some rows, in the order of their keys.
#[derive(Debug, Default)]
pub struct Piece {
    /// A bucket without rows is to be there.
    buckets: BTreeMap<Bytes, Rows>,
    /// How many rows there are, and how much memory they take.
    count: usize,
    bytes: usize,
}

impl Draft {
    /// A bucket is to be there; the rows to be in it.
    pub fn bucket(&mut self, name: &[u8]) -> &mut BTreeMap<Bytes, Option<Bytes>> {
        if !self.buckets.contains_key(name) {
            self.buckets.insert(Bytes::copy_from_slice(name), BTreeMap::new());
        }
        self.buckets.get_mut(name).expect("it is there now")
    }

    /// What was written of a key: its value, or that it is gone. None if nothing was.
    pub fn get(&self, bucket: &[u8], key: &[u8]) -> Option<&Option<Bytes>> {
        self.buckets.get(bucket)?.get(key)
    }

    /// What was written, as a piece; none if nothing was.
    pub fn seal(&mut self) -> Option<Piece> {
        let buckets = std::mem::take(&mut self.buckets);
        let rows = |(name, rows): (Bytes, BTreeMap<_, _>)| (name, Rows::of(rows.into_iter()));
        (!buckets.is_empty()).then(|| Piece::new(buckets.into_iter().map(rows).collect()))
    }
}

impl Piece {
    fn new(buckets: BTreeMap<Bytes, Rows>) -> Piece {
        let count = buckets.values().map(Rows::count).sum();
        let bytes = buckets.values().map(Rows::bytes).sum();
        Piece { buckets, count, bytes }
    }

    /// How much memory its rows take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The rows of a bucket, if it has any.
    pub fn rows(&self, bucket: &[u8]) -> Option<&Rows> {
        self.buckets.get(bucket)
    }

    /// What it says of a key: its value, or that it is gone. None if it says nothing.
    pub fn get(&self, bucket: &[u8], key: &[u8]) -> Option<&Option<Bytes>> {
        self.rows(bucket)?.get(key)
    }

    /// Both as one. Where both have a row, it is that of the newer.
    pub fn merge(older: &Piece, newer: &Piece) -> Piece {
        let names: BTreeSet<&Bytes> = older.buckets.keys().chain(newer.buckets.keys()).collect();
        let none = Rows::default();
        let rows = |name: &Bytes| {
            let [older, newer] = [older, newer].map(|piece| piece.rows(name).unwrap_or(&none));
            Rows::merge(older, newer)
        };
        Piece::new(names.into_iter().map(|name| (name.clone(), rows(name))).collect())
    }

    /// What a commit has to change so that the file says the same.
    pub fn changes(&self) -> Changes {
        let change = |(key, value): &Row| match value {
            Some(value) => (key.clone(), Change::Put(value.clone())),
            None => (key.clone(), Change::Delete),
        };
        let mut all = Changes::new();
        for (name, rows) in &self.buckets {
            all.bucket(name.clone()).rows = rows.iter().map(change).collect();
        }
        all
    }
}

/// Adds a piece to those from `first` on. It is merged with the one before until that has twice as
/// many rows. So the pieces are few, however many were added: of a million rows, twenty. And a row
/// is merged as seldom.
///
/// *Example:* pieces of 8 and 3 rows, and one of 2 is added. 3 is less than twice 2, so these are
/// one, of 5. 8 is less than twice 5. There is one piece, of 13.
pub fn add(pieces: &mut Vec<Arc<Piece>>, first: usize, piece: Arc<Piece>) {
    let mut piece = piece;
    while pieces.len() > first
        && let Some(last) = pieces.pop_if(|last| last.count < 2 * piece.count.max(1))
    {
        piece = Arc::new(Piece::merge(&last, &piece));
    }
    pieces.push(piece);
}
