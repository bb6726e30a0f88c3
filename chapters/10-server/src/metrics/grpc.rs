//! What is counted of gRPC: calls, messages, bytes, and how calls end.
//!
//! Owns [`Grpc`]. A call is counted when it comes, and its messages and its end are read off the
//! bodies on their way: gRPC has a head of five bytes before each message, and says in the trailers
//! how a call has ended.
//!
//! Invariant: each call that was begun ends once. One whose client has gone away ends as canceled.

use super::kinds::{Counter, Family, Histogram, Page, labels};
use super::steps::Steps;
use api::{Code, Method};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use hyper::body::{Frame, SizeHint};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use tonic::Status;
use tonic::body::Body;

/// All methods, and what all of them share.
pub struct Grpc {
    methods: HashMap<String, Arc<Counted>>,
    requests: Family<Counter>,
    shared: Arc<Shared>,
}

/// What is counted of all methods together.
#[derive(Default)]
struct Shared {
    received_bytes: Counter,
    sent_bytes: Counter,
    /// Is it measured how long each call took, of whatever kind it is?
    is_extensive: bool,
}

/// The limits of how long calls took, in seconds, as every program in Go has them.
const HANDLING: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What a client says that it is, among the metadata.
const VERSION: &str = "client-api-version";

/// What is counted of a method.
struct Counted {
    service: String,
    name: String,
    kind: &'static str,
    /// Those of etcd's clients are shown from the start.
    is_shown: bool,
    started: Counter,
    received: Counter,
    sent: Counter,
    handled: [Counter; Code::ALL.len()],
    /// How long a call took, if it takes as long as it takes to answer: failed ones, and others.
    took: [Histogram; 2],
    /// How long each took.
    handling: Steps,
    shared: Arc<Shared>,
}

impl Default for Grpc {
    fn default() -> Grpc {
        Grpc::new(false)
    }
}

impl Grpc {
    /// Nothing counted yet. How long each call took is measured, if that is wanted.
    pub fn new(is_extensive: bool) -> Grpc {
        let shared = Arc::new(Shared { is_extensive, ..Shared::default() });
        let counted = |method: Method| {
            let (service, name) = (method.service().to_owned(), method.name().to_owned());
            let counted = Counted::new(&method, shared.clone());
            (format!("/{service}/{name}"), Arc::new(counted))
        };
        let methods = Method::all().map(counted).collect();
        let requests = Family::new(&["client_api_version", "type"], Counter::default);
        Grpc { methods, requests, shared }
    }
}

impl Counted {
    fn new(method: &Method, shared: Arc<Shared>) -> Counted {
        let service = method.service().to_owned();
        let kind = match (method.takes_many(), method.gives_many()) {
            (false, false) => "unary",
            (false, true) => "server_stream",
            (true, false) => "client_stream",
            (true, true) => "bidi_stream",
        };
        let is_shown = service.starts_with("etcdserverpb.") || service.starts_with("grpc.health.");
        Counted {
            service,
            name: method.name().to_owned(),
            kind,
            is_shown,
            started: Counter::default(),
            received: Counter::default(),
            sent: Counter::default(),
            handled: Default::default(),
            took: [0, 1].map(|_| Histogram::new(0.001, 14)),
            handling: Steps::new(&HANDLING),
            shared,
        }
    }

    fn end(&self, code: Code, began: Instant) {
        self.handled[code as usize].add(1);
        if self.kind == "unary" {
            self.took[usize::from(code == Code::Ok)].took(began.elapsed());
        }
        if self.shared.is_extensive {
            self.handling.took(began.elapsed());
        }
    }
}

/// Does it look like a version? Whatever else a client calls itself would stay in the page for
/// ever.
fn is_version(text: &str) -> bool {
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b".-+".contains(&letter);
    text.len() <= 32 && text.bytes().all(is_plain)
}

impl Grpc {
    /// A call comes. What is returned is to be told of its answer.
    pub fn begin(&self, request: Request<Body>) -> (Request<Body>, Option<Call>) {
        let Some(counted) = self.methods.get(request.uri().path()) else { return (request, None) };
        counted.started.add(1);
        let kind = if counted.kind == "unary" { "unary" } else { "stream" };
        let version = request.headers().get(VERSION).and_then(|version| version.to_str().ok());
        let version = version.filter(|version| is_version(version)).unwrap_or("unknown");
        self.requests.with(&[version, kind]).add(1);
        let call = Call { counted: counted.clone(), began: Instant::now(), is_over: false };
        let (received, counted) = (Frames::default(), counted.clone());
        (request.map(|body| Body::new(Heard { body, received, counted })), Some(call))
    }

    /// Writes all of it.
    pub fn print(&self, page: &mut Page) {
        for counted in self.methods.values() {
            if counted.is_shown || counted.started.get() > 0 {
                counted.print(page);
            }
        }
        let help = "Requests, by what the client says it is.";
        page.add("etcd_server_client_requests_total", help, &self.requests);
        let Shared { received_bytes, sent_bytes, .. } = &*self.shared;
        let name = "etcd_network_client_grpc_received_bytes_total";
        page.add(name, "Bytes of the messages that clients have sent.", received_bytes);
        let name = "etcd_network_client_grpc_sent_bytes_total";
        page.add(name, "Bytes of the messages that clients were sent.", sent_bytes);
    }
}

impl Counted {
    fn print(&self, page: &mut Page) {
        let pairs = [
            ("grpc_method", self.name.as_str()),
            ("grpc_service", self.service.as_str()),
            ("grpc_type", self.kind),
        ];
        let all = labels(pairs.into_iter());
        let (name, help) = ("grpc_server_started_total", "Calls that have come.");
        page.one_of(name, help, &all, &self.started);
        let (name, help) = ("grpc_server_msg_received_total", "Messages that clients have sent.");
        page.one_of(name, help, &all, &self.received);
        let (name, help) = ("grpc_server_msg_sent_total", "Messages that clients were sent.");
        page.one_of(name, help, &all, &self.sent);
        let (name, help) = ("grpc_server_handled_total", "Calls that have ended, and how.");
        for (code, count) in Code::ALL.iter().zip(&self.handled) {
            let code = code.to_string();
            let pairs = [("grpc_code", code.as_str())].into_iter().chain(pairs);
            page.one_of(name, help, &labels(pairs), count);
        }
        if self.shared.is_extensive {
            let (name, help) = ("grpc_server_handling_seconds", "How long calls took.");
            page.one_of(name, help, &all, &self.handling);
        }
        let Some(kind) = self.request_type() else { return };
        let (name, help) = ("etcd_server_request_duration_seconds", "How long requests took.");
        for (success, took) in ["false", "true"].into_iter().zip(&self.took) {
            if took.count() > 0 {
                let pairs = [("success", success), ("type", kind.as_str())];
                page.one_of(name, help, &labels(pairs.into_iter()), took);
            }
        }
    }

    /// What etcd calls the requests of this method that go through its log, or read what did.
    fn request_type(&self) -> Option<String> {
        match (self.service.as_str(), self.name.as_str()) {
            ("etcdserverpb.KV", "Compact") => Some("Compaction".to_owned()),
            ("etcdserverpb.KV", name @ ("Range" | "Put" | "DeleteRange" | "Txn"))
            | ("etcdserverpb.Lease", name @ ("LeaseGrant" | "LeaseRevoke"))
            | ("etcdserverpb.Maintenance", name @ "Alarm") => Some(name.to_owned()),
            ("etcdserverpb.Auth", name) if name.starts_with("Auth") => Some(name.to_owned()),
            ("etcdserverpb.Auth", name) => Some(format!("Auth{name}")),
            _ => None,
        }
    }
}

/// A call that has come and is not answered.
pub struct Call {
    counted: Arc<Counted>,
    began: Instant,
    is_over: bool,
}

impl Call {
    /// This is its answer.
    pub fn answer(mut self, response: Response<Body>) -> Response<Body> {
        if let Some(status) = Status::from_header_map(response.headers()) {
            self.end(status.code());
            return response;
        }
        let sent = Frames::default();
        response.map(|body| Body::new(Told { body, sent, call: self }))
    }

    fn end(&mut self, code: tonic::Code) {
        if !self.is_over {
            self.is_over = true;
            self.counted.end(Code::from_number(code.into()).unwrap_or(Code::Unknown), self.began);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(tonic::Code::Cancelled);
    }
}

/// Where messages begin and end, in bytes that come piece by piece.
#[derive(Default)]
struct Frames {
    /// Of the head of a message.
    head: [u8; 5],
    seen: usize,
    /// So much of the message is still to come.
    left: usize,
}

impl Frames {
    /// How many messages begin in these bytes, and how long they will be.
    fn count(&mut self, mut bytes: &[u8]) -> (u64, u64) {
        let (mut messages, mut total) = (0, 0);
        while !bytes.is_empty() {
            let inside = self.left.min(bytes.len());
            self.left -= inside;
            bytes = &bytes[inside..];
            if let Some((first, rest)) = bytes.split_first() {
                self.head[self.seen] = *first;
                self.seen += 1;
                bytes = rest;
            }
            if self.seen == self.head.len() {
                let [_, length @ ..] = self.head;
                let length = u32::from_be_bytes(length);
                (self.seen, self.left) = (0, length as usize);
                messages += 1;
                total += u64::from(length);
            }
        }
        (messages, total)
    }
}

/// The body of a request, and who counts what is in it.
struct Heard {
    body: Body,
    received: Frames,
    counted: Arc<Counted>,
}

impl hyper::body::Body for Heard {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            let (messages, bytes) = self.received.count(data);
            self.counted.received.add(messages);
            self.counted.shared.received_bytes.add(bytes);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, and who counts what is in it.
struct Told {
    body: Body,
    sent: Frames,
    call: Call,
}

impl Told {
    fn ends(&mut self, trailers: &HeaderMap) {
        if let Some(status) = Status::from_header_map(trailers) {
            self.call.end(status.code());
        }
    }
}

impl hyper::body::Body for Told {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    let (messages, bytes) = self.sent.count(data);
                    self.call.counted.sent.add(messages);
                    self.call.counted.shared.sent_bytes.add(bytes);
                } else if let Some(trailers) = frame.trailers_ref() {
                    self.ends(trailers);
                }
            }
            Some(Err(status)) => self.call.end(status.code()),
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
