//! Leases with deadlines.
//!
//! Owns [`Deadlines`], and the pace at which leases are ended: at most [`PER_ROUND`] in a round,
//! every [`ROUND`]; and again after [`RETRY`], as long as the end is not carried out.
//!
//! Nobody looks at all leases to find those that are over, and a renewal, which is what happens
//! most, sorts nothing. For each lease there is a *look*: when to see whether it is over. A renewal
//! moves the end, and leaves the look where it is, before the end. When the look is due, the lease
//! is over, or there will be another look when it is.
//!
//! Left to others: who has deadlines at all (`lessor`), and what follows from them (`primary`).

use crate::row::Terms;
use crate::time::Moment;
use api::LeaseId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often leases are looked for whose time is over.
pub const ROUND: Duration = Duration::from_millis(500);

/// How many leases are ended in a round, at most: each is an entry of the log, and clients want to
/// write as well.
pub const PER_ROUND: usize = 500;

/// A revocation that is not carried out by then may be lost, and is proposed once more.
pub const RETRY: Duration = Duration::from_secs(3);

/// How many looks there are in a round, at most: meanwhile nobody can renew. The next round goes on
/// with the rest.
const LOOKS: usize = 10_000;

/// Leases with deadlines.
///
/// Invariants:
/// - There is one look for each lease.
/// - It is at the lease's end or before, until the lease was found to be over.
#[derive(Clone, Debug)]
pub struct Deadlines {
    leases: BTreeMap<LeaseId, Timed>,
    looks: BTreeSet<(Moment, LeaseId)>,
}

#[derive(Clone, Debug)]
struct Timed {
    terms: Terms,
    end: Moment,
    look: Moment,
}

impl Deadlines {
    /// These leases, each with its end. It is much faster than to add them one by one.
    pub fn of(leases: BTreeMap<LeaseId, Terms>, end: impl Fn(&Terms) -> Moment) -> Deadlines {
        let timed = |(lease, terms)| {
            let end = end(&terms);
            (lease, Timed { terms, end, look: end })
        };
        let leases: BTreeMap<LeaseId, Timed> = leases.into_iter().map(timed).collect();
        let looks = leases.iter().map(|(lease, timed)| (timed.look, *lease)).collect();
        Deadlines { leases, looks }
    }

    /// The same leases, without their ends.
    pub fn into_leases(self) -> BTreeMap<LeaseId, Terms> {
        self.leases.into_iter().map(|(lease, timed)| (lease, timed.terms)).collect()
    }

    /// A lease, and when it ends or has ended.
    pub fn get(&self, lease: LeaseId) -> Option<(Terms, Moment)> {
        self.leases.get(&lease).map(|timed| (timed.terms, timed.end))
    }

    /// All leases.
    pub fn iter(&self) -> impl Iterator<Item = (LeaseId, Terms)> {
        self.leases.iter().map(|(lease, timed)| (*lease, timed.terms))
    }

    /// A lease that is new.
    pub fn add(&mut self, lease: LeaseId, terms: Terms, end: Moment) {
        let before = self.leases.insert(lease, Timed { terms, end, look: end });
        assert!(before.is_none(), "{lease} is not new");
        self.looks.insert((end, lease));
    }

    /// A lease is not there any more. Was it?
    pub fn remove(&mut self, lease: LeaseId) -> bool {
        let Some(timed) = self.leases.remove(&lease) else { return false };
        self.looks.remove(&(timed.look, lease));
        true
    }

    /// Its terms change, if it is there. Its end stays.
    pub fn change(&mut self, lease: LeaseId, change: impl FnOnce(&mut Terms)) -> Option<Terms> {
        let timed = self.leases.get_mut(&lease)?;
        change(&mut timed.terms);
        Some(timed.terms)
    }

    /// A lease that is not over ends then, and not before and not after.
    pub fn move_end(&mut self, lease: LeaseId, end: Moment) {
        let timed = self.leases.get_mut(&lease).expect("it is there");
        timed.end = end;
        if end < timed.look {
            self.looks.remove(&(timed.look, lease));
            self.looks.insert((end, lease));
            timed.look = end;
        }
    }

    /// Whose time is over, and is to be revoked now: the one that ended first comes first. A lease
    /// that is named here is named again after [`RETRY`], unless it is not there any more.
    pub fn take_over(&mut self, now: Moment) -> Vec<LeaseId> {
        let mut over = Vec::new();
        let mut again = Vec::new();
        for _ in 0..LOOKS {
            let due = self.looks.first().copied().filter(|(look, _)| *look <= now);
            let Some((look, lease)) = due else { break };
            if over.len() == PER_ROUND {
                break;
            }
            self.looks.pop_first();
            let timed = self.leases.get_mut(&lease).expect("it is there as long as its look");
            if look < timed.end {
                // It was renewed. If it is over even so, its turn comes in this very loop.
                timed.look = timed.end;
                self.looks.insert((timed.look, lease));
            } else {
                over.push(lease);
                timed.look = now.after(RETRY);
                again.push((timed.look, lease));
            }
        }
        self.looks.extend(again);
        over
    }

    /// All leases, the one that ends first comes first.
    pub fn in_order(&self) -> Vec<LeaseId> {
        let ends = self.leases.iter().map(|(lease, timed)| (timed.end, *lease));
        let mut ends: Vec<(Moment, LeaseId)> = ends.collect();
        ends.sort_unstable();
        ends.into_iter().map(|(_, lease)| lease).collect()
    }
}
