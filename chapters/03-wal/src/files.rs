//! What the log asks of a file system.
//!
//! Owns two small traits, [`Directory`] and [`File`], and the real ones. Everything that this crate
//! does to a disk goes through them, so that a test can be the disk: it can lose what was not
//! synced, tear a write, fill up, and fail.
//!
//! Left to others: what is in the files (`segment`), and when they are synced (`wal`).

use crate::error::Error;
use std::fs::{self, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A directory with files, and none below it.
pub trait Directory {
    /// Its files.
    type File: File;

    /// The names of all files, in any order.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Opens a file that is there.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Makes a new, empty file. It is an error if there is one of that name.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Gives a file another name. If there is one of that name, it is gone.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Takes a file away.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Names that were given or taken until now survive a loss of power.
    fn sync(&self) -> io::Result<()>;

    /// Where it is, for errors.
    fn place(&self) -> String;
}

/// A file.
pub trait File {
    /// How long it is.
    fn length(&self) -> io::Result<u64>;

    /// Reads from this place on; how many bytes. Fewer than wanted are there, or it was
    /// interrupted.
    fn read_at(&self, bytes: &mut [u8], place: u64) -> io::Result<usize>;

    /// Writes at this place; how many bytes, from one on.
    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<usize>;

    /// What was written until now survives a loss of power, and so does the length.
    fn sync(&self) -> io::Result<()>;
}

/// A directory of the operating system, which nobody else has.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    own: Arc<Own>,
}

/// The directory itself, opened and locked as long as anybody has the folder.
#[derive(Debug)]
struct Own(fs::File);

impl Drop for Own {
    /// The system lets go of the lock when a process ends, however it ends. But a process that is
    /// just being started may have the file a little longer than we do.
    fn drop(&mut self) {
        // If that fails, the lock goes with the process.
        let _ = self.0.unlock();
    }
}

/// What is written or copied in pieces goes in pieces of this size.
pub(crate) const PIECE: usize = 1 << 20;

impl Folder {
    /// This directory, for this process alone. It is made if it is not there.
    pub fn lock(path: impl AsRef<Path>) -> Result<Folder, Error> {
        make(path.as_ref())?;
        Folder::existing(path)
    }

    /// The same of a directory that is there.
    pub fn existing(path: impl AsRef<Path>) -> Result<Folder, Error> {
        let path = path.as_ref().to_path_buf();
        let place = path.display().to_string();
        let own = fs::File::open(&path).map_err(Error::io("cannot open", &place))?;
        match own.try_lock() {
            Ok(()) => Ok(Folder { path, own: Arc::new(Own(own)) }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { place }),
            Err(TryLockError::Error(error)) => Err(Error::io("cannot lock", place)(error)),
        }
    }
}

/// Makes a directory, with those above it that are not there. Its name survives a loss of power,
/// also if somebody had made it before, and power went then.
fn make(path: &Path) -> Result<(), Error> {
    let above = |path: &Path| match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above.to_path_buf(),
        Some(_) | None => PathBuf::from("."),
    };
    let place = |path: &Path| path.display().to_string();
    let mut missing = vec![path.to_path_buf()];
    while let Some(last) = missing.last()
        && !above(last).exists()
    {
        missing.push(above(last));
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(Error::io("cannot make", place(path)))?;
    for made in missing.iter().rev() {
        let above = above(made);
        let synced = fs::File::open(&above).and_then(|above| above.sync_all());
        synced.map_err(Error::io("cannot sync", place(&above)))?;
    }
    Ok(())
}

impl Directory for Folder {
    type File = fs::File;

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            match fs::metadata(entry.path()) {
                Ok(file) if file.is_file() => names.extend(entry.file_name().into_string()),
                // Another thread has just given it another name; or it is a link to nowhere.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str) -> io::Result<fs::File> {
        OpenOptions::new().read(true).write(true).open(self.path.join(name))
    }

    fn create(&self, name: &str) -> io::Result<fs::File> {
        let mut options = OpenOptions::new();
        // What is in a log is for nobody else to read.
        options.read(true).write(true).create_new(true).mode(0o600);
        options.open(self.path.join(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        self.own.0.sync_all()
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

impl File for fs::File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
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

/// All names in a directory.
pub(crate) fn names(directory: &impl Directory) -> Result<Vec<String>, Error> {
    directory.names().map_err(Error::io("cannot list", directory.place()))
}

/// Names survive a loss of power from now on.
pub(crate) fn sync_names(directory: &impl Directory) -> Result<(), Error> {
    directory.sync().map_err(Error::io("cannot sync", directory.place()))
}

/// Makes a new file. One of that name is gone.
pub(crate) fn anew<D: Directory>(directory: &D, name: &str) -> Result<D::File, Error> {
    if names(directory)?.iter().any(|it| it == name) {
        directory.remove(name).map_err(Error::io("cannot remove", name))?;
    }
    directory.create(name).map_err(Error::io("cannot make", name))
}

/// A name that nothing has: this one, or this one with a number.
pub(crate) fn unused(directory: &impl Directory, name: &str) -> Result<String, Error> {
    let names = names(directory)?;
    let with = |number: u32| if number == 1 { name.to_owned() } else { format!("{name}.{number}") };
    let free = (1..).map(with).find(|name| !names.contains(name));
    Ok(free.expect("there are not so many files"))
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

/// Writes zeros from one place to another.
pub(crate) fn zero(file: &impl File, mut place: u64, end: u64) -> io::Result<()> {
    let zeros = vec![0; PIECE.min(usize::try_from(end - place).unwrap_or(PIECE))];
    while place < end {
        let count = usize::try_from(end - place).unwrap_or(PIECE).min(PIECE);
        write_all(file, &zeros[..count], place)?;
        place += count as u64;
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
