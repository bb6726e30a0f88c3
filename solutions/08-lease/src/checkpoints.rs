//! When the rest of a long lease is to be written down.
//!
//! Owns [`Checkpoint`] and [`Checkpoints`]. Rows have no deadlines, so a change of the leader gives
//! a lease all of its time again, and one that lasts a day never ends if the leader changes every
//! morning. So its primary says from time to time how much is left, and a later one begins with
//! that.
//!
//! As soon as the lease is renewed, the rest that was written down is wrong: the next primary would
//! end the lease early. So whoever renews has it taken back first; and a rest that is still on its
//! way into the log, too.
//!
//! Left to others: what is left of a lease (`primary`).

use crate::time::Moment;
use crate::ttl::Ttl;
use api::LeaseId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often the rest of a lease is written down.
pub const INTERVAL: Duration = Duration::from_secs(300);

/// How many are in one request, at most.
pub const PER_REQUEST: usize = 1_000;

/// What is written down of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which.
    pub lease: LeaseId,
    /// How much is left of it; none if what was written down before is taken back.
    pub rest: Option<Ttl>,
}

/// Which leases are to be looked at, and when.
///
/// Invariant: `due` and `in_order` say the same.
#[derive(Clone, Debug, Default)]
pub struct Checkpoints {
    due: BTreeMap<LeaseId, Moment>,
    in_order: BTreeSet<(Moment, LeaseId)>,
    /// What was proposed last of a lease, and is not carried out yet as far as is known.
    under_way: BTreeMap<LeaseId, UnderWay>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnderWay {
    /// A rest.
    Rest,
    /// That a rest is taken back. There may be one before it.
    TakenBack,
}

impl Checkpoints {
    /// A lease lasts so long from now on: if that is longer than the interval, it is looked at when
    /// the interval is over, and else not at all.
    pub fn note(&mut self, lease: LeaseId, left: Ttl, now: Moment) {
        self.cancel(lease);
        if left.duration() > INTERVAL {
            let moment = now.after(INTERVAL);
            self.due.insert(lease, moment);
            self.in_order.insert((moment, lease));
        }
    }

    /// A lease is revoked, or is about to be.
    pub fn forget(&mut self, lease: LeaseId) {
        self.cancel(lease);
        self.under_way.remove(&lease);
    }

    fn cancel(&mut self, lease: LeaseId) {
        if let Some(moment) = self.due.remove(&lease) {
            self.in_order.remove(&(moment, lease));
        }
    }

    /// Which leases are due, what was due first comes first: as many as one request may have.
    pub fn due(&self, now: Moment) -> Vec<LeaseId> {
        let due = self.in_order.iter().take_while(|(moment, _)| *moment <= now);
        due.take(PER_REQUEST).map(|(_, lease)| *lease).collect()
    }

    /// A rest is proposed.
    pub fn begin(&mut self, lease: LeaseId) {
        self.under_way.insert(lease, UnderWay::Rest);
    }

    /// It is proposed to take a rest back. No other one is proposed until that is carried out: its
    /// turn would come later, and a client would have been told in between that the lease has all
    /// of its time. (If this is lost, and nobody renews any more, the next primary begins with the
    /// rest that was written down last.)
    pub fn take_back(&mut self, lease: LeaseId) {
        self.under_way.insert(lease, UnderWay::TakenBack);
    }

    /// A rest was written down, or taken back. What was proposed before is through, or is lost.
    pub fn end(&mut self, lease: LeaseId, rest: Option<Ttl>) {
        if rest.is_none() || !self.is_taken_back(lease) {
            self.under_way.remove(&lease);
        }
    }

    /// May a rest still come about that was proposed?
    pub fn is_under_way(&self, lease: LeaseId) -> bool {
        self.under_way.contains_key(&lease)
    }

    /// Is a rest about to be taken back?
    pub fn is_taken_back(&self, lease: LeaseId) -> bool {
        self.under_way.get(&lease) == Some(&UnderWay::TakenBack)
    }
}
