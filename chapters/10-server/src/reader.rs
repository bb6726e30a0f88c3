//! Whoever reads the store.
//!
//! Owns [`Reader`]. When a member gets another one's state, the store is another; whoever reads
//! then sees that one, and views that were taken before see what was before, to their end.
//!
//! Left to others: reading (`mvcc`).

use crate::disk::File;
use crate::swapped::Swapped;
use std::sync::Arc;

/// Hands out views of the store that there is.
#[derive(Clone)]
pub struct Reader(Arc<Swapped<mvcc::Reader<File>>>);

impl Reader {
    /// Of this store, for a start.
    pub fn new(reader: mvcc::Reader<File>) -> Reader {
        Reader(Arc::new(Swapped::new(reader)))
    }

    /// The store as it is now.
    pub fn view(&self) -> mvcc::View<File> {
        self.0.get().view()
    }

    /// The store is this one from now on.
    pub fn replace(&self, reader: mvcc::Reader<File>) {
        self.0.set(reader);
    }
}
