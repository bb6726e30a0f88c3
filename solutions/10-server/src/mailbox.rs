//! What one thread tells another: a list behind a lock, which the reader takes whole.
//!
//! Owns [`Mailbox`]. Whoever reads is parked while there is nothing to do. It wakes up for the
//! first letter, and finds all that came meanwhile.
//!
//! Left to others: how many letters there may be (whoever writes them).

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Instant;

/// Letters for one reader.
pub struct Mailbox<T> {
    letters: Mutex<Vec<T>>,
    news: Condvar,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Mailbox<T> {
        Mailbox { letters: Mutex::default(), news: Condvar::new() }
    }
}

impl<T> Mailbox<T> {
    /// Adds a letter.
    pub fn put(&self, letter: T) {
        self.put_all([letter]);
    }

    /// Adds letters. The reader wakes up if it waits.
    pub fn put_all(&self, letters: impl IntoIterator<Item = T>) {
        let mut waiting = self.lock();
        let was_empty = waiting.is_empty();
        waiting.extend(letters);
        let wakes = was_empty && !waiting.is_empty();
        // Else the reader would wake up and find the lock taken.
        drop(waiting);
        if wakes {
            self.news.notify_one();
        }
    }

    /// Waits until there is a letter, and takes all. The list that was given is used next.
    pub fn take(&self, empty: &mut Vec<T>) {
        empty.clear();
        let mut waiting = self.lock();
        while waiting.is_empty() {
            waiting = self.news.wait(waiting).expect(NO_PANIC);
        }
        std::mem::swap(&mut *waiting, empty);
    }

    /// The same, but waits no longer than until then.
    pub fn take_until(&self, end: Instant, empty: &mut Vec<T>) {
        empty.clear();
        let mut waiting = self.lock();
        while waiting.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            waiting = self.news.wait_timeout(waiting, left).expect(NO_PANIC).0;
        }
        std::mem::swap(&mut *waiting, empty);
    }

    /// How many letters wait.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Takes all letters that are there, and waits for none.
    pub fn take_now(&self, empty: &mut Vec<T>) {
        empty.clear();
        std::mem::swap(&mut *self.lock(), empty);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.letters.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "nobody panics while holding it";
