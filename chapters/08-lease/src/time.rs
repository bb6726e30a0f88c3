//! Time, as a caller lends it for a call.
//!
//! Owns [`Time`], what the caller's clock shows; [`Moment`], the same as one primary counts it; and
//! [`Clock`], which makes one of the other.
//!
//! Invariant: from one round to the next, moments never go back, whatever the clock shows.
//!
//! Left to others: reading a clock.

use std::time::Duration;

const SECOND: u64 = 1_000_000_000;

/// What a clock shows: how long it has run. It is no time of day, which people set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(u64);

/// How much time has passed for a primary, since some beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// Counts the time that passes.
///
/// Whoever watches over the leases looks at the clock in rounds, again and again, and only those
/// looks move the time on. So a clock that is set back between two of them takes no more away than
/// what has passed since the first; and many threads that ask in between, each with a time that it
/// has read a little earlier, move nothing at all. What nobody can see is a clock that showed too
/// much to one of them: the lease that was renewed then has too long a time, until it is renewed
/// again.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// What was shown in the last round.
    shown: Time,
    /// When that was.
    moment: Moment,
}

impl Time {
    /// A clock that has run for so long. Whole nanoseconds, for some centuries.
    pub fn new(running: Duration) -> Time {
        Time(nanoseconds(running))
    }
}

impl Moment {
    /// A moment later.
    pub fn after(self, duration: Duration) -> Moment {
        Moment(self.0.saturating_add(nanoseconds(duration)))
    }

    /// Whole seconds from `now` to this moment: 1 if it is 1.9 away, −1 if that long ago.
    pub fn seconds_from(self, now: Moment) -> i64 {
        let seconds = self.0.abs_diff(now.0) / SECOND;
        let seconds = i64::try_from(seconds).expect("a second has many nanoseconds");
        if self < now { -seconds } else { seconds }
    }

    /// Seconds from `now` to this moment, and the last one counts whole: 2 if it is 1.1 away. None
    /// if it is not to come.
    pub fn seconds_begun_from(self, now: Moment) -> Option<i64> {
        let left = self.0.checked_sub(now.0).filter(|left| *left > 0)?;
        Some(i64::try_from(left.div_ceil(SECOND)).expect("a second has many nanoseconds"))
    }
}

impl Clock {
    /// A clock at its first look.
    pub fn new(now: Time) -> Clock {
        Clock { shown: now, moment: Moment(0) }
    }

    /// The moment of a round. If the clock shows less than in the last one, somebody has set it
    /// back: nobody can tell how much has passed, so nothing has.
    pub fn round(&mut self, now: Time) -> Moment {
        self.moment = self.at(now);
        self.shown = now;
        self.moment
    }

    /// The moment of a question between rounds: never before the last one.
    pub fn at(&self, now: Time) -> Moment {
        Moment(self.moment.0.saturating_add(now.0.saturating_sub(self.shown.0)))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
