//! Leases.
//!
//! Owns the service `Lease`. Granting and revoking go through the log; renewing does not.

use super::{Member, Signed, Who, wording};
use crate::leases::written;
use crate::links::{Question, Reply};
use api::lease_server::Lease as Service;
use api::{
    Error, LeaseGrantRequest, LeaseGrantResponse, LeaseId, LeaseKeepAliveRequest,
    LeaseKeepAliveResponse, LeaseLeasesRequest, LeaseLeasesResponse, LeaseRevokeRequest,
    LeaseRevokeResponse, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse,
};
use auth::{Asker, Auth, Call, LeaseKeys};
use bytes::Bytes;
use lease::{Renewal, TimeToLive, Ttl, answers, proposed};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
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
        let (who, request) = Who::of(request);
        self.member.check_quota(COST)?;
        let draw = RandomState::new().hash_one("lease");
        let request = proposed(&request, self.member.shortest_lease, draw);
        let response = self.member.propose(&who, request).await?;
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn lease_revoke(
        &self,
        request: Request<LeaseRevokeRequest>,
    ) -> Result<Response<LeaseRevokeResponse>, Status> {
        let (who, request) = Who::of(request);
        let response = self.member.propose_first(&who, request).await?;
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn lease_keep_alive(
        &self,
        request: Request<Streaming<LeaseKeepAliveRequest>>,
    ) -> Result<Response<KeepAlives>, Status> {
        let (who, requests) = Who::of(request);
        let who = Arc::new(who);
        Ok(Response::new(KeepAlives {
            member: self.member.clone(),
            who,
            requests,
            under_way: None,
        }))
    }

    async fn lease_time_to_live(
        &self,
        request: Request<LeaseTimeToLiveRequest>,
    ) -> Result<Response<LeaseTimeToLiveResponse>, Status> {
        let (who, request) = Who::of(request);
        self.member.wait_for_leader().await?;
        self.member.catch_up().await?;
        let need = |auth: &Auth, asker: &Asker| auth.check_call(asker, Call::LeaseTimeToLive);
        self.member.permit(&who, need).await?;
        let lease = LeaseId::new(request.id);
        let asked: Vec<LeaseId> = lease.into_iter().filter(|_| request.keys).collect();
        let mut known = Known::of(&self.member, asked).await?;
        let check = |auth: &Auth, asker: &Asker| match lease {
            Some(lease) => auth.check_lease_time_to_live(asker, lease, request.keys, &known),
            None => auth.check_call(asker, Call::LeaseTimeToLive),
        };
        self.member.permit(&who, check).await?;
        let found = match lease {
            Some(lease) => time_to_live(&self.member, lease).await?,
            None => None,
        };
        let keys = lease.and_then(|lease| known.0.remove(&lease)).unwrap_or_default();
        let response = answers::time_to_live(&request, found, keys);
        Ok(Response::new(response.signed(&self.member)))
    }

    async fn lease_leases(
        &self,
        request: Request<LeaseLeasesRequest>,
    ) -> Result<Response<LeaseLeasesResponse>, Status> {
        let (who, _) = Who::of(request);
        let need = |auth: &Auth, asker: &Asker| auth.check_call(asker, Call::LeaseLeases);
        self.member.permit(&who, need).await?;
        let leases = self.member.leases.lock().leases();
        let known = match self.member.facts.gate.is_enabled() {
            true => Known::of(&self.member, leases.clone()).await?,
            false => Known::default(),
        };
        let all = || leases.iter().copied();
        self.member.permit(&who, |auth, asker| auth.check_lease_list(asker, all(), &known)).await?;
        let response = answers::leases(&leases);
        Ok(Response::new(response.signed(&self.member)))
    }
}

/// How many bytes a lease takes, as etcd counts.
pub const COST: u64 = 64;

/// Keys of leases that the state was asked for.
#[derive(Default)]
struct Known(BTreeMap<LeaseId, Vec<Bytes>>);

impl Known {
    /// Asks for all of them at once.
    async fn of(member: &Member, leases: Vec<LeaseId>) -> Result<Known, Status> {
        if leases.is_empty() {
            return Ok(Known::default());
        }
        let keys = member.keys(leases.clone()).await?;
        Ok(Known(leases.into_iter().zip(keys).collect()))
    }
}

impl LeaseKeys for Known {
    fn each(
        &self,
        lease: LeaseId,
        ask: &mut dyn FnMut(&Bytes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.0.get(&lease).into_iter().flatten().try_for_each(ask)
    }
}

/// Answers to a client who renews, in the order of its requests.
pub struct KeepAlives {
    member: Arc<Member>,
    who: Arc<Who>,
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
                    let (member, who) = (self.member.clone(), self.who.clone());
                    self.under_way =
                        Some(Box::pin(async move { keep_alive(&member, &who, request).await }));
                }
                Some(Err(status)) => {
                    return Poll::Ready(Some(Err(wording::of_stream(status))));
                }
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
    who: &Who,
    request: LeaseKeepAliveRequest,
) -> Result<LeaseKeepAliveResponse, Status> {
    let lease = LeaseId::new(request.id);
    if member.facts.gate.is_enabled() {
        let need = |auth: &Auth, asker: &Asker| auth.check_call(asker, Call::LeaseKeepAlive);
        member.permit(who, need).await?;
        let keys = Known::of(member, lease.into_iter().collect()).await?;
        let check = |auth: &Auth, asker: &Asker| match lease {
            Some(lease) => auth.check_lease_renew(asker, lease, &keys),
            None => auth.check_call(asker, Call::LeaseKeepAlive),
        };
        member.permit(who, check).await?;
    }
    // Not newer than the renewal.
    let header = LeaseKeepAliveResponse::default().signed(member).header;
    let ttl = match lease {
        Some(lease) => match timeout(member.patience, renew(member, lease)).await {
            Ok(renewed) => renewed?,
            Err(_) if member.facts.progress.get().leader.is_none() => {
                return Err(Error::NoLeader.into());
            }
            Err(_) => return Err(Error::Timeout.into()),
        },
        None => None,
    };
    Ok(LeaseKeepAliveResponse { header, ..answers::keep_alive(&request, ttl) })
}

/// After so long, whoever waits for a primary looks again who it is.
const AGAIN: Duration = Duration::from_millis(50);

/// How much time a lease has, as the primary knows it; none if it is not there.
async fn time_to_live(member: &Member, lease: LeaseId) -> Result<Option<TimeToLive>, Status> {
    let asked = async {
        loop {
            let leases = &member.leases;
            match leases.lock().time_to_live(lease, leases.now()) {
                Ok(found) => return Ok(Some(found)),
                Err(Error::LeaseNotFound) => return Ok(None),
                Err(Error::NotPrimaryLessor) => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(leader) = member.other_leader()
                && let Ok(Reply::Left(left)) =
                    member.links.ask(leader, Question::TimeToLive(lease.get())).await
            {
                let found =
                    |(left, seconds)| Some(TimeToLive { left, granted: Ttl::new(seconds)? });
                return Ok(left.and_then(found));
            }
            tokio::time::sleep(AGAIN).await;
        }
    };
    timeout(member.patience, asked).await.unwrap_or_else(|_| Err(Error::Timeout.into()))
}

/// Renews a lease for another member, whose clients have asked it.
pub async fn renew_for(member: &Member, lease: i64) -> Result<Option<i64>, Status> {
    let Some(lease) = LeaseId::new(lease) else { return Ok(None) };
    if member.other_leader().is_some() {
        return Err(Error::NotPrimaryLessor.into());
    }
    let renewed = timeout(member.patience, renew(member, lease)).await;
    Ok(renewed.unwrap_or_else(|_| Err(Error::Timeout.into()))?.map(Ttl::seconds))
}

/// How much time a lease has, for another member.
pub async fn left_for(member: &Member, lease: i64) -> Result<Option<(i64, i64)>, Status> {
    let Some(lease) = LeaseId::new(lease) else { return Ok(None) };
    member.catch_up().await?;
    let leases = &member.leases;
    match leases.lock().time_to_live(lease, leases.now()) {
        Ok(TimeToLive { left, granted }) => Ok(Some((left, granted.seconds()))),
        Err(Error::LeaseNotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Renews a lease. How long it lasts; none if it is not there.
async fn renew(member: &Member, lease: LeaseId) -> Result<Option<Ttl>, Status> {
    let leases = &member.leases;
    loop {
        if let Some(leader) = member.other_leader() {
            let renewed = member.links.ask(leader, Question::Renew(lease.get())).await;
            if let Ok(Reply::Renewed(seconds)) = renewed {
                return Ok(seconds.and_then(Ttl::new));
            }
            // It may lead no more, or not be reached now.
            tokio::time::sleep(AGAIN).await;
            continue;
        }
        if !member.facts.progress.get().leads {
            tokio::time::sleep(AGAIN).await;
            continue;
        }
        // It may lead no more, and not know it; and what it has granted may not be carried out.
        member.catch_up().await?;
        // From here on, no news is missed.
        let mut news = std::pin::pin!(leases.news().notified());
        news.as_mut().enable();
        // One statement, so that the lock is held until a rest that is taken back is proposed: in
        // the order in which it was decided.
        let taken_back = match leases.lock().renew(lease, leases.now()) {
            Ok(Renewal::Renewed(ttl)) => {
                member.facts.metrics.leases.renewed.add(1);
                return Ok(Some(ttl));
            }
            Ok(Renewal::First(rests)) => Some(member.begin(&Asker::Cluster, written(&rests))?),
            Ok(Renewal::Wait) | Err(Error::NotPrimaryLessor) => None,
            Err(Error::LeaseNotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match taken_back {
            Some(pending) => pending.outcome().await?,
            None => drop(timeout(AGAIN, news).await),
        }
    }
}
