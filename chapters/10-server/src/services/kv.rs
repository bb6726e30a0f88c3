//! Keys and values.
//!
//! Owns the service `KV`: it checks what can be wrong with a request before anybody is asked, and
//! sends it on its way.

use super::reads::Pieces;
use super::steps::Steps;
use super::{Member, Signed, Who};
use crate::proposal::Asked;
use api::kv_server::Kv as Service;
use api::range_request::{SortOrder, SortTarget};
use api::request_op::Request as Operation;
use api::{
    CompactionRequest, CompactionResponse, DeleteRangeRequest, DeleteRangeResponse, Error, LeaseId,
    PutRequest, PutResponse, RangeRequest, RangeResponse, RequestOp, TxnRequest, TxnResponse,
};
use auth::{Asker, Auth, LeaseKeys};
use bytes::Bytes;
use mvcc::checks;
use std::sync::Arc;
use std::time::Instant;
use tonic::{Request, Response, Status, async_trait};

/// The service of a member.
pub struct Kv {
    member: Arc<Member>,
}

impl Kv {
    /// That of this member.
    pub fn new(member: Arc<Member>) -> Kv {
        Kv { member }
    }
}

#[async_trait]
impl Service for Kv {
    type RangeStreamStream = Steps<Pieces>;

    async fn range(
        &self,
        request: Request<RangeRequest>,
    ) -> Result<Response<RangeResponse>, Status> {
        let (who, request) = Who::of(request);
        if !request.serializable && self.member.is_learner() {
            return Err(Error::NotSupportedForLearner.into());
        }
        // Keys in it are parts of what has come, so this copies none.
        let asked = request.clone();
        let told = self.read_range(&who, request).await;
        self.member.slow.range(&who, &asked, &told, &self.member.facts.metrics);
        told.map(Response::new)
    }

    async fn range_stream(
        &self,
        request: Request<RangeRequest>,
    ) -> Result<Response<Steps<Pieces>>, Status> {
        let (who, request) = Who::of(request);
        checks::range(&request)?;
        can_be_streamed(&request)?;
        if !request.serializable {
            self.member.catch_up().await?;
        }
        let asker =
            self.member.permit(&who, |auth, asker| auth.check_range(asker, &request)).await?;
        let pieces = Pieces::new(self.member.clone(), request).await?;
        self.member.check_still(&asker)?;
        Ok(Response::new(Steps::new(pieces)))
    }

    async fn put(&self, request: Request<PutRequest>) -> Result<Response<PutResponse>, Status> {
        let (who, request) = Who::of(request);
        let asked = request.clone();
        let told = self.change(&who, request, check_put).await;
        let told = told.map(|response| response.signed(&self.member));
        self.member.slow.put(&who, &asked, &told);
        told.map(Response::new)
    }

    async fn delete_range(
        &self,
        request: Request<DeleteRangeRequest>,
    ) -> Result<Response<DeleteRangeResponse>, Status> {
        let (who, request) = Who::of(request);
        let asked = request.clone();
        let check = |_: &Member, request: &DeleteRangeRequest| checks::delete_range(request);
        let told = self.change(&who, request, check).await;
        let told = told.map(|response| response.signed(&self.member));
        self.member.slow.delete_range(&who, &asked, &told);
        told.map(Response::new)
    }

    async fn txn(&self, request: Request<TxnRequest>) -> Result<Response<TxnResponse>, Status> {
        let (who, request) = Who::of(request);
        let asked = request.clone();
        let told = match only_reads(&request) {
            Some(may_be_old) => self.read(&who, request, may_be_old).await,
            None => {
                let told = self.change(&who, request, check_txn).await;
                told.map(|response| response.signed(&self.member))
            }
        };
        self.member.slow.txn(&who, &asked, &told);
        told.map(Response::new)
    }

    async fn compact(
        &self,
        request: Request<CompactionRequest>,
    ) -> Result<Response<CompactionResponse>, Status> {
        let (who, request) = Who::of(request);
        let told = self.compact_now(&who, request).await;
        self.member.slow.compact(&who);
        told.map(Response::new)
    }
}

impl Kv {
    /// The pairs of a range.
    async fn read_range(&self, who: &Who, request: RangeRequest) -> Result<RangeResponse, Status> {
        checks::range(&request)?;
        if !request.serializable {
            self.member.catch_up().await?;
        }
        let asker =
            self.member.permit(who, |auth, asker| auth.check_range(asker, &request)).await?;
        let began = Instant::now();
        let response = self.member.range(request).await;
        self.member.facts.metrics.state.note_read(response.is_ok(), began);
        let response = response?;
        self.member.check_still(&asker)?;
        Ok(response)
    }

    /// Something goes through the log, if nothing is wrong with it.
    async fn change<R: Asked>(
        &self,
        who: &Who,
        request: R,
        check: impl FnOnce(&Member, &R) -> Result<(), Error>,
    ) -> Result<R::Response, Status> {
        check(&self.member, &request)?;
        self.member.propose(who, request).await
    }

    async fn compact_now(
        &self,
        who: &Who,
        request: CompactionRequest,
    ) -> Result<CompactionResponse, Status> {
        let response = self.member.propose_first(who, request).await?;
        if request.physical {
            self.member.compacted().await?;
        }
        Ok(response.signed(&self.member))
    }

    /// A transaction that does nothing but read.
    async fn read(
        &self,
        who: &Who,
        request: TxnRequest,
        may_be_old: bool,
    ) -> Result<TxnResponse, Status> {
        check_txn(&self.member, &request)?;
        let asked = request.clone();
        let told = self.read_checked(who, request, may_be_old).await;
        self.member.slow.read_txn(who, &asked, &told, &self.member.facts.metrics);
        told
    }

    async fn read_checked(
        &self,
        who: &Who,
        request: TxnRequest,
        may_be_old: bool,
    ) -> Result<TxnResponse, Status> {
        if !may_be_old {
            self.member.catch_up().await?;
        }
        let check = |auth: &Auth, asker: &Asker| auth.check_txn(asker, &request, &NoLeases);
        let asker = self.member.permit(who, check).await?;
        let response = self.member.read_txn(request).await?;
        self.member.facts.metrics.state.txn(&response);
        self.member.check_still(&asker)?;
        Ok(response)
    }
}

fn check_put(member: &Member, request: &PutRequest) -> Result<(), Error> {
    member.check_quota(cost_of_put(request))?;
    checks::put(request)
}

fn check_txn(member: &Member, request: &TxnRequest) -> Result<(), Error> {
    match cost_of_txn(request) {
        0 => {}
        cost => member.check_quota(cost)?,
    }
    checks::txn(request, member.max_txn_ops)?;
    check_depth(request)
}

/// Whoever reads takes no lease.
struct NoLeases;

impl LeaseKeys for NoLeases {
    fn each(
        &self,
        _: LeaseId,
        _: &mut dyn FnMut(&Bytes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        Ok(())
    }
}

/// So deep transactions may be in one another. What is deeper could be read from a client and not
/// from the log any more, where it is one deeper.
const DEEPEST: usize = 32;

fn check_depth(request: &TxnRequest) -> Result<(), Error> {
    fn depth(request: &TxnRequest) -> usize {
        let inner = request.success.iter().chain(&request.failure).map(|it| match &it.request {
            Some(Operation::RequestTxn(request)) => depth(request),
            Some(_) | None => 0,
        });
        1 + inner.max().unwrap_or(0)
    }
    if depth(request) <= DEEPEST { Ok(()) } else { Err(Error::TooManyOps) }
}

/// How many bytes a put takes at most, as etcd counts.
fn cost_of_put(request: &PutRequest) -> u64 {
    256 + request.key.len() as u64 + request.value.len() as u64
}

/// How many bytes a transaction takes at most, whichever way it goes.
pub fn cost_of_txn(request: &TxnRequest) -> u64 {
    let cost = |operations: &[RequestOp]| {
        let costs = operations.iter().map(|RequestOp { request }| match request {
            Some(Operation::RequestPut(request)) => cost_of_put(request),
            Some(Operation::RequestTxn(request)) => cost_of_txn(request),
            Some(Operation::RequestRange(_) | Operation::RequestDeleteRange(_)) | None => 0,
        });
        costs.sum::<u64>()
    };
    cost(&request.success).max(cost(&request.failure))
}

/// A stream has its pieces in the order of their keys, and cannot leave any out.
fn can_be_streamed(request: &RangeRequest) -> Result<(), Status> {
    let is_by_key = request.sort_target == SortTarget::Key as i32;
    let order = request.sort_order;
    if order == SortOrder::Descend as i32 || (order == SortOrder::Ascend as i32 && !is_by_key) {
        return Err(Status::unimplemented("RangeStream does not support custom sort orders"));
    }
    let bounds = [
        request.min_mod_revision,
        request.max_mod_revision,
        request.min_create_revision,
        request.max_create_revision,
    ];
    match bounds {
        [0, 0, 0, 0] => Ok(()),
        _ => Err(Status::unimplemented("RangeStream does not support revision filters")),
    }
}

/// Does a transaction do nothing but read? Then, whether all of it may be old. One with another in
/// it goes through the log, as etcd has it.
fn only_reads(request: &TxnRequest) -> Option<bool> {
    let mut old = true;
    for RequestOp { request } in request.success.iter().chain(&request.failure) {
        match request {
            Some(Operation::RequestRange(range)) => old &= range.serializable,
            Some(
                Operation::RequestPut(_)
                | Operation::RequestDeleteRange(_)
                | Operation::RequestTxn(_),
            )
            | None => return None,
        }
    }
    Some(old)
}
