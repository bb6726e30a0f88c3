//! The gateway: gRPC's methods for those who speak JSON.
//!
//! Owns the way from a path and a body of JSON to a method, and back. It knows no method by name:
//! `paths` says which one is meant, the method's descriptor what its messages are made of, and the
//! services of this runtime are called as if the request had come as gRPC, with no socket between.
//! So whatever they check, count and refuse, they do for these requests too.
//!
//! Invariant: a method with one request answers with one value, or an error; one with several, line
//! by line, `{"result":…}`, and at the end perhaps `{"error":…}`.
//!
//! Left to others: what a request does (`services`).

use super::answers::{self, JSON};
use super::paths::{self, Route};
use super::values::Values;
use crate::plain::Plain;
use crate::services::Services;
use api::Method;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Frame;
use serde_json::json;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codegen::tokio_stream::{self, Stream};
use tonic::metadata::MetadataMap;
use tonic::{Status, Streaming};
use tower_service::Service;

/// The gateway of a runtime.
pub struct Gateway {
    inside: Inside,
    /// How long a message may be.
    longest: usize,
}

/// What a client's metadata is called among the headers.
const PREFIX: &str = "grpc-metadata-";

impl Gateway {
    /// One that calls these services. No request may be longer than that.
    pub fn new(services: Arc<Services>, longest: usize) -> Gateway {
        Gateway { inside: Inside(services), longest }
    }

    /// Answers a request for this path, which is without its `/v3/`.
    pub async fn call(&self, path: &str, request: Request<Body>) -> Response<Body> {
        let Some(route) = paths::find(path) else {
            return answers::refusal(&Status::not_found("Not Found"));
        };
        if request.method() != http::Method::POST {
            return answers::refusal(&Status::unimplemented("Method Not Allowed"));
        }
        let (parts, body) = request.into_parts();
        let metadata = metadata(&parts.headers);
        if route.method.takes_many() {
            let values = Values::new(route.method.clone(), body, self.longest_body());
            let request = tonic::Request::from_parts(metadata, parts.extensions, values);
            return self.converse(route, request).await;
        }
        let message = match self.message(&route.method, body).await {
            Ok(message) => message,
            Err(status) => return answers::refusal(&status),
        };
        let request = tonic::Request::from_parts(metadata, parts.extensions, message);
        if route.method.gives_many() {
            return self.converse(route, request.map(tokio_stream::once)).await;
        }
        match self.ask(route, request).await {
            Ok(json) => answered(Body::new(Full::new(json.into()))),
            Err(status) => answers::refusal(&status),
        }
    }

    /// Base64 takes a third more than what it stands for, and there are names and marks.
    fn longest_body(&self) -> usize {
        2 * self.longest
    }

    /// The one message that a body has. An empty body is an empty message, and what comes after the
    /// first value is not looked at.
    async fn message(&self, method: &Method, body: Body) -> Result<Bytes, Status> {
        let body = match Limited::new(body, self.longest_body()).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                let why = format!("the body is longer than {} bytes", self.longest_body());
                return Err(Status::resource_exhausted(why));
            }
            Err(error) => return Err(Status::invalid_argument(error.to_string())),
        };
        if body.trim_ascii().is_empty() {
            return Ok(Bytes::new());
        }
        let mut json = serde_json::Deserializer::from_slice(&body);
        let message = method.request(&mut json);
        let message = message.map_err(|error| Status::invalid_argument(error.to_string()))?;
        if message.len() > self.longest {
            let (length, longest) = (message.len(), self.longest);
            let why = format!("grpc: received message larger than max ({length} vs. {longest})");
            return Err(Status::resource_exhausted(why));
        }
        Ok(message)
    }

    fn client(&self) -> Grpc<Inside> {
        Grpc::new(self.inside.clone()).max_decoding_message_size(usize::MAX)
    }

    /// One request, one answer.
    async fn ask(&self, route: &Route, request: tonic::Request<Bytes>) -> Result<Vec<u8>, Status> {
        let answer = self.client().unary(request, route.path.clone(), Plain).await?;
        let mut json = Vec::new();
        write(&route.method, answer.into_inner(), &mut json)?;
        Ok(json)
    }

    /// Requests, and answers as they come. Nothing is said before the first one: only then is known
    /// whether it is an error.
    async fn converse<S>(&self, route: &Route, requests: tonic::Request<S>) -> Response<Body>
    where
        S: Stream<Item = Bytes> + Send + 'static,
    {
        let answers = self.client().streaming(requests, route.path.clone(), Plain).await;
        let mut answers = match answers {
            Ok(answers) => answers.into_inner(),
            Err(status) => return answers::refused_stream(&status),
        };
        match answers.message().await {
            Ok(Some(first)) => {
                let method = route.method.clone();
                answered(Body::new(Lines { method, first: Some(first), answers: Some(answers) }))
            }
            Ok(None) => Response::new(Body::empty()),
            Err(status) => answers::refused_stream(&status),
        }
    }
}

/// A service has answered.
fn answered(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("grpc-metadata-content-type", kind);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// What a service is told of a request's headers: who asks, and whatever the client wants it to be
/// told.
fn metadata(headers: &HeaderMap) -> MetadataMap {
    let mut metadata = HeaderMap::new();
    for (name, value) in headers {
        let name = match name.as_str().strip_prefix(PREFIX) {
            Some(told) => HeaderName::try_from(told).ok(),
            None if name == AUTHORIZATION => Some(AUTHORIZATION),
            None => None,
        };
        // It is gRPC's to say how long a call may take, and how it ended.
        if let Some(name) = name.filter(|name| !name.as_str().starts_with("grpc-")) {
            metadata.append(name, value.clone());
        }
    }
    MetadataMap::from_headers(metadata)
}

/// Writes a response as JSON behind what is there.
fn write(method: &Method, message: Bytes, json: &mut Vec<u8>) -> Result<(), Status> {
    let response = method.response(message);
    let response = response.map_err(|error| Status::internal(error.to_string()))?;
    serde_json::to_writer(json, &response).map_err(|error| Status::internal(error.to_string()))
}

/// The answers of a stream, each on a line.
struct Lines {
    method: Method,
    first: Option<Bytes>,
    /// None once the last line is written.
    answers: Option<Streaming<Bytes>>,
}

impl Lines {
    fn line(&self, message: Bytes) -> Result<Vec<u8>, Status> {
        let mut line = br#"{"result":"#.to_vec();
        write(&self.method, message, &mut line)?;
        line.extend_from_slice(b"}\n");
        Ok(line)
    }
}

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let next = match (self.first.take(), &mut self.answers) {
            (Some(first), _) => Some(Ok(first)),
            (None, Some(answers)) => ready!(Pin::new(answers).poll_next(context)),
            (None, None) => None,
        };
        let Some(answer) = next else {
            self.answers = None;
            return Poll::Ready(None);
        };
        let line = answer.and_then(|message| self.line(message)).unwrap_or_else(|status| {
            self.answers = None;
            format!("{}\n", json!({ "error": answers::error(&status) })).into()
        });
        Poll::Ready(Some(Ok(Frame::data(line.into()))))
    }
}

/// The services, as a client of gRPC sees them.
#[derive(Clone)]
struct Inside(Arc<Services>);

impl Service<Request<Body>> for Inside {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let services = self.0.clone();
        Box::pin(async move { Ok(services.call(request).await) })
    }
}
