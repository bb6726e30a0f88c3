//! What was said, flag by flag, and what holds if nothing was.
//!
//! Owns [`Settings`]. Nothing in it is checked against anything else.

use crate::config::State;
use crate::config::gates::Gates;
use crate::config::urls::Url;
use crate::config::values::Span;
use crate::door::Limits;
use crate::pages;
use crate::tls::Options;
use std::time::Duration;

/// Everything that a flag says, in the form in which it says it.
#[derive(Clone, Debug)]
pub struct Settings {
    pub version: bool,
    pub config_file: String,
    pub name: String,
    pub data_dir: String,
    pub wal_dir: String,
    pub listen_client_urls: Vec<Url>,
    pub advertise_client_urls: Vec<Url>,
    pub listen_client_http_urls: Vec<Url>,
    pub listen_metrics_urls: Vec<Url>,
    pub listen_peer_urls: Vec<Url>,
    pub initial_advertise_peer_urls: Vec<Url>,
    pub initial_cluster: String,
    pub initial_cluster_state: State,
    pub initial_cluster_token: String,
    pub discovery_token: String,
    pub discovery_endpoints: Vec<String>,
    pub discovery_srv: String,
    /// In milliseconds, as the next one.
    pub heartbeat_interval: u64,
    pub election_timeout: u64,
    pub pre_vote: bool,
    pub strict_reconfig_check: bool,
    pub max_learners: i64,
    pub snapshot_count: u64,
    pub snapshot_catchup_entries: u64,
    pub quota_backend_bytes: i64,
    pub backend_batch_interval: Span,
    pub backend_batch_limit: i64,
    pub max_txn_ops: u64,
    pub max_request_bytes: u64,
    pub max_concurrent_streams: u64,
    pub grpc_keepalive_min_time: Span,
    pub grpc_keepalive_interval: Span,
    pub grpc_keepalive_timeout: Span,
    pub enable_grpc_gateway: bool,
    pub feature_gates: Gates,
    pub auto_compaction_mode: String,
    pub auto_compaction_retention: String,
    pub client_tls: Options,
    pub peer_tls: Options,
    pub peer_skip_addresses: bool,
    pub self_signed_cert_validity: u64,
    pub cipher_suites: Vec<String>,
    pub tls_min_version: String,
    pub tls_max_version: String,
    pub cors: Vec<String>,
    pub host_whitelist: Vec<String>,
    pub auth_token: String,
    pub bcrypt_cost: u64,
    pub auth_token_ttl: u64,
    pub metrics: String,
    pub logger: String,
    pub log_outputs: Vec<String>,
    pub log_level: String,
    pub log_format: String,
    pub warning_apply_duration: Span,
    pub warning_unary_request_duration: Span,
    pub watch_progress_notify_interval: Span,
    pub corrupt_check_time: Span,
    pub compact_hash_check_time: Span,
    pub compaction_batch_limit: i64,
    pub compaction_sleep_interval: Span,
    pub force_new_cluster: bool,
    pub unsafe_no_fsync: bool,
}

/// How a new cluster is told of, if nobody says.
pub const CLUSTER: &str = "default=http://localhost:2380";

/// How a member is called, if nobody says.
pub const NAME: &str = "default";

impl Default for Settings {
    /// As etcd has it without any flag.
    fn default() -> Settings {
        let urls = |text| Url::list(text).expect("it is one");
        let clients = urls("http://localhost:2379");
        let peers = urls("http://localhost:2380");
        Settings {
            version: false,
            config_file: String::new(),
            name: NAME.to_owned(),
            data_dir: String::new(),
            wal_dir: String::new(),
            listen_client_urls: clients.clone(),
            advertise_client_urls: clients,
            listen_client_http_urls: Vec::new(),
            listen_metrics_urls: Vec::new(),
            listen_peer_urls: peers.clone(),
            initial_advertise_peer_urls: peers,
            initial_cluster: CLUSTER.to_owned(),
            initial_cluster_state: State::New,
            initial_cluster_token: "etcd-cluster".to_owned(),
            discovery_token: String::new(),
            discovery_endpoints: Vec::new(),
            discovery_srv: String::new(),
            heartbeat_interval: 100,
            election_timeout: 1_000,
            pre_vote: true,
            strict_reconfig_check: true,
            max_learners: 1,
            snapshot_count: 10_000,
            snapshot_catchup_entries: 5_000,
            quota_backend_bytes: 0,
            backend_batch_interval: Span(0),
            backend_batch_limit: 0,
            max_txn_ops: 128,
            max_request_bytes: 1_572_864,
            max_concurrent_streams: u64::from(u32::MAX),
            grpc_keepalive_min_time: Span::seconds(5),
            grpc_keepalive_interval: Span::seconds(7_200),
            grpc_keepalive_timeout: Span::seconds(20),
            enable_grpc_gateway: true,
            feature_gates: Gates::default(),
            auto_compaction_mode: "periodic".to_owned(),
            auto_compaction_retention: "0".to_owned(),
            client_tls: Options::default(),
            peer_tls: Options::default(),
            peer_skip_addresses: false,
            self_signed_cert_validity: 1,
            cipher_suites: Vec::new(),
            tls_min_version: "TLS1.2".to_owned(),
            tls_max_version: String::new(),
            cors: vec!["*".to_owned()],
            host_whitelist: vec!["*".to_owned()],
            auth_token: "simple".to_owned(),
            bcrypt_cost: 10,
            auth_token_ttl: 300,
            metrics: "basic".to_owned(),
            logger: "zap".to_owned(),
            log_outputs: vec!["default".to_owned()],
            log_level: "info".to_owned(),
            log_format: "json".to_owned(),
            warning_apply_duration: Span::milliseconds(100),
            warning_unary_request_duration: Span::milliseconds(300),
            watch_progress_notify_interval: Span::seconds(600),
            corrupt_check_time: Span(0),
            compact_hash_check_time: Span::seconds(60),
            compaction_batch_limit: 1_000,
            compaction_sleep_interval: Span::milliseconds(10),
            force_new_cluster: false,
            unsafe_no_fsync: false,
        }
    }
}

impl Settings {
    /// Who may ask without gRPC.
    pub fn pages(&self) -> pages::Options {
        pages::Options {
            cors: self.cors.clone(),
            host_whitelist: self.host_whitelist.clone(),
            gateway: self.enable_grpc_gateway,
        }
    }

    /// How much of anything clients can have.
    pub fn limits(&self) -> Limits {
        Limits {
            concurrent_streams: u32::try_from(self.max_concurrent_streams).unwrap_or(u32::MAX),
            keepalive_interval: self.grpc_keepalive_interval.duration(),
            keepalive_timeout: self.grpc_keepalive_timeout.duration(),
            // Longer than a request waits.
            grace: Duration::from_millis(
                self.election_timeout.saturating_mul(2).saturating_add(6_000),
            ),
            ..Limits::default()
        }
    }
}
