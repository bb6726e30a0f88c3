//! What anybody can read at the port of the members.
//!
//! Owns the pages `/members`, by which somebody who joins finds the others, `/version`, and
//! `/downgrade/enabled`: is the cluster to go back to an older version? etcd has them, too.

use crate::lines::hex;
use crate::pages::{plain, version};
use crate::services::Member;
use api::Error;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tonic::body::Body;

/// Is the cluster to go back?
const DOWNGRADE: &str = "/downgrade/enabled";

/// Answers what is no method.
pub async fn answer(member: &Member, request: &Request<Incoming>) -> Response<Body> {
    let mut kind = HeaderValue::from_static("application/json");
    let mut page = match request.uri().path() {
        "/members" | "/version" | DOWNGRADE if request.method() != Method::GET => {
            page(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n".to_owned())
        }
        "/members" => page(StatusCode::OK, member.facts.roster.get().json() + "\n"),
        "/version" => return version(member),
        DOWNGRADE => {
            kind = HeaderValue::from_static("text/plain");
            match member.catch_up().await {
                Ok(()) => {
                    let goes_back = member.facts.versions.get().downgrade.is_some();
                    page(StatusCode::OK, goes_back.to_string())
                }
                Err(status) => {
                    // The page has a time of its own in etcd, and says that it is over.
                    let is_late = status.message() == Error::Timeout.to_string();
                    let why = if is_late { "context deadline exceeded" } else { status.message() };
                    let text = format!("failed linearized read: {why}\n");
                    return plain(StatusCode::INTERNAL_SERVER_ERROR, text);
                }
            }
        }
        _ => return page(StatusCode::NOT_FOUND, "404 page not found\n".to_owned()),
    };
    let headers = page.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    let cluster = hex(member.signature.cluster).parse().expect("it is text");
    headers.insert("x-etcd-cluster-id", cluster);
    page
}

fn page(status: StatusCode, text: String) -> Response<Body> {
    let body = Body::new(http_body_util::Full::new(text.into()));
    Response::builder().status(status).body(body).expect("it has no headers yet")
}
