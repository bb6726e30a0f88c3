//! What a store asks of a file system.
//!
//! Owns two small traits, [`Directory`] and [`File`], and the real ones. Everything that this crate
//! does to a disk goes through them, so that a test can be the disk.
//!
//! Left to others: what is in the file (`page`, `meta`), and when it is synced (`store`).

use crate::error::Error;
use std::fs::{self, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A directory with files.
pub trait Directory {
    /// Its files.
    type File: File;

    /// Opens a file for this process alone; none if it is not there.
    fn open(&self, name: &str) -> Result<Option<Self::File>, Error>;

    /// Makes a new file, for this process alone. One of that name is gone, unless somebody has it.
    fn create(&self, name: &str) -> Result<Self::File, Error>;

    /// Gives a file another name. If there is one of that name, it is gone.
    fn rename(&self, from: &str, to: &str) -> Result<(), Error>;

    /// Takes a file away, if it is there.
    fn remove(&self, name: &str) -> Result<(), Error>;

    /// Names that were given or taken until now survive a loss of power.
    fn sync(&self) -> Result<(), Error>;

    /// How a file is called in errors.
    fn place(&self, name: &str) -> String;
}

/// A file that many read and one writes.
pub trait File: Send + Sync {
    /// How long it is.
    fn length(&self) -> io::Result<u64>;

    /// Makes it longer, with zeros.
    fn grow(&self, length: u64) -> io::Result<()>;

    /// Reads from this place on; how many bytes. Fewer than wanted are there, or it was
    /// interrupted.
    fn read_at(&self, bytes: &mut [u8], place: u64) -> io::Result<usize>;

    /// Writes at this place; how many bytes, from one on.
    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<usize>;

    /// What was written until now survives a loss of power, and so does the length.
    fn sync(&self) -> io::Result<()>;
}

/// A directory of the operating system. Each file that it opens is locked, as etcd's own tools
/// expect it: they wait for the lock.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// This directory, which is there.
    pub fn new(path: impl Into<PathBuf>) -> Folder {
        Folder { path: path.into() }
    }

    fn lock(&self, name: &str, file: io::Result<fs::File>) -> Result<fs::File, Error> {
        let file = file.map_err(Error::io("cannot open", self.place(name)))?;
        match file.try_lock() {
            Ok(()) if self.is_called(name, &file) => Ok(file),
            // Whoever had it has given the name to another one, and has that.
            Ok(()) | Err(TryLockError::WouldBlock) => Err(self.in_use(name)),
            Err(TryLockError::Error(error)) => {
                Err(Error::io("cannot lock", self.place(name))(error))
            }
        }
    }

    fn is_called(&self, name: &str, file: &fs::File) -> bool {
        let number = |data: fs::Metadata| (data.dev(), data.ino());
        let (named, here) = (fs::metadata(self.path(name)), file.metadata());
        named.is_ok_and(|named| here.is_ok_and(|here| number(named) == number(here)))
    }

    fn in_use(&self, name: &str) -> Error {
        Error::InUse { file: self.place(name) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Directory for Folder {
    type File = fs::File;

    fn open(&self, name: &str) -> Result<Option<fs::File>, Error> {
        match OpenOptions::new().read(true).write(true).open(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            file => self.lock(name, file).map(Some),
        }
    }

    fn create(&self, name: &str) -> Result<fs::File, Error> {
        // One that is there is only removed by who has the lock.
        let left_over = self.open(name)?;
        left_over.as_ref().map_or(Ok(()), |_| self.remove(name))?;
        let options = OpenOptions::new().read(true).write(true).create_new(true).to_owned();
        match private(options).open(self.path(name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(self.in_use(name)),
            file => self.lock(name, file),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        let renamed = fs::rename(self.path(from), self.path(to));
        renamed.map_err(Error::io("cannot rename", self.place(from)))
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io("cannot remove", self.place(name))(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn sync(&self) -> Result<(), Error> {
        let path: &Path = &self.path;
        let synced = fs::File::open(path).and_then(|directory| directory.sync_all());
        synced.map_err(Error::io("cannot sync", path.display().to_string()))
    }

    fn place(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

/// Nobody else is to read what a member stores.
fn private(mut options: OpenOptions) -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
    options
}

impl File for fs::File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn grow(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn read_at(&self, bytes: &mut [u8], place: u64) -> io::Result<usize> {
        FileExt::read_at(self, bytes, place)
    }

    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, place)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Writes all of it, however often the file takes only a part.
pub(crate) fn write_all(file: &impl File, mut bytes: &[u8], mut place: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, place) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => {
                bytes = &bytes[count..];
                place += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads as much as is there, up to the length of `bytes`; how much.
pub(crate) fn read_all(file: &impl File, bytes: &mut [u8], place: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], place + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
