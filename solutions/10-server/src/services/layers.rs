//! What every request goes through before it comes to its service, in this order.
//!
//! Owns [`enter`]. What it refuses, no service has to think of.
//!
//! Left to others: who loses the leader later (`ending`); who asks, and how long a request waits
//! ([`Member`]), for these depend on what is asked.

use super::Member;
use api::Error;
use http::Request;
use tonic::Status;

/// May this request come in?
pub fn enter<B>(member: &Member, request: &Request<B>) -> Result<(), Status> {
    let headers = request.headers();
    // A learner may be far behind, and has no say.
    let is_for_learners = matches!(
        request.uri().path(),
        "/etcdserverpb.KV/Range"
            | "/etcdserverpb.Maintenance/Status"
            | "/etcdserverpb.Maintenance/Snapshot"
    );
    if !is_for_learners && member.is_learner() {
        return Err(Error::NotSupportedForLearner.into());
    }
    // Whoever counts versions of clients prints them, so they must be text.
    if let Some(version) = headers.get("client-api-version")
        && std::str::from_utf8(version.as_bytes()).is_err()
    {
        return Err(Error::InvalidClientAPIVersion.into());
    }
    // A client that has other members to ask would rather ask them than wait here.
    if wants_leader(request) && member.facts.progress.get().leader.is_none() {
        return Err(Error::NoLeader.into());
    }
    Ok(())
}

/// Is the client to be told when nobody leads?
pub fn wants_leader<B>(request: &Request<B>) -> bool {
    request.headers().get("hasleader").is_some_and(|value| value == "true")
}
