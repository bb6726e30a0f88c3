//! Changes of the members.
//!
//! The leader checks a change before it appends it, against the members as they are applied. After
//! that nothing refuses it: it is in effect on every node that has it in its log, and is gone where
//! it is cut.

use super::*;
use crate::configuration::Step;
use bytes::Bytes;
use replication::Mode;

impl Node {
    /// Somebody wants other members: where the change stands in the log, if all goes well. It is in
    /// effect at once. If it is joint, the leader completes it by itself.
    ///
    /// It is refused, in this order,
    /// - if this node does not lead, hands leadership over, or has a state machine that lags;
    /// - if no entry of this leader's term is committed: a change of an earlier leader may be
    ///   committed behind its back, and the two would have no node in common;
    /// - while the last change is not applied: configurations that are two changes apart need not
    ///   have one in common either;
    /// - if the members cannot become that ([`Configuration::enter`]);
    /// - if a learner is to vote that lacks too much (`is_close`): until it had caught up,
    ///   the cluster would count on a vote that it does not have;
    /// - if so much is uncommitted that there is no room for an entry.
    ///
    /// *Example:* of three voters n1 leads, and n4 is to come. The change is in effect as soon as
    /// n1 has it in its log: it takes three of four now to commit it.
    pub fn change(
        &mut self,
        steps: Vec<Step>,
        context: Bytes,
        draw: u64,
    ) -> Result<Position, Refused> {
        self.has_room()?;
        if !self.has_committed() {
            return Err(Refused::TooEarly);
        }
        if let Some(index) = self.membership.pending() {
            return Err(Refused::Pending(index));
        }
        let next = self.configuration().enter(&steps).map_err(Refused::Impossible)?;
        let promoted = |node: &NodeId| self.configuration().learners().contains(node);
        if let Some(node) =
            next.voters().into_iter().filter(promoted).find(|node| !self.is_close(*node))
        {
            return Err(Refused::Behind(node));
        }
        let position = self.append_change(Change::Enter { steps, context })?;
        self.settle(draw);
        Ok(position)
    }

    /// Does this follower lack so little that it may vote?
    ///
    /// Yes, if entries flow to it, and if all that it lacks could be under way to it at once.
    fn is_close(&self, node: NodeId) -> bool {
        let Some(progress) = self.replica.progress(node) else { return false };
        let flows = match &progress.mode {
            Mode::Replicate { .. } => progress.matched >= self.log().start().index,
            Mode::Probe { .. } | Mode::Snapshot => false,
        };
        let last = self.log().last().index;
        let limits = self.options.replication.limits;
        let lacks = || self.bytes_between(progress.matched, last);
        flows && limits.is_none_or(|limits| lacks() <= limits.window_bytes)
    }

    /// Appends a change, which is in effect from now on.
    fn append_change(&mut self, change: Change) -> Result<Position, Refused> {
        let payload = Payload::from(change);
        let before = self.log().last().index;
        let position = self.replica.propose(payload).map_err(refused)?;
        self.membership.follow(self.replica.log(), before);
        self.replica.reconfigure(self.membership.current());
        Ok(position)
    }

    /// Leaves a joint configuration, once it is applied.
    ///
    /// Whoever leads completes the change, also if another leader began it. But not before an entry
    /// of its own term is committed, like any change.
    pub(super) fn complete_change(&mut self) {
        let is_joint = matches!(self.configuration(), Configuration::Joint { .. });
        if is_joint && self.membership.pending().is_none() && self.has_committed() {
            // If there is no room, this is asked again soon.
            let _ = self.append_change(Change::Leave);
        }
    }

    /// A leader that has no vote any more, by a change that is committed, hands over to whoever
    /// has most of the log, and leads no longer.
    ///
    /// Until the change is committed it leads on without counting itself: nobody else may know of
    /// the change yet.
    pub(super) fn retire(&mut self, draw: u64) {
        let is_committed = |index: Index| index <= self.replica.commit();
        let committed = self.membership.pending().is_none_or(is_committed);
        if self.configuration().is_voter(self.id()) || !committed || !self.has_committed() {
            return;
        }
        let voters = self.configuration().voters().into_iter();
        let matched = |node: &NodeId| self.replica.progress(*node).map(|it| it.matched);
        if let Some(heir) = voters.max_by_key(matched) {
            self.send(heir, Body::TakeOver);
        }
        self.below(draw, |replica, view| replica.resign(view));
        self.notice();
    }

    pub(super) fn bytes_between(&self, after: Index, to: Index) -> usize {
        let entries = (after.0 + 1..=to.0).filter_map(|index| self.log().get(Index(index)));
        entries.map(replication::Entry::size).sum()
    }
}
