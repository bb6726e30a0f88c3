//! Starting: what is in memory is made again of the rows.
//!
//! Owns [`Store::open`]. The rows are read once, in the order in which they were written, and each
//! is one more version of its key.
//!
//! Left to others: the file and its buffer (`bolt`).

use crate::compaction::{Compaction, FINISHED, META, SCHEDULED};
use crate::error::Error;
use crate::index::Index;
use crate::leases::Attached;
use crate::row;
use crate::stamp::{Act, Stamp};
use crate::store::Store;
use crate::sums::{Sums, hash};
use crate::versions::{Life, Version};
use crate::view::{Moment, Shared};
use api::{LeaseId, Revision};
use bolt::{File, backend};
use std::num::NonZeroU64;
use std::sync::Arc;

/// No client could be told of a revision after this one. Nobody counts that far, so whoever has
/// written it has not counted.
const LAST: u64 = i64::MAX as u64;

/// What the rows say.
#[derive(Default)]
struct Found {
    index: Index,
    /// The sum of the hashes of what is there.
    sum: u64,
    attached: Attached,
    /// That of the last row.
    newest: Option<Stamp>,
}

impl<F: File> Store<F> {
    /// The store in these rows.
    pub fn open(mut rows: backend::Writer<F>) -> Result<Store<F>, Error> {
        let view = rows.view();
        let scheduled = mark(&view, SCHEDULED)?;
        let finished = mark(&view, FINISHED)?;
        let found = read(&view)?;
        drop(view);
        for bucket in [row::BUCKET, META] {
            rows.make_bucket(bucket)?;
        }
        let compacted = scheduled.max(finished);
        let newest = found.newest.map(|stamp| stamp.revision);
        let known = [newest, compacted, Some(Revision::FIRST)];
        let current = known.into_iter().flatten().max().expect("there is the first");
        let era = Arc::new(());
        let moment = Moment { current, compacted, era: era.clone() };
        // What was not finished is begun once more. What it has taken is not there any more.
        let unfinished = scheduled.filter(|scheduled| finished.is_none_or(|it| it < *scheduled));
        Ok(Store {
            rows,
            shared: Arc::new(Shared::new(found.index, moment)),
            current,
            compacted,
            era,
            compaction: unfinished.map(Compaction::new),
            forgotten: 0,
            attached: found.attached,
            sums: Sums::new(current, found.sum),
            events: Vec::new(),
        })
    }
}

/// A revision that a row of `meta` has.
fn mark<F: File>(view: &backend::View<F>, key: &[u8]) -> Result<Option<Revision>, Error> {
    let Some(value) = view.get(META, key)? else { return Ok(None) };
    match Stamp::of_row(&value) {
        Some((stamp, Act::Put)) if stamp.revision.0 < LAST => Ok(Some(stamp.revision)),
        Some((_, Act::Put | Act::Delete)) | None => Err(Error::Foreign {
            bucket: "meta",
            key: key.escape_ascii().to_string(),
            why: "its value is no revision",
        }),
    }
}

/// Reads every row.
fn read<F: File>(view: &backend::View<F>) -> Result<Found, Error> {
    let mut found = Found::default();
    for row in view.range(row::BUCKET, ..)? {
        let (key, value) = row?;
        let Some((stamp, act)) = Stamp::of_row(&key) else {
            let key = key.escape_ascii().to_string();
            return Err(Error::Foreign { bucket: "key", key, why: "its key is no revision" });
        };
        // A key that was put and deleted at once, or one that is after that of the next row.
        if found.newest.replace(stamp).is_some_and(|before| before >= stamp) {
            return Err(Error::Row { stamp, why: "is there twice" });
        }
        if stamp.revision.0 >= LAST {
            return Err(Error::Row { stamp, why: "leaves no revision for what comes after it" });
        }
        let hash = hash(&value);
        let pair = row::decode(value, stamp)?;
        if pair.key.is_empty() {
            // etcd's tools write a row without a key, for nothing but its revision. It stays, and
            // is hashed, as the version of a key that nobody can ask for.
            let life = Life { created: stamp.revision, version: NonZeroU64::MIN, hash: 0 };
            found.index.add(&pair.key, Version { stamp, life: Some(life) });
            continue;
        }
        let life = match act {
            Act::Put => Some(life(&pair, hash).ok_or(Error::Row { stamp, why: "has no version" })?),
            Act::Delete => None,
        };
        let lease = LeaseId::new(pair.lease);
        if lease.is_some() || found.attached.lease(&pair.key).is_some() {
            found.attached.attach(&pair.key, lease);
        }
        let before = found.index.newest(&pair.key).and_then(|version| version.life);
        let share = |life: Option<Life>| life.map_or(0, |life| life.hash);
        found.sum = found.sum.wrapping_sub(share(before)).wrapping_add(share(life));
        found.index.add(&pair.key, Version { stamp, life });
    }
    Ok(found)
}

fn life(pair: &api::KeyValue, hash: u64) -> Option<Life> {
    let created = u64::try_from(pair.create_revision).ok()?;
    let version = u64::try_from(pair.version).ok().and_then(NonZeroU64::new)?;
    Some(Life { created: Revision(created), version, hash })
}
