//! What is in a copy: `snapshot status`.
//!
//! Owns etcd's numbers of a file: a hash of every row, the newest revision, how many keys there
//! are, how long it is, and which version wrote it. The file is looked at, and not changed.

use crate::sizes::size;
use crate::utility::failure::Failure;
use crate::utility::files::Place;
use crate::utility::format::{Answer, Column, Format};
use api::KeyValue;
use bolt::{File, Options, Store, View};
use bytes::Bytes;
use mvcc::{Act, Stamp};
use prost::Message;
use std::collections::BTreeSet;

/// Looks at a file.
pub fn run(place: &Place, format: &str) -> Result<String, Failure> {
    place.check()?;
    let store = Store::open(place.unchanged(), &place.name(), Options::default())?;
    if let Err(error) = store.check() {
        let why = "snapshot file integrity check failed. 1 errors found.";
        return Err(Failure::new(format!("{why}\n{error}")));
    }
    let view = store.view();
    let found = look(&view)?;
    let version = match view.bucket(b"meta")? {
        Some(meta) => meta.get(b"storageVersion")?,
        None => None,
    };
    let version = version.map(|text| String::from_utf8_lossy(&text).into_owned());
    found.answer(view.image_length(), version.unwrap_or_default()).write(Format::of(format)?)
}

/// What is found in all rows.
#[derive(Default)]
struct Found {
    hash: u32,
    revision: u64,
    keys: BTreeSet<Bytes>,
}

fn look<F: File>(view: &View<F>) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut buckets = view.root()?.cursor();
    buckets.first()?;
    while let Some((name, _)) = buckets.shared() {
        let Some(bucket) = buckets.bucket()? else {
            let name = name.escape_ascii();
            return Err(Failure::new(format!("cannot get hash of bucket {name}")));
        };
        found.hash = crc32c::crc32c_append(found.hash, &name);
        let mut rows = bucket.cursor();
        rows.first()?;
        while let Some((key, value)) = rows.shared() {
            found.hash = crc32c::crc32c_append(found.hash, &key);
            if !rows.is_bucket() {
                found.hash = crc32c::crc32c_append(found.hash, &value);
                if &name[..] == b"key" {
                    found.row(&key, value)?;
                }
            }
            rows.go_on()?;
        }
        buckets.go_on()?;
    }
    Ok(found)
}

impl Found {
    /// A change of a key.
    fn row(&mut self, key: &[u8], value: Bytes) -> Result<(), Failure> {
        let Some((stamp, act)) = Stamp::of_row(key) else {
            let key = key.escape_ascii();
            return Err(Failure::new(format!("cannot parse revision key \"{key}\"")));
        };
        let Ok(pair) = KeyValue::decode(value) else {
            let key = key.escape_ascii();
            return Err(Failure::new(format!("cannot unmarshal value, key: \"{key}\"")));
        };
        self.revision = stamp.revision.0;
        match act {
            Act::Put => self.keys.insert(pair.key),
            Act::Delete => self.keys.remove(&pair.key),
        };
        Ok(())
    }

    fn answer(&self, length: u64, version: String) -> Answer {
        let keys = self.keys.len();
        let column = |[title, key, field]: [&'static str; 3], text: String, value| Column {
            title,
            key,
            field,
            text,
            value,
        };
        let hash = format!("{:x}", self.hash);
        let revision = self.revision;
        Answer(vec![
            column(["HASH", "hash", "Hash"], hash, self.hash.into()),
            column(["REVISION", "revision", "Revision"], revision.to_string(), revision.into()),
            column(["TOTAL KEYS", "totalKey", "Keys"], keys.to_string(), keys.into()),
            column(["TOTAL SIZE", "totalSize", "Size"], size(length), length.into()),
            column(["VERSION", "version", "Version"], version.clone(), version.into()),
        ])
    }
}
