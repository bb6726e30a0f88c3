//! Writing: how changes make a new tree of an old one.
//!
//! Owns [`Update`], one commit's walk. It never changes a page. A page in which anything changes is
//! read, its items and the changes are merged into new pages, and the page above is told of those
//! instead; and so on, up to the root. All other pages stay, and are part of both trees.
//!
//! Three rules keep the tree in shape:
//! - Items that do not fit into one page are dealt to several ([`pack`]).
//! - Items that would leave a page nearly empty join those of the page beside it. But not those
//!   that somebody adds at the end, since more will come; nor those beside a page that is long
//!   because of one item, which would be written anew for them.
//! - A root with one page below is no root: that page is.
//!
//! Invariant: pages of the tree before are not written to. What the walk writes lies in pages that
//! were free, or are new.
//!
//! Left to others: free pages (`freelist`), and when all of it gets to the disk (`store`).

use crate::changes::{Change, Changes};
use crate::cursor::DEEPEST;
use crate::error::Error;
use crate::files::File;
use crate::freelist::{Freelist, Run};
use crate::header::{Header, Root, at_page, inline_value};
use crate::items::{self, Body, Item, Items};
use crate::pack::pack;
use crate::page::{HEAD, Page, PageId};
use crate::pages::Pages;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::collections::btree_map::IntoIter;
use std::iter::Peekable;
use std::ops::Range;

mod buckets;

/// The changes of a bucket that the walk has not come to yet.
type Rows = Peekable<IntoIter<Bytes, Change>>;

/// A commit's walk through the tree.
pub struct Update<'a, F> {
    pages: &'a Pages<F>,
    free: &'a mut Freelist,
    /// One past the highest page of the tree before.
    before: PageId,
    /// One past the highest page that is used.
    pub end: PageId,
    /// What is to be written.
    pub written: BTreeMap<PageId, Page>,
    /// Pages of the tree before that are not part of the new one.
    pub replaced: Vec<Run>,
    /// Pages that were free before. If the walk was in vain, they are free again.
    pub taken: Vec<Run>,
    /// Pages that were written, and are not part of the new tree either. If it is used, they are
    /// free.
    pub spare: Vec<Run>,
    /// How many pages that are to go are above.
    above: usize,
}

/// What a page has become: items of one level that are in no page yet.
struct Level {
    is_leaf: bool,
    items: Vec<Item>,
    /// Something is new, and comes after all that is old: somebody adds at the end.
    appended: bool,
}

/// What becomes of the pages below a branch, from left to right.
struct Children {
    done: Vec<Item>,
    /// Items that are to be the next pages.
    open: Option<Level>,
    /// The first page that is new, if there is one, and whether an old one comes after it.
    new: bool,
    old_after_new: bool,
}

impl<'a, F: File> Update<'a, F> {
    /// A walk through a tree whose pages end there.
    pub fn new(pages: &'a Pages<F>, free: &'a mut Freelist, end: PageId) -> Update<'a, F> {
        Update {
            pages,
            free,
            before: end,
            end,
            written: BTreeMap::new(),
            replaced: Vec::new(),
            taken: Vec::new(),
            spare: Vec::new(),
            above: 0,
        }
    }

    /// The root of a tree in which these changes have happened.
    pub fn root(&mut self, root: PageId, changes: Changes) -> Result<PageId, Error> {
        let level = self.tree(root, &mut changes.rows.into_iter().peekable(), None, 0)?;
        self.settle(level)
    }

    /// What a page, and those below it, become by the changes up to a key.
    fn tree(
        &mut self,
        id: PageId,
        rows: &mut Rows,
        until: Option<&[u8]>,
        depth: usize,
    ) -> Result<Level, Error> {
        if depth > DEEPEST {
            return Err(self.pages.damaged(id, "the tree above it has no end"));
        }
        let page = self.remove(id)?;
        if page.is_leaf() {
            return self.merge(&page, rows, until);
        }
        let mut children =
            Children { done: Vec::new(), open: None, new: false, old_after_new: false };
        let items = Items::of(&page);
        for at in 0..page.count() {
            let next = (at + 1 < page.count()).then(|| page.key(at + 1)).or(until);
            let changes = rows.peek().is_some_and(|(key, _)| next.is_none_or(|next| key < next));
            if changes {
                let below = self.tree(page.below(at), rows, next, depth + 1)?;
                self.add(&mut children, below)?;
            } else {
                self.keep(&mut children, items.get(at), page.below(at))?;
            }
        }
        self.close(children)
    }

    /// A leaf's items, with the changes up to a key.
    fn merge(
        &mut self,
        page: &Page,
        rows: &mut Rows,
        until: Option<&[u8]>,
    ) -> Result<Level, Error> {
        let old_items = Items::of(page);
        let mut items = Vec::with_capacity(page.count() + 1);
        let (mut at, mut new, mut appended) = (0, false, true);
        while let Some((key, change)) =
            rows.next_if(|(key, _)| until.is_none_or(|until| &key[..] < until))
        {
            while at < page.count() && page.key(at) < &key[..] {
                items.push(old_items.get(at));
                appended &= !new;
                at += 1;
            }
            let same = at < page.count() && page.key(at) == &key[..];
            let old = same.then(|| old_items.get(at).body);
            at += usize::from(same);
            if let Some(body) = self.changed(&key, old, change)? {
                items.push(Item { key, body });
                new = true;
            }
        }
        appended &= new && at == page.count();
        items.extend((at..page.count()).map(|at| old_items.get(at)));
        Ok(Level { is_leaf: true, items, appended })
    }

    /// What belongs to a key after a change; nothing if it is gone.
    fn changed(
        &mut self,
        key: &Bytes,
        old: Option<Body>,
        change: Change,
    ) -> Result<Option<Body>, Error> {
        let no_bucket = || Error::impossible(key, "it has a value, and is no bucket");
        match (change, old) {
            (Change::Put(_) | Change::Delete, Some(Body::Bucket(_))) => {
                Err(Error::impossible(key, "it is a bucket, and has no value"))
            }
            (Change::Put(value), _) => Ok(Some(Body::Value(value))),
            (Change::Delete, _) | (Change::DeleteBucket, None) => Ok(None),
            (Change::DeleteBucket, Some(Body::Bucket(value))) => {
                self.drop_bucket(key, &value)?;
                Ok(None)
            }
            (Change::Bucket(changes), Some(Body::Bucket(value))) => {
                Ok(Some(Body::Bucket(self.bucket(key, Some(&value), changes)?)))
            }
            (Change::Bucket(changes), None) => {
                Ok(Some(Body::Bucket(self.bucket(key, None, changes)?)))
            }
            (Change::DeleteBucket | Change::Bucket(_), Some(Body::Value(_) | Body::Below(_))) => {
                Err(no_bucket())
            }
        }
    }

    /// Reads a page that is not part of the new tree.
    fn remove(&mut self, id: PageId) -> Result<Page, Error> {
        let count = |length: usize| (length / self.pages.page_size()) as u64;
        if let Some(page) = self.written.remove(&id) {
            self.spare.push(Run { first: id, count: count(page.length()) });
            return Ok(page);
        }
        let page = self.pages.read(id, self.before)?;
        self.replaced.push(Run { first: id, count: count(page.length()) });
        Ok(page)
    }

    /// A page below a branch has become this.
    fn add(&mut self, children: &mut Children, below: Level) -> Result<(), Error> {
        match &mut children.open {
            Some(open) if self.is_small(open) => return self.join(open, below),
            Some(_) | None => self.flush(children),
        }
        children.open = Some(below);
        Ok(())
    }

    /// A page below a branch stays as it is, unless the items before it need company.
    fn keep(&mut self, children: &mut Children, item: Item, id: PageId) -> Result<(), Error> {
        if let Some(open) = &mut children.open
            && self.joins(open, id)?
        {
            let page = self.remove(id)?;
            return self.join(open, whole(&page));
        }
        self.flush(children);
        children.done.push(item);
        children.old_after_new |= children.new;
        Ok(())
    }

    /// The branch has no more pages below.
    fn close(&mut self, mut children: Children) -> Result<Level, Error> {
        if let Some(open) = &children.open
            && !open.appended
            && let Some(&Item { body: Body::Below(id), .. }) = children.done.last()
            && self.joins(open, id)?
        {
            children.done.pop();
            let mut left = whole(&self.remove(id)?);
            if let Some(open) = children.open.take() {
                self.join(&mut left, open)?;
            }
            children.open = Some(left);
        }
        self.flush(&mut children);
        let Children { done, new, old_after_new, .. } = children;
        Ok(Level { is_leaf: false, items: done, appended: new && !old_after_new })
    }

    /// Are these items to join those of this page, which is beside them?
    fn joins(&self, level: &Level, id: PageId) -> Result<bool, Error> {
        if level.items.is_empty() || !self.is_small(level) {
            return Ok(false);
        }
        let page = match self.written.get(&id) {
            Some(page) => page.clone(),
            None => self.pages.read(id, self.before)?,
        };
        Ok(!page.is_leaf() || page.length() == self.pages.page_size())
    }

    /// Items that follow others come into the same pages.
    fn join(&self, open: &mut Level, next: Level) -> Result<(), Error> {
        if open.is_leaf != next.is_leaf {
            let root = self.pages.meta().root;
            return Err(self.pages.damaged(root, "in the tree below it, leaves are not level"));
        }
        if !next.items.is_empty() {
            open.appended = open.items.is_empty() && next.appended;
            open.items.extend(next.items);
        }
        Ok(())
    }

    /// Puts what is open into pages.
    fn flush(&mut self, children: &mut Children) {
        if let Some(open) = children.open.take() {
            children.new |= !open.items.is_empty();
            children.done.extend(self.write(open));
        }
    }

    fn is_small(&self, level: &Level) -> bool {
        items::size(&level.items) < self.pages.page_size() / 4
    }

    /// The root of a tree whose topmost level this is.
    fn settle(&mut self, mut level: Level) -> Result<PageId, Error> {
        loop {
            if let [Item { body: Body::Below(id), .. }] = level.items[..] {
                return Ok(id);
            }
            if level.items.is_empty() {
                return Ok(self.write_page(&[]));
            }
            let appended = level.appended;
            level = Level { is_leaf: false, items: self.write(level), appended };
        }
    }

    /// Puts items into pages; these, as items of the level above.
    fn write(&mut self, level: Level) -> Vec<Item> {
        let parts = pack(&level.items, self.pages.page_size(), level.appended);
        let above = |part: Range<usize>| {
            let items = &level.items[part];
            Item { key: items[0].key.clone(), body: Body::Below(self.write_page(items)) }
        };
        parts.into_iter().map(above).collect()
    }

    fn write_page(&mut self, items: &[Item]) -> PageId {
        let page_size = self.pages.page_size();
        let count = items::size(items).div_ceil(page_size);
        let id = self.allocate(count as u64);
        let overflow = u32::try_from(count - 1).expect("values are shorter");
        self.written.insert(id, items::page(id, overflow, items, count * page_size));
        id
    }

    /// Pages that follow one another, and are part of no tree on disk.
    fn allocate(&mut self, count: u64) -> PageId {
        if let Some(at) = self.spare.iter().position(|run| run.count == count) {
            return self.spare.swap_remove(at).first;
        }
        if let Some(first) = self.free.take(count) {
            self.taken.push(Run { first, count });
            return first;
        }
        let first = self.end;
        self.end = PageId(first.0 + count);
        first
    }
}

/// All items of a page.
fn whole(page: &Page) -> Level {
    let items = Items::of(page);
    let items = (0..page.count()).map(|at| items.get(at)).collect();
    Level { is_leaf: page.is_leaf(), items, appended: false }
}
