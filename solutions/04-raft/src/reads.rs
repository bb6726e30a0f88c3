//! Reads that see everything that was written before them, without an entry in the log.
//!
//! Owns both sides of it. [`Asking`] is a node with reads of its own, whose questions go to the
//! leader, who may be itself. [`Confirming`] is the leader, which finds out whether it still leads
//! before it answers.
//!
//! A leader knows every committed entry once one of its own term is committed. But it may have been
//! deposed and not know it. So after a question has come, it asks its voters; if a quorum says
//! "still", then nobody led a later term at that time, and nothing was committed that it does not
//! know. Nothing of this has to be on a disk: the answer is about a moment that has passed.
//!
//! Invariants: a round begins after the last question that it answers has come. One round is under
//! way at a time, and whatever comes meanwhile waits for the next, so their number does not grow
//! with the number of reads.
//!
//! Left to others: the messages (`node/letters`), and to wait until the state machine is there.

use crate::interface::Ticket;
use basics::{Index, NodeId, Term};
use election::Quorum;
use std::collections::{BTreeMap, BTreeSet};

/// A node's own reads, on their way to the leader that it knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asking {
    /// The number of the next question. It begins at random: an answer to a question that this node
    /// asked before a crash must not be taken for one to a question that it asks now.
    next: u64,
    /// The leader, and the term that it leads.
    whom: Option<(NodeId, Term)>,
    /// Reads for the next question.
    waiting: Vec<Ticket>,
    /// The question under way, and its reads.
    asked: Option<(u64, Vec<Ticket>)>,
}

impl Asking {
    /// Nobody has read anything yet.
    pub fn new(draw: u64) -> Asking {
        Asking { next: draw, whom: None, waiting: Vec::new(), asked: None }
    }

    /// The leader that this node knows, and the term that it leads.
    pub fn whom(&self) -> Option<(NodeId, Term)> {
        self.whom
    }

    /// How many reads wait.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.asked.as_ref().map_or(0, |(_, tickets)| tickets.len())
    }

    /// Somebody wants to read.
    pub fn add(&mut self, ticket: Ticket) {
        self.waiting.push(ticket);
    }

    /// This node knows this leader now, or none. All reads are lost that wait for another one, or
    /// for the same one in another term.
    ///
    /// *Example:* n2 has asked n1, which leads term 3, and hears a heartbeat of n3 from term 4. n1
    /// may never answer. Whoever waits is told, and may ask again.
    pub fn follow(&mut self, whom: Option<(NodeId, Term)>) -> Vec<Ticket> {
        if self.whom == whom {
            return Vec::new();
        }
        self.whom = whom;
        let asked = self.asked.take().into_iter().flat_map(|(_, tickets)| tickets);
        asked.chain(std::mem::take(&mut self.waiting)).collect()
    }

    /// The next question, and whom to ask it; none while one is under way, and if there is none.
    pub fn question(&mut self) -> Option<(NodeId, u64)> {
        if self.asked.is_some() || self.waiting.is_empty() {
            return None;
        }
        let (leader, _) = self.whom?;
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        self.asked = Some((number, std::mem::take(&mut self.waiting)));
        Some((leader, number))
    }

    /// The question under way, to be asked once more: it, or its answer, may have been lost.
    pub fn question_again(&self) -> Option<(NodeId, u64)> {
        let (leader, _) = self.whom?;
        self.asked.as_ref().map(|(number, _)| (leader, *number))
    }

    /// The answer to a question is here. The reads that waited for it; none if nobody does.
    pub fn answered(&mut self, number: u64) -> Option<Vec<Ticket>> {
        self.asked.take_if(|(asked, _)| *asked == number).map(|(_, tickets)| tickets)
    }
}

/// A leader's way to find out whether it still leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Confirming {
    /// How many rounds there were.
    rounds: u64,
    /// Who has asked since the round under way began, each with the number of its last question.
    waiting: BTreeMap<NodeId, u64>,
    under_way: Option<Round>,
}

/// One round.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Round {
    number: u64,
    /// How far the log was committed when it began.
    index: Index,
    askers: BTreeMap<NodeId, u64>,
    confirmed: BTreeSet<NodeId>,
}

impl Confirming {
    /// Does anybody wait for an answer?
    pub fn is_wanted(&self) -> bool {
        self.under_way.is_some() || !self.waiting.is_empty()
    }

    /// A node asks. A question that the round under way answers is not a new one: it was asked
    /// again.
    pub fn ask(&mut self, node: NodeId, number: u64) {
        let answers = |round: &Round| round.askers.get(&node) == Some(&number);
        if !self.under_way.as_ref().is_some_and(answers) {
            self.waiting.insert(node, number);
        }
    }

    /// Begins a round if somebody waits for one and none is under way: its number. Whoever has
    /// asked by now will be told `commit`, how far the log is committed now.
    ///
    /// *Example:* n2 asks while a round is under way that n1's own read began. The voters may have
    /// said "still" before n2 asked, and a new leader may have committed a write in between. n2
    /// waits for the next round.
    pub fn begin(&mut self, commit: Index) -> Option<u64> {
        if self.under_way.is_some() || self.waiting.is_empty() {
            return None;
        }
        self.rounds += 1;
        let askers = std::mem::take(&mut self.waiting);
        let confirmed = BTreeSet::new();
        self.under_way = Some(Round { number: self.rounds, index: commit, askers, confirmed });
        Some(self.rounds)
    }

    /// The round under way, and who has not confirmed it yet, of these.
    pub fn unconfirmed(&self, voters: BTreeSet<NodeId>) -> Option<(u64, BTreeSet<NodeId>)> {
        let round = self.under_way.as_ref()?;
        Some((round.number, &voters - &round.confirmed))
    }

    /// A node says that we still lead. False if it answers no round that is under way.
    pub fn confirmed(&mut self, node: NodeId, number: u64) -> bool {
        match &mut self.under_way {
            Some(round) if round.number == number => {
                round.confirmed.insert(node);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Ends the round under way if with this node itself a quorum has confirmed it: who asked, each
    /// with the number of its question, and what they are told.
    pub fn finish(
        &mut self,
        own: NodeId,
        quorum: &dyn Quorum,
    ) -> Option<(Index, BTreeMap<NodeId, u64>)> {
        let round = self.under_way.take_if(|round| {
            quorum.is_met_by(&|node| node == own || round.confirmed.contains(&node))
        })?;
        Some((round.index, round.askers))
    }
}
