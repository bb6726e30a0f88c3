//! Connections: listeners, and a runtime a core.
//!
//! Owns the loop that accepts, and what a connection is served by. Each runtime is one thread. The
//! listeners deal connections to them in turn, and all requests of a connection are served by its
//! thread: no request is handed from one to another, and no lock is waited for.
//!
//! Left to others: what a request means (`services`, `pages`), and the bytes (`socket`).

use crate::door::{Caller, Door, Serves};
use crate::pages::Pages;
use crate::services::Services;
use crate::socket::{Protocol, Socket};
use http::{Request, Response, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::body::Body;

/// A client whose requests are not answered by then, or who does not listen, is left alone when a
/// member stops.
const GRACE: Duration = Duration::from_secs(10);

/// A connection that was accepted, on its way to a runtime.
pub struct Dealt {
    stream: std::net::TcpStream,
    remote: SocketAddr,
    door: Arc<Door>,
}

/// What the connections of a runtime are served by.
pub struct Rooms {
    /// gRPC.
    pub services: Arc<Services>,
    /// Everything else.
    pub pages: Pages,
}

/// Runs a connection's tasks on the thread that the connection is on.
#[derive(Clone)]
struct Here;

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Here {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

/// Accepts until it is told to stop, and deals what it accepts.
pub async fn accept(
    listener: TcpListener,
    door: Arc<Door>,
    runtimes: Vec<mpsc::UnboundedSender<Dealt>>,
    mut stops: watch::Receiver<bool>,
) {
    let mut turn = runtimes.iter().cycle();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stops.wait_for(|stops| *stops) => return,
        };
        // One that is gone already, or one too many for the system: the next may be served.
        let Ok((stream, remote)) = accepted else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        if let (Ok(stream), Some(runtime)) = (stream.into_std(), turn.next()) {
            let _ = runtime.send(Dealt { stream, remote, door: door.clone() });
        }
    }
}

/// Serves the connections that are dealt to this runtime. When it is told to stop, those finish
/// what is under way, and it returns when they are gone.
pub async fn serve(
    mut dealt: mpsc::UnboundedReceiver<Dealt>,
    rooms: Arc<Rooms>,
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
async fn connection(dealt: Dealt, rooms: Arc<Rooms>, mut stops: watch::Receiver<bool>) {
    let Dealt { stream, remote, door } = dealt;
    let Ok(stream) = TcpStream::from_std(stream) else { return };
    let Ok((socket, protocol)) = Socket::look(stream).await else { return };
    let (caller, serves) = (Caller { remote, user: None }, door.serves);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(caller.clone());
        let (rooms, door) = (rooms.clone(), door.clone());
        async move { Ok::<_, Infallible>(answer(&rooms, &door, request).await) }
    });
    // An error is the client's: it has gone, or said what no client says.
    match protocol {
        Protocol::Http2 => {
            let builder = http2::Builder::new(Here);
            let mut connection = std::pin::pin!(builder.serve_connection(socket, service));
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stops.wait_for(|stops| *stops) => connection.as_mut().graceful_shutdown(),
            }
            let _ = timeout(GRACE, connection).await;
        }
        // Nobody speaks gRPC like this.
        Protocol::Http1 if serves == Serves::Grpc => {}
        Protocol::Http1 => {
            let builder = http1::Builder::new();
            let connection = builder.serve_connection(socket, service).with_upgrades();
            let mut connection = std::pin::pin!(connection);
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stops.wait_for(|stops| *stops) => connection.as_mut().graceful_shutdown(),
            }
            let _ = timeout(GRACE, connection).await;
        }
    }
}

/// Answers a request that came in by this door.
async fn answer(rooms: &Rooms, door: &Door, request: Request<Incoming>) -> Response<Body> {
    let is_grpc = request.version() == http::Version::HTTP_2
        && request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    match door.serves {
        Serves::All | Serves::Grpc if is_grpc => rooms.services.call(request.map(Body::new)).await,
        Serves::All | Serves::Http | Serves::Health | Serves::Grpc => {
            rooms.pages.call(door.serves, request).await
        }
    }
}
