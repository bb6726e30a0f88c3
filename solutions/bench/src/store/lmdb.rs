//! LMDB, through the crate `heed`: a store in C that maps its file into memory, and keeps nothing
//! else there.
//!
//! Owns the one `unsafe` of the workbook: `heed` cannot know that nobody changes the mapped file.

use super::sides::{Embedded, seen};
use super::{VALUE, key};
use heed::types::Bytes;
use heed::{Database, Env, EnvOpenOptions, WithoutTls};
use std::path::Path;

/// So long the file may become.
const LONGEST: usize = 4 << 30;

/// A database of LMDB.
pub struct Lmdb {
    environment: Env<WithoutTls>,
    keys: Database<Bytes, Bytes>,
}

impl Lmdb {
    /// Opens the one in this folder, which is made if it is not there.
    pub fn open(place: &Path) -> Lmdb {
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        options.map_size(LONGEST).max_dbs(1);
        // SAFETY: the folder was made for this run, and nobody else knows it; so nobody changes the
        // file while it is mapped.
        #[allow(unsafe_code, reason = "there is no other way to open one")]
        let environment = unsafe { options.open(place) }.expect("a folder");
        let mut write = environment.write_txn().expect("nobody else writes");
        let keys = environment.create_database(&mut write, Some("key")).expect("it is new");
        write.commit().expect("the disk works");
        Lmdb { environment, keys }
    }
}

impl Embedded for Lmdb {
    fn put(&mut self, keys: &mut dyn Iterator<Item = u64>) {
        let mut write = self.environment.write_txn().expect("nobody else writes");
        keys.for_each(|number| {
            self.keys.put(&mut write, &key(number), &VALUE).expect("the disk works");
        });
        write.commit().expect("the disk works");
    }

    fn get(&self, keys: &mut dyn Iterator<Item = u64>) -> u64 {
        let read = self.environment.read_txn().expect("it is sound");
        let found = keys
            .filter(|number| self.keys.get(&read, &key(*number)).expect("it is sound").is_some());
        found.count() as u64
    }

    fn look(&self) -> usize {
        let read = self.environment.read_txn().expect("it is sound");
        let rows = self.keys.iter(&read).expect("it is sound");
        rows.map(|row| row.expect("it is sound")).map(|(key, value)| seen(key, value)).sum()
    }
}
