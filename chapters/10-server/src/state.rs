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
use crate::mailbox::Mailbox;
use crate::proposal::{Answer, Proposal, Sender, Wish};
use crate::replica::Event;
use crate::rows;
use crate::store;
use api::{CompactionResponse, LeaseId, ResponseHeader};
use basics::{Position, Term};
use mvcc::{Leases, Progress, Store};
use raft::Payload;
use replication::Span;
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the state is told.
pub enum Job {
    /// Carry out these entries.
    Apply(Span<Payload>),
    /// That is all.
    Stop,
}

/// What the thread has to do with.
pub struct Wires {
    /// What it is told.
    pub jobs: Arc<Mailbox<Job>>,
    /// The replica, which is told how far it is.
    pub replica: Arc<Mailbox<Event>>,
    /// The thread that commits.
    pub store: Arc<Mailbox<store::Job>>,
    /// It says here that what was frozen is on disk.
    pub retired: Arc<Mailbox<()>>,
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
}

/// No lease is granted yet.
struct NoLeases;

impl Leases for NoLeases {
    fn is_there(&self, _: LeaseId) -> bool {
        false
    }
}

impl State {
    /// The state in this store, which goes up to that entry.
    pub fn new(store: Store<File>, applied: Position) -> State {
        State { store, applied, frozen: applied, is_frozen: false }
    }

    /// Works until it is told to stop. What is written by then is handed to the store.
    pub fn run(mut self, wires: &Wires) -> Result<(), mvcc::Error> {
        let mut jobs = Vec::new();
        let mut next = Instant::now() + PAUSE;
        loop {
            wires.jobs.take_until(next, &mut jobs);
            let mut stops = false;
            for job in jobs.drain(..) {
                match job {
                    Job::Apply(span) => self.apply_span(span, wires)?,
                    Job::Stop => stops = true,
                }
            }
            self.is_frozen &= !wires.retired.is_any();
            while self.is_frozen && self.store.rows().buffered() > TOO_MUCH {
                wires.retired.wait();
                self.is_frozen = false;
            }
            let is_more = self.store.compaction_step(STEP)? == Progress::More;
            let now = Instant::now();
            if stops || now >= next || self.store.rows().buffered() > ENOUGH {
                next = now + PAUSE;
                self.freeze(wires)?;
            }
            if stops {
                wires.store.put(store::Job::Stop);
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
        let mut index = span.prev.index;
        for entry in &span.entries {
            index.0 += 1;
            self.applied = Position { term: entry.term, index };
            // A new leader's first entry is empty.
            let Some(payload) = &entry.payload else { continue };
            let Payload::Data(data) = payload else { continue };
            let Ok(proposal) = Proposal::read(data.bytes()) else { continue };
            let outcome = proposal.wish.map(|wish| self.apply(&wish, entry.term));
            if let (Some(outcome), Some(sender)) = (outcome, proposal.sender) {
                let outcome = match outcome {
                    Ok(answer) => Ok(answer),
                    Err(mvcc::Error::Refused(error)) => Err(error),
                    Err(broken) => return Err(broken),
                };
                if wires.boxes.is_ours(&sender) {
                    let Sender { runtime, number, .. } = sender;
                    post.add(runtime, number, Told::Done(outcome));
                }
            }
        }
        self.store.take_events();
        self.store.publish();
        wires.boxes.deliver(&mut post);
        wires.replica.put(Event::Applied(index));
        Ok(())
    }

    /// Carries out a wish.
    fn apply(&mut self, wish: &Wish, _term: Term) -> Result<Answer, mvcc::Error> {
        match wish {
            Wish::Put(request) => self.store.put(request, &NoLeases).map(Answer::Put),
            Wish::DeleteRange(request) => self.store.delete_range(request).map(Answer::DeleteRange),
            Wish::Txn(request) => self.store.txn(request, &NoLeases).map(Answer::Txn),
            Wish::Compact(request) => {
                self.store.compact(request.revision)?;
                let revision = self.store.current().wire();
                let header = Some(ResponseHeader { revision, ..ResponseHeader::default() });
                Ok(Answer::Compact(CompactionResponse { header }))
            }
        }
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
            wires.store.put(store::Job::Commit(frozen, self.applied.index));
        }
        Ok(())
    }
}
