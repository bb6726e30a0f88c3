//! What anybody can read at the port of the members.
//!
//! Owns the pages `/members`, by which somebody who joins finds the others, and `/version`. etcd
//! has them, too.

use crate::lines::hex;
use crate::pages::version;
use crate::services::Member;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tonic::body::Body;

/// Answers what is no method.
pub fn answer(member: &Member, request: &Request<Incoming>) -> Response<Body> {
    let mut page = match request.uri().path() {
        "/members" | "/version" if request.method() != Method::GET => {
            page(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n".to_owned())
        }
        "/members" => page(StatusCode::OK, member.facts.roster.get().json() + "\n"),
        "/version" => return version(member),
        _ => return page(StatusCode::NOT_FOUND, "404 page not found\n".to_owned()),
    };
    let headers = page.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let cluster = hex(member.signature.cluster).parse().expect("it is text");
    headers.insert("x-etcd-cluster-id", cluster);
    page
}

fn page(status: StatusCode, text: String) -> Response<Body> {
    let body = Body::new(http_body_util::Full::new(text.into()));
    Response::builder().status(status).body(body).expect("it has no headers yet")
}
