//! A store's file, as the commands open it.
//!
//! Owns [`Place`], where it is and how long somebody else may have it; and two directories over it:
//! [`Patient`], which waits until nobody has it, and [`Unchanged`], in which nothing is ever
//! written. Whoever only looks shares the file with others that do.
//!
//! Left to others: what is in the file (`bolt`).

use crate::utility::failure::Failure;
use bolt::{Directory, Error, File, Folder};
use std::fs::{self, TryLockError};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// How often is looked whether a file is free. bbolt does so, too.
const AGAIN: Duration = Duration::from_millis(50);

/// A store's file, and how long it is waited for.
#[derive(Clone, Debug)]
pub struct Place {
    path: PathBuf,
    /// None waits for ever.
    patience: Option<Duration>,
}

impl Place {
    /// This file.
    pub fn of_file(path: &str, timeout: Duration) -> Place {
        let patience = Some(timeout).filter(|timeout| !timeout.is_zero());
        Place { path: PathBuf::from(path), patience }
    }

    /// The store of a member whose files are here.
    pub fn of_member(data: &str, timeout: Duration) -> Place {
        let path = joined(data, &["member", "snap", "db"]);
        Place { path, ..Place::of_file("", timeout) }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Is it there?
    pub fn check(&self) -> Result<(), Failure> {
        let found = fs::metadata(&self.path);
        found.map(drop).map_err(|error| Failure::system("stat", &self.path, &error))
    }

    /// What it is called, in its directory.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Its directory, for who changes it.
    pub fn patient(&self) -> Patient {
        let folder = self.path.parent().filter(|above| !above.as_os_str().is_empty());
        let folder = Folder::new(folder.unwrap_or(Path::new(".")));
        Patient { folder, patience: self.patience }
    }

    /// It alone, for who only looks.
    pub fn unchanged(&self) -> Unchanged {
        Unchanged(self.clone())
    }
}

/// A path with more behind it, as Go joins them.
pub fn joined(place: &str, more: &[&str]) -> PathBuf {
    let own = Path::new(place).components().filter(|part| *part != Component::CurDir);
    own.map(|part| part.as_os_str()).chain(more.iter().map(|part| part.as_ref())).collect()
}

/// Tries until it works, or somebody else has the file for too long.
fn wait<T>(
    patience: Option<Duration>,
    mut attempt: impl FnMut() -> Result<T, Error>,
) -> Result<T, Error> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(Error::InUse { file }) => {
                if patience.is_some_and(|patience| began.elapsed() + AGAIN > patience) {
                    return Err(Error::InUse { file });
                }
                thread::sleep(AGAIN);
            }
            done => return done,
        }
    }
}

/// A directory in which somebody else may have the file, for some time.
#[derive(Clone, Debug)]
pub struct Patient {
    folder: Folder,
    patience: Option<Duration>,
}

impl Directory for Patient {
    type File = fs::File;

    fn open(&self, name: &str) -> Result<Option<fs::File>, Error> {
        wait(self.patience, || self.folder.open(name))
    }

    fn create(&self, name: &str) -> Result<fs::File, Error> {
        self.folder.create(name)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        self.folder.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        self.folder.remove(name)
    }

    fn sync(&self) -> Result<(), Error> {
        self.folder.sync()
    }

    fn place(&self, name: &str) -> String {
        self.folder.place(name)
    }
}

/// A directory with one file, which stays as it is. Nobody commits to it: what a store writes when
/// it is opened is in the file already.
#[derive(Clone, Debug)]
pub struct Unchanged(Place);

/// A file that is only read.
#[derive(Debug)]
pub struct Kept(fs::File);

impl Unchanged {
    fn failed(&self, doing: &'static str) -> impl Fn(io::Error) -> Error {
        let file = self.place("");
        move |source| Error::Io { doing, file: file.clone(), source }
    }
}

impl Directory for Unchanged {
    type File = Kept;

    fn open(&self, _: &str) -> Result<Option<Kept>, Error> {
        wait(self.0.patience, || {
            let file = fs::File::open(&self.0.path).map_err(self.failed("cannot open"))?;
            if file.metadata().is_ok_and(|data| data.is_dir()) {
                let why = "it is a directory".to_owned();
                return Err(Error::NoStore { file: self.place(""), why });
            }
            match file.try_lock_shared() {
                Ok(()) => Ok(Some(Kept(file))),
                Err(TryLockError::WouldBlock) => Err(Error::InUse { file: self.place("") }),
                Err(TryLockError::Error(error)) => Err(self.failed("cannot lock")(error)),
            }
        })
    }

    fn create(&self, _: &str) -> Result<Kept, Error> {
        Err(self.failed("cannot create")(io::ErrorKind::ReadOnlyFilesystem.into()))
    }

    fn rename(&self, _: &str, _: &str) -> Result<(), Error> {
        Err(self.failed("cannot rename")(io::ErrorKind::ReadOnlyFilesystem.into()))
    }

    fn remove(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        Ok(())
    }

    fn place(&self, _: &str) -> String {
        self.0.path.display().to_string()
    }
}

impl File for Kept {
    fn length(&self) -> io::Result<u64> {
        File::length(&self.0)
    }

    fn grow(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn read_at(&self, bytes: &mut [u8], place: u64) -> io::Result<usize> {
        File::read_at(&self.0, bytes, place)
    }

    fn write_at(&self, bytes: &[u8], _: u64) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
