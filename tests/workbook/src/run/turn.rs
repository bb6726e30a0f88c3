//! Whose turn it is to run a test.
//!
//! Owns how much of the machine the tests that run take: no more than there is, however many
//! threads of this program want to run one. `verify` has several checks that do. Whoever came
//! first is first, so a test that takes much is not passed by for ever by those that take little.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What there is, and who waits for it.
#[derive(Debug)]
pub(super) struct Turns {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Debug)]
struct Line {
    taken: u64,
    /// The number of whoever comes next.
    last: u64,
    /// The number of whoever is first.
    first: u64,
}

/// A part of it, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    turns: &'a Turns,
    share: u64,
}

impl Turns {
    pub(super) const fn new() -> Turns {
        let line = Line { taken: 0, last: 0, first: 0 };
        Turns { line: Mutex::new(line), moved: Condvar::new() }
    }

    /// Waits until there is room for `share` in `all`, and takes it. More than all is all.
    pub(super) fn take(&self, share: u64, all: u64) -> Turn<'_> {
        let share = share.min(all);
        let mut line = self.line();
        let own = line.last;
        line.last += 1;
        while line.first != own || line.taken + share > all {
            line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
        line.first += 1;
        line.taken += share;
        self.moved.notify_all();
        Turn { turns: self, share }
    }

    /// These numbers are whole whatever their holder did.
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.line().taken -= self.share;
        self.turns.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn no_more_is_taken_than_there_is() {
        let (turns, inside) = (Turns::new(), AtomicU64::new(0));
        let (turns, inside) = (&turns, &inside);
        std::thread::scope(|scope| {
            for share in [1, 1, 1, 2, 2, 5, 9] {
                scope.spawn(move || {
                    for _ in 0..50 {
                        let _turn = turns.take(share, 5);
                        let own = share.min(5);
                        assert!(inside.fetch_add(own, Ordering::SeqCst) + own <= 5);
                        std::thread::yield_now();
                        inside.fetch_sub(own, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(turns.line().taken, 0);
    }

    #[test]
    fn whoever_came_first_is_first() {
        let (turns, order) = (Turns::new(), Mutex::new(Vec::new()));
        let (turns, order) = (&turns, &order);
        let enter = |share| {
            let _turn = turns.take(share, 4);
            order.lock().expect("nobody panics").push(share);
        };
        std::thread::scope(|scope| {
            let here = turns.take(2, 4);
            // There would be room for the second one at once.
            for (count, share) in [(2, 4), (3, 1)] {
                scope.spawn(move || enter(share));
                while turns.line().last < count {
                    std::thread::yield_now();
                }
            }
            drop(here);
        });
        assert_eq!(*order.lock().expect("nobody panics"), [4, 1]);
    }
}
