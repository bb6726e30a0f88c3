//! Who a member is, and which cluster: numbers that etcd computes of addresses.
//!
//! Owns [`member`] and [`cluster`]. Two programs that are told of the same members and the same
//! token come to the same numbers, so nobody has to be asked.
//!
//! Left to others: where the addresses are from (`config`).

use basics::NodeId;
use sha1::{Digest, Sha1};

/// A member of a new cluster: by the addresses at which other members reach it, and the cluster's
/// token.
pub fn member(peer_urls: &[String], token: &str) -> NodeId {
    let mut urls: Vec<&str> = peer_urls.iter().map(String::as_str).collect();
    urls.sort_unstable();
    NodeId(first(urls.concat() + token))
}

/// A new cluster of these members.
pub fn cluster(members: &[NodeId]) -> u64 {
    let mut members = members.to_vec();
    members.sort_unstable();
    first(members.iter().flat_map(|id| id.0.to_be_bytes()).collect::<Vec<u8>>())
}

/// The first eight bytes of the SHA-1, as a number.
fn first(bytes: impl AsRef<[u8]>) -> u64 {
    let hash = Sha1::digest(bytes);
    u64::from_be_bytes(hash[..8].try_into().expect("it has twenty"))
}
