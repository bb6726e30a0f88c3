//! All pages of a state, level by level.
//!
//! Owns [`reachable`], which finds out which pages a state uses; the others are free. It reads
//! every page of the tree once, those of a level in the order of the file, so that a disk reads
//! forwards. If there is a list of free pages, it must not contradict that.
//!
//! Invariant: no page is part of the tree twice. If one is, the file is damaged, and a walk through
//! the tree might have no end: so no store is opened without this.
//!
//! Left to others: whether what is in the pages is right (`check`).

use crate::error::Error;
use crate::files::File;
use crate::freelist::Run;
use crate::header::{Header, Root};
use crate::list;
use crate::meta::Meta;
use crate::page::{Page, PageId};
use crate::pages::Pages;

/// Which pages are used: a bit each.
pub struct Used {
    bits: Vec<u64>,
    end: PageId,
}

impl Used {
    fn new(end: PageId) -> Used {
        let words = usize::try_from(end.0.div_ceil(64)).expect("the file has as many pages");
        Used { bits: vec![0; words], end }
    }

    /// Notes that a page is used; false if it was.
    fn add(&mut self, id: u64) -> bool {
        let (word, bit) = ((id / 64) as usize, 1 << (id % 64));
        let is_new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        is_new
    }

    fn has(&self, id: u64) -> bool {
        self.bits[(id / 64) as usize] & (1 << (id % 64)) != 0
    }

    /// The runs of pages that are not used.
    pub fn free(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for id in (2..self.end.0).filter(|id| !self.has(*id)) {
            match runs.last_mut() {
                Some(run) if run.end().0 == id => run.count += 1,
                Some(_) | None => runs.push(Run { first: PageId(id), count: 1 }),
            }
        }
        runs
    }
}

/// All pages of a state. If it has a list of free pages, none of them is on it.
pub fn reachable<F: File>(pages: &Pages<F>, meta: &Meta) -> Result<Used, Error> {
    let mut used = Used::new(meta.end);
    let mut listed = Vec::new();
    if let Some(at) = meta.free {
        let bytes = pages.raw(at, meta.end)?;
        listed = list::decode(at, &bytes).map_err(|why| pages.damaged(at, why))?;
        mark(pages, &mut used, at, bytes.len())?;
    }
    let mut level = vec![meta.root];
    while !level.is_empty() {
        level.sort_unstable();
        let mut below = Vec::new();
        for id in level {
            let page =
                Page::new(id, &pages.raw(id, meta.end)?).map_err(|why| pages.damaged(id, why))?;
            mark(pages, &mut used, id, page.length())?;
            below_of(pages, id, &page, &mut below)?;
        }
        level = below;
    }
    match listed.into_iter().find(|id| id.0 < 2 || *id >= meta.end || used.has(id.0)) {
        Some(id) => Err(pages.damaged(id, "it is listed as free, and is not")),
        None => Ok(used),
    }
}

/// Notes that a page of so many bytes is used.
fn mark<F: File>(
    pages: &Pages<F>,
    used: &mut Used,
    id: PageId,
    length: usize,
) -> Result<(), Error> {
    for part in 0..(length / pages.page_size()) as u64 {
        if !used.add(id.0 + part) {
            return Err(pages.damaged(PageId(id.0 + part), "two pages refer to it"));
        }
    }
    Ok(())
}

/// The pages to which a page refers: those below a branch, and the roots of a leaf's buckets.
fn below_of<F: File>(
    pages: &Pages<F>,
    id: PageId,
    page: &Page,
    below: &mut Vec<PageId>,
) -> Result<(), Error> {
    for at in 0..page.count() {
        if !page.is_leaf() {
            below.push(page.below(at));
        } else if page.is_bucket(at) {
            let header = Header::decode(&page.shared_value(at));
            let header = header.map_err(|why| pages.damaged(id, format!("element {at}: {why}")))?;
            if let Root::Page(root) = header.root {
                below.push(root);
            }
        }
    }
    Ok(())
}
