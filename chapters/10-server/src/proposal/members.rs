//! What entries do to the list of members.
//!
//! Owns the wishes about members that go through the log. Those that change by whom the cluster
//! decides are changes of raft's, and carry their wish as its context.

use prost::Message;

/// A member comes, with or without a vote.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct AddMember {
    /// Who it will be.
    #[prost(fixed64, tag = "1")]
    pub id: u64,
    /// Where other members find it.
    #[prost(string, repeated, tag = "2")]
    pub peer_urls: Vec<String>,
    /// It has no vote.
    #[prost(bool, tag = "3")]
    pub is_learner: bool,
}

/// A learner gets a vote.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct PromoteMember {
    /// Who.
    #[prost(fixed64, tag = "1")]
    pub id: u64,
}

/// A member goes, for good.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct RemoveMember {
    /// Who.
    #[prost(fixed64, tag = "1")]
    pub id: u64,
}

/// A member is found elsewhere.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct UpdateMember {
    /// Who.
    #[prost(fixed64, tag = "1")]
    pub id: u64,
    /// Where other members find it.
    #[prost(string, repeated, tag = "2")]
    pub peer_urls: Vec<String>,
}

/// A member that has started says what it is called, and where clients find it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Publish {
    /// Who.
    #[prost(fixed64, tag = "1")]
    pub id: u64,
    /// What people call it.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Where clients find it.
    #[prost(string, repeated, tag = "3")]
    pub client_urls: Vec<String>,
}

/// All members speak this version from now on.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SetVersion {
    /// As etcd writes it: `3.7.0`.
    #[prost(string, tag = "1")]
    pub version: String,
}

/// The cluster is to go back to an earlier version, or not.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SetDowngrade {
    /// To which; none if it is called off.
    #[prost(string, optional, tag = "1")]
    pub target: Option<String>,
}
