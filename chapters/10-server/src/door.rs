//! By which way a client comes in.
//!
//! Owns [`Door`], what there is to say of a listener, [`Limits`], how much whoever comes in by it
//! can have, and [`Caller`], who that is.

use crate::journal::Journal;
use crate::tls::Tls;
use rustix::process::{Resource, getrlimit};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What can be asked for at a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Everything.
    All,
    /// gRPC alone.
    Grpc,
    /// Everything else.
    Http,
    /// Only whether the member is well, and its metrics.
    Health,
}

/// Who comes in by a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Clients.
    Clients,
    /// Other members.
    Members,
}

/// How clients come in by one listener.
pub struct Door {
    /// Who they are.
    pub whose: Whose,
    /// What they can ask for.
    pub serves: Serves,
    /// What it takes to shake hands with those who begin with TLS, if they may.
    pub tls: Option<Arc<Tls>>,
    /// They may come without.
    pub plain: bool,
    /// How much of anything they can have.
    pub limits: Limits,
    /// Who is told of those that are sent away.
    pub journal: Journal,
}

/// How much of anything clients can have, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many come in by one listener at a time. Others wait in the system's queue.
    pub connections: usize,
    /// So many requests are open on a connection.
    pub concurrent_streams: u32,
    /// A client of HTTP/2 that was not heard for so long is asked whether it is there. Never, if
    /// it is zero.
    pub keepalive_interval: Duration,
    /// So long it has for the answer.
    pub keepalive_timeout: Duration,
    /// So long a handshake takes.
    pub handshake: Duration,
    /// So long a client says nothing at first, and one of HTTP/1 between two requests.
    pub silence: Duration,
    /// So many bytes a request has before its body.
    pub head_bytes: u32,
    /// So many bytes of an answer wait to be sent. With more, a stream that always has something
    /// to say would keep others of its runtime waiting.
    pub unsent_bytes: usize,
    /// So long requests that are under way have to be answered when the member stops.
    pub grace: Duration,
    /// So many requests a client takes back before anybody has looked at them. It is sent away
    /// with the next one.
    pub taken_back: usize,
}

impl Default for Limits {
    /// As etcd does without any flag.
    fn default() -> Limits {
        // Files and the other members need some, as etcd has it. Nothing above this has an effect.
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX).saturating_sub(150);
        let connections = usize::try_from(files).unwrap_or(usize::MAX);
        Limits {
            connections: connections.clamp(1, Semaphore::MAX_PERMITS),
            // If there were a limit that a client can reach, all of them might wait for a lock, and
            // whoever has it could not ask to give it up.
            concurrent_streams: u32::MAX,
            keepalive_interval: Duration::from_hours(2),
            keepalive_timeout: Duration::from_secs(20),
            handshake: Duration::from_secs(10),
            silence: Duration::from_secs(120),
            head_bytes: 1 << 20,
            unsent_bytes: 64 << 10,
            grace: Duration::from_secs(8),
            taken_back: 1024,
        }
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user that the caller's certificate names, if certificates name users here.
    pub user: Option<Arc<str>>,
    /// Nobody on the way can read what is said.
    pub is_secure: bool,
    /// From where it calls.
    pub remote: SocketAddr,
    /// The connection's place among those of its door. Whatever goes on when the connection has
    /// become something else keeps it.
    _place: Arc<OwnedSemaphorePermit>,
}

impl Caller {
    /// Whoever has come in, and has this place.
    pub fn new(
        user: Option<Arc<str>>,
        is_secure: bool,
        remote: SocketAddr,
        place: OwnedSemaphorePermit,
    ) -> Caller {
        Caller { user, is_secure, remote, _place: Arc::new(place) }
    }
}
