//! The program for a member's files: copies become members again, and its words are etcd's.

use crate::client::Client;
use crate::member::{Member, cheap_auth, config, place};
use api::auth_client::AuthClient;
use api::maintenance_client::MaintenanceClient;
use api::{
    AuthUserAddRequest, AuthUserListRequest, CompactionRequest, DeleteRangeRequest, HashKvRequest,
    LeaseTimeToLiveRequest, MemberListRequest, PutRequest, RangeRequest, RangeResponse,
    SnapshotRequest, cluster_client::ClusterClient,
};
use harness::check;
use server::{Config, Stop};
use std::fs;
use std::path::Path;
use std::process::Command;
use tonic::codegen::tokio_stream::StreamExt;
use tonic::{Code, Status};

macro_rules! ask {
    ($service:ident, $client:expr, $call:ident, $request:expr) => {
        $client.call(async |connection, origin| {
            $service::with_origin(connection, origin).$call($request).await
        })
    };
}

/// How the program ends, and what it says.
struct Said {
    code: Option<i32>,
    output: String,
    errors: String,
}

fn run(words: &[&str]) -> Said {
    let ended = Command::new(env!("CARGO_BIN_EXE_myetcdutl")).args(words).output();
    let ended = ended.expect("it was built");
    let text = |bytes| String::from_utf8(bytes).expect("it is text");
    Said { code: ended.status.code(), output: text(ended.stdout), errors: text(ended.stderr) }
}

/// What the program answers, if it does what it is told.
fn done(words: &[&str]) -> String {
    let Said { code, output, errors } = run(words);
    assert_eq!(code, Some(0), "{words:?}: {errors}");
    output
}

/// The code with which it refuses, and the last line of why.
fn refused(words: &[&str]) -> (i32, String) {
    let Said { code, output, errors } = run(words);
    assert_eq!(output, "", "{words:?}");
    let last = errors.lines().last().unwrap_or_default().to_owned();
    (code.expect("it ends by itself"), last)
}

fn name(path: &Path) -> &str {
    path.to_str().expect("its name is text")
}

fn get(client: &mut Client, key: &str, revision: i64) -> Result<RangeResponse, Status> {
    let request = RangeRequest { key: key.to_owned().into(), revision, ..Default::default() };
    client.kv(async |mut kv| kv.range(request).await)
}

fn put(client: &mut Client, key: &str, value: &str, lease: i64) {
    let (key, value) = (key.to_owned().into(), value.to_owned().into());
    let request = PutRequest { key, value, lease, ..PutRequest::default() };
    client.kv(async |mut kv| kv.put(request).await).expect("it can be");
}

fn hash(client: &mut Client, revision: i64) -> (u32, i64, i64) {
    let request = HashKvRequest { revision };
    let found = ask!(MaintenanceClient, client, hash_kv, request).expect("it can be asked");
    (found.hash, found.hash_revision, found.compact_revision)
}

/// A member with keys, some of them deleted and compacted, a lease and a user.
fn fill(client: &mut Client) {
    for at in 0..20 {
        put(client, &format!("k/{}", at % 7), &format!("value {at}"), 0);
    }
    let key = "k/2".into();
    let delete = DeleteRangeRequest { key, ..DeleteRangeRequest::default() };
    client.kv(async |mut kv| kv.delete_range(delete).await).expect("it can be");
    let compact = CompactionRequest { revision: 8, physical: true };
    client.kv(async |mut kv| kv.compact(compact).await).expect("it can be");
    client.grant(7, 10_000);
    put(client, "leased", "1", 7);
    let (name, password) = ("anna".to_owned(), "secret".to_owned());
    let add = AuthUserAddRequest { name, password, ..AuthUserAddRequest::default() };
    ask!(AuthClient, client, user_add, add).expect("it can be");
}

/// Writes a copy of what a member holds.
fn save(client: &mut Client, file: &Path) {
    let mut pieces =
        ask!(MaintenanceClient, client, snapshot, SnapshotRequest {}).expect("it begins");
    let mut bytes = Vec::new();
    while let Some(piece) = client.wait(pieces.next()) {
        bytes.extend(piece.expect("it goes on").blob);
    }
    fs::write(file, bytes).expect("there is room");
}

/// A copy of a filled member, and what the member says of its keys.
fn copy(place: &Path, file: &Path) -> (u32, i64, i64) {
    let member = Member::start(Config { auth: cheap_auth(), ..config(place) });
    let mut client = member.client();
    fill(&mut client);
    save(&mut client, file);
    let hash = hash(&mut client, 0);
    drop(client);
    member.stop();
    hash
}

#[test]
fn a_copy_becomes_a_member_that_holds_the_same() {
    check(|| {
        let place = place();
        let file = place.path().join("copy");
        let restored = place.path().join("restored");
        let before = copy(place.path(), &file);
        let bytes = fs::read(&file).expect("it is there");
        let (hash_before, revision, compacted) = before;
        let line = format!("{hash_before}, {revision}, {compacted}\n");
        assert_eq!(done(&["hashkv", name(&file)]), line);
        assert_eq!(done(&["snapshot", "restore", name(&file), "--data-dir", name(&restored)]), "");
        assert_eq!(fs::read(&file).expect("it is there"), bytes, "it is only looked at");

        let data_dir = restored.clone();
        let config = Config { data_dir, ..config(place.path()) };
        let member = Member::start(config.clone());
        let mut client = member.client();
        assert_eq!(hash(&mut client, 0), before);
        assert_eq!(get(&mut client, "k/3", 0).expect("it is there").kvs[0].value, "value 17");
        assert_eq!(get(&mut client, "k/2", 0).expect("it is gone").count, 0);
        let old = get(&mut client, "k/3", 7).expect_err("it is compacted");
        assert_eq!(old.code(), Code::OutOfRange);
        let request = LeaseTimeToLiveRequest { id: 7, keys: true };
        let lease = client.lease(async |mut lease| lease.lease_time_to_live(request).await);
        assert_eq!(lease.expect("it is there").keys, ["leased"]);
        let users = ask!(AuthClient, client, user_list, AuthUserListRequest {});
        assert_eq!(users.expect("it can be asked").users, ["anna"]);
        put(&mut client, "k/3", "goes on", 0);
        drop(client);
        member.stop();
        let member = Member::start(config);
        let mut client = member.client();
        assert_eq!(get(&mut client, "k/3", 0).expect("it is there").kvs[0].value, "goes on");
        member.stop();
    });
}

#[test]
fn every_member_of_a_restored_cluster_has_the_same_members() {
    check(|| {
        let place = place();
        let file = place.path().join("copy");
        copy(place.path(), &file);
        let cluster = "a=http://127.0.0.1:1,b=http://127.0.0.1:2,c=http://127.0.0.1:3";
        let restore = |own: &str, port: &str, token: &str| {
            let data = place.path().join(format!("{own} {token}"));
            let url = format!("http://127.0.0.1:{port}");
            let mut words = vec!["snapshot", "restore", name(&file), "--data-dir", name(&data)];
            words.extend(["--name", own, "--initial-cluster", cluster]);
            words.extend(["--initial-advertise-peer-urls", &url]);
            words.extend(["--initial-cluster-token", token]);
            done(&words);
            let log = wal::Folder::lock(data.join("member").join("wal")).expect("it is there");
            let owner = wal::owner(&log).expect("it says whose it is");
            let store = data.join("member").join("snap").join("db");
            (owner, done(&["snapshot", "status", name(&store), "-w", "json"]))
        };
        let (a, of_a) = restore("a", "1", "t");
        let (b, of_b) = restore("b", "2", "t");
        let (other, of_other) = restore("a", "1", "u");
        assert_eq!(of_a, of_b, "their stores hold the same");
        assert_eq!(a.cluster, b.cluster);
        assert_ne!(a.member, b.member);
        assert_ne!((a.cluster, of_a), (other.cluster, of_other), "another token, another cluster");
        // What etcd computes of these words.
        assert_eq!(format!("{:x} {:x}", a.cluster, a.member), "241e8354a38f3f00 3ec7a265f1d844c1");
    });
}

#[test]
fn a_restored_member_can_leave_revisions_out_that_others_have_seen() {
    check(|| {
        let place = place();
        let (file, restored) = (place.path().join("copy"), place.path().join("restored"));
        let (_, revision, _) = copy(place.path(), &file);
        let words = ["snapshot", "restore", name(&file), "--data-dir", name(&restored)];
        let both = ["--bump-revision", "1000", "--mark-compacted"];
        let why = "Error: --mark-compacted required if --revision-bump > 0".to_owned();
        assert_eq!(refused(&[&words[..], &both[..2]].concat()), (128, why.clone()));
        assert_eq!(refused(&[&words[..], &both[2..]].concat()), (128, why));
        done(&[&words[..], &both].concat());

        let data_dir = restored.clone();
        let member = Member::start(Config { data_dir, ..config(place.path()) });
        let mut client = member.client();
        let found = get(&mut client, "k/3", 0).expect("it is there");
        let header = found.header.expect("every answer has one");
        assert_eq!((header.revision, found.kvs[0].mod_revision), (revision + 1_000, 19));
        let old = get(&mut client, "k/3", revision).expect_err("it is compacted");
        assert_eq!(old.code(), Code::OutOfRange);
        put(&mut client, "k/3", "after all", 0);
        let found = get(&mut client, "k/3", 0).expect("it is there");
        assert_eq!(found.kvs[0].mod_revision, revision + 1_001);
        let members = ask!(ClusterClient, client, member_list, MemberListRequest::default());
        assert_eq!(members.expect("it can be asked").members.len(), 1);
        member.stop();
        let too_far = ["--bump-revision", "9223372036854775807", "--mark-compacted"];
        let other = place.path().join("other");
        let words = ["snapshot", "restore", name(&file), "--data-dir", name(&other)];
        let (code, why) = refused(&[&words[..], &too_far].concat());
        assert!(code == 1 && why.contains("it is too far"), "{why}");
    });
}

#[test]
fn a_copy_that_is_not_whole_is_refused() {
    check(|| {
        let place = place();
        let path = |name: &str| place.path().join(name);
        let (file, raw, broken) = (path("copy"), path("raw"), path("broken"));
        copy(place.path(), &file);
        let bytes = fs::read(&file).expect("it is there");
        fs::write(&raw, &bytes[..bytes.len() - 32]).expect("there is room");
        let mut changed = bytes.clone();
        changed[5_000] ^= 1;
        fs::write(&broken, changed).expect("there is room");
        let (one, other) = (path("one"), path("other"));
        let restore = |file: &'static str, data: &Path, more: &[&str]| {
            let file = path(file);
            let words = ["snapshot", "restore", name(&file), "--data-dir", name(data)];
            run(&[&words[..], more].concat())
        };
        let last = |said: Said| said.errors.lines().last().unwrap_or_default().to_owned();
        let why = "Error: snapshot missing hash but --skip-hash-check=false";
        assert_eq!(last(restore("raw", &one, &[])), why);
        let why = last(restore("raw", &one, &["--skip-hash-check"]));
        let full = format!("Error: data-dir {:?} not empty or could not be read", name(&one));
        assert_eq!(why, full, "what is there may be somebody's");
        let half = Config { data_dir: one.clone(), ..config(place.path()) };
        let started = server::run(&half, &Stop::default(), |_| panic!("it is half a member"));
        let why = started.expect_err("it must not start").to_string();
        assert!(why.contains("there is no log"), "{why}");
        assert_eq!(restore("raw", &other, &["--skip-hash-check"]).code, Some(0));
        let why = last(restore("broken", &path("third"), &[]));
        assert!(why.starts_with("Error: expected sha256 [") && why.contains("], got ["), "{why}");

        fs::write(path("nothing"), "nothing").expect("there is room");
        let said = restore("nothing", &path("fourth"), &["--skip-hash-check"]);
        assert_eq!(said.code, Some(1));
        fs::write(path("junk"), [7; 9_000]).expect("there is room");
        let said = restore("junk", &path("fifth"), &["--skip-hash-check"]);
        assert!(said.errors.contains("\tpanic\t"), "{}", said.errors);
        assert!(said.errors.contains(r#""error": "invalid database"}"#), "{}", said.errors);
        assert_eq!((said.code, &last(said)[..]), (Some(2), "panic: failed to open database"));
        assert_eq!(
            refused(&["snapshot", "status", name(&path("junk"))]),
            (1, "Error: invalid database".to_owned())
        );
    });
}

#[test]
fn numbers_of_a_file_have_every_form() {
    check(|| {
        let place = place();
        let file = place.path().join("copy");
        let (hash, ..) = copy(place.path(), &file);
        let file = name(&file);
        let status = |format| done(&["snapshot", "status", file, "-w", format]);
        let line = status("simple");
        let parts: Vec<&str> = line.trim_end().split(", ").collect();
        let [sum, revision, keys, size, version] = parts[..] else { panic!("{line}") };
        assert_eq!((revision, keys, version), ("23", "7", "3.7.0"));
        let sum = u32::from_str_radix(sum, 16).expect("it is a number");
        let length = fs::metadata(file).expect("it is there").len() - 32;
        assert_eq!(size, format!("{} kB", (length + 500) / 1_000));
        let json = format!(
            r#"{{"hash":{sum},"revision":23,"totalKey":7,"totalSize":{length},"version":"3.7.0"}}"#
        );
        assert_eq!(status("json"), json + "\n");
        let fields = format!(
            "\"Hash\" : {sum}\n\"Revision\" : 23\n\"Keys\" : 7\n\"Size\" : {length}\n\
             \"Version\" : 3.7.0\n"
        );
        assert_eq!(status("fields"), fields);
        let table = done(&["hashkv", file, "--rev", "9", "--write-out=table"]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 5);
        assert!(lines[1].ends_with(" HASH REVISION │ COMPACT REVISION │"), "{table}");
        assert!(lines[3].ends_with("│             9 │                8 │"), "{table}");
        let json = format!(r#"{{"hash":{hash},"hashRevision":23,"compactRevision":8}}"#);
        assert_eq!(done(&["hashkv", file, "-wjson"]), json + "\n");
        let error = |words: &[&str]| refused(&[&["hashkv", file], words].concat());
        let why = |code, why: &str| (code, format!("Error: {why}"));
        assert_eq!(error(&["--rev=7"]), why(1, "mvcc: required revision has been compacted"));
        assert_eq!(error(&["--rev=24"]), why(1, "mvcc: required revision is a future revision"));
        assert_eq!(error(&["-w", "xml"]), why(4, "unsupported output format"));
        assert_eq!(error(&["-w", "protobuf"]), why(4, "protobuf not supported as output format"));
    });
}

#[test]
fn what_a_member_has_in_use_is_left_alone() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let data = place.path().join("data");
        let store = data.join("member").join("snap").join("db");
        let timeout = ["--timeout", "1ms"];
        let (data, store) = (name(&data), name(&store));
        for words in [
            &["defrag", "--data-dir", data][..],
            &["migrate", "--data-dir", data, "--target-version", "3.6"],
            &["hashkv", store],
        ] {
            let said = run(&[words, &timeout].concat());
            assert_eq!(said.code, Some(2), "{words:?}");
            let why = said.errors;
            assert!(why.contains(r#""error": "timeout"}"#), "{why}");
            assert!(why.ends_with("panic: failed to open database\n"), "{why}");
        }
        let status = ["snapshot", "status", store];
        assert_eq!(refused(&[&status[..], &timeout].concat()), (1, "Error: timeout".to_owned()));
        let mut client = member.client();
        (0..50).for_each(|at| put(&mut client, &format!("{at}"), &"v".repeat(10_000), 0));
        let request = DeleteRangeRequest {
            key: vec![0].into(),
            range_end: vec![0].into(),
            ..DeleteRangeRequest::default()
        };
        client.kv(async |mut kv| kv.delete_range(request).await).expect("it can be");
        let compact = CompactionRequest { revision: 52, physical: true };
        client.kv(async |mut kv| kv.compact(compact).await).expect("it can be");
        let (hash_before, ..) = hash(&mut client, 0);
        drop(client);
        member.stop();

        let before = fs::metadata(store).expect("it is there").len();
        assert_eq!(done(&["defrag", "--data-dir", data]), "");
        let after = fs::metadata(store).expect("it is there").len();
        assert!(after < 100_000 && before > 500_000, "{before} became {after}");
        let migrate = |version| {
            let said = run(&["migrate", "--data-dir", data, "--target-version", version]);
            let line = said.errors.lines().last().unwrap_or_default();
            (said.code, line.split('\t').skip(3).collect::<Vec<_>>().join(" "))
        };
        let done = |text: &str| (Some(0), text.to_owned());
        let up_to_date = r#"storage version up-to-date {"storage-version": "3.7"}"#;
        assert_eq!(migrate("3.7"), done(up_to_date));
        let updated = r#"updated storage version {"new-storage-version": "3.5.0"}"#;
        assert_eq!(migrate("3.5"), done(updated));
        let updated = r#"updated storage version {"new-storage-version": "3.7.0"}"#;
        assert_eq!(migrate("3.7"), done(updated));
        assert_eq!(migrate("3.8").0, Some(1));
        // Beside a log that is not read here, nobody knows whether an older version can read it.
        let log = place.path().join("data/member/wal/0000000000000000-0000000000000000.wal");
        fs::write(&log, "").expect("there is room");
        let words = ["migrate", "--data-dir", data, "--target-version", "3.6"];
        let (code, why) = refused(&words);
        assert!(code == 1 && why.contains("is a log of etcd's own"), "{why}");
        assert_eq!(run(&[&words[..], &["--force"]].concat()).code, Some(0));
        fs::remove_file(log).expect("it is there");
        assert_eq!(migrate("3.7").0, Some(0));
        let member = Member::start(config(place.path()));
        assert_eq!(hash(&mut member.client(), 0).0, hash_before);
        member.stop();
    });
}

#[test]
fn words_that_are_no_command_line_have_etcds_answers() {
    check(|| {
        for (words, code, last) in [
            (&["snapshot", "status"][..], 128, "snapshot status requires exactly one argument"),
            (
                &["snapshot", "restore", "a", "b"],
                128,
                "snapshot restore requires exactly one argument",
            ),
            (&["hashkv"], 1, "accepts 1 arg(s), received 0"),
            (&["defrag"], 1, "required flag(s) \"data-dir\" not set"),
            (&["migrate"], 1, "required flag(s) \"data-dir\", \"target-version\" not set"),
            (&["--nope"], 1, "unknown flag: --nope"),
            (&["version", "-x"], 1, "unknown shorthand flag: 'x' in -x"),
            (&["version", "-w"], 1, "flag needs an argument: 'w' in -w"),
            (&["--=x"], 1, "bad flag syntax: --=x"),
            (
                &["hashkv", "x", "--rev=x"],
                1,
                "invalid argument \"x\" for \"--rev\" flag: strconv.ParseInt: parsing \"x\": \
                 invalid syntax",
            ),
            (
                &["version", "--timeout=1"],
                1,
                "invalid argument \"1\" for \"--timeout\" flag: time: missing unit in duration \
                 \"1\"",
            ),
            (&["snapshot", "status", "/no/file"], 1, "stat /no/file: no such file or directory"),
            (
                &["defrag", "--data-dir", "/no"],
                1,
                "Failed to defragment etcd data[/no] (stat /no/member/snap/db: no such file or \
                 directory)",
            ),
            (
                &["migrate", "--data-dir=x", "--target-version=3.4"],
                128,
                "target version \"3.4\" not supported. Minimal \"3.5\"",
            ),
            (
                &["migrate", "--data-dir=x", "--target-version=3"],
                128,
                "wrong target version format, expected \"X.Y\", got \"3\"",
            ),
            (
                &["snapshot", "restore", "x", "--name=z"],
                1,
                "couldn't find local name \"z\" in the initial cluster configuration",
            ),
        ] {
            assert_eq!(refused(words), (code, format!("Error: {last}")), "{words:?}");
        }
        let version = "myetcdutl version: 3.7.1\nAPI version: 3.7\n";
        assert_eq!(done(&["version"]), version);
        assert_eq!(done(&["versi"]), version, "a beginning is enough");
        let help = done(&["help", "snapshot", "status"]);
        assert!(help.starts_with("Usage:\n  myetcdutl snapshot status <filename> [flags]\n"));
        assert_eq!(done(&["snapshot", "status", "--help"]), help);
        let said = run(&["verzion"]);
        let near =
            "unknown command \"verzion\" for \"myetcdutl\"\n\nDid you mean this?\n\tversion\n";
        assert!(said.errors.contains(near), "{}", said.errors);
        assert_eq!(said.code, Some(1));
    });
}
