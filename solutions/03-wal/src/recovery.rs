//! What the segments of a directory come to.
//!
//! Owns [`recover`], which reads them in order and folds their records into a hard state and a log.
//!
//! Invariant: what was synced is there, or the log is refused. A write that was under way when
//! power went may be there as a whole, in part or not at all; the part is a beginning of it.
//!
//! Left to others: one segment's frames (`segment`), and what the store holds (chapter 4).

use crate::codec::{Record, SECTOR};
use crate::error::Error;
use crate::files::{Directory, File, write_all};
use crate::segment::{self, End, Frames, Identity};
use basics::{Index, NodeId, Position, Term};
use bytes::Bytes;
use election::HardState;
use replication::{Entry, Log, Payload, Span};
use std::collections::VecDeque;

/// What a log on disk holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered<P> {
    /// The term and the vote.
    pub hard_state: HardState,
    /// The entries, and the position before them.
    pub log: Log<P>,
    /// What a crash had left of a write that nobody was told of, and that was cut off.
    pub torn: Option<Torn>,
}

/// A write that did not get to the disk whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The segment.
    pub file: String,
    /// Where it began.
    pub place: u64,
    /// The file to which its bytes were copied before they were cut off.
    pub kept_in: String,
}

/// Where the writer goes on.
pub(crate) struct Tail<F> {
    pub file: F,
    pub number: u64,
    pub place: u64,
    pub length: u64,
    pub seed: u32,
    pub running: u32,
    pub batch: u32,
}

/// A segment, and the position after which it goes on.
pub(crate) type Segments = VecDeque<(u64, Position)>;

/// The fold of all records so far.
struct Fold<P> {
    hard_state: HardState,
    log: Span<P>,
    /// Whether any record has said where the log begins.
    begun: bool,
}

/// What recovery comes to: what was held, where to go on, and which segments there are.
pub(crate) type Found<P, F> = (Recovered<P>, Tail<F>, Segments);

/// Reads all segments of a directory.
pub(crate) fn recover<D: Directory, P: Payload + TryFrom<Bytes>>(
    directory: &D,
    identity: Identity,
) -> Result<Found<P, D::File>, Error> {
    let numbers = numbers(directory)?;
    let mut fold =
        Fold { hard_state: HardState::default(), log: Span::empty(Position::START), begun: false };
    let mut segments = Segments::new();
    let (mut tail, mut torn) = (None, None);
    for (at, number) in numbers.iter().copied().enumerate() {
        let name = segment::name(number);
        let file = directory.open(&name).map_err(Error::io("cannot open", &name))?;
        let mut frames = Frames::new(&file, identity, number)?;
        let mut first = None;
        loop {
            let place = frames.place;
            let Some(bytes) = frames.next()? else { break };
            let damaged = |why: &str| Error::Damaged { file: name.clone(), place, why: why.into() };
            let record = crate::codec::record(bytes);
            let record = record.ok_or_else(|| damaged("it holds no record of this format"))?;
            if let Record::GoesOn { term, index } = record {
                first = first.or(Some(Position { term: Term(term), index: Index(index) }));
            }
            fold.take(record).map_err(damaged)?;
        }
        let goes_on = first.ok_or_else(|| Error::Damaged {
            file: name.clone(),
            place: segment::BEGINNING as u64,
            why: "it does not say where it goes on".to_owned(),
        })?;
        segments.push_back((number, goes_on));
        let end = frames.end()?;
        let is_last = at + 1 == numbers.len();
        match end {
            End::Clean => {}
            End::Torn if is_last => {
                let place = frames.place;
                torn = Some(cut(directory, &file, number, place)?);
            }
            End::Torn | End::Damaged(_) => {
                let why = match end {
                    End::Damaged(why) => why,
                    End::Torn | End::Clean => "it ends in the middle, and others follow".to_owned(),
                };
                return Err(Error::Damaged { file: name, place: frames.place, why });
            }
        }
        if is_last {
            let (place, running, batch) = (frames.place, frames.running, frames.batch);
            let place = place.next_multiple_of(SECTOR as u64);
            let length = file.length().map_err(Error::io("cannot look at", &name))?;
            let (_, seed) = segment::beginning(identity, number, length);
            tail = Some(Tail { file, number, place, length, seed, running, batch });
        }
    }
    let tail = tail.ok_or_else(|| Error::Nothing { place: directory.place() })?;
    let Fold { hard_state, log, .. } = fold;
    Ok((Recovered { hard_state, log: log.into(), torn }, tail, segments))
}

/// The numbers of all segments. They follow one another.
pub(crate) fn numbers(directory: &impl Directory) -> Result<Vec<u64>, Error> {
    let names = directory.names().map_err(Error::io("cannot list", directory.place()))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment::number(name)).collect();
    numbers.sort_unstable();
    for pair in numbers.windows(2) {
        if let [one, next] = pair
            && one + 1 != *next
        {
            let file = segment::name(one + 1);
            let why = "it is missing, and a later one is there".to_owned();
            return Err(Error::Damaged { file, place: 0, why });
        }
    }
    Ok(numbers)
}

impl<P: Payload + TryFrom<Bytes>> Fold<P> {
    /// One record more; why it cannot be, if it cannot.
    fn take(&mut self, record: Record<'_>) -> Result<(), &'static str> {
        let at = |term: u64, index: u64| Position { term: Term(term), index: Index(index) };
        match record {
            Record::HardState { term, vote } => {
                self.hard_state = HardState { term: Term(term), vote: vote.map(NodeId) };
                Ok(())
            }
            Record::GoesOn { term, index } if !self.begun => {
                self.begun = true;
                self.log = Span::empty(at(term, index));
                Ok(())
            }
            Record::GoesOn { term, index } if self.log.last() == at(term, index) => Ok(()),
            Record::GoesOn { .. } => Err("it does not go on where the segment before it ends"),
            Record::Begins { term, index } => {
                self.log = Span::empty(at(term, index));
                Ok(())
            }
            Record::Entry { index, term, payload } => self.entry(index, term, payload),
        }
    }

    /// An entry.
    ///
    /// It may stand before the place where the first segment goes on: that was cut in this segment,
    /// and the segments before it were let go later. Then it was let go with them, and the log
    /// begins after it.
    fn entry(&mut self, index: u64, term: u64, payload: Option<&[u8]>) -> Result<(), &'static str> {
        if index <= self.log.prev.index.0 {
            self.log = Span::empty(Position { term: Term(term), index: Index(index) });
            return Ok(());
        }
        let after = index.checked_sub(1).and_then(|it| it.checked_sub(self.log.prev.index.0));
        let kept = after.and_then(|after| usize::try_from(after).ok());
        let kept = kept.filter(|kept| *kept <= self.log.entries.len());
        self.log.entries.truncate(kept.ok_or("its entry does not join on")?);
        if Term(term) < self.log.last().term {
            return Err("its entry is of a term before that of the entry before it");
        }
        let payload = payload.map(|bytes| P::try_from(Bytes::copy_from_slice(bytes)));
        let payload = payload.transpose().map_err(|_| "its entry holds no payload of this log")?;
        self.log.entries.push(Entry { term: Term(term), payload });
        Ok(())
    }
}

/// Cuts a torn write off: its bytes are copied to a file beside the log, and then zeroed.
fn cut<D: Directory>(
    directory: &D,
    file: &D::File,
    number: u64,
    place: u64,
) -> Result<Torn, Error> {
    let name = segment::name(number);
    let length = file.length().map_err(Error::io("cannot look at", &name))?;
    let count = usize::try_from(length - place).expect("a segment fits into memory");
    let mut bytes = vec![0; count];
    crate::files::read_all(file, &mut bytes, place).map_err(Error::io("cannot read", &name))?;
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.truncate(used);
    let kept_in = format!("{number:016x}-{place}.torn");
    let names = directory.names().map_err(Error::io("cannot list", directory.place()))?;
    if names.contains(&kept_in) {
        directory.remove(&kept_in).map_err(Error::io("cannot remove", &kept_in))?;
    }
    let copy = directory.create(&kept_in).map_err(Error::io("cannot make", &kept_in))?;
    write_all(&copy, &bytes, 0).map_err(Error::io("cannot write", &kept_in))?;
    copy.sync().map_err(Error::io("cannot sync", &kept_in))?;
    directory.sync().map_err(Error::io("cannot sync", directory.place()))?;
    bytes.fill(0);
    write_all(file, &bytes, place).map_err(Error::io("cannot write", &name))?;
    file.sync().map_err(Error::io("cannot sync", &name))?;
    Ok(Torn { file: name, place, kept_in })
}
