//! Answers, as HTTP.
//!
//! Owns how texts, JSON and errors become responses, with the headers that etcd gives them.

use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use tonic::body::Body;
use tonic::{Code, Status};

/// The kind of nearly every body.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// That of texts for people.
pub const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A body of one piece.
pub fn of(status: StatusCode, kind: HeaderValue, body: impl Into<bytes::Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(body.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// A text that a browser must not take for anything else.
pub fn plain(status: StatusCode, text: impl Into<bytes::Bytes>) -> Response<Body> {
    let mut response = of(status, TEXT, text);
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

/// There is no such page.
pub fn not_found() -> Response<Body> {
    plain(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// The page can be got, and nothing else.
pub fn only_get() -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    response
}

/// An error of the gateway, as the object that says so.
pub fn error(status: &Status) -> Value {
    json!({ "code": i32::from(status.code()), "message": status.message() })
}

/// A gRPC error as a response.
pub fn refusal(status: &Status) -> Response<Body> {
    let mut response = of(status_code(status.code()), JSON, error(status).to_string());
    if status.code() == Code::Unauthenticated
        && let Ok(why) = HeaderValue::from_str(status.message())
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, why);
    }
    response
}

/// That of a stream that has not begun.
pub fn refused_stream(status: &Status) -> Response<Body> {
    of(status_code(status.code()), JSON, format!("{}\n", json!({ "error": error(status) })))
}

/// The status that HTTP has for a gRPC code.
fn status_code(code: Code) -> StatusCode {
    let number = match code {
        Code::Ok => 200,
        Code::Cancelled => 499,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => 400,
        Code::Unauthenticated => 401,
        Code::PermissionDenied => 403,
        Code::NotFound => 404,
        Code::AlreadyExists | Code::Aborted => 409,
        Code::ResourceExhausted => 429,
        Code::Unknown | Code::Internal | Code::DataLoss => 500,
        Code::Unimplemented => 501,
        Code::Unavailable => 503,
        Code::DeadlineExceeded => 504,
    };
    StatusCode::from_u16(number).expect("each of them is a status")
}
