//! Whose turn it is to run a test.
//!
//! Owns the count of the tests that run: no more at a time than there are turns, however many
//! threads of this program want to run one. `verify` has several checks that do.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many turns.
#[derive(Debug)]
pub(super) struct Turns {
    taken: Mutex<usize>,
    given_back: Condvar,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a>(&'a Turns);

impl Turns {
    pub(super) const fn new() -> Turns {
        Turns { taken: Mutex::new(0), given_back: Condvar::new() }
    }

    /// Waits until fewer than `all` are taken, and takes one.
    pub(super) fn take(&self, all: usize) -> Turn<'_> {
        let mut taken = self.taken();
        while *taken >= all {
            taken = self.given_back.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken += 1;
        Turn(self)
    }

    /// A number is whole whatever its holder did.
    fn taken(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.taken() -= 1;
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn there_are_never_more_than_all() {
        let (turns, inside) = (Turns::new(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _turn = turns.take(3);
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < 3);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(*turns.taken(), 0);
    }
}
