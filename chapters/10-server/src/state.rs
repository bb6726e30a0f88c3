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
use crate::config::Compaction;
use crate::contents;
use crate::disk::{File, StoreFolder};
use crate::facts::Facts;
use crate::journal::{Journal, fields};
use crate::leases::Leases;
use crate::letters::{Retired, ToHashes, ToReplica, ToState, ToStore, ToWatches, WAITING, Waiter};
use crate::lines::hex;
use crate::links::Links;
use crate::loggable;
use crate::mailbox::Mailbox;
use crate::proposal::{Outcome, Proposal, Sender};
use crate::reader::Reader;
use crate::rows;
use crate::stop::Stop;
use api::{Event, Revision};
use basics::{NodeId, Position};
use mvcc::Store;
use raft::{Change, Configuration, Payload};
use replication::Span;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;

mod admission;
mod carry_out;
mod commits;
mod compacting;
mod install;
mod shown;
mod tally;

use commits::Commits;
pub use commits::Rhythm;
use compacting::Forgetting;

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
    /// It says here what has become of what was frozen.
    pub retired: Arc<Mailbox<Retired>>,
    /// The leases.
    pub leases: Arc<Leases>,
    /// What everybody sees of it.
    pub facts: Arc<Facts>,
    /// Those who tell watchers.
    pub watches: Arc<Mailbox<ToWatches>>,
    /// Who remembers what compactions leave.
    pub hashes: Arc<Mailbox<ToHashes>>,
    /// Where requests wait.
    pub boxes: Arc<Boxes>,
    /// When what is written gets to the disk.
    pub rhythm: Rhythm,
    /// How compactions go on.
    pub compaction: Compaction,
    /// An entry that takes longer is worth a line.
    pub slow: Duration,
    /// Which member this is, and whom it tells what happens.
    pub id: NodeId,
    /// See there.
    pub journal: Journal,
    /// Who reads the store.
    pub reader: Reader,
    /// Where it is.
    pub directory: StoreFolder,
    /// How leases are kept.
    pub lease_options: lease::Options,
    /// The ways to other members.
    pub links: Arc<Links>,
    /// If this member is removed, it ends.
    pub stop: Stop,
}

/// If the disk is so far behind, nothing more is carried out.
const TOO_MUCH: usize = 256 << 20;

/// The state machine.
pub struct State {
    store: Store<File>,
    /// The last entry that was carried out.
    applied: Position,
    /// By whom the cluster decides, as of that entry.
    configuration: Configuration,
    /// What goes to the disk.
    commits: Commits,
    /// A compaction is under way, or was just now.
    forgets: Option<Forgetting>,
    /// When its next step may be.
    next_step: Instant,
    /// Those who wait until there is no compaction under way.
    compacting: Vec<Waiter>,
    /// Watchers were not told of something, up to this revision.
    resyncs: Option<Revision>,
}

impl State {
    /// The state in this store, which goes up to that entry, with these members.
    pub fn new(store: Store<File>, applied: Position, configuration: Configuration) -> State {
        // One that a crash has cut off goes on.
        let forgets = Forgetting::of(&store);
        State {
            store,
            applied,
            configuration,
            commits: Commits::new(applied),
            forgets,
            next_step: Instant::now(),
            compacting: Vec::new(),
            resyncs: None,
        }
    }

    /// Works until it is told to stop. What is written by then is handed to the store.
    pub fn run(mut self, wires: &Wires) -> Result<(), Error> {
        let mut jobs = Vec::new();
        let (mut next, mut next_round) = (Instant::now(), Instant::now());
        loop {
            wires.jobs.take_until(next, &mut jobs);
            let mut stops = false;
            for job in jobs.drain(..) {
                stops |= self.take(job, wires)?;
            }
            self.commits.hear(&wires.retired);
            if self.store.rows().buffered() > TOO_MUCH {
                self.commits.wait(&wires.retired);
            }
            if let Some(newest) = self.resyncs.take() {
                wires.watches.put(ToWatches::Resync(newest));
            }
            if Instant::now() >= next_round {
                next_round = Instant::now() + lease::ROUND;
                self.round(wires);
            }
            let next_step = self.compact_further(wires)?;
            if stops {
                // What came since is to follow what is on its way.
                self.commits.wait(&wires.retired);
            }
            let buffered = self.store.rows().buffered();
            if self.commits.is_due(self.applied, buffered, &wires.rhythm) || stops {
                self.freeze(wires)?;
            }
            self.commits.tell_settled(|asker, told| tell(asker, told, wires));
            if stops {
                wires.store.put(ToStore::Stop);
                return Ok(());
            }
            let due = self.commits.due().min(next_round);
            next = next_step.map_or(due, |step| step.min(due));
        }
    }

    /// Does what it is told. Is it told to stop?
    fn take(&mut self, job: ToState, wires: &Wires) -> Result<bool, Error> {
        match job {
            ToState::Apply(span) => self.apply_span(span, wires)?,
            ToState::Install(brought) => self.install(brought, wires)?,
            ToState::Keys(leases, asker) => {
                tell(asker, Told::Keys(self.keys_of(&leases)), wires);
            }
            ToState::Sum(revision, asker) => {
                tell(asker, Told::Sum(self.store.sum(revision)), wires);
            }
            ToState::Compacted(asker) => self.compacting.push(asker),
            ToState::Settle(asker) => self.commits.settle(asker, self.applied),
            ToState::Retired => {}
            ToState::Stop => return Ok(true),
        }
        Ok(false)
    }

    /// If this member leads, it looks after leases.
    pub fn round(&self, wires: &Wires) {
        wires.leases.note_applied(self.applied.term);
        wires.leases.round(&wires.replica);
    }

    /// Carries out entries that follow one another, publishes what they wrote, and tells whoever
    /// waits.
    pub fn apply_span(&mut self, span: Span<Payload>, wires: &Wires) -> Result<(), mvcc::Error> {
        let mut post = wires.boxes.post();
        let mut happened: Vec<(Revision, Arc<[Event]>)> = Vec::new();
        let mut index = span.prev.index;
        for entry in &span.entries {
            index.0 += 1;
            self.applied = Position { term: entry.term, index };
            if let Some(Payload::Change(written)) = &entry.payload {
                self.configuration = self.configuration.after(written.change());
                rows::set_configuration(self.store.rows(), &self.configuration)?;
            }
            let Some(proposal) = entry.payload.as_ref().and_then(proposal) else { continue };
            let (before, began) = (self.store.current(), Instant::now());
            let outcome = match self.apply(&proposal, self.applied, wires) {
                Ok(answer) => Ok(answer),
                Err(mvcc::Error::Refused(error)) => Err(error),
                Err(broken) => return Err(broken),
            };
            let took = began.elapsed();
            tally::count(&wires.facts.metrics, &proposal, &outcome, took);
            if took > wires.slow {
                say_slow(&proposal, &outcome, took, wires);
            }
            // An entry that changes no key writes a row or two of another kind.
            let mut rows = 1;
            if self.store.current() > before {
                let events: Arc<[Event]> = self.store.take_events().into();
                rows = events.len() as u64;
                happened.push((self.store.current(), events));
            }
            self.commits.note(entry.size(), rows);
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
    pub fn freeze(&mut self, wires: &Wires) -> Result<(), mvcc::Error> {
        if !self.commits.can_begin(self.applied) {
            return Ok(());
        }
        rows::set_position(self.store.rows(), self.applied)?;
        if let Some(frozen) = self.store.freeze() {
            let before = self.commits.begin(self.applied, &wires.rhythm);
            if let Some(before) = before {
                let fields = fields![
                    "local-member-id": hex(wires.id.0),
                    "local-member-applied-index": self.applied.index.0,
                    "local-member-snapshot-index": before.index.0,
                    "local-member-snapshot-count": wires.rhythm.entries,
                    "snapshot-forced": false,
                ];
                wires.journal.info("triggering snapshot", fields);
            }
            let (index, is_snapshot) = (self.applied.index, before.is_some());
            wires.store.put(ToStore::Commit { frozen, index, is_snapshot });
        }
        Ok(())
    }
}

/// What an entry wishes. A new leader's first entry is empty, and so is the end of a change that
/// took two steps.
fn proposal(payload: &Payload) -> Option<Proposal> {
    match payload {
        // By whom the cluster decides, only a change can change.
        Payload::Data(data) => {
            Proposal::read(data.bytes()).ok().filter(|proposal| !proposal.is_change())
        }
        Payload::Change(written) => match written.change() {
            Change::Enter { context, .. } => Proposal::read(context.clone()).ok(),
            Change::Leave => None,
        },
    }
}

/// An entry took long.
fn say_slow(proposal: &Proposal, outcome: &Outcome, took: Duration, wires: &Wires) {
    wires.facts.metrics.raft.slow_applies.add(1);
    let mut fields = fields![
        "took": format!("{took:?}"),
        "expected-duration": format!("{:?}", wires.slow),
        "prefix": "",
        "request": loggable::proposal(proposal),
        "response": outcome.as_ref().map_or(String::new(), loggable::answer),
    ];
    if let Err(error) = outcome {
        fields.push(("error", error.to_string().into()));
    }
    wires.journal.warn("apply request took too long", fields);
}

fn tell(asker: Waiter, told: Told, wires: &Wires) {
    let mut post = wires.boxes.post();
    post.add(asker.runtime, asker.number, told);
    wires.boxes.deliver(&mut post);
}
