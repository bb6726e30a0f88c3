//! A page: a sorted row of keys, with values or with the pages below.
//!
//! Owns [`Page`], which reads the bytes of one, and [`encode`], which makes them.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | the page's own number |
//! | 2 | what it is: 1 a branch, 2 a leaf, 4 a meta, 16 a list of free pages |
//! | 2 | how many elements it has |
//! | 4 | how many pages after it are part of it |
//! | 16 each | the elements |
//! | … | keys and values |
//!
//! An element of a leaf is its flags (1: the value is a bucket), the distance from the element to
//! its key, and the lengths of key and value, 4 bytes each; the value follows the key. One of a
//! branch is the distance, the length of the key, and 8 bytes for the page below, whose smallest
//! key it is. Numbers have their lowest byte first.
//!
//! Invariant: a [`Page`] was looked at once, when it was made. All its elements lie inside of it,
//! so reading them cannot fail; and together they are not longer than it is.
//!
//! Left to others: where pages come from (`pages`), and how they make a tree (`cursor`, `update`).

use bytes::Bytes;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// How long the head of a page is.
pub const HEAD: usize = 16;

/// How long an element is.
pub const ELEMENT: usize = 16;

const BRANCH: u16 = 1;
const LEAF: u16 = 2;
/// A meta.
pub const META: u16 = 4;
/// A list of free pages.
pub const LIST: u16 = 16;

/// An element's flag: its value is a bucket.
const BUCKET: u32 = 1;

/// The number of a page. It begins at so many times the length of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageId(pub u64);

/// What stands at the beginning of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The page's own number.
    pub id: PageId,
    /// What it is.
    pub kind: u16,
    /// How many elements it has.
    pub count: u16,
    /// How many pages after it are part of it.
    pub overflow: u32,
}

/// A branch or a leaf. A clone is the same page.
#[derive(Clone, Debug)]
pub struct Page {
    /// How each key begins: its first eight bytes as a number. Behind them is the page. A search
    /// waits for memory more than for anything else; the keys are far from each other, and these
    /// are not, so it looks at them first.
    bytes: Arc<[u8]>,
    /// Where the page starts.
    start: usize,
    is_leaf: bool,
}

/// A part of a page, which keeps all of it in memory.
struct Part {
    page: Page,
    place: Range<usize>,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.page.bytes()[self.place.clone()]
    }
}

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

impl Head {
    /// The head in these bytes, if there are enough.
    pub fn decode(bytes: &[u8]) -> Option<Head> {
        let head = bytes.get(..HEAD)?;
        let short = |at: usize| u16::from_le_bytes(head[at..at + 2].try_into().expect("2 bytes"));
        Some(Head {
            id: PageId(u64::from_le_bytes(head[0..8].try_into().expect("8 bytes"))),
            kind: short(8),
            count: short(10),
            overflow: u32::from_le_bytes(head[12..16].try_into().expect("4 bytes")),
        })
    }

    /// Writes the head to the beginning of these bytes.
    pub fn encode(&self, bytes: &mut [u8]) {
        bytes[0..8].copy_from_slice(&self.id.0.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.kind.to_le_bytes());
        bytes[10..12].copy_from_slice(&self.count.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.overflow.to_le_bytes());
    }
}

impl Page {
    /// The page of this number in these bytes, which are all of it. If they are no branch and no
    /// leaf, or an element is not inside, why not.
    pub fn new(id: PageId, page: &[u8]) -> Result<Page, String> {
        let head = Head::decode(page).ok_or("it is shorter than its head")?;
        if head.id != id {
            return Err(format!("it says that it is page {}", head.id));
        }
        let is_leaf = match head.kind {
            LEAF => true,
            BRANCH => false,
            other => return Err(format!("it is no branch and no leaf, but of kind {other:#x}")),
        };
        let count = usize::from(head.count);
        if count == 0 && !is_leaf {
            return Err("it is a branch with nothing below".to_owned());
        }
        let begins = HEAD + ELEMENT * count;
        if begins > page.len() {
            return Err(format!("it has no room for {count} elements"));
        }
        let start = 8 * count;
        // If elements shared bytes, a short page could have a very long content.
        let mut left = page.len() - begins;
        let mut bytes = Vec::with_capacity(start + page.len());
        for at in 0..count {
            let element = Element::decode(page, at, is_leaf);
            let end = element.key.saturating_add(element.key_length);
            if element.key < begins || end.saturating_add(element.value_length) > page.len() {
                return Err(format!("its element {at} is not inside of it"));
            }
            let length = element.key_length + element.value_length;
            left = left.checked_sub(length).ok_or("its elements have more bytes than it has")?;
            let beginning = beginning(&page[element.key..end]);
            bytes.extend_from_slice(&beginning.to_le_bytes());
        }
        bytes.extend_from_slice(page);
        Ok(Page { bytes: bytes.into(), start, is_leaf })
    }

    /// How many bytes it has.
    pub fn length(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Is it a leaf?
    pub fn is_leaf(&self) -> bool {
        self.is_leaf
    }

    /// How many elements it has.
    pub fn count(&self) -> usize {
        self.start / 8
    }

    /// The key of this element.
    pub fn key(&self, at: usize) -> &[u8] {
        &self.bytes()[self.element(at).key_place()]
    }

    /// The value of this element of a leaf. That of a bucket says where it is.
    pub fn value(&self, at: usize) -> &[u8] {
        &self.bytes()[self.element(at).value_place()]
    }

    /// The same, shared.
    pub fn shared_value(&self, at: usize) -> Bytes {
        self.shared(self.element(at).value_place())
    }

    /// The key of this element, shared.
    pub fn shared_key(&self, at: usize) -> Bytes {
        self.shared(self.element(at).key_place())
    }

    /// Is the value of this element of a leaf a bucket?
    pub fn is_bucket(&self, at: usize) -> bool {
        self.is_leaf && number(self.bytes(), HEAD + ELEMENT * at) & BUCKET != 0
    }

    /// The page below this element of a branch.
    pub fn below(&self, at: usize) -> PageId {
        let start = HEAD + ELEMENT * at + 8;
        let bytes = &self.bytes()[start..start + 8];
        PageId(u64::from_le_bytes(bytes.try_into().expect("8 bytes")))
    }

    /// Its elements, as something to make pages of.
    pub fn items(&self) -> Items<'_> {
        Items { page: self, bytes: self.shared(0..self.length()) }
    }

    /// Where this key is, or where it would be.
    pub fn search(&self, key: &[u8]) -> Result<usize, usize> {
        let wanted = beginning(key);
        let beginnings = self.beginnings();
        let mut low = beginnings.partition_point(|it| u64::from_le_bytes(*it) < wanted);
        let same = beginnings[low..].partition_point(|it| u64::from_le_bytes(*it) == wanted);
        let mut high = low + same;
        while low < high {
            let middle = low.midpoint(high);
            match self.key(middle).cmp(key) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Are all keys of this page before those of another one?
    pub fn is_before(&self, other: &Page) -> bool {
        match self.count() {
            0 => true,
            _ if other.count() == 0 => true,
            // The keys themselves are only looked at if they begin alike.
            count => match self.beginning(count - 1).cmp(&other.beginning(0)) {
                Ordering::Less => true,
                Ordering::Equal => self.key(count - 1) < other.key(0),
                Ordering::Greater => false,
            },
        }
    }

    /// Below which element of a branch this key is, if it is anywhere.
    pub fn way(&self, key: &[u8]) -> usize {
        match self.search(key) {
            Ok(at) => at,
            Err(at) => at.saturating_sub(1),
        }
    }

    fn beginnings(&self) -> &[[u8; 8]] {
        self.bytes[..self.start].as_chunks().0
    }

    fn beginning(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.beginnings()[at])
    }

    fn shared(&self, place: Range<usize>) -> Bytes {
        Bytes::from_owner(Part { page: self.clone(), place })
    }

    fn element(&self, at: usize) -> Element {
        Element::decode(self.bytes(), at, self.is_leaf)
    }
}

/// The elements of a page, as something to make pages of. All that come from here share one hold on
/// it: a commit takes up many pages with many elements, and changes few of them.
pub struct Items<'a> {
    page: &'a Page,
    bytes: Bytes,
}

impl Items<'_> {
    /// This element.
    pub fn get(&self, at: usize) -> Item {
        let element = self.page.element(at);
        let value = || self.bytes.slice(element.value_place());
        let body = match (self.page.is_leaf, self.page.is_bucket(at)) {
            (true, false) => Body::Value(value()),
            (true, true) => Body::Bucket(value()),
            (false, _) => Body::Below(self.page.below(at)),
        };
        Item { key: self.bytes.slice(element.key_place()), body }
    }
}

/// Where in a page an element's key begins, and how long key and value are. The value follows.
struct Element {
    key: usize,
    key_length: usize,
    value_length: usize,
}

impl Element {
    fn decode(bytes: &[u8], at: usize, is_leaf: bool) -> Element {
        let start = HEAD + ELEMENT * at;
        let field = |field: usize| number(bytes, start + 4 * field) as usize;
        let (distance, key_length, value_length) =
            if is_leaf { (field(1), field(2), field(3)) } else { (field(0), field(1), 0) };
        Element { key: start.saturating_add(distance), key_length, value_length }
    }

    fn key_place(&self) -> Range<usize> {
        self.key..self.key + self.key_length
    }

    fn value_place(&self) -> Range<usize> {
        let start = self.key + self.key_length;
        start..start + self.value_length
    }
}

fn number(bytes: &[u8], start: usize) -> u32 {
    u32::from_le_bytes(bytes[start..start + 4].try_into().expect("4 bytes"))
}

/// How a key begins: its first eight bytes, or all of them and zeros. Whatever is before another
/// key does not begin with a larger number.
fn beginning(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let count = key.len().min(8);
    bytes[..count].copy_from_slice(&key[..count]);
    u64::from_be_bytes(bytes)
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
    let is_branch = matches!(items, [Item { body: Body::Below(_), .. }, ..]);
    let count = u16::try_from(items.len()).expect("no more than a page holds");
    let kind = if is_branch { BRANCH } else { LEAF };
    Head { id, kind, count, overflow }.encode(&mut bytes);
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
    bytes
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
