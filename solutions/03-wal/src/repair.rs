//! Bytes that are no part of the log any more, or never were, and are kept beside it.
//!
//! Owns two things that are done to a log before it goes on: a torn write is cut off when a member
//! starts, and what comes after damage is cut off if a person says so.
//!
//! Invariant: nothing is zeroed before it is in another file, synced, under its name.
//!
//! Left to others: to find out which it is (`segment`), and what the log holds then (`recovery`).

use crate::error::Error;
use crate::files::{Directory, File, PIECE, read_all, write_all, zero};
use crate::recovery::{self, Torn};
use crate::segment::{self, BEGINNING, Identity};
use replication::Payload;

/// What was given up of a damaged log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The segment.
    pub file: String,
    /// Where the damage began, and the log ends now.
    pub place: u64,
    /// What was wrong.
    pub why: String,
    /// The files that hold what came from there on.
    pub kept_in: Vec<String>,
}

/// Ends a damaged log where the damage begins. What comes after it is kept in files beside it. None
/// if the log is not damaged; a torn write is no damage, and [`Wal::open`](crate::Wal::open) sees
/// to it.
///
/// **A member that starts with what is left has broken its word.** It has forgotten entries that it
/// had acknowledged, and perhaps its vote, so the cluster may lose what it had committed. Take the
/// member out instead, and let it join anew. This is for the last copy there is.
pub fn repair<D: Directory, P: Payload + for<'a> TryFrom<&'a [u8]>>(
    directory: &D,
    identity: Identity,
) -> Result<Option<Repaired>, Error> {
    let (file, place, why) = match recovery::read::<D, P>(directory, identity) {
        Ok(_) => return Ok(None),
        Err(Error::Damaged { file, place, why }) => (file, place, why),
        Err(other) => return Err(other),
    };
    let damaged = segment::number(&file).expect("it is a segment that is damaged");
    let names = directory.names().map_err(Error::io("cannot list", directory.place()))?;
    let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment::number(name)).collect();
    numbers.sort_unstable();
    // Of a segment that does not even say where it goes on, nothing is of use.
    let whole = place <= BEGINNING as u64;
    if whole && numbers.iter().all(|number| *number >= damaged) {
        return Err(Error::NothingLeft { file });
    }
    let first = if whole { damaged } else { damaged + 1 };
    let mut kept_in = Vec::new();
    // The last first: whatever a crash leaves of this, segments follow one another.
    for number in numbers.into_iter().rev().filter(|number| *number >= first) {
        let name = segment::name(number);
        let aside = format!("{name}.damaged");
        directory.rename(&name, &aside).map_err(Error::io("cannot rename", name))?;
        kept_in.push(aside);
    }
    directory.sync().map_err(Error::io("cannot sync", directory.place()))?;
    if !whole {
        let segment = directory.open(&file).map_err(Error::io("cannot open", &file))?;
        kept_in.push(cut(directory, &segment, damaged, place, "damaged")?);
    }
    Ok(Some(Repaired { file, place, why, kept_in }))
}

/// Cuts a torn write off.
pub(crate) fn cut_torn<D: Directory>(
    directory: &D,
    file: &D::File,
    number: u64,
    place: u64,
) -> Result<Torn, Error> {
    let kept_in = cut(directory, file, number, place, "torn")?;
    Ok(Torn { file: segment::name(number), place, kept_in })
}

/// Copies what comes from this place on to a file beside the log, whose name is given back, and
/// then zeroes it.
fn cut<D: Directory>(
    directory: &D,
    file: &D::File,
    number: u64,
    place: u64,
    why: &str,
) -> Result<String, Error> {
    let name = segment::name(number);
    let kept_in = format!("{number:016x}-{place}.{why}");
    let length = file.length().map_err(Error::io("cannot look at", &name))?;
    let names = directory.names().map_err(Error::io("cannot list", directory.place()))?;
    if names.contains(&kept_in) {
        directory.remove(&kept_in).map_err(Error::io("cannot remove", &kept_in))?;
    }
    let copy = directory.create(&kept_in).map_err(Error::io("cannot make", &kept_in))?;
    let mut piece = vec![0; PIECE];
    for start in (place..length).step_by(PIECE) {
        let read = read_all(file, &mut piece, start).map_err(Error::io("cannot read", &name))?;
        // Zeros at the end of a piece are there without being written.
        let used = piece[..read].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let written = write_all(&copy, &piece[..used], start - place);
        written.map_err(Error::io("cannot write", &kept_in))?;
    }
    copy.sync().map_err(Error::io("cannot sync", &kept_in))?;
    directory.sync().map_err(Error::io("cannot sync", directory.place()))?;
    zero(file, place, length).map_err(Error::io("cannot write", &name))?;
    file.sync().map_err(Error::io("cannot sync", &name))?;
    Ok(kept_in)
}

/// Takes away what was kept of torn writes in segments that are gone, so that it does not add up.
pub(crate) fn forget_torn(directory: &impl Directory, first: u64) -> Result<(), Error> {
    let names = directory.names().map_err(Error::io("cannot list", directory.place()))?;
    for name in names.iter().filter(|name| name.ends_with(".torn")) {
        let number = name.split('-').next().and_then(|number| u64::from_str_radix(number, 16).ok());
        if number.is_some_and(|number| number < first) {
            directory.remove(name).map_err(Error::io("cannot remove", name))?;
        }
    }
    Ok(())
}
