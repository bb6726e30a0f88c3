//! Everything that is asked for without gRPC.
//!
//! Owns [`Pages`].

use crate::door::Serves;
use crate::services::{Member, Services};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use std::sync::Arc;
use tonic::body::Body;

/// What a runtime answers to requests that are not gRPC's.
pub struct Pages {
    _member: Arc<Member>,
    _services: Arc<Services>,
}

impl Pages {
    /// Those of this member. The gateway asks these services.
    pub fn new(member: Arc<Member>, services: Arc<Services>) -> Pages {
        Pages { _member: member, _services: services }
    }

    /// Answers a request, at a listener that serves this.
    pub async fn call(&self, _: Serves, _: Request<Incoming>) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }
}
