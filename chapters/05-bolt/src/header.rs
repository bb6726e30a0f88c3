//! What stands in the value of a key that is a bucket.
//!
//! Owns [`Header`]: the page at the top of the bucket's tree, in 8 bytes, and a number that belongs
//! to the bucket, in 8 more. If the page is zero, the tree is one small leaf, and follows.
//!
//! Left to others: the trees (`cursor`, `update`).

use crate::items::{self, Body, Item};
use crate::page::{HEAD, Page, PageId};
use bytes::Bytes;

/// A bucket's value: where its tree is, and a number that belongs to it.
#[derive(Clone, Debug)]
pub struct Header {
    /// The tree.
    pub root: Root,
    /// The number.
    pub sequence: u64,
}

/// Where a bucket's tree is.
#[derive(Clone, Debug)]
pub enum Root {
    /// Its topmost page.
    Page(PageId),
    /// It is one small leaf, which lies in the bucket's value.
    Inline(Page),
}

/// How long a bucket's value is, if its tree is elsewhere.
const HEADER: usize = 16;

impl Header {
    /// What a bucket's value says; if it says nothing, why not.
    pub fn decode(value: &Bytes) -> Result<Header, String> {
        let numbers = value.get(..HEADER).ok_or("its value is too short for a bucket")?;
        let number = |at: usize| u64::from_le_bytes(numbers[at..at + 8].try_into().expect("8"));
        let root = match number(0) {
            0 => Root::Inline(inline(&value[HEADER..])?),
            page => Root::Page(PageId(page)),
        };
        Ok(Header { root, sequence: number(8) })
    }
}

/// The leaf that lies in a bucket's value.
fn inline(bytes: &[u8]) -> Result<Page, String> {
    if bytes.len() < HEAD {
        return Err("its value is too short for the leaf in it".to_owned());
    }
    let page = Page::new(PageId(0), bytes)?;
    let is_plain = page.is_leaf() && (0..page.count()).all(|at| !page.is_bucket(at));
    if is_plain { Ok(page) } else { Err("what lies in its value is no leaf of values".to_owned()) }
}

/// The value of a bucket whose tree has this root.
pub fn at_page(root: PageId, sequence: u64) -> Bytes {
    numbers(root.0, sequence).to_vec().into()
}

/// The value of a bucket that is one small leaf of these items; none if they have to be in a page.
pub fn inline_value(items: &[Item], page_size: usize, sequence: u64) -> Option<Bytes> {
    let plain = |item: &Item| matches!(item.body, Body::Value(_));
    let size = items::size(items);
    if size > page_size / 4 || !items.iter().all(plain) {
        return None;
    }
    let mut value = numbers(0, sequence).to_vec();
    value.extend(items::encode(PageId(0), 0, items, size));
    Some(value.into())
}

fn numbers(root: u64, sequence: u64) -> [u8; HEADER] {
    let mut value = [0; HEADER];
    value[..8].copy_from_slice(&root.to_le_bytes());
    value[8..].copy_from_slice(&sequence.to_le_bytes());
    value
}
