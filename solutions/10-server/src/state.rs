//! The thread that carries out what the log says.
//!
//! Owns [`State`]: revisions, and all else that must agree with the log, behind one function,
//! [`State::apply`]. It is the only thread that writes to the store's buffer. Compactions go on
//! here too, in steps between entries.
//!
//! Invariants:
//! - What an entry does depends on the entry and the state alone.
//! - What is frozen for the disk says up to which entry it goes, in the same commit. So a start
//!   carries out what came after that, and nothing twice.
//!
//! Left to others: when something is on disk (`store`), and who waits for an answer (`boxes`).

use crate::boxes::{Boxes, Told};
use crate::leases::{self, Leases};
use crate::letters::{Asker, ToReplica, ToState, ToStore, ToWatches, WAITING};
use crate::mailbox::Mailbox;
use crate::proposal::{Answer, Proposal, Sender, Wish};
use crate::rows;
use api::{
    CompactionResponse, Event, LeaseGrantResponse, LeaseId, LeaseRevokeRequest,
    LeaseRevokeResponse, ResponseHeader, Revision,
};
use basics::{Position, Term};
use lease::{Decided, Reign};
use mvcc::{Progress, Store};
use raft::Payload;
use replication::Span;
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the thread has to do with.
pub struct Wires {
    /// What it is told.
    pub jobs: Arc<Mailbox<ToState>>,
    /// The replica, which is told how far it is.
    pub replica: Arc<Mailbox<ToReplica>>,
    /// The thread that commits.
    pub store: Arc<Mailbox<ToStore>>,
    /// It says here that what was frozen is on disk.
    pub retired: Arc<Mailbox<()>>,
    /// The leases.
    pub leases: Arc<Leases>,
    /// Those who tell watchers.
    pub watches: Arc<Mailbox<ToWatches>>,
    /// Where requests wait.
    pub boxes: Arc<Boxes>,
}

/// What is written gets to the disk after so long, or once it takes so much memory.
const PAUSE: Duration = Duration::from_millis(100);
const ENOUGH: usize = 16 << 20;

/// If the disk is so far behind, nothing more is carried out.
const TOO_MUCH: usize = 256 << 20;

/// How many keys a step of a compaction looks at.
const STEP: usize = 1_000;

/// The state machine.
pub struct State {
    store: Store<File>,
    /// The last entry that was carried out.
    applied: Position,
    /// As of that which is on disk, or on its way there.
    frozen: Position,
    is_frozen: bool,
    /// Watchers were not told of something, up to this revision.
    resyncs: Option<Revision>,
}

impl State {
    /// The state in this store, which goes up to that entry.
    pub fn new(store: Store<File>, applied: Position) -> State {
        State { store, applied, frozen: applied, is_frozen: false, resyncs: None }
    }

    /// Works until it is told to stop. What is written by then is handed to the store.
    pub fn run(mut self, wires: &Wires) -> Result<(), mvcc::Error> {
        let mut jobs = Vec::new();
        let mut next = Instant::now() + PAUSE;
        let mut next_round = Instant::now();
        loop {
            wires.jobs.take_until(next, &mut jobs);
            let mut stops = false;
            for job in jobs.drain(..) {
                match job {
                    ToState::Apply(span) => self.apply_span(span, wires)?,
                    ToState::Keys(lease, asker) => self.tell_keys(lease, asker, wires),
                    ToState::Stop => stops = true,
                }
            }
            self.is_frozen &= !wires.retired.is_any();
            while self.is_frozen && self.store.rows().buffered() > TOO_MUCH {
                wires.retired.wait();
                self.is_frozen = false;
            }
            if let Some(newest) = self.resyncs.take() {
                wires.watches.put(ToWatches::Resync(newest));
            }
            if Instant::now() >= next_round {
                next_round = Instant::now() + lease::ROUND;
                wires.leases.note_applied(self.applied.term);
                wires.leases.round(&wires.replica);
            }
            let is_more = self.store.compaction_step(STEP)? == Progress::More;
            let now = Instant::now();
            if stops || now >= next || self.store.rows().buffered() > ENOUGH {
                next = now + PAUSE;
                self.freeze(wires)?;
            }
            if stops {
                wires.store.put(ToStore::Stop);
                return Ok(());
            }
            if is_more {
                next = now;
            }
        }
    }

    /// Carries out entries that follow one another, publishes what they wrote, and tells whoever
    /// waits.
    fn apply_span(&mut self, span: Span<Payload>, wires: &Wires) -> Result<(), mvcc::Error> {
        let mut post = wires.boxes.post();
        let mut happened: Vec<(Revision, Arc<[Event]>)> = Vec::new();
        let mut index = span.prev.index;
        for entry in &span.entries {
            index.0 += 1;
            self.applied = Position { term: entry.term, index };
            // A new leader's first entry is empty.
            let Some(payload) = &entry.payload else { continue };
            let Payload::Data(data) = payload else { continue };
            let Ok(proposal) = Proposal::read(data.bytes()) else { continue };
            let Some(wish) = proposal.wish else { continue };
            let before = self.store.current();
            let outcome = match self.apply(&wish, entry.term, wires) {
                Ok(answer) => Ok(answer),
                Err(mvcc::Error::Refused(error)) => Err(error),
                Err(broken) => return Err(broken),
            };
            if self.store.current() > before {
                happened.push((self.store.current(), self.store.take_events().into()));
            }
            let ours = proposal.sender.filter(|sender| wires.boxes.is_ours(sender));
            if let Some(Sender { runtime, number, .. }) = ours {
                post.add(runtime, number, Told::Done(outcome));
            }
        }
        self.store.publish();
        self.tell_watchers(happened, wires);
        wires.leases.note_applied(self.applied.term);
        wires.boxes.deliver(&mut post);
        wires.replica.put(ToReplica::Applied(index));
        Ok(())
    }

    /// Watchers are told after it was published, so that what they read is there. If they are far
    /// behind, they are told to read all of it.
    fn tell_watchers(&mut self, happened: Vec<(Revision, Arc<[Event]>)>, wires: &Wires) {
        let Some((newest, _)) = happened.last() else { return };
        if wires.watches.count() + happened.len() > WAITING {
            self.resyncs = Some(*newest);
        } else if self.resyncs.take().is_some() {
            wires.watches.put(ToWatches::Resync(*newest));
        } else {
            let note = |(revision, events)| ToWatches::Note(revision, events);
            wires.watches.put_all(happened.into_iter().map(note));
        }
    }

    fn tell_keys(&self, lease: LeaseId, asker: Asker, wires: &Wires) {
        let keys = self.store.attached().keys(lease).cloned().collect();
        let mut post = wires.boxes.post();
        post.add(asker.runtime, asker.number, Told::Keys(keys));
        wires.boxes.deliver(&mut post);
    }

    /// Carries out a wish, of an entry that was appended in this term.
    fn apply(&mut self, wish: &Wish, term: Term, wires: &Wires) -> Result<Answer, mvcc::Error> {
        match wish {
            Wish::Put(request) => self.store.put(request, &*wires.leases).map(Answer::Put),
            Wish::DeleteRange(request) => self.store.delete_range(request).map(Answer::DeleteRange),
            Wish::Txn(request) => self.store.txn(request, &*wires.leases).map(Answer::Txn),
            Wish::Compact(request) => {
                self.store.compact(request.revision)?;
                Ok(Answer::Compact(CompactionResponse { header: self.header() }))
            }
            Wish::LeaseGrant(request) => {
                let granted = wires.leases.lock().grant(request, wires.leases.now())?;
                self.store_row(granted.row)?;
                let header = self.header();
                Ok(Answer::LeaseGrant(LeaseGrantResponse { header, ..granted.response }))
            }
            Wish::LeaseRevoke(request) => self.revoke(request, wires),
            Wish::LeaseIsOver(over) => {
                let decided = Decided { reign: Reign(over.reign), what: over.lease };
                match decided.in_force(Reign(term.0)) {
                    Some(id) => self.revoke(&LeaseRevokeRequest { id }, wires),
                    None => Err(api::Error::LeaseNotFound.into()),
                }
            }
            Wish::LeaseRests(rests) => {
                if let Some(rests) = leases::read(rests).in_force(Reign(term.0)) {
                    let now = wires.leases.now();
                    let rows = wires.leases.lock().checkpoint(&rests, lease::Keep::Row, now);
                    rows.into_iter().try_for_each(|row| self.store_row(row))?;
                }
                Ok(Answer::LeaseRests(()))
            }
        }
    }

    /// A lease ends, and its keys with it.
    fn revoke(
        &mut self,
        request: &LeaseRevokeRequest,
        wires: &Wires,
    ) -> Result<Answer, mvcc::Error> {
        let revoked = wires.leases.lock().revoke(request)?;
        self.store.delete_attached(revoked.lease)?;
        self.store_row(revoked.row)?;
        wires.leases.news().notify_waiters();
        Ok(Answer::LeaseRevoke(LeaseRevokeResponse { header: self.header() }))
    }

    fn store_row(&mut self, row: lease::Row) -> Result<(), bolt::Error> {
        let lease::Row { bucket, key, value } = row;
        match value {
            Some(value) => self.store.rows().put(bucket, key, value),
            None => self.store.rows().delete(bucket, key),
        }
    }

    /// What an answer says of the state.
    fn header(&self) -> Option<ResponseHeader> {
        let revision = self.store.current().wire();
        Some(ResponseHeader { revision, ..ResponseHeader::default() })
    }

    /// What was written since the last time is to be on disk, if the one before is.
    fn freeze(&mut self, wires: &Wires) -> Result<(), mvcc::Error> {
        if self.is_frozen || self.applied == self.frozen {
            return Ok(());
        }
        rows::set_position(self.store.rows(), self.applied)?;
        if let Some(frozen) = self.store.freeze() {
            self.frozen = self.applied;
            self.is_frozen = true;
            wires.store.put(ToStore::Commit(frozen, self.applied.index));
        }
        Ok(())
    }
}
