//! Rows that were written together.
//!
//! Owns [`Draft`], to which rows are added, and [`Piece`], which is what a draft becomes. A piece
//! never changes, so whoever reads needs no lock.
//!
//! Left to others: who sees which pieces (`backend`), and reading through them (`range`).

use crate::changes::{Change, Changes};
use bytes::Bytes;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A key and its value; none if the key is gone.
pub type Row = (Bytes, Option<Bytes>);

/// What was written since the last piece.
#[derive(Debug, Default)]
pub struct Draft {
    buckets: BTreeMap<Bytes, BTreeMap<Bytes, Option<Bytes>>>,
}

/// Some buckets, and in each some rows, in the order of their keys.
#[derive(Debug, Default)]
pub struct Piece {
    /// A bucket without rows is to be there.
    buckets: BTreeMap<Bytes, Vec<Row>>,
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
        let rows = |(name, rows): (Bytes, BTreeMap<_, _>)| (name, rows.into_iter().collect());
        (!buckets.is_empty()).then(|| Piece::new(buckets.into_iter().map(rows).collect()))
    }
}

impl Piece {
    fn new(buckets: BTreeMap<Bytes, Vec<Row>>) -> Piece {
        let rows = || buckets.values().flatten();
        let value = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len);
        let bytes = rows().map(|(key, row)| size_of::<Row>() + key.len() + value(row)).sum();
        Piece { count: rows().count(), bytes, buckets }
    }

    /// How much memory its rows take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The rows of a bucket, in order.
    pub fn rows(&self, bucket: &[u8]) -> &[Row] {
        self.buckets.get(bucket).map_or(&[], |rows| rows)
    }

    /// What it says of a key: its value, or that it is gone. None if it says nothing.
    pub fn get(&self, bucket: &[u8], key: &[u8]) -> Option<&Option<Bytes>> {
        let rows = self.rows(bucket);
        // Keys often come in order, and then most pieces are far from the one that is asked for.
        if rows.last().is_none_or(|(last, _)| last < key) || rows[0].0 > key {
            return None;
        }
        let at = rows.binary_search_by(|(row, _)| row[..].cmp(key)).ok()?;
        Some(&rows[at].1)
    }

    /// Both as one. Where both have a row, it is that of the newer.
    pub fn merge(older: &Piece, newer: &Piece) -> Piece {
        let names: BTreeSet<&Bytes> = older.buckets.keys().chain(newer.buckets.keys()).collect();
        let rows = |name: &Bytes| merge(older.rows(name), newer.rows(name));
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

/// The rows of both, in order; the newer ones where a key has two.
fn merge(older: &[Row], newer: &[Row]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(older.len() + newer.len());
    let (mut old, mut new) = (0, 0);
    while old < older.len() && new < newer.len() {
        let order = older[old].0.cmp(&newer[new].0);
        old += usize::from(order != Ordering::Greater);
        if order == Ordering::Less {
            rows.push(older[old - 1].clone());
        } else {
            rows.push(newer[new].clone());
            new += 1;
        }
    }
    rows.extend_from_slice(&older[old..]);
    rows.extend_from_slice(&newer[new..]);
    rows
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
