//! What a member is told when it starts.
//!
//! Owns [`Config`], what the rooms use of it, and [`read`], the way there: the command line, the
//! environment or a file say [`settings`], one for each flag of a `table`; `checks` look whether
//! they fit together, and make a `Config` of them. An [`Error`] has etcd's texts, and knows how the
//! program ends.
//!
//! Left to others: what is done with it (`program`).

use crate::door::{Limits, Serves};
use crate::journal::{self, Journal};
use crate::pages;
use crate::tls::Options;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

mod checks;
pub(crate) mod cluster;
mod error;
mod file;
mod flags;
mod gates;
mod help;
mod reading;
mod settings;
mod table;
mod tls;
mod urls;
pub(crate) mod values;

pub use cluster::Founder;
pub use error::{Error, Impossible, Refused, Usage};
pub use gates::{Gate, Gates};
pub use help::{help, usage, version};
pub use reading::read;
pub use urls::Url;

/// What somebody wants who calls the program.
#[derive(Debug)]
pub enum Wish {
    /// A member that runs.
    Run(Box<Config>),
    /// To know the version.
    Version,
    /// To know the flags.
    Help,
}

/// How a member is to be.
#[derive(Clone, Debug)]
pub struct Config {
    /// What people call it.
    pub name: String,
    /// Where its files are.
    pub data_dir: PathBuf,
    /// Where its log is, if not with them.
    pub wal_dir: Option<PathBuf>,
    /// Where it listens for clients.
    pub listen: Vec<Place>,
    /// Where it listens for other members.
    pub listen_peers: Vec<PeerPlace>,
    /// Where clients find it.
    pub client_urls: Vec<String>,
    /// Where other members find it.
    pub peer_urls: Vec<String>,
    /// All members of a new cluster.
    pub initial_cluster: Vec<Founder>,
    /// Is the cluster new?
    pub state: State,
    /// What tells its cluster from others.
    pub token: String,
    /// How often a leader says that it is there.
    pub heartbeat: Duration,
    /// So many heartbeats a follower waits for its leader.
    pub election_ticks: u32,
    /// Does it take a poll before an election?
    pub pre_vote: bool,
    /// Is a change of members refused that would leave too few that run?
    pub strict_reconfig: bool,
    /// How many members may be learners.
    pub max_learners: usize,
    /// After more entries than that there is a snapshot, and the log before it may go.
    pub snapshot_count: u64,
    /// How many entries stay for followers that are behind.
    pub catch_up_entries: u64,
    /// How large the store may be; none for no limit.
    pub quota: Option<u64>,
    /// The same, as it was said.
    pub quota_said: i64,
    /// After which time what was written is brought to the disk.
    pub batch_interval: Duration,
    /// After how many rows it is.
    pub batch_limit: u64,
    /// How many operations a transaction may have.
    pub max_txn_ops: usize,
    /// How long a proposal may be.
    pub max_request_bytes: usize,
    /// How much of anything clients can have.
    pub limits: Limits,
    /// What else is done, or not.
    pub gates: Gates,
    /// How much of the past is forgotten without being asked.
    pub auto_compaction: AutoCompaction,
    /// TLS with clients.
    pub tls: Options,
    /// TLS with other members.
    pub peer_tls: Options,
    /// Who may ask without gRPC.
    pub pages: pages::Options,
    /// How users log in.
    pub auth: Auth,
    /// How much is measured.
    pub metrics: Metrics,
    /// How the journal is kept.
    pub log: journal::Options,
    /// An entry that takes longer is worth a line.
    pub slow_apply: Duration,
    /// A request that does is, too.
    pub slow_request: Duration,
    /// How often watchers that wish so are told that nothing happens.
    pub progress: Duration,
    /// How compactions go on.
    pub compaction: Compaction,
    /// How often members compare what they have; none for never.
    pub corruption_check: Option<Duration>,
    /// How often they compare what compactions left.
    pub compact_hash_check: Duration,
    /// How often they compare sums, which costs next to nothing; none for never. No flag says it.
    pub sum_check: Option<Duration>,
    /// Is a cluster of one member made of what is there?
    pub force_new_cluster: bool,
    /// Is the disk not waited for?
    pub no_fsync: bool,
    /// How many threads serve clients.
    pub runtimes: usize,
    /// Whom it tells what happens; nobody, if nobody has opened it.
    pub journal: Journal,
}

/// Where a member listens, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Where a member listens for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerPlace {
    /// A host and a port.
    pub address: String,
    /// Under TLS?
    pub tls: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", scheme(self.speaks != Speaks::Http), self.address)
    }
}

impl fmt::Display for PeerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", scheme(self.tls), self.address)
    }
}

fn scheme(is_secret: bool) -> &'static str {
    if is_secret { "https" } else { "http" }
}

#[derive(Default)]
struct Listen {
    clients: Vec<Place>,
    peers: Vec<PeerPlace>,
}

/// What a member does that has no log yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It founds a cluster, with others.
    New,
    /// It comes to a cluster that is there.
    Existing,
}

/// How much of the past is forgotten without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoCompaction {
    /// Nothing.
    Off,
    /// What is older than this.
    Periodic(Duration),
    /// All but so many revisions.
    Revision(u64),
}

/// How users log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// What a login gives: `simple`, or `jwt` and its options.
    pub token: String,
    /// How long it takes to try a password: 4 to 31.
    pub bcrypt_cost: u32,
    /// How long a simple token is good.
    pub ttl: Duration,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metrics {
    /// What etcd measures by itself.
    Basic,
    /// How long each kind of request takes, too.
    Extensive,
}

/// How compactions go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compaction {
    /// How many revisions a step looks at.
    pub batch: usize,
    /// How long it waits between steps.
    pub sleep: Duration,
}

impl Config {
    /// How long a follower waits for its leader.
    pub fn election_timeout(&self) -> Duration {
        self.heartbeat * self.election_ticks
    }

    /// After how many entries there is a snapshot, and how many stay for followers that are
    /// behind. Zero says nothing.
    pub fn entries(&self) -> (u64, u64) {
        let or = |said: u64, usual: u64| if said == 0 { usual } else { said };
        (or(self.snapshot_count, 10_000), or(self.catch_up_entries, 5_000))
    }

    /// How short a lease may be.
    pub fn shortest_lease(&self) -> lease::Ttl {
        lease::Ttl::shortest(self.heartbeat, self.election_ticks)
    }

    /// How slow a password is to check.
    pub fn bcrypt_cost(&self) -> auth::password::Cost {
        auth::password::Cost::new(self.auth.bcrypt_cost).unwrap_or(auth::password::Cost::USUAL)
    }

    /// The directory of the log.
    pub fn log_place(&self) -> PathBuf {
        self.wal_dir.clone().unwrap_or_else(|| self.data_dir.join("member").join("wal"))
    }

    /// The directory of the store.
    pub fn store_place(&self) -> PathBuf {
        self.data_dir.join("member").join("snap")
    }

    /// Does it fit together, what this member was told of its cluster?
    pub fn check_founders(&self) -> Result<(), Impossible> {
        let advertised: Result<Vec<Url>, _> =
            self.peer_urls.iter().map(|url| Url::parse(url)).collect();
        let advertised = advertised.map_err(Impossible::Cluster)?;
        cluster::check(&self.name, &advertised, &self.initial_cluster, &self.journal)
    }

    /// All members of a new cluster, as they are told.
    pub fn initial_cluster(&self) -> String {
        cluster::texts(&self.initial_cluster)
    }
}

impl Default for Config {
    /// As etcd does without any flag.
    fn default() -> Config {
        let (settings, given) = (settings::Settings::default(), Default::default());
        let config = checks::check(settings, &given, checks::Source::File, &mut Vec::new());
        config.expect("what etcd does without any flag is right")
    }
}

impl State {
    fn of(text: &str) -> Option<State> {
        match text {
            "new" => Some(State::New),
            "existing" => Some(State::Existing),
            _ => None,
        }
    }

    /// As flags have it.
    pub fn name(self) -> &'static str {
        match self {
            State::New => "new",
            State::Existing => "existing",
        }
    }
}

impl AutoCompaction {
    fn periodic(nanoseconds: u64) -> AutoCompaction {
        match nanoseconds {
            0 => AutoCompaction::Off,
            span => AutoCompaction::Periodic(Duration::from_nanos(span)),
        }
    }

    fn revision(count: u64) -> AutoCompaction {
        match count {
            0 => AutoCompaction::Off,
            count => AutoCompaction::Revision(count),
        }
    }
}
