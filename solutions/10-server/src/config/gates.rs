//! Feature gates: what can be tried, or be left out.
//!
//! Owns [`Gate`] and [`Gates`], the set of those that are on.

use crate::config::values::{Bad, switch};
use std::fmt;

/// Something that a member does only if it is told to, or not if it is told not to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Members compare what compactions left.
    CompactHashCheck,
    /// A lease may be renewed before all entries are carried out.
    FastLeaseKeepAlive,
    /// A member compares itself with others before it serves.
    InitialCorruptCheck,
    /// The rests of long leases are told to all members.
    LeaseCheckpoint,
    /// They are stored, too, whatever the cluster's version is.
    LeaseCheckpointPersist,
    /// Some requests go before others.
    PriorityRequest,
    /// Other members are called from an address that is advertised.
    SetMemberLocalAddr,
    /// Clients are sent elsewhere while the store is defragmented.
    StopGRPCServiceOnDefrag,
    /// Transactions that write read from a buffer in common.
    TxnModeWriteWithSharedBuffer,
}

const ALL: [(Gate, &str, bool); 9] = [
    (Gate::CompactHashCheck, "CompactHashCheck", false),
    (Gate::FastLeaseKeepAlive, "FastLeaseKeepAlive", true),
    (Gate::InitialCorruptCheck, "InitialCorruptCheck", false),
    (Gate::LeaseCheckpoint, "LeaseCheckpoint", false),
    (Gate::LeaseCheckpointPersist, "LeaseCheckpointPersist", false),
    (Gate::PriorityRequest, "PriorityRequest", false),
    (Gate::SetMemberLocalAddr, "SetMemberLocalAddr", false),
    (Gate::StopGRPCServiceOnDefrag, "StopGRPCServiceOnDefrag", false),
    (Gate::TxnModeWriteWithSharedBuffer, "TxnModeWriteWithSharedBuffer", true),
];

/// Which gates are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gates {
    on: Vec<Gate>,
    /// What was said of all gates of a kind: of those that are off by themselves, and of others.
    all: [bool; 2],
    said: String,
}

impl Default for Gates {
    fn default() -> Gates {
        let on = ALL.iter().filter(|(.., is_on)| *is_on).map(|(gate, ..)| *gate).collect();
        Gates { on, all: [false; 2], said: String::new() }
    }
}

impl Gates {
    /// Is it on?
    pub fn has(&self, gate: Gate) -> bool {
        self.on.contains(&gate)
    }

    /// Reads `A=true,B=false`. What is said of all gates of a kind holds for those alone of which
    /// nothing else is said.
    pub fn parse(text: &str) -> Result<Gates, Bad> {
        let mut said = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').map_or((part, None), |(n, v)| (n, Some(v)));
            let name = name.trim();
            let value = value.ok_or_else(|| Bad::GateAlone(name.to_owned()))?.trim();
            let bad = |_| Bad::GateValue(name.to_owned(), value.to_owned());
            said.push((name, switch(value).map_err(bad)?));
        }
        let is_known = |name: &str| {
            name == "AllAlpha" || name == "AllBeta" || ALL.iter().any(|(_, gate, _)| *gate == name)
        };
        if let Some((name, _)) = said.iter().find(|(name, _)| !is_known(name)) {
            return Err(Bad::Gate((*name).to_owned()));
        }
        let of = |wanted: &str| {
            said.iter().rev().find(|(name, _)| *name == wanted).map(|(_, is_on)| *is_on)
        };
        let is_on = |(_, name, is_on): &&(Gate, &str, bool)| {
            let all = if *is_on { "AllBeta" } else { "AllAlpha" };
            of(name).or_else(|| of(all)).unwrap_or(*is_on)
        };
        let on = ALL.iter().filter(is_on).map(|(gate, ..)| *gate).collect();
        let all = ["AllAlpha", "AllBeta"].map(|name| of(name).unwrap_or(false));
        Ok(Gates { on, all, said: text.to_owned() })
    }

    /// All gates, for the metrics: the name, how far it is in etcd, and is it on?
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let kinds = [("AllAlpha", "ALPHA", self.all[0]), ("AllBeta", "BETA", self.all[1])];
        let stage = |is_usual: bool| if is_usual { "BETA" } else { "ALPHA" };
        let gate = move |(gate, name, is_usual): &(Gate, &'static str, bool)| {
            (*name, stage(*is_usual), self.has(*gate))
        };
        kinds.into_iter().chain(ALL.iter().map(gate))
    }

    /// All gates, for the help: the name, and is it on by itself?
    pub fn all() -> impl Iterator<Item = (&'static str, bool)> {
        ALL.iter().map(|(_, name, is_on)| (*name, *is_on))
    }
}

impl fmt::Display for Gates {
    /// As it was said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}
