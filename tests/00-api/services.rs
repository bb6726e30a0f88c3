//! gRPC: a client speaks to a service, without a network between them.

use api::lock_client::LockClient;
use api::lock_server::{Lock, LockServer};
use api::{Error, LockRequest, LockResponse, UnlockRequest, UnlockResponse};
use harness::check;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use tonic::{Code, Request, Response, Status, async_trait};

/// A lock that one may take, and none may give back.
struct Taken;

#[async_trait]
impl Lock for Taken {
    async fn lock(&self, request: Request<LockRequest>) -> Result<Response<LockResponse>, Status> {
        let request = request.into_inner();
        let key = [&request.name[..], b"/", format!("{:x}", request.lease).as_bytes()].concat();
        Ok(Response::new(LockResponse { header: None, key: key.into() }))
    }

    async fn unlock(&self, _: Request<UnlockRequest>) -> Result<Response<UnlockResponse>, Status> {
        Err(Error::EmptyKey.into())
    }
}

/// Nothing here waits for anything, so one look is enough.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for something"),
    }
}

#[test]
fn a_request_reaches_the_service_and_its_answer_the_client() {
    check(|| {
        let mut client = LockClient::new(LockServer::new(Taken));
        let request = LockRequest { name: "lk".into(), lease: 31 };
        let answer = now(client.lock(request)).unwrap().into_inner();
        assert_eq!(answer, LockResponse { header: None, key: "lk/1f".into() });
    });
}

#[test]
fn an_error_of_the_catalogue_arrives_as_one() {
    check(|| {
        let mut client = LockClient::new(LockServer::new(Taken));
        let status = now(client.unlock(UnlockRequest::default())).unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(Error::from_status(&status), Some(Error::EmptyKey));
        let sent = Status::from(Error::RequestTooManyRequests);
        assert_eq!(sent.code(), Code::Unknown);
        assert_eq!(Error::from_status(&sent), Some(Error::RequestTooManyRequests));
        assert_eq!(Error::from_status(&Status::internal("else")), None);
    });
}

#[test]
fn services_have_the_names_that_etcd_has() {
    check(|| {
        let names = [
            api::auth_server::SERVICE_NAME,
            api::cluster_server::SERVICE_NAME,
            api::election_server::SERVICE_NAME,
            api::health::health_server::SERVICE_NAME,
            api::kv_server::SERVICE_NAME,
            api::lease_server::SERVICE_NAME,
            api::lock_server::SERVICE_NAME,
            api::maintenance_server::SERVICE_NAME,
            api::watch_server::SERVICE_NAME,
        ];
        let wanted = [
            "etcdserverpb.Auth",
            "etcdserverpb.Cluster",
            "v3electionpb.Election",
            "grpc.health.v1.Health",
            "etcdserverpb.KV",
            "etcdserverpb.Lease",
            "v3lockpb.Lock",
            "etcdserverpb.Maintenance",
            "etcdserverpb.Watch",
        ];
        assert_eq!(names, wanted);
    });
}
