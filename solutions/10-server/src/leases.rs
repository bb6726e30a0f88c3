//! Leases, between the state and those who renew.
//!
//! Owns [`Leases`]: the lessor behind a lock that nobody holds for long. Entries grant and revoke,
//! in the state's thread; clients renew beside them. What the primary decides is proposed under the
//! same lock, so in the order in which it was decided.
//!
//! Left to others: what a lease is (`lease`), and its keys (`mvcc`).

use crate::clock::Clock;
use crate::letters::{ToReplica, Wanted};
use crate::mailbox::Mailbox;
use crate::proposal::{LeaseIsOver, LeaseRest, LeaseRests, Proposal, Wish};
use api::LeaseId;
use auth::Asker;
use basics::Term;
use lease::{Checkpoint, Decided, Lessor, Reign, Time, Ttl};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// The leases of a member.
pub struct Leases {
    lessor: Mutex<Lessor>,
    clock: Clock,
    /// The term in which this member leads; 0 if it does not.
    leads_in: AtomicU64,
    /// The term for which the lessor is primary.
    primary_in: AtomicU64,
    /// A lease was revoked, or this member is the primary now, or it is not any more.
    news: Notify,
}

impl mvcc::Leases for Leases {
    fn is_there(&self, lease: LeaseId) -> bool {
        self.lock().is_there(lease)
    }
}

impl Leases {
    /// These, which go by this clock.
    pub fn new(lessor: Lessor, clock: Clock) -> Leases {
        let lessor = Mutex::new(lessor);
        Leases {
            lessor,
            clock,
            leads_in: AtomicU64::new(0),
            primary_in: AtomicU64::new(0),
            news: Notify::new(),
        }
    }

    /// The state is another one now, with these leases.
    pub fn replace(&self, lessor: Lessor) {
        *self.lock() = lessor;
        self.news.notify_waiters();
    }

    /// The lessor, for a moment, and the time.
    pub fn lock(&self) -> MutexGuard<'_, Lessor> {
        self.lessor.lock().expect("nobody panics while holding it")
    }

    /// What the clock shows.
    pub fn now(&self) -> Time {
        Time::new(self.clock.elapsed())
    }

    /// What is waited for by those to whom a lease or the lessor gave no answer yet.
    pub fn news(&self) -> &Notify {
        &self.news
    }

    /// The replica says whether it leads, and in which term.
    pub fn note_leader(&self, term: Option<Term>) {
        self.leads_in.store(term.map_or(0, |term| term.0), Ordering::Release);
    }

    /// The state has carried out an entry of this term. If this member leads in it, it watches over
    /// leases from now on.
    pub fn note_applied(&self, term: Term) {
        let leads_in = self.leads_in.load(Ordering::Acquire);
        let mut lessor = self.lock();
        let is_primary = lessor.is_primary();
        let is_anew = self.primary_in.load(Ordering::Relaxed) != term.0;
        if leads_in == term.0 && (!is_primary || is_anew) {
            self.primary_in.store(term.0, Ordering::Relaxed);
            lessor.promote(Reign(term.0), self.now());
        } else if leads_in != term.0 && is_primary {
            lessor.demote();
        } else {
            return;
        }
        drop(lessor);
        self.news.notify_waiters();
    }

    /// A round: proposes the end of leases whose time is over, and rests to be written down.
    pub fn round(&self, replica: &Mailbox<ToReplica>) {
        let mut lessor = self.lock();
        let now = self.now();
        if let Some(Decided { reign, what }) = lessor.expired(now) {
            let over = |lease: &LeaseId| {
                let over = LeaseIsOver { reign: reign.0, lease: lease.get() };
                propose(Wish::LeaseIsOver(over))
            };
            replica.put_all(what.iter().map(over));
        }
        while let Some(rests) = lessor.checkpoints(now) {
            replica.put(propose(Wish::LeaseRests(written(&rests))));
        }
    }
}

/// Rests, as an entry has them.
pub fn written(decided: &Decided<Vec<Checkpoint>>) -> LeaseRests {
    let rest = |checkpoint: &Checkpoint| LeaseRest {
        lease: checkpoint.lease.get(),
        seconds: checkpoint.rest.map_or(0, Ttl::seconds),
    };
    LeaseRests { reign: decided.reign.0, rests: decided.what.iter().map(rest).collect() }
}

/// Rests, as they were decided.
pub fn read(rests: &LeaseRests) -> Decided<Vec<Checkpoint>> {
    let checkpoint = |rest: &LeaseRest| {
        let lease = LeaseId::new(rest.lease)?;
        Some(Checkpoint { lease, rest: Ttl::new(rest.seconds) })
    };
    let what = rests.rests.iter().filter_map(checkpoint).collect();
    Decided { reign: Reign(rests.reign), what }
}

/// What the member itself wants. If nobody leads for so long, it will want it again.
fn propose(wish: Wish) -> ToReplica {
    let data = Proposal::new(None, &Asker::Cluster, wish).write();
    let until = Instant::now() + Duration::from_secs(3);
    ToReplica::Propose(Wanted { data, until })
}
