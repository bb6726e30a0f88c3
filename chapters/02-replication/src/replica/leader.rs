//! What a leader does: it brings its log to the others, and decides what is committed.

use super::*;

impl<P: Payload> Replica<P> {
    /// Begins to lead the term that this node has just won.
    ///
    /// - Nothing is known of any of the `others` yet, voters and learners. Each may hold our whole
    ///   log: a [`Progress::new`] after our last entry.
    /// - Add an entry without payload in the new term. Until one entry of this term is committed,
    ///   nothing is (2.6), and there may be no client to bring one.
    /// - All entries that are not committed yet count as uncommitted, whoever created them, and so
    ///   does the new one.
    ///
    /// *Example:* n1's log ends at (2, 5) when it wins term 4. Its log ends at (4, 6) now, and it
    /// expects all others to hold entry 5.
    pub(super) fn lead(&mut self, quorum: &dyn Quorum) {
        #![allow(unused_variables, reason = "exercise 2.4 is not written yet")]
        todo!("exercise 2.4: begin to lead, and take proposals")
    }

    /// The appends that may leave now: for every follower what there is room for, and what is due.
    ///
    /// - While a follower has room and there are entries from its `next` on, an append of up to
    ///   `batch_bytes` leaves for it, and its progress is told ([`Progress::sent`]).
    /// - A follower that got none gets one without entries if it is due a heartbeat, or if it has
    ///   room and does not know our `commit` yet. It asks about the entry before the next: whether
    ///   something was lost on the way comes out by that, however full the window is. If the log
    ///   has let go of that entry, the follower waits for a snapshot from now on, and is asked
    ///   about the start of the log.
    /// - Every append carries our `commit`, so the follower is told, and is no longer due.
    ///
    /// *Example:* the window of n3 is full, and all of it was lost. The next heartbeat asks n3
    /// about the last entry that was sent. n3 refuses, and is probed from what it has.
    pub fn appends(&mut self) -> Vec<Message<Body<P>>> {
        todo!("exercise 2.7: send appends")
    }

    /// A follower answers an append. If it accepts, more may be committed now. If it refuses, it is
    /// asked about an earlier position.
    ///
    /// An answer that no follower can give is a [`Contradiction`], and does not count.
    pub(super) fn hear(
        &mut self,
        from: NodeId,
        answer: Answer,
        quorum: &dyn Quorum,
    ) -> Result<(), Dropped> {
        let Some(leading) = &mut self.leading else { return Err(Dropped::NotLeading) };
        let Some(follower) = leading.followers.get_mut(&from) else {
            return Err(Dropped::Stranger);
        };
        if answer.about() > self.log.last().index {
            return Err(Dropped::Contradiction(Contradiction::NeverSent(answer.about())));
        }
        match answer {
            Answer::Accepted { matched } => {
                follower.accepted(matched);
                self.advance_commit(quorum);
                Ok(())
            }
            Answer::Refused { prev, hint } => {
                let shared = self.log.shared(hint);
                if shared >= prev {
                    return Err(Dropped::Contradiction(Contradiction::HoldsWhatItLacks(prev)));
                }
                follower.refused(prev.index, shared.index);
                Ok(())
            }
        }
    }

    /// The last entry that may be committed now, by what the leader knows.
    ///
    /// An entry may be if it is of the leader's own term, and a quorum of voters has it on disk. A
    /// voter has what its progress says; this node itself has what [`OnDisk::synced`] says. With an
    /// entry, all before it are committed. If there is none to commit, it is `commit` as it was.
    ///
    /// *Example:* of three nodes, n1 leads term 4. Its own disk holds its log up to 9, n2's up to 8
    /// and n3's up to 5. Entry 8 is on two of three: it is committed if it is of term 4. If it is
    /// of term 3, nothing new is, although a majority has it.
    pub(super) fn committable(&self, quorum: &dyn Quorum) -> Index {
        #![allow(unused_variables, reason = "exercise 2.6 is not written yet")]
        todo!("exercise 2.6: commit")
    }

    /// Commits what can be.
    pub(super) fn advance_commit(&mut self, quorum: &dyn Quorum) {
        let commit = self.committable(quorum);
        let bytes = self.bytes_between(self.commit, commit);
        if let Some(leading) = &mut self.leading {
            let left = leading.uncommitted.checked_sub(bytes);
            leading.uncommitted = left.expect("what is committed now was counted as uncommitted");
        }
        self.commit = commit;
    }

    pub(super) fn bytes_between(&self, after: Index, to: Index) -> usize {
        let entries = (after.0 + 1..=to.0).filter_map(|index| self.log.get(Index(index)));
        entries.map(Entry::size).sum()
    }

    /// Every other voter, and every learner.
    fn others(&self, quorum: &dyn Quorum) -> BTreeSet<NodeId> {
        let mut all = &quorum.voters() | &quorum.learners();
        all.remove(&self.election.id());
        all
    }

    /// Who belongs to the cluster has changed. A leader brings its log to whoever is new, from
    /// where its log ends ([`Progress::new`]), and no longer to whoever has left. What it knows of
    /// the others stays. What is on the disks of the new quorum is committed at once.
    pub fn reconfigure(&mut self, quorum: &dyn Quorum) {
        let others = self.others(quorum);
        let next = Index(self.log.last().index.0 + 1);
        let Some(leading) = &mut self.leading else { return };
        leading.followers.retain(|node, _| others.contains(node));
        for node in others {
            leading.followers.entry(node).or_insert_with(|| Progress::new(next));
        }
        self.advance_commit(quorum);
    }

    /// The followers that wait for a snapshot.
    pub fn waiting_for_snapshot(&self) -> Vec<NodeId> {
        let mut waiting = Vec::new();
        let Some(leading) = &self.leading else { return waiting };
        for (node, follower) in &leading.followers {
            if follower.mode == Mode::Snapshot {
                waiting.push(*node);
            }
        }
        waiting
    }

    /// Lets go of the log's beginning up to `index`, or up to the last entry whose effects the
    /// store has synced ([`Replica::durable`]) if that is earlier.
    pub fn forget(&mut self, index: Index) {
        #![allow(unused_variables, reason = "exercise 2.12 is not written yet")]
        todo!("exercise 2.12: let go of the past")
    }
}
