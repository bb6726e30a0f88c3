//! A store: one file, one writer, and any number of readers.
//!
//! Owns [`Store`], which opens a file and commits to it, and [`Reader`], which hands out views.
//!
//! A commit is in this order: its pages are written where nothing is that anybody needs; they are
//! synced; its meta is written, in the place of the older of the two; that is synced. Until then
//! the commit is not there, however much of it is.
//!
//! To get rid of room that nobody uses, the newest state is copied into a new file. That is synced
//! and gets the name of the old one, and the directory is synced; then commits go to the new file.
//! Both hold the same state, so whichever of them a crash leaves is right.
//!
//! A start reads what the system has in its memory, and it may not be on disk yet. So the newest
//! meta is written once more and synced, and so are the names, before anybody is told of it.
//!
//! Invariants:
//! - From the first commit after a start on, the trees of both metas are whole on disk.
//! - After a write or a sync that failed, nothing is written any more. What is there can be read.
//!
//! Left to others: the new tree (`update`), the copy (`copy`), free pages (`freelist`), views
//! (`pages`).

use crate::changes::Changes;
use crate::check::{Account, check};
use crate::copy::copy;
use crate::error::Error;
use crate::files::{Directory, File, read_all, write_all};
use crate::freelist::{Freelist, Run};
use crate::items;
use crate::list;
use crate::meta::{self, Meta, PAGE_SIZES};
use crate::page::{Page, PageId};
use crate::pages::{Pages, View};
use crate::update::Update;
use crate::walk;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

/// The file grows by so many bytes more than it has to, as etcd's does.
const GROWTH: u64 = 16 << 20;

/// Pages that follow one another are written together, up to so many bytes.
const PIECE: usize = 1 << 20;

/// How a store works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long a page of a new file is. A file that is there has pages of its own length.
    pub page_size: u32,
    /// How many bytes of pages are kept in memory.
    pub cache_bytes: usize,
    /// By how much the file grows at a time.
    pub growth: u64,
}

impl Default for Options {
    /// Pages as on most machines, and a gigabyte of memory, if the file is that long.
    fn default() -> Options {
        Options { page_size: 4_096, cache_bytes: 1 << 30, growth: GROWTH }
    }
}

/// A store that is written.
pub struct Store<D: Directory> {
    directory: D,
    /// The file's name in it.
    name: String,
    pages: Arc<Pages<D::File>>,
    reader: Reader<D::File>,
    options: Options,
    free: Freelist,
    /// How long the file is.
    length: u64,
    /// The reason for which nothing is written any more.
    failed: Option<String>,
}

/// A store that is read: any number of these, in any thread.
pub struct Reader<F: File> {
    /// The pages of the file; of another one, once the store is in another one.
    pages: Arc<RwLock<Arc<Pages<F>>>>,
}

impl<F: File> Clone for Reader<F> {
    fn clone(&self) -> Reader<F> {
        Reader { pages: self.pages.clone() }
    }
}

impl<F: File> Reader<F> {
    /// The newest state. It stays as it is; and while it is there, none of its pages is used again.
    pub fn view(&self) -> View<F> {
        View::new(&self.pages.read().expect("nobody panics while holding it"))
    }
}

impl<D: Directory> Store<D> {
    /// Opens the store in this file of a directory. If there is none, it is made, empty.
    pub fn open(directory: D, name: &str, options: Options) -> Result<Store<D>, Error> {
        let place = directory.place(name);
        let file = match directory.open(name)? {
            Some(file) => {
                // A copy that was not completed.
                directory.remove(&part(name))?;
                file
            }
            None => make(&directory, name, options)?,
        };
        let length = file.length().map_err(Error::io("cannot look at", &place))?;
        let (meta, page) = newest(&file, &place)?;
        if meta.end.0.saturating_mul(u64::from(meta.page_size)) > length {
            let why = format!("it has {} pages, and {length} bytes", meta.end);
            return Err(Error::NoStore { file: place, why });
        }
        let pages = Arc::new(Pages::new(file, place, meta, options.cache_bytes));
        let free = Freelist::new(walk::reachable(&pages, &meta)?.free());
        make_certain(&directory, &pages, &meta, page)?;
        let reader = Reader { pages: Arc::new(RwLock::new(pages.clone())) };
        let name = name.to_owned();
        Ok(Store { directory, name, pages, reader, options, free, length, failed: None })
    }

    /// Whoever wants to read gets one of these.
    pub fn reader(&self) -> Reader<D::File> {
        self.reader.clone()
    }

    /// The newest state.
    pub fn view(&self) -> View<D::File> {
        self.reader.view()
    }

    /// Which pages are free, and which will be.
    pub fn free(&self) -> &Freelist {
        &self.free
    }

    /// Looks at every page: whether the newest state is sound, and every page of the file is part
    /// of it once, or free once.
    pub fn check(&self) -> Result<Account, Error> {
        check(&self.view(), &self.free)
    }

    /// How long the file is.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Makes all these changes at once, and returns when they are on disk.
    ///
    /// A change that contradicts what is there is an error, and then none has happened. After any
    /// other error the state is the one before, and the store takes nothing more.
    pub fn commit(&mut self, changes: Changes) -> Result<(), Error> {
        self.has_not_failed()?;
        changes.check()?;
        let before = self.pages.meta();
        // Both metas' states stay whole: that of the commit before this one, too.
        self.free.release(self.pages.oldest().min(before.commit.saturating_sub(1)));
        let mut update = Update::new(&self.pages, &mut self.free, before.end);
        let root = update.root(before.root, changes);
        let Update { end, written, mut replaced, taken, spare, .. } = update;
        let done = root.and_then(|root| {
            replaced.extend(self.old_list(&before)?);
            let meta = Meta { root, free: None, end, commit: self.next(&before)?, ..before };
            self.write(&meta, &written).map(|()| meta)
        });
        let meta = match done {
            Ok(meta) => meta,
            Err(error) => {
                taken.into_iter().for_each(|run| self.free.add(run));
                if !matches!(error, Error::Impossible { .. }) {
                    self.fail(&error);
                }
                return Err(error);
            }
        };
        spare.into_iter().for_each(|run| self.free.add(run));
        self.free.replaced(meta.commit, replaced);
        for (id, page) in written {
            self.pages.cache.put(id, page);
        }
        self.pages.publish(meta);
        Ok(())
    }

    /// Copies the newest state into a new file, which takes the place of the old one. It is as long
    /// as it has to be, and each of its pages is filled to so many percent. Views of the old file
    /// stay as they are, and it goes with the last of them.
    ///
    /// It may take long, so `goes_on` is asked again and again. If it says no, nothing has
    /// happened; and so it is if the new file cannot be written. Is it done?
    pub fn defragment(
        &mut self,
        fill_percent: usize,
        goes_on: impl FnMut() -> bool,
    ) -> Result<bool, Error> {
        assert!((10..=100).contains(&fill_percent), "a page is filled to 10 to 100 percent");
        self.has_not_failed()?;
        let part = part(&self.name);
        let place = self.directory.place(&part);
        let file = self.directory.create(&part)?;
        let copied = copy(&self.view(), &file, &place, fill_percent, goes_on);
        let Ok(Some(meta)) = copied else {
            drop(file);
            let removed = self.directory.remove(&part);
            return copied.and(removed).map(|()| false);
        };
        let renamed = self.directory.rename(&part, &self.name);
        if let Err(error) = renamed.and_then(|()| self.directory.sync()) {
            // Which of the two has the name after a crash, nobody knows.
            self.fail(&error);
            return Err(error);
        }
        let name = self.pages.name().to_owned();
        self.length = meta.end.0 * u64::from(meta.page_size);
        self.pages = Arc::new(Pages::new(file, name, meta, self.options.cache_bytes));
        self.free = Freelist::default();
        *self.reader.pages.write().expect("nobody panics while holding it") = self.pages.clone();
        Ok(true)
    }

    /// From now on, the store takes nothing more.
    pub(crate) fn fail(&mut self, why: &Error) {
        self.failed.get_or_insert_with(|| why.to_string());
    }

    fn has_not_failed(&self) -> Result<(), Error> {
        match &self.failed {
            Some(reason) => Err(Error::Failed { reason: reason.clone() }),
            None => Ok(()),
        }
    }

    /// Writes a commit's pages, and then its meta.
    fn write(&mut self, meta: &Meta, written: &BTreeMap<PageId, Page>) -> Result<(), Error> {
        let name = self.pages.name().to_owned();
        let page_size = u64::from(meta.page_size);
        let needed = meta.end.0 * page_size;
        let file = &self.pages.file;
        if needed > self.length {
            let length = needed + self.options.growth;
            file.grow(length).map_err(Error::io("cannot grow", &name))?;
            self.length = length;
        }
        // Short pages that follow one another are one write. Most pages follow none, and are not
        // copied for it.
        let written: Vec<_> = written.iter().collect();
        let is_short = |page: &Page| page.length() as u64 == page_size;
        let side_by_side = written.chunk_by(|(id, page), (next_id, next)| {
            id.0 + 1 == next_id.0 && is_short(page) && is_short(next)
        });
        let step = PIECE / self.pages.page_size();
        for pages in side_by_side.flat_map(|pages| pages.chunks(step)) {
            let place = pages[0].0.0 * page_size;
            let bytes: Vec<&[u8]> = pages.iter().map(|(_, page)| page.bytes()).collect();
            let bytes = match bytes[..] {
                [page] => Cow::Borrowed(page),
                _ => Cow::Owned(bytes.concat()),
            };
            write_all(file, &bytes, place).map_err(Error::io("cannot write", &name))?;
        }
        file.sync().map_err(Error::io("cannot sync", &name))?;
        let bytes = meta.encode(meta.page());
        let place = meta.page().0 * page_size;
        write_all(file, &bytes, place).map_err(Error::io("cannot write", &name))?;
        file.sync().map_err(Error::io("cannot sync", &name))
    }

    /// The number of the commit after this one. Only a hostile file comes to the end of them.
    fn next(&self, before: &Meta) -> Result<u64, Error> {
        let why = "no number is left for the next commit";
        before.commit.checked_add(1).ok_or_else(|| self.pages.damaged(before.page(), why))
    }

    /// The pages of the list of free pages that the state before has. It is not kept any more.
    fn old_list(&self, before: &Meta) -> Result<Option<Run>, Error> {
        let Some(first) = before.free else { return Ok(None) };
        let length = self.pages.raw(first, before.end)?.len();
        let count = (length / self.pages.page_size()) as u64;
        Ok(Some(Run { first, count }))
    }
}

/// How a file is called until it is whole.
fn part(name: &str) -> String {
    format!("{name}.new")
}

/// A new file with an empty store. It gets its name when it is whole.
fn make<D: Directory>(directory: &D, name: &str, options: Options) -> Result<D::File, Error> {
    let page_size = options.page_size;
    assert!(
        PAGE_SIZES.contains(&page_size) && page_size.is_power_of_two(),
        "a page is as long as a power of two, from 512 bytes to 64 KiB"
    );
    let part = part(name);
    let place = directory.place(&part);
    let file = directory.create(&part)?;
    // Now that this one is locked, nobody else makes one; but somebody may have done it before.
    if let Some(made) = directory.open(name)? {
        directory.remove(&part)?;
        return Ok(made);
    }
    let length = page_size as usize;
    let first = Meta {
        page_size,
        root: PageId(3),
        sequence: 0,
        free: Some(PageId(2)),
        end: PageId(4),
        commit: 0,
    };
    let mut bytes = Vec::new();
    for commit in 0..2 {
        let meta = Meta { commit, ..first };
        bytes.extend(meta.encode(meta.page()));
        bytes.resize(bytes.len().next_multiple_of(length), 0);
    }
    bytes.extend(list::encode(PageId(2), length));
    bytes.extend(items::encode(PageId(3), 0, &[], length));
    write_all(&file, &bytes, 0).map_err(Error::io("cannot write", &place))?;
    file.sync().map_err(Error::io("cannot sync", &place))?;
    directory.rename(&part, name)?;
    directory.sync()?;
    Ok(file)
}

/// What was read is on disk from now on. Whoever wrote it may have been killed before its sync, and
/// then it was read from the system's memory; the first commit writes over the state before it.
fn make_certain<D: Directory>(
    directory: &D,
    pages: &Pages<D::File>,
    meta: &Meta,
    page: PageId,
) -> Result<(), Error> {
    let (file, name) = (&pages.file, pages.name());
    let place = page.0 * pages.page_size() as u64;
    // A sync that failed may have forgotten what was to be synced, so it is written once more.
    write_all(file, &meta.encode(page), place).map_err(Error::io("cannot write", name))?;
    file.sync().map_err(Error::io("cannot sync", name))?;
    directory.sync()
}

/// The newest meta of a file, and its page. One of the two may be broken.
fn newest(file: &impl File, name: &str) -> Result<(Meta, PageId), Error> {
    let read = |place: u64| {
        let mut bytes = [0; meta::LENGTH];
        let count = read_all(file, &mut bytes, place).map_err(Error::io("cannot read", name))?;
        Ok(Meta::decode(&bytes[..count]))
    };
    let first = read(0)?;
    // Where the second is depends on how long a page is. If the first does not say it, each length
    // is tried.
    let mut second = Err("no page that is long enough for it is there");
    let sizes: Vec<u32> = match first {
        Ok(first) => vec![first.page_size],
        Err(_) => (9..=16).map(|power| 1 << power).collect(),
    };
    for size in sizes {
        let found = read(u64::from(size))?.and_then(|meta| {
            if meta.page_size == size { Ok(meta) } else { Err("its pages have another length") }
        });
        if found.is_ok() || second.is_err() {
            second = found;
        }
        if second.is_ok() {
            break;
        }
    }
    match (first, second) {
        (Ok(first), Ok(second)) if second.commit > first.commit => Ok((second, PageId(1))),
        (Ok(first), Ok(_) | Err(_)) => Ok((first, PageId(0))),
        (Err(_), Ok(second)) => Ok((second, PageId(1))),
        (Err(first), Err(second)) => {
            let why = format!("its first meta: {first}; its second: {second}");
            Err(Error::NoStore { file: name.to_owned(), why })
        }
    }
}
