//! Pages that were read, and are kept as long as there is room.
//!
//! Owns [`Cache`]. A page never changes while anybody may read it, so what was read once is right
//! until a commit writes another page in its place, and puts that here first.
//!
//! The pages are dealt to a number of shelves, each with a lock of its own, so that threads seldom
//! meet. On a shelf, each page has a place of its own, so that it is found without a search. A hand
//! goes round: a page that was used since it came by last stays, the other makes room.
//!
//! Left to others: reading (`pages`).

use crate::page::{Page, PageId};
use std::collections::VecDeque;
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
    /// The place of every page, up to the highest that was ever here.
    places: Vec<Option<Kept>>,
    /// All pages, in the order in which the hand comes by.
    round: VecDeque<PageId>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    page: Page,
    used: bool,
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
        let kept = shelf.places.get_mut(place(id))?.as_mut()?;
        kept.used = true;
        Some(kept.page.clone())
    }

    /// Keeps a page. One of the same number is forgotten.
    pub fn put(&self, id: PageId, page: Page) {
        let mut shelf = self.shelf(id);
        let place = place(id);
        if shelf.places.len() <= place {
            shelf.places.resize_with(place + 1, || None);
        }
        shelf.bytes += page.length();
        match shelf.places[place].replace(Kept { page, used: false }) {
            Some(old) => shelf.bytes -= old.page.length(),
            None => shelf.round.push_back(id),
        }
        while shelf.bytes > self.room && !shelf.round.is_empty() {
            shelf.make_room();
        }
    }

    fn shelf(&self, id: PageId) -> MutexGuard<'_, Shelf> {
        let at = usize::try_from(id.0 % SHELVES).expect("there are few");
        self.shelves[at].lock().expect("nobody panics while holding it")
    }
}

/// Where on its shelf a page is.
fn place(id: PageId) -> usize {
    usize::try_from(id.0 / SHELVES).expect("the file has as many pages")
}

impl Shelf {
    /// The hand goes to the next page.
    fn make_room(&mut self) {
        let Some(id) = self.round.pop_front() else { return };
        let at = &mut self.places[place(id)];
        let kept = at.as_mut().expect("it has its turn while it is here");
        if kept.used {
            kept.used = false;
            self.round.push_back(id);
        } else if let Some(old) = at.take() {
            self.bytes -= old.page.length();
        }
    }
}
