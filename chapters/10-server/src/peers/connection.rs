//! Connections to others.
//!
//! Owns [`Line`], a connection that was made, [`keep`], the task that always wants one to one
//! member, and [`ask_for_members`], by which somebody who joins finds out whom.
//!
//! Both sides say who they are, whom they mean, and of which cluster they are. A connection on
//! which nothing comes back is given up, and made anew: after a while, and with some luck in it, so
//! that members that have lost each other at the same moment do not all come back at the same one.
//!
//! Left to others: TLS, where an address asks for it (`tls`).

use super::codec::{MOST, packed};
use super::{ASK, DELIVER, Room};
use crate::journal::fields;
use crate::lines::hex;
use crate::links::{Link, Question};
use crate::plain::Plain;
use crate::stop::REMOVED;
use crate::tls::Dialer;
use crate::version::{VERSION, Version};
use basics::NodeId;
use bytes::Bytes;
use futures_util::{Stream, stream};
use http::uri::Scheme;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::{Code, Status};
use tower_service::Service;

/// So long a connection takes to be made, and so long one is silent before it is tried, and so long
/// it may be then.
const CONNECT: Duration = Duration::from_secs(2);
const SILENT: Duration = Duration::from_secs(1);
const DEAD: Duration = Duration::from_secs(3);

/// How long an answer takes is measured after so long, and then so often, as in etcd.
const FIRST_LOOK: Duration = Duration::from_secs(5);
const LOOKS: Duration = Duration::from_secs(30);

/// How long to wait until the next attempt: at first, and at most.
const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(1);

/// As many bytes as a list of members has at most.
const LIST: usize = 1 << 20;

/// What both ends say of themselves.
pub const FROM: &str = "from";
/// Whom the sender means.
pub const TO: &str = "to";
/// The cluster.
pub const CLUSTER: &str = "cluster";
/// The sender's version.
pub const SPEAKS: &str = "version";

/// Who this member is.
#[derive(Clone, Copy)]
pub struct Road {
    pub own: NodeId,
    pub cluster: u64,
}

/// A connection to another member.
#[derive(Clone)]
pub struct Line {
    sender: SendRequest<Body>,
    scheme: Scheme,
    authority: Arc<str>,
}

impl Line {
    /// Connects to an address.
    pub async fn connect(dialer: &Dialer, url: &str) -> Result<Line, String> {
        let uri: Uri = url.parse().map_err(|error| format!("{url} is no address: {error}"))?;
        let authority = uri.authority().ok_or_else(|| format!("{url} has no host"))?;
        let (scheme, host) = (uri.scheme().cloned().unwrap_or(Scheme::HTTP), authority.host());
        let authority: Arc<str> = authority.as_str().into();
        let connecting = async {
            let stream = TcpStream::connect(&*authority).await.map_err(in_words)?;
            stream.set_nodelay(true).map_err(in_words)?;
            if scheme != Scheme::HTTPS {
                let sender = speak(stream).await?;
                return Ok(Line { sender, scheme, authority: authority.clone() });
            }
            let sender = speak(dialer.secure(host, stream).await.map_err(in_words)?).await?;
            let mut line = Line { sender, scheme, authority: authority.clone() };
            // Whether the other one is content with a certificate, only its first answer says.
            line.get("/version").await?;
            Ok(line)
        };
        let connected = timeout(CONNECT, connecting).await;
        let line = connected.unwrap_or_else(|_| Err("nobody answers".to_owned()));
        line.map_err(|error: String| format!("{authority}: {error}"))
    }

    /// Calls a method with all of these messages. The answer.
    pub async fn call(
        &self,
        road: Road,
        to: NodeId,
        method: &'static str,
        messages: impl IntoIterator<Item = Bytes, IntoIter: Send + 'static>,
        more: &[(&'static str, String)],
    ) -> Result<Bytes, Status> {
        self.stream(road, to, method, stream::iter(messages), more).await
    }

    /// The same, with messages that are still to come.
    pub async fn stream(
        &self,
        road: Road,
        to: NodeId,
        method: &'static str,
        messages: impl Stream<Item = Bytes> + Send + 'static,
        more: &[(&'static str, String)],
    ) -> Result<Bytes, Status> {
        let mut request = tonic::Request::new(messages);
        let own = [
            (FROM, hex(road.own.0)),
            (TO, hex(to.0)),
            (CLUSTER, hex(road.cluster)),
            (SPEAKS, VERSION.to_owned()),
        ];
        for (name, value) in own.iter().chain(more) {
            let value = value.parse().expect("numbers are text");
            request.metadata_mut().insert(*name, value);
        }
        let mut grpc = Grpc::new(self.clone()).max_decoding_message_size(MOST);
        grpc.ready().await.map_err(broken)?;
        let path = http::uri::PathAndQuery::from_static(method);
        Ok(grpc.client_streaming(request, path, Plain).await?.into_inner())
    }

    /// Fetches a page.
    async fn get(&mut self, path: &str) -> Result<Response<Bytes>, String> {
        let uri = format!("{}://{}{path}", self.scheme, self.authority);
        let request = Request::get(uri).body(Body::empty()).map_err(in_words)?;
        let response = self.sender.send_request(request).await;
        let (head, body) = response.map_err(in_words)?.into_parts();
        let body = Limited::new(body, LIST).collect().await.map_err(|error| error.to_string())?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// Begins to speak HTTP/2.
async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Body>, String> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .adaptive_window(true)
        .keep_alive_interval(SILENT)
        .keep_alive_timeout(DEAD)
        .keep_alive_while_idle(true);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(in_words)?;
    // It ends when nobody has the other half any more, or when it is broken.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// An error, and what has caused it.
fn in_words(error: impl Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(": ");
        words.push_str(&error.to_string());
        cause = error.source();
    }
    words
}

fn broken(error: hyper::Error) -> Status {
    Status::unavailable(error.to_string())
}

impl Service<Request<Body>> for Line {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.sender.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(&*self.authority);
        *request.uri_mut() = uri.path_and_query(path).build().expect("it was an address before");
        Box::pin(self.sender.send_request(request))
    }
}

/// Sees to it that there is a connection to a member, and that what waits for it goes there.
pub async fn keep(room: Arc<Room>, to: NodeId, link: Arc<Link>, line: watch::Sender<Option<Line>>) {
    let mut pause = SOON;
    let random = RandomState::new();
    for attempt in 0_u64.. {
        let url = link.urls.iter().cycle().nth(usize::try_from(attempt % 64).unwrap_or(0));
        let Some(url) = url else { return };
        match Line::connect(&room.dialer, url).await {
            Ok(made) => {
                let began = Instant::now();
                line.send_replace(Some(made.clone()));
                let why = deliver(&room, to, &link, &made).await;
                line.send_replace(None);
                if link.open_since().is_some() {
                    note_lost(&room, to);
                }
                link.close();
                say_lost(&room, to, &why);
                if began.elapsed() > LATE {
                    pause = SOON;
                }
                if why.message() == REMOVED {
                    return room.stop.leave(REMOVED);
                }
            }
            Err(error) => {
                let fields = fields!["remote-peer-id": hex(to.0), "error": error];
                room.journal.debug("failed to reach the peer URL", fields);
            }
        }
        let spread = random.hash_one(attempt) % 512;
        tokio::time::sleep(pause.mul_f64(0.75 + spread as f64 / 1_024.0)).await;
        pause = (pause * 2).min(LATE);
    }
}

/// Carries letters until the connection is lost, or the other does not want any.
async fn deliver(room: &Room, to: NodeId, link: &Arc<Link>, line: &Line) -> Status {
    // Connections to a process that stands still are made by the system.
    match greet(room, to, line).await {
        Ok(()) => link.open(),
        Err(status) => return status,
    }
    let (own, other) = (hex(room.road.own.0), hex(to.0));
    room.member.facts.metrics.peers.active.with(&[&own, &other]).set(1);
    let fields = fields!["local-member-id": hex(room.road.own.0), "remote-peer-id": hex(to.0)];
    room.journal.info("peer became active", fields);
    let counted = (link.clone(), room.member.facts.clone(), other);
    let frames = stream::unfold(counted, |(link, facts, other)| async move {
        let frame = link.frame().await;
        facts.metrics.peers.sent.with(&[&other]).add(frame.len() as u64);
        Some((frame, (link, facts, other)))
    });
    tokio::select! {
        ended = line.stream(room.road, to, DELIVER, frames, &[]) => match ended {
            Ok(_) => Status::new(Code::Unavailable, "the other has ended"),
            Err(status) => status,
        },
        never = measure(room, to, line) => match never {},
    }
}

/// Is it there, and does it take letters of this member?
async fn greet(room: &Room, to: NodeId, line: &Line) -> Result<(), Status> {
    let hello = packed(Question::Hello);
    room.member.facts.metrics.peers.sent.with(&[&hex(to.0)]).add(hello.len() as u64);
    let hello = timeout(CONNECT, line.call(room.road, to, ASK, [hello], &[])).await;
    hello.unwrap_or_else(|_| Err(Status::deadline_exceeded("it does not answer")))?;
    Ok(())
}

/// Looks now and then how long an answer takes, for as long as there is a connection.
async fn measure(room: &Room, to: NodeId, line: &Line) -> Infallible {
    tokio::time::sleep(FIRST_LOOK).await;
    loop {
        let began = Instant::now();
        if greet(room, to, line).await.is_ok() {
            let times = &room.member.facts.metrics.peers.round_trip;
            times.with(&[&hex(to.0)]).took(began.elapsed());
        }
        tokio::time::sleep(LOOKS).await;
    }
}

/// A member is not reached any more.
pub fn note_lost(room: &Room, to: NodeId) {
    let (own, other) = (hex(room.road.own.0), hex(to.0));
    let counted = &room.member.facts.metrics.peers;
    counted.active.with(&[&own, &other]).set(0);
    counted.lost.with(&[&own, &other]).add(1);
}

fn say_lost(room: &Room, to: NodeId, why: &Status) {
    let fields = fields![
        "local-member-id": hex(room.road.own.0),
        "remote-peer-id": hex(to.0),
        "error": why.message(),
    ];
    room.journal.warn("peer became inactive (message send to peer failed)", fields);
}

/// A cluster that was asked for its members.
pub struct Asked {
    /// Which one it is.
    pub cluster: u64,
    /// Its members, as they were told.
    pub members: Bytes,
    /// Which version it speaks, if it knows.
    pub version: Option<Version>,
}

/// Asks whoever is at an address for the members of its cluster.
pub async fn ask_for_members(dialer: &Dialer, url: &str) -> Result<Asked, String> {
    let asked = async {
        let mut line = Line::connect(dialer, url).await?;
        Ok((line.get("/members").await?, line.get("/version").await?))
    };
    let asked = timeout(CONNECT, asked).await;
    let (response, version) = asked.unwrap_or_else(|_| Err("nobody answers".to_owned()))?;
    if !response.status().is_success() {
        return Err(format!("{url} answers {}", response.status()));
    }
    let cluster = response.headers().get("x-etcd-cluster-id").map(HeaderValue::to_str);
    let cluster = cluster.and_then(Result::ok).and_then(|text| u64::from_str_radix(text, 16).ok());
    let cluster = cluster.ok_or_else(|| format!("{url} does not say which cluster it is of"))?;
    let version = serde_json::from_slice::<serde_json::Value>(version.body()).ok();
    let version = version.and_then(|page| Version::parse(page["etcdcluster"].as_str()?));
    Ok(Asked { cluster, members: response.into_body(), version })
}
