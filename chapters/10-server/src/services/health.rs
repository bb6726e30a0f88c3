//! Whether the member serves: gRPC's own question.
//!
//! Owns the service `Health`. As in etcd, the only thing known is the whole server, whose name is
//! empty; and it serves for as long as anybody can ask. But if it is told to, it sends clients
//! elsewhere while its store is defragmented.

use super::steps::{Source, Steps};
use crate::facts::Facts;
use api::health::health_check_response::ServingStatus;
use api::health::health_server::Health as Service;
use api::health::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};
use std::future::pending;
use std::sync::Arc;
use tokio::sync::watch;
use tonic::{Request, Response, Status, async_trait};

/// The service of a member.
pub struct Health(Arc<Facts>);

impl Health {
    /// That of this member.
    pub fn new(facts: Arc<Facts>) -> Health {
        Health(facts)
    }

    fn whole(&self) -> ServingStatus {
        of(*self.0.serving.borrow())
    }
}

/// Who is told how it is, and of each change.
pub enum Watcher {
    /// Of the whole server.
    Whole {
        /// Was it told how it is?
        is_told: bool,
        /// How it is.
        serving: watch::Receiver<bool>,
    },
    /// Of what nobody knows.
    Unknown {
        /// Was it told that?
        is_told: bool,
    },
}

#[async_trait]
impl Service for Health {
    type WatchStream = Steps<Watcher>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match request.into_inner().service.is_empty() {
            true => Ok(Response::new(says(self.whole()))),
            false => Err(Status::not_found("unknown service")),
        }
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        let whole = (String::new(), says(self.whole()));
        Ok(Response::new(HealthListResponse { statuses: [whole].into() }))
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Steps<Watcher>>, Status> {
        let watcher = match request.into_inner().service.is_empty() {
            true => Watcher::Whole { is_told: false, serving: self.0.serving.subscribe() },
            false => Watcher::Unknown { is_told: false },
        };
        Ok(Response::new(Steps::new(watcher)))
    }
}

impl Source for Watcher {
    type Item = HealthCheckResponse;

    async fn next(self) -> Result<Option<(HealthCheckResponse, Option<Watcher>)>, Status> {
        match self {
            Watcher::Whole { is_told, mut serving } => {
                if is_told && serving.changed().await.is_err() {
                    // Whoever would change it is gone, and so is the member.
                    pending::<()>().await;
                }
                let status = of(*serving.borrow_and_update());
                Ok(Some((says(status), Some(Watcher::Whole { is_told: true, serving }))))
            }
            Watcher::Unknown { is_told: false } => {
                let unknown = says(ServingStatus::ServiceUnknown);
                Ok(Some((unknown, Some(Watcher::Unknown { is_told: true }))))
            }
            Watcher::Unknown { is_told: true } => pending().await,
        }
    }
}

fn of(is_serving: bool) -> ServingStatus {
    if is_serving { ServingStatus::Serving } else { ServingStatus::NotServing }
}

fn says(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}
