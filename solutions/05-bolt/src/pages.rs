//! The pages of a file, as those see them who read.
//!
//! Owns [`Pages`], which reads a page from the cache or the file, and [`View`], one state of the
//! store: that of a commit. As long as a view is there, no page of its state is written over.
//!
//! Invariants:
//! - The state of a view is the newest commit of the moment at which it began.
//! - A page that is read lies inside the state that it is read for. It is whole, or an error.
//!
//! Left to others: what a tree of pages means (`cursor`), and who writes (`store`).

use crate::cache::Cache;
use crate::error::Error;
use crate::files::{File, read_all};
use crate::meta::Meta;
use crate::page::{Head, Page, PageId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// A file, with the pages that were read, and who reads which state.
pub struct Pages<F> {
    pub(crate) file: F,
    /// How it is called in errors.
    name: String,
    page_size: u32,
    pub(crate) cache: Cache,
    state: Mutex<State>,
}

/// Which states there are.
struct State {
    /// The newest.
    meta: Meta,
    /// How many views there are of each commit.
    views: BTreeMap<u64, usize>,
}

/// One state of the store. It stays as it is, whatever is committed meanwhile.
pub struct View<F: File> {
    pages: Arc<Pages<F>>,
    meta: Meta,
}

impl<F: File> Pages<F> {
    /// The pages of this file, of which `meta` is the newest state.
    pub(crate) fn new(file: F, name: String, meta: Meta, cache_bytes: usize) -> Pages<F> {
        let state = Mutex::new(State { meta, views: BTreeMap::new() });
        let page_size = meta.page_size;
        Pages { file, name, page_size, cache: Cache::new(cache_bytes), state }
    }

    /// How long a page is.
    pub fn page_size(&self) -> usize {
        self.page_size as usize
    }

    /// How the file is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The newest state.
    pub fn meta(&self) -> Meta {
        self.lock().meta
    }

    /// The oldest state that anybody reads, or may begin to read.
    pub(crate) fn oldest(&self) -> u64 {
        let state = self.lock();
        state.views.keys().next().copied().unwrap_or(state.meta.commit)
    }

    /// From now on, this is the newest state.
    pub(crate) fn publish(&self, meta: Meta) {
        self.lock().meta = meta;
    }

    /// A branch or a leaf of a state whose pages end there.
    pub(crate) fn read(&self, id: PageId, end: PageId) -> Result<Page, Error> {
        if let Some(page) = self.cache.get(id) {
            return Ok(page);
        }
        let page = Page::new(id, &self.raw(id, end)?).map_err(|why| self.damaged(id, why))?;
        self.cache.put(id, page.clone());
        Ok(page)
    }

    /// The bytes of a page, with those after it that are part of it.
    pub(crate) fn raw(&self, id: PageId, end: PageId) -> Result<Vec<u8>, Error> {
        if id.0 < 2 || id >= end {
            let why = format!("something refers to it, and pages go from 2 to {}", end.0 - 1);
            return Err(self.damaged(id, why));
        }
        let mut bytes = vec![0; self.page_size()];
        self.fill(id, &mut bytes)?;
        let head = Head::decode(&bytes).expect("a page is longer than its head");
        let count = 1 + u64::from(head.overflow);
        if head.overflow > 0 {
            if count > end.0 - id.0 {
                return Err(self.damaged(id, format!("it claims to be {count} pages long")));
            }
            let first = bytes.len();
            bytes.resize(first * usize::try_from(count).expect("they are in the file"), 0);
            self.fill(PageId(id.0 + 1), &mut bytes[first..])?;
        }
        Ok(bytes)
    }

    /// Reads the file from a page on. All of it must be there.
    pub(crate) fn fill(&self, id: PageId, bytes: &mut [u8]) -> Result<(), Error> {
        let place = id.0 * u64::from(self.page_size);
        let read = read_all(&self.file, bytes, place);
        let read = read.map_err(Error::io("cannot read", &self.name))?;
        if read < bytes.len() { Err(self.damaged(id, "the file ends before it")) } else { Ok(()) }
    }

    /// A page is not what it should be.
    pub(crate) fn damaged(&self, id: PageId, why: impl Into<String>) -> Error {
        let offset = id.0.saturating_mul(u64::from(self.page_size));
        Error::Damaged { file: self.name.clone(), page: id.0, offset, why: why.into() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }
}

impl<F: File> View<F> {
    /// The newest state.
    pub(crate) fn new(pages: &Arc<Pages<F>>) -> View<F> {
        let mut state = pages.lock();
        let meta = state.meta;
        *state.views.entry(meta.commit).or_default() += 1;
        drop(state);
        View { pages: pages.clone(), meta }
    }

    /// What the commit has left behind.
    pub fn meta(&self) -> Meta {
        self.meta
    }

    /// The pages.
    pub fn pages(&self) -> &Pages<F> {
        &self.pages
    }

    /// A branch or a leaf.
    pub(crate) fn page(&self, id: PageId) -> Result<Page, Error> {
        self.pages.read(id, self.meta.end)
    }
}

impl<F: File> Clone for View<F> {
    /// The same state once more.
    fn clone(&self) -> View<F> {
        *self.pages.lock().views.entry(self.meta.commit).or_default() += 1;
        View { pages: self.pages.clone(), meta: self.meta }
    }
}

impl<F: File> Drop for View<F> {
    fn drop(&mut self) {
        let mut state = self.pages.lock();
        if let Some(count) = state.views.get_mut(&self.meta.commit) {
            *count -= 1;
            if *count == 0 {
                state.views.remove(&self.meta.commit);
            }
        }
    }
}
