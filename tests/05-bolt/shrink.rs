//! Histories that fail are made shorter before they are shown.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does it panic?
pub fn fails<T>(run: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

/// Leaves out of a list that fails whatever it can, as long as it fails.
pub fn shrink<T: Clone>(mut list: Vec<T>, still_fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut size = (list.len() / 2).max(1);
    loop {
        let mut at = 0;
        while at < list.len() {
            let mut shorter = list.clone();
            shorter.drain(at..(at + size).min(list.len()));
            if still_fails(&shorter) {
                list = shorter;
            } else {
                at += size;
            }
        }
        if size == 1 {
            return list;
        }
        size /= 2;
    }
}
