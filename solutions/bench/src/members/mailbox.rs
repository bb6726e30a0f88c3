//! What one thread tells another: a list behind a lock, which the reader takes whole.

use std::sync::{Condvar, Mutex};

/// Letters for one reader.
pub struct Mailbox<T> {
    letters: Mutex<Vec<T>>,
    news: Condvar,
}

impl<T> Mailbox<T> {
    /// An empty one.
    pub fn new() -> Mailbox<T> {
        Mailbox { letters: Mutex::new(Vec::new()), news: Condvar::new() }
    }

    /// Adds letters. The reader wakes up if it waits.
    pub fn put(&self, letters: impl IntoIterator<Item = T>) {
        let mut waiting = self.letters.lock().expect("no thread panics");
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
        let waiting = self.letters.lock().expect("no thread panics");
        let mut waiting =
            self.news.wait_while(waiting, |letters| letters.is_empty()).expect("no thread panics");
        std::mem::swap(&mut *waiting, empty);
    }
}
