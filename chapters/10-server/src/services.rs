//! The gRPC services.
//!
//! Owns the way from a path to a service, and [`Member`], what all of them stand on: a request
//! becomes a proposal and waits for its answer, or it waits until it may read.
//!
//! Left to others: what a request does (`state`), and connections (`serve`).

use crate::blocking::Blocking;
use crate::boxes::{Boxes, PostBox, Told, Waiting};
use crate::leases::Leases;
use crate::letters::{Asker, ToReplica, ToState, ToWatches, Wanted};
use crate::mailbox::Mailbox;
use crate::proposal::{Asked, Proposal};
use crate::signature::Signature;
use ::lease::Ttl;
use api::election_server::ElectionServer;
use api::health::health_server::HealthServer;
use api::kv_server::KvServer;
use api::lease_server::LeaseServer;
use api::lock_server::LockServer;
use api::watch_server::WatchServer;
use api::{
    CompactionResponse, DeleteRangeResponse, Error, LeaseGrantResponse, LeaseId,
    LeaseKeepAliveResponse, LeaseLeasesResponse, LeaseRevokeResponse, LeaseTimeToLiveResponse,
    PutResponse, RangeResponse, ResponseHeader, TxnResponse,
};
use bytes::Bytes;
use http::{Request, Response};
use std::fs::File;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{timeout, timeout_at};
use tonic::Status;
use tonic::body::Body;
use tower_service::Service;

mod election;
mod health;
mod kv;
mod lease;
mod lock;
mod own_client;
mod reads;
mod steps;
mod watch;

/// The services of a runtime.
pub struct Services {
    kv: KvServer<kv::Kv>,
    lease: LeaseServer<lease::Lease>,
    watch: WatchServer<watch::Watch>,
    lock: LockServer<lock::Lock>,
    election: ElectionServer<election::Election>,
    health: HealthServer<health::Health>,
}

/// A member, as a runtime's services see it.
pub struct Member {
    /// Who it is.
    pub signature: Signature,
    /// Where proposals go.
    pub replica: Arc<Mailbox<ToReplica>>,
    /// Where answers come.
    pub boxes: Arc<Boxes>,
    /// The box of this runtime.
    pub post_box: Arc<PostBox>,
    /// Which runtime it is.
    pub runtime: usize,
    /// Who reads the state.
    pub reader: mvcc::Reader<File>,
    /// The state, for what only it knows.
    pub state: Arc<Mailbox<ToState>>,
    /// The leases.
    pub leases: Arc<Leases>,
    /// Those who tell watchers.
    pub watches: Arc<Mailbox<ToWatches>>,
    /// Where long work is done.
    pub blocking: Blocking,
    /// How short a lease may be.
    pub shortest_lease: Ttl,
    /// How long a request waits.
    pub patience: Duration,
    /// How long a proposal may be.
    pub max_request_bytes: usize,
    /// How many operations a transaction may have.
    pub max_txn_ops: usize,
}

impl Services {
    /// Those of this member.
    pub fn new(member: Arc<Member>) -> Services {
        let limit = member.max_request_bytes + (512 << 10);
        let kv = KvServer::new(kv::Kv::new(member.clone()));
        let lease = LeaseServer::new(lease::Lease::new(member.clone()));
        let watch = WatchServer::new(watch::Watch::new(member.clone()));
        let lock = LockServer::new(lock::Lock::new(member.clone()));
        let election = ElectionServer::new(election::Election::new(member));
        Services {
            kv: kv.max_decoding_message_size(limit).max_encoding_message_size(usize::MAX),
            lease: lease.max_decoding_message_size(limit).max_encoding_message_size(usize::MAX),
            watch: watch.max_decoding_message_size(limit).max_encoding_message_size(usize::MAX),
            lock: lock.max_decoding_message_size(limit),
            election: election.max_decoding_message_size(limit),
            health: HealthServer::new(health::Health).max_decoding_message_size(limit),
        }
    }

    /// Answers a request of any service.
    pub async fn call(&self, request: Request<Body>) -> Response<Body> {
        let answered = match request.uri().path().split('/').nth(1) {
            Some("etcdserverpb.KV") => self.kv.clone().call(request).await,
            Some("etcdserverpb.Watch") => self.watch.clone().call(request).await,
            Some("etcdserverpb.Lease") => self.lease.clone().call(request).await,
            Some("v3lockpb.Lock") => self.lock.clone().call(request).await,
            Some("v3electionpb.Election") => self.election.clone().call(request).await,
            Some("grpc.health.v1.Health") => self.health.clone().call(request).await,
            Some(_) | None => {
                let unknown = Status::unimplemented("unknown service");
                return unknown.into_http();
            }
        };
        match answered {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

impl Member {
    /// Proposes a request, and waits until it was carried out.
    pub async fn propose<R: Asked>(&self, request: R) -> Result<R::Response, Status> {
        self.begin(request)?.outcome().await
    }

    /// Proposes a request. It is on its way when this returns.
    pub fn begin<R: Asked>(&self, request: R) -> Result<Pending<R>, Status> {
        let waiting = self.post_box.wait();
        let number = waiting.number();
        let sender = Some(self.boxes.sender(self.runtime, number));
        let data = Proposal { sender, wish: Some(request.wish()) }.write();
        if data.as_ref().len() > self.max_request_bytes {
            return Err(Error::RequestTooLarge.into());
        }
        let until = Instant::now() + self.patience;
        let asker = Some(self.asker(number));
        self.replica.put(ToReplica::Propose(Wanted { asker, data, until }));
        Ok(Pending { waiting, until, of: PhantomData })
    }

    /// Asks the state for the keys of a lease.
    pub async fn keys(&self, lease: LeaseId) -> Result<Vec<Bytes>, Status> {
        let waiting = self.post_box.wait();
        self.state.put(ToState::Keys(lease, self.asker(waiting.number())));
        match timeout(self.patience, waiting).await {
            Ok(Told::Keys(keys)) => Ok(keys),
            Ok(Told::Done(_) | Told::Read) => unreachable!("keys were asked for"),
            Err(_) => Err(Error::Timeout.into()),
        }
    }

    /// Waits until this member knows everything that was acknowledged by now.
    pub async fn catch_up(&self) -> Result<(), tonic::Status> {
        let waiting = self.post_box.wait();
        let until = Instant::now() + self.patience;
        self.replica.put(ToReplica::Read(self.asker(waiting.number()), until));
        match timeout_at(until.into(), waiting).await {
            Ok(Told::Read) => Ok(()),
            Ok(Told::Done(outcome)) => Err(outcome.err().unwrap_or(Error::Stopped).into()),
            Ok(Told::Keys(_)) => unreachable!("no keys were asked for"),
            Err(_) => Err(Error::Timeout.into()),
        }
    }

    fn asker(&self, number: u64) -> Asker {
        Asker { runtime: u32::try_from(self.runtime).expect("there are few"), number }
    }
}

/// A proposal that is on its way.
pub struct Pending<R> {
    waiting: Waiting,
    until: Instant,
    of: PhantomData<fn() -> R>,
}

impl<R: Asked> Pending<R> {
    /// Waits until it was carried out.
    pub async fn outcome(self) -> Result<R::Response, Status> {
        match timeout_at(self.until.into(), self.waiting).await {
            Ok(Told::Done(outcome)) => {
                Ok(R::answer(outcome?).expect("each answer goes to the request it answers"))
            }
            Ok(Told::Read | Told::Keys(_)) => unreachable!("nothing was to be read"),
            Err(_) => Err(Status::deadline_exceeded("context deadline exceeded")),
        }
    }
}

/// A response whose header the member fills in: who answers, and its newest revision, if whoever
/// made the response did not say one.
pub trait Signed: Sized {
    /// Where the header is.
    fn header(&mut self) -> &mut Option<ResponseHeader>;

    /// The same, signed.
    fn signed(mut self, member: &Member) -> Self {
        let header = member.signature.sign(self.header());
        if header.revision == 0 {
            header.revision = member.reader.view().current().wire();
        }
        self
    }
}

macro_rules! signed {
    ($($response:ty),* $(,)?) => { $(
        impl Signed for $response {
            fn header(&mut self) -> &mut Option<ResponseHeader> {
                &mut self.header
            }
        }
    )* };
}

signed! {
    CompactionResponse, DeleteRangeResponse, LeaseGrantResponse, LeaseKeepAliveResponse,
    LeaseLeasesResponse, LeaseRevokeResponse, LeaseTimeToLiveResponse, PutResponse, RangeResponse,
    TxnResponse,
}
