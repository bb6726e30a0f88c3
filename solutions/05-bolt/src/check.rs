//! Whether a state is sound: every page of it, and every page that is not.
//!
//! Owns [`check`], which looks at what opening a file does not: the order of keys, and whether the
//! pages below a key have no smaller ones; and which accounts for every page: it is part of the
//! tree once, or free once, or will be.
//!
//! Left to others: that elements lie inside their pages (`page`), that no page is used twice
//! (`walk`).

use crate::cursor::{DEEPEST, LONGEST_WAY};
use crate::error::Error;
use crate::files::File;
use crate::freelist::{Freelist, Run};
use crate::header::{Header, Root};
use crate::page::{Page, PageId};
use crate::pages::View;
use crate::walk;
use bytes::Bytes;

/// What a sound state is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Pages of branches, leaves and the list of free pages, with the two metas.
    pub used: u64,
    /// Pages that are free, or will be.
    pub free: u64,
    /// Keys with values, in all buckets.
    pub keys: u64,
    /// Buckets, without the root.
    pub buckets: u64,
}

/// Looks at every page of a view, and at the pages that the writer takes for free. The view is the
/// newest one.
pub(crate) fn check<F: File>(view: &View<F>, free: &Freelist) -> Result<Account, Error> {
    let meta = view.meta();
    let pages = view.pages();
    let used = walk::reachable(pages, &meta)?;
    let listed = free.all();
    for pair in listed.windows(2) {
        if let [one, next] = pair
            && one.end() > next.first
        {
            return Err(pages.damaged(next.first, "it is free twice"));
        }
    }
    let unused = used.free();
    // Runs that touch are one run, whether they are free now or later.
    let mut joined: Vec<Run> = Vec::new();
    for run in listed {
        match joined.last_mut() {
            Some(last) if last.end() == run.first => last.count += run.count,
            Some(_) | None => joined.push(run),
        }
    }
    if joined != unused {
        let differs = joined.iter().zip(&unused).find(|(one, other)| one != other);
        let first = differs.map_or(meta.end, |(one, other)| one.first.min(other.first));
        return Err(pages.damaged(first, "it is part of the tree and free, or neither"));
    }
    let free = unused.iter().map(|run| run.count).sum();
    let mut account = Account { used: meta.end.0 - free, free, ..Account::default() };
    let mut tree = Tree { view, account: &mut account, nested: 0, above: 0 };
    tree.look(&Root::Page(meta.root), meta.root)?;
    Ok(account)
}

/// A walk through a tree in the order of its keys.
struct Tree<'a, F: File> {
    view: &'a View<F>,
    account: &'a mut Account,
    /// In how many buckets the walk is.
    nested: usize,
    /// How many pages are above, in all of them.
    above: usize,
}

impl<F: File> Tree<'_, F> {
    /// A bucket's tree.
    fn look(&mut self, root: &Root, at: PageId) -> Result<(), Error> {
        if self.nested > DEEPEST {
            return Err(self.view.pages().damaged(at, "there are too many buckets in each other"));
        }
        self.nested += 1;
        let depth = match root {
            Root::Page(id) => self.page(*id, &self.view.page(*id)?, None, None)?,
            Root::Inline(page) => self.page(at, page, None, None)?,
        };
        if depth >= DEEPEST {
            return Err(self.view.pages().damaged(at, "a tree is too high"));
        }
        self.nested -= 1;
        Ok(())
    }

    /// A page whose keys are to be from the first key on, and before the second. How deep it goes.
    fn page(
        &mut self,
        id: PageId,
        page: &Page,
        from: Option<&[u8]>,
        to: Option<&[u8]>,
    ) -> Result<usize, Error> {
        let damaged = |why: String| Err(self.view.pages().damaged(id, why));
        if self.above > LONGEST_WAY {
            return damaged("there are too many pages above it".to_owned());
        }
        let mut before = None;
        for at in 0..page.count() {
            let key = page.key(at);
            if key.is_empty() {
                return damaged(format!("the key of its element {at} is empty"));
            }
            if before.is_some_and(|before| before >= key) {
                return damaged(format!("the key of its element {at} is not after the one before"));
            }
            if from.is_some_and(|from| key < from) || to.is_some_and(|to| key >= to) {
                return damaged(format!("the key of its element {at} belongs to another page"));
            }
            before = Some(key);
        }
        if page.is_leaf() {
            return self.leaf(id, page).map(|()| 0);
        }
        self.above += 1;
        let mut deep = None;
        for at in 0..page.count() {
            let below = self.view.page(page.below(at))?;
            let next = (at + 1 < page.count()).then(|| page.key(at + 1)).or(to);
            let depth = self.page(page.below(at), &below, Some(page.key(at)), next)?;
            if *deep.get_or_insert(depth) != depth {
                let why = "the leaves below it are not level";
                return Err(self.view.pages().damaged(id, why));
            }
        }
        self.above -= 1;
        Ok(1 + deep.unwrap_or(0))
    }

    fn leaf(&mut self, id: PageId, page: &Page) -> Result<(), Error> {
        for at in 0..page.count() {
            if page.is_bucket(at) {
                self.account.buckets += 1;
                let value: Bytes = page.shared_value(at);
                let header = Header::decode(&value);
                let header = header
                    .map_err(|why| self.view.pages().damaged(id, format!("element {at}: {why}")))?;
                self.look(&header.root, id)?;
            } else {
                self.account.keys += 1;
            }
        }
        Ok(())
    }
}
