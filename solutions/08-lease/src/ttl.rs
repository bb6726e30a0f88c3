//! How long leases last.
//!
//! Owns [`Ttl`] and its bounds. Left to others: from when on it counts (`deadlines`).

use api::Error;
use std::num::NonZeroU64;
use std::time::Duration;

const LONGEST: i64 = 9_000_000_000;

/// How long a lease lasts: 1 to 9,000,000,000 seconds, which are 285 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ttl(NonZeroU64);

impl Ttl {
    /// The longest.
    pub const MAX: Ttl = Ttl(NonZeroU64::new(LONGEST.unsigned_abs()).expect("it is not zero"));

    /// So many seconds, if a lease can last that long.
    pub fn new(seconds: i64) -> Option<Ttl> {
        let seconds = u64::try_from(seconds).ok().and_then(NonZeroU64::new)?;
        Some(Ttl(seconds)).filter(|ttl| *ttl <= Ttl::MAX)
    }

    /// What is granted to somebody who asks for so many seconds: fewer than one are one, and too
    /// many are refused.
    pub fn granted(seconds: i64) -> Result<Ttl, Error> {
        Ttl::new(seconds.max(1)).ok_or(Error::LeaseTTLTooLarge)
    }

    /// The shortest that a cluster should grant: one and a half of the time that a follower waits
    /// for its leader. One that is shorter could run out in an election, with nobody there to
    /// renew it. In whole ticks, rounded down, and then in whole seconds, rounded up; with etcd's
    /// 10 ticks of 100 ms that is 2.
    pub fn shortest(heartbeat: Duration, election_ticks: u32) -> Ttl {
        let ticks = u128::from(election_ticks) * 3 / 2;
        let nanoseconds = heartbeat.as_nanos().saturating_mul(ticks);
        let seconds = nanoseconds.div_ceil(Duration::from_secs(1).as_nanos());
        let seconds = i64::try_from(seconds).unwrap_or(LONGEST);
        Ttl::new(seconds.max(1)).unwrap_or(Ttl::MAX)
    }

    /// In seconds, as clients get it.
    pub fn seconds(self) -> i64 {
        i64::try_from(self.0.get()).expect("it is at most the longest")
    }

    /// As a span of time.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.get())
    }
}
