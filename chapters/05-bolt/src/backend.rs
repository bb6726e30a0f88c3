//! A buffer in front of the store.
//!
//! A commit waits for the disk, twice. Whoever carries out the log's entries must not wait, and
//! need not: what a crash takes from memory, the log gives back. So rows are written into memory
//! first, and many entries are one commit, in another thread.
//!
//! Owns three handles: [`Writer`], for the thread that writes; [`Committer`], for the thread that
//! waits for the disk; [`Reader`], for everybody else. The buffer is a list of pieces, each a few
//! sorted rows that never change:
//!
//! ```text
//!   written ──▶ draft ─publish─▶ live pieces ─freeze─▶ frozen pieces ─commit─▶ file
//!                                └───────────── a view sees ────────────────────┘
//! ```
//!
//! - [`Writer::publish`] makes a piece of what was written since the last one. Views that are taken
//!   from then on see it, all of it.
//! - [`Writer::freeze`] says that the pieces up to now are to be one commit. It is called between
//!   two entries, so what is on disk is never half of one.
//! - [`Committer::commit`] writes them to the file. Meanwhile more pieces come behind them.
//! - [`Committer::retire`] lets go of them, since the file says the same now.
//!
//! A [`View`] is a file's state and the pieces that came after it. Taking one is a lock for a
//! moment and a count; it stays as it is, it waits for nobody, and nobody waits for it. While it is
//! there, pages of its file's state are not used again, so whoever hands views out to others has to
//! end those that get old.
//!
//! Invariants:
//! - The file's state with all pieces on top is all that was published, at every moment.
//! - The first pieces are frozen, or none is. At most one batch is frozen at a time.
//!
//! Left to others: threads, and when to call what: the server decides it by time and size.

use crate::changes::{check_key, check_value};
use crate::error::Error;
use crate::files::{Directory, File};
use crate::lookup;
use crate::pages;
use crate::store::{Options, Store};
use block::Rows;
use bytes::Bytes;
use piece::{Draft, Piece, add};
use std::ops::RangeBounds;
use std::sync::{Arc, Mutex};

mod block;
mod piece;
mod range;

pub use range::Range;

/// Writes rows. There is one.
pub struct Writer<F: File> {
    shared: Arc<Shared<F>>,
    draft: Draft,
    /// What was written since the last call of [`Writer::publish`], and was read since.
    sealed: Vec<Arc<Piece>>,
}

/// Brings rows to the disk. There is one.
pub struct Committer<D: Directory> {
    shared: Arc<Shared<D::File>>,
    store: Store<D>,
}

/// Hands out views, in any thread.
pub struct Reader<F: File> {
    shared: Arc<Shared<F>>,
}

/// All rows of a moment. A clone is the same.
pub struct View<F: File> {
    state: Arc<State<F>>,
}

/// Finds values of a bucket: of keys that are near each other faster than by [`View::get`].
pub struct Lookup<'a, F: File> {
    /// The newest first.
    pieces: Vec<&'a Rows>,
    file: Option<lookup::Lookup<'a, F>>,
}

/// Pieces that are to be one commit.
#[must_use = "as long as it is neither committed nor retired, no other is handed out"]
#[derive(Debug)]
pub struct Frozen {
    pieces: Vec<Arc<Piece>>,
}

/// Says that frozen pieces are on disk.
#[must_use = "until it is retired, its pieces stay in memory, and no other is handed out"]
#[derive(Debug)]
pub struct Committed {
    count: usize,
}

/// What the handles have in common: the newest state.
struct Shared<F: File> {
    state: Mutex<Arc<State<F>>>,
}

/// All that was published.
struct State<F: File> {
    file: Arc<pages::View<F>>,
    /// What came after it, the oldest first.
    pieces: Vec<Arc<Piece>>,
    /// How many of them, from the first on, are frozen.
    frozen: usize,
}

/// Opens a store in this file of a directory, with an empty buffer. If there is none, it is made.
pub fn open<D: Directory>(
    directory: D,
    name: &str,
    options: Options,
) -> Result<(Writer<D::File>, Committer<D>), Error> {
    let store = Store::open(directory, name, options)?;
    let state = State { file: Arc::new(store.view()), pieces: Vec::new(), frozen: 0 };
    let shared = Arc::new(Shared { state: Mutex::new(Arc::new(state)) });
    let writer = Writer { shared: shared.clone(), draft: Draft::default(), sealed: Vec::new() };
    Ok((writer, Committer { shared, store }))
}

impl<F: File> Shared<F> {
    fn state(&self) -> Arc<State<F>> {
        self.state.lock().expect("nobody panics while holding it").clone()
    }

    /// The state becomes another, at once.
    fn change(&self, change: impl FnOnce(&State<F>) -> State<F>) {
        let mut state = self.state.lock().expect("nobody panics while holding it");
        let new = Arc::new(change(&state));
        let old = std::mem::replace(&mut *state, new);
        drop(state);
        // It may be large, and nobody waits for its end.
        drop(old);
    }
}

impl<F: File> State<F> {
    /// How much memory the buffer takes.
    fn bytes(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes()).sum()
    }

    fn live(&self) -> &[Arc<Piece>] {
        &self.pieces[self.frozen..]
    }
}

impl<F: File> Writer<F> {
    /// A bucket is to be there, empty if it is new.
    pub fn make_bucket(&mut self, bucket: &[u8]) -> Result<(), Error> {
        check_key(bucket)?;
        self.draft.bucket(bucket);
        Ok(())
    }

    /// The key has this value from now on. The bucket is made if it is not there.
    pub fn put(
        &mut self,
        bucket: &[u8],
        key: impl Into<Bytes>,
        value: impl Into<Bytes>,
    ) -> Result<(), Error> {
        let (key, value) = (key.into(), value.into());
        check_value(&key, &value)?;
        self.write(bucket, key, Some(value))
    }

    /// The key is gone from now on, if it is there.
    pub fn delete(&mut self, bucket: &[u8], key: impl Into<Bytes>) -> Result<(), Error> {
        self.write(bucket, key.into(), None)
    }

    fn write(&mut self, bucket: &[u8], key: Bytes, value: Option<Bytes>) -> Result<(), Error> {
        check_key(bucket)?;
        check_key(&key)?;
        self.draft.bucket(bucket).insert(key, value);
        Ok(())
    }

    /// The value of a key, as it was written last, published or not.
    pub fn get(&self, bucket: &[u8], key: &[u8]) -> Result<Option<Bytes>, Error> {
        let newest_first = self.sealed.iter().rev();
        let sealed = || newest_first.into_iter().find_map(|piece| piece.get(bucket, key));
        match self.draft.get(bucket, key).or_else(sealed) {
            Some(value) => Ok(value.clone()),
            None => View { state: self.shared.state() }.get(bucket, key),
        }
    }

    /// All that was written until now, published or not.
    pub fn view(&mut self) -> View<F> {
        self.seal();
        let state = self.shared.state();
        if self.sealed.is_empty() {
            return View { state };
        }
        let pieces = [&state.pieces[..], &self.sealed[..]].concat();
        let state = State { file: state.file.clone(), pieces, frozen: state.frozen };
        View { state: Arc::new(state) }
    }

    /// From now on, everybody sees what was written until now.
    pub fn publish(&mut self) {
        self.seal();
        if self.sealed.is_empty() {
            return;
        }
        // Only this thread adds pieces, so merging them needs no lock. Meanwhile the frozen ones
        // may go.
        let mut live = self.shared.state().live().to_vec();
        self.sealed.drain(..).for_each(|piece| add(&mut live, 0, piece));
        self.shared.change(|state| {
            let pieces = [&state.pieces[..state.frozen], &live[..]].concat();
            State { file: state.file.clone(), pieces, frozen: state.frozen }
        });
    }

    /// Publishes what was written, and says that all of it that is not on disk is to be one commit.
    /// None if there is nothing, or if the commit before is not retired.
    pub fn freeze(&mut self) -> Option<Frozen> {
        self.publish();
        let State { pieces, frozen, .. } = &*self.shared.state();
        if *frozen > 0 || pieces.is_empty() {
            return None;
        }
        self.shared.change(|state| State {
            file: state.file.clone(),
            pieces: state.pieces.clone(),
            frozen: state.pieces.len(),
        });
        Some(Frozen { pieces: pieces.clone() })
    }

    /// How much memory the rows take that were published, and that the file does not have.
    pub fn buffered(&self) -> usize {
        self.shared.state().bytes()
    }

    /// Whoever wants to read gets one of these.
    pub fn reader(&self) -> Reader<F> {
        Reader { shared: self.shared.clone() }
    }

    fn seal(&mut self) {
        if let Some(piece) = self.draft.seal() {
            add(&mut self.sealed, 0, Arc::new(piece));
        }
    }
}

impl<D: Directory> Committer<D> {
    /// Writes frozen pieces to the file, and returns when they are on disk. After an error, of
    /// whatever kind, they never will be: the store takes nothing more, and the process should end.
    /// What was published can be read.
    pub fn commit(&mut self, frozen: Frozen) -> Result<Committed, Error> {
        let count = frozen.pieces.len();
        let newest_first = frozen.pieces.into_iter().rev();
        let merged = newest_first.reduce(|newer, older| Arc::new(Piece::merge(&older, &newer)));
        let changes = merged.map(|piece| piece.changes()).unwrap_or_default();
        match self.store.commit(changes) {
            Ok(()) => Ok(Committed { count }),
            Err(error) => {
                self.store.fail(&error);
                Err(error)
            }
        }
    }

    /// Lets go of pieces that the file has.
    pub fn retire(&mut self, committed: Committed) {
        let file = Arc::new(self.store.view());
        self.shared.change(|state| {
            assert_eq!(state.frozen, committed.count, "one batch is frozen at a time");
            State { file, pieces: state.live().to_vec(), frozen: 0 }
        });
    }

    /// Copies the file into a new one, without the pages that nobody uses ([`Store::defragment`]).
    /// It is a commit that takes long: nobody waits for it but the commits after it, whose rows
    /// stay in the buffer. Once the buffer takes more than `limit` bytes, the copy is given up. Is
    /// it done?
    pub fn defragment(&mut self, fill_percent: usize, limit: usize) -> Result<bool, Error> {
        let shared = &self.shared;
        let done = self.store.defragment(fill_percent, || shared.state().bytes() <= limit)?;
        if done {
            // Else the old file stayed for as long as nothing is written.
            let file = Arc::new(self.store.view());
            self.shared.change(|state| State {
                file,
                pieces: state.pieces.clone(),
                frozen: state.frozen,
            });
        }
        Ok(done)
    }

    /// The store that is committed to.
    pub fn store(&self) -> &Store<D> {
        &self.store
    }
}

impl<F: File> Reader<F> {
    /// All that was published until now.
    pub fn view(&self) -> View<F> {
        View { state: self.shared.state() }
    }
}

impl<F: File> Clone for Reader<F> {
    fn clone(&self) -> Reader<F> {
        Reader { shared: self.shared.clone() }
    }
}

impl<F: File> Lookup<'_, F> {
    /// The value of a key; none if it is not there. It may be a part of a page, which then stays in
    /// memory as long as the value does: whoever keeps it should copy it.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        match (self.pieces.iter().find_map(|rows| rows.get(key)), &mut self.file) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(file)) => file.get(key),
            (None, None) => Ok(None),
        }
    }
}

impl<F: File> Clone for View<F> {
    fn clone(&self) -> View<F> {
        View { state: self.state.clone() }
    }
}

impl<F: File> View<F> {
    /// The value of a key; none if it is not there. It may be a part of a page, which then stays in
    /// memory as long as the value does: whoever keeps it should copy it.
    pub fn get(&self, bucket: &[u8], key: &[u8]) -> Result<Option<Bytes>, Error> {
        let newest_first = self.state.pieces.iter().rev();
        match newest_first.into_iter().find_map(|piece| piece.get(bucket, key)) {
            Some(value) => Ok(value.clone()),
            None => match self.state.file.bucket(bucket)? {
                Some(bucket) => bucket.get(key),
                None => Ok(None),
            },
        }
    }

    /// Finds the values of many keys of a bucket, one after the other.
    pub fn lookup(&self, bucket: &[u8]) -> Result<Lookup<'_, F>, Error> {
        let newest_first = self.state.pieces.iter().rev();
        let pieces = newest_first.filter_map(|piece| piece.rows(bucket)).collect();
        let file = self.state.file.bucket(bucket)?.map(lookup::Lookup::new);
        Ok(Lookup { pieces, file })
    }

    /// The rows of a bucket between two keys, in order. After an error, there is no more.
    pub fn range(
        &self,
        bucket: &[u8],
        keys: impl RangeBounds<[u8]>,
    ) -> Result<Range<'_, F>, Error> {
        self.between(bucket, &keys, false)
    }

    /// The same, from the last to the first.
    pub fn range_back(
        &self,
        bucket: &[u8],
        keys: impl RangeBounds<[u8]>,
    ) -> Result<Range<'_, F>, Error> {
        self.between(bucket, &keys, true)
    }

    /// What is on disk of it: a state of the file, older than this view or as old.
    pub fn file(&self) -> &pages::View<F> {
        &self.state.file
    }

    fn between(
        &self,
        bucket: &[u8],
        keys: &impl RangeBounds<[u8]>,
        backwards: bool,
    ) -> Result<Range<'_, F>, Error> {
        let bounds = (keys.start_bound(), keys.end_bound());
        let file =
            self.state.file.bucket(bucket)?.map(|bucket| {
                if backwards { bucket.range_back(bounds) } else { bucket.range(bounds) }
            });
        let newest_first = self.state.pieces.iter().rev();
        let rows = newest_first.filter_map(|piece| piece.rows(bucket));
        let pieces = rows.map(|rows| rows.between(keys));
        Ok(Range::new(pieces, file, backwards))
    }
}
