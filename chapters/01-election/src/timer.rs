//! Waiting, counted in ticks.
//!
//! Owns [`Timer`]. It reads no clock: whoever drives the node calls `tick` at an even pace, so a
//! test can run an hour in a millisecond, and the same ticks always give the same run. It draws no
//! random number either: the caller lends one.

/// Counts ticks up to a limit, fires, and starts over.
///
/// Invariant: `elapsed < limit`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Timer {
    /// Ticks since the start or since it last fired; always in `0 .. limit`.
    elapsed: u32,
    /// It fires on this tick; at least 1.
    limit: u32,
}

impl Timer {
    /// A timer that fires on every `ticks`-th tick. It panics if that is none.
    pub fn fixed(ticks: u32) -> Timer {
        assert!(ticks > 0, "a timer of no ticks would always fire");
        Timer { elapsed: 0, limit: ticks }
    }

    /// A timer that fires after `ticks` to `2 * ticks - 1` ticks; `draw` decides which.
    ///
    /// `draw` is any number, each as likely as the next. Every limit in the range must be about
    /// equally likely, and the same draw must give the same limit.
    ///
    /// *Example:* with 10 ticks, thousands of draws make timers of 10, 11, 12, … 19 ticks, and a
    /// tenth of them makes each.
    pub fn random(ticks: u32, draw: u64) -> Timer {
        #![allow(unused_variables, reason = "exercise 1.2 is not written yet")]
        todo!("exercise 1.2: keep time")
    }

    /// One tick passes. True if the timer fires on it; then it starts over.
    ///
    /// *Example:* a timer of 3 answers false, false, true, false, false, true.
    pub fn tick(&mut self) -> bool {
        todo!("exercise 1.2: keep time")
    }

    /// Ticks since the start, or since the timer last fired.
    pub fn elapsed(&self) -> u32 {
        self.elapsed
    }
}
