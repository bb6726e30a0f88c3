//! Keys and values.
//!
//! Owns the service `KV`: it checks what can be wrong with a request before anybody is asked, and
//! sends it on its way.

use super::reads::Pieces;
use super::steps::Steps;
use super::{Member, Signed};
use api::kv_server::Kv as Service;
use api::range_request::{SortOrder, SortTarget};
use api::request_op::Request as Operation;
use api::{
    CompactionRequest, CompactionResponse, DeleteRangeRequest, DeleteRangeResponse, PutRequest,
    PutResponse, RangeRequest, RangeResponse, RequestOp, TxnRequest, TxnResponse,
};
use mvcc::checks;
use std::sync::Arc;
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
        let request = request.into_inner();
        checks::range(&request)?;
        if !request.serializable {
            self.member.catch_up().await?;
        }
        self.member.range(request).await.map(Response::new)
    }

    async fn range_stream(
        &self,
        request: Request<RangeRequest>,
    ) -> Result<Response<Steps<Pieces>>, Status> {
        let request = request.into_inner();
        checks::range(&request)?;
        can_be_streamed(&request)?;
        if !request.serializable {
            self.member.catch_up().await?;
        }
        let pieces = Pieces::new(self.member.clone(), request).await?;
        Ok(Response::new(Steps::new(pieces)))
    }

    async fn put(&self, request: Request<PutRequest>) -> Result<Response<PutResponse>, Status> {
        let request = request.into_inner();
        checks::put(&request)?;
        let response = self.member.propose(request).await?;
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn delete_range(
        &self,
        request: Request<DeleteRangeRequest>,
    ) -> Result<Response<DeleteRangeResponse>, Status> {
        let request = request.into_inner();
        checks::delete_range(&request)?;
        let response = self.member.propose(request).await?;
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn txn(&self, request: Request<TxnRequest>) -> Result<Response<TxnResponse>, Status> {
        let request = request.into_inner();
        checks::txn(&request, self.member.max_txn_ops)?;
        match only_reads(&request) {
            Some(serializable) => {
                if !serializable {
                    self.member.catch_up().await?;
                }
                self.member.read_txn(request).await.map(Response::new)
            }
            None => {
                let response = self.member.propose(request).await?;
                Ok(Response::new(response.signed(&self.member)))
            }
        }
    }

    async fn compact(
        &self,
        request: Request<CompactionRequest>,
    ) -> Result<Response<CompactionResponse>, Status> {
        let response = self.member.propose(request.into_inner()).await?;
        Ok(Response::new(response.signed(&self.member)))
    }
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
