//! The hash of a file's keys: `hashkv`. Members of etcd that hold the same have the same.
//!
//! The file is looked at, and not changed.

use crate::journal::Journal;
use crate::utility::failure::Failure;
use crate::utility::files::Place;
use crate::utility::format::{Answer, Column, Format};
use bolt::{Options, backend};

/// Hashes a file's keys up to a revision; up to the newest, if that is 0.
pub fn run(
    place: &Place,
    revision: i64,
    format: Format,
    journal: &Journal,
) -> Result<String, Failure> {
    place.check()?;
    let opened = backend::open(place.unchanged(), &place.name(), Options::default());
    let (rows, _committer) =
        opened.map_err(|error| Failure::unopened(place.path(), &error, journal))?;
    let store = mvcc::Store::open(rows).map_err(failed)?;
    let view = store.reader().view();
    let hash = match revision {
        // Nothing was before the first revision, so nothing is hashed but the bucket's name.
        ..0 => crc32c::crc32c(b"key"),
        0.. => view.hash(revision).map_err(failed)?,
    };
    let newest = view.current().wire();
    let at = if revision == 0 { newest } else { revision };
    let compacted = view.compacted().map_or(-1, api::Revision::wire);
    let column = |[title, key, field]: [&'static str; 3], value: i64| Column {
        title,
        key,
        field,
        text: value.to_string(),
        value: value.into(),
    };
    let answer = Answer(vec![
        column(["HASH", "hash", "Hash"], hash.into()),
        column(["HASH REVISION", "hashRevision", "Hash revision"], at),
        column(["COMPACT REVISION", "compactRevision", "Compact revision"], compacted),
    ]);
    answer.write(format)
}

/// A refusal without the name of the server, which is not asked.
fn failed(error: mvcc::Error) -> Failure {
    let text = error.to_string();
    Failure::new(text.strip_prefix("etcdserver: ").unwrap_or(&text))
}
