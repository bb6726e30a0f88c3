//! What passes between a node and whoever drives it, besides messages and saves.
//!
//! Owns [`Options`], the [`View`] that is lent for a call, the [`Role`] that a node shows, and
//! [`Dropped`], why a message changed nothing. It decides nothing.

use crate::quorum::Quorum;
use basics::Position;
use std::fmt;

/// How a node holds elections. All nodes of a cluster must agree on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// A follower that hears no leader for this many ticks, or up to twice as many, stands.
    pub election_ticks: u32,
    /// A leader says so every so many ticks; less than `election_ticks`.
    pub heartbeat_ticks: u32,
    /// Take a poll before every election.
    pub pre_vote: bool,
    /// A leader steps down when it hears no majority; nodes that hear their leader refuse to vote.
    pub check_quorum: bool,
}

/// What the node lends to the election for one call. The election keeps none of it.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Who votes.
    pub quorum: &'a dyn Quorum,
    /// Where this node's log ends.
    pub last: Position,
    /// A random number, a new one for every call.
    pub draw: u64,
}

/// The part that a node plays, as others may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It votes and listens.
    Follower,
    /// It asks whether an election would succeed.
    PreCandidate,
    /// It asks for votes.
    Candidate,
    /// It won.
    Leader,
}

/// Why a message changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// It is for another node, or claims to come from this one.
    Misaddressed,
    /// It is from an earlier term than ours.
    Stale,
    /// It asks for a vote, and we hear our leader well.
    LeaderInTouch,
    /// It claims to lead a term in which we know another leader. Only a broken node sends it.
    SecondLeader,
}

impl Default for Options {
    /// What etcd 3.7 does: ticks of 100 ms, a heartbeat on every one, patience of 10.
    fn default() -> Options {
        Options { election_ticks: 10, heartbeat_ticks: 1, pre_vote: true, check_quorum: true }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Follower => "follower",
            Role::PreCandidate => "pre-candidate",
            Role::Candidate => "candidate",
            Role::Leader => "leader",
        })
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dropped::Misaddressed => "it is not for this node",
            Dropped::Stale => "it is from an earlier term",
            Dropped::LeaderInTouch => "it asks for a vote while the leader is heard",
            Dropped::SecondLeader => "it claims a term that has a leader",
        })
    }
}
