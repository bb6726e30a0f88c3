//! Looking up many keys of a bucket, one after the other.
//!
//! Owns [`Lookup`]. Keys that are asked for together are often near each other in the tree, so it
//! remembers the leaf that it was at last. If the next key is in there as well, that is where it
//! looks, and not from the root on.
//!
//! Left to others: the way down from the root (`cursor`).

use crate::cursor::Bucket;
use crate::error::Error;
use crate::files::File;
use crate::page::Page;
use bytes::Bytes;

/// Finds values in a bucket.
pub struct Lookup<'a, F: File> {
    bucket: Bucket<'a, F>,
    /// The leaf that was looked at last.
    leaf: Option<Leaf>,
}

struct Leaf {
    page: Page,
    /// A hold on it, which all values share.
    bytes: Bytes,
    /// Where in it the last key was.
    at: usize,
}

impl<'a, F: File> Lookup<'a, F> {
    /// One that is nowhere yet.
    pub(crate) fn new(bucket: Bucket<'a, F>) -> Lookup<'a, F> {
        Lookup { bucket, leaf: None }
    }

    /// The value of a key; none if it is not there, or is a bucket. It is a part of a page, which
    /// stays in memory as long as the value does: whoever keeps it should copy it.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        let leaf = match self.leaf.take().filter(|leaf| leaf.page.spans(key)) {
            Some(leaf) => leaf,
            None => Leaf::new(self.bucket.leaf(key)?),
        };
        let leaf = self.leaf.insert(leaf);
        // Most often, it is the one after the last.
        let next = leaf.at + 1;
        let is_next = next < leaf.page.count() && leaf.page.key(next) == key;
        let found = if is_next { Some(next) } else { leaf.page.search(key).ok() };
        let Some(at) = found.filter(|at| !leaf.page.is_bucket(*at)) else { return Ok(None) };
        leaf.at = at;
        Ok(Some(leaf.bytes.slice(leaf.page.value_place(at))))
    }
}

impl Leaf {
    fn new(page: Page) -> Leaf {
        Leaf { bytes: page.shared_bytes(), page, at: 0 }
    }
}
