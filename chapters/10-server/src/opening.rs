//! A member's files: found them, or open what is there.
//!
//! Owns [`open`]. A directory has a log and a store. Which entry the store goes up to, the store
//! says; the log says where it begins; and a start compares the two. A member is founded by writing
//! the store first, with its members at entry 1, and then a log that begins there. So a founding
//! that power has cut off is done once more: without a log, nothing was promised to anybody.
//!
//! Left to others: what is done with them (`program`).

use crate::config::{self, Config, Gate, Impossible};
use crate::disk::{Disk, File, LogFolder, StoreFolder};
use crate::facts::{Compactions, Facts, Progress, Sizes};
use crate::gate::{self, Kind};
use crate::ids;
use crate::journal::fields;
use crate::leases::Leases;
use crate::lines::hex;
use crate::metrics::Metrics;
use crate::reason::reason;
use crate::roster::Roster;
use crate::rows;
use crate::state::State;
use crate::store;
use crate::swapped::Swapped;
use api::RangeRequest;
use auth::Tokens;
use basics::{NodeId, Position};
use bolt::backend::{self, Committer};
use lease::Lessor;
use raft::{Gap, Node, Payload, Stored};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;
use thiserror::Error;
use tokio::sync::watch;
use wal::{Folder, Identity, Options, Wal};

/// How long a segment of the log is, as etcd's.
pub const SEGMENTS: Options = Options { segment_bytes: 64 << 20 };

/// A member remembers so many tokens at most.
const MOST_TOKENS: usize = 1_000_000;

/// Why a member's files cannot be opened.
#[derive(Debug, Error)]
pub enum Error {
    /// A directory.
    #[error("cannot access data directory: mkdir {}: {}", place.display(), reason(error))]
    Directory {
        /// Which.
        place: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// What should be the data directory is none.
    #[error("readdirent {}: {}", place.display(), reason(error))]
    List {
        /// Where it should be.
        place: PathBuf,
        /// Why it is none.
        error: io::Error,
    },
    /// What it was told of its cluster.
    #[error(transparent)]
    Cluster(#[from] Impossible),
    /// Other members are not here yet.
    #[error("initial cluster {0} has several members; this server runs alone for now")]
    Several(String),
    /// The log is etcd's.
    #[error(
        "{} holds a log of etcd's own, which this server does not read; save a snapshot with \
         \"etcdctl snapshot save FILE\" while etcd runs, and make a directory of it with \
         \"myetcdutl snapshot restore FILE --data-dir DIR\" (if etcd does not run, member/snap/db \
         is such a FILE, with --skip-hash-check)",
        .0.display()
    )]
    Original(PathBuf),
    /// The log.
    #[error(transparent)]
    Log(#[from] wal::Error),
    /// The store's file.
    #[error(transparent)]
    Store(#[from] bolt::Error),
    /// What is in the store.
    #[error(transparent)]
    State(#[from] mvcc::Error),
    /// A lease in the store.
    #[error(transparent)]
    Lease(#[from] lease::Foreign),
    /// Users and roles in the store, or how tokens are made.
    #[error(transparent)]
    Users(#[from] auth::Error),
    /// Somebody wants the others to be forgotten.
    #[error("--force-new-cluster does not leave out other members yet; restore a snapshot")]
    Forced,
    /// The two do not belong together.
    #[error("{0}: entries between the two are nowhere; restore a backup")]
    Gap(Gap),
    /// Entries may have been acknowledged that only the log had.
    #[error("the store goes up to {applied}, and there is no log in {place}; restore a backup")]
    NoLog {
        /// Where it should be.
        place: PathBuf,
        /// How far the store goes.
        applied: Position,
    },
    /// A store that no member has written.
    #[error("{0} does not say up to which entry it goes; restore it as a snapshot")]
    NoPosition(PathBuf),
}

/// A member's files, opened.
pub struct Opened {
    /// The node, which goes on.
    pub node: Node,
    /// Its log.
    pub log: Wal<LogFolder>,
    /// Where that is.
    pub log_directory: LogFolder,
    /// How it is written.
    pub log_options: Options,
    /// The state in the store.
    pub state: State,
    /// The leases in it.
    pub leases: Leases,
    /// What else it says.
    pub facts: Facts,
    /// Who reads it.
    pub reader: mvcc::Reader<File>,
    /// Who brings it to the disk.
    pub committer: Committer<StoreFolder>,
    /// The member, and its cluster.
    pub identity: Identity,
    /// Was it founded just now?
    pub is_new: bool,
}

/// Has this directory been a member's? If it is not there, it has not.
pub fn is_member(config: &Config) -> Result<bool, Error> {
    let place = &config.data_dir;
    let failed = |error| Error::List { place: place.clone(), error };
    let is_member = match fs::read_dir(place) {
        Ok(_) => place.join("member").try_exists().map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    let (message, kind) = match is_member {
        true => ("server has already been initialized", "member"),
        false => ("Initialize and start etcd server", "empty"),
    };
    let fields = fields!["data-dir": place.display().to_string(), "dir-type": kind];
    config.journal.info(message, fields);
    Ok(is_member)
}

/// What must hold before a file is written.
fn check(config: &Config, log_place: &Path) -> Result<(), Error> {
    let mut names = Vec::new();
    if let Ok(entries) = fs::read_dir(log_place) {
        names.extend(entries.flatten().map(|entry| entry.file_name()));
    }
    let ends = |end: &str| names.iter().any(|name| name.to_string_lossy().ends_with(end));
    if ends(".wal") {
        return Err(Error::Original(log_place.to_owned()));
    }
    // With a log, the member knows its cluster, and is not told anything.
    if !ends(".log") {
        config.check_founders()?;
        if config.initial_cluster.len() > 1 {
            return Err(Error::Several(config.initial_cluster()));
        }
    }
    Ok(())
}

/// Opens a member's files. If there are none, the member is founded.
pub fn open(config: &Config, draw: u64) -> Result<Opened, Error> {
    let (store_place, log_place) = (config.store_place(), config.log_place());
    check(config, &log_place)?;
    for place in [&config.data_dir, &store_place, &log_place] {
        make_directory(place)?;
    }
    let log_directory = Disk::new(Folder::lock(&log_place)?, !config.no_fsync);
    let (mut rows, mut committer) = open_store(config, &store_place)?;
    let is_new = wal::is_empty(&log_directory)?;
    // Addresses may change; a member and its cluster stay who they are.
    let identity = if is_new { founder(config) } else { wal::owner(&log_directory)? };
    let id = NodeId(identity.member);
    let found = Stored::found([id]);
    if is_new && rows::position(&rows.view())?.is_none() {
        let (roster, members) = Roster::default().add(id, config.peer_urls.clone(), false);
        rows::found(&mut rows, &roster, members, found.applied)?;
        let frozen = rows.freeze().expect("something was written");
        let committed = committer.commit(frozen)?;
        committer.retire(committed);
    }
    let place = || store_place.join("db");
    let view = rows.view();
    let applied: Position = rows::position(&view)?.ok_or_else(|| Error::NoPosition(place()))?;
    let configuration = rows::configuration(&view)?.ok_or_else(|| Error::NoPosition(place()))?;
    let (log, stored) = if is_new {
        if applied != found.applied {
            return Err(Error::NoLog { place: log_place, applied });
        }
        let log =
            Wal::create(log_directory.clone(), identity, SEGMENTS, found.hard_state, applied)?;
        (log, found)
    } else {
        let (log, recovered) = Wal::open::<Payload>(log_directory.clone(), identity, SEGMENTS)?;
        let stored =
            Stored { hard_state: recovered.hard_state, log: recovered.log, applied, configuration };
        (log, stored)
    };
    let fields = fields!["local-member-id": hex(id.0), "cluster-id": hex(identity.cluster)];
    let message = if is_new { "starting local member" } else { "restarting local member" };
    config.journal.info(message, fields);
    let node = Node::new(id, options(config), stored, draw).map_err(Error::Gap)?;
    let facts = facts(&view, config)?;
    drop(view);
    store::note_sizes(&committer, &facts.sizes);
    let store = mvcc::Store::open(rows)?;
    let reader = store.reader();
    let (key, range_end) = (vec![0].into(), vec![0].into());
    let all = RangeRequest { key, range_end, count_only: true, ..RangeRequest::default() };
    facts.metrics.state.keys.set(reader.view().range(&all)?.count);
    let fields = fields!["current-rev": reader.view().current().0];
    config.journal.info("kvstore restored", fields);
    let leases = leases(&reader, config)?;
    let state = State::new(store, applied);
    let log_options = SEGMENTS;
    Ok(Opened {
        node,
        log,
        log_directory,
        log_options,
        state,
        leases,
        facts,
        reader,
        committer,
        identity,
        is_new,
    })
}

/// Who a new member is.
fn founder(config: &Config) -> Identity {
    let member = ids::member(&config.peer_urls, &config.token);
    Identity { cluster: ids::cluster(&[member]), member: member.0 }
}

/// What the store says beside its keys and leases.
fn facts(view: &backend::View<File>, config: &Config) -> Result<Facts, Error> {
    let mut users = Vec::new();
    for bucket in [auth::AUTH, auth::USERS, auth::ROLES] {
        for row in view.range(bucket.as_bytes(), ..)? {
            let (key, value) = row?;
            users.push((bucket, key, value));
        }
    }
    let kind = match auth::Options::parse(&config.auth.token)? {
        auth::Options::None => Kind::None,
        auth::Options::Simple => {
            Kind::Simple(Mutex::new(Tokens::new(config.auth.ttl, MOST_TOKENS)))
        }
        auth::Options::Jwt(options) => {
            Kind::Signed(Box::new(options.load(|place| fs::read(place))?))
        }
    };
    let roster = rows::roster(view)?;
    if config.force_new_cluster && roster.list().len() > 1 {
        return Err(Error::Forced);
    }
    Ok(Facts {
        gate: gate::Gate::new(auth::Auth::load(users)?, kind),
        alarms: Swapped::new(rows::alarms(view)?),
        roster: Swapped::new(roster),
        versions: Swapped::new(rows::versions(view)?),
        compactions: Swapped::new(Compactions::default()),
        progress: Progress::default(),
        sizes: Sizes::default(),
        serving: watch::Sender::new(true),
        metrics: Metrics::new(config.metrics == config::Metrics::Extensive),
    })
}

type Backend = (backend::Writer<File>, Committer<StoreFolder>);

fn open_store(config: &Config, place: &Path) -> Result<Backend, Error> {
    let began = Instant::now();
    let directory = Disk::new(bolt::Folder::new(place), !config.no_fsync);
    let opened = backend::open(directory, "db", bolt::Options::default())?;
    let path = place.join("db").display().to_string();
    let fields = fields!["path": path, "took": format!("{:?}", began.elapsed())];
    config.journal.info("opened backend db", fields);
    Ok(opened)
}

/// How the node is to be.
fn options(config: &Config) -> raft::Options {
    let mut options = raft::Options::default();
    let election = &mut options.replication.election;
    (election.election_ticks, election.pre_vote) = (config.election_ticks, config.pre_vote);
    options.keep.entries = config.entries().1;
    options
}

fn leases(reader: &mvcc::Reader<File>, config: &Config) -> Result<Leases, Error> {
    let view = reader.view();
    let rows: Result<Vec<_>, _> = view.rows().range(lease::BUCKET, ..)?.collect();
    let checkpoints = config.gates.has(Gate::LeaseCheckpoint);
    let options = lease::Options { election_timeout: config.election_timeout(), checkpoints };
    Ok(Leases::new(Lessor::load(options, rows?)?))
}

fn make_directory(place: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(place);
    made.map_err(|error| Error::Directory { place: place.to_owned(), error })
}
