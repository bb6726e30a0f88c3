//! Answering a range.
//!
//! Owns [`View::range`], and [`View::short_range`] for whoever has no time for a long one. The
//! index says which keys there are, and counts them; the rows have the pairs. Only the rows that
//! may be part of the answer are read.
//!
//! | the request wants | so these pairs are read |
//! |---|---|
//! | a count | none |
//! | keys | none, but if they are sorted by value |
//! | pairs in the order of their keys | up to the limit |
//! | pairs by another order, or by bounds on their revisions | all |
//!
//! Left to others: whether the request can be (`checks`).

use crate::error::Error;
use crate::row;
use crate::stamp::Stamp;
use crate::versions::Life;
use crate::view::{Shared, View};
use api::range_request::{SortOrder, SortTarget};
use api::{KeyValue, Keys, RangeRequest, RangeResponse, ResponseHeader, Revision};
use bolt::{File, backend};
use bytes::Bytes;
use std::cmp::Ordering;

/// How much may be looked at for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// So many keys of the index.
    pub keys: usize,
    /// So many bytes of keys and values.
    pub bytes: usize,
}

impl Most {
    /// No limit.
    const ANY: Most = Most { keys: usize::MAX, bytes: usize::MAX };
}

impl<F: File> View<F> {
    /// The pairs of a range.
    pub fn range(&self, request: &RangeRequest) -> Result<RangeResponse, Error> {
        Ok(self.short_range(request, Most::ANY)?.expect(ANY))
    }

    /// The same, if it is not much work; else nothing, and it was not much work to find out.
    pub fn short_range(
        &self,
        request: &RangeRequest,
        most: Most,
    ) -> Result<Option<RangeResponse>, Error> {
        let at = self.at(request.revision)?;
        let response = short_range(self.rows(), self.shared(), at, request, true, most)?;
        let header = Some(header(self.current()));
        Ok(response.map(|response| RangeResponse { header, ..response }))
    }

    /// The revision that a request wants to read at: zero and less is the newest.
    pub fn at(&self, revision: i64) -> Result<Revision, Error> {
        match u64::try_from(revision) {
            Err(_) | Ok(0) => Ok(self.current()),
            Ok(revision) if revision > self.current().0 => Err(api::Error::FutureRev.into()),
            Ok(revision) if self.compacted().is_some_and(|compacted| revision < compacted.0) => {
                Err(api::Error::Compacted.into())
            }
            Ok(revision) => Ok(Revision(revision)),
        }
    }
}

/// A header that says no more than a revision. The member that answers adds the rest.
pub fn header(revision: Revision) -> ResponseHeader {
    ResponseHeader { revision: revision.wire(), ..ResponseHeader::default() }
}

/// The pairs of a range at a revision, without a header. If nobody asks how many keys there are in
/// all, only those are looked at that are needed.
pub fn range<F: File>(
    rows: &backend::View<F>,
    shared: &Shared,
    at: Revision,
    request: &RangeRequest,
    counts: bool,
) -> Result<RangeResponse, Error> {
    Ok(short_range(rows, shared, at, request, counts, Most::ANY)?.expect(ANY))
}

const ANY: &str = "nothing is more than any number";

fn short_range<F: File>(
    rows: &backend::View<F>,
    shared: &Shared,
    at: Revision,
    request: &RangeRequest,
    counts: bool,
    most: Most,
) -> Result<Option<RangeResponse>, Error> {
    let keys = Keys::new(&request.key, &request.range_end);
    let limit = usize::try_from(request.limit).ok().filter(|limit| *limit > 0);
    let wanted = Wanted::of(request);
    // One more than the limit shows that there is more.
    let needed = match wanted {
        Wanted::Nothing => 0,
        Wanted::All => usize::MAX,
        Wanted::First => limit.map_or(usize::MAX, |limit| limit.saturating_add(1)),
    };
    let mut count = 0;
    let mut found: Vec<Found> = Vec::new();
    shared.each(&keys, at, |key, stamp, life| {
        count += 1;
        if found.len() < needed {
            found.push(Found::new(request.keys_only, key, stamp, life));
        }
        count <= most.keys && (counts || found.len() < needed)
    });
    if count > most.keys {
        return Ok(None);
    }
    let count = i64::try_from(count).expect("nobody has so many keys");
    let mut response = RangeResponse { count, ..RangeResponse::default() };
    if wanted == Wanted::Nothing {
        return Ok(Some(response));
    }
    let by_value = request.sort_target == SortTarget::Value as i32;
    let mut pairs = Vec::with_capacity(found.len());
    let mut rows = rows.lookup(row::BUCKET)?;
    let mut bytes = 0;
    for found in found {
        let pair = match found.key {
            Some(key) if !by_value => without_value(key, found.stamp, found.life),
            Some(_) | None => row::read(&mut rows, found.stamp)?,
        };
        bytes += pair.key.len() + pair.value.len();
        // One pair is never too much: it is read as soon as it is found.
        if bytes > most.bytes && !pairs.is_empty() {
            return Ok(None);
        }
        pairs.push(pair);
    }
    pairs.retain(|pair| is_inside(request, pair));
    sort(request, &mut pairs);
    if let Some(limit) = limit
        && pairs.len() > limit
    {
        pairs.truncate(limit);
        response.more = true;
    }
    if request.keys_only {
        pairs.iter_mut().for_each(|pair| pair.value = Bytes::new());
    }
    response.kvs = pairs;
    Ok(Some(response))
}

/// Which pairs have to be looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// None: only how many there are.
    Nothing,
    /// The first ones, up to the limit.
    First,
    /// All, since what is cut off is not known before.
    All,
}

/// A key of the index; with its name, if the row is not needed.
struct Found {
    key: Option<Bytes>,
    stamp: Stamp,
    life: Life,
}

impl Wanted {
    fn of(request: &RangeRequest) -> Wanted {
        let bounds = [
            request.min_mod_revision,
            request.max_mod_revision,
            request.min_create_revision,
            request.max_create_revision,
        ];
        let order = request.sort_order;
        let is_by_key = request.sort_target == SortTarget::Key as i32;
        let as_it_comes =
            order == SortOrder::None as i32 || (is_by_key && order == SortOrder::Ascend as i32);
        match (request.count_only, bounds == [0; 4] && as_it_comes) {
            (true, _) => Wanted::Nothing,
            (false, true) => Wanted::First,
            (false, false) => Wanted::All,
        }
    }
}

impl Found {
    fn new(keys_only: bool, key: &[u8], stamp: Stamp, life: Life) -> Found {
        Found { key: keys_only.then(|| Bytes::copy_from_slice(key)), stamp, life }
    }
}

/// A pair as the index knows it: without its value, and without its lease.
fn without_value(key: Bytes, stamp: Stamp, life: Life) -> KeyValue {
    KeyValue {
        key,
        create_revision: life.created.wire(),
        mod_revision: stamp.revision.wire(),
        version: i64::try_from(life.version.get()).expect("nobody counts that far"),
        ..KeyValue::default()
    }
}

/// Is a pair inside of the bounds that a request has? Zero is no bound.
fn is_inside(request: &RangeRequest, pair: &KeyValue) -> bool {
    let least = |bound: i64, revision: i64| bound == 0 || revision >= bound;
    let most = |bound: i64, revision: i64| bound == 0 || revision <= bound;
    most(request.max_mod_revision, pair.mod_revision)
        && least(request.min_mod_revision, pair.mod_revision)
        && most(request.max_create_revision, pair.create_revision)
        && least(request.min_create_revision, pair.create_revision)
}

/// Sorts pairs, which come in the order of their keys. No order is ascending, for anything but the
/// key; so etcd has it.
fn sort(request: &RangeRequest, pairs: &mut [KeyValue]) {
    let target = SortTarget::try_from(request.sort_target).unwrap_or(SortTarget::Key);
    let compare = |one: &KeyValue, other: &KeyValue| -> Ordering {
        match target {
            SortTarget::Key => one.key.cmp(&other.key),
            SortTarget::Version => one.version.cmp(&other.version),
            SortTarget::Create => one.create_revision.cmp(&other.create_revision),
            SortTarget::Mod => one.mod_revision.cmp(&other.mod_revision),
            SortTarget::Value => one.value.cmp(&other.value),
        }
    };
    match SortOrder::try_from(request.sort_order).unwrap_or(SortOrder::None) {
        SortOrder::None | SortOrder::Ascend if target == SortTarget::Key => {}
        SortOrder::None | SortOrder::Ascend => pairs.sort_by(compare),
        SortOrder::Descend => pairs.sort_by(|one, other| compare(other, one)),
    }
}
