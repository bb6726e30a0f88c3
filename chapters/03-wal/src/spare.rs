//! Segments before they are written, and after.
//!
//! Owns the files that are no segments yet, or no longer. A segment that is let go becomes `….old`.
//! That, or a new file, is zeroed as `spare.new` and is `spare` then. What is about to become a
//! segment is `segment.new`, until its first bytes are on disk.
//!
//! Invariant: the writer alone touches segments and `segment.new`, and whoever prepares spares
//! touches the others. Two names are where the two meet: the writer gives an old segment away, and
//! takes a spare. So both may be at work at the same time.
//!
//! Left to others: what is in a segment (`segment`), and when the next begins (`wal`).

use crate::error::Error;
use crate::files::{Directory, File, anew, names, sync_names, zero};
use crate::segment::{self, Options};
use std::io::ErrorKind;

/// A segment that is zeroed and waits for its turn.
const SPARE: &str = "spare";

/// One that is not zeroed yet.
const RAW: &str = "spare.new";

/// A segment that is about to get its name.
pub(crate) const NEW: &str = "segment.new";

/// How the name of a segment ends that is to become a spare.
const OLD: &str = ".old";

/// Zeroes a segment ahead of its use, so that a write to it changes nothing but its bytes. An old
/// segment is used again, if there is one. It does nothing if a spare is there.
///
/// It is not on the way of any write: whoever has a thread for it calls it, whenever
/// [`Wal::segment`](crate::Wal::segment) has changed. Not two at a time.
pub fn prepare_spare<D: Directory>(directory: &D, options: Options) -> Result<(), Error> {
    let length = options.segment_bytes;
    let all = names(directory)?;
    match length_of(directory, SPARE)? {
        Some(there) if there >= length => return Ok(()),
        Some(_) => directory.remove(SPARE).map_err(Error::io("cannot remove", SPARE))?,
        None => {}
    }
    let mut old = all.iter().filter(|name| name.ends_with(OLD));
    if !all.iter().any(|name| name == RAW)
        && let Some(old) = old.next()
    {
        directory.rename(old, RAW).map_err(Error::io("cannot rename", old))?;
    }
    for old in old {
        directory.remove(old).map_err(Error::io("cannot remove", old))?;
    }
    let file = raw(directory, length)?;
    // A segment that is zeroed must never be found under the name that it had.
    sync_names(directory)?;
    zero(&file, 0, length).map_err(Error::io("cannot write", RAW))?;
    file.sync().map_err(Error::io("cannot sync", RAW))?;
    directory.rename(RAW, SPARE).map_err(Error::io("cannot rename", RAW))
}

/// The file that becomes the spare: one that is there if it is as long as it should be.
fn raw<D: Directory>(directory: &D, length: u64) -> Result<D::File, Error> {
    if length_of(directory, RAW)? == Some(length) {
        return directory.open(RAW).map_err(Error::io("cannot open", RAW));
    }
    anew(directory, RAW)
}

/// How long a file is; none if it is not there, or is just being taken.
fn length_of(directory: &impl Directory, name: &str) -> Result<Option<u64>, Error> {
    match directory.open(name) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        file => {
            let file = file.map_err(Error::io("cannot open", name))?;
            file.length().map(Some).map_err(Error::io("cannot look at", name))
        }
    }
}

/// A file of at least so many zeros, under the name [`NEW`]: the spare, if it will do.
pub(crate) fn take<D: Directory>(directory: &D, length: u64) -> Result<D::File, Error> {
    if length_of(directory, SPARE)?.is_some_and(|there| there >= length) {
        directory.rename(SPARE, NEW).map_err(Error::io("cannot rename", SPARE))?;
        return directory.open(NEW).map_err(Error::io("cannot open", NEW));
    }
    let file = anew(directory, NEW)?;
    zero(&file, 0, length).map_err(Error::io("cannot write", NEW))?;
    Ok(file)
}

/// Takes a segment out of the log. It is kept to become a spare if it is `usual`, as long as all
/// are, and none waits already.
pub(crate) fn retire<D: Directory>(directory: &D, number: u64, usual: bool) -> Result<(), Error> {
    let name = segment::name(number);
    if !usual || names(directory)?.iter().any(|name| name.ends_with(OLD)) {
        return directory.remove(&name).map_err(Error::io("cannot remove", name));
    }
    let old = format!("{number:016x}{OLD}");
    directory.rename(&name, &old).map_err(Error::io("cannot rename", name))
}
