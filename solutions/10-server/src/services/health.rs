//! Whether the member serves: gRPC's own question.
//!
//! Owns the service `Health`. As in etcd, the only thing known is the whole server, whose name is
//! empty; and it serves for as long as anybody can ask.

use super::steps::{Source, Steps};
use api::health::health_check_response::ServingStatus;
use api::health::health_server::Health as Service;
use api::health::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};
use std::future::pending;
use tonic::{Request, Response, Status, async_trait};

/// The service of any member.
pub struct Health;

/// Who is told how it is, once; after that, nothing changes.
pub struct Watcher(Option<ServingStatus>);

#[async_trait]
impl Service for Health {
    type WatchStream = Steps<Watcher>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match of(&request.into_inner().service) {
            Some(status) => Ok(Response::new(says(status))),
            None => Err(Status::not_found("unknown service")),
        }
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        let whole = (String::new(), says(ServingStatus::Serving));
        Ok(Response::new(HealthListResponse { statuses: [whole].into() }))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Steps<Watcher>>, Status> {
        let status = of(&request.into_inner().service).unwrap_or(ServingStatus::ServiceUnknown);
        Ok(Response::new(Steps::new(Watcher(Some(status)))))
    }
}

impl Source for Watcher {
    type Item = HealthCheckResponse;

    async fn next(self) -> Result<Option<(HealthCheckResponse, Option<Watcher>)>, Status> {
        match self.0 {
            Some(status) => Ok(Some((says(status), Some(Watcher(None))))),
            None => pending().await,
        }
    }
}

fn of(service: &str) -> Option<ServingStatus> {
    service.is_empty().then_some(ServingStatus::Serving)
}

fn says(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}
