//! Pages that were read, and are kept as long as there is room.
//!
//! Owns [`Cache`]. A page never changes while anybody may read it, so what was read once is right
//! until a commit writes another page in its place, and puts that here first.
//!
//! The pages are dealt to a number of shelves, each with a lock of its own, so that threads seldom
//! meet. On a shelf, a hand goes round: a page that was used since it came by last stays, the other
//! makes room.
//!
//! Left to others: reading (`pages`).

use crate::page::{Page, PageId};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard};

/// How many shelves there are: a power of two.
const SHELVES: u64 = 64;

/// Pages by their numbers.
#[derive(Debug)]
pub struct Cache {
    shelves: Vec<Mutex<Shelf>>,
    /// How many bytes a shelf holds at most.
    room: usize,
}

#[derive(Debug, Default)]
struct Shelf {
    pages: HashMap<PageId, Kept, BuildHasherDefault<ById>>,
    /// All pages, in the order in which the hand comes by.
    round: VecDeque<PageId>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    page: Page,
    bytes: usize,
    used: bool,
}

/// The numbers of pages are as good as any hash, once they are mixed.
#[derive(Default)]
struct ById(u64);

impl Hasher for ById {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32);
    }
}

impl Cache {
    /// One that holds so many bytes of pages at most.
    pub fn new(bytes: usize) -> Cache {
        let shelves = (0..SHELVES).map(|_| Mutex::default()).collect();
        Cache { shelves, room: bytes / SHELVES as usize }
    }

    /// The page of this number, if it is here.
    pub fn get(&self, id: PageId) -> Option<Page> {
        let mut shelf = self.shelf(id);
        let kept = shelf.pages.get_mut(&id)?;
        kept.used = true;
        Some(kept.page.clone())
    }

    /// Keeps a page of so many bytes. One of the same number is forgotten.
    pub fn put(&self, id: PageId, page: Page, bytes: usize) {
        let mut shelf = self.shelf(id);
        let kept = Kept { page, bytes, used: false };
        match shelf.pages.insert(id, kept) {
            Some(old) => shelf.bytes -= old.bytes,
            None => shelf.round.push_back(id),
        }
        shelf.bytes += bytes;
        while shelf.bytes > self.room && !shelf.round.is_empty() {
            shelf.make_room();
        }
    }

    fn shelf(&self, id: PageId) -> MutexGuard<'_, Shelf> {
        let at = usize::try_from(id.0 % SHELVES).expect("there are few");
        self.shelves[at].lock().expect("nobody panics while holding it")
    }
}

impl Shelf {
    /// The hand goes to the next page.
    fn make_room(&mut self) {
        let Some(id) = self.round.pop_front() else { return };
        let kept = self.pages.get_mut(&id).expect("both have the same pages");
        if kept.used {
            kept.used = false;
            self.round.push_back(id);
        } else if let Some(old) = self.pages.remove(&id) {
            self.bytes -= old.bytes;
        }
    }
}
