//! Starting: what is in memory is made again of the rows.
//!
//! Owns [`Store::open`]. The rows are read once, in the order in which they were written; then they
//! are sorted by their keys, and the index is built in one go.
//!
//! Left to others: the file and its buffer (`bolt`).

use crate::compaction::{Compaction, FINISHED, META, SCHEDULED};
use crate::error::Error;
use crate::index::{Index, Life, Version};
use crate::leases::Attached;
use crate::row;
use crate::stamp::{Act, Stamp};
use crate::store::Store;
use crate::sums::{Sums, hash};
use crate::view::{Moment, Shared};
use api::{LeaseId, Revision};
use bolt::{File, backend};
use bytes::Bytes;
use std::num::NonZeroU64;
use std::sync::Arc;

/// What the rows say.
struct Found {
    /// Each version with its key, in the order in which they were written.
    versions: Vec<(Bytes, Version)>,
    attached: Attached,
    /// The newest revision of a row.
    newest: Option<Revision>,
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
        let known = [found.newest, compacted, Some(Revision::FIRST)];
        let current = known.into_iter().flatten().max().expect("there is the first");
        let (index, sum) = index(found.versions);
        let era = Arc::new(());
        let moment = Moment { current, compacted, era: era.clone() };
        // What was not finished is begun once more. What it has taken is not there any more.
        let unfinished = scheduled.filter(|scheduled| finished.is_none_or(|it| it < *scheduled));
        Ok(Store {
            rows,
            shared: Arc::new(Shared::new(index, moment)),
            current,
            compacted,
            era,
            compaction: unfinished.map(Compaction::new),
            attached: found.attached,
            sums: Sums::new(current, sum),
            events: Vec::new(),
        })
    }
}

/// A revision that a row of `meta` has.
fn mark<F: File>(view: &backend::View<F>, key: &[u8]) -> Result<Option<Revision>, Error> {
    let Some(value) = view.get(META, key)? else { return Ok(None) };
    match Stamp::of_row(&value) {
        Some((stamp, Act::Put)) => Ok(Some(stamp.revision)),
        Some((_, Act::Delete)) | None => Err(Error::Foreign {
            bucket: "meta",
            key: key.escape_ascii().to_string(),
            why: "its value is no revision",
        }),
    }
}

/// Reads every row.
fn read<F: File>(view: &backend::View<F>) -> Result<Found, Error> {
    let mut found = Found { versions: Vec::new(), attached: Attached::default(), newest: None };
    for row in view.range(row::BUCKET, ..)? {
        let (key, value) = row?;
        let Some((stamp, act)) = Stamp::of_row(&key) else {
            let key = key.escape_ascii().to_string();
            return Err(Error::Foreign { bucket: "key", key, why: "its key is no revision" });
        };
        found.newest = Some(stamp.revision);
        let hash = hash(&value);
        let pair = row::decode(value, stamp)?;
        if pair.key.is_empty() {
            // etcd's tools write a row without a key, for nothing but its revision.
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
        // The key is a part of a page, and would keep all of it.
        found.versions.push((Bytes::copy_from_slice(&pair.key), Version { stamp, life }));
    }
    Ok(found)
}

fn life(pair: &api::KeyValue, hash: u64) -> Option<Life> {
    let created = u64::try_from(pair.create_revision).ok()?;
    let version = u64::try_from(pair.version).ok().and_then(NonZeroU64::new)?;
    Some(Life { created: Revision(created), version, hash })
}

/// The index of these versions, and the sum of the hashes of what is there.
fn index(mut versions: Vec<(Bytes, Version)>) -> (Index, u64) {
    // They are in the order of their stamps, and a stable sort keeps it for each key.
    versions.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut sum = 0_u64;
    let mut rest = versions.into_iter().peekable();
    let keys = std::iter::from_fn(|| {
        let (key, first) = rest.next()?;
        let mut all = vec![first];
        while let Some((_, version)) = rest.next_if(|(next, _)| *next == key) {
            all.push(version);
        }
        let newest = all.last().and_then(|version| version.life);
        sum = sum.wrapping_add(newest.map_or(0, |life| life.hash));
        Some((key, all))
    });
    let index = Index::of(keys);
    (index, sum)
}
