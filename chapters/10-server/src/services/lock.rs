//! Locks.
//!
//! Owns the service `Lock`. A lock is the head of a queue: whoever is there has it.
//!
//! Left to others: what a queue is (`queue`).

use super::own_client::Client;
use super::{Member, Who};
use crate::queue::Queue;
use api::lock_server::Lock as Service;
use api::{LockRequest, LockResponse, RangeRequest, UnlockRequest, UnlockResponse};
use bytes::Bytes;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};

/// The service of a member.
pub struct Lock {
    member: Arc<Member>,
}

impl Lock {
    /// That of this member.
    pub fn new(member: Arc<Member>) -> Lock {
        Lock { member }
    }
}

#[async_trait]
impl Service for Lock {
    async fn lock(&self, request: Request<LockRequest>) -> Result<Response<LockResponse>, Status> {
        let (who, LockRequest { name, lease }) = Who::of(request);
        let (client, queue) = (Client::new(self.member.clone(), who), Queue::new(&name));
        let lease = client.lease(lease).await?;
        let mut seat = client.join(&queue, lease, Bytes::new()).await?;
        let key = seat.joined.place.key.clone();
        if seat.joined.is_first {
            seat.keep();
            return Ok(Response::new(LockResponse { header: seat.header, key }));
        }
        client.wait_for_those_before(&queue, &seat.joined.place).await?;
        let own = RangeRequest { key: key.clone(), ..RangeRequest::default() };
        let own = client.range(own).await?;
        seat.keep();
        if own.kvs.is_empty() {
            return Err(Status::unknown("mutex: session is expired"));
        }
        Ok(Response::new(LockResponse { header: own.header, key }))
    }

    async fn unlock(
        &self,
        request: Request<UnlockRequest>,
    ) -> Result<Response<UnlockResponse>, Status> {
        let (who, request) = Who::of(request);
        let client = Client::new(self.member.clone(), who);
        let deleted = client.delete(request.key).await?;
        Ok(Response::new(UnlockResponse { header: deleted.header }))
    }
}
