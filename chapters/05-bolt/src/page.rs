//! A page: a sorted row of keys, with values or with the pages below.
//!
//! Owns [`Page`], which reads the bytes of one.
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
//! Left to others: what makes pages (`items`), where they come from (`pages`), and how they make a
//! tree (`cursor`, `update`).

use bytes::Bytes;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// How long the head of a page is.
pub const HEAD: usize = 16;

/// How long an element is.
pub const ELEMENT: usize = 16;

/// A page with pages below.
pub const BRANCH: u16 = 1;
/// A page with values.
pub const LEAF: u16 = 2;
/// A meta.
pub const META: u16 = 4;
/// A list of free pages.
pub const LIST: u16 = 16;

/// An element's flag: its value is a bucket.
pub const BUCKET: u32 = 1;

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
        // If elements shared bytes, a short page could have a very long content.
        let mut left = page.len() - begins;
        let mut beginnings = Vec::with_capacity(count);
        for at in 0..count {
            let element = Element::decode(page, at, is_leaf);
            let end = element.key.saturating_add(element.key_length);
            if element.key < begins || end.saturating_add(element.value_length) > page.len() {
                return Err(format!("its element {at} is not inside of it"));
            }
            let length = element.key_length + element.value_length;
            left = left.checked_sub(length).ok_or("its elements have more bytes than it has")?;
            beginnings.push(beginning(&page[element.key..end]));
        }
        let copy = |bytes: &mut [u8]| bytes.copy_from_slice(page);
        Ok(Page::made(is_leaf, beginnings.into_iter(), page.len(), copy))
    }

    /// A page that is so long, whose keys begin like this, and whose bytes, zero until then, `fill`
    /// makes.
    pub(crate) fn made(
        is_leaf: bool,
        beginnings: impl ExactSizeIterator<Item = u64>,
        length: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Page {
        let start = 8 * beginnings.len();
        let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, start + length).collect();
        let all = Arc::get_mut(&mut bytes).expect("nobody else has it yet");
        let (numbers, page) = all.split_at_mut(start);
        for (number, beginning) in numbers.as_chunks_mut().0.iter_mut().zip(beginnings) {
            *number = beginning.to_le_bytes();
        }
        fill(page);
        Page { bytes, start, is_leaf }
    }

    /// How many bytes it has.
    pub fn length(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// All of it, shared.
    pub fn shared_bytes(&self) -> Bytes {
        self.shared(0..self.length())
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
        &self.bytes()[self.key_place(at)]
    }

    /// The value of this element of a leaf. That of a bucket says where it is.
    pub fn value(&self, at: usize) -> &[u8] {
        &self.bytes()[self.value_place(at)]
    }

    /// Where the key of this element is.
    pub fn key_place(&self, at: usize) -> Range<usize> {
        self.element(at).key_place()
    }

    /// Where the value of this element is.
    pub fn value_place(&self, at: usize) -> Range<usize> {
        self.element(at).value_place()
    }

    /// The value of this element, shared.
    pub fn shared_value(&self, at: usize) -> Bytes {
        self.shared(self.value_place(at))
    }

    /// The key of this element, shared.
    pub fn shared_key(&self, at: usize) -> Bytes {
        self.shared(self.key_place(at))
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

    /// Where this key is, or where it would be.
    pub fn search(&self, key: &[u8]) -> Result<usize, usize> {
        let wanted = beginning(key);
        let beginnings = self.beginnings();
        let mut low = count_until(beginnings, |it| it < wanted);
        let same = beginnings[low..].iter().take_while(|it| u64::from_le_bytes(**it) == wanted);
        let mut high = low + same.count();
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

    /// Is this key its first, its last, or between them?
    pub fn spans(&self, key: &[u8]) -> bool {
        let last = self.count().checked_sub(1);
        last.is_some_and(|last| self.key(0) <= key && key <= self.key(last))
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

/// How many of these numbers are before those for which it is false. Half of them can be left out
/// at a time; but each such step waits for memory until the next can begin, and a hundred numbers
/// side by side come faster than seven one by one.
fn count_until(numbers: &[[u8; 8]], is_before: impl Fn(u64) -> bool) -> usize {
    const FEW: usize = 128;
    let (mut low, mut high) = (0, numbers.len());
    while high - low > FEW {
        let middle = low.midpoint(high);
        if is_before(u64::from_le_bytes(numbers[middle])) { low = middle } else { high = middle }
    }
    low + numbers[low..high].iter().filter(|it| is_before(u64::from_le_bytes(**it))).count()
}

/// How a key begins: its first eight bytes, or all of them and zeros. Whatever is before another
/// key does not begin with a larger number.
pub fn beginning(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let count = key.len().min(8);
    bytes[..count].copy_from_slice(&key[..count]);
    u64::from_be_bytes(bytes)
}

impl fmt::Display for PageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
