//! A member's files: found them, or open what is there.
//!
//! Owns [`open`]. A directory has a log and a store. Which entry the store goes up to, the store
//! says; the log says where it begins; and a start compares the two. A member is founded by writing
//! the store first, with its members at entry 1, and then a log that begins there. So a founding
//! that power has cut off is done once more: without a log, nothing was promised to anybody.
//!
//! Left to others: what is done with them (`program`).

use crate::config::Config;
use crate::ids;
use crate::leases::Leases;
use crate::rows;
use crate::state::State;
use basics::{NodeId, Position};
use bolt::backend::{self, Committer};
use lease::Lessor;
use raft::{Configuration, Gap, Node, Payload, Stored};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use wal::{Folder, Identity, Options, Wal};

/// How long a segment of the log is, as etcd's.
const SEGMENTS: Options = Options { segment_bytes: 64 << 20 };

/// Why a member's files cannot be opened.
#[derive(Debug, Error)]
pub enum Error {
    /// A directory.
    #[error("cannot make the directory {place}: {error}")]
    Directory {
        /// Which.
        place: PathBuf,
        /// Why not.
        error: io::Error,
    },
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
    pub log: Wal<Folder>,
    /// Where that is.
    pub log_directory: Folder,
    /// How it is written.
    pub log_options: Options,
    /// The state in the store.
    pub state: State,
    /// The leases in it.
    pub leases: Leases,
    /// Who reads it.
    pub reader: mvcc::Reader<File>,
    /// Who brings it to the disk.
    pub committer: Committer<bolt::Folder>,
    /// The member, and its cluster.
    pub id: NodeId,
    /// The same.
    pub cluster: u64,
}

/// Opens a member's files. If there are none, the member is founded.
pub fn open(config: &Config, draw: u64) -> Result<Opened, Error> {
    let id = ids::member(&config.peer_urls, &config.token);
    let cluster = ids::cluster(&[id]);
    let identity = Identity { cluster, member: id.0 };
    let member = config.data_dir.join("member");
    let (store_place, log_place) = (member.join("snap"), member.join("wal"));
    for place in [&config.data_dir, &member, &store_place, &log_place] {
        make_directory(place)?;
    }
    let log_directory = Folder::lock(&log_place)?;
    let (mut rows, mut committer) =
        backend::open(bolt::Folder::new(&store_place), "db", bolt::Options::default())?;
    let found = Stored::found([id]);
    let is_new = wal::is_empty(&log_directory)?;
    if is_new && rows::position(&rows.view())?.is_none() {
        rows::found(&mut rows, config, id, found.applied)?;
        let frozen = rows.freeze().expect("something was written");
        let committed = committer.commit(frozen)?;
        committer.retire(committed);
    }
    let place = || store_place.join("db");
    let applied: Position =
        rows::position(&rows.view())?.ok_or_else(|| Error::NoPosition(place()))?;
    let (log, stored) = if is_new {
        if applied != found.applied {
            return Err(Error::NoLog { place: log_place, applied });
        }
        let log =
            Wal::create(log_directory.clone(), identity, SEGMENTS, found.hard_state, applied)?;
        (log, found)
    } else {
        let (log, recovered) = Wal::open::<Payload>(log_directory.clone(), identity, SEGMENTS)?;
        // There is one member, so nobody has to look who they are.
        let configuration = Configuration::of([id]);
        let stored =
            Stored { hard_state: recovered.hard_state, log: recovered.log, applied, configuration };
        (log, stored)
    };
    let node = Node::new(id, raft::Options::default(), stored, draw).map_err(Error::Gap)?;
    let store = mvcc::Store::open(rows)?;
    let reader = store.reader();
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
        reader,
        committer,
        id,
        cluster,
    })
}

fn leases(reader: &mvcc::Reader<File>, config: &Config) -> Result<Leases, Error> {
    let view = reader.view();
    let rows: Result<Vec<_>, _> = view.rows().range(lease::BUCKET, ..)?.collect();
    let options =
        lease::Options { election_timeout: config.election_timeout(), checkpoints: false };
    Ok(Leases::new(Lessor::load(options, rows?)?))
}

fn make_directory(place: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(place);
    made.map_err(|error| Error::Directory { place: place.to_owned(), error })
}
