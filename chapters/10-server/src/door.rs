//! By which way a client comes in.
//!
//! Owns [`Door`], what there is to say of a listener, and [`Caller`], what there is to say of
//! whoever came in by it.

use std::net::SocketAddr;
use std::sync::Arc;

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

/// How clients come in by one listener.
#[derive(Debug)]
pub struct Door {
    /// What they can ask for.
    pub serves: Serves,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Where from.
    pub remote: SocketAddr,
    /// The user that the caller's certificate names, if certificates name users here.
    pub user: Option<Arc<str>>,
}
