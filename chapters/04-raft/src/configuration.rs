//! Who belongs to a cluster, and who comes next.
//!
//! Owns [`Members`], a set of voters and one of learners; [`Configuration`], the members now, or
//! those before and after a change while both decide; [`Step`], one wish about a member; and the
//! way from one configuration to the next. All of it is values and pure functions.
//!
//! Invariant: of two configurations of which one follows from the other, every two quorums share a
//! node. So whoever still decides by the old one and whoever already decides by the new one cannot
//! decide apart.
//!
//! Left to others: when a change may be made, and when it takes effect (`node`, `membership`).

use basics::NodeId;
use election::Quorum;
use std::collections::BTreeSet;
use std::fmt;

/// So many steps fit into one change.
const MOST_STEPS: usize = u8::MAX as usize;

/// Voters and learners.
///
/// Invariant: nobody is both.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Members {
    voters: BTreeSet<NodeId>,
    learners: BTreeSet<NodeId>,
}

/// By whom a cluster decides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Configuration {
    /// By a majority of these voters.
    Simple(Members),
    /// A change is under way that one majority cannot make: both have to agree to everything.
    Joint {
        /// The members before the change.
        from: Members,
        /// The members after it.
        to: Members,
    },
}

/// A wish about one node. Whatever the node was before, it is this afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// It votes.
    Voter(NodeId),
    /// It gets the log, and has no vote.
    Learner(NodeId),
    /// It belongs to the cluster no more.
    Remove(NodeId),
}

/// Why there is no way from a configuration to the one that is wished for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Impossible {
    /// This node does not know who the members are.
    Unknown,
    /// Everybody is what the wish says already.
    NothingChanges,
    /// There are more steps than a change holds.
    TooManySteps,
    /// Nobody would be left to vote.
    NoVoterLeft,
    /// Another change is under way, and two configurations decide.
    IsJoint,
}

impl Members {
    /// These voters and these learners. Who is named as both is a voter.
    pub fn new(
        voters: impl IntoIterator<Item = NodeId>,
        learners: impl IntoIterator<Item = NodeId>,
    ) -> Members {
        let voters: BTreeSet<NodeId> = voters.into_iter().collect();
        let learners = learners.into_iter().filter(|node| !voters.contains(node)).collect();
        Members { voters, learners }
    }

    /// Who votes.
    pub fn voters(&self) -> &BTreeSet<NodeId> {
        &self.voters
    }

    /// Who does not.
    pub fn learners(&self) -> &BTreeSet<NodeId> {
        &self.learners
    }

    /// The members after one step.
    fn after(mut self, step: Step) -> Members {
        let (Step::Voter(node) | Step::Learner(node) | Step::Remove(node)) = step;
        self.voters.remove(&node);
        self.learners.remove(&node);
        match step {
            Step::Voter(_) => self.voters.insert(node),
            Step::Learner(_) => self.learners.insert(node),
            Step::Remove(_) => false,
        };
        self
    }

    /// Is `has` true for more than half of the voters? Of no voters at all, nobody is.
    fn is_majority(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        let count = self.voters.iter().filter(|voter| has(**voter)).count();
        2 * count > self.voters.len()
    }
}

impl Configuration {
    /// A cluster of these voters and no learners.
    pub fn of(voters: impl IntoIterator<Item = NodeId>) -> Configuration {
        Configuration::Simple(Members::new(voters, []))
    }

    /// Of a node that does not know yet to which cluster it belongs: nobody decides. No change
    /// leads out of it, only a snapshot. (If a change did, a new node that reads "n4 comes in"
    /// would be a cluster of its own.)
    pub fn unknown() -> Configuration {
        Configuration::Simple(Members::default())
    }

    /// The members to come: those after the change, if one is under way.
    pub fn members(&self) -> &Members {
        match self {
            Configuration::Simple(members) => members,
            Configuration::Joint { to, .. } => to,
        }
    }

    /// Does this node vote, in whichever half?
    pub fn is_voter(&self, node: NodeId) -> bool {
        match self {
            Configuration::Simple(members) => members.voters.contains(&node),
            Configuration::Joint { from, to } => {
                from.voters.contains(&node) || to.voters.contains(&node)
            }
        }
    }

    /// Does this node belong to the cluster, with or without a vote?
    pub fn has(&self, node: NodeId) -> bool {
        self.is_voter(node) || self.learners().contains(&node)
    }

    /// The configuration after these steps, which are taken one after the other.
    ///
    /// - If at most one node gains or loses its vote, it is the new members, `Simple`: a majority
    ///   of one set and a majority of the other share a node, since the sets differ by one.
    /// - If more do, two majorities could miss each other. It is `Joint`: until the cluster leaves
    ///   it, both sets decide together.
    /// - Who has no vote counts for nothing here. Any number of learners may come and go.
    ///
    /// *Example:* from the voters 1, 2, 3 to 1, 2, 3, 4 is simple; 2 of the old three and 3 of the
    /// new four share a node. To 1, 2, 3, 4, 5 is joint: 1 and 2 are a majority of the old, and
    /// 3, 4, 5 one of the new.
    pub fn enter(&self, steps: &[Step]) -> Result<Configuration, Impossible> {
        let Configuration::Simple(from) = self else { return Err(Impossible::IsJoint) };
        if from.voters.is_empty() {
            return Err(Impossible::Unknown);
        }
        if steps.len() > MOST_STEPS {
            return Err(Impossible::TooManySteps);
        }
        let to = steps.iter().fold(from.clone(), |members, step| members.after(*step));
        if to == *from {
            return Err(Impossible::NothingChanges);
        }
        if to.voters.is_empty() {
            return Err(Impossible::NoVoterLeft);
        }
        match from.voters.symmetric_difference(&to.voters).count() {
            0 | 1 => Ok(Configuration::Simple(to)),
            _ => Ok(Configuration::Joint { from: from.clone(), to }),
        }
    }

    /// The configuration after the change that is under way, if one is.
    ///
    /// *Example:* from 1, 2, 3 to 3, 4, 5, jointly, a decision took a majority of both. Now it
    /// takes two of 3, 4, 5.
    #[must_use]
    pub fn leave(&self) -> Configuration {
        Configuration::Simple(self.members().clone())
    }
}

impl Quorum for Configuration {
    fn voters(&self) -> BTreeSet<NodeId> {
        match self {
            Configuration::Simple(members) => members.voters.clone(),
            Configuration::Joint { from, to } => &from.voters | &to.voters,
        }
    }

    /// A joint configuration asks both majorities, and each alone is not enough.
    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        match self {
            Configuration::Simple(members) => members.is_majority(has),
            Configuration::Joint { from, to } => from.is_majority(has) && to.is_majority(has),
        }
    }

    /// A voter who is to become a learner votes until then.
    fn learners(&self) -> BTreeSet<NodeId> {
        match self {
            Configuration::Simple(members) => members.learners.clone(),
            Configuration::Joint { from, to } => &(&from.learners | &to.learners) - &self.voters(),
        }
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |nodes: &BTreeSet<NodeId>| {
            nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ")
        };
        write!(f, "{}", names(&self.voters))?;
        if !self.learners.is_empty() {
            write!(f, " ({})", names(&self.learners))?;
        }
        Ok(())
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Configuration::Simple(members) => write!(f, "{members}"),
            Configuration::Joint { from, to } => write!(f, "{from} and {to}"),
        }
    }
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Impossible::Unknown => "this node does not know the members",
            Impossible::TooManySteps => "a change has 255 steps at most",
            Impossible::NothingChanges => "every member is that already",
            Impossible::NoVoterLeft => "nobody would be left to vote",
            Impossible::IsJoint => "another change is not complete",
        })
    }
}
