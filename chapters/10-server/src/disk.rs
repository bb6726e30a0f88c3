//! The disk, which is waited for or not.
//!
//! Owns [`Disk`], a directory of the log's or of the store's, and [`File`]. They do what those do
//! that they stand for; but who does not want to wait for the disk has nothing synced. What was
//! acknowledged is lost then with the machine's power, and not with the process.
//!
//! Left to others: what is in files (`wal`, `bolt`).

use std::fs;
use std::io;

/// A directory, and whether its disk is waited for.
#[derive(Clone, Debug)]
pub struct Disk<D> {
    below: D,
    is_waited_for: bool,
}

/// A file of it.
#[derive(Debug)]
pub struct File {
    below: fs::File,
    is_waited_for: bool,
}

/// The log's directory.
pub type LogFolder = Disk<wal::Folder>;

/// The store's directory.
pub type StoreFolder = Disk<bolt::Folder>;

/// So much of the store is kept in memory, of what was read or written last. What is not there
/// takes two microseconds, as long as the system has it.
const CACHE: usize = 32 << 20;

/// How the store's file is used.
pub fn store_options() -> bolt::Options {
    bolt::Options { cache_bytes: CACHE, ..bolt::Options::default() }
}

impl<D> Disk<D> {
    /// This directory.
    pub fn new(below: D, is_waited_for: bool) -> Disk<D> {
        Disk { below, is_waited_for }
    }

    fn file(&self, below: fs::File) -> File {
        File { below, is_waited_for: self.is_waited_for }
    }
}

impl wal::Directory for LogFolder {
    type File = File;

    fn names(&self) -> io::Result<Vec<String>> {
        self.below.names()
    }

    fn open(&self, name: &str) -> io::Result<File> {
        self.below.open(name).map(|below| self.file(below))
    }

    fn create(&self, name: &str) -> io::Result<File> {
        self.below.create(name).map(|below| self.file(below))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.below.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.below.remove(name)
    }

    fn sync(&self) -> io::Result<()> {
        if self.is_waited_for { self.below.sync() } else { Ok(()) }
    }

    fn place(&self) -> String {
        self.below.place()
    }
}

impl bolt::Directory for StoreFolder {
    type File = File;

    fn open(&self, name: &str) -> Result<Option<File>, bolt::Error> {
        Ok(self.below.open(name)?.map(|below| self.file(below)))
    }

    fn create(&self, name: &str) -> Result<File, bolt::Error> {
        self.below.create(name).map(|below| self.file(below))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), bolt::Error> {
        self.below.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<(), bolt::Error> {
        self.below.remove(name)
    }

    fn sync(&self) -> Result<(), bolt::Error> {
        if self.is_waited_for { self.below.sync() } else { Ok(()) }
    }

    fn place(&self, name: &str) -> String {
        self.below.place(name)
    }
}

impl wal::File for File {
    fn length(&self) -> io::Result<u64> {
        wal::File::length(&self.below)
    }

    fn read_at(&self, bytes: &mut [u8], place: u64) -> io::Result<usize> {
        wal::File::read_at(&self.below, bytes, place)
    }

    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<usize> {
        wal::File::write_at(&self.below, bytes, place)
    }

    fn sync(&self) -> io::Result<()> {
        if self.is_waited_for { wal::File::sync(&self.below) } else { Ok(()) }
    }
}

impl bolt::File for File {
    fn length(&self) -> io::Result<u64> {
        bolt::File::length(&self.below)
    }

    fn grow(&self, length: u64) -> io::Result<()> {
        self.below.grow(length)
    }

    fn read_at(&self, bytes: &mut [u8], place: u64) -> io::Result<usize> {
        bolt::File::read_at(&self.below, bytes, place)
    }

    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<usize> {
        bolt::File::write_at(&self.below, bytes, place)
    }

    fn sync(&self) -> io::Result<()> {
        if self.is_waited_for { bolt::File::sync(&self.below) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_synced_if_nobody_waits() {
        for is_waited_for in [true, false] {
            // What the system makes up as it is read cannot be synced.
            let made_up = || fs::File::open("/proc/self/stat").expect("this is Linux");
            let nowhere = Disk::new(bolt::Folder::new("/proc/nowhere"), is_waited_for);
            let file = nowhere.file(made_up());
            assert_eq!(wal::File::sync(&file).is_err(), is_waited_for);
            assert_eq!(bolt::File::sync(&file).is_err(), is_waited_for);
            assert_eq!(bolt::Directory::sync(&nowhere).is_err(), is_waited_for);
        }
    }
}
