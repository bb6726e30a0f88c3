//! Work that takes too long for a runtime.
//!
//! Owns [`Blocking`]: few threads, for all runtimes together, and who may have one. While a runtime
//! works, all its other connections wait; so what may take more than a moment is done here, and the
//! request that wants it waits for it.
//!
//! Invariants:
//! - No more threads work than there are turns.
//! - Turns are given in the order in which they were asked for. Whoever waits for one holds nothing
//!   but its request, and if it goes away, its work is never begun.
//!
//! Left to others: what is too long (`services`).

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Who may work outside of a runtime.
#[derive(Clone)]
pub struct Blocking {
    turns: Arc<Semaphore>,
}

impl Default for Blocking {
    /// As many threads as the machine has processors; two to four.
    fn default() -> Blocking {
        Blocking::new(available_parallelism().map_or(2, NonZero::get).clamp(2, 4))
    }
}

impl Blocking {
    /// So many threads work at once.
    pub fn new(threads: usize) -> Blocking {
        Blocking { turns: Arc::new(Semaphore::new(threads)) }
    }

    /// Does work when its turn comes. What was begun comes to an end, whether somebody waits for it
    /// or not, and keeps its turn until then.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let turn = self.turns.clone().acquire_owned().await.expect("nobody closes it");
        let worked = spawn_blocking(move || {
            let worked = work();
            drop(turn);
            worked
        });
        match worked.await {
            Ok(worked) => worked,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
}
