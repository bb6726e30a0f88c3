//! Disks in memory, as the log sees them.

use harness::files::{Disk, Handle};
use std::io;
use wal::{Directory, File, Identity, Options};

/// Whose logs these are.
pub const OURS: Identity = Identity { cluster: 0xC1, member: 0xA1 };

/// Segments of four sectors.
pub const SMALL: Options = Options { segment_bytes: 2_048 };

/// A directory in memory.
#[derive(Clone, Debug)]
pub struct Memory(pub Disk);

/// A file in memory.
#[derive(Clone, Debug)]
pub struct MemoryFile(Handle);

/// What is on a disk, for a person: the log's records, and the bytes where it does not end well.
pub fn shown(disk: &Disk) -> String {
    let mut out = Vec::new();
    if let Err(error) = wal::print(&Memory(disk.clone()), 8, &mut out) {
        out.extend(format!("(it cannot be read further: {error})\n").bytes());
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Directory for Memory {
    type File = MemoryFile;

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.0.names())
    }

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        self.0.open(name).map(MemoryFile)
    }

    fn create(&self, name: &str) -> io::Result<MemoryFile> {
        self.0.create(name).map(MemoryFile)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn place(&self) -> String {
        "memory".to_owned()
    }
}

impl File for MemoryFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.length())
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
