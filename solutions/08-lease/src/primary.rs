//! Watching over leases, which one member does.
//!
//! Owns [`Primary`]: deadlines, and what follows from them. It decides; whatever it decides is
//! proposed, and only what is carried out on every member changes a lease. So a primary that does
//! not know yet that it is none any more harms nobody.
//!
//! Left to others: who is the primary.

use crate::checkpoints::{Checkpoint, Checkpoints};
use crate::deadlines::Deadlines;
use crate::decided::{Decided, Reign};
use crate::row::Terms;
use crate::time::{Clock, Time};
use crate::ttl::Ttl;
use api::LeaseId;
use std::collections::BTreeMap;
use std::time::Duration;

/// What comes of a request to renew a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It lasts for all of its time again.
    Renewed(Ttl),
    /// A rest of it is written down, or is about to be. This takes it back: propose it, and ask
    /// again when it is carried out.
    First(Decided<Vec<Checkpoint>>),
    /// Its time is over. Ask again when it is revoked, or when this member is not the primary any
    /// more.
    Wait,
}

/// How long a lease lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeToLive {
    /// As it was granted.
    pub granted: Ttl,
    /// Whole seconds from now on. Less than 0 if it is over for so long, and is not revoked yet.
    pub left: i64,
}

/// A member that watches over leases.
#[derive(Clone, Debug)]
pub struct Primary {
    reign: Reign,
    clock: Clock,
    deadlines: Deadlines,
    /// None if nobody wants them.
    checkpoints: Option<Checkpoints>,
}

impl Primary {
    /// A member comes to be the primary. Every lease begins anew, with its time or with what was
    /// left at its last checkpoint. `extra` comes on top: so long may an earlier primary have gone
    /// on to renew leases before it noticed.
    pub fn new(
        reign: Reign,
        leases: BTreeMap<LeaseId, Terms>,
        extra: Duration,
        checkpoints: bool,
        now: Time,
    ) -> Primary {
        let clock = Clock::new(now);
        let now = clock.at(now);
        let end = |terms: &Terms| now.after(terms.left().duration()).after(extra);
        let deadlines = Deadlines::of(leases, end);
        let mut checkpoints = checkpoints.then(Checkpoints::default);
        if let Some(checkpoints) = &mut checkpoints {
            deadlines.iter().for_each(|(lease, terms)| checkpoints.note(lease, terms.left(), now));
        }
        Primary { reign, clock, deadlines, checkpoints }
    }

    /// The leases of a member that is not the primary any more.
    pub fn into_leases(self) -> BTreeMap<LeaseId, Terms> {
        self.deadlines.into_leases()
    }

    /// The terms of a lease, if it is there.
    pub fn terms(&self, lease: LeaseId) -> Option<Terms> {
        self.deadlines.get(lease).map(|(terms, _)| terms)
    }

    /// A new lease is granted.
    pub fn grant(&mut self, lease: LeaseId, terms: Terms, now: Time) {
        let now = self.clock.at(now);
        self.deadlines.add(lease, terms, now.after(terms.ttl.duration()));
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.note(lease, terms.ttl, now);
        }
    }

    /// A lease is revoked. Was it there?
    pub fn revoke(&mut self, lease: LeaseId) -> bool {
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.forget(lease);
        }
        self.deadlines.remove(lease)
    }

    /// A rest is written down or taken back, if the lease is there. Its end stays.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint, now: Time) -> Option<Terms> {
        let now = self.clock.at(now);
        let Checkpoint { lease, rest } = *checkpoint;
        let terms = self.deadlines.change(lease, |terms| terms.rest = rest)?;
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.end(lease, rest);
            checkpoints.note(lease, terms.left(), now);
        }
        Some(terms)
    }

    /// A client wants a lease to last longer. None if it is not there.
    ///
    /// - If its time is over, its revocation is on its way, and nothing takes it back.
    /// - If its rest is written down, or may come to be, the next primary would begin with that
    ///   rest, and not with what the client is told now. So the rest is taken back first. It is
    ///   not written down again before the interval is over.
    pub fn renew(&mut self, lease: LeaseId, now: Time) -> Option<Renewal> {
        let now = self.clock.at(now);
        let (terms, end) = self.deadlines.get(lease)?;
        if end <= now {
            return Some(Renewal::Wait);
        }
        let under_way = |it: &Checkpoints| it.is_under_way(lease);
        if terms.rest.is_some() || self.checkpoints.as_ref().is_some_and(under_way) {
            if let Some(checkpoints) = &mut self.checkpoints {
                checkpoints.note(lease, terms.ttl, now);
                checkpoints.take_back(lease);
            }
            let back = self.decided(vec![Checkpoint { lease, rest: None }]);
            return Some(Renewal::First(back));
        }
        self.deadlines.move_end(lease, now.after(terms.ttl.duration()));
        Some(Renewal::Renewed(terms.ttl))
    }

    /// How long a lease lasts, if it is there.
    pub fn time_to_live(&self, lease: LeaseId, now: Time) -> Option<TimeToLive> {
        let (terms, end) = self.deadlines.get(lease)?;
        let left = end.seconds_from(self.clock.at(now));
        Some(TimeToLive { granted: terms.ttl, left })
    }

    /// All leases, the one that ends first comes first.
    pub fn in_order(&self) -> Vec<LeaseId> {
        self.deadlines.in_order()
    }

    /// Leases whose time is over.
    pub fn expired(&mut self, now: Time) -> Option<Decided<Vec<LeaseId>>> {
        let over = self.deadlines.take_over(self.clock.round(now));
        (!over.is_empty()).then(|| self.decided(over))
    }

    /// Rests that are to be written down.
    ///
    /// None is as long as the lease's time: such a lease was renewed a moment ago, or has got the
    /// time of an election on top, and its next rest is worth more. None is zero: such a lease is
    /// over. And none is of a lease whose rest is about to be taken back.
    pub fn checkpoints(&mut self, now: Time) -> Option<Decided<Vec<Checkpoint>>> {
        let now = self.clock.round(now);
        let checkpoints = self.checkpoints.as_mut()?;
        let mut rests = Vec::new();
        for lease in checkpoints.due(now) {
            let (terms, end) = self.deadlines.get(lease).expect("only leases are due");
            match end.seconds_begun_from(now).and_then(Ttl::new) {
                Some(rest) if rest < terms.ttl && !checkpoints.is_taken_back(lease) => {
                    checkpoints.begin(lease);
                    // In case that it is lost.
                    checkpoints.note(lease, rest, now);
                    rests.push(Checkpoint { lease, rest: Some(rest) });
                }
                Some(_) => checkpoints.note(lease, terms.ttl, now),
                None => checkpoints.forget(lease),
            }
        }
        (!rests.is_empty()).then(|| self.decided(rests))
    }

    fn decided<T>(&self, what: T) -> Decided<T> {
        Decided { reign: self.reign, what }
    }
}
