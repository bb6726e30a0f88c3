//! Buckets in buckets: what becomes of a key whose value is a tree of its own.

use super::*;
use crate::cursor::LONGEST_WAY;
use crate::items::{self, Items};

impl<F: File> Update<'_, F> {
    /// The value of a bucket in which these changes have happened. A small one lies in its value.
    pub(super) fn bucket(
        &mut self,
        key: &Bytes,
        value: Option<&Bytes>,
        changes: Changes,
    ) -> Result<Bytes, Error> {
        let old = value.map(|value| self.header(key, value)).transpose()?;
        let kept = old.as_ref().map_or(0, |old| old.sequence);
        let sequence = changes.sequence.unwrap_or(if changes.cleared { 0 } else { kept });
        let empty = || Level { is_leaf: true, items: Vec::new(), appended: true };
        let unchanged = changes.rows.is_empty() && !changes.cleared;
        let mut rows = changes.rows.into_iter().peekable();
        let level = match old.map(|old| old.root) {
            Some(Root::Page(id)) if unchanged => return Ok(at_page(id, sequence)),
            Some(Root::Page(id)) if changes.cleared => {
                self.drop_tree(id)?;
                empty()
            }
            Some(Root::Page(id)) => self.tree(id, &mut rows, None, 0)?,
            Some(Root::Inline(page)) if !changes.cleared => self.merge(&page, &mut rows, None)?,
            Some(Root::Inline(_)) | None => empty(),
        };
        let level = if rows.peek().is_none() {
            level
        } else {
            // There was nothing to merge them with.
            let nothing = items::encode(PageId(0), 0, &[], HEAD);
            let nothing = Page::new(PageId(0), &nothing).expect("an empty leaf");
            self.merge(&nothing, &mut rows, None)?
        };
        let page_size = self.pages.page_size();
        if level.is_leaf
            && let Some(value) = inline_value(&level.items, page_size, sequence)
        {
            return Ok(value);
        }
        let root = self.settle(level)?;
        Ok(at_page(root, sequence))
    }

    fn header(&self, key: &[u8], value: &Bytes) -> Result<Header, Error> {
        Header::decode(value).map_err(|why| {
            let why = format!("bucket \"{}\": {why}", key.escape_ascii());
            self.pages.damaged(self.pages.meta().root, why)
        })
    }

    pub(super) fn drop_bucket(&mut self, key: &[u8], value: &Bytes) -> Result<(), Error> {
        match self.header(key, value)?.root {
            Root::Page(id) => self.drop_tree(id),
            Root::Inline(_) => Ok(()),
        }
    }

    /// A tree is gone, with the buckets in it.
    fn drop_tree(&mut self, id: PageId) -> Result<(), Error> {
        if self.above > LONGEST_WAY {
            return Err(self.pages.damaged(id, "there are too many pages above it"));
        }
        self.above += 1;
        let page = self.remove(id)?;
        let items = Items::of(&page);
        for at in 0..page.count() {
            match items.get(at) {
                Item { body: Body::Below(below), .. } => self.drop_tree(below)?,
                Item { key, body: Body::Bucket(value) } => self.drop_bucket(&key, &value)?,
                Item { body: Body::Value(_), .. } => {}
            }
        }
        self.above -= 1;
        Ok(())
    }
}
