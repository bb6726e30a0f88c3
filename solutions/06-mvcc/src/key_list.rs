//! Keys in order, one after the other in one buffer.
//!
//! Owns [`KeyList`]. A search waits for memory more than for anything else, so it should look at
//! few places. If each key had a place of its own, every comparison would wait once. Here a search
//! compares numbers that lie side by side: of each key, the eight bytes behind what all of them
//! have in common. Then it looks at one key, or at those few that begin alike.
//!
//! ```text
//!   keys      /pods/0017  /pods/0018  /pods/0021     in common: /pods/00
//!   numbers   17          18          21
//! ```
//!
//! Invariant: keys ascend.
//!
//! Left to others: what belongs to a key (`block`).

use std::cmp::Ordering;

/// Sorted keys.
#[derive(Debug, Default)]
pub struct KeyList {
    /// All keys, one after the other.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u32>,
    /// How many bytes all of them have in common at their beginnings.
    common: usize,
    /// Of each key, the eight bytes behind those, as a number.
    numbers: Vec<u64>,
}

impl KeyList {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// How long they are together.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// This key.
    pub fn get(&self, at: usize) -> &[u8] {
        &self.bytes[self.start(at)..self.start(at + 1)]
    }

    /// Where a key is, or where it would be.
    pub fn find(&self, key: &[u8]) -> Result<usize, usize> {
        let common = &self.bytes[..self.common];
        let Some(rest) = key.strip_prefix(common) else {
            return Err(if key < common { 0 } else { self.count() });
        };
        let wanted = number(rest);
        // There are so few that all of them are looked at faster than some of them, one by one.
        let mut low = self.numbers.iter().filter(|number| **number < wanted).count();
        let same = self.numbers[low..].iter().take_while(|number| **number == wanted).count();
        let mut high = low + same;
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(key) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// One more, where it would be.
    pub fn insert(&mut self, at: usize, key: &[u8]) {
        let rest = key.strip_prefix(&self.bytes[..self.common]).filter(|_| self.count() > 0);
        if let Some(rest) = rest {
            self.numbers.insert(at, number(rest));
        }
        let start = self.start(at);
        self.bytes.splice(start..start, key.iter().copied());
        self.ends.insert(at, place(start));
        self.ends[at..].iter_mut().for_each(|end| *end += place(key.len()));
        if rest.is_none() {
            self.number_all();
        }
    }

    /// One less.
    pub fn remove(&mut self, at: usize) {
        let place_of = self.start(at)..self.start(at + 1);
        self.ends[at..].iter_mut().for_each(|end| *end -= place(place_of.len()));
        self.ends.remove(at);
        self.numbers.remove(at);
        self.bytes.drain(place_of);
        self.number_all();
    }

    /// Takes away those from this one on.
    pub fn split_off(&mut self, at: usize) -> KeyList {
        let start = self.start(at);
        let mut ends = self.ends.split_off(at);
        ends.iter_mut().for_each(|end| *end -= place(start));
        let bytes = self.bytes.split_off(start);
        let mut rest = KeyList { bytes, ends, ..KeyList::default() };
        self.number_all();
        rest.number_all();
        rest
    }

    /// Finds out what they have in common, and numbers all of them.
    fn number_all(&mut self) {
        let last = self.count().checked_sub(1);
        self.common = last.map_or(0, |last| common(self.get(0), self.get(last)));
        let numbers = (0..self.count()).map(|at| number(&self.get(at)[self.common..])).collect();
        self.numbers = numbers;
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }
}

/// How many bytes two keys have in common at their beginnings.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The first eight bytes as a number; if there are fewer, with zeros behind them.
fn number(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    let count = bytes.len().min(8);
    first[..count].copy_from_slice(&bytes[..count]);
    u64::from_be_bytes(first)
}

fn place(at: usize) -> u32 {
    u32::try_from(at).expect("a row holds a key, and is shorter")
}
