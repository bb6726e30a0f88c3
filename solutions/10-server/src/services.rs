//! The gRPC services.
//!
//! Owns the way from a path to a service, and [`Signed`], which every answer with a header is.
//!
//! Left to others: what a request does (`state`), and connections (`serve`).

use api::auth_server::AuthServer;
use api::cluster_server::ClusterServer;
use api::election_server::ElectionServer;
use api::health::health_server::HealthServer;
use api::kv_server::KvServer;
use api::lease_server::LeaseServer;
use api::lock_server::LockServer;
use api::maintenance_server::MaintenanceServer;
use api::watch_server::WatchServer;
use http::{Request, Response};
use std::sync::Arc;
use tonic::body::Body;
use tower_service::Service;

mod auth;
mod cluster;
mod election;
mod ending;
mod health;
mod kv;
mod layers;
mod lease;
mod lock;
mod maintenance;
mod member;
mod own_client;
mod pending;
mod reads;
mod signed;
mod slow;
mod steps;
mod watch;
mod who;
mod wording;

use ending::Ending;
pub use lease::{left_for, renew_for};
pub use member::Member;
use signed::Signed;
pub use slow::Slow;
use who::Who;

/// The services of a runtime.
pub struct Services {
    member: Arc<Member>,
    auth: AuthServer<auth::Users>,
    cluster: ClusterServer<cluster::Cluster>,
    kv: KvServer<kv::Kv>,
    lease: LeaseServer<lease::Lease>,
    maintenance: MaintenanceServer<maintenance::Maintenance>,
    watch: WatchServer<watch::Watch>,
    lock: LockServer<lock::Lock>,
    election: ElectionServer<election::Election>,
    health: HealthServer<health::Health>,
}

/// As long as an answer can be, in etcd.
const LONGEST_ANSWER: usize = i32::MAX as usize;

/// What a service takes and gives at most.
macro_rules! bounded {
    ($service:expr, $member:expr) => {
        $service
            .max_decoding_message_size($member.max_request_bytes + (512 << 10))
            .max_encoding_message_size(LONGEST_ANSWER)
    };
}

impl Services {
    /// Those of this member.
    pub fn new(member: Arc<Member>) -> Services {
        let own = || member.clone();
        Services {
            auth: bounded!(AuthServer::new(auth::Users::new(own())), member),
            cluster: bounded!(ClusterServer::new(cluster::Cluster::new(own())), member),
            election: bounded!(ElectionServer::new(election::Election::new(own())), member),
            health: bounded!(HealthServer::new(health::Health::new(member.facts.clone())), member),
            kv: bounded!(KvServer::new(kv::Kv::new(own())), member),
            lease: bounded!(LeaseServer::new(lease::Lease::new(own())), member),
            lock: bounded!(LockServer::new(lock::Lock::new(own())), member),
            maintenance: bounded!(
                MaintenanceServer::new(maintenance::Maintenance::new(own())),
                member
            ),
            watch: bounded!(WatchServer::new(watch::Watch::new(own())), member),
            member,
        }
    }

    /// Answers a request of any service, and counts it.
    pub async fn call(&self, request: Request<Body>) -> Response<Body> {
        let watched = self.member.slow.watch(&request);
        let (request, call) = self.member.facts.metrics.grpc.begin(request);
        let response = self.answer(request).await;
        if let Some(watched) = watched {
            self.member.slow.end(&watched);
        }
        match call {
            Some(call) => call.answer(response),
            None => response,
        }
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        if let Err(refused) = layers::enter(&self.member, &request) {
            return refused.into_http();
        }
        let path = request.uri().path().to_owned();
        let end = ending::end(&self.member, &request);
        let answered = match path.split('/').nth(1) {
            Some("etcdserverpb.KV") => self.kv.clone().call(request).await,
            Some("etcdserverpb.Watch") => self.watch.clone().call(request).await,
            Some("etcdserverpb.Lease") => self.lease.clone().call(request).await,
            Some("etcdserverpb.Auth") => self.auth.clone().call(request).await,
            Some("etcdserverpb.Cluster") => self.cluster.clone().call(request).await,
            Some("etcdserverpb.Maintenance") => self.maintenance.clone().call(request).await,
            Some("v3lockpb.Lock") => self.lock.clone().call(request).await,
            Some("v3electionpb.Election") => self.election.clone().call(request).await,
            Some("grpc.health.v1.Health") => self.health.clone().call(request).await,
            Some(_) | None => return wording::no_service(&path).into_http(),
        };
        let response = match answered {
            Ok(response) => wording::known(response, &path),
            Err(never) => match never {},
        };
        match end {
            Some(end) => response.map(|body| Body::new(Ending::new(body, end))),
            None => response,
        }
    }
}
