//! A file system in memory, and what a loss of power could leave of it.
//!
//! Owns [`Disk`], a directory with files that remembers every operation; and its [`Image`]s: for a
//! crash after any operation, what the real disk might hold. What was synced is there, in all of
//! them. Of what was written since, each sector may be there or not, in any order, and the last to
//! get there may have got there in part. Names that were given since the directory was synced may
//! be there up to any of them.
//!
//! It also fails when it is told to: a file system that is full, and disks that break. And it
//! forgets what was done when it is told to, for whoever uses it for long.
//!
//! Invariant: an image is a disk like any other, with everything synced, so it can be opened,
//! written to, and crash again.
//!
//! Left to others: what is in the files. A test makes whatever a layer asks for out of this.

mod images;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use images::Moment;

pub use images::{Image, Tried};

/// A write is whole in each of these, or not there; but for the last one.
pub const SECTOR: u64 = 512;

/// A directory with files.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    state: Arc<Mutex<State>>,
}

/// An open file.
#[derive(Clone, Debug)]
pub struct Handle {
    disk: Disk,
    file: usize,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Bytes were written to a file.
    Write {
        /// The file, in the order in which they were made.
        file: usize,
        /// Where.
        place: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// A file was synced.
    Sync {
        /// The file.
        file: usize,
    },
    /// A file was to be synced, and was not. What was written to it and not synced by then may be
    /// forgotten: no later sync makes it certain.
    SyncFailed {
        /// The file.
        file: usize,
    },
    /// A file was made, and got this name.
    Create {
        /// The file.
        file: usize,
        /// Its name.
        name: String,
    },
    /// A file got another name.
    Rename {
        /// The name that it had.
        from: String,
        /// The name that it has.
        to: String,
    },
    /// A name is gone.
    Remove {
        /// The name.
        name: String,
    },
    /// The directory was synced.
    SyncNames,
}

/// What is done to a disk, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A part of a file is read.
    Read,
    /// A part of a file is written.
    Write,
    /// A part of a file is written that was not there before: the file grows.
    Grow,
    /// A file is synced.
    Sync,
    /// The directory is synced.
    SyncNames,
    /// A file is made.
    Create,
    /// A file gets another name.
    Rename,
    /// A file is taken away.
    Remove,
}

/// Which operations fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Those of this kind.
    pub what: Kind,
    /// So many of them still work.
    pub after: usize,
    /// So many of them fail then, and no more.
    pub times: usize,
    /// In this way.
    pub error: io::ErrorKind,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// What is there now, synced or not.
    names: BTreeMap<String, usize>,
    files: Vec<Vec<u8>>,
    /// What was there before the first of these operations, and which of it is certain.
    first: Moment,
    operations: Vec<Operation>,
    /// How many came before them.
    forgotten: usize,
    failing: Option<Failing>,
    /// A write takes at most so many bytes; none for all of them.
    short: Option<usize>,
}

impl Disk {
    /// An empty directory.
    pub fn new() -> Disk {
        Disk::default()
    }

    /// A directory with these files, all synced.
    pub fn with(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Disk {
        let mut state = State::default();
        for (name, bytes) in files {
            state.names.insert(name, state.files.len());
            state.files.push(bytes);
        }
        state.first = Moment::certain(state.names.clone(), state.files.clone());
        Disk { state: Arc::new(Mutex::new(state)) }
    }

    /// From now on, these fail, and no others.
    pub fn fail(&self, failing: Failing) {
        self.lock().failing = Some(failing);
    }

    /// From now on, a write takes at most so many bytes.
    pub fn write_short(&self, most: usize) {
        self.lock().short = Some(most);
    }

    /// How much was done.
    pub fn operations(&self) -> usize {
        let state = self.lock();
        state.forgotten + state.operations.len()
    }

    /// Remembers what was done until now only by what it has left, certain or not. It saves memory;
    /// and no crash can be looked at any more that comes before the last operation.
    pub fn forget(&self) {
        let state = &mut *self.lock();
        state.forgotten += state.operations.len();
        for operation in state.operations.drain(..) {
            state.first.add(&operation);
        }
        state.first.forget();
    }

    /// Another disk that is as this one is, with the same past. What is done to one does nothing
    /// to the other. (A clone of a disk is the same disk.)
    pub fn copy(&self) -> Disk {
        Disk { state: Arc::new(Mutex::new(self.lock().clone())) }
    }

    /// How many files were made, or there at the beginning.
    pub fn files_made(&self) -> usize {
        self.lock().files.len()
    }

    /// Every file, as it is now.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let state = self.lock();
        state.names.iter().map(|(name, file)| (name.clone(), state.files[*file].clone())).collect()
    }

    /// The names of all files.
    pub fn names(&self) -> Vec<String> {
        self.lock().names.keys().cloned().collect()
    }

    /// Opens a file that is there.
    pub fn open(&self, name: &str) -> io::Result<Handle> {
        let file = self.lock().names.get(name).copied().ok_or(io::ErrorKind::NotFound)?;
        Ok(Handle { disk: self.clone(), file })
    }

    /// Makes a new file. It is an error if there is one of that name.
    pub fn create(&self, name: &str) -> io::Result<Handle> {
        let mut state = self.lock();
        state.attempt(Kind::Create)?;
        if state.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.files.len();
        state.files.push(Vec::new());
        state.names.insert(name.to_owned(), file);
        state.operations.push(Operation::Create { file, name: name.to_owned() });
        Ok(Handle { disk: self.clone(), file })
    }

    /// Gives a file another name.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.attempt(Kind::Rename)?;
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        state.operations.push(Operation::Rename { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    /// Takes a name away.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        state.attempt(Kind::Remove)?;
        state.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
        state.operations.push(Operation::Remove { name: name.to_owned() });
        Ok(())
    }

    /// Syncs the directory.
    pub fn sync(&self) -> io::Result<()> {
        let mut state = self.lock();
        state.attempt(Kind::SyncNames)?;
        state.operations.push(Operation::SyncNames);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no other holder panics")
    }
}

impl State {
    /// Fails if this is to fail.
    fn attempt(&mut self, kind: Kind) -> io::Result<()> {
        match &mut self.failing {
            Some(failing) if failing.what == kind && failing.after > 0 => failing.after -= 1,
            Some(failing) if failing.what == kind && failing.times > 0 => {
                failing.times -= 1;
                return Err(failing.error.into());
            }
            Some(_) | None => {}
        }
        Ok(())
    }
}

impl Handle {
    /// How long the file is.
    pub fn length(&self) -> u64 {
        self.disk.lock().files[self.file].len() as u64
    }

    /// Reads from this place on; how many bytes.
    pub fn read_at(&self, bytes: &mut [u8], place: u64) -> io::Result<usize> {
        let mut state = self.disk.lock();
        state.attempt(Kind::Read)?;
        let file = &state.files[self.file];
        let start = usize::try_from(place).unwrap_or(usize::MAX).min(file.len());
        let count = bytes.len().min(file.len() - start);
        bytes[..count].copy_from_slice(&file[start..start + count]);
        Ok(count)
    }

    /// Writes at this place; how many bytes.
    pub fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<usize> {
        let mut state = self.disk.lock();
        let end = place + bytes.len() as u64;
        if end > state.files[self.file].len() as u64 {
            state.attempt(Kind::Grow)?;
        }
        state.attempt(Kind::Write)?;
        let count = state.short.map_or(bytes.len(), |most| most.min(bytes.len()));
        let bytes = bytes[..count].to_vec();
        put(&mut state.files[self.file], &bytes, place);
        state.operations.push(Operation::Write { file: self.file, place, bytes });
        Ok(count)
    }

    /// Syncs the file.
    pub fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let file = self.file;
        let attempt = state.attempt(Kind::Sync);
        let synced = attempt.is_ok();
        let done = if synced { Operation::Sync { file } } else { Operation::SyncFailed { file } };
        state.operations.push(done);
        attempt
    }
}

/// Writes bytes into a file, which grows if it has to.
fn put(file: &mut Vec<u8>, bytes: &[u8], place: u64) {
    let start = usize::try_from(place).expect("a file in memory");
    let end = start + bytes.len();
    if file.len() < end {
        file.resize(end, 0);
    }
    file[start..end].copy_from_slice(bytes);
}
