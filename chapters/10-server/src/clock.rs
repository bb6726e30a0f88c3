//! What time it is for leases.
//!
//! Owns [`Clock`]: the machine's, which runs from a start on, or one that somebody sets. For whom
//! it is set, an hour passes when it is said to.
//!
//! Left to others: what a moment means (`lease`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A clock that shows how long it has run.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's, from this moment on.
    Runs(Instant),
    /// It has run for so many nanoseconds, says whoever sets it.
    Set(Arc<AtomicU64>),
}

impl Clock {
    /// The machine's, from now on.
    pub fn running() -> Clock {
        Clock::Runs(Instant::now())
    }

    /// One that shows this until it is set.
    pub fn showing(time: Duration) -> Clock {
        Clock::Set(Arc::new(AtomicU64::new(nanoseconds(time))))
    }

    /// It shows this from now on, if it is one that is set.
    pub fn set(&self, time: Duration) {
        match self {
            Clock::Runs(_) => {}
            Clock::Set(shown) => shown.store(nanoseconds(time), Ordering::Relaxed),
        }
    }

    /// For how long it has run.
    pub fn elapsed(&self) -> Duration {
        match self {
            Clock::Runs(began) => began.elapsed(),
            Clock::Set(shown) => Duration::from_nanos(shown.load(Ordering::Relaxed)),
        }
    }
}

/// Some centuries of them.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
