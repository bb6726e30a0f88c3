//! A log as a person reads it.
//!
//! Owns [`print`]: a line for each segment, one for each record, and where a segment does not end
//! well, the bytes there. It changes nothing, and reads damaged logs as far as there are records.
//!
//! Left to others: what a log comes to (`recovery`).

use crate::codec::{self, Record};
use crate::error::Error;
use crate::files::{Directory, File, read_all};
use crate::recovery::numbers;
use crate::segment::{self, End, Framed, Frames};
use basics::{Index, NodeId, Position, Term};
use std::fmt;
use std::io::Write;

/// So many bytes are shown before the place where a segment does not end well, and from it on.
const BEFORE: usize = 32;
const AFTER: usize = 96;

/// Writes all records of a log down, for a person, and how each segment ends. The bytes of what an
/// entry carries are shown up to `most` of them.
pub fn print<D: Directory>(directory: &D, most: usize, out: &mut dyn Write) -> Result<(), Error> {
    let numbers = numbers(directory)?;
    if numbers.is_empty() {
        return Err(Error::Nothing { place: directory.place() });
    }
    let mut next = numbers.first().copied().unwrap_or_default();
    for number in numbers {
        if number != next {
            say(out, format_args!("{}  missing", segment::name(next)))?;
        }
        next = number + 1;
        let name = segment::name(number);
        let file = directory.open(&name).map_err(Error::io("cannot open", &name))?;
        let owner = segment::owner(&file, number).map_err(Error::io("cannot read", &name))?;
        let Some(identity) = owner else {
            say(out, format_args!("{name}  no segment, or one with a damaged beginning"))?;
            show(&file, &name, 0, out)?;
            continue;
        };
        let mut frames = match Frames::new(&file, identity, number) {
            Ok(frames) => frames,
            Err(error) => {
                say(out, format_args!("{name}  {error}"))?;
                continue;
            }
        };
        let segment::Identity { cluster, member } = identity;
        let (length, claimed) = (frames.length, frames.claimed);
        say(out, format_args!("{name}  cluster {cluster:x}, member {member:x}, {length} bytes"))?;
        if claimed != length {
            say(out, format_args!("{length:>10}  damaged: it was {claimed} bytes long"))?;
        }
        while let Some(Framed { place, batch, checksum, record }) = frames.next()? {
            let shown = Shown { record: codec::record(record), most };
            say(out, format_args!("{place:>10}  {checksum:08x}  batch {batch:<6}  {shown}"))?;
        }
        let place = frames.place;
        match frames.end()? {
            End::Clean => say(out, format_args!("{place:>10}  only zeros follow"))?,
            End::Open => say(out, format_args!("{place:>10}  the rest of the batch is missing"))?,
            End::Torn => {
                say(out, format_args!("{place:>10}  a write that did not get to the disk whole:"))?;
                show(&file, &name, place, out)?;
            }
            End::Damaged(why) => {
                say(out, format_args!("{place:>10}  damaged: {why}:"))?;
                show(&file, &name, place, out)?;
            }
        }
    }
    Ok(())
}

fn say(out: &mut dyn Write, line: fmt::Arguments<'_>) -> Result<(), Error> {
    writeln!(out, "{line}").map_err(Error::io("cannot write", "what the log holds"))
}

/// The bytes around a place, 16 in a line.
fn show(file: &impl File, name: &str, place: u64, out: &mut dyn Write) -> Result<(), Error> {
    let start = place.saturating_sub(BEFORE as u64) / 16 * 16;
    let mut bytes = [0; BEFORE + AFTER];
    let count = read_all(file, &mut bytes, start).map_err(Error::io("cannot read", name))?;
    for (at, line) in (start..).step_by(16).zip(bytes[..count].chunks(16)) {
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let mark = if (at..at + 16).contains(&place) { '>' } else { ' ' };
        say(out, format_args!("{mark}{at:>11}  {}", hex.join(" ")))?;
    }
    Ok(())
}

/// A record, for a person.
struct Shown<'a> {
    record: Option<Record<'a>>,
    /// So many bytes of a payload at most.
    most: usize,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |term: u64, index: u64| Position { term: Term(term), index: Index(index) };
        match self.record {
            None => f.write_str("no record of this format"),
            Some(Record::Cut) => f.write_str("the rest of the batch was cut off"),
            Some(Record::HardState { term, vote: None }) => write!(f, "t{term}, no vote"),
            Some(Record::HardState { term, vote: Some(vote) }) => {
                write!(f, "t{term}, vote for {}", NodeId(vote))
            }
            Some(Record::GoesOn { term, index, current, vote }) => {
                let hard_state = Some(Record::HardState { term: current, vote });
                let hard_state = Shown { record: hard_state, most: self.most };
                write!(f, "goes on after {}; {hard_state}", at(term, index))
            }
            Some(Record::Begins { term, index }) => {
                write!(f, "begins anew after {}", at(term, index))
            }
            Some(Record::Entry { index, term, payload: None }) => {
                write!(f, "entry {}, empty", at(term, index))
            }
            Some(Record::Entry { index, term, payload: Some(bytes) }) => {
                write!(f, "entry {}, {} bytes", at(term, index), bytes.len())?;
                let shown = &bytes[..bytes.len().min(self.most)];
                if shown.is_empty() { Ok(()) } else { write!(f, ": {}", shown.escape_ascii()) }
            }
        }
    }
}
