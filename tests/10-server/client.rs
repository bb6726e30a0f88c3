//! A client of a member: gRPC over one connection, and a runtime of its own to wait in.

use api::election_client::ElectionClient;
use api::health::health_client::HealthClient;
use api::kv_client::KvClient;
use api::lease_client::LeaseClient;
use api::lock_client::LockClient;
use api::watch_client::WatchClient;
use api::{KeyValue, LeaseGrantRequest, RangeRequest};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tonic::body::Body;
use tower_service::Service;

/// Requests on one connection.
#[derive(Clone)]
pub struct Connection(SendRequest<Body>);

impl Service<Request<Body>> for Connection {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut connection = self.0.clone();
        Box::pin(async move {
            connection.ready().await?;
            connection.send_request(request).await
        })
    }
}

/// A client that waits for each answer.
pub struct Client {
    runtime: Runtime,
    connection: Connection,
    origin: Uri,
}

impl Client {
    /// One that is connected.
    pub fn new(address: SocketAddr) -> Client {
        Client::reach(address).expect("somebody listens, and speaks HTTP/2")
    }

    /// One that is connected, if somebody is there.
    pub fn reach(address: SocketAddr) -> io::Result<Client> {
        Client::over(&format!("http://{address}"), async || connect(address).await)
    }

    /// One that is connected by TLS. What is wrong with its certificate, it may hear only later.
    pub fn secure(address: SocketAddr, config: Arc<ClientConfig>) -> Result<Client, io::Error> {
        Client::over(&format!("https://{address}"), async || {
            let stream = connect(address).await?;
            let name = "localhost".try_into().expect("it is a name");
            TlsConnector::from(config).connect(name, stream).await
        })
    }

    fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        origin: &str,
        connect: impl AsyncFnOnce() -> io::Result<S>,
    ) -> Result<Client, io::Error> {
        // A thread of its own: the connection answers the member also while nobody asks.
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let connection = runtime.block_on(async {
            let stream = TokioIo::new(connect().await?);
            let connected = handshake(TokioExecutor::new(), stream).await;
            let (requests, connection) = connected.map_err(io::Error::other)?;
            tokio::spawn(connection);
            Ok::<_, io::Error>(Connection(requests))
        })?;
        let origin = origin.parse().expect("an address is part of one");
        Ok(Client { runtime, connection, origin })
    }

    /// Asks for something of keys, and waits for the answer.
    pub fn kv<T>(
        &mut self,
        ask: impl AsyncFnOnce(KvClient<Connection>) -> Result<tonic::Response<T>, tonic::Status>,
    ) -> Result<T, tonic::Status> {
        let client = KvClient::with_origin(self.connection.clone(), self.origin.clone());
        self.runtime.block_on(ask(client)).map(tonic::Response::into_inner)
    }

    /// Asks for something of leases, and waits for the answer.
    pub fn lease<T>(
        &mut self,
        ask: impl AsyncFnOnce(LeaseClient<Connection>) -> Result<tonic::Response<T>, tonic::Status>,
    ) -> Result<T, tonic::Status> {
        let client = LeaseClient::with_origin(self.connection.clone(), self.origin.clone());
        self.runtime.block_on(ask(client)).map(tonic::Response::into_inner)
    }

    /// Opens a stream of watchers.
    pub fn watch<T>(
        &mut self,
        ask: impl AsyncFnOnce(WatchClient<Connection>) -> Result<tonic::Response<T>, tonic::Status>,
    ) -> Result<T, tonic::Status> {
        let client = WatchClient::with_origin(self.connection.clone(), self.origin.clone());
        self.runtime.block_on(ask(client)).map(tonic::Response::into_inner)
    }

    /// Who asks for locks. Many may be asked for at once.
    pub fn locks(&self) -> LockClient<Connection> {
        LockClient::with_origin(self.connection.clone(), self.origin.clone())
    }

    /// Who takes part in elections.
    pub fn elections(&self) -> ElectionClient<Connection> {
        ElectionClient::with_origin(self.connection.clone(), self.origin.clone())
    }

    /// Who asks how the member is.
    pub fn health(&self) -> HealthClient<Connection> {
        HealthClient::with_origin(self.connection.clone(), self.origin.clone())
    }

    /// Begins something on this connection, beside what else it does.
    pub fn begin<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(future)
    }

    /// Makes a lease.
    pub fn grant(&mut self, id: i64, ttl: i64) {
        let request = LeaseGrantRequest { id, ttl };
        self.lease(async |mut lease| lease.lease_grant(request).await).expect("it can be");
    }

    /// All pairs of a queue: those whose keys begin with this name and a slash.
    pub fn queue(&mut self, name: &str) -> Vec<KeyValue> {
        let (key, range_end) = (format!("{name}/").into(), format!("{name}0").into());
        let request = RangeRequest { key, range_end, ..RangeRequest::default() };
        self.kv(async |mut kv| kv.range(request).await).expect("it can be read").kvs
    }

    /// Waits until a queue has so many.
    pub fn wait_for_queue(&mut self, name: &str, count: usize) {
        while self.queue(name).len() != count {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks for something of any service, and waits for the answer.
    pub fn call<T>(
        &mut self,
        ask: impl AsyncFnOnce(Connection, Uri) -> Result<tonic::Response<T>, tonic::Status>,
    ) -> Result<T, tonic::Status> {
        let (connection, origin) = (self.connection.clone(), self.origin.clone());
        self.runtime.block_on(ask(connection, origin)).map(tonic::Response::into_inner)
    }

    /// Waits for something on this connection.
    pub fn wait<T>(&mut self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

/// Short messages are not to wait for each other.
async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
