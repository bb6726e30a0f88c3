//! Bytes that are no part of the log any more, or never were, and are kept beside it.
//!
//! Owns two things that are done to a log before it goes on: a torn write is cut off when a member
//! starts, and what comes after damage is cut off if a person says so.
//!
//! Invariant: nothing is zeroed before it is in another file, synced, under its name.
//!
//! Left to others: to find out which it is (`segment`), and what the log holds then (`recovery`).

use crate::codec::{HEAD, SECTOR};
use crate::error::Error;
use crate::files::{
    Directory, File, PIECE, anew, names, read_all, sync_names, unused, write_all, zero,
};
use crate::recovery::{self, Torn};
use crate::segment::{self, BEGINNING, Identity};
use crate::spare::NEW;
use replication::Payload;
use std::ops::Range;

/// What was given up of a damaged log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The segment.
    pub file: String,
    /// Where the damage began, and the log ends now.
    pub place: u64,
    /// What was wrong.
    pub why: String,
    /// The files that hold all segments, as they were, from the damaged one on.
    pub kept_in: Vec<String>,
}

/// Ends a damaged log where the damage begins. That segment and all after it are kept as they were,
/// in files beside the log. None if the log is not damaged; a torn write is no damage, and
/// [`Wal::open`](crate::Wal::open) sees to it.
///
/// **A member that starts with what is left has broken its word.** It has forgotten entries that it
/// had acknowledged, and perhaps its vote, so the cluster may lose what it had committed. Take the
/// member out instead, and let it join anew. This is for the last copy there is.
pub fn repair<D: Directory, P: Payload + for<'a> TryFrom<&'a [u8]>>(
    directory: &D,
    identity: Identity,
) -> Result<Option<Repaired>, Error> {
    let mut repaired = None;
    let mut kept_in = Vec::new();
    // What comes before a damage may be damaged itself: each time, the log ends earlier.
    loop {
        match recovery::read::<D, P>(directory, identity) {
            Ok(_) => return Ok(repaired.map(|done| Repaired { kept_in, ..done })),
            Err(Error::Damaged { file, place, why }) => {
                end(directory, &file, place, &mut kept_in)?;
                repaired = Some(Repaired { file, place, why, kept_in: Vec::new() });
            }
            Err(other) => return Err(other),
        }
    }
}

/// Ends a log at this place of a segment.
fn end<D: Directory>(
    directory: &D,
    file: &str,
    place: u64,
    kept_in: &mut Vec<String>,
) -> Result<(), Error> {
    let damaged = segment::number(file).expect("it is a segment that is damaged");
    let numbers = recovery::numbers(directory)?;
    // Of a segment that does not even say where it goes on, nothing is of use.
    let whole = place <= BEGINNING as u64;
    if whole && numbers.iter().all(|number| *number >= damaged) {
        return Err(Error::NothingLeft { file: file.to_owned() });
    }
    // First the segment itself, then those after it, the last first. Whatever a crash leaves of
    // this is still damaged, or all of it is done.
    if !whole {
        end_segment(directory, file, place, kept_in)?;
    }
    let is_gone = |number: &u64| *number > damaged || whole && *number == damaged;
    for number in numbers.into_iter().rev().filter(is_gone) {
        let name = segment::name(number);
        let aside = unused(directory, &format!("{name}.damaged"))?;
        directory.rename(&name, &aside).map_err(Error::io("cannot rename", name))?;
        kept_in.push(aside);
    }
    sync_names(directory)
}

/// Makes a segment anew that ends at this place, and puts it where the damaged one is, which is
/// kept beside it.
fn end_segment<D: Directory>(
    directory: &D,
    file: &str,
    place: u64,
    kept_in: &mut Vec<String>,
) -> Result<(), Error> {
    let segment = directory.open(file).map_err(Error::io("cannot open", file))?;
    let length = segment.length().map_err(Error::io("cannot look at", file))?;
    let aside = format!("{file}.damaged");
    // What an earlier repair has kept stays, also if it did not come to its end.
    if !kept_in.iter().any(|kept| kept.starts_with(&aside)) {
        let aside = unused(directory, &aside)?;
        copy(directory, (&segment, file), 0..length, &aside)?;
        kept_in.push(aside);
    }
    let length = segment::claimed(&segment).map_err(Error::io("cannot read", file))?;
    let end = place.min(length);
    let new = copy(directory, (&segment, file), 0..end, NEW)?;
    zero(&new, end, length).map_err(Error::io("cannot write", NEW))?;
    new.sync().map_err(Error::io("cannot sync", NEW))?;
    directory.rename(NEW, file).map_err(Error::io("cannot rename", NEW))?;
    sync_names(directory)
}

/// Cuts a torn write off: what comes from this place on is copied to a file beside the log, and
/// then zeroed.
pub(crate) fn cut<D: Directory>(
    directory: &D,
    file: &D::File,
    number: u64,
    place: u64,
) -> Result<Torn, Error> {
    let name = segment::name(number);
    let kept_in = unused(directory, &format!("{number:016x}-{place}.torn"))?;
    let length = file.length().map_err(Error::io("cannot look at", &name))?;
    copy(directory, (file, &name), place..length, &kept_in)?;
    let sector = ((place / SECTOR as u64 + 1) * SECTOR as u64).min(length);
    let record = (place + HEAD as u64).min(sector);
    let mark = record - 1;
    // Power may go again, and leave a beginning of any of these. It must still look torn: with a
    // zero for a mark, and zeros up to the sector's end. So what comes after the mark goes first,
    // then the mark by itself, and only then what it stands for.
    for (from, to) in [(sector, length), (record, sector), (mark, record), (place, mark)] {
        zero(file, from, to).map_err(Error::io("cannot write", &name))?;
        file.sync().map_err(Error::io("cannot sync", &name))?;
    }
    Ok(Torn { file: name, place, kept_in })
}

/// Copies a part of a file to a new one, and syncs that and its name. One of that name that is left
/// over is gone. Zeros at the end may be missing in the copy.
fn copy<D: Directory>(
    directory: &D,
    (from, name): (&D::File, &str),
    part: Range<u64>,
    to: &str,
) -> Result<D::File, Error> {
    let copy = anew(directory, to)?;
    let longest = usize::try_from(part.end.saturating_sub(part.start)).unwrap_or(PIECE);
    let mut piece = vec![0; PIECE.min(longest)];
    for start in part.clone().step_by(PIECE) {
        let count = usize::try_from(part.end - start).unwrap_or(PIECE).min(PIECE);
        let read = read_all(from, &mut piece[..count], start);
        let read = read.map_err(Error::io("cannot read", name))?;
        let used = piece[..read].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let written = write_all(&copy, &piece[..used], start - part.start);
        written.map_err(Error::io("cannot write", to))?;
    }
    copy.sync().map_err(Error::io("cannot sync", to))?;
    sync_names(directory)?;
    Ok(copy)
}

/// Takes away what was kept of torn writes in segments that are gone, so that it does not add up.
pub(crate) fn forget_torn(directory: &impl Directory, first: u64) -> Result<(), Error> {
    let segment = |name: &str| {
        let (number, rest) = name.split_at_checked(16)?;
        let is_torn = rest.starts_with('-') && rest.contains(".torn");
        u64::from_str_radix(number, 16).ok().filter(|_| is_torn)
    };
    for name in names(directory)? {
        if segment(&name).is_some_and(|number| number < first) {
            directory.remove(&name).map_err(Error::io("cannot remove", name))?;
        }
    }
    Ok(())
}
