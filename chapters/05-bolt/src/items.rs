//! What pages are made of.
//!
//! Owns [`Item`], a key with what belongs to it, and [`page`] and [`encode`], which make a page of
//! some of them.
//!
//! Left to others: how a page lies in the file (`page`), and which items are together (`update`).

use crate::page::{BRANCH, BUCKET, ELEMENT, HEAD, Head, LEAF, Page, PageId, beginning};
use bytes::Bytes;

/// A key, with what belongs to it: what a page is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The key.
    pub key: Bytes,
    /// What belongs to it.
    pub body: Body,
}

/// What belongs to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// In a leaf: a value.
    Value(Bytes),
    /// In a leaf: a bucket, as its value says it.
    Bucket(Bytes),
    /// In a branch: the page below.
    Below(PageId),
}

/// The elements of a page, as something to make pages of. All that come from here share one hold on
/// it: a commit takes up many pages with many elements, and changes few of them.
pub struct Items<'a> {
    page: &'a Page,
    bytes: Bytes,
}

impl<'a> Items<'a> {
    /// Those of this page.
    pub fn of(page: &'a Page) -> Items<'a> {
        Items { page, bytes: page.shared_bytes() }
    }

    /// This element.
    pub fn get(&self, at: usize) -> Item {
        let value = || self.bytes.slice(self.page.value_place(at));
        let body = match (self.page.is_leaf(), self.page.is_bucket(at)) {
            (true, false) => Body::Value(value()),
            (true, true) => Body::Bucket(value()),
            (false, _) => Body::Below(self.page.below(at)),
        };
        Item { key: self.bytes.slice(self.page.key_place(at)), body }
    }
}

impl Item {
    /// How many bytes of a page it takes.
    pub fn size(&self) -> usize {
        let value = match &self.body {
            Body::Value(value) | Body::Bucket(value) => value.len(),
            Body::Below(_) => 0,
        };
        ELEMENT + self.key.len() + value
    }
}

/// How many bytes a page of these items needs.
pub fn size(items: &[Item]) -> usize {
    HEAD + items.iter().map(Item::size).sum::<usize>()
}

/// The bytes of a page of these items, all of one level, so many that `length` bytes hold them. It
/// has this number, and so many pages after it are part of it.
pub fn encode(id: PageId, overflow: u32, items: &[Item], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    write(id, overflow, items, &mut bytes);
    bytes
}

/// The same, as a page that can be read.
pub fn page(id: PageId, overflow: u32, items: &[Item], length: usize) -> Page {
    let beginnings = items.iter().map(|item| beginning(&item.key));
    Page::made(!is_branch(items), beginnings, length, |bytes| write(id, overflow, items, bytes))
}

fn is_branch(items: &[Item]) -> bool {
    matches!(items, [Item { body: Body::Below(_), .. }, ..])
}

/// Writes items into a page whose bytes are zero.
fn write(id: PageId, overflow: u32, items: &[Item], bytes: &mut [u8]) {
    let count = u16::try_from(items.len()).expect("no more than a page holds");
    let kind = if is_branch(items) { BRANCH } else { LEAF };
    Head { id, kind, count, overflow }.encode(bytes);
    let mut data = HEAD + ELEMENT * items.len();
    for (at, Item { key, body }) in items.iter().enumerate() {
        let start = HEAD + ELEMENT * at;
        let number = |length: usize| u32::try_from(length).expect("lengths are checked before");
        let (distance, key_length) = (number(data - start), number(key.len()));
        let (fields, value) = match body {
            Body::Below(page) => {
                bytes[start + 8..start + 16].copy_from_slice(&page.0.to_le_bytes());
                (&[distance, key_length][..], &[][..])
            }
            Body::Value(value) => (&[0, distance, key_length, number(value.len())][..], &value[..]),
            Body::Bucket(value) => {
                (&[BUCKET, distance, key_length, number(value.len())][..], &value[..])
            }
        };
        for (field, number) in fields.iter().enumerate() {
            let place = start + 4 * field;
            bytes[place..place + 4].copy_from_slice(&number.to_le_bytes());
        }
        bytes[data..data + key.len()].copy_from_slice(key);
        data += key.len();
        bytes[data..data + value.len()].copy_from_slice(value);
        data += value.len();
    }
}
