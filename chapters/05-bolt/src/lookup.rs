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
        let found = self.leaf.as_ref().and_then(|leaf| leaf.find(key));
        let (leaf, found) = match (self.leaf.take(), found) {
            (Some(leaf), Some(found)) => (leaf, found),
            (_, _) => {
                let leaf = Leaf::new(self.bucket.leaf(key)?);
                let found = leaf.page.search(key).ok();
                (leaf, found)
            }
        };
        let leaf = self.leaf.insert(leaf);
        let Some(at) = found.filter(|at| !leaf.page.is_bucket(*at)) else { return Ok(None) };
        leaf.at = at;
        Ok(Some(leaf.bytes.slice(leaf.page.value_place(at))))
    }
}

impl Leaf {
    fn new(page: Page) -> Leaf {
        Leaf { bytes: page.shared_bytes(), page, at: 0 }
    }

    /// Where a key is, if it is here; none if it may be in another leaf.
    fn find(&self, key: &[u8]) -> Option<Option<usize>> {
        // Most often, it is the one after the last.
        let next = self.at + 1;
        if next < self.page.count() && self.page.key(next) == key {
            return Some(Some(next));
        }
        self.page.spans(key).then(|| self.page.search(key).ok())
    }
}
