//! Reading: buckets, and cursors that walk through them.
//!
//! Owns [`Bucket`], a tree of keys in a view, and [`Cursor`], a place in it. A cursor is the way
//! from the root to a leaf: a page on each level, and where in it the way goes on.
//!
//! A file may be damaged in ways that no page shows. So the way has a greatest length, which a
//! circle exceeds, and from one leaf to the next, keys must ascend: whatever the pages say, a walk
//! ends.
//!
//! Left to others: pages (`page`, `pages`).

use crate::error::Error;
use crate::files::File;
use crate::header::{Header, Root};
use crate::page::{Page, PageId};
use crate::pages::View;
use bytes::Bytes;
use std::ops::{Bound, RangeBounds};

/// No tree is deeper: with two keys in a page, it would have more pages than a file can. And no
/// more buckets are in each other.
pub const DEEPEST: usize = 64;

/// No way from the root bucket to a key is longer, through all buckets in each other. It is walked
/// by functions that call themselves, and a thread's stack must hold them.
pub const LONGEST_WAY: usize = 512;

/// A bucket: keys in order, each with a value or a bucket below.
pub struct Bucket<'a, F: File> {
    view: &'a View<F>,
    /// The topmost page of its tree, and its number. Everybody begins there.
    top: Page,
    id: PageId,
    sequence: u64,
}

/// A place in a bucket.
pub struct Cursor<'a, F: File> {
    view: &'a View<F>,
    top: Page,
    id: PageId,
    /// From the root to a leaf: each page, and the element in it. In the leaf, it may be before the
    /// first or after the last, and then the cursor is nowhere.
    way: Vec<(Page, usize)>,
}

/// The keys between two bounds, in order.
pub struct Range<'a, F: File> {
    cursor: Cursor<'a, F>,
    from: Bound<Bytes>,
    to: Bound<Bytes>,
    backwards: bool,
    begun: bool,
}

impl<F: File> View<F> {
    /// The root bucket, in which all others are.
    pub fn root(&self) -> Result<Bucket<'_, F>, Error> {
        let (id, sequence) = (self.meta().root, self.meta().sequence);
        Ok(Bucket { view: self, top: self.page(id)?, id, sequence })
    }

    /// The bucket of this name, if there is one.
    pub fn bucket(&self, name: &[u8]) -> Result<Option<Bucket<'_, F>>, Error> {
        self.root()?.bucket(name)
    }
}

impl<'a, F: File> Bucket<'a, F> {
    /// The value of a key; none if it is not there, or is a bucket. It is a part of a page, which
    /// stays in memory as long as the value does: whoever keeps it should copy it.
    pub fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        let found = self.find(key)?;
        Ok(found.filter(|(page, at)| !page.is_bucket(*at)).map(|(page, at)| page.shared_value(at)))
    }

    /// The bucket of this name below this one, if there is one.
    pub fn bucket(&self, name: &[u8]) -> Result<Option<Bucket<'a, F>>, Error> {
        let found = self.find(name)?.filter(|(page, at)| page.is_bucket(*at));
        found.map(|(page, at)| Bucket::below(self.view, self.id, &page, at)).transpose()
    }

    /// The bucket that is this element of a leaf, in the tree with that root.
    fn below(
        view: &'a View<F>,
        root: PageId,
        page: &Page,
        at: usize,
    ) -> Result<Bucket<'a, F>, Error> {
        let header = Header::decode(&page.shared_value(at)).map_err(|why| {
            let why = format!("bucket \"{}\": {why}", page.key(at).escape_ascii());
            view.pages().damaged(root, why)
        })?;
        let (top, id) = match header.root {
            Root::Page(id) => (view.page(id)?, id),
            Root::Inline(page) => (page, root),
        };
        Ok(Bucket { view, top, id, sequence: header.sequence })
    }

    /// A number that belongs to the bucket.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// A cursor, which is nowhere yet.
    pub fn cursor(&self) -> Cursor<'a, F> {
        Cursor { view: self.view, top: self.top.clone(), id: self.id, way: Vec::new() }
    }

    /// The keys between two bounds that have values, in order. After an error, there is no more.
    pub fn range(&self, keys: impl RangeBounds<[u8]>) -> Range<'a, F> {
        self.between(&keys, false)
    }

    /// The same, from the last to the first.
    pub fn range_back(&self, keys: impl RangeBounds<[u8]>) -> Range<'a, F> {
        self.between(&keys, true)
    }

    fn between(&self, keys: &impl RangeBounds<[u8]>, backwards: bool) -> Range<'a, F> {
        let own = |bound: Bound<&[u8]>| bound.map(Bytes::copy_from_slice);
        let (from, to) = (own(keys.start_bound()), own(keys.end_bound()));
        Range { cursor: self.cursor(), from, to, backwards, begun: false }
    }

    /// Something is wrong with this bucket.
    pub(crate) fn damaged(&self, why: &str) -> Error {
        self.view.pages().damaged(self.id, why)
    }

    /// Where in which leaf a key is, if it is there.
    fn find(&self, key: &[u8]) -> Result<Option<(Page, usize)>, Error> {
        let page = self.leaf(key)?;
        Ok(page.search(key).ok().map(|at| (page, at)))
    }

    /// The leaf that a key is in, if it is anywhere.
    pub(crate) fn leaf(&self, key: &[u8]) -> Result<Page, Error> {
        let mut page = self.top.clone();
        for _ in 0..DEEPEST {
            if page.is_leaf() {
                return Ok(page);
            }
            page = self.view.page(page.below(page.way(key)))?;
        }
        Err(too_deep(self.view, self.id))
    }
}

fn too_deep<F: File>(view: &View<F>, root: PageId) -> Error {
    view.pages().damaged(root, "the tree below it has no end")
}

impl<'a, F: File> Cursor<'a, F> {
    /// Goes to the first key.
    pub fn first(&mut self) -> Result<(), Error> {
        self.descend(|_| 0)?;
        self.skip_empty(true)
    }

    /// Goes to the last key.
    pub fn last(&mut self) -> Result<(), Error> {
        self.descend(|page| page.count().saturating_sub(1))?;
        self.skip_empty(false)
    }

    /// Goes to this key, or to the first after it.
    pub fn seek(&mut self, key: &[u8]) -> Result<(), Error> {
        self.descend(|page| {
            if page.is_leaf() {
                let (Ok(at) | Err(at)) = page.search(key);
                at
            } else {
                page.way(key)
            }
        })?;
        self.skip_empty(true)
    }

    /// Goes to the next key; nowhere from the last.
    pub fn go_on(&mut self) -> Result<(), Error> {
        if let Some((_, at)) = self.way.last_mut() {
            *at += 1;
        }
        self.skip_empty(true)
    }

    /// Goes to the key before; nowhere from the first.
    pub fn go_back(&mut self) -> Result<(), Error> {
        match self.way.last_mut() {
            Some((_, at)) if *at > 0 => {
                *at -= 1;
                Ok(())
            }
            Some(_) => {
                self.move_leaf(false)?;
                self.skip_empty(false)
            }
            None => Ok(()),
        }
    }

    /// The key here, and its value; that of a bucket says where it is. None if it is nowhere.
    pub fn current(&self) -> Option<(&[u8], &[u8])> {
        let (page, at) = self.here()?;
        Some((page.key(at), page.value(at)))
    }

    /// The same, shared.
    pub fn shared(&self) -> Option<(Bytes, Bytes)> {
        let (page, at) = self.here()?;
        Some((page.shared_key(at), page.shared_value(at)))
    }

    /// The bucket here, if there is one.
    pub fn bucket(&self) -> Result<Option<Bucket<'a, F>>, Error> {
        let here = self.here().filter(|(page, at)| page.is_bucket(*at));
        here.map(|(page, at)| Bucket::below(self.view, self.id, page, at)).transpose()
    }

    /// Is there a bucket here?
    pub fn is_bucket(&self) -> bool {
        self.here().is_some_and(|(page, at)| page.is_bucket(at))
    }

    fn here(&self) -> Option<(&Page, usize)> {
        let (page, at) = self.way.last()?;
        (page.is_leaf() && *at < page.count()).then_some((page, *at))
    }

    /// Goes down from the root, in each page where `choose` says.
    fn descend(&mut self, choose: impl Fn(&Page) -> usize) -> Result<(), Error> {
        self.way.clear();
        self.push(self.top.clone(), choose)
    }

    /// Goes down from a page to a leaf.
    fn push(&mut self, mut page: Page, choose: impl Fn(&Page) -> usize) -> Result<(), Error> {
        loop {
            let at = choose(&page);
            let below = (!page.is_leaf()).then(|| page.below(at));
            self.way.push((page, at));
            let Some(below) = below else { return Ok(()) };
            if self.way.len() >= DEEPEST {
                self.way.clear();
                return Err(too_deep(self.view, self.id));
            }
            page = self.view.page(below)?;
        }
    }

    /// If the cursor is after the last key of its leaf, or in an empty one, it goes on with the
    /// next leaf, or the one before, that has a key.
    fn skip_empty(&mut self, forwards: bool) -> Result<(), Error> {
        while let Some((page, at)) = self.way.last()
            && *at >= page.count()
        {
            self.move_leaf(forwards)?;
        }
        Ok(())
    }

    /// Goes to the first key of the next leaf, or to the last of the one before. Nowhere if there
    /// is none.
    fn move_leaf(&mut self, forwards: bool) -> Result<(), Error> {
        let Some((left, _)) = self.way.pop() else { return Ok(()) };
        while let Some((page, at)) = self.way.pop() {
            let next = if forwards { at + 1 } else { at.wrapping_sub(1) };
            if next >= page.count() {
                continue;
            }
            let below = page.below(next);
            self.way.push((page, next));
            let page = self.view.page(below)?;
            self.push(page, |page| if forwards { 0 } else { page.count().saturating_sub(1) })?;
            return self.ascends(&left, forwards, below);
        }
        Ok(())
    }

    /// From one leaf to the next, keys ascend.
    fn ascends(&mut self, left: &Page, forwards: bool, id: PageId) -> Result<(), Error> {
        let Some((page, _)) = self.way.last() else { return Ok(()) };
        let follows = if forwards { left.is_before(page) } else { page.is_before(left) };
        if follows {
            return Ok(());
        }
        self.way.clear();
        Err(self.view.pages().damaged(id, "its keys do not follow those of the leaf before"))
    }
}

impl<F: File> Range<'_, F> {
    /// Goes to the next key between the bounds; false if there is none.
    fn step(&mut self) -> Result<bool, Error> {
        // If it cannot begin, it has ended.
        let begun = std::mem::replace(&mut self.begun, true);
        match (begun, self.backwards) {
            (true, false) => self.cursor.go_on()?,
            (true, true) => self.cursor.go_back()?,
            (false, false) => self.begin()?,
            (false, true) => self.begin_back()?,
        }
        let Some((key, _)) = self.cursor.current() else { return Ok(false) };
        Ok(match (self.backwards, &self.from, &self.to) {
            (false, _, Bound::Included(to)) => key <= to,
            (false, _, Bound::Excluded(to)) => key < to,
            (true, Bound::Included(from), _) => key >= from,
            (true, Bound::Excluded(from), _) => key > from,
            (false, _, Bound::Unbounded) | (true, Bound::Unbounded, _) => true,
        })
    }

    fn begin(&mut self) -> Result<(), Error> {
        match &self.from {
            Bound::Unbounded => self.cursor.first(),
            Bound::Included(from) => self.cursor.seek(from),
            Bound::Excluded(from) => {
                self.cursor.seek(from)?;
                let is_there = self.cursor.current().is_some_and(|(key, _)| key == from);
                if is_there { self.cursor.go_on() } else { Ok(()) }
            }
        }
    }

    fn begin_back(&mut self) -> Result<(), Error> {
        let (to, included) = match &self.to {
            Bound::Unbounded => return self.cursor.last(),
            Bound::Included(to) => (to, true),
            Bound::Excluded(to) => (to, false),
        };
        self.cursor.seek(to)?;
        match self.cursor.current() {
            Some((key, _)) if included && key == to => Ok(()),
            Some(_) => self.cursor.go_back(),
            None => self.cursor.last(),
        }
    }
}

impl<F: File> Iterator for Range<'_, F> {
    type Item = Result<(Bytes, Bytes), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.step() {
                Ok(true) if self.cursor.is_bucket() => {}
                Ok(true) => return self.cursor.shared().map(Ok),
                Ok(false) => {
                    self.cursor.way.clear();
                    return None;
                }
                Err(error) => {
                    self.cursor.way.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}
