//! The log on disk, as its writer sees it.
//!
//! Owns [`Wal`]: where the next write goes, when a new segment begins, and when an old one may go.
//!
//! Left to others: frames and segments (`codec`, `segment`), reading (`recovery`), what a segment
//! is made of and what becomes of it (`spare`).

use crate::codec::{self, Record, SECTOR};
use crate::error::Error;
use crate::files::{Directory, File, read_all, sync_names, write_all};
use crate::recovery::{self, Read, Recovered, Segment, Tail};
use crate::repair::{cut, forget_torn};
use crate::segment::{self, BEGINNING, Identity, Options};
use crate::spare::{self, NEW};
use basics::{Index, NodeId, Position};
use election::HardState;
use replication::{Entry, Payload, Write};
use std::collections::VecDeque;

/// A buffer that has grown beyond this is given back.
const BUFFER: usize = 4 << 20;

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
    segments: VecDeque<Segment>,
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
        let tail = begin(&directory, identity, number, options.segment_bytes, state, 0)?;
        let segments = [Segment { number, goes_on: start, length: tail.length }].into();
        Ok(Wal::new(directory, identity, options, tail, segments, state))
    }

    /// Opens the log of a member that starts again: the log, and what it holds. A torn write is cut
    /// off.
    pub fn open<P: Payload + for<'a> TryFrom<&'a [u8]>>(
        directory: D,
        identity: Identity,
        options: Options,
    ) -> Result<(Wal<D>, Recovered<P>), Error> {
        let read = recovery::read::<D, P>(&directory, identity)?;
        let Read { hard_state, log, segments, mut tail, torn, is_open } = read;
        let torn = torn.map(|place| cut(&directory, &tail.file, tail.number, place));
        let torn = torn.transpose()?;
        secure(&directory, &mut tail, is_open)?;
        forget_torn(&directory, segments.front().map_or(0, |first| first.number))?;
        let state = State { hard_state, last: log.last() };
        let wal = Wal::new(directory, identity, options, tail, segments, state);
        Ok((wal, Recovered { hard_state, log, torn }))
    }

    fn new(
        directory: D,
        identity: Identity,
        options: Options,
        tail: Tail<D::File>,
        segments: VecDeque<Segment>,
        state: State,
    ) -> Wal<D> {
        let least = 2 * SECTOR as u64;
        assert!(options.segment_bytes >= least, "a segment has a beginning, and room for more");
        let (added, synced, batch, failed) = (state, state, Vec::new(), None);
        Wal { directory, identity, options, tail, segments, batch, added, synced, failed }
    }

    /// Adds what a save holds to the next batch. Nothing is on disk before [`Wal::sync`].
    ///
    /// It panics if the entries leave a gap, or their terms fall: a start would refuse the log.
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
        assert!(!span.entries.is_empty(), "a save that cuts the log has an entry to cut it with");
        assert!(
            span.prev.index <= self.added.last.index,
            "entries join on to those that are there"
        );
        let mut before = span.prev.term;
        for (index, Entry { term, payload }) in (span.prev.index.0 + 1..).zip(&span.entries) {
            assert!(*term >= before, "terms never fall");
            before = *term;
            let payload = payload.as_ref().map(Payload::bytes);
            self.record(Record::Entry { index, term: term.0, payload })?;
            self.added.last = Position { term: *term, index: Index(index) };
        }
        Ok(())
    }

    /// The number of the segment that is written. When it changes, the spare is used up: it is time
    /// for [`prepare_spare`](crate::prepare_spare).
    pub fn segment(&self) -> u64 {
        self.tail.number
    }

    /// How many bytes were added since the last [`Wal::sync`]. Whoever adds decides when it is
    /// enough.
    pub fn added_bytes(&self) -> usize {
        self.batch.len()
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
        if self.batch.capacity() > 2 * BUFFER {
            self.batch.shrink_to(BUFFER);
        }
        written
    }

    fn write_batch(&mut self) -> Result<(), Error> {
        if self.tail.place + self.batch.len() as u64 > self.tail.length {
            self.roll()?;
        }
        let Tail { file, number, place, seed, running, batch, batch_at, .. } = &mut self.tail;
        *batch = batch.wrapping_add(1);
        codec::seal(&mut self.batch, 0, *batch, *seed, running);
        let name = segment::name(*number);
        write_all(file, &self.batch, *place).map_err(Error::io("cannot write", &name))?;
        file.sync().map_err(Error::io("cannot sync", &name))?;
        *batch_at = *place;
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
        let before = self.tail.running;
        self.tail = begin(&self.directory, self.identity, number, length, self.synced, before)?;
        let (goes_on, length) = (self.synced.last, self.tail.length);
        self.segments.push_back(Segment { number, goes_on, length });
        Ok(())
    }

    /// Lets go of the segments in which nothing comes after this entry. Its effects are in the
    /// store, synced, and the log is never cut before it. A segment in which something comes after
    /// it stays whole.
    pub fn release(&mut self, index: Index) -> Result<(), Error> {
        self.refuse_if_failed()?;
        while self.segments.get(1).is_some_and(|next| next.goes_on.index <= index) {
            let old = self.segments.pop_front().expect("there are two");
            if let Err(error) = self.let_go(&old) {
                self.failed = Some(error.to_string());
                return Err(error);
            }
        }
        Ok(())
    }

    /// One segment goes, and then the next: what is left must follow one another.
    fn let_go(&self, old: &Segment) -> Result<(), Error> {
        spare::retire(&self.directory, old.number, old.length == self.options.segment_bytes)?;
        sync_names(&self.directory)
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

/// Makes certain that what was read is on disk, before anybody is told of it. The process that
/// wrote the last batch may have been killed before it had synced that, or its sync may have
/// failed: then the system has it in memory, and does not even know that the disk has not. So it is
/// written once more. A batch that is not whole is ended.
fn secure<D: Directory>(
    directory: &D,
    tail: &mut Tail<D::File>,
    is_open: bool,
) -> Result<(), Error> {
    let name = segment::name(tail.number);
    let start = tail.batch_at / SECTOR as u64 * SECTOR as u64;
    let count = usize::try_from(tail.place - start).expect("it was in memory before");
    let mut bytes = vec![0; count];
    read_all(&tail.file, &mut bytes, start).map_err(Error::io("cannot read", &name))?;
    if is_open {
        assert!(codec::add(Record::Cut, &mut bytes), "it is short");
        codec::seal(&mut bytes, count, tail.batch, tail.seed, &mut tail.running);
    }
    write_all(&tail.file, &bytes, start).map_err(Error::io("cannot write", &name))?;
    tail.file.sync().map_err(Error::io("cannot sync", &name))?;
    sync_names(directory)?;
    tail.place = start + bytes.len().next_multiple_of(SECTOR) as u64;
    Ok(())
}

/// Makes a segment that begins with this state. Until it has its name it is no segment, and when it
/// has, all of it is on disk: so a crash leaves it whole or not at all.
fn begin<D: Directory>(
    directory: &D,
    identity: Identity,
    number: u64,
    length: u64,
    state: State,
    before: u32,
) -> Result<Tail<D::File>, Error> {
    let file = spare::take(directory, length)?;
    let length = file.length().map_err(Error::io("cannot look at", NEW))?;
    let (beginning, seed) = segment::beginning(identity, number, length, before);
    let mut bytes = beginning.to_vec();
    let State { hard_state: HardState { term: current, vote }, last } = state;
    let goes_on = Record::GoesOn {
        term: last.term.0,
        index: last.index.0,
        current: current.0,
        vote: vote.map(|NodeId(vote)| vote),
    };
    assert!(codec::add(goes_on, &mut bytes), "it is short");
    let (batch, mut running) = (0, seed);
    codec::seal(&mut bytes, BEGINNING, batch, seed, &mut running);
    // A spare is all zeros, unless power went right here the last time: then it has its old name
    // again, and a beginning. So the sector is written as a whole.
    bytes.resize(SECTOR, 0);
    write_all(&file, &bytes, 0).map_err(Error::io("cannot write", NEW))?;
    file.sync().map_err(Error::io("cannot sync", NEW))?;
    let name = segment::name(number);
    directory.rename(NEW, &name).map_err(Error::io("cannot rename", NEW))?;
    sync_names(directory)?;
    let place = SECTOR as u64;
    let batch_at = BEGINNING as u64;
    Ok(Tail { file, number, place, length, seed, running, batch, batch_at })
}

fn hard(hard_state: HardState) -> Record<'static> {
    let HardState { term, vote } = hard_state;
    Record::HardState { term: term.0, vote: vote.map(|NodeId(vote)| vote) }
}
