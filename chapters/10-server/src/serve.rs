//! Connections: one listener, and a runtime a core.
//!
//! Owns the loop that accepts, and what a connection is served by. Each runtime is one thread. The
//! listener deals connections to them in turn, and all requests of a connection are served by its
//! thread: no request is handed from one to another, and no lock is waited for.
//!
//! Left to others: what a request means (`services`), and the bytes (`socket`).

use crate::services::Services;
use crate::socket::{Protocol, Socket};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A client whose requests are not answered by then, or who does not listen, is left alone when a
/// member stops.
const GRACE: Duration = Duration::from_secs(10);

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
    runtimes: Vec<mpsc::UnboundedSender<std::net::TcpStream>>,
    mut stops: watch::Receiver<bool>,
) {
    let mut turn = runtimes.iter().cycle();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stops.wait_for(|stops| *stops) => return,
        };
        // One that is gone already, or one too many for the system: the next may be served.
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        if let (Ok(stream), Some(runtime)) = (stream.into_std(), turn.next()) {
            let _ = runtime.send(stream);
        }
    }
}

/// Serves the connections that are dealt to this runtime. When it is told to stop, those finish
/// what is under way, and it returns when they are gone.
pub async fn serve(
    mut dealt: mpsc::UnboundedReceiver<std::net::TcpStream>,
    services: Arc<Services>,
    mut stops: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            stream = dealt.recv() => stream,
            _ = stops.wait_for(|stops| *stops) => None,
            Some(_) = connections.join_next() => continue,
        };
        let Some(stream) = stream else { break };
        if let Ok(stream) = TcpStream::from_std(stream) {
            connections.spawn(connection(stream, services.clone(), stops.clone()));
        }
    }
    while connections.join_next().await.is_some() {}
}

/// A connection, from its first byte to its last.
async fn connection(stream: TcpStream, services: Arc<Services>, mut stops: watch::Receiver<bool>) {
    let Ok((socket, protocol)) = Socket::look(stream).await else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let services = services.clone();
        async move { Ok::<_, Infallible>(services.call(request).await) }
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
        Protocol::Http1 => {
            let builder = http1::Builder::new();
            let mut connection = std::pin::pin!(builder.serve_connection(socket, service));
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stops.wait_for(|stops| *stops) => connection.as_mut().graceful_shutdown(),
            }
            let _ = timeout(GRACE, connection).await;
        }
    }
}
