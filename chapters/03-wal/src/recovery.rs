//! What the segments of a directory come to.
//!
//! Owns [`read`], which reads them in order and folds their records into a hard state and a log. It
//! changes nothing.
//!
//! Invariant: what was synced is there, or the log is refused. A write that was under way when
//! power went may be there as a whole, in part or not at all; the part is a beginning of it.
//!
//! Left to others: one segment's frames (`segment`), what becomes of a torn write (`repair`), and
//! what the store holds (chapter 4).

use crate::codec::{self, Record};
use crate::error::Error;
use crate::files::{Directory, names};
use crate::segment::{self, BEGINNING, End, Framed, Frames, Identity};
use basics::{Index, NodeId, Position, Term};
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

/// A segment that is there.
pub(crate) struct Segment {
    pub number: u64,
    /// It goes on after this entry.
    pub goes_on: Position,
    pub length: u64,
}

/// Where the writer goes on: in the last segment.
pub(crate) struct Tail<F> {
    pub file: F,
    pub number: u64,
    /// Where the last batch ends; while something is written, where the next begins.
    pub place: u64,
    pub length: u64,
    pub seed: u32,
    pub running: u32,
    /// The last batch, and where it begins.
    pub batch: u32,
    pub batch_at: u64,
}

/// What reading comes to.
pub(crate) struct Read<P, F> {
    pub hard_state: HardState,
    pub log: Log<P>,
    /// The oldest first; there is one.
    pub segments: VecDeque<Segment>,
    pub tail: Tail<F>,
    /// Where a torn write begins in the tail, if there is one.
    pub torn: Option<u64>,
    /// The last batch is not whole, and is to be ended.
    pub is_open: bool,
}

/// The fold of all records so far.
struct Fold<P> {
    hard_state: HardState,
    log: Span<P>,
    /// Whether any record has said where the log begins.
    begun: bool,
}

/// Reads all segments of a directory.
pub(crate) fn read<D: Directory, P: Payload + for<'a> TryFrom<&'a [u8]>>(
    directory: &D,
    identity: Identity,
) -> Result<Read<P, D::File>, Error> {
    let numbers = row(directory)?;
    let Some(last) = numbers.last().copied() else {
        return Err(Error::Nothing { place: directory.place() });
    };
    let mut fold = Fold::new();
    let mut segments = VecDeque::new();
    let mut running = None;
    for number in numbers {
        let name = segment::name(number);
        let file = directory.open(&name).map_err(Error::io("cannot open", &name))?;
        let mut frames = Frames::new(&file, identity, number)?;
        let (length, claimed) = (frames.length, frames.claimed);
        if claimed != length {
            let why = format!("it was {claimed} bytes long, and is {length}");
            return Err(Error::Damaged { file: name, place: length, why });
        }
        let goes_on = fold.take_all(&mut frames, &name)?;
        if running.is_some_and(|running| running != frames.before) {
            let why = "it does not follow the segment before it".to_owned();
            return Err(Error::Damaged { file: name, place: 0, why });
        }
        running = Some(frames.running);
        let end = frames.end()?;
        let Frames { place, ends, seed, running, batch, batch_at, is_whole, .. } = frames;
        segments.push_back(Segment { number, goes_on, length });
        match end {
            End::Clean | End::Open | End::Torn if number == last => {
                let torn = (end == End::Torn).then_some(place);
                let (place, is_open) = (ends, !is_whole);
                let tail = Tail { file, number, place, length, seed, running, batch, batch_at };
                let Fold { hard_state, log, .. } = fold;
                return Ok(Read { hard_state, log: log.into(), segments, tail, torn, is_open });
            }
            End::Clean => {}
            End::Open | End::Torn => {
                let why = "it ends in the middle, and others follow".to_owned();
                return Err(Error::Damaged { file: name, place, why });
            }
            End::Damaged(why) => return Err(Error::Damaged { file: name, place, why }),
        }
    }
    unreachable!("the last segment is among them")
}

/// Whose log is in this directory, by its own word: for whoever looks at it without knowing.
pub fn owner(directory: &impl Directory) -> Result<Identity, Error> {
    for number in numbers(directory)? {
        let name = segment::name(number);
        let file = directory.open(&name).map_err(Error::io("cannot open", &name))?;
        let owner = segment::owner(&file, number).map_err(Error::io("cannot read", &name))?;
        if let Some(owner) = owner {
            return Ok(owner);
        }
    }
    Err(Error::Nothing { place: directory.place() })
}

/// The numbers of all segments. They follow one another.
fn row(directory: &impl Directory) -> Result<Vec<u64>, Error> {
    let numbers = numbers(directory)?;
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

/// Is there no log in a directory?
pub fn is_empty(directory: &impl Directory) -> Result<bool, Error> {
    numbers(directory).map(|numbers| numbers.is_empty())
}

/// The numbers of all segments, in order.
pub(crate) fn numbers(directory: &impl Directory) -> Result<Vec<u64>, Error> {
    let names = names(directory)?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment::number(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

impl<P: Payload + for<'a> TryFrom<&'a [u8]>> Fold<P> {
    fn new() -> Fold<P> {
        let (hard_state, log) = (HardState::default(), Span::empty(Position::START));
        Fold { hard_state, log, begun: false }
    }

    /// All records of a segment; after which entry it goes on.
    fn take_all<F: crate::File>(
        &mut self,
        frames: &mut Frames<'_, F>,
        name: &str,
    ) -> Result<Position, Error> {
        let damaged = |place: u64, why: &str| {
            let (file, why) = (name.to_owned(), why.to_owned());
            Error::Damaged { file, place, why }
        };
        let mut goes_on = None;
        while let Some(Framed { place, record, .. }) = frames.next()? {
            let record = codec::record(record);
            let record = record.ok_or_else(|| damaged(place, "it is no record of this format"))?;
            match (&record, goes_on) {
                (Record::GoesOn { term, index, .. }, None) => goes_on = Some(at(*term, *index)),
                (Record::GoesOn { .. }, Some(_)) => {
                    return Err(damaged(place, "it begins a second time"));
                }
                (_, None) => break,
                (_, Some(_)) => {}
            }
            self.take(record).map_err(|why| damaged(place, why))?;
        }
        goes_on.ok_or_else(|| damaged(BEGINNING as u64, "it does not say where it goes on"))
    }

    /// One record more; why it cannot be, if it cannot.
    fn take(&mut self, record: Record<'_>) -> Result<(), &'static str> {
        match record {
            Record::HardState { term, vote } => {
                self.hard_state = HardState { term: Term(term), vote: vote.map(NodeId) };
                Ok(())
            }
            Record::GoesOn { term, index, current, vote } => {
                if !self.begun {
                    self.begun = true;
                    self.log = Span::empty(at(term, index));
                }
                if self.log.last() != at(term, index) {
                    return Err("it does not go on where the segment before it ends");
                }
                self.take(Record::HardState { term: current, vote })
            }
            Record::Begins { term, index } => {
                self.log = Span::empty(at(term, index));
                Ok(())
            }
            Record::Entry { index, term, payload } => self.entry(index, term, payload),
            Record::Cut => Ok(()),
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
        let payload = payload.map(P::try_from).transpose();
        let payload = payload.map_err(|_| "its entry holds no payload of this log")?;
        self.log.entries.push(Entry { term: Term(term), payload });
        Ok(())
    }
}

fn at(term: u64, index: u64) -> Position {
    Position { term: Term(term), index: Index(index) }
}
