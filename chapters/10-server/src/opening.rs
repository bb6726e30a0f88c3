//! A member's files: found them, or open what is there.
//!
//! Owns [`open`]. A directory has a log and a store. Which entry the store goes up to, the store
//! says; the log says where it begins; and a start compares the two. A member is founded by writing
//! the store first, with its members at entry 1, and then a log that begins there. So a founding
//! that power has cut off is done once more: without a log, nothing was promised to anybody.
//!
//! Left to others: what is done with them (`program`).

use crate::birth::{self, Birth};
use crate::clock::Clock;
use crate::config::{self, Config, Gate};
use crate::contents::{self, Contents};
use crate::disk::{Disk, File, LogFolder, StoreFolder, store_options};
use crate::facts::Facts;
use crate::forced::{self, go_on_alone};
use crate::gate::Kind;
use crate::inside::Inside;
use crate::journal::fields;
use crate::leases::Leases;
use crate::lines::hex;
use crate::listening::Listeners;
use crate::metrics::Metrics;
use crate::peers::discard_parts;
use crate::reader::Reader;
use crate::reason::reason;
use crate::roster::Roster;
use crate::rows;
use crate::state::State;
use crate::version::{TOO_OLD, Version};
use auth::Tokens;
use basics::{NodeId, Position};
use bolt::Directory;
use bolt::backend::{self, Committer};
use raft::{Gap, Node, Payload, Stored};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;
use thiserror::Error;
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
    Cluster(#[from] birth::Error),
    /// What had come of another member's state.
    #[error("cannot remove what had come of a snapshot: {error}")]
    Part {
        /// Why not.
        error: io::Error,
    },
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
    /// What is in it beside keys.
    #[error(transparent)]
    Contents(#[from] contents::Error),
    /// How tokens are made.
    #[error(transparent)]
    Users(#[from] auth::Error),
    /// It was to go on alone.
    #[error(transparent)]
    Forced(#[from] forced::Error),
    /// The two do not belong together.
    #[error("{0}: entries between the two are nowhere; restore a backup")]
    Gap(Gap),
    /// The cluster speaks what this one does not.
    #[error("{TOO_OLD}")]
    TooOld,
    /// Entries may have been acknowledged that only the log had.
    #[error("the store goes up to {applied}, and there is no log in {place}; restore a backup")]
    NoLog {
        /// Where it should be.
        place: PathBuf,
        /// How far the store goes.
        applied: Position,
    },
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
    pub reader: Reader,
    /// Who brings it to the disk.
    pub committer: Committer<StoreFolder>,
    /// The member, and its cluster.
    pub identity: Identity,
    /// Does it start for the first time?
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
fn check(log_place: &Path) -> Result<(), Error> {
    let mut names = Vec::new();
    if let Ok(entries) = fs::read_dir(log_place) {
        names.extend(entries.flatten().map(|entry| entry.file_name()));
    }
    let ends = |end: &str| names.iter().any(|name| name.to_string_lossy().ends_with(end));
    if ends(".wal") {
        return Err(Error::Original(log_place.to_owned()));
    }
    Ok(())
}

/// Does this member speak what its cluster does?
fn check_version(contents: &Contents) -> Result<(), Error> {
    let speaks = contents.versions.cluster.as_deref().and_then(Version::parse);
    match speaks.is_some_and(|version| version > Version::own()) {
        true => Err(Error::TooOld),
        false => Ok(()),
    }
}

/// Opens a member's files. If there are none, the member is founded, or comes to a cluster.
pub fn open(config: &Config, listeners: &Listeners, draw: u64) -> Result<Opened, Error> {
    let (store_place, log_place) = (config.store_place(), config.log_place());
    check(&log_place)?;
    // With a log, the member knows its cluster, and is not told anything.
    let birth = if has_log(&log_place) { None } else { Some(Birth::of(config, listeners)?) };
    for place in [&config.data_dir, &store_place, &log_place] {
        make_directory(place)?;
    }
    let log_directory = Disk::new(Folder::lock(&log_place)?, !config.no_fsync);
    discard_parts(&store_place).map_err(|error| Error::Part { error })?;
    if birth.is_some() {
        forget_founding(config, &store_place)?;
    }
    let (mut rows, mut committer) = open_store(config, &store_place)?;
    if let Some(birth) = &birth
        && rows::position(&rows.view())?.is_none()
    {
        found((&mut rows, &mut committer), &birth.stored, &birth.founders)?;
    }
    let mut contents = contents::read(&rows.view(), lease_options(config))?;
    let is_new = birth.is_some();
    let (mut log, mut stored, identity) = open_log(config, &log_directory, birth, &contents)?;
    let id = NodeId(identity.member);
    let fields = fields!["local-member-id": hex(id.0), "cluster-id": hex(identity.cluster)];
    let message = if is_new { "starting local member" } else { "restarting local member" };
    config.journal.info(message, fields);
    if config.force_new_cluster && contents.roster.list().len() > 1 {
        let store = (&mut rows, &mut committer);
        stored.log = go_on_alone(id, &mut contents, &stored.log, &mut log, store)?;
        stored.configuration = contents.configuration.clone();
    }
    let node = Node::new(id, options(config), stored, draw).map_err(Error::Gap)?;
    let metrics = Metrics::new(config.metrics == config::Metrics::Extensive);
    let store = (rows, &committer);
    let inside = Inside::of(store, contents, Clock::running(), (tokens(config)?, metrics))?;
    let Inside { state, leases, facts, reader } = inside;
    let fields = fields!["current-rev": reader.view().current().0];
    config.journal.info("kvstore restored", fields);
    Ok(Opened {
        node,
        log,
        log_directory,
        log_options: SEGMENTS,
        state,
        leases,
        facts,
        reader,
        committer,
        identity,
        is_new,
    })
}

/// Makes the store of a new member.
pub fn found(
    (rows, committer): (&mut Rows, &mut Committer<StoreFolder>),
    stored: &Stored,
    founders: &Roster,
) -> Result<(), Error> {
    rows::found(rows, &stored.configuration, founders.rows(), stored.applied)?;
    let frozen = rows.freeze().expect("something was written");
    let committed = committer.commit(frozen)?;
    committer.retire(committed);
    Ok(())
}

type Log = (Wal<LogFolder>, Stored, Identity);

/// Opens the log, or begins it.
fn open_log(
    config: &Config,
    directory: &LogFolder,
    birth: Option<Birth>,
    contents: &Contents,
) -> Result<Log, Error> {
    check_version(contents)?;
    let applied = contents.applied;
    if let Some(Birth { identity, stored, .. }) = birth {
        if applied != stored.applied {
            return Err(Error::NoLog { place: config.log_place(), applied });
        }
        let hard_state = stored.hard_state;
        let log = Wal::create(directory.clone(), identity, SEGMENTS, hard_state, applied)?;
        return Ok((log, stored, identity));
    }
    // Addresses may change; a member and its cluster stay who they are.
    let identity = wal::owner(directory)?;
    let (log, recovered) = Wal::open::<Payload>(directory.clone(), identity, SEGMENTS)?;
    let configuration = contents.configuration.clone();
    let stored =
        Stored { hard_state: recovered.hard_state, log: recovered.log, applied, configuration };
    Ok((log, stored, identity))
}

/// A founding that was cut off before there was a log is done once more, by what is told now.
fn forget_founding(config: &Config, place: &Path) -> Result<(), Error> {
    if !place.join("db").exists() {
        return Ok(());
    }
    let (rows, _) = open_store(config, place)?;
    let found = rows::position(&rows.reader().view())?;
    if found.is_some_and(|found| found.index.0 <= 1) {
        store_directory(config).remove("db")?;
    }
    Ok(())
}

/// Is there a log?
fn has_log(place: &Path) -> bool {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".log"))
}

/// How the member knows whose a token is.
fn tokens(config: &Config) -> Result<Kind, Error> {
    Ok(match auth::Options::parse(&config.auth.token)? {
        auth::Options::None => Kind::None,
        auth::Options::Simple => {
            Kind::Simple(Mutex::new(Tokens::new(config.auth.ttl, MOST_TOKENS)))
        }
        auth::Options::Jwt(options) => {
            Kind::Signed(Box::new(options.load(|place| fs::read(place))?))
        }
    })
}

type Rows = backend::Writer<File>;
type Backend = (Rows, Committer<StoreFolder>);

fn open_store(config: &Config, place: &Path) -> Result<Backend, Error> {
    let began = Instant::now();
    let opened = backend::open(store_directory(config), "db", store_options())?;
    let path = place.join("db").display().to_string();
    let fields = fields!["path": path, "took": format!("{:?}", began.elapsed())];
    config.journal.info("opened backend db", fields);
    Ok(opened)
}

/// Where the store is.
pub fn store_directory(config: &Config) -> StoreFolder {
    Disk::new(bolt::Folder::new(config.store_place()), !config.no_fsync)
}

/// How the node is to be.
fn options(config: &Config) -> raft::Options {
    let mut options = raft::Options::default();
    let election = &mut options.replication.election;
    (election.election_ticks, election.pre_vote) = (config.election_ticks, config.pre_vote);
    options.keep.entries = config.entries().1;
    options
}

/// How leases are kept.
pub fn lease_options(config: &Config) -> lease::Options {
    let checkpoints = config.gates.has(Gate::LeaseCheckpoint);
    lease::Options { election_timeout: config.election_timeout(), checkpoints }
}

fn make_directory(place: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(place);
    made.map_err(|error| Error::Directory { place: place.to_owned(), error })
}
