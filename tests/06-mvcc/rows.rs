//! Stores that somebody else has written: what a start makes of their rows, and what it refuses.

use crate::memory::{Memory, NAME, SMALL};
use crate::whole::Known;
use api::{KeyValue, LeaseId, PutRequest, RangeRequest};
use bolt::backend;
use harness::check;
use harness::files::Disk;
use mvcc::{Act, Stamp, Store};
use prost::Message;

/// The key of a row.
fn at(revision: u64, sub: u32, act: Act) -> Vec<u8> {
    Stamp { revision: api::Revision(revision), sub }.row_key(act).to_vec()
}

fn pair(key: &'static str, revision: i64, version: i64, lease: i64) -> Vec<u8> {
    let (create_revision, mod_revision) = (revision - version + 1, revision);
    let (key, value) = (key.into(), "v".into());
    KeyValue { key, value, create_revision, mod_revision, version, lease }.encode_to_vec()
}

fn deleted(key: &'static str) -> Vec<u8> {
    KeyValue { key: key.into(), ..KeyValue::default() }.encode_to_vec()
}

type Row = (&'static str, Vec<u8>, Vec<u8>);

/// A store with these rows.
fn opened(rows: Vec<Row>) -> Result<Store<crate::memory::MemoryFile>, String> {
    let opened = backend::open(Memory(Disk::new()), NAME, SMALL);
    let (mut writer, _) = opened.expect("it is empty");
    for (bucket, key, value) in rows {
        writer.make_bucket(bucket.as_bytes()).expect("the disk works");
        writer.put(bucket.as_bytes(), key, value).expect("it is short");
    }
    writer.publish();
    Store::open(writer).map_err(|error| error.to_string())
}

fn refused(rows: Vec<Row>, words: &str) {
    let error = opened(rows).err().unwrap_or_else(|| panic!("it was opened: {words}"));
    assert!(error.contains(words) && error.contains("restore a backup"), "{error}");
}

#[test]
fn what_nobody_can_have_written_is_refused() {
    check(|| {
        let good = || pair("a", 2, 1, 0);
        let mut mark = at(2, 0, Act::Put);
        mark[8] = b'-';
        for key in [b"no revision".to_vec(), mark, [at(2, 0, Act::Put), vec![b'x']].concat()] {
            refused(vec![("key", key, good())], "its key is no revision");
        }
        refused(vec![("key", at(1 << 63, 0, Act::Put), good())], "its key is no revision");
        let mut sub = at(2, 0, Act::Put);
        sub[9] = 1;
        refused(vec![("key", sub, good())], "its key is no revision");
        refused(vec![("key", at(2, 0, Act::Put), b"\xff\xff".to_vec())], "2.0 is no pair");
        for version in [0, -1] {
            let row = pair("a", 2, version, 0);
            refused(vec![("key", at(2, 0, Act::Put), row)], "2.0 has no version");
        }
        for name in ["scheduledCompactRev", "finishedCompactRev"] {
            for value in [b"nothing".to_vec(), at(2, 0, Act::Delete)] {
                refused(vec![("meta", name.as_bytes().to_vec(), value)], "no revision");
            }
        }
    });
}

#[test]
fn a_row_without_a_key_is_there_for_its_revision() {
    check(|| {
        let nothing = KeyValue::default().encode_to_vec();
        let rows = vec![
            ("key", at(2, 0, Act::Put), pair("a", 2, 1, 0)),
            ("key", at(50, 0, Act::Put), nothing),
        ];
        let store = opened(rows).expect("etcd's tools write such rows");
        assert_eq!(store.current().wire(), 50);
        let everything = RangeRequest {
            key: vec![0].into(),
            range_end: vec![0].into(),
            ..RangeRequest::default()
        };
        let response = store.reader().view().range(&everything).expect("it can be read");
        assert_eq!(response.count, 1, "it is no key");
    });
}

#[test]
fn the_newest_revision_is_not_before_the_compaction() {
    check(|| {
        let mark = || at(40, 0, Act::Put);
        for names in [&["scheduledCompactRev"][..], &["scheduledCompactRev", "finishedCompactRev"]]
        {
            let mut rows = vec![("key", at(2, 0, Act::Put), pair("a", 2, 1, 0))];
            rows.extend(names.iter().map(|name| ("meta", name.as_bytes().to_vec(), mark())));
            let mut store = opened(rows).expect("it is sound");
            assert_eq!((store.current().wire(), store.compacted().map(|at| at.0)), (40, Some(40)));
            let request = PutRequest { key: "a".into(), ..PutRequest::default() };
            let response = store.put(&request, &Known(&[])).expect("it can be");
            assert_eq!(response.header.map(|header| header.revision), Some(41));
        }
    });
}

#[test]
fn the_last_row_of_a_key_says_its_lease() {
    check(|| {
        let rows = vec![
            ("key", at(2, 0, Act::Put), pair("a", 2, 1, 7)),
            ("key", at(3, 0, Act::Put), pair("b", 3, 1, 7)),
            ("key", at(4, 0, Act::Put), pair("c", 4, 1, 7)),
            ("key", at(5, 0, Act::Put), pair("b", 5, 2, 0)),
            ("key", at(6, 0, Act::Delete), deleted("c")),
            ("key", at(7, 0, Act::Put), pair("d", 7, 1, -3)),
        ];
        let store = opened(rows).expect("it is sound");
        let keys = |lease: i64| {
            let lease = LeaseId::new(lease).expect("it is not zero");
            store.attached().keys(lease).map(|key| key.to_vec()).collect::<Vec<_>>()
        };
        assert_eq!((keys(7), keys(-3)), (vec![b"a".to_vec()], vec![b"d".to_vec()]));
    });
}
