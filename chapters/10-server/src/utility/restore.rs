//! A member's files of a copy: `snapshot restore`.
//!
//! Owns [`run`]. The store is the copy, with other members: all those that are told, as if they had
//! founded their cluster at the last of as many entries. The log begins there, and is empty. Who
//! restores the same copy with the same words for each member has a cluster.
//!
//! The log comes last. So what a failure or a crash leaves is a member, or a store that goes up to
//! some entry without a log, with which none starts.

use crate::config::cluster;
use crate::config::{Founder, Impossible, Url};
use crate::ids;
use crate::journal::{Journal, fields};
use crate::lines::hex;
use crate::opening::SEGMENTS;
use crate::roster::{MEMBERS, REMOVED, Roster, Row};
use crate::rows;
use crate::utility::failure::Failure;
use crate::utility::files::joined;
use basics::{Index, NodeId, Position};
use bolt::Options;
use bolt::backend::{self, Committer, Writer};
use bytes::Bytes;
use mvcc::{Act, Stamp};
use raft::{Configuration, Stored};
use ring::digest::{Context, SHA256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use wal::{Folder, Identity, Wal};

/// What a command line says.
pub struct Wanted<'a> {
    /// The copy.
    pub file: &'a str,
    /// Where a member's files are to be; nothing for the name's own.
    pub data_dir: &'a str,
    /// Where its log is to be; nothing for among them.
    pub wal_dir: &'a str,
    /// What people call the member.
    pub name: &'a str,
    /// All members.
    pub initial_cluster: &'a str,
    /// What tells the cluster from others.
    pub token: &'a str,
    /// Where other members find this one.
    pub advertised: &'a str,
    /// Is the copy's digest not looked at?
    pub skips_hash: bool,
    /// Means nothing here: no file is mapped into memory.
    pub map_size: u64,
    /// By how much the revision grows, and everything before it is compacted; 0 for neither.
    pub bump: u64,
}

/// The digest is behind a copy.
const DIGEST: u64 = 32;
/// Pages are as long as a multiple of this. So a file with a digest is known by its length.
const UNIT: u64 = 512;
/// So much is copied at once.
const PIECE: usize = 1 << 20;

/// Makes a member's files of a copy.
pub fn run(wanted: &Wanted<'_>, journal: &Journal) -> Result<(), Failure> {
    let founders = founders(wanted, journal)?;
    let (named, log) = places(wanted)?;
    let data = joined(&named, &[]);
    let store = data.join("member").join("snap");
    let path = |path: &Path| path.display().to_string();
    let said = fields![
        "path": wanted.file,
        "wal-dir": path(&log),
        "data-dir": named,
        "snap-dir": path(&store),
        "initial-memory-map-size": wanted.map_size,
    ];
    journal.info("restoring snapshot", said.clone());
    copy(wanted, &store)?;
    let cluster = Cluster::of(&founders, wanted.token);
    rewrite(&store, &cluster, wanted.bump, journal)?;
    let own = cluster.members.iter().find(|(_, founder)| founder.name == wanted.name);
    let (id, _) = own.expect("it was looked for among the founders");
    begin_log(&log, Identity { cluster: cluster.id, member: id.0 }, &cluster)?;
    for place in [&store, &data.join("member"), &data, &above(&data)] {
        let synced = File::open(place).and_then(|directory| directory.sync_all());
        synced.map_err(|error| Failure::system("sync", place, &error))?;
    }
    journal.info("restored snapshot", said);
    Ok(())
}

/// All members, if this one is one of them.
fn founders(wanted: &Wanted<'_>, journal: &Journal) -> Result<Vec<Founder>, Failure> {
    let failed = |why: Impossible| match why {
        // Nothing is set up here, so that is not what has failed.
        Impossible::Cluster(why) => Failure::new(why.to_string()),
        why => Failure::new(why.to_string()),
    };
    let advertised = Url::list(wanted.advertised).map_err(|why| Failure::new(why.to_string()))?;
    let founders = cluster::founders(wanted.initial_cluster).map_err(failed)?;
    cluster::check(wanted.name, &advertised, &founders, journal).map_err(failed)?;
    Ok(founders)
}

/// Where the member's files go, and its log. Nothing may be there.
fn places(wanted: &Wanted<'_>) -> Result<(String, PathBuf), Failure> {
    let usual = format!("{}.etcd", wanted.name);
    let data = if wanted.data_dir.is_empty() { &usual } else { wanted.data_dir };
    let is_empty = |place: &str| fs::read_dir(place).is_ok_and(|mut files| files.next().is_none());
    if Path::new(data).exists() && !is_empty(data) {
        return Err(Failure::new(format!("data-dir {data:?} not empty or could not be read")));
    }
    let log = match wanted.wal_dir {
        "" => joined(data, &["member", "wal"]),
        place if Path::new(place).exists() => {
            return Err(Failure::new(format!("wal-dir {place:?} exists")));
        }
        place => PathBuf::from(place),
    };
    Ok((data.to_owned(), log))
}

/// What a store is called.
const STORE: &str = "db";

/// Copies the copy, and looks whether its digest is right.
fn copy(wanted: &Wanted<'_>, store: &Path) -> Result<(), Failure> {
    let place = Path::new(wanted.file);
    let failed = |doing: &'static str| move |error| Failure::system(doing, place, &error);
    let mut file = File::open(place).map_err(failed("open"))?;
    let mut digest = [0; DIGEST as usize];
    if file.metadata().is_ok_and(|data| data.is_dir()) {
        return Err(Failure::system("read", place, &io::ErrorKind::IsADirectory.into()));
    }
    let length = file.seek(SeekFrom::End(0)).map_err(failed("seek"))?;
    let Some(end) = length.checked_sub(DIGEST) else {
        return Err(Failure::new(format!("seek {}: invalid argument", place.display())));
    };
    file.seek(SeekFrom::Start(end)).map_err(failed("seek"))?;
    file.read_exact(&mut digest).map_err(failed("read"))?;
    file.rewind().map_err(failed("seek"))?;
    let has_digest = length % UNIT == DIGEST;
    make_directory(store)?;
    let part = store.join(STORE);
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(&part);
    let mut made = made.map_err(|error| Failure::system("open", &part, &error))?;
    let mut rest = if has_digest { end } else { length };
    let (mut piece, mut found) = (vec![0; PIECE], Context::new(&SHA256));
    while rest > 0 {
        let piece = &mut piece[..usize::try_from(rest).unwrap_or(PIECE).min(PIECE)];
        file.read_exact(piece).map_err(failed("read"))?;
        found.update(piece);
        made.write_all(piece).map_err(|error| Failure::system("write", &part, &error))?;
        rest -= piece.len() as u64;
    }
    let found = found.finish();
    match (has_digest, wanted.skips_hash) {
        (false, false) => Err(Failure::new("snapshot missing hash but --skip-hash-check=false")),
        (true, false) if found.as_ref() != digest => {
            let bytes =
                |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(" ");
            let (digest, found) = (bytes(&digest), bytes(found.as_ref()));
            Err(Failure::new(format!("expected sha256 [{digest}], got [{found}]")))
        }
        (true | false, true) | (true, false) => Ok(()),
    }
}

/// A cluster that is founded once more.
struct Cluster {
    id: u64,
    /// In the order of the founders.
    members: Vec<(NodeId, Founder)>,
}

impl Cluster {
    fn of(founders: &[Founder], token: &str) -> Cluster {
        let member = |founder: &Founder| (ids::member(&texts(founder), token), founder.clone());
        let members: Vec<_> = founders.iter().map(member).collect();
        let ids: Vec<NodeId> = members.iter().map(|(id, _)| *id).collect();
        Cluster { id: ids::cluster(&ids), members }
    }

    /// Where the cluster begins: as if each member had come with an entry.
    fn begins(&self) -> Stored {
        let stored = Stored::found(self.members.iter().map(|(id, _)| *id));
        let index = Index(self.members.len() as u64);
        Stored { applied: Position { index, ..stored.applied }, ..stored }
    }

    /// The members, and their rows.
    fn roster(&self, journal: &Journal) -> (Roster, Vec<Row>) {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_by_key(|(id, _)| *id);
        let (mut roster, mut rows) = (Roster::default(), Vec::new());
        for (id, founder) in members {
            let urls = texts(founder);
            journal.info(
                "added member",
                fields![
                    "cluster-id": hex(self.id),
                    "local-member-id": "0",
                    "added-peer-id": hex(id.0),
                    "added-peer-peer-urls": urls,
                    "added-peer-is-learner": false,
                ],
            );
            let (added, _) = roster.add(*id, urls, false);
            let named = added.publish(*id, founder.name.clone(), Vec::new());
            let (named, row) = named.expect("it was added");
            roster = named;
            rows.extend(row);
        }
        (roster, rows)
    }
}

fn texts(founder: &Founder) -> Vec<String> {
    founder.urls.iter().map(|url| url.text().to_owned()).collect()
}

/// Makes the copy the store of a cluster of these members.
fn rewrite(store: &Path, cluster: &Cluster, bump: u64, journal: &Journal) -> Result<(), Failure> {
    let opened = backend::open(bolt::Folder::new(store), STORE, Options::default());
    let (mut rows, mut committer): (Writer<File>, Committer<_>) =
        opened.map_err(|error| Failure::unopened(&store.join(STORE), &error, journal))?;
    journal.info("Trimming membership information from the backend...", fields![]);
    let view = rows.view();
    for bucket in [MEMBERS, REMOVED] {
        for row in view.range(bucket.as_bytes(), ..)? {
            rows.delete(bucket.as_bytes(), row?.0)?;
        }
    }
    if bump > 0 {
        grow(&mut rows, &view, bump, journal)?;
    }
    drop(view);
    let (roster, members) = cluster.roster(journal);
    let configuration = Configuration::Simple(roster.members());
    rows::begin(&mut rows, &configuration, members, cluster.begins().applied)?;
    let frozen = rows.freeze().expect("something was written");
    let committed = committer.commit(frozen)?;
    committer.retire(committed);
    Ok(())
}

/// The revision grows, and everything before it is to be compacted: whoever watched the cluster
/// that was copied has seen revisions that the copy has not.
fn grow(
    rows: &mut Writer<File>,
    view: &backend::View<File>,
    bump: u64,
    journal: &Journal,
) -> Result<(), Failure> {
    let last = view.range_back(b"key", ..)?.next().transpose()?;
    let latest = match last {
        None => 1,
        Some((key, _)) => match Stamp::of_row(&key) {
            Some((stamp, Act::Put | Act::Delete)) => stamp.revision.0,
            None => return Err(Failure::new("a row of the bucket \"key\" is no revision")),
        },
    };
    // The last revision that there is leaves none for what comes after it.
    let grown = latest.checked_add(bump).filter(|grown| *grown < i64::MAX as u64);
    let Some(grown) = grown else {
        return Err(Failure::new(format!(
            "cannot bump revision {latest} by {bump}: it is too far"
        )));
    };
    let said = fields![
        "latest-revision": latest,
        "bump-amount": bump,
        "new-latest-revision": grown,
    ];
    journal.info("bumping latest revision", said);
    let stamp = Stamp { revision: api::Revision(grown), sub: 0 };
    rows.put(b"key", stamp.row_key(Act::Put), Bytes::new())?;
    journal.info("marking revision compacted", fields!["revision": grown]);
    Ok(rows::schedule_compaction(rows, stamp.row_key(Act::Put).into())?)
}

/// Makes the log, which begins where the store ends.
fn begin_log(place: &Path, identity: Identity, cluster: &Cluster) -> Result<(), Failure> {
    let Stored { hard_state, applied, .. } = cluster.begins();
    let log = Folder::lock(place)
        .and_then(|folder| Wal::create(folder, identity, SEGMENTS, hard_state, applied));
    log.map(drop).map_err(|error| Failure::new(error.to_string()))
}

/// The directory that a path is in.
fn above(path: &Path) -> PathBuf {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    above.unwrap_or(Path::new(".")).to_owned()
}

/// Makes a directory, with those above it that are not there. An error names the first of them.
fn make_directory(place: &Path) -> Result<(), Failure> {
    let mut missing: Vec<&Path> = place.ancestors().take_while(|place| !place.exists()).collect();
    missing.retain(|place| !place.as_os_str().is_empty());
    for place in missing.into_iter().rev() {
        let made = fs::DirBuilder::new().mode(0o700).create(place);
        made.map_err(|error| Failure::system("mkdir", place, &error))?;
    }
    Ok(())
}
