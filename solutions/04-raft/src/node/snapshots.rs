//! The beginning of the log: how it goes, and what takes its place.

use super::*;

impl Node {
    /// A snapshot of the state up to `at` leaves for a follower. False if the follower does not
    /// wait for one, or if the log has let go of what comes after it: then it would be in vain.
    pub fn sending(&mut self, to: NodeId, at: Position) -> bool {
        let waits = self.replica.waiting_for_snapshot().contains(&to);
        let reaches = at.index >= self.log().start().index && at.index <= self.replica.commit();
        let Some(leading) = &mut self.leading else { return false };
        if waits && reaches {
            leading.shipping.send(to, at.index);
        }
        waits && reaches
    }

    /// No snapshot arrives at this follower: the transfer failed, or none can be made. The follower
    /// is asked again, and if it still needs one, [`Batch::wanted`] says so again.
    ///
    /// (That one *has* arrived nobody needs to say. The follower does, when its log begins anew.)
    pub fn snapshot_failed(&mut self, follower: NodeId) {
        if let Some(leading) = &mut self.leading {
            leading.shipping.stop(follower);
        }
        self.replica.snapshot_failed(follower);
        self.let_go();
    }

    /// Somebody has brought a snapshot, whole and checked; it is on disk, beside the store. May it
    /// take the store's place? If so, no entries are handed out until [`Node::install`].
    ///
    /// No, if it is no news ([`Replica::prepare`]). No, if its last entry is of a term that this
    /// node has not heard of: then this node could stand for a term below one of its own log. Its
    /// leader will tell it, and send the snapshot again. And no, if there are no numbers for what
    /// comes after it.
    ///
    /// *Example:* it came twice, or so late that the node has got all of it from the log: no.
    pub fn prepare(&mut self, at: Position) -> bool {
        let is_sound = at.index.0 <= u64::MAX / 2;
        is_sound && at.term <= self.term() && self.replica.prepare(at)
    }

    /// The store is a snapshot's now, synced. The log begins anew at its position if it does not
    /// hold it, and the members are those of the snapshot, with the changes that the log has after
    /// it. False if nothing changed, since it is not news.
    pub fn install(&mut self, snapshot: Snapshot, draw: u64) -> bool {
        let Snapshot { at, configuration } = snapshot;
        if at.index > self.replica.handed_out() {
            // It is to wait for whoever brings what comes after it, with or without a vote.
            self.below(draw, |replica, view| replica.resign(view));
        }
        let installed = self.replica.install(at);
        if installed {
            self.membership = Membership::fold(configuration, at.index, self.replica.log());
            self.kept = 0;
            self.count_kept(self.log().start().index, at.index);
            self.let_go();
        }
        self.settle(draw);
        installed
    }

    /// The followers that need a snapshot, each named once. With that, the account of those that
    /// are on their way is brought up to date.
    pub(super) fn wanted(&mut self) -> Vec<NodeId> {
        let Some(leading) = &mut self.leading else { return Vec::new() };
        if leading.shipping.is_busy() {
            let (log, durable) = (self.replica.log(), self.replica.durable());
            let (stays, _) = horizon(log, durable, self.kept, self.options.keep, None);
            let matched = |node| self.replica.progress(node).map(|progress| progress.matched);
            self.given_up.extend(leading.shipping.settle(stays, matched));
        }
        leading.shipping.wanted(&self.replica.waiting_for_snapshot())
    }

    /// Lets go of what the log need not keep. If snapshots on their way hold back too much of it,
    /// the oldest is given up.
    pub(super) fn let_go(&mut self) {
        let keep = self.options.keep;
        let most = keep.bytes_for_snapshots.max(keep.bytes);
        loop {
            let oldest = self.leading.as_ref().and_then(|leading| leading.shipping.oldest());
            let floor = oldest.map(|(after, _)| after);
            let durable = self.replica.durable();
            let (to, kept) = horizon(self.log(), durable, self.kept, keep, floor);
            self.kept = kept;
            if to > self.log().start().index {
                self.replica.forget(to);
            }
            match (oldest, &mut self.leading) {
                (Some((_, node)), Some(leading)) if self.kept > most => {
                    leading.shipping.stop(node);
                    self.given_up.push(node);
                    self.replica.snapshot_failed(node);
                }
                _ => return,
            }
        }
    }

    /// The store holds these entries now, and the log still does.
    pub(super) fn count_kept(&mut self, after: Index, to: Index) {
        self.kept += self.bytes_between(after, to);
    }
}
