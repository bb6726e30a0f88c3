//! Connections: listeners, and a runtime a core.
//!
//! Owns the loop that accepts, and what a connection is served by. Each runtime is one
//! thread. The listeners deal connections to them in turn, and all requests of a connection are
//! served by its thread: no request is handed from one to another, and no lock is waited for.
//!
//! A client that does nothing holds a place, and nothing else: it has its limit before it has
//! said anything, and between two heads of HTTP/1, and one of HTTP/2 is asked whether it is there.
//! etcd also sends those away who ask that of it too often; hyper answers such questions itself,
//! and tells nobody.
//!
//! Left to others: what a request means (`services`, `pages`), the bytes (`socket`), and who the
//! client is (`tls`).

use crate::door::{Caller, Door, Limits, Serves, Whose};
use crate::journal::fields;
use crate::pages::Pages;
use crate::services::Services;
use crate::socket::{Protocol, Socket, Stream, begins_with_tls};
use crate::tls::{self, Peer, Refused, Tls};
use http::{Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::body::Body;

/// HTTP/1, with these limits.
fn http1(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.silence)
        .max_buf_size(usize::try_from(limits.head_bytes).unwrap_or(usize::MAX).max(8 << 10));
    builder
}

/// HTTP/2, with these limits.
fn http2(limits: &Limits) -> http2::Builder<Here> {
    let interval = Some(limits.keepalive_interval).filter(|interval| !interval.is_zero());
    let mut builder = http2::Builder::new(Here);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.concurrent_streams)
        .max_header_list_size(limits.head_bytes)
        .max_send_buf_size(limits.unsent_bytes)
        .max_pending_accept_reset_streams(limits.taken_back)
        .keep_alive_interval(interval)
        .keep_alive_timeout(limits.keepalive_timeout);
    builder
}

/// So long a request is on its way, or the word that no more are taken.
const MOMENT: Duration = Duration::from_millis(100);

/// A connection that was accepted, on its way to a runtime.
pub struct Dealt {
    stream: std::net::TcpStream,
    remote: SocketAddr,
    door: Arc<Door>,
    /// Another one can have it when this one is gone.
    place: OwnedSemaphorePermit,
}

/// What the connections of a runtime are served by.
pub trait Answers: Send + Sync + 'static {
    /// Answers a request that came in by this door.
    fn answer(
        &self,
        door: &Door,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send;
}

/// What clients are served by.
pub struct Rooms {
    /// gRPC.
    pub services: Arc<Services>,
    /// Everything else.
    pub pages: Pages,
}

impl Answers for Rooms {
    async fn answer(&self, door: &Door, request: Request<Incoming>) -> Response<Body> {
        let is_grpc = request.version() == http::Version::HTTP_2
            && request
                .headers()
                .get(header::CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
        match door.serves {
            Serves::All | Serves::Grpc if is_grpc => {
                self.services.call(request.map(Body::new)).await
            }
            Serves::All | Serves::Http | Serves::Health | Serves::Grpc => {
                self.pages.call(door.serves, request).await
            }
        }
    }
}

/// Runs a connection's tasks on the thread that the connection is on.
#[derive(Clone)]
struct Here;

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Here {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

/// Accepts until it is told to stop, and deals what it accepts. There are never more connections
/// of this door than it has places for, also of those that no runtime has taken yet.
pub async fn accept(
    listener: TcpListener,
    door: Arc<Door>,
    runtimes: Vec<mpsc::UnboundedSender<Dealt>>,
    mut stops: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(door.limits.connections));
    let next = async || {
        let place = places.clone().acquire_owned().await.expect("it is never closed");
        listener.accept().await.map(|(stream, remote)| (stream, remote, place))
    };
    let mut turn = runtimes.iter().cycle();
    loop {
        let accepted = tokio::select! {
            accepted = next() => accepted,
            _ = stops.wait_for(|stops| *stops) => return,
        };
        let (stream, remote, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_client(&error) => continue,
            // The system has no more files, say. It may have some soon.
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        if let (Ok(stream), Some(runtime)) = (stream.into_std(), turn.next()) {
            let _ = runtime.send(Dealt { stream, remote, door: door.clone(), place });
        }
    }
}

/// Is the client gone already, and the next one can be accepted?
fn is_of_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// Serves the connections that are dealt to this runtime. When it is told to stop, those finish
/// what is under way, and it returns when they are gone.
pub async fn serve(
    mut dealt: mpsc::UnboundedReceiver<Dealt>,
    rooms: Arc<impl Answers>,
    mut stops: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let dealt = tokio::select! {
            dealt = dealt.recv() => dealt,
            _ = stops.wait_for(|stops| *stops) => None,
            Some(_) = connections.join_next() => continue,
        };
        let Some(dealt) = dealt else { break };
        connections.spawn(connection(dealt, rooms.clone(), stops.clone()));
    }
    while connections.join_next().await.is_some() {}
}

/// A connection, from its first byte to its last.
async fn connection(dealt: Dealt, rooms: Arc<impl Answers>, mut stops: watch::Receiver<bool>) {
    let Dealt { stream, remote, door, place } = dealt;
    let opened = tokio::select! {
        opened = open(stream, remote, &door) => opened,
        _ = stops.wait_for(|stops| *stops) => return,
    };
    let (socket, protocol, user) = match opened {
        Ok(opened) => opened,
        Err(refusal) => return refused(&door, remote, &refusal),
    };
    let (limits, serves) = (door.limits, door.serves);
    let caller = Caller::new(user, socket.is_secure(), remote, place);
    let asks = Arc::new(AtomicBool::new(false));
    let has_asked = asks.clone();
    // Of whoever has asked nothing by then, nothing is under way.
    let grace = move || Some(limits.grace).filter(|_| has_asked.load(Ordering::Relaxed));
    let service = service_fn(move |mut request: Request<Incoming>| {
        asks.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(caller.clone());
        let (rooms, door) = (rooms.clone(), door.clone());
        async move { Ok::<_, Infallible>(rooms.answer(&door, request).await) }
    });
    let socket = TokioIo::new(socket);
    match protocol {
        Protocol::Http2 => {
            let connection = http2(&limits).serve_connection(socket, service);
            let finish = http2::Connection::graceful_shutdown;
            until_stopped(connection, finish, stops, grace).await;
        }
        // Nobody speaks gRPC like this.
        Protocol::Http1 if serves == Serves::Grpc => {}
        Protocol::Http1 => {
            let connection = http1(&limits).serve_connection(socket, service).with_upgrades();
            let finish = http1::UpgradeableConnection::graceful_shutdown;
            until_stopped(connection, finish, stops, grace).await;
        }
    }
}

/// Finds out how a client speaks, and who it is.
async fn open(
    stream: std::net::TcpStream,
    remote: SocketAddr,
    door: &Door,
) -> Result<(Socket, Protocol, Option<Arc<str>>), Refused> {
    let broken = |error: io::Error| Refused::broken(&error);
    let stream = TcpStream::from_std(stream).map_err(broken)?;
    let (stream, peer) = match &door.tls {
        None => (Stream::Plain(stream), None),
        Some(tls) => {
            let own = stream.local_addr().map_err(broken)?;
            let secured = timeout(door.limits.handshake, secure(stream, tls, door.plain)).await;
            secured.map_err(|_| Refused::silent(own, remote))??
        }
    };
    // Whoever goes now, or says nothing, is not worth a word.
    let looked = timeout(door.limits.silence, Socket::look(stream)).await;
    let (socket, begun) =
        looked.map_err(|_| Refused::default())?.map_err(|_| Refused::default())?;
    Ok(match peer {
        None => (socket, begun, None),
        Some(Peer { user, is_http2: true }) => (socket, Protocol::Http2, user),
        Some(Peer { user, is_http2: false }) => (socket, Protocol::Http1, user),
    })
}

/// Shakes hands with a client that begins with TLS. Others may come without, or not at all.
async fn secure(
    stream: TcpStream,
    tls: &Tls,
    plain: bool,
) -> Result<(Stream, Option<Peer>), Refused> {
    match begins_with_tls(&stream).await {
        Ok(true) => {
            let (stream, peer) = tls.accept(stream).await?;
            Ok((Stream::Secure(Box::new(stream)), Some(peer)))
        }
        Ok(false) if plain => Ok((Stream::Plain(stream), None)),
        Ok(false) => Err(tls::not_tls(&stream)),
        Err(error) => Err(Refused::broken(&error)),
    }
}

/// A client was not let in. One that has only gone is not worth a word.
fn refused(door: &Door, remote: SocketAddr, refusal: &Refused) {
    let Refused { server_name, ip_addresses, dns_names, why } = refusal;
    let Some(why) = why else { return };
    let mut fields = fields![
        "remote-addr": remote.to_string(),
        "server-name": server_name,
    ];
    if !ip_addresses.is_empty() || !dns_names.is_empty() {
        fields.extend(fields!["ip-addresses": ip_addresses, "dns-names": dns_names]);
    }
    fields.extend(fields!["error": why]);
    let message = match door.whose {
        Whose::Clients => "rejected connection on client endpoint",
        Whose::Members => "rejected connection on peer endpoint",
    };
    door.journal.warn(message, fields);
}

/// Serves a connection to its end. When it is told to stop, what is under way is finished.
async fn until_stopped<C: Future>(
    connection: C,
    finish: impl FnOnce(Pin<&mut C>),
    mut stops: watch::Receiver<bool>,
    grace: impl FnOnce() -> Option<Duration>,
) {
    let mut connection = pin!(connection);
    tokio::select! {
        // What has come already is looked at first.
        biased;
        // An error is the client's: it has gone, or said what no client says.
        _ = connection.as_mut() => return,
        _ = stops.wait_for(|stops| *stops) => finish(connection.as_mut()),
    }
    // What is on its way comes in a moment, or its client hears in time that it is not taken.
    if timeout(MOMENT, connection.as_mut()).await.is_err()
        && let Some(grace) = grace()
    {
        // Whoever is not answered by then, or does not listen, is left alone.
        let _ = timeout(grace, connection).await;
    }
}
