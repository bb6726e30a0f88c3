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
use crate::contents;
use crate::facts::Facts;
use crate::leases::Leases;
use crate::letters::{ToReplica, ToState, ToStore, ToWatches, WAITING, Waiter};
use crate::links::Links;
use crate::mailbox::Mailbox;
use crate::proposal::{Proposal, Sender};
use crate::reader::Reader;
use crate::rows;
use crate::stop::Stop;
use api::{Event, Revision};
use basics::{NodeId, Position};
use mvcc::{Progress, Store};
use raft::{Change, Payload};
use replication::Span;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;

mod admission;
mod carry_out;
mod install;
mod tally;

/// Why a state cannot go on.
#[derive(Debug, Error)]
pub enum Error {
    /// Its store.
    #[error(transparent)]
    Store(#[from] mvcc::Error),
    /// What is in it beside keys.
    #[error(transparent)]
    Contents(#[from] contents::Error),
    /// A state that was brought is not the one that it was said to be.
    #[error("a snapshot goes up to {found}, and should to {wanted}")]
    Another {
        /// As it says itself.
        found: Position,
        /// As was said.
        wanted: Position,
    },
}

impl From<bolt::Error> for Error {
    fn from(error: bolt::Error) -> Error {
        Error::Store(error.into())
    }
}

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
    /// What everybody sees of it.
    pub facts: Arc<Facts>,
    /// Those who tell watchers.
    pub watches: Arc<Mailbox<ToWatches>>,
    /// Where requests wait.
    pub boxes: Arc<Boxes>,
    /// What is written gets to the disk after so long.
    pub pause: Duration,
    /// How many keys a step of a compaction looks at.
    pub step: usize,
    /// Who reads the store.
    pub reader: Reader,
    /// Where it is.
    pub place: PathBuf,
    /// How leases are kept.
    pub lease_options: lease::Options,
    /// The ways to other members.
    pub links: Arc<Links>,
    /// This member may be removed.
    pub own: NodeId,
    /// Then it ends.
    pub stop: Stop,
}

/// What is written gets to the disk once it takes so much memory, if not before.
const ENOUGH: usize = 16 << 20;

/// If the disk is so far behind, nothing more is carried out.
const TOO_MUCH: usize = 256 << 20;

/// The state machine.
pub struct State {
    store: Store<File>,
    /// The last entry that was carried out.
    applied: Position,
    /// As of that which is on disk, or on its way there.
    frozen: Position,
    is_frozen: bool,
    /// How often something was frozen.
    freezes: u64,
    /// A compaction is under way, or was just now.
    forgets: bool,
    /// It has deleted something that is not frozen yet.
    has_forgotten: bool,
    /// Those who wait until what was frozen then, as the how manieth, is on disk.
    settling: Vec<(u64, Waiter)>,
    /// Those who wait until there is no compaction under way.
    compacting: Vec<Waiter>,
    /// Watchers were not told of something, up to this revision.
    resyncs: Option<Revision>,
}

impl State {
    /// The state in this store, which goes up to that entry.
    pub fn new(store: Store<File>, applied: Position) -> State {
        State {
            store,
            applied,
            frozen: applied,
            is_frozen: false,
            freezes: 0,
            // One that a crash has cut off goes on.
            forgets: true,
            has_forgotten: false,
            settling: Vec::new(),
            compacting: Vec::new(),
            resyncs: None,
        }
    }

    /// Works until it is told to stop. What is written by then is handed to the store.
    pub fn run(mut self, wires: &Wires) -> Result<(), Error> {
        let mut jobs = Vec::new();
        let mut next = Instant::now() + wires.pause;
        let mut next_round = Instant::now();
        loop {
            wires.jobs.take_until(next, &mut jobs);
            let mut stops = false;
            for job in jobs.drain(..) {
                match job {
                    ToState::Apply(span) => self.apply_span(span, wires)?,
                    ToState::Install(brought) => self.install(brought, wires)?,
                    ToState::Keys(lease, asker) => {
                        tell(asker, Told::Keys(self.keys_of(lease)), wires);
                    }
                    ToState::Compacted(asker) => self.compacting.push(asker),
                    ToState::Settle(asker) => self.settle(asker),
                    ToState::Stop => stops = true,
                }
            }
            self.wait_for_store(wires);
            if let Some(newest) = self.resyncs.take() {
                wires.watches.put(ToWatches::Resync(newest));
            }
            if Instant::now() >= next_round {
                next_round = Instant::now() + lease::ROUND;
                wires.leases.note_applied(self.applied.term);
                wires.leases.round(&wires.replica);
            }
            let is_more = self.compact_further(wires)?;
            let now = Instant::now();
            let is_awaited = !self.settling.is_empty();
            if stops && std::mem::take(&mut self.is_frozen) {
                // What came since is to follow what is on its way.
                wires.retired.wait();
            }
            if stops || is_awaited || now >= next || self.store.rows().buffered() > ENOUGH {
                next = now + wires.pause;
                self.freeze(wires)?;
            }
            self.tell_settled(wires);
            if stops {
                wires.store.put(ToStore::Stop);
                return Ok(());
            }
            if is_more {
                next = now;
            } else if !self.settling.is_empty() {
                next = now + Duration::from_millis(1);
            }
        }
    }

    /// Has the store brought to the disk what was frozen? If it is too far behind, this waits.
    fn wait_for_store(&mut self, wires: &Wires) {
        self.is_frozen &= !wires.retired.is_any();
        while self.is_frozen && self.store.rows().buffered() > TOO_MUCH {
            wires.retired.wait();
            self.is_frozen = false;
        }
    }

    /// One step of a compaction, if there is one. Is there more that can be done now?
    fn compact_further(&mut self, wires: &Wires) -> Result<bool, mvcc::Error> {
        let progress = self.store.compaction_step(wires.step)?;
        self.has_forgotten |= match progress {
            Progress::Done => std::mem::take(&mut self.forgets),
            Progress::More => true,
            Progress::Waits => false,
        };
        if progress == Progress::Done {
            self.compacting.drain(..).for_each(|asker| tell(asker, Told::Settled, wires));
        }
        Ok(progress == Progress::More)
    }

    /// Somebody waits until all that was written by now is on disk.
    fn settle(&mut self, asker: Waiter) {
        self.settling.push((self.freezes + u64::from(self.has_news()), asker));
    }

    /// Is there anything that is not frozen yet?
    fn has_news(&self) -> bool {
        self.applied != self.frozen || self.has_forgotten
    }

    /// Tells those who wait until something is on disk.
    fn tell_settled(&mut self, wires: &Wires) {
        let on_disk = self.freezes - u64::from(self.is_frozen);
        self.settling.retain(|(freeze, asker)| {
            let is_there = *freeze <= on_disk;
            if is_there {
                tell(*asker, Told::Settled, wires);
            }
            !is_there
        });
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
            let Some(proposal) = entry.payload.as_ref().and_then(proposal) else { continue };
            let (before, began) = (self.store.current(), Instant::now());
            let outcome = match self.apply(&proposal, self.applied, wires) {
                Ok(answer) => Ok(answer),
                Err(mvcc::Error::Refused(error)) => Err(error),
                Err(broken) => return Err(broken),
            };
            tally::count(&wires.facts.metrics, &proposal, &outcome, began);
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
        happened.iter().for_each(|(_, events)| wires.facts.metrics.state.happened(events));
        if wires.watches.count() + happened.len() > WAITING {
            self.resyncs = Some(*newest);
        } else if self.resyncs.take().is_some() {
            wires.watches.put(ToWatches::Resync(*newest));
        } else {
            let note = |(revision, events)| ToWatches::Note(revision, events);
            wires.watches.put_all(happened.into_iter().map(note));
        }
    }

    /// What was written since the last time is to be on disk, if the one before is.
    fn freeze(&mut self, wires: &Wires) -> Result<(), mvcc::Error> {
        if self.is_frozen || !self.has_news() {
            return Ok(());
        }
        rows::set_position(self.store.rows(), self.applied)?;
        if let Some(frozen) = self.store.freeze() {
            self.frozen = self.applied;
            self.is_frozen = true;
            self.freezes += 1;
            self.has_forgotten = false;
            wires.store.put(ToStore::Commit(frozen, self.applied.index));
        }
        Ok(())
    }
}

/// What an entry wishes. A new leader's first entry is empty, and so is the end of a change that
/// took two steps.
fn proposal(payload: &Payload) -> Option<Proposal> {
    match payload {
        Payload::Data(data) => Proposal::read(data.bytes()).ok(),
        Payload::Change(written) => match written.change() {
            Change::Enter { context, .. } => Proposal::read(context.clone()).ok(),
            Change::Leave => None,
        },
    }
}

fn tell(asker: Waiter, told: Told, wires: &Wires) {
    let mut post = wires.boxes.post();
    post.add(asker.runtime, asker.number, told);
    wires.boxes.deliver(&mut post);
}
