//! Which configuration is in effect, as a node's log says it.
//!
//! Owns [`Membership`]. A change takes effect when it is appended, not when it is committed: the
//! nodes that hold it are those that may commit it. So the configuration follows the log, and goes
//! back with it when a leader cuts it.
//!
//! Invariant: it is always what one gets by folding the log's changes, from the store's applied
//! index on, over the store's configuration. Nothing else is remembered anywhere.
//!
//! Left to others: which change may be proposed (`node`).

use crate::configuration::Configuration;
use crate::payload::{Change, Payload};
use basics::{Index, NodeId};
use election::Quorum;
use replication::Log;
use std::collections::{BTreeSet, VecDeque};

/// The configuration that the log says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Membership {
    /// As of the last applied entry.
    applied: Configuration,
    /// The changes that are in the log and not applied, oldest first: where each stands, and the
    /// configuration from there on.
    changes: VecDeque<(Index, Configuration)>,
}

/// What the layers below are lent: the configuration in effect, and how much of it is certain.
#[derive(Clone, Copy)]
pub(crate) struct InEffect<'a> {
    membership: &'a Membership,
    commit: Index,
}

impl Configuration {
    /// The configuration after this change. A change in the log was checked before it got there.
    /// One that is impossible all the same changes nothing, on every node alike.
    #[must_use]
    pub fn after(&self, change: &Change) -> Configuration {
        match change {
            Change::Enter { steps, .. } => self.enter(steps).unwrap_or_else(|_| self.clone()),
            Change::Leave => self.leave(),
        }
    }
}

impl Membership {
    /// The store's configuration at `applied`, with the changes that the log has after it.
    pub fn fold(configuration: Configuration, applied: Index, log: &Log<Payload>) -> Membership {
        let mut membership = Membership { applied: configuration, changes: VecDeque::new() };
        membership.follow(log, applied);
        membership
    }

    /// The configuration in effect.
    pub fn current(&self) -> &Configuration {
        self.changes.back().map_or(&self.applied, |(_, configuration)| configuration)
    }

    /// The configuration of the last applied entry.
    pub fn applied(&self) -> &Configuration {
        &self.applied
    }

    /// Where the last change stands that is not applied.
    pub fn pending(&self) -> Option<Index> {
        self.changes.back().map(|(index, _)| *index)
    }

    /// The log may be another one after `same`: a leader has cut it there, or added to it, or
    /// neither.
    ///
    /// - A change that stood after `same` is forgotten.
    /// - The log's changes after `same` take effect, one after the other.
    ///
    /// *Example:* entry 7 takes n4 in, and is cut before it was committed. Its place is taken by
    /// some data. The configuration is the one before entry 7 again, without n4.
    pub fn follow(&mut self, log: &Log<Payload>, same: Index) {
        while self.pending().is_some_and(|index| index > same) {
            self.changes.pop_back();
        }
        for index in (same.0.saturating_add(1)..=log.last().index.0).map(Index) {
            let payload = log.get(index).and_then(|entry| entry.payload.as_ref());
            if let Some(Payload::Change(written)) = payload {
                let configuration = self.current().after(written.change());
                self.changes.push_back((index, configuration));
            }
        }
    }

    /// The configuration in effect, for a node that knows its log to be committed so far.
    pub fn in_effect(&self, commit: Index) -> InEffect<'_> {
        InEffect { membership: self, commit }
    }

    /// Does this node vote, or did it before a change that is not committed?
    ///
    /// A leader of n1 and n2 that removes itself, n1, and goes down before n2 hears of it has the
    /// longer log and no vote. n2 needs n1's vote, and does not get it, for its log is shorter.
    /// Somebody must be able to win: n1 still stands, and if n2 votes for it, completes its own
    /// removal.
    fn may_stand(&self, node: NodeId, commit: Index) -> bool {
        let certain = self.changes.iter().take_while(|(index, _)| *index <= commit).last();
        let certain = certain.map_or(&self.applied, |(_, configuration)| configuration);
        let open = self.changes.iter().skip_while(|(index, _)| *index <= commit);
        let open = open.map(|(_, configuration)| configuration);
        open.chain([certain]).any(|configuration| configuration.is_voter(node))
    }

    /// Every entry up to `index` is applied. Was there a change among them?
    pub fn note_applied(&mut self, index: Index) -> bool {
        let before = self.changes.len();
        while self.changes.front().is_some_and(|(at, _)| *at <= index) {
            let (_, configuration) = self.changes.pop_front().expect("there is one");
            self.applied = configuration;
        }
        self.changes.len() < before
    }
}

impl Quorum for InEffect<'_> {
    fn voters(&self) -> BTreeSet<NodeId> {
        self.membership.current().voters()
    }

    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        self.membership.current().is_met_by(has)
    }

    fn lets_stand(&self, node: NodeId) -> bool {
        self.membership.may_stand(node, self.commit)
    }

    fn learners(&self) -> BTreeSet<NodeId> {
        self.membership.current().learners()
    }
}
