//! Sorted rows, in blocks that several lists share.
//!
//! Owns [`Rows`]. Pieces are merged again and again, and most rows are written in the order of
//! their keys. So one list often begins where the other has ended, and then its blocks are taken as
//! they are: nothing is copied but their addresses.
//!
//! Invariants:
//! - Keys ascend, within a block and from one to the next. No block is empty.
//! - All blocks but the last have [`SHORT`] rows or more. So there are few.
//!
//! Left to others: what the rows are for (`piece`).

use bytes::Bytes;
use std::cmp::Ordering;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

/// A key and its value; none if the key is gone.
pub type Row = (Bytes, Option<Bytes>);

/// A block with fewer rows is merged row by row.
const SHORT: usize = 128;

/// No block that is made has more rows.
const LONG: usize = 2 * SHORT;

/// Rows in the order of their keys.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    blocks: Vec<Arc<Block>>,
}

/// Some rows side by side.
#[derive(Debug)]
struct Block {
    rows: Box<[Row]>,
    /// How much memory they take.
    bytes: usize,
}

/// A part of the rows, from which rows are taken at either end.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    blocks: &'a [Arc<Block>],
    /// Where it begins in its first block, and where it ends in its last.
    from: usize,
    to: usize,
}

/// Rows that are being put together.
#[derive(Default)]
struct Builder {
    done: Vec<Arc<Block>>,
    /// The next block.
    rows: Vec<Row>,
}

impl Block {
    fn new(rows: Vec<Row>) -> Block {
        let value = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len);
        let bytes = rows.iter().map(|(key, row)| size_of::<Row>() + key.len() + value(row)).sum();
        Block { rows: rows.into(), bytes }
    }

    fn first(&self) -> &Bytes {
        &self.rows[0].0
    }

    fn last(&self) -> &Bytes {
        &self.rows[self.rows.len() - 1].0
    }
}

impl Rows {
    /// These rows. Their keys ascend.
    pub fn of(rows: impl Iterator<Item = Row>) -> Rows {
        let mut builder = Builder::default();
        rows.for_each(|row| builder.row(row));
        builder.finish()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.blocks.iter().map(|block| block.rows.len()).sum()
    }

    /// How much memory they take.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes).sum()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.blocks.iter().flat_map(|block| &block.rows)
    }

    /// What they say of a key: its value, or that it is gone. None if they say nothing.
    pub fn get(&self, key: &[u8]) -> Option<&Option<Bytes>> {
        // Keys often come in order, and then most lists end before the one that is asked for.
        if self.blocks.last().is_none_or(|block| block.last() < key) {
            return None;
        }
        let at = self.blocks.partition_point(|block| block.last() < key);
        let rows = &self.blocks[at].rows;
        let at = rows.binary_search_by(|(row, _)| row[..].cmp(key)).ok()?;
        Some(&rows[at].1)
    }

    /// Those between two bounds.
    pub fn between(&self, keys: &impl RangeBounds<[u8]>) -> Part<'_> {
        let is_before = |key: &[u8]| match keys.start_bound() {
            Bound::Included(from) => key < from,
            Bound::Excluded(from) => key <= from,
            Bound::Unbounded => false,
        };
        let is_inside = |key: &[u8]| match keys.end_bound() {
            Bound::Included(to) => key <= to,
            Bound::Excluded(to) => key < to,
            Bound::Unbounded => true,
        };
        let first = self.blocks.partition_point(|block| is_before(block.last()));
        // The blocks that have a row inside, and none is only before them.
        let count = self.blocks[first..].partition_point(|block| is_inside(block.first()));
        let blocks = &self.blocks[first..first + count];
        let [begins, ..] = blocks else { return Part { blocks, from: 0, to: 0 } };
        let from = begins.rows.partition_point(|(key, _)| is_before(key));
        let ends = &blocks[count - 1];
        let to = ends.rows.partition_point(|(key, _)| is_inside(key));
        Part { blocks, from, to }
    }

    /// Both as one. Where both have a row, it is that of the newer.
    pub fn merge(older: &Rows, newer: &Rows) -> Rows {
        let mut builder = Builder::default();
        let (mut old, mut new) = (older.between(&..), newer.between(&..));
        while let (Some(one), Some(other)) = (old.first(), new.first()) {
            match one.0.cmp(&other.0) {
                Ordering::Less => builder.until(&mut old, Some(&other.0)),
                Ordering::Equal => old.drop_first(),
                Ordering::Greater => builder.until(&mut new, Some(&one.0)),
            }
        }
        builder.until(&mut old, None);
        builder.until(&mut new, None);
        builder.finish()
    }
}

impl Builder {
    fn row(&mut self, row: Row) {
        self.rows.push(row);
        if self.rows.len() == LONG {
            self.close();
        }
    }

    /// Takes the rows of a part whose keys are before this one, or all.
    fn until(&mut self, part: &mut Part<'_>, end: Option<&Bytes>) {
        while let Some((key, value)) = part.first()
            && end.is_none_or(|end| key < end)
        {
            let whole = part.whole_block().filter(|block| {
                block.rows.len() >= SHORT && end.is_none_or(|end| block.last() < end)
            });
            match whole {
                // Rows that are too few for a block of their own go with the next ones.
                Some(block) if self.rows.is_empty() || self.rows.len() >= SHORT => {
                    self.close();
                    self.done.push(block.clone());
                    part.drop_block();
                }
                Some(_) | None => {
                    self.row((key.clone(), value.clone()));
                    part.drop_first();
                }
            }
        }
    }

    fn close(&mut self) {
        if !self.rows.is_empty() {
            self.done.push(Arc::new(Block::new(std::mem::take(&mut self.rows))));
        }
    }

    fn finish(mut self) -> Rows {
        self.close();
        Rows { blocks: self.done }
    }
}

impl<'a> Part<'a> {
    /// Is there no row in it?
    pub fn is_empty(&self) -> bool {
        self.first().is_none()
    }

    /// The first row.
    pub fn first(&self) -> Option<&'a Row> {
        let (first, rest) = self.blocks.split_first()?;
        let end = if rest.is_empty() { self.to } else { first.rows.len() };
        first.rows[..end].get(self.from)
    }

    /// The last row.
    pub fn last(&self) -> Option<&'a Row> {
        let (last, rest) = self.blocks.split_last()?;
        let from = if rest.is_empty() { self.from } else { 0 };
        last.rows.get(from..self.to)?.last()
    }

    /// Goes on without the first row.
    pub fn drop_first(&mut self) {
        self.from += 1;
        if self.blocks.len() > 1 && self.from == self.blocks[0].rows.len() {
            self.drop_block();
        }
    }

    /// Goes on without the last row.
    pub fn drop_last(&mut self) {
        self.to -= 1;
        if self.to == 0
            && let [rest @ .., _] = self.blocks
        {
            self.blocks = rest;
            self.to = rest.last().map_or(0, |block| block.rows.len());
        }
    }

    /// Its first block, if all of it is in this part.
    fn whole_block(&self) -> Option<&'a Arc<Block>> {
        let (first, rest) = self.blocks.split_first()?;
        let is_whole = self.from == 0 && (!rest.is_empty() || self.to == first.rows.len());
        is_whole.then_some(first)
    }

    fn drop_block(&mut self) {
        self.blocks = &self.blocks[1..];
        self.from = 0;
    }
}
