//! How a proposal gets into the log: as the server's replica does it. The leader proposes it; who
//! follows hands it on, once; and while nobody leads, it waits a little.

use super::{Effects, Letter, Node, place};
use basics::{NodeId, Term};
use bytes::Bytes;
use harness::history::Answer as Told;
use raft::{Data, Refused, Step};
use server::still::{AddMember, PromoteMember, Proposal, RemoveMember, Wish, numbered};

/// So many ticks a proposal waits for a leader.
const PATIENCE: u32 = 30;

/// So many wait at most.
const WAITING: usize = 20;

/// A proposal that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    pub number: u64,
    pub data: Data,
    /// It changes by whom the cluster decides.
    is_change: bool,
    /// By the clock of whoever has it.
    pub until: u32,
}

/// Why something is not proposed.
enum Later {
    Wait,
    Never,
}

impl Wanted {
    pub fn new(number: u64, proposal: &Proposal, now: u32) -> Wanted {
        let data = numbered(proposal.clone(), number);
        Wanted { number, data, is_change: proposal.is_change(), until: now + PATIENCE }
    }

    /// Is a member to go?
    pub fn removes(&self) -> bool {
        let proposal = Proposal::read(self.data.bytes());
        proposal.is_ok_and(|it| matches!(it.wish, Some(Wish::RemoveMember(_))))
    }
}

impl Node {
    pub(super) fn propose(&mut self, wanted: Wanted, draw: u64, effects: &mut Effects<Node>) {
        let leader = self.raft.replica().election().leader();
        if let Some(leader) = leader.filter(|leader| *leader != self.raft.id()) {
            let letter = Letter::Forward(self.raft.term(), wanted);
            return effects.now.push((place(leader), letter));
        }
        let proposed = match wanted.is_change {
            true => self.change(&wanted.data, draw),
            false => match self.raft.propose(wanted.data.clone()) {
                Ok(_) => Ok(()),
                Err(Refused::NotLeader(_) | Refused::HandingOver(_) | Refused::TooEarly) => {
                    Err(Later::Wait)
                }
                Err(_) => Err(Later::Never),
            },
        };
        match proposed {
            Ok(()) => {}
            Err(Later::Wait) if self.waiting.len() < WAITING => self.waiting.push_back(wanted),
            Err(Later::Wait | Later::Never) => self.tell(wanted.number, Told::Refused, effects),
        }
    }

    /// Another member has forwarded something. It may come twice, as the network is; in the server,
    /// connections see to that.
    pub(super) fn forwarded(
        &mut self,
        term: Term,
        mut wanted: Wanted,
        draw: u64,
        effects: &mut Effects<Node>,
    ) {
        self.forwarded.retain(|(known, _)| *known == term);
        let is_for_us = term == self.raft.term() && self.raft.leads();
        if is_for_us && self.forwarded.insert((term, wanted.number)) {
            wanted.until = self.ticks + PATIENCE;
            self.propose(wanted, draw, effects);
        }
    }

    fn change(&mut self, data: &Data, draw: u64) -> Result<(), Later> {
        let proposal = Proposal::read(data.bytes()).map_err(|_| Later::Never)?;
        let step = self.step_of(proposal.wish.as_ref()).ok_or(Later::Never)?;
        match self.raft.change(vec![step], data.bytes(), draw) {
            Ok(_) => Ok(()),
            Err(Refused::Behind(_) | Refused::Impossible(_) | Refused::NoVoter(_)) => {
                Err(Later::Never)
            }
            Err(_) => Err(Later::Wait),
        }
    }

    /// What a wish asks of raft, if the members as they are allow it.
    fn step_of(&self, wish: Option<&Wish>) -> Option<Step> {
        let members = self.shelf.with(|still| still.members());
        let find = |id: u64| members.iter().find(|member| member.id == id);
        match wish? {
            Wish::AddMember(AddMember { id, .. }) => {
                let was = self.shelf.with(|still| still.is_removed(NodeId(*id)));
                (!was && find(*id).is_none()).then_some(Step::Learner(NodeId(*id)))
            }
            Wish::PromoteMember(PromoteMember { id }) => {
                find(*id).filter(|member| member.is_learner).map(|_| Step::Voter(NodeId(*id)))
            }
            Wish::RemoveMember(RemoveMember { id }) => find(*id).map(|_| Step::Remove(NodeId(*id))),
            _ => None,
        }
    }

    /// A member that is to vote gets its vote when it has caught up.
    pub(super) fn admit(&mut self, draw: u64) {
        if !self.raft.leads() {
            return;
        }
        let members = self.shelf.with(|still| still.members());
        let votes = |id: &NodeId| members.iter().any(|it| it.id == id.0 && !it.is_learner);
        let learners = self.raft.configuration().members().learners();
        if let Some(id) = learners.iter().copied().find(|id| votes(id)) {
            let _ = self.raft.change(vec![Step::Voter(id)], Bytes::new(), draw);
        }
    }
}
