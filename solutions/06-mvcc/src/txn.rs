//! Transactions: compare, and do one of two lists, all at one revision.
//!
//! Owns [`Store::txn`], and [`View::txn`] for those that only read. It has three steps, and only
//! the third writes:
//!
//! 1. All comparisons are decided, those of transactions in the transaction as well, on the state
//!    before. The result is a [`Path`]: which lists will be carried out.
//! 2. The operations on the path are looked at: whether leases and keys are there, and revisions.
//!    If one cannot be carried out, none is.
//! 3. They are carried out, in order. Each sees what those before it did.
//!
//! Left to others: what is wrong whatever the state is (`checks`), and comparing (`compare`).

use crate::compare::holds;
use crate::error::Error;
use crate::range::header;
use crate::row;
use crate::store::{Changing, Leases, Store};
use crate::view::View;
use api::request_op::Request;
use api::response_op::Response;
use api::{RequestOp, ResponseHeader, ResponseOp, Revision, TxnRequest, TxnResponse};
use bolt::File;

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
            let read = |stamp| self.read(stamp);
            succeeded = succeeded && holds(&self.shared, self.current, read, compare)?;
        }
        let mut path = Path { succeeded, below: Vec::new() };
        for operation in path.list(request) {
            if let Some(Request::RequestTxn(request)) = &operation.request {
                path.below.push(self.decide(request)?);
            }
        }
        Ok(path)
    }

    /// Can everything on this path be carried out? It is looked at in order, as the state is now.
    fn can_do(&self, request: &TxnRequest, path: &Path, leases: &impl Leases) -> Result<(), Error> {
        let mut below = path.below.iter();
        for operation in path.list(request) {
            match &operation.request {
                Some(Request::RequestRange(request)) => {
                    has_revision(request.revision, self.current, self.compacted)?;
                }
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

/// Can a revision be read? In a transaction, etcd also refuses a negative one, if it is less than
/// that of the last compaction, which is −1 before the first.
fn has_revision(
    revision: i64,
    current: Revision,
    compacted: Option<Revision>,
) -> Result<(), api::Error> {
    if revision > current.wire() {
        return Err(api::Error::FutureRev);
    }
    if revision != 0 && revision < compacted.map_or(-1, Revision::wire) {
        return Err(api::Error::Compacted);
    }
    Ok(())
}

impl<F: File> View<F> {
    /// The answer to a transaction that does nothing but read, and has no other in it; none if it
    /// does more.
    pub fn txn(&self, request: &TxnRequest) -> Result<Option<TxnResponse>, Error> {
        let mut succeeded = true;
        let mut rows = self.rows().lookup(row::BUCKET)?;
        for compare in &request.compare {
            let read = |stamp| row::read(&mut rows, stamp);
            succeeded = succeeded && holds(self.shared(), self.current(), read, compare)?;
        }
        let path = Path { succeeded, below: Vec::new() };
        let mut ranges = Vec::new();
        for operation in path.list(request) {
            let Some(Request::RequestRange(request)) = &operation.request else {
                return Ok(None);
            };
            has_revision(request.revision, self.current(), self.compacted())?;
            ranges.push(request);
        }
        let respond = |request| {
            let response = self.range(request)?;
            Ok(ResponseOp { response: Some(Response::ResponseRange(response)) })
        };
        let responses = ranges.into_iter().map(respond).collect::<Result<_, Error>>()?;
        Ok(Some(TxnResponse { header: Some(header(self.current())), succeeded, responses }))
    }
}
