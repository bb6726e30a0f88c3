//! Revisions beside the original: ours reads what etcd has written and says the same about it, and
//! etcd goes on with what ours has written.
//!
//! `cargo workbook verify` runs these tests where the original is built, and says to them where its
//! programs are. Whoever runs all tests of this crate sees them ignored: they need Go, and no
//! exercise.

#[path = "../asked.rs"]
mod asked;
#[path = "../../05-bolt/original/etcd.rs"]
mod etcd;
#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../05-bolt/memory.rs"]
mod memory;
#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../05-bolt/original/programs.rs"]
mod programs;
#[path = "../requests.rs"]
mod requests;
#[allow(dead_code, reason = "the graded tests use more of it")]
#[path = "../whole.rs"]
mod whole;

mod edges;
mod keys;

use api::{DeleteRangeRequest, KeyValue, LeaseId, PutRequest, RangeRequest};
use bolt::backend::{self, Committer};
use bolt::{Folder, Options};
use etcd::{Member, database};
use mvcc::{Leases, Progress, Store};
use programs::{folder, name, number, run};
use std::fmt::Write;
use std::fs::File;
use std::path::Path;

/// Every lease is there: the original has looked.
struct Any;

impl Leases for Any {
    fn is_there(&self, _: LeaseId) -> bool {
        true
    }
}

fn open(file: &Path) -> (Store<File>, Committer<Folder>) {
    let folder = Folder::new(file.parent().expect("it is in a folder"));
    let options = Options { growth: 0, ..Options::default() };
    let (writer, committer) = backend::open(folder, "db", options).expect("it is sound");
    (Store::open(writer).expect("it is sound"), committer)
}

/// What ours says about the state, as [`Member::state`] of the original does.
struct Ours {
    revision: u64,
    hash: u64,
    keys: String,
    past: String,
}

fn state(store: &Store<File>) -> Ours {
    let view = store.reader().view();
    let current = view.current().wire();
    let all = |revision: i64| {
        let request = RangeRequest {
            key: vec![0].into(),
            range_end: vec![0].into(),
            revision,
            ..RangeRequest::default()
        };
        json(&view.range(&request).expect("it can be read").kvs)
    };
    Ours {
        revision: view.current().0,
        hash: u64::from(view.hash(0).expect("it is sound")),
        keys: all(0),
        past: all(current - 3),
    }
}

/// Pairs as `etcdctl` prints them.
fn json(pairs: &[KeyValue]) -> String {
    let mut text = "[".to_owned();
    for (at, pair) in pairs.iter().enumerate() {
        let separator = if at > 0 { "," } else { "" };
        let _ = write!(
            text,
            "{separator}{{\"key\":\"{}\",\"create_revision\":{},\"mod_revision\":{},\"version\":{}",
            base64(&pair.key),
            pair.create_revision,
            pair.mod_revision,
            pair.version
        );
        if !pair.value.is_empty() {
            let _ = write!(text, ",\"value\":\"{}\"", base64(&pair.value));
        }
        if pair.lease != 0 {
            let _ = write!(text, ",\"lease\":{}", pair.lease);
        }
        text.push('}');
    }
    let _ = writeln!(text, "],\"count\":{}}}", pairs.len());
    text
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = number(0) << 16 | number(1) << 8 | number(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS[(bits >> shift) as usize & 63];
            text.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn ours_says_the_same_about_what_the_original_has_written() {
    let folder = folder();
    let data = folder.path().join("data");
    let member = Member::start(&data);
    member.fill();
    let theirs = member.state();
    let hash_at = |revision: u64| {
        let at = revision.to_string();
        number(&member.client(&["endpoint", "hashkv", "--rev", &at, "--write-out=json"]), "hash")
    };
    let revisions = [theirs.revision, theirs.revision - 1, theirs.revision - 7];
    let hashes = revisions.map(hash_at);
    member.stop();

    let (mut store, _committer) = open(&database(&data));
    let ours = state(&store);
    assert_eq!(ours.revision, theirs.revision);
    assert_eq!(ours.keys, theirs.keys, "every key");
    assert_eq!(format!("{} {}", ours.hash, ours.past), theirs.past, "the hash, and the past");
    let view = store.reader().view();
    for (revision, hash) in revisions.into_iter().zip(hashes) {
        let revision = i64::try_from(revision).expect("few");
        let ours = view.hash(revision).expect("it can be read");
        assert_eq!(u64::from(ours), hash, "the hash at {revision}");
    }
    let sum = store.sum(store.current());
    assert!(sum.is_some(), "it is known from the start on");
    drop(view);
    assert_eq!(store.compaction_step(1_000_000).expect("it is sound"), Progress::Done);
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_original_says_the_same_about_what_ours_has_written() {
    let folder = folder();
    let data = folder.path().join("data");
    let member = Member::start(&data);
    member.fill();
    let snapshot = folder.path().join("snapshot");
    member.client(&["snapshot", "save", name(&snapshot)]);
    member.stop();

    // Ours goes on with the file, and hands out an image of what it has become.
    let file = database(&data);
    let (mut store, mut committer) = open(&file);
    for round in 0..40_u32 {
        let key = format!("batch/3/{:03}", round * 2).into();
        let value = format!("ours, {round}").into();
        let request = PutRequest { key, value, ..PutRequest::default() };
        store.put(&request, &Any).expect("it can be");
        if round % 5 == 0 {
            let key = format!("batch/4/{round:03}").into();
            let request = DeleteRangeRequest { key, ..DeleteRangeRequest::default() };
            store.delete_range(&request).expect("it can be");
        }
    }
    store.compact(store.current().wire() - 12).expect("it can be");
    while store.compaction_step(500).expect("it is sound") != Progress::Done {}
    store.publish();
    let frozen = store.freeze().expect("there are rows");
    let committed = committer.commit(frozen).expect("the disk works");
    committer.retire(committed);
    let ours = state(&store);
    let image = folder.path().join("image");
    let mut bytes = Vec::new();
    let taken = committer.store().view().backup(|piece| {
        bytes.extend_from_slice(piece);
        true
    });
    taken.expect("it can be read");
    std::fs::write(&image, bytes).expect("there is room on the disk");
    let status = run("etcdutl", &["snapshot", "status", name(&image), "--write-out=json"]);
    assert_eq!(number(&status, "revision"), ours.revision, "{status}");

    let restored = folder.path().join("restored");
    let arguments = [
        "snapshot",
        "restore",
        name(&image),
        "--data-dir",
        name(&restored),
        "--name=m",
        "--initial-cluster",
        etcd::PEERS,
        "--initial-advertise-peer-urls=http://127.0.0.1:2380",
    ];
    run("etcdutl", &arguments);
    let member = Member::start(&restored);
    let theirs = member.state();
    member.stop();
    assert_eq!(theirs.revision, ours.revision);
    assert_eq!(theirs.keys, ours.keys, "every key");
    assert_eq!(theirs.past, format!("{} {}", ours.hash, ours.past), "the hash, and the past");
}
