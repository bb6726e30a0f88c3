//! Changes of the members, and of who leads.
//!
//! Owns what the replica does about them: changes come one after the other, each checked against
//! the members after the one before, by whoever leads; and leadership is handed over if somebody
//! wishes so, or if the leader is to end.
//!
//! Left to others: what is checked (`roster`), and what is safe (`raft`).

use super::{CHANGES, Replica};
use crate::boxes::Told;
use crate::letters::Waiter;
use crate::proposal::{PromoteMember, Proposal, RemoveMember, Wish};
use crate::wire::Letter;
use api::Error;
use basics::NodeId;
use bytes::Bytes;
use raft::{Data, Refused, Step};
use std::time::Instant;

/// A leader that ends waits for so many ticks until another one leads.
const HANDING_OVER: u32 = 10;

/// Why a change cannot begin now.
enum Later {
    Wait,
    Never(Error),
}

impl Replica {
    /// Changes of the members come one after the other. The members are those after the last one.
    pub(super) fn change(&mut self) {
        while let Some(wanted) = self.changes.pop_front() {
            let leader = self.node.replica().election().leader();
            if let Some(leader) = leader.filter(|leader| *leader != self.node.id()) {
                let letter = Letter::Change(wanted.data.clone());
                if !self.wires.links.post(leader, letter) {
                    self.refuse(&wanted.data, Error::RequestTooManyRequests);
                }
                continue;
            }
            let told = match self.begin_change(&wanted.data) {
                Ok(()) => continue,
                Err(Later::Wait) if Instant::now() < wanted.until => {
                    return self.changes.push_front(wanted);
                }
                Err(Later::Wait) => Error::Timeout,
                Err(Later::Never(error)) => error,
            };
            self.refuse(&wanted.data, told);
        }
    }

    fn begin_change(&mut self, data: &Data) -> Result<(), Later> {
        if self.applied < self.moving {
            return Err(Later::Wait);
        }
        let roster = self.wires.facts.roster.get();
        let wish = Proposal::read(data.bytes()).ok().and_then(|proposal| proposal.wish);
        let step = match wish {
            Some(Wish::AddMember(wish)) => {
                let (id, is_learner) = (NodeId(wish.id), wish.is_learner);
                roster
                    .can_add(id, &wish.peer_urls, is_learner, self.max_learners)
                    .map_err(Later::Never)?;
                // Also if it will vote: it has nothing yet, and perhaps nobody has started it.
                Step::Learner(id)
            }
            Some(Wish::PromoteMember(PromoteMember { id })) => {
                let id = NodeId(id);
                if !roster.find(id).map_err(Later::Never)?.is_learner {
                    return Err(Later::Never(Error::MemberNotLearner));
                }
                Step::Voter(id)
            }
            Some(Wish::RemoveMember(RemoveMember { id })) => {
                roster.find(NodeId(id)).map_err(Later::Never)?;
                Step::Remove(NodeId(id))
            }
            Some(Wish::UpdateMember(wish)) => {
                let id = NodeId(wish.id);
                roster.update(id, wish.peer_urls).map_err(Later::Never)?;
                return self.begin_move(data);
            }
            // Another member may say so, and be newer than this one.
            Some(_) | None => return Err(Later::Never(Error::UnknownMethod)),
        };
        let draw = self.draw();
        match self.node.change(vec![step], data.bytes(), draw) {
            Ok(_) => Ok(()),
            Err(Refused::Behind(_)) => Err(Later::Never(Error::LearnerNotReady)),
            Err(Refused::Impossible(_) | Refused::NoVoter(_)) => {
                Err(Later::Never(Error::MemberNotEnoughStarted))
            }
            Err(
                Refused::Pending(_)
                | Refused::TooEarly
                | Refused::NotLeader(_)
                | Refused::HandingOver(_)
                | Refused::Full,
            ) => Err(Later::Wait),
        }
    }

    /// A member that is to vote has no vote before it has nearly all that there is: until then, it
    /// would be one more that the others have to do without. Now it may be so far. (A cluster of
    /// one could never have a second member otherwise: it is not started before the first one has
    /// decided that it comes.)
    pub(super) fn admit(&mut self) {
        if !self.node.leads() {
            return;
        }
        let roster = self.wires.facts.roster.get();
        let votes = |id: &&NodeId| roster.get(**id).is_some_and(|entry| !entry.is_learner);
        let due = self.node.configuration().members().learners().iter().find(votes).copied();
        if let Some(id) = due {
            let draw = self.draw();
            // If it is refused, it may not be at the next tick.
            let _ = self.node.change(vec![Step::Voter(id)], Bytes::new(), draw);
        }
    }

    /// Where a member is found is nothing that raft has to know: it is an entry like others. But
    /// those that come after it wait for it.
    fn begin_move(&mut self, data: &Data) -> Result<(), Later> {
        self.moving = self.node.propose(data.clone()).map_err(|_| Later::Wait)?.index;
        Ok(())
    }

    /// Somebody wants another member to lead, and waits until it does.
    pub(super) fn transfer(&mut self, to: NodeId, asker: Waiter, until: Instant) {
        let draw = self.draw();
        let told = match self.node.transfer(to, draw) {
            Ok(()) if self.handing.len() < CHANGES => {
                return self.handing.push((to, asker, until));
            }
            Ok(()) => Told::Done(Err(Error::RequestTooManyRequests)),
            // It leads already.
            Err(_) if self.node.leads() && to == self.node.id() => Told::Read,
            Err(Refused::NotLeader(_)) => Told::Done(Err(Error::NotLeader)),
            Err(_) => Told::Done(Err(Error::BadLeaderTransferee)),
        };
        self.tell([asker], &told);
    }

    /// Does the other one lead by now? If it never does, whoever waits gives up.
    pub(super) fn look_at_transfer(&mut self) {
        let leader = self.node.replica().election().leader();
        let done = self.handing.extract_if(.., |(to, ..)| leader == Some(*to));
        let done: Vec<Waiter> = done.map(|(_, asker, _)| asker).collect();
        self.tell(done, &Told::Read);
    }

    /// Before a leader ends, another is to lead, if there is one; until when is that waited for?
    pub(super) fn hand_over(&mut self, now: Instant) -> Instant {
        let own = self.node.id();
        let members = self.node.configuration().members();
        let links = &self.wires.links;
        let others = members.voters().iter().copied().filter(|id| *id != own);
        let matched = |id: &NodeId| self.node.replica().progress(*id).map(|it| it.matched);
        let heir = others.filter(|id| links.is_reached(*id)).max_by_key(matched);
        let draw = self.draw();
        match heir.filter(|_| self.node.leads()).map(|heir| self.node.transfer(heir, draw)) {
            Some(Ok(()) | Err(Refused::HandingOver(_))) => now + self.tick * HANDING_OVER,
            Some(Err(_)) | None => now,
        }
    }
}
