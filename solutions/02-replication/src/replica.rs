//! A replicated log, as one node sees it.
//!
//! Owns [`Replica`]: the node's log, how far it is on disk, committed and applied, and the part
//! that the node plays. It stands on an [`Election`], which decides who leads, and tells it of
//! heartbeats by appends. It reads in the order of an entry's life: somebody leads, a client
//! proposes, a follower appends, the answers are counted, the entry is committed, and applied.
//!
//! Left to others: disks and networks, what entries mean, and snapshots and membership (chapter 4).

use crate::durable::{Batch, ElectionSave, Write};
use crate::interface::{Contradiction, Dropped, Options, Refused, Stored, View};
use crate::log::{Entry, Log, Payload, Span};
use crate::message::{Answer, Body};
use crate::on_disk::OnDisk;
use crate::progress::{Mode, Progress};
use basics::{Index, Message, NodeId, Position, Save, Synced, Term};
use election::{Election, Quorum, Role};
use std::collections::{BTreeMap, BTreeSet};

mod handover;
mod leader;
mod snapshot;

/// One node's part in the replication of a log.
///
/// Invariants:
/// - `durable <= applied <= handed_out <= commit <= log.last()`, and what is up to `handed_out` is
///   on this node's disk, in the log or in a snapshot.
/// - None of these falls, and an entry up to `commit` is never cut.
/// - It is `leading` exactly while its election leads; a leader only adds to its log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica<P> {
    election: Election,
    options: Options,
    log: Log<P>,
    on_disk: OnDisk,
    /// Every entry up to here is in the logs of all leaders to come.
    commit: Index,
    /// Every entry up to here was handed out to the state machine.
    handed_out: Index,
    /// Every entry up to here was carried out by the state machine, by its own word.
    applied: Index,
    /// The effects of every entry up to here are on the disk of the store, by its own word.
    durable: Index,
    /// A snapshot is about to take the store's place: nothing is handed out until it has.
    prepared: bool,
    /// Bytes of the entries after `applied`, up to the second: those that were counted so far.
    waiting: (usize, Index),
    /// Bytes of the committed entries after `applied`, up to the second: those counted so far.
    backlog: (usize, Index),
    leading: Option<Leading>,
    /// The disk's log has to begin anew here, with the next save.
    begins: Option<Position>,
    /// Answers to appends since the last batch, in order.
    answers: Vec<Message<Body<P>>>,
}

/// What a leader has to remember.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Leading {
    /// The term that it leads.
    term: Term,
    /// One for each other voter and each learner.
    followers: BTreeMap<NodeId, Progress>,
    /// Bytes of the entries after `commit`.
    uncommitted: usize,
}

impl<P: Payload> Replica<P> {
    /// A node that starts: for the first time with `Stored::default()`, later with what its disk
    /// holds.
    ///
    /// It panics if `applied` is not in the log: then disk and state machine are of two nodes.
    pub fn new(id: NodeId, options: Options, stored: Stored<P>, draw: u64) -> Replica<P> {
        let Stored { hard_state, log, applied } = stored;
        assert!(log.term_at(applied).is_some(), "what was applied is in the log, or its start");
        Replica {
            election: Election::new(id, options.election, hard_state, draw),
            options,
            on_disk: OnDisk::new(log.last().index),
            log,
            commit: applied,
            handed_out: applied,
            applied,
            durable: applied,
            prepared: false,
            waiting: (0, applied),
            backlog: (0, applied),
            leading: None,
            begins: None,
            answers: Vec::new(),
        }
    }

    /// Who leads, and in which term.
    pub fn election(&self) -> &Election {
        &self.election
    }

    /// The log, saved or not, committed or not.
    pub fn log(&self) -> &Log<P> {
        &self.log
    }

    /// Every entry up to here is committed.
    pub fn commit(&self) -> Index {
        self.commit
    }

    /// Every entry up to here was handed out to be applied.
    pub fn handed_out(&self) -> Index {
        self.handed_out
    }

    /// The state machine has carried out every entry up to here.
    pub fn applied(&self) -> Index {
        self.applied
    }

    /// The store has synced the effects of every entry up to here.
    pub fn durable(&self) -> Index {
        self.durable
    }

    /// The state machine says that it has carried out every entry up to `index`.
    ///
    /// It panics if that was never handed out: then it is not this node's state machine.
    pub fn note_applied(&mut self, index: Index) {
        assert!(index <= self.handed_out, "what is applied was handed out");
        self.count_waiting();
        self.backlog();
        let bytes = self.bytes_between(self.applied, index);
        self.waiting.0 -= bytes;
        self.backlog.0 -= bytes;
        self.applied = self.applied.max(index);
    }

    /// The store says that its disk holds the effects of every entry up to `index`. Until then a
    /// start needs these entries again, so the log does not let go of them.
    ///
    /// It panics if that was not applied.
    pub fn note_durable(&mut self, index: Index) {
        assert!(index <= self.applied, "what the store holds was applied");
        self.durable = self.durable.max(index);
    }

    /// How far this node's disk holds the log as it is now.
    pub fn synced(&self) -> Index {
        self.on_disk.synced()
    }

    /// The answers to appends that the next batch will hold, in the order in which they were given.
    /// Every append that the election lets through has one of its own.
    pub fn answers(&self) -> &[Message<Body<P>>] {
        &self.answers
    }

    /// What a leader knows of a follower.
    pub fn progress(&self, follower: NodeId) -> Option<&Progress> {
        self.leading.as_ref()?.followers.get(&follower)
    }

    /// A tick passes. Elections and heartbeats hang on it; nothing else does.
    pub fn tick(&mut self, view: View<'_>) {
        self.election.tick(view.of_log_to(self.log.last()));
        self.notice(view);
    }

    /// Somebody wants an election now.
    pub fn stand(&mut self, view: View<'_>) {
        self.election.stand(view.of_log_to(self.log.last()));
        self.notice(view);
    }

    /// A client's wish: put this into the log. Where it stands, if all goes well.
    ///
    /// - Only a leader takes it. Others name the leader that they know.
    /// - With [`Options::limits`], a leader takes what they [`admit`](crate::Limits::admit), and is
    ///   full otherwise.
    /// - It goes to the end of the log, in the leader's term, and its [`Entry::size`] counts as
    ///   uncommitted. Nothing is sent here: [`Replica::ready`] sends what has come together by
    ///   then.
    ///
    /// The position is no promise. If this leader is deposed before the entry is committed, another
    /// leader's entry may stand there. Whoever asked compares the terms when the index is applied.
    ///
    /// *Example:* n1 leads term 3 and its log ends at (3, 8). The proposal goes to (3, 9).
    pub fn propose(&mut self, payload: P) -> Result<Position, Refused> {
        let Some(leading) = &mut self.leading else {
            return Err(Refused::NotLeader(self.election.leader()));
        };
        let entry = Entry { term: self.election.hard_state().term, payload: Some(payload) };
        let limits = self.options.limits;
        if limits.is_some_and(|limits| !limits.admit(leading.uncommitted, entry.size())) {
            return Err(Refused::Full);
        }
        leading.uncommitted += entry.size();
        Ok(self.log.push(entry))
    }

    /// A message arrives. An append in disorder is dropped. Every other message is shown to the
    /// election first, for it compares the terms: an append is the leader's heartbeat, and the
    /// answer to an append is the answer to one.
    pub fn receive(&mut self, message: Message<Body<P>>, view: View<'_>) -> Result<(), Dropped> {
        let Message { from, to, term, body } = message;
        let letter = match &body {
            Body::Election(body) => body.clone(),
            Body::Append { span, .. } if !span.is_sound(term) => {
                return Err(Dropped::Contradiction(Contradiction::Disorder));
            }
            Body::Append { .. } => election::Body::Heartbeat,
            Body::Answer(_) => election::Body::HeartbeatAnswer,
        };
        let letter = basics::Message { from, to, term, body: letter };
        let heard = self.election.receive(letter, view.of_log_to(self.log.last()));
        self.notice(view);
        heard.map_err(Dropped::Election)?;
        match body {
            Body::Election(_) => Ok(()),
            Body::Append { span, commit } => {
                let body = Body::Answer(self.append(span, commit));
                self.answers.push(Message { from: to, to: from, term, body });
                Ok(())
            }
            Body::Answer(answer) => self.hear(from, answer, view.quorum),
        }
    }

    /// The leader of our term sends entries, or asks about a position. What do we answer?
    ///
    /// - `prev` is before our `commit`: the leader has every committed entry, so we share the log
    ///   up to `commit` at least. Accept that, and leave everything as it is.
    /// - Our log does not hold `prev`: refuse. The hint is the last position that we may share, see
    ///   [`Log::shared`].
    /// - Otherwise [`Log::merge`] the entries. If that cut something, tell [`OnDisk::cut`]. Accept
    ///   the position of the span's last entry: the message speaks for no more of our log than it
    ///   covers. So far we may commit as well, if the leader's `commit` reaches it.
    ///
    /// Refusals and cuts need [`Log::shared`] (2.10) and [`OnDisk::cut`] (2.9). Call them; it does
    /// not matter yet that they are not written.
    ///
    /// *Example:* our log ends at 9, and an append of 4 and 5, with commit 8, was held up in the
    /// network. We hold both. The answer is 5, and `commit` becomes 5: about 6 to 9 it says
    /// nothing.
    fn append(&mut self, span: Span<P>, commit: Index) -> Answer {
        if span.prev.index < self.commit {
            return Answer::Accepted { matched: self.commit };
        }
        if !self.log.holds(span.prev) {
            return Answer::Refused { prev: span.prev, hint: self.log.shared(span.prev) };
        }
        let matched = span.last().index;
        if let Some(kept) = self.log.merge(span) {
            assert!(kept >= self.commit, "what is committed is never cut");
            self.on_disk.cut(kept);
        }
        self.commit = self.commit.max(commit.min(matched));
        Answer::Accepted { matched }
    }

    /// Hands out what this node wants done since the last call; none if there is nothing.
    ///
    /// All of it is in this one batch, but for entries to apply that exceed `batch_bytes`. The
    /// election comes first (`ready_election`): its heartbeats make appends due.
    ///
    /// - The election's own messages go through the doors that it chose, but for two kinds that the
    ///   log says better. Its heartbeats do not leave: an append does. Nor does its answer to the
    ///   leader's heartbeat: the answer to the append does.
    /// - **Now:** [`Replica::appends`], and refusals. An append only says what is in the leader's
    ///   log.
    /// - **Gated:** acceptances. They say what is on this disk.
    /// - To **save**: what the election wants saved, and the entries after
    ///   [`OnDisk::handed_out`]. A save goes out if there is either, or if a message is gated; tell
    ///   [`OnDisk::hand_out`] how far the disk will hold the log then. `one_save` makes it.
    /// - To **apply**: what is committed *and* on this disk, after `handed_out`, as much as
    ///   `batch_bytes` holds. It counts as handed out from now on. None while the state machine
    ///   lags (`apply_lags`): it has enough to do.
    ///
    /// *Example:* a leader takes two proposals. The batch has one append for each follower, with
    /// both entries, to send now, and a save of the two. Nothing waits inside the save, and nothing
    /// is applied.
    pub fn ready(&mut self) -> Option<Batch<P>> {
        let (mut send_now, election_save) = self.ready_election();
        send_now.extend(self.appends());
        let mut gated = Vec::new();
        for message in std::mem::take(&mut self.answers) {
            match message.body {
                Body::Answer(Answer::Accepted { .. }) => gated.push(message),
                Body::Answer(Answer::Refused { .. }) | Body::Append { .. } | Body::Election(_) => {
                    send_now.push(message)
                }
            }
        }
        let last = self.log.last().index;
        let saved = self.on_disk.handed_out();
        let unsaved = (saved < last).then(|| {
            let unsaved = self.log.span(saved, last, usize::MAX);
            unsaved.expect("what is not saved yet is in the log")
        });
        let save = (election_save.is_some() || unsaved.is_some() || !gated.is_empty()).then(|| {
            self.on_disk.hand_out(last);
            self.one_save(election_save, unsaved, gated)
        });
        let apply = self.take_committed();
        let idle = send_now.is_empty() && save.is_none() && apply.is_none();
        (!idle).then_some(Batch { send_now, save, apply })
    }

    /// The disk has synced the oldest save that is on its way, and here is its receipt.
    pub fn persisted(&mut self, synced: Synced<Write<P>>, view: View<'_>) {
        self.on_disk.receipt();
        if let Some(election) = synced.part(|write| write.hard_state) {
            self.election.persisted(election, view.of_log_to(self.log.last()));
            self.notice(view);
        }
        self.advance_commit(view.quorum);
    }

    /// What the election wants done. Its heartbeats do not leave: the followers that they are for
    /// are due an append. Nor do its answers to the leader's heartbeats: the answer to the append
    /// says the same, and more.
    fn ready_election(&mut self) -> (Vec<Message<Body<P>>>, Option<ElectionSave>) {
        let Some(batch) = self.election.ready() else { return (Vec::new(), None) };
        let mut send_now = Vec::new();
        for message in batch.send_now {
            match &message.body {
                election::Body::Heartbeat => {
                    let followers = self.leading.as_mut().map(|leading| &mut leading.followers);
                    if let Some(follower) = followers.and_then(|all| all.get_mut(&message.to)) {
                        follower.due = true;
                    }
                }
                election::Body::HeartbeatAnswer if self.election.leader() == Some(message.to) => {}
                election::Body::HeartbeatAnswer
                | election::Body::VoteRequest { .. }
                | election::Body::VoteAnswer { .. } => send_now.push(message.map(Body::Election)),
            }
        }
        (send_now, batch.save)
    }

    /// The next entries for the state machine.
    fn take_committed(&mut self) -> Option<Span<P>> {
        let safe = self.commit.min(self.on_disk.synced());
        if self.prepared || self.apply_lags() || safe <= self.handed_out {
            return None;
        }
        let span = self.log.span(self.handed_out, safe, self.options.batch_bytes);
        let span = span.expect("what was not handed out is in the log");
        self.handed_out = span.last().index;
        Some(span)
    }

    /// Has the state machine so much to carry out that it gets nothing more?
    fn apply_lags(&mut self) -> bool {
        self.count_waiting();
        self.options.limits.is_some_and(|limits| self.waiting.0 >= limits.unapplied_bytes)
    }

    /// Bytes of the entries that are committed, and that the state machine has not carried out: it
    /// is slow, or they could not be handed out because the disk is. Each entry is looked at once.
    pub fn backlog(&mut self) -> usize {
        let (bytes, counted) = self.backlog;
        let new = self.bytes_between(counted, self.commit);
        self.backlog = (bytes + new, self.commit);
        self.backlog.0
    }

    /// Counts what was handed out since it was counted last, so that each entry is looked at once.
    fn count_waiting(&mut self) {
        let (bytes, counted) = self.waiting;
        let new = self.bytes_between(counted, self.handed_out);
        self.waiting = (bytes + new, self.handed_out);
    }

    /// Takes up what the election has decided: whether this node leads.
    fn notice(&mut self, view: View<'_>) {
        let leads = self.election.role() == Role::Leader;
        let term = self.election.hard_state().term;
        match (&self.leading, leads) {
            (Some(leading), true) if leading.term == term => {}
            (None | Some(_), true) => self.lead(view.quorum),
            (Some(_), false) => self.leading = None,
            (None, false) => {}
        }
    }
}
