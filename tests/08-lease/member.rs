//! Members for short scripts, in virtual time.

use api::{Error, LeaseGrantRequest, LeaseId, LeaseRevokeRequest};
use bytes::Bytes;
use lease::{Checkpoint, Lessor, Options, Reign, Renewal, Row, Time, Ttl};
use std::collections::BTreeMap;
use std::time::Duration;

/// So long a follower waits for its leader.
pub const ELECTION: Duration = Duration::from_secs(1);

/// No lease is over.
pub const NONE: [i64; 0] = [];

/// No rest is to be written down.
pub const NO_RESTS: [(i64, i64); 0] = [];

pub const OPTIONS: Options = Options { election_timeout: ELECTION, checkpoints: true };

/// A clock that has run for so many milliseconds.
pub fn at(milliseconds: u64) -> Time {
    Time::new(Duration::from_millis(milliseconds))
}

pub fn id(number: i64) -> LeaseId {
    LeaseId::new(number).expect("it is not zero")
}

pub fn ids(numbers: &[i64]) -> Vec<LeaseId> {
    numbers.iter().copied().map(id).collect()
}

pub fn ttl(seconds: i64) -> Ttl {
    Ttl::new(seconds).expect("a lease can last that long")
}

/// What is stored.
pub type Rows = BTreeMap<Bytes, Bytes>;

/// Stores what is to be stored.
pub fn store(rows: &mut Rows, row: Row) {
    assert_eq!(row.bucket, b"lease");
    match row.value {
        Some(value) => drop(rows.insert(row.key, value)),
        None => drop(rows.remove(&row.key).expect("it was stored")),
    }
}

pub fn load(options: Options, rows: &Rows) -> Lessor {
    let rows = rows.iter().map(|(key, value)| (key.clone(), value.clone()));
    Lessor::load(options, rows).expect("we have written it")
}

pub fn empty() -> Lessor {
    load(OPTIONS, &Rows::new())
}

/// A member without leases that comes to be the primary at this time.
pub fn primary(now: Time) -> Lessor {
    let mut lessor = empty();
    lessor.promote(Reign(1), now);
    lessor
}

/// An entry grants a lease.
pub fn grant(lessor: &mut Lessor, number: i64, seconds: i64, now: Time) -> Row {
    let request = LeaseGrantRequest { id: number, ttl: seconds };
    lessor.grant(&request, now).expect("its number is free").row
}

/// An entry revokes a lease.
pub fn revoke(lessor: &mut Lessor, number: i64) -> Row {
    lessor.revoke(&LeaseRevokeRequest { id: number }).expect("it is there").row
}

/// Which leases are over now, by their numbers.
pub fn over(lessor: &mut Lessor, now: Time) -> Vec<i64> {
    let decided = lessor.expired(now).map(|decided| decided.what).unwrap_or_default();
    decided.into_iter().map(LeaseId::get).collect()
}

/// Which rests are to be written down now: numbers and seconds.
pub fn rests(lessor: &mut Lessor, now: Time) -> Vec<(i64, i64)> {
    let decided = lessor.checkpoints(now).map(|decided| decided.what).unwrap_or_default();
    let rest = |it: Checkpoint| (it.lease.get(), it.rest.map_or(0, Ttl::seconds));
    decided.into_iter().map(rest).collect()
}

/// Whole seconds that are left.
pub fn left(lessor: &Lessor, number: i64, now: Time) -> i64 {
    lessor.time_to_live(id(number), now).expect("it is there").left
}

/// The lease lasts for so many seconds again.
pub fn renewed(seconds: i64) -> Result<Renewal, Error> {
    Ok(Renewal::Renewed(ttl(seconds)))
}

/// An entry writes down a rest, or takes it back.
pub fn rest(number: i64, seconds: Option<i64>) -> Checkpoint {
    Checkpoint { lease: id(number), rest: seconds.map(ttl) }
}
