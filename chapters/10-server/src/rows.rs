//! The rows that say what the store is, beside those of its keys.
//!
//! Owns etcd's names for them, and how their values are written: up to which entry the store goes,
//! who the members are, and which version wrote it. etcd's own tools read them.
//!
//! Left to others: rows of keys (`mvcc`).

use crate::config::Config;
use basics::{Index, NodeId, Position, Term};
use bolt::backend::{View, Writer};
use bolt::{Error, File};

/// Every bucket that etcd makes.
const BUCKETS: [&str; 10] = [
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

/// Which version of etcd this is in the eyes of its clients and tools.
pub const VERSION: &str = "3.7.0";

/// The entry up to which a store goes; none if it says nothing.
pub fn position<F: File>(view: &View<F>) -> Result<Option<Position>, Error> {
    let number = |key: &[u8]| -> Result<Option<u64>, Error> {
        let value = view.get(META, key)?;
        Ok(value.and_then(|value| value[..].try_into().ok()).map(u64::from_be_bytes))
    };
    let (Some(index), Some(term)) = (number(INDEX)?, number(TERM)?) else { return Ok(None) };
    Ok(Some(Position { term: Term(term), index: Index(index) }))
}

/// From now on, the store goes up to this entry.
pub fn set_position<F: File>(rows: &mut Writer<F>, position: Position) -> Result<(), Error> {
    rows.put(META, INDEX, position.index.0.to_be_bytes().to_vec())?;
    rows.put(META, TERM, position.term.0.to_be_bytes().to_vec())
}

/// The members that a store knows of.
pub fn members<F: File>(view: &View<F>) -> Result<Vec<NodeId>, Error> {
    let mut members = Vec::new();
    for row in view.range(b"members", ..)? {
        let (name, _) = row?;
        let number = std::str::from_utf8(&name).ok();
        members.extend(number.and_then(|hex| u64::from_str_radix(hex, 16).ok()).map(NodeId));
    }
    Ok(members)
}

/// The store of a new cluster: the members, and the first entry, in which it was founded.
pub fn found<F: File>(
    rows: &mut Writer<F>,
    config: &Config,
    id: NodeId,
    position: Position,
) -> Result<(), Error> {
    for bucket in BUCKETS {
        rows.make_bucket(bucket.as_bytes())?;
    }
    set_position(rows, position)?;
    let voters = format!(r#"{{"voters":[{}],"auto_leave":false}}"#, id.0);
    rows.put(META, CONFIGURATION, voters)?;
    rows.put(META, "storageVersion", VERSION)?;
    rows.put(b"cluster", "clusterVersion", VERSION)?;
    rows.put(b"auth", "authRevision", 1_u64.to_be_bytes().to_vec())?;
    rows.put(b"members", format!("{:x}", id.0), member(config, id))
}

/// A member, as etcd writes it.
fn member(config: &Config, id: NodeId) -> String {
    let list = |urls: &[String]| {
        let quoted: Vec<String> = urls.iter().map(|url| format!("{url:?}")).collect();
        quoted.join(",")
    };
    format!(
        r#"{{"id":{},"peerURLs":[{}],"name":{:?},"clientURLs":[{}]}}"#,
        id.0,
        list(&config.peer_urls),
        config.name,
        list(&config.client_urls)
    )
}
