//! Elections.
//!
//! Owns the service `Election`. The leader is the head of a queue, and what it proclaims is the
//! value of its key.
//!
//! Left to others: what a queue is (`queue`).

use super::own_client::{Client, Happened, Watching};
use super::steps::{Source, Steps};
use super::{Member, Who};
use crate::queue::{Place, Queue};
use api::election_server::Election as Service;
use api::{
    CampaignRequest, CampaignResponse, KeyValue, LeaderKey, LeaderRequest, LeaderResponse,
    ProclaimRequest, ProclaimResponse, ResignRequest, ResignResponse, ResponseHeader,
    WatchCreateRequest,
};
use bytes::Bytes;
use std::sync::Arc;
use tonic::{Request, Response, Status, async_trait};

/// The service of a member.
pub struct Election {
    member: Arc<Member>,
}

impl Election {
    /// That of this member.
    pub fn new(member: Arc<Member>) -> Election {
        Election { member }
    }
}

#[async_trait]
impl Service for Election {
    type ObserveStream = Steps<Observing>;

    async fn campaign(
        &self,
        request: Request<CampaignRequest>,
    ) -> Result<Response<CampaignResponse>, Status> {
        let (who, CampaignRequest { name, lease, value }) = Who::of(request);
        let (client, queue) = (Client::new(self.member.clone(), who), Queue::new(&name));
        let lease = client.lease(lease).await?;
        let mut seat = client.join(&queue, lease, value.clone()).await?;
        let place = seat.joined.place.clone();
        if seat.joined.value != value {
            proclaim(&client, place.clone(), value, lease).await?;
        }
        let waited = match seat.joined.is_first {
            true => Ok(()),
            false => client.wait_for_those_before(&queue, &place).await,
        };
        // If it has failed, who campaigns again with the same lease still has its place.
        seat.keep();
        waited?;
        let leader = LeaderKey { name, key: place.key, rev: place.created, lease };
        // As in etcd: that of the first step, whatever has happened since.
        Ok(Response::new(CampaignResponse { header: seat.header, leader: Some(leader) }))
    }

    async fn proclaim(
        &self,
        request: Request<ProclaimRequest>,
    ) -> Result<Response<ProclaimResponse>, Status> {
        let (who, ProclaimRequest { leader, value }) = Who::of(request);
        let (place, lease) = place(leader)?;
        let client = Client::new(self.member.clone(), who);
        let lease = client.lease(lease).await?;
        let header = proclaim(&client, place, value, lease).await?;
        Ok(Response::new(ProclaimResponse { header }))
    }

    async fn leader(
        &self,
        request: Request<LeaderRequest>,
    ) -> Result<Response<LeaderResponse>, Status> {
        let (who, request) = Who::of(request);
        let client = Client::new(self.member.clone(), who);
        let queue = Queue::new(&request.name);
        let mut first = client.range(queue.first()).await?;
        match first.kvs.pop() {
            Some(pair) => {
                Ok(Response::new(LeaderResponse { header: first.header, kv: Some(pair) }))
            }
            None => Err(Status::unknown("election: no leader")),
        }
    }

    async fn observe(
        &self,
        request: Request<LeaderRequest>,
    ) -> Result<Response<Steps<Observing>>, Status> {
        let (who, request) = Who::of(request);
        let client = Client::new(self.member.clone(), who);
        let queue = Queue::new(&request.name);
        Ok(Response::new(Steps::new(Observing { client, queue, leader: None })))
    }

    async fn resign(
        &self,
        request: Request<ResignRequest>,
    ) -> Result<Response<ResignResponse>, Status> {
        let (who, request) = Who::of(request);
        let (place, _) = place(request.leader)?;
        let client = Client::new(self.member.clone(), who);
        let left = client.txn(place.leave()).await?;
        Ok(Response::new(ResignResponse { header: left.header }))
    }
}

/// The place that a client says it has, and its lease.
fn place(leader: Option<LeaderKey>) -> Result<(Place, i64), Status> {
    match leader {
        Some(LeaderKey { key, rev, lease, .. }) => Ok((Place { key, created: rev }, lease)),
        None => Err(Status::unknown("\"leader\" field must be provided")),
    }
}

/// The key of a place gets another value.
async fn proclaim(
    client: &Client,
    place: Place,
    value: Bytes,
    lease: i64,
) -> Result<Option<ResponseHeader>, Status> {
    let response = client.txn(place.proclaim(value, lease)).await?;
    match response.succeeded {
        true => Ok(response.header),
        false => Err(Status::unknown("election: not leader")),
    }
}

/// Somebody who is told who leads, and what the leader proclaims.
pub struct Observing {
    client: Client,
    queue: Queue,
    /// The leader's key, as long as it is there.
    leader: Option<Watching>,
}

impl Source for Observing {
    type Item = LeaderResponse;

    async fn next(mut self) -> Result<Option<(LeaderResponse, Option<Observing>)>, Status> {
        // It ends for reasons that nobody is told; so it is in etcd.
        let told = self.told().await;
        Ok(told.map(|(header, pair)| {
            (LeaderResponse { header: Some(header), kv: Some(pair) }, Some(self))
        }))
    }
}

impl Observing {
    /// The next value of a leader; nothing, if it cannot be known.
    async fn told(&mut self) -> Option<(ResponseHeader, KeyValue)> {
        if let Some(leader) = &mut self.leader {
            match leader.next().await? {
                Happened::Put(header, pair) => return Some((header, pair)),
                Happened::Gone => self.leader = None,
            }
        }
        let mut first = self.client.range(self.queue.first()).await.ok()?;
        let header = first.header?;
        let (header, pair) = match first.kvs.pop() {
            Some(pair) => (header, pair),
            None => self.first_to_come(header).await?,
        };
        let request = WatchCreateRequest { key: pair.key.clone(), ..WatchCreateRequest::default() };
        self.leader = Some(self.client.watch(request, header.revision + 1));
        Some((header, pair))
    }

    /// Waits for the first key of the queue. At this moment, there was none.
    async fn first_to_come(&self, moment: ResponseHeader) -> Option<(ResponseHeader, KeyValue)> {
        let (key, range_end) = self.queue.range();
        let request = WatchCreateRequest { key, range_end, ..WatchCreateRequest::default() };
        let mut watching = self.client.watch(request, moment.revision + 1);
        loop {
            if let Happened::Put(header, pair) = watching.next().await? {
                // What came with it in one answer may be newer.
                return Some((ResponseHeader { revision: pair.mod_revision, ..header }, pair));
            }
        }
    }
}
