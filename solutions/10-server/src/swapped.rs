//! A value that one thread swaps, and all others read.
//!
//! Owns [`Swapped`]. Whoever reads holds the value that there was, whole, for as long as it likes;
//! nobody waits for anybody but for the moment of the swap.

use std::sync::{Arc, RwLock};

/// A value that is never changed, only swapped for another.
pub struct Swapped<T>(RwLock<Arc<T>>);

impl<T> Swapped<T> {
    /// This one, for a start.
    pub fn new(value: T) -> Swapped<T> {
        Swapped(RwLock::new(Arc::new(value)))
    }

    /// The value that there is.
    pub fn get(&self) -> Arc<T> {
        self.0.read().expect(NO_PANIC).clone()
    }

    /// Another one takes its place.
    pub fn set(&self, value: T) {
        let value = Arc::new(value);
        *self.0.write().expect(NO_PANIC) = value;
    }
}

const NO_PANIC: &str = "nobody panics while holding it";
