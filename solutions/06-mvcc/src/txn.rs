//! Transactions: compare, and do one of two lists, all at one revision.
//!
//! Owns [`Store::txn`]. It has three steps, and only the third writes:
//!
//! 1. All comparisons are decided, those of transactions in the transaction as well, on the state
//!    before. The result is a [`Path`]: which lists will be carried out.
//! 2. The operations on the path are looked at: whether leases and keys are there, and revisions.
//!    If one cannot be carried out, none is.
//! 3. They are carried out, in order. Each sees what those before it did.
//!
//! Left to others: what is wrong whatever the state is (`checks`).

use crate::error::Error;
use crate::range::header;
use crate::stamp::Stamp;
use crate::store::{Changing, Leases, Store};
use crate::versions::Life;
use api::compare::{CompareResult, CompareTarget, TargetUnion};
use api::request_op::Request;
use api::response_op::Response;
use api::{
    Compare, Keys, LeaseId, RequestOp, ResponseHeader, ResponseOp, Revision, TxnRequest,
    TxnResponse,
};
use bolt::File;
use bytes::Bytes;
use std::cmp::Ordering;

/// Which lists of a transaction are carried out.
struct Path {
    /// The first; else the second.
    succeeded: bool,
    /// The paths of the transactions in that list, in order.
    below: Vec<Path>,
}

impl Path {
    fn list<'a>(&self, request: &'a TxnRequest) -> &'a [RequestOp] {
        if self.succeeded { &request.success } else { &request.failure }
    }
}

impl<F: File> Store<F> {
    /// Carries out a transaction.
    pub fn txn(
        &mut self,
        request: &TxnRequest,
        leases: &impl Leases,
    ) -> Result<TxnResponse, Error> {
        let path = self.decide(request)?;
        self.can_do(request, &path, leases)?;
        self.change(|changing| {
            let mut response = changing.txn(request, &path)?;
            response.header = Some(header(changing.current()));
            Ok(response)
        })
    }

    /// Which lists a transaction takes.
    fn decide(&self, request: &TxnRequest) -> Result<Path, Error> {
        let mut succeeded = true;
        for compare in &request.compare {
            succeeded = succeeded && self.holds(compare)?;
        }
        let mut path = Path { succeeded, below: Vec::new() };
        for operation in path.list(request) {
            if let Some(Request::RequestTxn(request)) = &operation.request {
                path.below.push(self.decide(request)?);
            }
        }
        Ok(path)
    }

    /// Does a comparison hold for every key of its range? If there is no key, it is compared as one
    /// that has zero of everything, and no value.
    fn holds(&self, compare: &Compare) -> Result<bool, Error> {
        let keys = Keys::new(&compare.key, &compare.range_end);
        let mut found: Vec<(Bytes, Stamp, Life)> = Vec::new();
        self.shared.each(&keys, self.current, |key, stamp, life| {
            found.push((Bytes::copy_from_slice(key), stamp, life));
            true
        });
        if found.is_empty() {
            return Ok(compare.target != CompareTarget::Value as i32
                && is_as_asked(compare, &Fact::default()));
        }
        for (key, stamp, life) in found {
            let value = match compare.target == CompareTarget::Value as i32 {
                true => self.read(stamp)?.value,
                false => Bytes::new(),
            };
            let fact = Fact {
                version: i64::try_from(life.version.get()).expect("nobody counts that far"),
                created: life.created.wire(),
                modified: stamp.revision.wire(),
                lease: LeaseId::wire(self.attached.lease(&key)),
                value,
            };
            if !is_as_asked(compare, &fact) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Can everything on this path be carried out? It is looked at in order, as the state is now.
    fn can_do(&self, request: &TxnRequest, path: &Path, leases: &impl Leases) -> Result<(), Error> {
        let mut below = path.below.iter();
        for operation in path.list(request) {
            match &operation.request {
                Some(Request::RequestRange(request)) => self.has_revision(request.revision)?,
                Some(Request::RequestPut(request)) => self.can_put(request, leases)?,
                Some(Request::RequestTxn(request)) => {
                    let path = below.next().expect("each has one");
                    self.can_do(request, path, leases)?;
                }
                Some(Request::RequestDeleteRange(_)) | None => {}
            }
        }
        Ok(())
    }

    /// Can a revision be read? In a transaction, etcd also refuses a negative one, if it is less
    /// than that of the last compaction, which is −1 before the first.
    fn has_revision(&self, revision: i64) -> Result<(), Error> {
        let compacted = self.compacted.map_or(-1, Revision::wire);
        if revision > self.current.wire() {
            return Err(api::Error::FutureRev.into());
        }
        if revision != 0 && revision < compacted {
            return Err(api::Error::Compacted.into());
        }
        Ok(())
    }
}

impl<F: File> Changing<'_, F> {
    /// The operations on a path, in order. The answer has no header yet.
    fn txn(&mut self, request: &TxnRequest, path: &Path) -> Result<TxnResponse, Error> {
        let mut below = path.below.iter();
        let mut responses = Vec::new();
        for operation in path.list(request) {
            let response = match &operation.request {
                Some(Request::RequestRange(request)) => {
                    Some(Response::ResponseRange(self.range(request)?))
                }
                Some(Request::RequestPut(request)) => {
                    Some(Response::ResponsePut(self.put(request)?))
                }
                Some(Request::RequestDeleteRange(request)) => {
                    Some(Response::ResponseDeleteRange(self.delete_range(request)?))
                }
                Some(Request::RequestTxn(request)) => {
                    let path = below.next().expect("each has one");
                    let mut response = self.txn(request, path)?;
                    // So etcd has it: it is there, and says nothing.
                    response.header = Some(ResponseHeader::default());
                    Some(Response::ResponseTxn(response))
                }
                None => None,
            };
            responses.push(ResponseOp { response });
        }
        Ok(TxnResponse { header: None, succeeded: path.succeeded, responses })
    }
}

/// What is known of a key that is compared.
#[derive(Default)]
struct Fact {
    version: i64,
    created: i64,
    modified: i64,
    lease: i64,
    value: Bytes,
}

/// Does one fact stand to what is given as the comparison asks? What it does not name is zero, or
/// empty; and a target that there is not is equal, as in etcd.
fn is_as_asked(compare: &Compare, fact: &Fact) -> bool {
    let given = |wanted: CompareTarget| match (&compare.target_union, wanted) {
        (Some(TargetUnion::Version(number)), CompareTarget::Version)
        | (Some(TargetUnion::CreateRevision(number)), CompareTarget::Create)
        | (Some(TargetUnion::ModRevision(number)), CompareTarget::Mod)
        | (Some(TargetUnion::Lease(number)), CompareTarget::Lease) => *number,
        _ => 0,
    };
    let order = match CompareTarget::try_from(compare.target) {
        Ok(target @ CompareTarget::Version) => fact.version.cmp(&given(target)),
        Ok(target @ CompareTarget::Create) => fact.created.cmp(&given(target)),
        Ok(target @ CompareTarget::Mod) => fact.modified.cmp(&given(target)),
        Ok(target @ CompareTarget::Lease) => fact.lease.cmp(&given(target)),
        Ok(CompareTarget::Value) => match &compare.target_union {
            Some(TargetUnion::Value(value)) => fact.value.cmp(value),
            _ => fact.value.cmp(&Bytes::new()),
        },
        Err(_) => Ordering::Equal,
    };
    match CompareResult::try_from(compare.result) {
        Ok(CompareResult::Equal) => order == Ordering::Equal,
        Ok(CompareResult::NotEqual) => order != Ordering::Equal,
        Ok(CompareResult::Greater) => order == Ordering::Greater,
        Ok(CompareResult::Less) => order == Ordering::Less,
        Err(_) => true,
    }
}
