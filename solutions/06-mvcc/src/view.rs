//! Reading: the store as it was at a revision.
//!
//! Owns [`Reader`], which hands out views in any thread, and [`View`]. A view sees the newest
//! revision of the moment at which it was taken, and every one before it that was not compacted
//! then, for as long as it is there. It does not stop the writer: it looks at the index through a
//! lock, but never at more than [`SLICE`] keys at once, and what is written meanwhile has stamps
//! that it does not look at.
//!
//! A compaction takes versions from the index that a view may want. So it waits until the views
//! that were taken before it are gone: they have one [`Moment::era`] in common, and the next ones
//! another.
//!
//! Left to others: what a range wants (`range`), and writing (`store`).

use crate::index::{Index, bounds};
use crate::stamp::Stamp;
use crate::versions::Life;
use api::{Keys, Revision};
use bolt::File;
use bolt::backend;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// So many keys are looked at before the writer may go on.
pub const SLICE: usize = 512;

/// What readers and the writer share.
#[derive(Debug)]
pub struct Shared {
    index: RwLock<Index>,
    moment: Mutex<Moment>,
}

/// What was published last.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The newest revision.
    pub current: Revision,
    /// The revision of the last compaction; none if there was none. States before it are gone.
    pub compacted: Option<Revision>,
    /// Whoever has it was there before the next compaction.
    #[expect(dead_code, reason = "it is there to be counted")]
    pub era: Arc<()>,
}

/// Hands out views.
pub struct Reader<F: File> {
    rows: backend::Reader<F>,
    shared: Arc<Shared>,
}

/// The store as it was at one moment.
pub struct View<F: File> {
    rows: backend::View<F>,
    shared: Arc<Shared>,
    moment: Moment,
}

impl Shared {
    /// An index, at this moment.
    pub fn new(index: Index, moment: Moment) -> Shared {
        Shared { index: RwLock::new(index), moment: Mutex::new(moment) }
    }

    /// The index, to look at.
    pub fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The index, to change.
    pub fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was published last.
    pub fn moment(&self) -> Moment {
        self.moment.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on, this is the moment.
    pub fn publish(&self, moment: Moment) {
        *self.moment.lock().unwrap_or_else(PoisonError::into_inner) = moment;
    }

    /// Calls `see` for every key of a range that is there at a revision, in order, until it says
    /// that it has seen enough.
    pub fn each(&self, keys: &Keys, at: Revision, mut see: impl FnMut(&[u8], Stamp, Life) -> bool) {
        if let Keys::One(key) = keys {
            if let Some((stamp, life)) = self.index().get(key, at) {
                see(key, stamp, life);
            }
            return;
        }
        let mut rest = bounds(keys);
        while let Some(last) = self.index().slice(&rest, at, SLICE, &mut see) {
            rest.0 = Bound::Excluded(last);
        }
    }
}

impl<F: File> Reader<F> {
    /// A reader of these rows.
    pub(crate) fn new(rows: backend::Reader<F>, shared: Arc<Shared>) -> Reader<F> {
        Reader { rows, shared }
    }

    /// The store as it is now.
    pub fn view(&self) -> View<F> {
        // In this order: the rows have all that the moment has, and perhaps more.
        let moment = self.shared.moment();
        View { rows: self.rows.view(), shared: self.shared.clone(), moment }
    }
}

impl<F: File> Clone for Reader<F> {
    fn clone(&self) -> Reader<F> {
        Reader { rows: self.rows.clone(), shared: self.shared.clone() }
    }
}

impl<F: File> Clone for View<F> {
    fn clone(&self) -> View<F> {
        let (rows, shared) = (self.rows.clone(), self.shared.clone());
        View { rows, shared, moment: self.moment.clone() }
    }
}

impl<F: File> View<F> {
    /// The newest revision that it sees.
    pub fn current(&self) -> Revision {
        self.moment.current
    }

    /// The revision of the last compaction before it, if there was one.
    pub fn compacted(&self) -> Option<Revision> {
        self.moment.compacted
    }

    /// The rows below.
    pub fn rows(&self) -> &backend::View<F> {
        &self.rows
    }

    /// What it shares with the writer.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}
