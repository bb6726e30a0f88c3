//! Chapter 8: a hundred thousand leases, granted, renewed in no order, and ended.
//!
//! One thread does everything, as it would under one lock. Renewals go over all leases again and
//! again, in no order, with some time passing in between; the ends of all of them come at once, in
//! rounds of what one round ends at most, and each is revoked.
//!
//! Owns the figure. Nothing stands beside it: no other crate does this.

use crate::measure::{alternate, grouped, timed};
use api::{LeaseGrantRequest, LeaseId, LeaseRevokeRequest};
use lease::{Lessor, Options, PER_ROUND, Reign, Renewal, Time};
use std::hint::black_box;
use std::io;
use std::time::Duration;

/// How many leases there are.
const LEASES: u64 = 100_000;
/// How often each is renewed.
const TIMES: u64 = 20;
/// How long they last, in seconds.
const TTL: u64 = 600;
/// How many more there are where memory is measured: it is counted in pages.
const MANY: u64 = 1_000_000;

/// A number of a lease, of 63 bits, in no order.
fn number(at: u64) -> i64 {
    let mixed = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    i64::try_from((mixed ^ (mixed >> 29)) >> 1).expect("63 bits").max(1)
}

fn at(milliseconds: u64) -> Time {
    Time::new(Duration::from_millis(milliseconds))
}

/// A primary without leases.
fn primary(checkpoints: bool) -> Lessor {
    let options = Options { election_timeout: Duration::from_secs(1), checkpoints };
    let mut lessor = Lessor::load(options, []).expect("there are no rows");
    lessor.promote(Reign(1), at(0));
    lessor
}

/// Grants leases, a hundred in a millisecond.
fn grant(lessor: &mut Lessor, count: u64) {
    for place in 0..count {
        let request = LeaseGrantRequest { id: number(place), ttl: TTL.cast_signed() };
        let _ = black_box(lessor.grant(&request, at(place / 100)).expect("its number is free"));
    }
}

/// Renews each lease once, in an order that has nothing to do with theirs.
fn renew(lessor: &mut Lessor, round: u64) {
    for place in 0..LEASES {
        let place = (place * 37_199 + round) % LEASES;
        let lease = LeaseId::new(number(place)).expect("it is not zero");
        let renewal = lessor.renew(lease, at(LEASES / 100 + round * 1_000));
        assert!(matches!(renewal, Ok(Renewal::Renewed(_))), "nothing is over yet");
    }
}

/// Ends all of them, in rounds.
fn end(lessor: &mut Lessor) {
    let late = at(10 * TTL * 1_000);
    let mut ended = 0;
    while ended < LEASES {
        // One round may find only leases that were renewed; the next goes on.
        let Some(decided) = lessor.expired(late) else { continue };
        let over = decided.in_force(Reign(1)).expect("it is the same reign");
        assert!(over.len() <= PER_ROUND, "a round has an end");
        for lease in over {
            let request = LeaseRevokeRequest { id: lease.get() };
            let _ = black_box(lessor.revoke(&request).expect("it is there"));
            ended += 1;
        }
    }
}

fn granted() -> Duration {
    let mut lessor = primary(false);
    timed(|| grant(&mut lessor, LEASES))
}

fn renewed() -> Duration {
    let mut lessor = primary(false);
    grant(&mut lessor, LEASES);
    let time = timed(|| (0..TIMES).for_each(|round| renew(&mut lessor, round)));
    // A rate is of as many operations as there are leases.
    time / u32::try_from(TIMES).expect("a few")
}

fn ended() -> Duration {
    let mut lessor = primary(false);
    grant(&mut lessor, LEASES);
    renew(&mut lessor, 0);
    timed(|| end(&mut lessor))
}

/// Measures everything.
pub fn figure(out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "lease: {} leases", grouped(LEASES))?;
    let [without, with] = [false, true].map(bytes);
    let rates = alternate(LEASES, &[granted, renewed, ended]);
    for (name, rate) in ["grants", "renewals", "ends"].into_iter().zip(&rates) {
        writeln!(out, "  {name:<8} a second                    {rate}")?;
    }
    let mut lessor = primary(false);
    grant(&mut lessor, LEASES);
    let time = timed(|| lessor.promote(Reign(2), at(0)));
    writeln!(out, "  a promotion, in milliseconds         {:.1}", time.as_secs_f64() * 1e3)?;
    writeln!(out, "  bytes of memory a lease              {without}")?;
    writeln!(out, "  the same, with a checkpoint to come  {with}")
}

/// How many bytes more a process has for each lease.
fn bytes(checkpoints: bool) -> u64 {
    let before = resident();
    let mut lessor = primary(checkpoints);
    grant(&mut lessor, MANY);
    let bytes = resident().saturating_sub(before) / MANY;
    // What it gives back is not counted again: the next one asks for more.
    std::mem::forget(lessor);
    bytes
}

/// How much memory this process has, where the system says it.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}
