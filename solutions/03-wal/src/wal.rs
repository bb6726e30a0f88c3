//! The log on disk, as its writer sees it.
//!
//! Owns [`Wal`]: where the next write goes, when a new segment begins, and when an old one may go.
//!
//! Left to others: frames and segments (`codec`, `segment`), reading (`recovery`).

use crate::codec::{self, Record, SECTOR};
use crate::error::Error;
use crate::files::{Directory, File, write_all};
use crate::recovery::{self, Recovered, Segments, Tail};
use crate::segment::{self, BEGINNING, Identity};
use basics::{Index, NodeId, Position};
use bytes::Bytes;
use election::HardState;
use replication::{Entry, Payload, Write};

/// A segment that is zeroed and waits for its turn.
const SPARE: &str = "spare";

/// One that is not zeroed yet.
const RAW: &str = "spare.new";

/// A segment that is about to get its name.
const NEW: &str = "segment.new";

/// Zeros are written in pieces of this size.
const PIECE: usize = 1 << 20;

/// How a log lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// How long a segment is. One may be longer, if a single batch is.
    pub segment_bytes: u64,
}

/// What a segment has to repeat of those before it, since they may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    hard_state: HardState,
    /// Where the log ends.
    last: Position,
}

/// A log on disk that is written.
///
/// Invariants:
/// - What was synced is in the segments, in order; the last one is zeros after `place`.
/// - Once anything has failed, nothing is written any more.
pub struct Wal<D: Directory> {
    directory: D,
    identity: Identity,
    options: Options,
    tail: Tail<D::File>,
    /// All segments, the oldest first.
    segments: Segments,
    /// Frames that are not written yet, and not sealed.
    batch: Vec<u8>,
    /// As of the last record that was added, and as of the last that was synced.
    added: State,
    synced: State,
    /// The reason for which nothing goes on.
    failed: Option<String>,
}

impl<D: Directory> Wal<D> {
    /// Makes a log in an empty directory. It begins after `start`.
    pub fn create(
        directory: D,
        identity: Identity,
        options: Options,
        hard_state: HardState,
        start: Position,
    ) -> Result<Wal<D>, Error> {
        if !recovery::numbers(&directory)?.is_empty() {
            return Err(Error::NotEmpty { place: directory.place() });
        }
        let number = 1;
        let state = State { hard_state, last: start };
        let tail = begin(&directory, identity, number, options.segment_bytes, state)?;
        let segments = [(number, start)].into();
        Ok(Wal::new(directory, identity, options, tail, segments, state))
    }

    /// Opens the log of a member that starts again: the log, and what it holds.
    pub fn open<P: Payload + TryFrom<Bytes>>(
        directory: D,
        identity: Identity,
        options: Options,
    ) -> Result<(Wal<D>, Recovered<P>), Error> {
        let (recovered, tail, segments) = recovery::recover::<D, P>(&directory, identity)?;
        let Recovered { hard_state, log, .. } = &recovered;
        let state = State { hard_state: *hard_state, last: log.last() };
        Ok((Wal::new(directory, identity, options, tail, segments, state), recovered))
    }

    fn new(
        directory: D,
        identity: Identity,
        options: Options,
        tail: Tail<D::File>,
        segments: Segments,
        state: State,
    ) -> Wal<D> {
        let (added, synced, batch, failed) = (state, state, Vec::new(), None);
        Wal { directory, identity, options, tail, segments, batch, added, synced, failed }
    }

    /// Adds what a save holds to the next batch. Nothing is on disk before [`Wal::sync`].
    pub fn add<P: Payload>(&mut self, write: &Write<P>) -> Result<(), Error> {
        self.refuse_if_failed()?;
        if let Some(hard_state) = write.hard_state {
            self.added.hard_state = hard_state;
            self.record(hard(hard_state))?;
        }
        if let Some(begins) = write.begins {
            self.added.last = begins;
            let Position { term, index } = begins;
            self.record(Record::Begins { term: term.0, index: index.0 })?;
        }
        let Some(span) = &write.entries else { return Ok(()) };
        for (index, Entry { term, payload }) in (span.prev.index.0 + 1..).zip(&span.entries) {
            let payload = payload.as_ref().map(Payload::bytes);
            self.record(Record::Entry { index, term: term.0, payload })?;
            self.added.last = Position { term: *term, index: Index(index) };
        }
        Ok(())
    }

    /// Writes all that was added since the last call, and syncs it: one write, one sync, however
    /// many saves. When it returns, all of them are on disk.
    ///
    /// An error is the end: what the disk holds of the batch is unknown. A sync is never tried
    /// again, since the system may have forgotten what it could not write.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.refuse_if_failed()?;
        if self.batch.is_empty() {
            return Ok(());
        }
        let written = self.write_batch();
        if let Err(error) = &written {
            self.failed = Some(error.to_string());
        }
        self.batch.clear();
        written
    }

    fn write_batch(&mut self) -> Result<(), Error> {
        if self.tail.place + self.batch.len() as u64 > self.tail.length {
            self.roll()?;
        }
        let Tail { file, number, place, seed, running, batch, .. } = &mut self.tail;
        *batch = batch.wrapping_add(1);
        codec::seal(&mut self.batch, 0, *batch, *seed, running);
        let name = segment::name(*number);
        write_all(file, &self.batch, *place).map_err(Error::io("cannot write", &name))?;
        file.sync().map_err(Error::io("cannot sync", &name))?;
        *place += self.batch.len().next_multiple_of(SECTOR) as u64;
        self.synced = self.added;
        Ok(())
    }

    /// Begins the next segment. It goes on where this one ends, and not where the batch does that
    /// is written next.
    fn roll(&mut self) -> Result<(), Error> {
        let number = self.tail.number + 1;
        // The first sector is the beginning's.
        let needed = (SECTOR + self.batch.len()) as u64;
        let length = self.options.segment_bytes.max(needed);
        self.tail = begin(&self.directory, self.identity, number, length, self.synced)?;
        self.segments.push_back((number, self.synced.last));
        Ok(())
    }

    /// Lets go of the segments in which nothing comes after this entry. Its effects are in the
    /// store, synced, and the log is never cut before it. A segment in which something comes after
    /// it stays whole.
    pub fn release(&mut self, index: Index) -> Result<(), Error> {
        self.refuse_if_failed()?;
        while self.segments.get(1).is_some_and(|(_, goes_on)| goes_on.index <= index) {
            let (number, _) = self.segments.pop_front().expect("there are two");
            let name = segment::name(number);
            let removed = self.directory.remove(&name).map_err(Error::io("cannot remove", &name));
            // Each before the next: what is left must follow one another.
            let place = self.directory.place();
            let synced = || self.directory.sync().map_err(Error::io("cannot sync", place));
            if let Err(error) = removed.and_then(|()| synced()) {
                self.failed = Some(error.to_string());
                return Err(error);
            }
        }
        Ok(())
    }

    fn record(&mut self, record: Record<'_>) -> Result<(), Error> {
        if codec::add(record, &mut self.batch) {
            return Ok(());
        }
        let reason = format!("a record of more than {} bytes", codec::LONGEST);
        self.failed = Some(reason.clone());
        Err(Error::Failed { reason })
    }

    fn refuse_if_failed(&self) -> Result<(), Error> {
        match &self.failed {
            Some(reason) => Err(Error::Failed { reason: reason.clone() }),
            None => Ok(()),
        }
    }
}

/// Zeroes a segment ahead of its use, so that a write to it changes nothing but its bytes. Not on
/// the way of any write: whoever has a thread to spare calls it. It does nothing if one is there.
pub fn prepare_spare<D: Directory>(directory: &D, options: Options) -> Result<(), Error> {
    let names = directory.names().map_err(Error::io("cannot list", directory.place()))?;
    if names.iter().any(|name| name == SPARE) {
        return Ok(());
    }
    let file = zeroed(directory, RAW, options.segment_bytes)?;
    file.sync().map_err(Error::io("cannot sync", RAW))?;
    directory.rename(RAW, SPARE).map_err(Error::io("cannot rename", RAW))
}

/// A file of this name with so many zeros, not synced. One of that name that is left over is gone.
fn zeroed<D: Directory>(directory: &D, name: &str, length: u64) -> Result<D::File, Error> {
    let names = directory.names().map_err(Error::io("cannot list", directory.place()))?;
    if names.iter().any(|it| it == name) {
        directory.remove(name).map_err(Error::io("cannot remove", name))?;
    }
    let file = directory.create(name).map_err(Error::io("cannot make", name))?;
    let zeros = vec![0; PIECE];
    let mut place = 0;
    while place < length {
        let count = usize::try_from(length - place).unwrap_or(PIECE).min(PIECE);
        write_all(&file, &zeros[..count], place).map_err(Error::io("cannot write", name))?;
        place += count as u64;
    }
    Ok(file)
}

/// Makes a segment that begins with this state. Until it has its name it is no segment, and when it
/// has, all of it is on disk: so a crash leaves it whole or not at all.
fn begin<D: Directory>(
    directory: &D,
    identity: Identity,
    number: u64,
    length: u64,
    state: State,
) -> Result<Tail<D::File>, Error> {
    let names = directory.names().map_err(Error::io("cannot list", directory.place()))?;
    let spare = names.iter().any(|name| name == SPARE);
    let ready = spare && {
        let file = directory.open(SPARE).map_err(Error::io("cannot open", SPARE))?;
        file.length().map_err(Error::io("cannot look at", SPARE))? >= length
    };
    let file = if ready {
        directory.rename(SPARE, NEW).map_err(Error::io("cannot rename", SPARE))?;
        directory.open(NEW).map_err(Error::io("cannot open", NEW))?
    } else {
        zeroed(directory, NEW, length)?
    };
    let length = file.length().map_err(Error::io("cannot look at", NEW))?;
    let (beginning, seed) = segment::beginning(identity, number, length);
    let mut bytes = beginning.to_vec();
    let Position { term, index } = state.last;
    let goes_on = Record::GoesOn { term: term.0, index: index.0 };
    let small = codec::add(goes_on, &mut bytes) && codec::add(hard(state.hard_state), &mut bytes);
    assert!(small, "these records are short");
    let (batch, mut running) = (0, seed);
    codec::seal(&mut bytes, BEGINNING, batch, seed, &mut running);
    write_all(&file, &bytes, 0).map_err(Error::io("cannot write", NEW))?;
    file.sync().map_err(Error::io("cannot sync", NEW))?;
    let name = segment::name(number);
    directory.rename(NEW, &name).map_err(Error::io("cannot rename", NEW))?;
    directory.sync().map_err(Error::io("cannot sync", directory.place()))?;
    let place = bytes.len().next_multiple_of(SECTOR) as u64;
    Ok(Tail { file, number, place, length, seed, running, batch })
}

fn hard(hard_state: HardState) -> Record<'static> {
    let HardState { term, vote } = hard_state;
    Record::HardState { term: term.0, vote: vote.map(|NodeId(vote)| vote) }
}
