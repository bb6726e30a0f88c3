//! The lines of a start and of an end, in etcd's words: tools wait for them.
//!
//! Owns what each of them says beside its message.
//!
//! Left to others: when it is said (`opening`, `program`).

use crate::config::{Config, PeerPlace, Place, Speaks};
use crate::door::Serves;
use crate::journal::{Fields, Journal, fields};
use crate::roster::Roster;
use crate::version::{VERSION, Version};
use basics::NodeId;
use std::net::SocketAddr;
use std::time::Duration;

/// A number of a member or of a cluster, as people see it.
pub fn hex(number: u64) -> String {
    format!("{number:x}")
}

/// Of `starting an etcd server`.
pub fn starting(config: &Config, is_old: bool) -> Fields {
    let of = |wanted: fn(&Place) -> bool| -> Vec<String> {
        let places = config.listen.iter().filter(|place| wanted(place));
        places.map(Place::to_string).collect()
    };
    let peers: Vec<String> = config.listen_peers.iter().map(PeerPlace::to_string).collect();
    let span = |span: Duration| format!("{span:?}");
    fields![
        "etcd-version": VERSION,
        "member-initialized": is_old,
        "name": config.name,
        "data-dir": config.data_dir.display().to_string(),
        "wal-dir": config.wal_dir.as_deref().map_or(String::new(), |p| p.display().to_string()),
        "member-dir": config.data_dir.join("member").display().to_string(),
        "force-new-cluster": config.force_new_cluster,
        "heartbeat-interval": span(config.heartbeat),
        "election-timeout": span(config.election_timeout()),
        "snapshot-count": config.snapshot_count,
        "snapshot-catchup-entries": config.catch_up_entries,
        "initial-advertise-peer-urls": config.peer_urls,
        "listen-peer-urls": peers,
        "advertise-client-urls": config.client_urls,
        "listen-client-urls": of(|place| traffic(place.serves).is_some()),
        "listen-metrics-urls": of(|place| traffic(place.serves).is_none()),
        "cors": config.pages.cors,
        "host-whitelist": config.pages.host_whitelist,
        "initial-cluster": config.initial_cluster(),
        "initial-cluster-state": config.state.name(),
        "initial-cluster-token": config.token,
        "quota-backend-bytes": config.quota_said,
        "max-request-bytes": config.max_request_bytes,
        "max-concurrent-streams": config.limits.concurrent_streams,
        "pre-vote": config.pre_vote,
        "corrupt-check-time-interval": span(config.corruption_check.unwrap_or_default()),
        "compact-check-time-interval": span(config.compact_hash_check),
        "feature-gates": config.gates.to_string(),
        "auto-compaction": format!("{:?}", config.auto_compaction),
        "max-learners": config.max_learners,
    ]
}

/// Of `closing etcd server` and `closed etcd server`.
pub fn closing(config: &Config) -> Fields {
    fields![
        "name": config.name,
        "data-dir": config.data_dir.display().to_string(),
        "advertise-peer-urls": config.peer_urls,
        "advertise-client-urls": config.client_urls,
    ]
}

/// Of `added member`.
fn added(cluster: u64, id: NodeId, member: &api::Member) -> Fields {
    fields![
        "cluster-id": hex(cluster),
        "local-member-id": hex(id.0),
        "added-peer-id": hex(member.id),
        "added-peer-peer-urls": member.peer_urls,
        "added-peer-is-learner": member.is_learner,
    ]
}

/// The member has begun, and is not there for clients yet.
pub fn say_begun(
    config: &Config,
    cluster: u64,
    founders: &Roster,
    id: NodeId,
    is_new: bool,
    peers: &[SocketAddr],
) {
    let fields = fields![
        "local-member-id": hex(id.0),
        "local-server-version": VERSION,
        "cluster-id": hex(cluster),
    ];
    config.journal.info("starting etcd server", fields);
    let (count, kept) = config.entries();
    if config.snapshot_count != count {
        let fields = fields![
            "given-snapshot-count": config.snapshot_count,
            "updated-snapshot-count": count,
        ];
        config.journal.info("updating snapshot-count to default", fields);
    }
    if config.catch_up_entries != kept {
        let fields = fields![
            "given-snapshot-catchup-entries": config.catch_up_entries,
            "updated-snapshot-catchup-entries": kept,
        ];
        config.journal.info("updating snapshot catch-up entries to default", fields);
    }
    if config.no_fsync {
        let message = "the disk is not waited for; a loss of power takes what was acknowledged";
        config.journal.warn(message, fields!["flag": "unsafe-no-fsync"]);
    }
    for address in peers {
        let address = address.to_string();
        config.journal.info("serving peer traffic", fields!["address": address]);
    }
    for member in founders.list().iter().filter(|_| is_new) {
        config.journal.info("added member", added(cluster, id, member));
    }
}

/// The cluster speaks this version from now on.
pub fn say_version(journal: &Journal, before: Option<&str>, version: Version) {
    let short = version.short();
    let before = before.and_then(Version::parse).map(Version::short);
    match &before {
        Some(from) => {
            let fields = fields!["from": from, "to": short];
            journal.info("updated cluster version", fields);
        }
        None => {
            journal.info("set initial cluster version", fields!["cluster-version": short]);
        }
    }
    journal.info("enabled capabilities for version", fields!["cluster-version": short]);
}

/// Clients can come to these addresses.
pub fn say_ready(config: &Config, addresses: &[SocketAddr]) {
    let places = || {
        let all = config.listen.iter().zip(addresses);
        all.filter_map(|(place, address)| Some((place.speaks, traffic(place.serves)?, address)))
    };
    for (_, _, address) in places() {
        let fields = fields!["address": address.to_string()];
        config.journal.info("ready to serve client requests", fields);
    }
    for (speaks, traffic, address) in places() {
        let fields = || fields!["traffic": traffic, "address": address.to_string()];
        if speaks != Speaks::Https {
            let message = "serving client traffic insecurely; this is strongly discouraged!";
            config.journal.info(message, fields());
        }
        if speaks != Speaks::Http {
            config.journal.info("serving client traffic securely", fields());
        }
    }
}

/// There is nobody who could lead in its place.
pub fn say_alone(config: &Config, id: NodeId) {
    let fields = fields!["local-member-id": hex(id.0), "current-leader-member-id": hex(id.0)];
    let message = "skipped leadership transfer for single voting member cluster";
    config.journal.info(message, fields);
}

/// What can be asked for, as etcd says it; nothing for what is no clients' business.
fn traffic(serves: Serves) -> Option<&'static str> {
    match serves {
        Serves::All => Some("grpc+http"),
        Serves::Grpc => Some("grpc"),
        Serves::Http => Some("http"),
        Serves::Health => None,
    }
}
