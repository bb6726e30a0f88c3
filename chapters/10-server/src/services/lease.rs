//! Leases.
//!
//! Owns the service `Lease`. Granting and revoking go through the log; renewing does not.

use super::{Member, Signed};
use crate::leases::written;
use api::lease_server::Lease as Service;
use api::{
    Error, LeaseGrantRequest, LeaseGrantResponse, LeaseId, LeaseKeepAliveRequest,
    LeaseKeepAliveResponse, LeaseLeasesRequest, LeaseLeasesResponse, LeaseRevokeRequest,
    LeaseRevokeResponse, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse,
};
use lease::{Renewal, Ttl, answers, proposed};
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::timeout;
use tonic::codegen::tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming, async_trait};

/// The service of a member.
pub struct Lease {
    member: Arc<Member>,
}

impl Lease {
    /// That of this member.
    pub fn new(member: Arc<Member>) -> Lease {
        Lease { member }
    }
}

#[async_trait]
impl Service for Lease {
    type LeaseKeepAliveStream = KeepAlives;

    async fn lease_grant(
        &self,
        request: Request<LeaseGrantRequest>,
    ) -> Result<Response<LeaseGrantResponse>, Status> {
        let draw = RandomState::new().hash_one("lease");
        let request = proposed(request.get_ref(), self.member.shortest_lease, draw);
        let response = self.member.propose(request).await?;
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn lease_revoke(
        &self,
        request: Request<LeaseRevokeRequest>,
    ) -> Result<Response<LeaseRevokeResponse>, Status> {
        let response = self.member.propose(request.into_inner()).await?;
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn lease_keep_alive(
        &self,
        request: Request<Streaming<LeaseKeepAliveRequest>>,
    ) -> Result<Response<KeepAlives>, Status> {
        let (member, requests) = (self.member.clone(), request.into_inner());
        Ok(Response::new(KeepAlives { member, requests, under_way: None }))
    }

    async fn lease_time_to_live(
        &self,
        request: Request<LeaseTimeToLiveRequest>,
    ) -> Result<Response<LeaseTimeToLiveResponse>, Status> {
        self.member.catch_up().await?;
        let (request, leases) = (request.into_inner(), &self.member.leases);
        let found = match LeaseId::new(request.id) {
            Some(lease) => match leases.lock().time_to_live(lease, leases.now()) {
                Ok(found) => Some((lease, found)),
                Err(Error::LeaseNotFound) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        let keys = match found {
            Some((lease, _)) if request.keys => self.member.keys(lease).await?,
            Some(_) | None => Vec::new(),
        };
        let found = found.map(|(_, found)| found);
        let response = answers::time_to_live(&request, found, keys);
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn lease_leases(
        &self,
        _: Request<LeaseLeasesRequest>,
    ) -> Result<Response<LeaseLeasesResponse>, Status> {
        let response = answers::leases(&self.member.leases.lock().leases());
        Ok(Response::new(response.signed(&self.member)))
    }
}

/// Answers to a client who renews, in the order of its requests.
pub struct KeepAlives {
    member: Arc<Member>,
    requests: Streaming<LeaseKeepAliveRequest>,
    under_way: Option<Renewing>,
}

type Renewing = Pin<Box<dyn Future<Output = Result<LeaseKeepAliveResponse, Status>> + Send>>;

impl Stream for KeepAlives {
    type Item = Result<LeaseKeepAliveResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.under_way.is_none() {
            match ready!(Pin::new(&mut self.requests).poll_next(context)) {
                Some(Ok(request)) => {
                    let member = self.member.clone();
                    self.under_way =
                        Some(Box::pin(async move { keep_alive(&member, request).await }));
                }
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => return Poll::Ready(None),
            }
        }
        let renewing = self.under_way.as_mut().expect("it was put there");
        let answer = ready!(renewing.as_mut().poll(context));
        self.under_way = None;
        Poll::Ready(Some(answer))
    }
}

async fn keep_alive(
    member: &Member,
    request: LeaseKeepAliveRequest,
) -> Result<LeaseKeepAliveResponse, Status> {
    // Not newer than the renewal.
    let header = LeaseKeepAliveResponse::default().signed(member).header;
    let ttl = match LeaseId::new(request.id) {
        Some(lease) => match timeout(member.patience, renew(member, lease)).await {
            Ok(renewed) => renewed?,
            Err(_) => return Err(Error::NoLeader.into()),
        },
        None => None,
    };
    Ok(LeaseKeepAliveResponse { header, ..answers::keep_alive(&request, ttl) })
}

/// Renews a lease. How long it lasts; none if it is not there.
async fn renew(member: &Member, lease: LeaseId) -> Result<Option<Ttl>, Status> {
    let leases = &member.leases;
    loop {
        // From here on, no news is missed.
        let mut news = std::pin::pin!(leases.news().notified());
        news.as_mut().enable();
        // One statement, so that the lock is held until a rest that is taken back is proposed: in
        // the order in which it was decided.
        let taken_back = match leases.lock().renew(lease, leases.now()) {
            Ok(Renewal::Renewed(ttl)) => return Ok(Some(ttl)),
            Ok(Renewal::First(rests)) => Some(member.begin(written(&rests))?),
            Ok(Renewal::Wait) | Err(Error::NotPrimaryLessor) => None,
            Err(Error::LeaseNotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match taken_back {
            Some(pending) => pending.outcome().await?,
            None => news.await,
        }
    }
}
