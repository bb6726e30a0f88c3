//! The rows that say what the store is, beside those of its keys.
//!
//! Owns etcd's names for them, and how their values are written: up to which entry the store goes,
//! who the members are, and which version wrote it. etcd's own tools read them.
//!
//! Left to others: rows of keys (`mvcc`).

use crate::alarms::{self, Alarms};
use crate::facts::Versions;
use crate::roster::{MEMBERS, REMOVED, Roster};
use basics::{Index, NodeId, Position, Term};
use bolt::backend::{View, Writer};
use bolt::{Error, File};
use bytes::Bytes;
use raft::{Configuration, Members};
use serde::{Deserialize, Serialize};

/// Every bucket that etcd makes.
pub const BUCKETS: [&str; 10] = [
    "alarm",
    "auth",
    "authRoles",
    "authUsers",
    "cluster",
    "key",
    "lease",
    "members",
    "members_removed",
    "meta",
];

const META: &[u8] = b"meta";
const INDEX: &[u8] = b"consistent_index";
const TERM: &[u8] = b"term";
const CONFIGURATION: &[u8] = b"confState";
const SCHEDULED: &[u8] = b"scheduledCompactRev";

const STORAGE_VERSION: &[u8] = b"storageVersion";
const CLUSTER: &[u8] = b"cluster";
const CLUSTER_VERSION: &[u8] = b"clusterVersion";
const DOWNGRADE: &[u8] = b"downgrade";

/// Rows of `meta` that say how far a store is, and not what is in it.
pub const PASSING: [&[u8]; 3] = [INDEX, TERM, STORAGE_VERSION];

/// raft's configuration, as etcd writes it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct ConfState {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    voters: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    learners: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    voters_outgoing: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    learners_next: Vec<u64>,
    #[serde(default)]
    auto_leave: bool,
}

/// A downgrade, as etcd writes it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Downgrade {
    target_version: String,
    enabled: bool,
}

/// The entry up to which a store goes; none if it says nothing.
pub fn position<F: File>(view: &View<F>) -> Result<Option<Position>, Error> {
    said_position(|key| view.get(META, key))
}

/// The same, of a state of the file.
pub fn position_in<F: File>(file: &bolt::View<F>) -> Result<Option<Position>, Error> {
    let Some(meta) = file.bucket(META)? else { return Ok(None) };
    said_position(|key| meta.get(key))
}

fn said_position(
    get: impl Fn(&[u8]) -> Result<Option<Bytes>, Error>,
) -> Result<Option<Position>, Error> {
    let number = |key: &[u8]| -> Result<Option<u64>, Error> {
        Ok(get(key)?.and_then(|value| value[..].try_into().ok()).map(u64::from_be_bytes))
    };
    let (Some(index), Some(term)) = (number(INDEX)?, number(TERM)?) else { return Ok(None) };
    Ok(Some(Position { term: Term(term), index: Index(index) }))
}

/// From now on, the store goes up to this entry.
pub fn set_position<F: File>(rows: &mut Writer<F>, position: Position) -> Result<(), Error> {
    rows.put(META, INDEX, position.index.0.to_be_bytes().to_vec())?;
    rows.put(META, TERM, position.term.0.to_be_bytes().to_vec())
}

/// By whom the cluster decides from now on.
pub fn set_configuration<F: File>(
    rows: &mut Writer<F>,
    configuration: &Configuration,
) -> Result<(), Error> {
    let list = |nodes: &std::collections::BTreeSet<NodeId>| nodes.iter().map(|id| id.0).collect();
    let state = match configuration {
        Configuration::Simple(members) => ConfState {
            voters: list(members.voters()),
            learners: list(members.learners()),
            ..ConfState::default()
        },
        Configuration::Joint { from, to } => ConfState {
            voters: list(to.voters()),
            learners: list(to.learners()),
            voters_outgoing: list(from.voters()),
            auto_leave: true,
            ..ConfState::default()
        },
    };
    rows.put(META, CONFIGURATION, json(&state))
}

/// By whom the cluster decides; none if the store does not say.
pub fn configuration<F: File>(view: &View<F>) -> Result<Option<Configuration>, Error> {
    let Some(value) = view.get(META, CONFIGURATION)? else { return Ok(None) };
    let Ok(state) = serde_json::from_slice::<ConfState>(&value) else { return Ok(None) };
    let ids = |list: Vec<u64>| list.into_iter().map(NodeId).collect::<Vec<_>>();
    let to = Members::new(ids(state.voters), ids(state.learners));
    Ok(Some(match state.voters_outgoing.is_empty() {
        true => Configuration::Simple(to),
        false => Configuration::Joint { from: Members::new(ids(state.voters_outgoing), []), to },
    }))
}

/// All members speak this version from now on.
pub fn set_version<F: File>(rows: &mut Writer<F>, version: &str) -> Result<(), Error> {
    rows.put(CLUSTER, CLUSTER_VERSION, version.to_owned())
}

/// The store is written in this version, whatever the members speak; none is one that did not say
/// so yet.
pub fn set_storage_version<F: File>(
    rows: &mut Writer<F>,
    version: Option<&str>,
) -> Result<(), Error> {
    match version {
        Some(version) => rows.put(META, STORAGE_VERSION, version.to_owned()),
        None => rows.delete(META, STORAGE_VERSION),
    }
}

/// Everything before this revision is to be compacted, by whoever opens the store.
pub fn schedule_compaction<F: File>(rows: &mut Writer<F>, revision: Bytes) -> Result<(), Error> {
    rows.put(META, SCHEDULED, revision)
}

/// The cluster is to go back to this version, or not.
pub fn set_downgrade<F: File>(rows: &mut Writer<F>, target: Option<&str>) -> Result<(), Error> {
    let downgrade = Downgrade {
        target_version: target.unwrap_or_default().to_owned(),
        enabled: target.is_some(),
    };
    rows.put(CLUSTER, DOWNGRADE, json(&downgrade))
}

/// Which versions the cluster speaks.
pub fn versions<F: File>(view: &View<F>) -> Result<Versions, Error> {
    let text = |value: Bytes| String::from_utf8(value.to_vec()).ok();
    let downgrade = view.get(CLUSTER, DOWNGRADE)?;
    let downgrade = downgrade.and_then(|value| serde_json::from_slice::<Downgrade>(&value).ok());
    Ok(Versions {
        cluster: view.get(CLUSTER, CLUSTER_VERSION)?.and_then(text),
        storage: view.get(META, STORAGE_VERSION)?.and_then(text),
        downgrade: downgrade.filter(|found| found.enabled).map(|found| found.target_version),
    })
}

/// Who belongs to the cluster.
pub fn roster<F: File>(view: &View<F>) -> Result<Roster, Error> {
    let members: Result<Vec<_>, _> = view.range(MEMBERS.as_bytes(), ..)?.collect();
    let removed: Result<Vec<_>, _> = view.range(REMOVED.as_bytes(), ..)?.collect();
    Ok(Roster::load(members?, removed?.into_iter().map(|(key, _)| key)))
}

/// What is wrong.
pub fn alarms<F: File>(view: &View<F>) -> Result<Alarms, Error> {
    let rows: Result<Vec<_>, _> = view.range(alarms::BUCKET.as_bytes(), ..)?.collect();
    Ok(Alarms::load(rows?.into_iter().map(|(key, _)| key)))
}

/// The store of a new member: the founders of its cluster, and the entry in which it was founded;
/// or nobody and nothing, if it comes later.
pub fn found<F: File>(
    rows: &mut Writer<F>,
    configuration: &Configuration,
    member_rows: Vec<crate::roster::Row>,
    position: Position,
) -> Result<(), Error> {
    begin(rows, configuration, member_rows, position)?;
    rows.put(b"auth", "authRevision", 1_u64.to_be_bytes().to_vec())
}

/// Where a cluster begins, whatever else is in the store: its members, and up to which entry it
/// goes.
pub fn begin<F: File>(
    rows: &mut Writer<F>,
    configuration: &Configuration,
    member_rows: Vec<crate::roster::Row>,
    position: Position,
) -> Result<(), Error> {
    for bucket in BUCKETS {
        rows.make_bucket(bucket.as_bytes())?;
    }
    set_position(rows, position)?;
    set_configuration(rows, configuration)?;
    for (bucket, key, value) in member_rows {
        rows.put(bucket.as_bytes(), key, value.expect("nobody is removed yet"))?;
    }
    Ok(())
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("it has nothing that JSON has not")
}
