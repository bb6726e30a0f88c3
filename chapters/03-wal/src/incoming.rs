//! A file that comes in parts, and is there as a whole or not at all: a snapshot, say.
//!
//! Owns [`Incoming`]. While it comes, a file has a name that says so. It is checked, synced, and
//! only then gets its own name; and when that is synced too, whoever waits for it may go on. Power
//! may go between any two of these steps: what is left is nothing, or all of it.
//!
//! Left to others: what is in it, how it is checked, and what happens once it is there.

use crate::error::Error;
use crate::files::{Directory, File as _, names, sync_names, unused, write_all};

/// How the name of a file ends that is not whole.
const PART: &str = ".part";

/// A file that is on its way.
pub struct Incoming<D: Directory> {
    directory: D,
    file: D::File,
    name: String,
    /// What it is called until it is whole. No other that is on its way is called so.
    part: String,
    length: u64,
}

impl<D: Directory> Incoming<D> {
    /// A file of this name begins to come. A whole file of that name stays, until this one takes
    /// its place.
    pub fn begin(directory: D, name: impl Into<String>) -> Result<Incoming<D>, Error> {
        let name = name.into();
        let part = unused(&directory, &format!("{name}{PART}"))?;
        let file = directory.create(&part).map_err(Error::io("cannot make", &part))?;
        Ok(Incoming { directory, file, name, part, length: 0 })
    }

    /// How much has come.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// More of it. After an error, give it up.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = write_all(&self.file, bytes, self.length);
        written.map_err(Error::io("cannot write", &self.part))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// All of it has come. If `check` finds that it is what was sent, it is whole and under its
    /// name when this returns, whatever happens then. If not, it is gone, with the reason.
    pub fn finish(
        self,
        check: impl FnOnce(&D::File) -> Result<(), String>,
    ) -> Result<D::File, Error> {
        let Incoming { directory, file, name, part, .. } = self;
        if let Err(why) = check(&file) {
            directory.remove(&part).map_err(Error::io("cannot remove", part))?;
            return Err(Error::NotReceived { file: name, why });
        }
        file.sync().map_err(Error::io("cannot sync", &part))?;
        directory.rename(&part, &name).map_err(Error::io("cannot rename", part))?;
        sync_names(&directory)?;
        Ok(file)
    }

    /// No more of it will come.
    pub fn give_up(self) -> Result<(), Error> {
        self.directory.remove(&self.part).map_err(Error::io("cannot remove", self.part))
    }
}

/// Takes away what had come of files when power went. For a member that starts.
pub fn discard_parts(directory: &impl Directory) -> Result<(), Error> {
    for name in names(directory)? {
        if name.ends_with(PART) || name.contains(&format!("{PART}.")) {
            directory.remove(&name).map_err(Error::io("cannot remove", name))?;
        }
    }
    Ok(())
}
