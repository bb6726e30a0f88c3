//! What a member is told when it starts.
//!
//! Owns [`Config`].
//!
//! Left to others: what is done with it (`program`).

use crate::door::{Limits, Serves};
use crate::pages::Options;
use crate::tls;
use std::path::PathBuf;
use std::time::Duration;

/// How a member is to be.
#[derive(Clone, Debug)]
pub struct Config {
    /// What people call it.
    pub name: String,
    /// Where its files are.
    pub data_dir: PathBuf,
    /// Where it listens for clients.
    pub listen: Vec<Place>,
    /// Where clients find it.
    pub client_urls: Vec<String>,
    /// Where other members find it.
    pub peer_urls: Vec<String>,
    /// What tells its cluster from others.
    pub token: String,
    /// How often a leader says that it is there.
    pub heartbeat: Duration,
    /// How many operations a transaction may have.
    pub max_txn_ops: usize,
    /// How long a proposal may be.
    pub max_request_bytes: usize,
    /// How tokens are made: `simple`, or `jwt` and how.
    pub auth_token: String,
    /// How long a simple token lasts that nobody shows.
    pub auth_token_lasts: Duration,
    /// How slow a password is to check.
    pub bcrypt_cost: auth::password::Cost,
    /// How many bytes the store may have; none if as many as there are.
    pub quota: Option<u64>,
    /// The same, as it was said.
    pub quota_said: i64,
    /// How many members may be without a vote.
    pub max_learners: usize,
    /// Members come and go only if enough of the others are there.
    pub strict_reconfiguration: bool,
    /// When old revisions go by themselves.
    pub auto_compaction: Option<AutoCompaction>,
    /// How many threads serve clients.
    pub runtimes: usize,
    /// How clients speak where others cannot hear them.
    pub tls: tls::Options,
    /// How much of anything clients can have.
    pub limits: Limits,
    /// Who may ask without gRPC.
    pub pages: Options,
}

/// When old revisions go by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoCompaction {
    /// Those that are older than this.
    Periodic(Duration),
    /// All but so many.
    Revision(i64),
}

/// How many bytes a store may have if nothing is said.
const USUAL_QUOTA: u64 = 2 << 30;

/// Where a member listens, and for what.
#[derive(Clone, Debug)]
pub struct Place {
    /// A host and a port.
    pub address: String,
    /// What can be asked for there.
    pub serves: Serves,
    /// How clients speak there.
    pub speaks: Speaks,
}

/// How clients speak at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// So that everybody on the way can hear it.
    Http,
    /// By TLS.
    Https,
    /// As they like.
    Both,
}

/// So many heartbeats a follower waits for its leader, as etcd has it.
const ELECTION_TICKS: u32 = 10;

impl Config {
    /// How long a follower waits for its leader.
    pub fn election_timeout(&self) -> Duration {
        self.heartbeat * ELECTION_TICKS
    }

    /// How short a lease may be.
    pub fn shortest_lease(&self) -> lease::Ttl {
        lease::Ttl::shortest(self.heartbeat, ELECTION_TICKS)
    }
}

impl Default for Config {
    /// As etcd does without any flag.
    fn default() -> Config {
        Config {
            name: "default".to_owned(),
            data_dir: PathBuf::from("default.etcd"),
            listen: vec![Place {
                address: "127.0.0.1:2379".to_owned(),
                serves: Serves::All,
                speaks: Speaks::Http,
            }],
            client_urls: vec!["http://localhost:2379".to_owned()],
            peer_urls: vec!["http://localhost:2380".to_owned()],
            token: "etcd-cluster".to_owned(),
            heartbeat: Duration::from_millis(100),
            max_txn_ops: 128,
            max_request_bytes: 1_572_864,
            auth_token: "simple".to_owned(),
            auth_token_lasts: Duration::from_secs(300),
            bcrypt_cost: auth::password::Cost::USUAL,
            quota: Some(USUAL_QUOTA),
            quota_said: USUAL_QUOTA as i64,
            max_learners: 1,
            strict_reconfiguration: true,
            auto_compaction: None,
            runtimes: std::thread::available_parallelism().map_or(1, usize::from),
            tls: tls::Options::default(),
            limits: Limits::default(),
            pages: Options::default(),
        }
    }
}
