//! The state of a member without its threads, driven by hand: for tests, and for tools that read a
//! log.
//!
//! Owns [`Still`]. It is the state that a member has, over a store in a folder, with all that its
//! thread does: but each thing when it is told to, and at the time that it is told. Nobody waits,
//! nothing is synced, and what became of an entry is handed back. So an hour of leases takes as
//! long as it takes to say so.
//!
//! Invariants:
//! - What is carried out, installed, frozen and forgotten, the functions do that a member's thread
//!   calls. Here is only who calls them.
//! - What it does depends on the calls, and on no clock and no draw.
//! - A crash takes what was not in the last [`Still::image`]: whoever has that opens it again.
//!
//! Left to others: the log, who leads, and other members.

use crate::boxes::{Boxes, PostBox, Told};
use crate::clock::Clock;
use crate::config::Compaction;
use crate::contents;
use crate::disk::{Disk, StoreFolder, store_options};
use crate::facts::Facts;
use crate::gate::Kind;
use crate::inside::Inside;
use crate::journal::Journal;
use crate::leases::{Leases, written};
use crate::letters::{Brought, Retired, ToReplica, ToStore};
use crate::links::Links;
use crate::mailbox::Mailbox;
use crate::metrics::Metrics;
use crate::opening;
use crate::proposal::Sender;
use crate::reader::Reader;
use crate::roster::Roster;
use crate::state::{self, Rhythm, State, Wires};
use crate::stop::Stop;
use basics::{NodeId, Position, Term};
use bolt::backend::{self, Committed, Committer};
use lease::{Checkpoint, Decided, Renewal};
use mvcc::Progress;
use raft::{Data, Payload, Stored};
use replication::Span;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Semaphore, oneshot};

mod look;

pub use crate::proposal::{
    AddMember, Answer, By, LoggedIn, Outcome, PromoteMember, Proposal, Publish, RemoveMember,
    SetDowngrade, SetVersion, UpdateMember, UserWish, Wish,
};
pub use look::BUCKETS;

/// What the store's file is called, and what another one's is until it has that name.
const NAME: &str = "db";
const PART: &str = "brought";

/// Why it cannot go on.
#[derive(Debug, Error)]
pub enum Error {
    /// Its store cannot be opened.
    #[error(transparent)]
    Opening(#[from] opening::Error),
    /// What is to be carried out.
    #[error(transparent)]
    State(#[from] state::Error),
    /// An image that was brought cannot be written.
    #[error("cannot write {}: {error}", place.display())]
    Brought {
        /// Where.
        place: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl From<mvcc::Error> for Error {
    fn from(error: mvcc::Error) -> Error {
        Error::State(error.into())
    }
}

impl From<bolt::Error> for Error {
    fn from(error: bolt::Error) -> Error {
        Error::State(error.into())
    }
}

impl From<contents::Error> for Error {
    fn from(error: contents::Error) -> Error {
        Error::State(error.into())
    }
}

/// How it is.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Which member it is.
    pub id: NodeId,
    /// How leases are kept.
    pub leases: lease::Options,
    /// After more entries than that, what is frozen is a snapshot.
    pub entries: u64,
    /// So many revisions a step of a compaction looks at.
    pub batch: usize,
}

/// What was frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// It goes up to this entry.
    pub at: Position,
    /// Once it is on disk, the log may be forgotten up to there.
    pub is_snapshot: bool,
}

/// A state without a thread.
pub struct Still {
    state: State,
    wires: Wires,
    clock: Clock,
    committer: Committer<StoreFolder>,
    /// What was written to the file, and does not count as being there yet.
    on_its_way: Option<Committed>,
    post_box: Arc<PostBox>,
    place: PathBuf,
}

/// A proposal as an entry has it. Every [`Still`] tells what became of it, under this number.
pub fn numbered(proposal: Proposal, number: u64) -> Data {
    Proposal { sender: Some(sender(number)), ..proposal }.write()
}

/// The number of a proposal; none if nobody is told what becomes of it.
pub fn number(proposal: &Proposal) -> Option<u64> {
    proposal.sender.map(|sender| sender.number)
}

/// Whoever waits, waits at all of them.
fn sender(number: u64) -> Sender {
    Sender { member: 0, start: 0, runtime: 0, number }
}

/// What a primary wishes before it renews a lease whose rest is written down.
pub fn take_back(rests: &Decided<Vec<Checkpoint>>) -> Wish {
    Wish::LeaseRests(written(rests))
}

/// Makes the store of a new member in this folder: with the founders of its cluster, each with a
/// name and addresses; or with nobody, if it comes later.
pub fn found(
    place: &Path,
    stored: &Stored,
    founders: impl IntoIterator<Item = (NodeId, String, Vec<String>)>,
) -> Result<(), Error> {
    let (mut rows, mut committer) = backend::open(folder(place), NAME, store_options())?;
    opening::found((&mut rows, &mut committer), stored, &Roster::of_founders(founders))?;
    Ok(())
}

fn folder(place: &Path) -> StoreFolder {
    Disk::new(bolt::Folder::new(place), false)
}

impl Still {
    /// The state of the store in this folder, at this time.
    pub fn open(place: &Path, options: Options, now: Duration) -> Result<Still, Error> {
        let (mut rows, committer) = backend::open(folder(place), NAME, store_options())?;
        let contents = contents::read(&rows.view(), options.leases)?;
        let (clock, known) = (Clock::showing(now), (Kind::None, Metrics::new(false)));
        let store = (rows, &committer);
        let inside = Inside::of(store, contents, clock.clone(), known)?;
        let Inside { state, leases, facts, reader } = inside;
        let (leases, facts) = (Arc::new(leases), Arc::new(facts));
        let boxes = Arc::new(Boxes::new(0, 0, 1));
        let post_box = boxes.of(0);
        let wires = wires(place, options, (leases, facts, reader, boxes));
        let place = place.to_owned();
        Ok(Still { state, wires, clock, committer, on_its_way: None, post_box, place })
    }

    /// So late it is now.
    pub fn set_time(&self, now: Duration) {
        self.clock.set(now);
    }

    /// This member leads in that term, or it does not lead.
    pub fn note_leader(&self, term: Option<Term>) {
        self.wires.leases.note_leader(term);
    }

    /// Carries out entries; what became of each that somebody waits for, by its number.
    pub fn apply(&mut self, span: Span<Payload>) -> Result<Vec<(u64, Outcome)>, Error> {
        self.state.apply_span(span, &self.wires)?;
        // Nobody here drives a log, and nobody watches.
        taken(&self.wires.replica);
        taken(&self.wires.watches);
        let told = self.post_box.take().into_iter();
        Ok(told.filter_map(|(number, told)| outcome(told).map(|it| (number, it))).collect())
    }

    /// A look at leases, as the thread has it every [`lease::ROUND`]: what is to be proposed then.
    pub fn round(&self) -> Vec<Data> {
        self.state.round(&self.wires);
        let proposed = |letter| match letter {
            ToReplica::Propose(wanted) => Some(wanted.data),
            ToReplica::Change(_)
            | ToReplica::Heard(_)
            | ToReplica::Bringing(..)
            | ToReplica::NotBrought(_)
            | ToReplica::Brought(_)
            | ToReplica::Installed(..)
            | ToReplica::Transfer(..)
            | ToReplica::Read(..)
            | ToReplica::Reach(..)
            | ToReplica::Synced(_)
            | ToReplica::Applied(_)
            | ToReplica::Durable(_)
            | ToReplica::HandOver
            | ToReplica::Stop => None,
        };
        taken(&self.wires.replica).into_iter().filter_map(proposed).collect()
    }

    /// A client renews a lease.
    pub fn renew(&self, lease: api::LeaseId) -> Result<Renewal, api::Error> {
        let leases = &self.wires.leases;
        leases.lock().renew(lease, leases.now())
    }

    /// One step of a compaction. Is there more to do?
    pub fn compaction_step(&mut self) -> Result<bool, Error> {
        // Whoever would remember what the past was is done with that.
        taken(&self.wires.hashes);
        Ok(self.state.compaction_step(&self.wires)? != Progress::Done)
    }

    /// Writes all that was carried out to the file, if the file has not all of it, and what was
    /// frozen before is retired. Until this is retired too, it counts as on its way.
    pub fn freeze(&mut self) -> Result<Option<Frozen>, Error> {
        let at = self.state.applied();
        self.state.freeze(&self.wires)?;
        let Some(ToStore::Commit { frozen, is_snapshot, .. }) = taken(&self.wires.store).pop()
        else {
            return Ok(None);
        };
        self.on_its_way = Some(self.committer.commit(frozen)?);
        Ok(Some(Frozen { at, is_snapshot }))
    }

    /// What was frozen is on disk.
    pub fn retire(&mut self) {
        if let Some(committed) = self.on_its_way.take() {
            self.committer.retire(committed);
            self.wires.retired.put(Retired::OnDisk);
            self.state.hear(&self.wires.retired);
        }
    }

    /// The file, as of what was frozen last: what another member gets, and what there is after a
    /// crash.
    pub fn image(&self) -> Result<Vec<u8>, Error> {
        let mut image = Vec::new();
        self.committer.store().view().image(|piece| {
            image.extend_from_slice(piece);
            true
        })?;
        Ok(image)
    }

    /// Another member's image, which goes up to this entry, takes the place of the state.
    pub fn install(&mut self, image: &[u8], at: Position) -> Result<(), Error> {
        self.retire();
        let part = self.place.join(PART);
        let failed = |error| Error::Brought { place: part.clone(), error };
        fs::write(&part, image).map_err(failed)?;
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned();
        let place = place.expect("nobody else has it");
        let (done, _) = oneshot::channel();
        // There is no thread that has the file.
        self.wires.retired.put(Retired::LetGo);
        self.state.install(Brought { at, part, place, done }, &self.wires)?;
        for letter in taken(&self.wires.store) {
            if let ToStore::Replace(committer) = letter {
                self.committer = *committer;
            }
        }
        taken(&self.wires.replica);
        taken(&self.wires.watches);
        taken(&self.wires.hashes);
        Ok(())
    }
}

/// What a state has to do with: mailboxes that nobody reads but [`Still`].
fn wires(
    place: &Path,
    options: Options,
    (leases, facts, reader, boxes): (Arc<Leases>, Arc<Facts>, Reader, Arc<Boxes>),
) -> Wires {
    let Options { id, leases: lease_options, entries, batch } = options;
    let (links, _) = Links::new(id, facts.clone());
    links.note_roster(&facts.roster.get());
    Wires {
        jobs: Arc::default(),
        replica: Arc::default(),
        store: Arc::default(),
        retired: Arc::default(),
        leases,
        facts,
        watches: Arc::default(),
        hashes: Arc::default(),
        boxes,
        rhythm: Rhythm { pause: Duration::ZERO, rows: u64::MAX, entries },
        compaction: Compaction { batch, sleep: Duration::ZERO },
        slow: Duration::MAX,
        id,
        journal: Journal::default(),
        reader,
        directory: folder(place),
        lease_options,
        links: Arc::new(links),
        stop: Stop::default(),
    }
}

/// All letters that are there.
fn taken<T>(mailbox: &Mailbox<T>) -> Vec<T> {
    let mut letters = Vec::new();
    mailbox.take_now(&mut letters);
    letters
}

/// What became of an entry, if that is what somebody is told.
fn outcome(told: Told) -> Option<Outcome> {
    match told {
        Told::Done(outcome) => Some(outcome),
        Told::Read | Told::Keys(_) | Told::Sum(_) | Told::Settled | Told::Defragmented(_) => None,
    }
}
