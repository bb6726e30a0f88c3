//! A buffer over a store, as one would write it first: a map, and another one for the disk. It
//! holds what the fast one must hold, and a view is a copy of it.

use std::collections::{BTreeMap, BTreeSet};

/// Rows, each by its bucket and its key.
pub type Rows = BTreeMap<(Vec<u8>, Vec<u8>), Vec<u8>>;

/// All that there is.
#[derive(Clone, Debug, Default)]
pub struct Naive {
    pub written: Rows,
    pub published: Rows,
    /// What is to be on disk next.
    pub frozen: Option<Rows>,
    pub on_disk: Rows,
    /// Buckets that were written to. They are there after a start, if that was on disk.
    pub buckets: BTreeSet<Vec<u8>>,
    /// Was anything written that is not frozen?
    pub changed: bool,
}

impl Naive {
    pub fn put(&mut self, bucket: &[u8], key: &[u8], value: &[u8]) {
        self.written.insert((bucket.to_vec(), key.to_vec()), value.to_vec());
        self.touch(bucket);
    }

    pub fn delete(&mut self, bucket: &[u8], key: &[u8]) {
        self.written.remove(&(bucket.to_vec(), key.to_vec()));
        self.touch(bucket);
    }

    pub fn touch(&mut self, bucket: &[u8]) {
        self.buckets.insert(bucket.to_vec());
        self.changed = true;
    }

    pub fn publish(&mut self) {
        self.published = self.written.clone();
    }

    /// Is there something to freeze, and may it be?
    pub fn freeze(&mut self) -> bool {
        self.publish();
        if self.frozen.is_some() || !self.changed {
            return false;
        }
        self.changed = false;
        self.frozen = Some(self.published.clone());
        true
    }

    pub fn commit(&mut self) {
        self.on_disk = self.frozen.clone().expect("it was frozen");
    }

    pub fn retire(&mut self) {
        self.frozen = None;
    }

    /// Power goes. The memory is empty.
    pub fn restart(&mut self) {
        let on_disk = std::mem::take(&mut self.on_disk);
        *self = Naive {
            written: on_disk.clone(),
            published: on_disk.clone(),
            on_disk,
            ..Naive::default()
        };
    }
}
