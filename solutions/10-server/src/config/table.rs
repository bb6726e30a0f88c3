//! The table of all flags.
//!
//! Owns [`TABLE`], in the sections of the help. A flag that means nothing here stands without
//! words: it is read, so that a command line for etcd is one here, and named in the log.
//!
//! Left to `security`: the flags of TLS, and of logins.

use crate::config::flags::{Flag, Kind, Unused, Width};
use security::{AUTH, SECURITY};

mod security;

/// What may be said of a store that is gone.
const V2: &[&str] = &["write-only", "write-only-skip-check", "write-only-drop-data", "gone"];

const fn flag(name: &'static str, kind: Kind, about: &'static str) -> Flag {
    Flag { name, kind, about }
}

const fn unused(name: &'static str, unused: Unused) -> Flag {
    Flag { name, kind: Kind::Unused(unused), about: "" }
}

/// Sections, and their flags.
pub const TABLE: &[(&str, &[Flag])] = &[
    ("Member", MEMBER),
    ("Clustering", CLUSTERING),
    ("Security", SECURITY),
    ("Auth", AUTH),
    ("Profiling and Monitoring", PROFILING_AND_MONITORING),
    ("Logging", LOGGING),
    ("Distributed tracing", DISTRIBUTED_TRACING),
    ("Features", FEATURES),
    ("Unsafe feature", UNSAFE_FEATURE),
    ("Old flags", OLD_FLAGS),
];

const MEMBER: &[Flag] = &[
    flag("name", Kind::Text(|settings| &mut settings.name), "What people call this member."),
    flag(
        "data-dir",
        Kind::Text(|settings| &mut settings.data_dir),
        "Where its files are; NAME.etcd if nothing is said.",
    ),
    flag(
        "wal-dir",
        Kind::Text(|settings| &mut settings.wal_dir),
        "Where its log is, if it is to be on another disk.",
    ),
    flag(
        "config-file",
        Kind::Text(|settings| &mut settings.config_file),
        "A YAML file that says everything; other flags are ignored then.",
    ),
    flag("version", Kind::Switch(|settings| &mut settings.version), "Print the version."),
    flag(
        "listen-client-urls",
        Kind::Urls(|settings| &mut settings.listen_client_urls),
        "Where it listens for clients.",
    ),
    flag(
        "listen-client-http-urls",
        Kind::Urls(|settings| &mut settings.listen_client_http_urls),
        "Where it listens for all that is not gRPC, which the former then serve alone.",
    ),
    flag(
        "listen-metrics-urls",
        Kind::Urls(|settings| &mut settings.listen_metrics_urls),
        "Where it says, in addition, whether it is well.",
    ),
    flag(
        "listen-peer-urls",
        Kind::Urls(|settings| &mut settings.listen_peer_urls),
        "Where it listens for other members.",
    ),
    flag(
        "heartbeat-interval",
        Kind::Whole(Width::Word, |settings| &mut settings.heartbeat_interval),
        "How often a leader says that it is there, in milliseconds.",
    ),
    flag(
        "election-timeout",
        Kind::Whole(Width::Word, |settings| &mut settings.election_timeout),
        "How long a follower waits for it, in milliseconds.",
    ),
    unused("initial-election-tick-advance", Unused::Switch),
    flag(
        "snapshot-count",
        Kind::Whole(Width::Bits64, |settings| &mut settings.snapshot_count),
        "After how many entries there is a snapshot, and the log before it may go.",
    ),
    flag(
        "snapshot-catchup-entries",
        Kind::Whole(Width::Bits64, |settings| &mut settings.snapshot_catchup_entries),
        "How many entries stay in the log for followers that are behind.",
    ),
    unused("max-snapshots", Unused::Whole),
    unused("max-wals", Unused::Whole),
    unused("memory-mlock", Unused::Switch),
    flag(
        "quota-backend-bytes",
        Kind::Signed(Width::Bits64, |settings| &mut settings.quota_backend_bytes),
        "How large the store may be; 0 for 2 GiB, and less for no limit.",
    ),
    unused("backend-bbolt-freelist-type", Unused::Text),
    flag(
        "backend-batch-interval",
        Kind::Span(|settings| &mut settings.backend_batch_interval),
        "After which time what was written is brought to the disk.",
    ),
    flag(
        "backend-batch-limit",
        Kind::Signed(Width::Word, |settings| &mut settings.backend_batch_limit),
        "After how many rows it is, if that is sooner.",
    ),
    flag(
        "max-txn-ops",
        Kind::Whole(Width::Word, |settings| &mut settings.max_txn_ops),
        "How many operations a transaction may have.",
    ),
    flag(
        "max-request-bytes",
        Kind::Whole(Width::Word, |settings| &mut settings.max_request_bytes),
        "How long a request may be.",
    ),
    flag(
        "max-concurrent-streams",
        Kind::Whole(Width::Bits32, |settings| &mut settings.max_concurrent_streams),
        "How many requests a client may have under way on a connection.",
    ),
    flag(
        "grpc-keepalive-min-time",
        Kind::Span(|settings| &mut settings.grpc_keepalive_min_time),
        "How often a client may ask whether the member is there.",
    ),
    flag(
        "grpc-keepalive-interval",
        Kind::Span(|settings| &mut settings.grpc_keepalive_interval),
        "After which silence the member asks whether a client is there; 0 for never.",
    ),
    flag(
        "grpc-keepalive-timeout",
        Kind::Span(|settings| &mut settings.grpc_keepalive_timeout),
        "How long it waits for the answer.",
    ),
    unused("socket-reuse-port", Unused::Switch),
    unused("socket-reuse-address", Unused::Switch),
    unused("raft-read-timeout", Unused::Span),
    unused("raft-write-timeout", Unused::Span),
    flag(
        "enable-grpc-gateway",
        Kind::Switch(|settings| &mut settings.enable_grpc_gateway),
        "Take requests in JSON, too.",
    ),
    flag(
        "feature-gates",
        Kind::Gates(|settings| &mut settings.feature_gates),
        "What else is to be done, or not: GATE=true|false, and commas between them.",
    ),
];

const CLUSTERING: &[Flag] = &[
    flag(
        "initial-advertise-peer-urls",
        Kind::Urls(|settings| &mut settings.initial_advertise_peer_urls),
        "Where other members find this one.",
    ),
    flag(
        "initial-cluster",
        Kind::Text(|settings| &mut settings.initial_cluster),
        "All members of a new cluster: NAME=URL, and commas between them.",
    ),
    flag(
        "initial-cluster-state",
        Kind::State(|settings| &mut settings.initial_cluster_state),
        "Is the cluster new, or existing?",
    ),
    flag(
        "initial-cluster-token",
        Kind::Text(|settings| &mut settings.initial_cluster_token),
        "What tells this cluster from others.",
    ),
    flag(
        "advertise-client-urls",
        Kind::Urls(|settings| &mut settings.advertise_client_urls),
        "Where clients find this member.",
    ),
    flag(
        "strict-reconfig-check",
        Kind::Switch(|settings| &mut settings.strict_reconfig_check),
        "Refuse a change of members that would leave too few that run.",
    ),
    flag(
        "pre-vote",
        Kind::Switch(|settings| &mut settings.pre_vote),
        "Take a poll before every election.",
    ),
    flag(
        "max-learners",
        Kind::Signed(Width::Word, |settings| &mut settings.max_learners),
        "How many members may be learners.",
    ),
    flag(
        "auto-compaction-mode",
        Kind::Text(|settings| &mut settings.auto_compaction_mode),
        "Forget the past by time (periodic), or by its length (revision).",
    ),
    flag(
        "auto-compaction-retention",
        Kind::Text(|settings| &mut settings.auto_compaction_retention),
        "How much of it stays: 5m, 1 for an hour, or revisions; 0 for all.",
    ),
    flag("discovery-token", Kind::Text(|settings| &mut settings.discovery_token), ""),
    flag("discovery-endpoints", Kind::Joined(|settings| &mut settings.discovery_endpoints), ""),
    flag("discovery-srv", Kind::Text(|settings| &mut settings.discovery_srv), ""),
    unused("discovery-srv-name", Unused::Text),
    unused("discovery-dial-timeout", Unused::Span),
    unused("discovery-request-timeout", Unused::Span),
    unused("discovery-keepalive-time", Unused::Span),
    unused("discovery-keepalive-timeout", Unused::Span),
    unused("discovery-insecure-transport", Unused::Switch),
    unused("discovery-insecure-skip-tls-verify", Unused::Switch),
    unused("discovery-cert", Unused::Text),
    unused("discovery-key", Unused::Text),
    unused("discovery-cacert", Unused::Text),
    unused("discovery-user", Unused::Text),
    unused("discovery-password", Unused::Text),
    unused("v2-deprecation", Unused::OneOf(V2)),
];

const PROFILING_AND_MONITORING: &[Flag] = &[
    unused("enable-pprof", Unused::Switch),
    flag(
        "metrics",
        Kind::Text(|settings| &mut settings.metrics),
        "How much is measured: basic or extensive.",
    ),
];

const LOGGING: &[Flag] = &[
    flag("logger", Kind::Text(|settings| &mut settings.logger), "There is one: zap."),
    flag(
        "log-outputs",
        Kind::List(|settings| &mut settings.log_outputs),
        "Where log lines go: default, stderr, stdout or files.",
    ),
    flag(
        "log-level",
        Kind::Text(|settings| &mut settings.log_level),
        "Which: debug, info, warn, error, panic or fatal.",
    ),
    flag(
        "log-format",
        Kind::Text(|settings| &mut settings.log_format),
        "How they are written: json or console.",
    ),
    unused("enable-log-rotation", Unused::Switch),
    unused("log-rotation-config-json", Unused::Text),
    flag(
        "warning-apply-duration",
        Kind::Span(|settings| &mut settings.warning_apply_duration),
        "An entry that takes longer is worth a line.",
    ),
    flag(
        "warning-unary-request-duration",
        Kind::Span(|settings| &mut settings.warning_unary_request_duration),
        "A request that does is, too.",
    ),
];

const DISTRIBUTED_TRACING: &[Flag] = &[
    unused("enable-distributed-tracing", Unused::Switch),
    unused("distributed-tracing-address", Unused::Text),
    unused("distributed-tracing-service-name", Unused::Text),
    unused("distributed-tracing-instance-id", Unused::Text),
    unused("distributed-tracing-sampling-rate", Unused::Signed),
];

const FEATURES: &[Flag] = &[
    flag(
        "corrupt-check-time",
        Kind::Span(|settings| &mut settings.corrupt_check_time),
        "How often members compare what they have; 0 for never.",
    ),
    flag(
        "compact-hash-check-time",
        Kind::Span(|settings| &mut settings.compact_hash_check_time),
        "How often they compare what compactions left.",
    ),
    flag(
        "compaction-batch-limit",
        Kind::Signed(Width::Word, |settings| &mut settings.compaction_batch_limit),
        "How many revisions a step of a compaction looks at.",
    ),
    flag(
        "compaction-sleep-interval",
        Kind::Span(|settings| &mut settings.compaction_sleep_interval),
        "How long it waits between steps.",
    ),
    flag(
        "watch-progress-notify-interval",
        Kind::Span(|settings| &mut settings.watch_progress_notify_interval),
        "How often watchers that wish so are told that nothing happens.",
    ),
    unused("bootstrap-defrag-threshold-megabytes", Unused::Whole),
    unused("downgrade-check-time", Unused::Span),
];

const UNSAFE_FEATURE: &[Flag] = &[
    flag(
        "force-new-cluster",
        Kind::Switch(|settings| &mut settings.force_new_cluster),
        "Make a cluster of one member of what is there.",
    ),
    flag(
        "unsafe-no-fsync",
        Kind::Switch(|settings| &mut settings.unsafe_no_fsync),
        "Do not wait for the disk: what was acknowledged may be lost.",
    ),
];

const OLD_FLAGS: &[Flag] = &[
    unused("cluster-active-size", Unused::Old),
    unused("cluster-remove-delay", Unused::Old),
    unused("cluster-sync-interval", Unused::Old),
    unused("config", Unused::Old),
    unused("force", Unused::Old),
    unused("max-result-buffer", Unused::Old),
    unused("max-retry-attempts", Unused::Old),
    unused("peer-heartbeat-interval", Unused::Old),
    unused("peer-election-timeout", Unused::Old),
    unused("retry-interval", Unused::Old),
    unused("snapshot", Unused::Old),
    unused("v", Unused::Old),
    unused("vv", Unused::Old),
];
