//! The hash of all rows, by etcd's formula.
//!
//! Owns [`View::hash`]: a member of etcd and one of ours that hold the same say the same. It looks
//! at every row, so it is nothing for every heartbeat (`sums` is).
//!
//! Left to others: who is asked, and what a difference means.

use crate::error::Error;
use crate::row;
use crate::stamp::{Act, Stamp};
use crate::view::View;
use api::{Keys, Revision};
use bolt::File;
use bytes::Bytes;

impl<F: File> View<F> {
    /// The CRC32C of the name of the bucket and all rows up to a revision, key and value of each.
    /// Zero is the newest revision.
    ///
    /// Members agree although their compactions are not equally far: of the rows up to the revision
    /// of the last one, those count that hold a pair which is there at the revision asked for. If
    /// no pair at all is there then, those count that the compaction leaves. A deletion of exactly
    /// its revision never counts: it stays, and in older releases of etcd it did not.
    ///
    /// *Differs from etcd 3.7.1:* it remembers the hashes of its last ten compactions, and repeats
    /// one if it is asked for exactly that revision. It was found before the rows were taken, so it
    /// is another one than this. And it takes a negative revision at its word, and hashes nothing.
    pub fn hash(&self, revision: i64) -> Result<u32, Error> {
        let at = self.at(revision)?;
        let compacted = self.compacted().unwrap_or(Revision(0));
        let everything = Keys::From(Bytes::new());
        let mut is_empty = true;
        self.shared().each(&everything, at, |_, _, _| {
            is_empty = false;
            false
        });
        let mut hash = crc32c::crc32c(row::BUCKET);
        for row in self.rows().range(row::BUCKET, ..)? {
            let (key, value) = row?;
            let Some((stamp, act)) = Stamp::of_row(&key) else { continue };
            if stamp.revision > at {
                break;
            }
            if act == Act::Delete && self.compacted() == Some(stamp.revision) {
                continue;
            }
            let there = if is_empty { compacted } else { at };
            if stamp.revision <= compacted && !self.is_there(stamp, value.clone(), there)? {
                continue;
            }
            hash = crc32c::crc32c_append(hash, &key);
            hash = crc32c::crc32c_append(hash, &value);
        }
        Ok(hash)
    }

    /// Does this row hold a pair that is there at a revision?
    fn is_there(&self, stamp: Stamp, row: Bytes, at: Revision) -> Result<bool, Error> {
        let pair = row::decode(row, stamp)?;
        let found = self.shared().index().get(&pair.key, at);
        Ok(found.is_some_and(|(newest, _)| newest == stamp))
    }
}
