//! Why a member does not start with what it was told.
//!
//! Owns [`Error`]. The texts are etcd's to the letter: tools and people look for them. It knows
//! which line stands in the log, and how the program ends.

use crate::config::urls::{self, Url};
use crate::config::values::{Bad, BadSpan, Span};
use crate::journal::{Level, Line, fields};
use thiserror::Error;

/// Why a member does not start with what it was told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The command line is none: it is told how one looks.
    #[error(transparent)]
    Usage(#[from] Usage),
    /// A log level that does not exist.
    #[error("unrecognized level: {0:?}")]
    Level(String),
    /// An address in the file.
    #[error("unexpected error setting up {key}: {why}")]
    FileUrls {
        /// Of what.
        key: &'static str,
        /// What is wrong with it.
        why: urls::Error,
    },
    /// The same setting twice.
    #[error("conflicting environment variable {0} is shadowed by a command-line flag")]
    Shadowed(String),
    /// It contradicts itself, or etcd's rules.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No member can be made of it.
    #[error(transparent)]
    Impossible(#[from] Impossible),
    /// A certificate that is good for no time at all.
    #[error("selfSignedCertValidity is invalid,it should be greater than 0")]
    Validity {
        /// Is it the one that clients see?
        is_for_clients: bool,
    },
}

/// What is no command line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum Usage {
    #[error("flag provided but not defined: -{0}")]
    Unknown(String),
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    #[error("flag needs an argument: -{0}")]
    Alone(&'static str),
    #[error("invalid value {value:?} for flag -{flag}: {why}")]
    Value { value: String, flag: &'static str, why: Bad },
    #[error("invalid boolean value {value:?} for -{flag}: {why}")]
    Switch { value: String, flag: &'static str, why: Bad },
}

/// What contradicts itself, or etcd's rules.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum Refused {
    #[error("{0:?} is not a valid flag")]
    Extra(String),
    #[error("invalid value {value:?} for {variable}: {why}")]
    Variable { value: String, variable: String, why: Bad },
    #[error("open {place}: {why}")]
    NoFile { place: String, why: String },
    #[error("error converting YAML to JSON: yaml: {0}")]
    Yaml(String),
    #[error(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into {place}"
    )]
    Json { found: String, place: String },
    #[error("unexpected clusterState {0:?}")]
    State(String),
    #[error(transparent)]
    FileValue(Bad),
    #[error("--logger=capnslog is removed in v3.5")]
    OldLogger,
    #[error("unknown logger option {0:?}")]
    Logger(String),
    #[error("unknown log format: {0}, supported values json, console")]
    LogFormat(String),
    #[error("multi logoutput for \"default\" is not supported yet")]
    LogOutputs,
    #[error("{0}")]
    LogOutput(String),
    #[error("expected IP in URL for binding ({0})")]
    Bind(Url),
    #[error("cannot listen at {0}: unix sockets are not supported, use http or https")]
    UnixSocket(Url),
    #[error("--{flag} must be >0 (set to {value}ms)")]
    NoTime { flag: &'static str, value: u64 },
    #[error(
        "--election-timeout[{election}ms] should be at least as 5 times as \
         --heartbeat-interval[{heartbeat}ms]"
    )]
    ElectionTooShort { election: u64, heartbeat: u64 },
    #[error("--election-timeout[{0}ms] is too long, and should be set less than 50000ms")]
    ElectionTooLong(u64),
    #[error("--advertise-client-urls is required when --listen-client-urls is set explicitly")]
    NotAdvertised,
    #[error("undefined auto-compaction-mode")]
    NoCompactionMode,
    #[error("unknown auto-compaction-mode {0:?}")]
    CompactionMode(String),
    #[error("--compact-hash-check-time must be >0 (set to {0})")]
    CompactHashTime(Span),
    #[error(
        "enabling feature gate LeaseCheckpointPersist requires enabling feature gate \
         LeaseCheckpoint"
    )]
    CheckpointPersist,
    #[error("unexpected TLS version {0:?} (must be one of: TLS1.2, TLS1.3)")]
    TlsVersion(String),
    #[error("min version ({0}) is greater than max version ({1})")]
    TlsVersions(String, String),
    #[error("cipher suites cannot be configured when only TLS1.3 is enabled")]
    CiphersOfTls13,
    #[error(
        "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \
         \"discovery-endpoints\" or \"discovery-srv\""
    )]
    Bootstraps,
    #[error("both --discovery-token and --discovery-endpoints must be set")]
    HalfDiscovery,
    #[error("discovery is not supported; name all members with --initial-cluster")]
    Discovery,
}

/// Of what no member can be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum Impossible {
    #[error("unexpected TLS cipher suite {0:?}")]
    Cipher(String),
    #[error(
        "TLS key/cert (--cert-file, --key-file) must be provided for client url {0} with HTTPS \
         scheme"
    )]
    NoCertificate(Url),
    #[error("cannot listen on TLS for {0}: KeyFile and CertFile are not presented")]
    NoPeerCertificate(String),
    #[error("error parsing CompactionRetention: {0}")]
    Retention(BadSpan),
    #[error("error setting up initial cluster: {0}")]
    Cluster(urls::Error),
    #[error("auth: invalid auth options")]
    AuthToken,
    #[error("membership: too many learner members in cluster")]
    Learners,
    #[error("couldn't find local name {0:?} in the initial cluster configuration")]
    NotInCluster(String),
    #[error("initial cluster {0} has duplicate url")]
    Duplicate(String),
    #[error(
        "--initial-cluster has {missing} but missing from \
         --initial-advertise-peer-urls={advertised} ({why})"
    )]
    NotAdvertised { missing: String, advertised: String, why: String },
    #[error(
        "--initial-advertise-peer-urls has {missing} but missing from --initial-cluster={cluster}"
    )]
    NotFounding { missing: String, cluster: String },
    #[error("failed to resolve {advertised} to match --initial-cluster={cluster} ({why})")]
    Unequal { advertised: String, cluster: String, why: String },
    #[error(
        "cannot fetch cluster info from peer urls: could not retrieve cluster information from \
         the given URLs"
    )]
    NoCluster,
}

impl Error {
    /// How the program ends.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Level(_) => 2,
            Error::FileUrls { .. } | Error::Shadowed(_) | Error::Refused(_) => 1,
            Error::Impossible(_) | Error::Validity { .. } => 1,
        }
    }

    /// What stands in the log; nothing if it is told without one.
    pub fn line(&self) -> Option<Line> {
        let line = |level, message| Line::new(level, message, fields!["error": self.to_string()]);
        match self {
            Error::Usage(_) | Error::Level(_) | Error::FileUrls { .. } => None,
            Error::Shadowed(variable) => Some(Line::new(
                Level::Fatal,
                "conflicting environment variable is shadowed by corresponding command-line flag \
                 (either unset environment variable or disable flag))",
                fields!["environment-variable": variable],
            )),
            Error::Refused(_) => Some(line(Level::Warn, "failed to verify flags")),
            Error::Impossible(_) => Some(line(Level::Fatal, "discovery failed")),
            Error::Validity { is_for_clients: true } => {
                Some(line(Level::Fatal, "failed to get client self-signed certs"))
            }
            Error::Validity { is_for_clients: false } => {
                Some(line(Level::Fatal, "failed to get peer self-signed certs"))
            }
        }
    }
}
