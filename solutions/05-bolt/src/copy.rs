//! A state, copied into a new file.
//!
//! Owns [`copy`]. It goes through every bucket from the first key to the last, so the new tree
//! grows from its leaves: a page that is full is written, and is an item of the level above. Pages
//! come one after the other, and none is free. What it holds in memory is one page of each level.
//!
//! Left to others: the new file's name (`store`).

use crate::cursor::{Bucket, DEEPEST};
use crate::error::Error;
use crate::files::{File, write_all};
use crate::header::{at_page, inline_value};
use crate::items::{self, Body, Item};
use crate::meta::Meta;
use crate::page::{HEAD, PageId};
use crate::pages::View;

/// So many bytes are written at once.
const PIECE: usize = 1 << 20;

/// Copies a state into a file, which is empty, and syncs it; what both of its metas say then.
/// Nothing if `goes_on` says no; the file is of no use then.
pub fn copy<F: File>(
    view: &View<F>,
    file: &F,
    name: &str,
    fill_percent: usize,
    goes_on: impl FnMut() -> bool,
) -> Result<Option<Meta>, Error> {
    let page_size = view.pages().page_size();
    let fill = page_size * fill_percent / 100;
    let buffer = vec![0; 2 * page_size];
    let mut copy =
        Copy { file, name, page_size, fill, buffer, place: 0, goes_on, stopped: false, nested: 0 };
    let mut levels = copy.levels(&view.root()?)?;
    let root = copy.close(&mut levels)?;
    copy.write()?;
    if copy.stopped {
        return Ok(None);
    }
    let end = PageId(copy.place / page_size as u64);
    let meta = Meta { root, free: None, end, ..view.meta() };
    for commit in [meta.commit.saturating_sub(1), meta.commit] {
        let one = Meta { commit, ..meta };
        let place = one.page().0 * page_size as u64;
        let written = write_all(file, &one.encode(one.page()), place);
        written.map_err(Error::io("cannot write", name))?;
    }
    file.sync().map_err(Error::io("cannot sync", name))?;
    Ok(Some(meta))
}

/// A copy that is being made.
struct Copy<'a, F, G> {
    file: &'a F,
    name: &'a str,
    page_size: usize,
    /// How many bytes of a page are to be filled.
    fill: usize,
    /// Pages that are not written yet, and where they will be.
    buffer: Vec<u8>,
    place: u64,
    goes_on: G,
    stopped: bool,
    /// In how many buckets it is.
    nested: usize,
}

/// The items of one level that are in no page yet.
#[derive(Default)]
struct Level {
    items: Vec<Item>,
    /// How many bytes they take.
    bytes: usize,
}

impl<F: File, G: FnMut() -> bool> Copy<'_, F, G> {
    /// What is in a bucket: the leaves are written, all but the last, and so is every level above.
    fn levels(&mut self, bucket: &Bucket<'_, F>) -> Result<Vec<Level>, Error> {
        let mut levels = vec![Level::default()];
        let mut cursor = bucket.cursor();
        cursor.first()?;
        while !self.stopped
            && let Some((key, value)) = cursor.shared()
        {
            let body = match cursor.bucket()? {
                Some(below) => Body::Bucket(self.bucket(&below)?),
                None => Body::Value(value),
            };
            self.push(&mut levels, 0, Item { key, body })?;
            cursor.go_on()?;
        }
        Ok(levels)
    }

    /// The value of a bucket of the copy.
    fn bucket(&mut self, bucket: &Bucket<'_, F>) -> Result<bytes::Bytes, Error> {
        if self.nested > DEEPEST {
            return Err(bucket.damaged("there are too many buckets in each other"));
        }
        self.nested += 1;
        let mut levels = self.levels(bucket)?;
        self.nested -= 1;
        if let [leaf] = &levels[..]
            && let Some(value) = inline_value(&leaf.items, self.page_size, bucket.sequence())
        {
            return Ok(value);
        }
        Ok(at_page(self.close(&mut levels)?, bucket.sequence()))
    }

    /// One more item of a level. If there is no room for it, those before it become a page.
    fn push(&mut self, levels: &mut Vec<Level>, at: usize, item: Item) -> Result<(), Error> {
        let least = if at == 0 { 1 } else { 2 };
        let Level { items, bytes } = &levels[at];
        if items.len() >= least && HEAD + bytes + item.size() > self.fill {
            self.flush(levels, at)?;
        }
        levels[at].bytes += item.size();
        levels[at].items.push(item);
        Ok(())
    }

    /// The items of a level become a page, which is an item of the level above.
    fn flush(&mut self, levels: &mut Vec<Level>, at: usize) -> Result<(), Error> {
        let Level { items, .. } = std::mem::take(&mut levels[at]);
        if levels.len() == at + 1 {
            levels.push(Level::default());
        }
        let above = Item { key: items[0].key.clone(), body: Body::Below(self.page(&items)?) };
        self.push(levels, at + 1, above)
    }

    /// There are no more items. The root of the tree.
    fn close(&mut self, levels: &mut Vec<Level>) -> Result<PageId, Error> {
        let mut at = 0;
        loop {
            let is_top = at + 1 == levels.len();
            match &levels[at].items[..] {
                [Item { body: Body::Below(id), .. }] if is_top => return Ok(*id),
                items if is_top && at == 0 => return self.page(items),
                _ => self.flush(levels, at)?,
            }
            at += 1;
        }
    }

    /// Makes a page of these items, behind all others.
    fn page(&mut self, items: &[Item]) -> Result<PageId, Error> {
        let count = items::size(items).div_ceil(self.page_size);
        let id = PageId((self.place + self.buffer.len() as u64) / self.page_size as u64);
        let overflow = u32::try_from(count - 1).expect("values are shorter");
        self.buffer.extend(items::encode(id, overflow, items, count * self.page_size));
        if self.buffer.len() >= PIECE {
            self.write()?;
        }
        Ok(id)
    }

    fn write(&mut self) -> Result<(), Error> {
        let written = write_all(self.file, &self.buffer, self.place);
        written.map_err(Error::io("cannot write", self.name))?;
        self.place += self.buffer.len() as u64;
        self.buffer.clear();
        self.stopped = self.stopped || !(self.goes_on)();
        Ok(())
    }
}
