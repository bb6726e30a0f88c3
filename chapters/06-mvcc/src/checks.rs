//! What can be wrong with a request, whatever the store holds.
//!
//! Owns the checks that a member makes before it proposes anything, in etcd's order. They depend on
//! the request alone, and on one limit of the member's.
//!
//! Left to others: what depends on the state (`txn`), on permissions, sizes and quotas.

use api::range_request::{SortOrder, SortTarget};
use api::request_op::Request;
use api::{Compare, DeleteRangeRequest, Error, PutRequest, RangeRequest, RequestOp, TxnRequest};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// A range that can be.
pub fn range(request: &RangeRequest) -> Result<(), Error> {
    has_key(&request.key)?;
    let known = SortOrder::try_from(request.sort_order).is_ok()
        && SortTarget::try_from(request.sort_target).is_ok();
    if known { Ok(()) } else { Err(Error::InvalidSortOption) }
}

/// A put that can be.
pub fn put(request: &PutRequest) -> Result<(), Error> {
    has_key(&request.key)?;
    if request.ignore_value && !request.value.is_empty() {
        return Err(Error::ValueProvided);
    }
    if request.ignore_lease && request.lease != 0 {
        return Err(Error::LeaseProvided);
    }
    Ok(())
}

/// A deletion that can be.
pub fn delete_range(request: &DeleteRangeRequest) -> Result<(), Error> {
    has_key(&request.key)
}

/// A transaction that can be, with at most so many comparisons or operations in a list.
pub fn txn(request: &TxnRequest, most: usize) -> Result<(), Error> {
    lists(request, most)?;
    Claims::of(&request.success)?;
    Claims::of(&request.failure).map(|_| ())
}

/// The lists of a transaction, and of those in it. One in another may have only as many operations
/// as that one leaves, so nesting has an end.
fn lists(request: &TxnRequest, most: usize) -> Result<(), Error> {
    let TxnRequest { compare, success, failure } = request;
    let longest = compare.len().max(success.len()).max(failure.len());
    if longest > most {
        return Err(Error::TooManyOps);
    }
    compare.iter().try_for_each(|compare: &Compare| has_key(&compare.key))?;
    for operation in success.iter().chain(failure) {
        match &operation.request {
            Some(Request::RequestRange(request)) => range(request)?,
            Some(Request::RequestPut(request)) => put(request)?,
            Some(Request::RequestDeleteRange(request)) => delete_range(request)?,
            Some(Request::RequestTxn(request)) => lists(request, most - longest)?,
            None => return Err(Error::KeyNotFound),
        }
    }
    Ok(())
}

fn has_key(key: &Bytes) -> Result<(), Error> {
    if key.is_empty() { Err(Error::EmptyKey) } else { Ok(()) }
}

/// What a list of operations writes.
#[derive(Default)]
struct Claims {
    puts: BTreeSet<Bytes>,
    deletes: Deletes,
}

/// Ranges of keys that do not touch each other: the first key of each, and where it ends.
#[derive(Default)]
struct Deletes(BTreeMap<Bytes, Bytes>);

impl Claims {
    /// A list may not put a key twice, nor put and delete it: nobody could say what is there in the
    /// end. The order is not asked for, but that a transaction in the list may put what one before
    /// it deletes.
    fn of(list: &[RequestOp]) -> Result<Claims, Error> {
        let mut claims = Claims::default();
        for operation in list {
            if let Some(Request::RequestDeleteRange(request)) = &operation.request {
                claims.deletes.add(&request.key, &request.range_end);
            }
        }
        for operation in list {
            if let Some(Request::RequestTxn(request)) = &operation.request {
                let then = Claims::of(&request.success)?;
                let otherwise = Claims::of(&request.failure)?;
                // One of the two happens, so both may put the same key.
                let puts: BTreeSet<&Bytes> = then.puts.union(&otherwise.puts).collect();
                puts.into_iter().try_for_each(|key| claims.put(key))?;
                for (from, to) in then.deletes.0.iter().chain(&otherwise.deletes.0) {
                    claims.deletes.insert(from.clone(), to.clone());
                }
            }
        }
        for operation in list {
            if let Some(Request::RequestPut(request)) = &operation.request {
                claims.put(&request.key)?;
            }
        }
        Ok(claims)
    }

    fn put(&mut self, key: &Bytes) -> Result<(), Error> {
        if self.deletes.has(key) || !self.puts.insert(key.clone()) {
            return Err(Error::DuplicateKey);
        }
        Ok(())
    }
}

impl Deletes {
    /// A deletion, taken at its word: an end of one zero byte, or one that is not after the key,
    /// covers nothing here. So etcd has it.
    fn add(&mut self, key: &Bytes, range_end: &Bytes) {
        if range_end.is_empty() {
            let next = [&key[..], &[0]].concat();
            self.insert(key.clone(), next.into());
        } else if key < range_end {
            self.insert(key.clone(), range_end.clone());
        }
    }

    fn insert(&mut self, mut from: Bytes, mut to: Bytes) {
        while let Some((start, end)) = self.0.range(..=to.clone()).next_back()
            && *end >= from
        {
            let start = start.clone();
            let end = self.0.remove(&start).expect("it is there");
            from = from.min(start);
            to = to.max(end);
        }
        self.0.insert(from, to);
    }

    fn has(&self, key: &Bytes) -> bool {
        let before = self.0.range::<Bytes, _>(..=key).next_back();
        before.is_some_and(|(_, end)| key < end)
    }
}
