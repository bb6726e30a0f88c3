//! Leases beside the original: it answers as ours does, its rows are ours to the byte, ours reads
//! them, and it goes on with rows that ours has written.
//!
//! `cargo workbook verify` runs these tests where the original is built, and says to them where its
//! programs are. Whoever runs all tests of this crate sees them ignored: they need Go, and no
//! exercise.

#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../05-bolt/original/etcd.rs"]
mod etcd;
#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../05-bolt/original/programs.rs"]
mod programs;

use api::{Error, LeaseGrantRequest, LeaseId, LeaseRevokeRequest};
use bolt::backend::{self, Committer, Writer};
use bolt::{Folder, Options};
use bytes::Bytes;
use etcd::{Member, database};
use lease::{BUCKET, Checkpoint, Keep, Lessor, Reign, Row, Time, Ttl, proposed};
use programs::{folder, number};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

type Rows = BTreeMap<Bytes, Bytes>;

const OPTIONS: lease::Options =
    lease::Options { election_timeout: Duration::from_secs(1), checkpoints: true };

fn ttl(seconds: i64) -> Ttl {
    Ttl::new(seconds).expect("a lease can last that long")
}

fn now() -> Time {
    Time::new(Duration::ZERO)
}

fn load(rows: &Rows) -> Lessor {
    let rows = rows.iter().map(|(key, value)| (key.clone(), value.clone()));
    Lessor::load(OPTIONS, rows).expect("they are leases")
}

fn store(rows: &mut Rows, row: Row) {
    match row.value {
        Some(value) => drop(rows.insert(row.key, value)),
        None => drop(rows.remove(&row.key)),
    }
}

fn open(data: &Path) -> (Writer<File>, Committer<Folder>) {
    let file = database(data);
    let folder = Folder::new(file.parent().expect("it is in a folder"));
    backend::open(folder, "db", Options { growth: 0, ..Options::default() }).expect("it is sound")
}

/// All leases that are stored there.
fn stored(data: &Path) -> Rows {
    let (mut writer, _committer) = open(data);
    let view = writer.view();
    let rows = view.range(BUCKET, ..).expect("there is the bucket");
    rows.map(|row| row.expect("it is sound")).collect()
}

/// What the member's gateway answers, which takes numbers that its client does not.
fn gateway(member: &Member, path: &str, json: &str) -> String {
    let status = member.client(&["endpoint", "status", "--write-out=json"]);
    let address = status.split_once("\"Endpoint\":\"http://").expect("it names it").1;
    let address = address.split_once('"').expect("it is text").0;
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!("POST /v3/{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close");
    let length = json.len();
    write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{json}").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.split_once("\r\n\r\n").expect("there is a body").1.to_owned()
}

/// Does the original say the same?
fn same(theirs: &str, ours: Result<&api::LeaseGrantResponse, Error>) {
    let expected = match ours {
        Ok(ours) => format!("\"ID\":\"{}\", \"TTL\":\"{}\"", ours.id, ours.ttl),
        Err(error) => error.text().to_owned(),
    };
    assert!(theirs.contains(&expected), "{theirs} and not {expected}");
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn answers_and_rows_are_the_same() {
    let folder = folder();
    let data = folder.path().join("data");
    let member = Member::start(&data);
    let shortest = Ttl::shortest(Duration::from_millis(100), 10);
    let (mut lessor, mut rows) = (load(&Rows::new()), Rows::new());
    for (id, ttl) in [
        (1, 1_000),
        (-77, 600),
        (7, 9_000_000_000),
        (8, 9_000_000_001),
        (1, 2_000),
        (1, i64::MAX),
        (i64::MAX, 700),
        (i64::MIN, 700),
        (9, i64::MIN),
        (10, 0),
        (11, 3),
    ] {
        let json = format!("{{\"ID\":\"{id}\",\"TTL\":\"{ttl}\"}}");
        let theirs = gateway(&member, "lease/grant", &json);
        let entry = proposed(&LeaseGrantRequest { id, ttl }, shortest, 0);
        let ours = lessor.grant(&entry, now());
        same(&theirs, ours.as_ref().map(|granted| &granted.response).map_err(|error| *error));
        if let Ok(granted) = ours {
            store(&mut rows, granted.row);
        }
    }
    // The short ones end by themselves if nobody ends them before.
    for id in [1, 1, 0, 12, 9, 10, 11] {
        let theirs = gateway(&member, "lease/revoke", &format!("{{\"ID\":\"{id}\"}}"));
        match lessor.revoke(&LeaseRevokeRequest { id }) {
            Ok(revoked) => {
                assert!(theirs.contains("\"revision\""), "{theirs}");
                store(&mut rows, revoked.row);
            }
            Err(error) => assert!(theirs.contains(error.text()), "{theirs} and not {error}"),
        }
    }
    member.stop();
    assert_eq!(stored(&data), rows);
    let mut again = load(&rows);
    assert_eq!(again.leases(), lessor.leases());
    again.promote(Reign(1), now());
    let seven = LeaseId::new(7).expect("it is not zero");
    let found = again.time_to_live(seven, now()).expect("it is there");
    assert_eq!((found.granted, found.left), (Ttl::MAX, Ttl::MAX.seconds() + 1));
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_original_goes_on_with_what_ours_has_written() {
    let folder = folder();
    let data = folder.path().join("data");
    Member::start(&data).stop();

    let mut lessor = load(&stored(&data));
    let mut rows = Vec::new();
    for (id, ttl) in [(1_000, 1_000), (2_000, 2_000), (-3, 3_000)] {
        let granted = lessor.grant(&LeaseGrantRequest { id, ttl }, now()).expect("it is free");
        rows.push(granted.row);
    }
    let lease = LeaseId::new(1_000).expect("it is not zero");
    let rest = Checkpoint { lease, rest: Some(ttl(400)) };
    rows.extend(lessor.checkpoint(&[rest], Keep::Row, now()));
    rows.push(lessor.revoke(&LeaseRevokeRequest { id: 2_000 }).expect("it is there").row);
    let (mut writer, mut committer) = open(&data);
    for Row { bucket, key, value } in rows {
        let written = match value {
            Some(value) => writer.put(bucket, key, value),
            None => writer.delete(bucket, key),
        };
        written.expect("there is the bucket");
    }
    let frozen = writer.freeze().expect("there are rows");
    let committed = committer.commit(frozen).expect("the disk works");
    committer.retire(committed);
    drop((writer, committer));

    let member = Member::start(&data);
    let times = |id: i64| {
        let json = gateway(&member, "lease/timetolive", &format!("{{\"ID\":\"{id}\"}}"));
        json.replace(": ", ":").replace(":\"", ":")
    };
    lessor.promote(Reign(1), now());
    for id in [1_000, -3] {
        let theirs = times(id);
        let lease = LeaseId::new(id).expect("it is not zero");
        let ours = lessor.time_to_live(lease, now()).expect("it is there");
        let granted = number(&theirs, "grantedTTL");
        assert_eq!(granted, ours.granted.seconds().unsigned_abs(), "{theirs}");
        // It has run for a moment, or for a few.
        let left = number(&theirs, "TTL");
        let most = ours.left.unsigned_abs();
        assert!((most.saturating_sub(100)..=most).contains(&left), "{theirs} and not {most}");
    }
    assert!(times(2_000).contains("\"TTL\":-1"), "{}", times(2_000));
    member.stop();
}
