//! Reading through the pieces down to the file.
//!
//! Owns [`Range`]: the rows of a bucket in order, of whatever source has them.
//!
//! Left to others: which pieces there are (`backend`).

use super::block::{Part, Row};
use crate::cursor;
use crate::error::Error;
use crate::files::File;
use bytes::Bytes;
use std::iter::Peekable;

/// The rows of a bucket between two bounds, in order. Where several sources know a key, the newest
/// is right. After an error, there is no more.
pub struct Range<'a, F: File> {
    /// Of each piece the rows that are still to come, the newest piece first. None is empty.
    pieces: Vec<Part<'a>>,
    /// The rows of the file that are still to come.
    file: Option<Peekable<cursor::Range<'a, F>>>,
    backwards: bool,
}

impl<'a, F: File> Range<'a, F> {
    /// The rows of these pieces, the newest first, and then those of the file. They are between the
    /// bounds that the file's rows are between.
    pub(super) fn new(
        pieces: impl Iterator<Item = Part<'a>>,
        file: Option<cursor::Range<'a, F>>,
        backwards: bool,
    ) -> Range<'a, F> {
        let pieces = pieces.filter(|rows| !rows.is_empty()).collect();
        Range { pieces, file: file.map(Iterator::peekable), backwards }
    }

    /// The key that is next, of all sources.
    fn key(&mut self) -> Result<Option<Bytes>, Error> {
        let mut next = match self.file.as_mut().and_then(Peekable::peek) {
            Some(Err(_)) => {
                let failed = self.file.take().and_then(|mut rows| rows.next());
                self.pieces.clear();
                return failed.transpose().map(|_| None);
            }
            Some(Ok((key, _))) => Some(key),
            None => None,
        };
        for rows in &self.pieces {
            let (key, _) = head(*rows, self.backwards);
            let is_before = |next: &Bytes| if self.backwards { key > next } else { key < next };
            if next.is_none_or(is_before) {
                next = Some(key);
            }
        }
        Ok(next.cloned())
    }

    /// What is known of the next key, after which every source goes on to the one after it.
    fn take(&mut self, key: &Bytes) -> Option<Bytes> {
        let mut value: Option<Option<Bytes>> = None;
        let backwards = self.backwards;
        self.pieces.retain_mut(|rows| {
            let row = head(*rows, backwards);
            if row.0 == key {
                value.get_or_insert_with(|| row.1.clone());
                if backwards { rows.drop_last() } else { rows.drop_first() }
            }
            !rows.is_empty()
        });
        let is_next =
            |row: &Result<(Bytes, Bytes), Error>| row.as_ref().is_ok_and(|(below, _)| below == key);
        if let Some(Ok((_, below))) = self.file.as_mut().and_then(|rows| rows.next_if(is_next)) {
            value.get_or_insert(Some(below));
        }
        value.flatten()
    }
}

/// The row that comes next.
fn head(rows: Part<'_>, backwards: bool) -> &Row {
    let row = if backwards { rows.last() } else { rows.first() };
    row.expect("those without a row are left out")
}

impl<F: File> Iterator for Range<'_, F> {
    type Item = Result<(Bytes, Bytes), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        // Most rows are in the file, and most often nothing newer is there.
        while !self.pieces.is_empty() {
            let key = match self.key() {
                Ok(key) => key?,
                Err(error) => return Some(Err(error)),
            };
            if let Some(value) = self.take(&key) {
                return Some(Ok((key, value)));
            }
        }
        self.file.as_mut()?.next()
    }
}
