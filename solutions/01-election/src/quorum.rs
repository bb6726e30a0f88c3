//! Who may decide: the majority, and the count of a vote.
//!
//! Owns [`Quorum`], the one question that elections ask about membership; [`Majority`], its answer
//! for a fixed set of nodes; and [`Ballots`], the answers to one request for votes.
//!
//! Invariant: two sets of nodes that both meet a quorum share a node. All of Raft's safety leans on
//! that node. It was in both sets, so it can refuse to contradict itself.
//!
//! Left to others: how the membership changes (chapter 4 brings a quorum of two majorities).

use basics::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// The nodes that decide, and how many of them it takes.
pub trait Quorum {
    /// Every node that has a vote.
    fn voters(&self) -> BTreeSet<NodeId>;

    /// Do the nodes for which `has` is true suffice to decide?
    ///
    /// It asks about voters only, so nodes without a vote never count. More nodes never make it
    /// false, and two sets that both suffice share a node.
    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool;

    /// May this node stand for election? Every voter may. (Chapter 4 has a node that may though it
    /// is about to lose its vote: until that is certain, the cluster may need it.)
    fn lets_stand(&self, node: NodeId) -> bool {
        self.voters().contains(&node)
    }

    /// Every node that has no vote, and is told who leads all the same. A plain majority has none.
    fn learners(&self) -> BTreeSet<NodeId> {
        BTreeSet::new()
    }
}

/// More than half of a fixed set of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Majority {
    voters: BTreeSet<NodeId>,
}

impl Majority {
    /// The majority of these nodes.
    pub fn of(voters: impl IntoIterator<Item = NodeId>) -> Majority {
        Majority { voters: voters.into_iter().collect() }
    }
}

impl Quorum for Majority {
    fn voters(&self) -> BTreeSet<NodeId> {
        self.voters.clone()
    }

    /// Is `has` true for more than half of the voters?
    ///
    /// *Example:* of four voters, two are not enough and three are. Of no voters at all, none is
    /// ever enough.
    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        let count = self.voters.iter().filter(|voter| has(**voter)).count();
        2 * count > self.voters.len()
    }
}

/// The answers that one candidate has to one request for votes.
///
/// Invariant: a voter's first answer stands. A message may arrive twice, a ballot counts once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ballots {
    answers: BTreeMap<NodeId, bool>,
}

/// What the answers so far amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A quorum has said yes.
    Won,
    /// So many have said no that no quorum is left to say yes.
    Lost,
    /// The answers that are still out decide.
    Pending,
}

impl Ballots {
    /// Notes an answer; a voter's second one changes nothing.
    pub fn record(&mut self, voter: NodeId, granted: bool) {
        self.answers.entry(voter).or_insert(granted);
    }

    /// Counts the answers so far.
    ///
    /// - [`Outcome::Won`] if those who said yes meet the quorum.
    /// - [`Outcome::Lost`] if the quorum would not be met even if everybody who has not answered
    ///   yet said yes.
    /// - [`Outcome::Pending`] otherwise.
    ///
    /// Ask `quorum` both questions and count nothing here: chapter 4 brings a quorum that is not a
    /// plain majority.
    ///
    /// *Example:* of four voters, two have said no. Two more can still say yes, which is not a
    /// majority: the vote is lost, before they answer.
    pub fn outcome(&self, quorum: &dyn Quorum) -> Outcome {
        let said_yes = |voter| self.answers.get(&voter) == Some(&true);
        let can_say_yes = |voter| self.answers.get(&voter) != Some(&false);
        if quorum.is_met_by(&said_yes) {
            Outcome::Won
        } else if quorum.is_met_by(&can_say_yes) {
            Outcome::Pending
        } else {
            Outcome::Lost
        }
    }
}
