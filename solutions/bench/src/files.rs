//! Files for the figures that need a disk.
//!
//! Owns [`folder`], and the [`Bare`] file that a log is compared with.

use crate::measure::timed;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A directory on the disk that is measured, gone when it is dropped.
pub fn folder() -> tempfile::TempDir {
    let named = std::env::var_os("BENCH_DIRECTORY").map(PathBuf::from);
    let built_in = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.into()));
    let place = named.or(built_in).unwrap_or_else(std::env::temp_dir);
    tempfile::tempdir_in(&place)
        .unwrap_or_else(|error| panic!("cannot make a folder in {}: {error}", place.display()))
}

/// A file of zeros, all of it synced: writing to it changes bytes, and nothing else.
pub struct Bare {
    file: File,
    length: u64,
}

impl Bare {
    /// Of so many bytes.
    pub fn new(place: &Path, length: u64) -> Bare {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(place);
        let file = file.expect("the folder is empty");
        let zeros = vec![0; 1 << 20];
        for start in (0..length).step_by(zeros.len()) {
            let count = zeros.len().min(usize::try_from(length - start).expect("it is small"));
            file.write_all_at(&zeros[..count], start).expect("there is room");
        }
        file.sync_all().expect("the disk works");
        Bare { file, length }
    }

    /// Writes so many batches of these bytes, one after the other, and syncs each.
    pub fn append(&self, bytes: &[u8], batches: u64) -> Duration {
        timed(|| (0..batches).for_each(|batch| self.append_one(bytes, batch)))
    }

    /// Writes these bytes after so many batches as long as they are, and syncs them.
    pub fn append_one(&self, bytes: &[u8], before: u64) {
        let step = bytes.len().next_multiple_of(512) as u64;
        assert!(step * (before + 1) <= self.length, "it is long enough");
        self.file.write_all_at(bytes, before * step).expect("there is room");
        self.file.sync_data().expect("the disk works");
    }
}
