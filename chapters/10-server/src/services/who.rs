//! Who asks, as far as a request says.
//!
//! Owns [`Who`]: what came with a request beside the request. A token is under `token`, or else
//! under `authorization`; the name in a client's certificate is what the connection has found.

use crate::door::Caller;
use auth::Credentials;
use std::net::SocketAddr;
use std::time::Instant;
use tonic::Request;
use tonic::metadata::MetadataMap;

/// What came with a request.
#[derive(Clone, Debug)]
pub struct Who {
    metadata: MetadataMap,
    caller: Option<Caller>,
    began: Instant,
}

impl Who {
    /// A request, and who asks.
    pub fn of<R>(request: Request<R>) -> (Who, R) {
        let (metadata, mut extensions, request) = request.into_parts();
        let caller = extensions.remove::<Caller>();
        (Who { metadata, caller, began: Instant::now() }, request)
    }

    /// When the service began with the request.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// From where it came.
    pub fn remote(&self) -> Option<SocketAddr> {
        self.caller.as_ref().map(|caller| caller.remote)
    }

    /// The token, if one came. One that is no text is none that was ever given.
    pub fn token(&self) -> Option<&str> {
        let value = self.metadata.get("token").or_else(|| self.metadata.get("authorization"))?;
        Some(value.to_str().unwrap_or_default())
    }

    /// What says who asks.
    pub fn credentials(&self) -> Credentials<'_> {
        let certificate = self.caller.as_ref().and_then(|caller| caller.user.as_deref());
        Credentials { token: self.token(), certificate }
    }
}
