//! What a snapshot does to a log.
//!
//! Owns the moment in which a follower's log begins anew, and the moment in which a leader learns
//! that a snapshot will not arrive. The state itself is moved by somebody else; here it is a
//! position.
//!
//! Left to others: which snapshot is sent to whom, and which is taken (chapter 4).

use super::*;
use crate::durable::ElectionSave;

impl<P: Payload> Replica<P> {
    /// Somebody has brought a snapshot of the state up to `at`. It is on our disk, beside the
    /// store. May it take the store's place?
    ///
    /// - No, if the state machine was handed out as much already.
    /// - No, if another snapshot is about to do so, or if this node leads: it needs none.
    /// - No, if our log has something else committed at `at`: then it is of another cluster.
    ///
    /// If it may, nothing more is handed out to be applied, so that the store stays where it is
    /// until [`Replica::install`].
    pub fn prepare(&mut self, at: Position) -> bool {
        let contradicts = at.index <= self.commit && !self.log.holds(at);
        let leads = self.leading.is_some();
        if at.index <= self.handed_out || self.prepared || leads || contradicts {
            return false;
        }
        self.prepared = true;
        true
    }

    /// The store holds the state up to `at`, synced: a snapshot has taken its place. Did we need
    /// it?
    ///
    /// - No, if `at` is not after what was handed out: then nothing changes, but that entries are
    ///   handed out again.
    /// - Whatever our log holds after `at` stays, if it holds `at`. If not, it is another leader's,
    ///   or too short: the log begins anew at `at`.
    /// - The disk's log begins anew with the next save ([`Write::begins`]), unless it will hold
    ///   `at` by then anyway. Power that goes before leaves a disk's log that ends before the
    ///   store: whoever starts the node begins it anew then.
    /// - Everything up to `at` is committed, handed out, applied and durable.
    /// - The leader that we follow is told that we hold `at`.
    ///
    /// A leader needs no snapshot. One that has become so since it was prepared is to
    /// [`Replica::resign`] first.
    ///
    /// *Example:* our log ends at (2, 5), and the snapshot is of (4, 90). The log begins after
    /// (4, 90) now and is empty. Saves on their way hold entries of the old log, and their receipts
    /// say nothing about the new one.
    pub fn install(&mut self, at: Position) -> bool {
        self.prepared = false;
        if at.index <= self.handed_out {
            return false;
        }
        assert!(self.leading.is_none(), "a leader resigns before it installs a snapshot");
        let held = self.log.holds(at);
        self.commit = self.commit.max(at.index);
        self.handed_out = at.index;
        self.applied = at.index;
        self.durable = at.index;
        self.waiting = (0, at.index);
        self.backlog = (0, at.index);
        if !held {
            assert_eq!(self.commit, at.index, "what is committed is never cut");
            self.log = Span::empty(at).into();
        }
        if !held || self.on_disk.handed_out() < at.index {
            self.on_disk.begin(at.index);
            self.begins = Some(at);
        }
        if let Some(leader) = self.election.leader() {
            let (from, term) = (self.election.id(), self.election.hard_state().term);
            let body = Body::Answer(Answer::Accepted { matched: at.index });
            self.answers.push(Message { from, to: leader, term, body });
        }
        true
    }

    /// A snapshot that this follower waits for will not arrive: it is probed after what it has
    /// acknowledged, with a question to ask. A follower that waits for none stays what it is.
    pub fn snapshot_failed(&mut self, follower: NodeId) {
        let followers = self.leading.as_mut().map(|leading| &mut leading.followers);
        let Some(follower) = followers.and_then(|all| all.get_mut(&follower)) else { return };
        if follower.mode == Mode::Snapshot {
            follower.next = Index(follower.matched.0 + 1);
            follower.mode = Mode::Probe { asked: false };
            follower.due = true;
        }
    }

    /// One save of all that: where the log begins anew, what the election wants saved, entries, and
    /// the messages that wait for them.
    pub(super) fn one_save(
        &mut self,
        election: Option<ElectionSave>,
        entries: Option<Span<P>>,
        gated: Vec<Message<Body<P>>>,
    ) -> Save<Write<P>, Body<P>> {
        let begins = self.begins.take();
        let Some(save) = election else {
            return Save::new(Write { hard_state: None, begins, entries }, gated);
        };
        let write = |hard| Write { hard_state: Some(hard), begins, entries };
        let mut save = save.map(write, Body::Election);
        save.gate(gated);
        save
    }
}
