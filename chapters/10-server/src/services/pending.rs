//! Proposals that are on their way.
//!
//! Owns [`Pending`], which waits for what becomes of one; and what is said if nobody has carried it
//! out in time, in etcd's words. Perhaps it will be, later: nobody knows.
//!
//! Left to others: how it gets into the log (`replica`).

use super::Member;
use super::member::unexpected;
use crate::boxes::{Told, Waiting};
use crate::facts::Facts;
use crate::links::Links;
use crate::proposal::Asked;
use api::Error;
use basics::NodeId;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout_at;
use tonic::Status;

/// A proposal that is on its way.
pub struct Pending<R> {
    waiting: Waiting,
    /// None if as long as it takes.
    until: Option<Instant>,
    from: From,
    of: PhantomData<fn() -> R>,
}

/// The member that has made it, and when.
struct From {
    own: NodeId,
    facts: Arc<Facts>,
    links: Arc<Links>,
    election: Duration,
    began: Instant,
}

impl<R: Asked> Pending<R> {
    /// One that the member is about to make. It is waited for here.
    pub fn new(member: &Member, waiting: Waiting, until: Option<Instant>) -> Pending<R> {
        member.facts.metrics.raft.pending.add(1);
        let from = From {
            own: member.signature.id,
            facts: member.facts.clone(),
            links: member.links.clone(),
            election: member.election,
            began: Instant::now(),
        };
        Pending { waiting, until, from, of: PhantomData }
    }

    /// Waits until it was carried out.
    pub async fn outcome(self) -> Result<R::Response, Status> {
        let told = match self.until {
            Some(until) => timeout_at(until.into(), self.waiting).await,
            None => Ok(self.waiting.await),
        };
        match told {
            Ok(Told::Done(outcome)) => {
                Ok(R::answer(outcome?).expect("each answer goes to the request it answers"))
            }
            Ok(told) => Err(unexpected(told)),
            Err(_) => {
                self.from.facts.metrics.raft.failed.add(1);
                Err(self.from.late())
            }
        }
    }
}

impl From {
    /// Why has nobody carried it out?
    fn late(&self) -> Status {
        let leading = self.facts.leading.get();
        let error = match leading.leader {
            // It has waited for a leader all the time, and is in no log.
            None if leading.since <= self.began => {
                return Status::deadline_exceeded("context deadline exceeded");
            }
            None => Error::Timeout,
            // It was made when the one before led, or nobody did.
            Some(_)
                if self.began < leading.since && leading.since - self.began < 2 * self.election =>
            {
                Error::TimeoutDueToLeaderFail
            }
            Some(leader) if !self.was_reached(leader) => Error::TimeoutDueToConnectionLost,
            Some(_) => Error::Timeout,
        };
        error.into()
    }

    /// Were those there, all the time, who have to decide?
    fn was_reached(&self, leader: NodeId) -> bool {
        let time = self.began.elapsed();
        if leader != self.own {
            return self.links.reached(&[leader], time) > 0;
        }
        let members = self.facts.roster.get().members();
        let voters: Vec<NodeId> = members.voters().iter().copied().collect();
        // It reaches itself.
        self.links.reached(&voters, time) + 1 > voters.len() / 2
    }
}

impl Drop for From {
    fn drop(&mut self) {
        self.facts.metrics.raft.pending.add(-1);
    }
}
