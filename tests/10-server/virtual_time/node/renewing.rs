//! How a lease is renewed: by the leader, which asks first whether it leads, as the server's
//! service does it.

use super::{Effects, Letter, Node, place};
use crate::virtual_time::clients::OWN;
use crate::virtual_time::node::proposing::Wanted;
use api::{Error, LeaseId};
use auth::Asker;
use basics::{Index, NodeId};
use harness::history::Answer as Told;
use lease::Renewal;
use raft::{Reading, Ticket};
use server::still::{Proposal, take_back};

/// So many ticks a renewal is tried.
const PATIENCE: u32 = 20;

/// A client who renews a lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Renewing {
    command: u64,
    lease: LeaseId,
    /// Where the client waits.
    home: NodeId,
    state: State,
    left: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    /// Whether this member leads is asked.
    Asked,
    /// It did, when so much was committed.
    From(Index),
    /// It is asked once more at the next tick.
    Again,
}

impl Renewing {
    pub fn new(command: u64, lease: LeaseId, home: NodeId) -> Renewing {
        Renewing { command, lease, home, state: State::Asked, left: PATIENCE }
    }
}

impl Node {
    pub(super) fn renew(&mut self, renewing: Renewing, draw: u64, effects: &mut Effects<Node>) {
        if self.renewing.iter().any(|it| it.command == renewing.command) {
            return;
        }
        let leader = self.raft.replica().election().leader();
        match leader {
            Some(leader) if leader != self.raft.id() => {
                let Renewing { command, lease, home, .. } = renewing;
                effects.now.push((place(leader), Letter::Renew(home, command, lease)));
            }
            _ if self.raft.read(Ticket(renewing.command), draw).is_ok() => {
                self.renewing.push(renewing);
            }
            _ => self.tell(renewing.command, Told::Refused, effects),
        }
    }

    /// It is known whether this member leads.
    pub(super) fn renewing_may(&mut self, command: u64, reading: Reading) {
        let Some(it) = self.renewing.iter_mut().find(|it| it.command == command) else { return };
        it.state = match reading {
            Reading::From(index) => State::From(index),
            Reading::Lost => State::Again,
        };
    }

    /// A tick passes for those who wait.
    pub(super) fn renew_again(&mut self, draw: u64, effects: &mut Effects<Node>) {
        for mut renewing in std::mem::take(&mut self.renewing) {
            renewing.left -= 1;
            match renewing.state {
                _ if renewing.left == 0 => {}
                State::Again => {
                    renewing.state = State::Asked;
                    self.renew(renewing, draw, effects);
                }
                State::Asked | State::From(_) => self.renewing.push(renewing),
            }
        }
    }

    /// Renews what may be renewed now.
    pub(super) fn answer_renewals(&mut self, draw: u64, effects: &mut Effects<Node>) {
        let applied = self.shelf.at.index;
        let mut renewing = std::mem::take(&mut self.renewing);
        renewing.retain_mut(|it| match it.state {
            State::From(index) if index <= applied => self.try_to_renew(it, draw, effects),
            State::From(_) | State::Asked | State::Again => true,
        });
        self.renewing = renewing;
    }

    /// Is it to be tried again?
    fn try_to_renew(&mut self, it: &mut Renewing, draw: u64, effects: &mut Effects<Node>) -> bool {
        it.state = State::Again;
        let told = match self.shelf.with(|still| still.renew(it.lease)) {
            Ok(Renewal::Renewed(ttl)) => {
                self.news.renewed.push((it.command, it.lease, ttl.seconds()));
                Told::Done
            }
            Ok(Renewal::First(rests)) => {
                let proposal = Proposal::new(None, &Asker::Cluster, take_back(&rests));
                let number = OWN + (draw >> 20);
                self.news.taken_back = true;
                self.mail.push_back(Wanted::new(number, &proposal, self.ticks));
                return true;
            }
            Ok(Renewal::Wait) | Err(Error::NotPrimaryLessor) => return true,
            Err(_) => Told::Refused,
        };
        if it.home == self.raft.id() {
            self.tell(it.command, told, effects);
        } else {
            effects.now.push((place(it.home), Letter::Renewed(it.command, told)));
        }
        false
    }
}
