//! Disks in memory, as the store sees them.

use bolt::{Directory, Error, File, Options, Store};
use harness::files::{Disk, Handle};
use std::io;

/// The name of the file.
pub const NAME: &str = "db";

/// Pages of a sector, and no room that is not needed: trees are deep, and images are few.
pub const SMALL: Options = Options { page_size: 512, cache_bytes: 1 << 20, growth: 0 };

/// A directory in memory.
#[derive(Clone, Debug)]
pub struct Memory(pub Disk);

/// A file in memory.
#[derive(Clone, Debug)]
pub struct MemoryFile(Handle);

/// A store on this disk.
pub fn open(disk: &Disk) -> Result<Store<Memory>, Error> {
    Store::open(Memory(disk.clone()), NAME, SMALL)
}

fn failed(doing: &'static str, name: &str) -> impl Fn(io::Error) -> Error {
    let file = name.to_owned();
    move |source| Error::Io { doing, file: file.clone(), source }
}

impl Directory for Memory {
    type File = MemoryFile;

    fn open(&self, name: &str) -> Result<Option<MemoryFile>, Error> {
        Ok(self.0.open(name).ok().map(MemoryFile))
    }

    fn create(&self, name: &str) -> Result<MemoryFile, Error> {
        self.remove(name)?;
        self.0.create(name).map(MemoryFile).map_err(failed("cannot open", name))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        self.0.rename(from, to).map_err(failed("cannot rename", from))
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        if self.0.names().iter().any(|it| it == name) {
            self.0.remove(name).map_err(failed("cannot remove", name))?;
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        self.0.sync().map_err(failed("cannot sync", "the directory"))
    }

    fn place(&self, name: &str) -> String {
        name.to_owned()
    }
}

impl File for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.length())
    }

    fn grow(&self, length: u64) -> io::Result<()> {
        let there = self.0.length();
        let zeros = vec![0; usize::try_from(length - there).expect("a small file")];
        self.0.write_at(&zeros, there).map(|_| ())
    }

    fn read_at(&self, bytes: &mut [u8], place: u64) -> io::Result<usize> {
        self.0.read_at(bytes, place)
    }

    fn write_at(&self, bytes: &[u8], place: u64) -> io::Result<usize> {
        self.0.write_at(bytes, place)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }
}
