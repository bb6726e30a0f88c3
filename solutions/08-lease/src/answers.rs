//! What clients are told, in the form of etcd.
//!
//! Owns the answers that are none to etcd but to which a client gets one: an unknown lease is no
//! error to whoever renews it or asks how long it lasts. Headers are left out.
//!
//! Left to others: what is answered (`lessor`).

use crate::primary::TimeToLive;
use crate::ttl::Ttl;
use api::{
    LeaseId, LeaseKeepAliveRequest, LeaseKeepAliveResponse, LeaseLeasesResponse, LeaseStatus,
    LeaseTimeToLiveRequest, LeaseTimeToLiveResponse,
};
use bytes::Bytes;

/// The answer to a client who renews: how long the lease lasts, or nothing if there is none.
pub fn keep_alive(request: &LeaseKeepAliveRequest, ttl: Option<Ttl>) -> LeaseKeepAliveResponse {
    LeaseKeepAliveResponse { header: None, id: request.id, ttl: ttl.map_or(0, Ttl::seconds) }
}

/// The answer to a client who asks how long a lease lasts, found or not. `keys` are those that go
/// with it, and are told to whoever asked for them.
pub fn time_to_live(
    request: &LeaseTimeToLiveRequest,
    found: Option<TimeToLive>,
    keys: impl IntoIterator<Item = Bytes>,
) -> LeaseTimeToLiveResponse {
    let id = request.id;
    match found {
        Some(TimeToLive { granted, left }) => LeaseTimeToLiveResponse {
            header: None,
            id,
            ttl: left,
            granted_ttl: granted.seconds(),
            keys: if request.keys { keys.into_iter().collect() } else { Vec::new() },
        },
        None => LeaseTimeToLiveResponse { id, ttl: -1, ..LeaseTimeToLiveResponse::default() },
    }
}

/// The answer to a client who asks which leases there are.
pub fn leases(found: &[LeaseId]) -> LeaseLeasesResponse {
    let leases = found.iter().map(|lease| LeaseStatus { id: lease.get() }).collect();
    LeaseLeasesResponse { header: None, leases }
}
