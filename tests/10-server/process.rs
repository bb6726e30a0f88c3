//! A member as a process: its words, its signals, its end, and what its files may be.

use crate::client::Client;
use crate::member::{Process, place, program};
use api::{LockRequest, PutRequest, RangeRequest};
use harness::check;
use rustix::process::Signal;
use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

/// The exit code of a start that fails, and the last line.
fn failed(data: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let mut process = Process::start(data, more);
    let mut last = Value::Null;
    while let Some(line) = process.line() {
        last = line;
    }
    (process.end().code(), last)
}

#[test]
fn words_end_as_etcds_do() {
    check(|| {
        let run = |words: &[&str]| {
            let output = program().args(words).output().expect("it was built");
            let text = |bytes| String::from_utf8(bytes).expect("it is text");
            (output.status.code(), text(output.stdout), text(output.stderr))
        };
        let (code, out, err) = run(&["--version"]);
        assert_eq!((code, err.as_str(), out.lines().count()), (Some(0), "", 4));
        assert!(out.starts_with("etcd Version: 3.7.1\nGit SHA: "), "{out}");
        let (code, out, err) = run(&["--help"]);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        assert!(out.starts_with("Usage:"), "{out}");
        let (code, out, err) = run(&["--nope"]);
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(err.starts_with("flag provided but not defined: -nope\nUsage:\n"), "{err}");
        let (code, _, err) = run(&["extra"]);
        let line: Value = serde_json::from_str(&err).expect("one line");
        assert_eq!((code, &line["level"]), (Some(1), &"warn".into()));
        assert_eq!(line["msg"], "failed to verify flags");
        assert_eq!(line["error"], "\"extra\" is not a valid flag");
        let (code, _, err) = run(&["--log-outputs", "/nowhere/log"]);
        assert!(
            err.contains(r#"open sink \"/nowhere/log\": open /nowhere/log: no such file"#),
            "{err}"
        );
        assert_eq!(code, Some(1));
    });
}

#[test]
fn a_start_and_an_end_say_what_tools_wait_for() {
    check(|| {
        let place = place();
        let data = place.path().join("data");
        let messages = |process: &mut Process, first: &str| {
            let kind = process.wait_for("starting an etcd server")["member-initialized"].clone();
            let opened = process.wait_for("opened backend db");
            assert!(opened["path"].as_str().expect("it says which").ends_with("member/snap/db"));
            let id = process.wait_for(first)["local-member-id"].clone();
            process.wait_for("kvstore restored");
            assert_eq!(process.wait_for("starting etcd server")["local-member-id"], id);
            process.wait_for("serving peer traffic");
            let ready = process.address().to_string();
            let message = "serving client traffic insecurely; this is strongly discouraged!";
            let serving = process.wait_for(message);
            assert_eq!(serving["address"], ready.as_str());
            assert_eq!(
                (&serving["traffic"], kind),
                (&"grpc+http".into(), (first != STARTING).into())
            );
            process.signal(Signal::TERM);
            let signal = process.wait_for("received signal; shutting down");
            assert_eq!(signal["signal"], "terminated");
            process.wait_for("closing etcd server");
            let closed = process.wait_for("closed etcd server");
            for name in ["level", "ts", "caller", "msg", "name", "data-dir"] {
                assert!(closed[name].is_string(), "{name} of {closed}");
            }
            assert_eq!(process.end().signal(), Some(15), "it ends by the signal");
            id
        };
        const STARTING: &str = "starting local member";
        let id = messages(&mut Process::start(&data, &[]), STARTING);
        for place in ["", "member", "member/snap", "member/wal"] {
            let mode = fs::metadata(data.join(place)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{place}");
        }
        // Who it is, a member knows from its files.
        let mut again = Process::start(&data, &["--initial-cluster-token=other"]);
        assert_eq!(messages(&mut again, "restarting local member"), id);
    });
}

#[test]
fn what_is_under_way_is_answered_when_it_is_told_to_stop() {
    check(|| {
        let place = place();
        let mut process = Process::start(place.path(), &[]);
        let mut client = Client::new(process.address());
        let (send, began) = std::sync::mpsc::channel();
        let putting = std::thread::spawn(move || {
            let mut acknowledged = 0;
            loop {
                let key = format!("{acknowledged:06}").into();
                let request = PutRequest { key, ..PutRequest::default() };
                if client.kv(async |mut kv| kv.put(request).await).is_err() {
                    return acknowledged;
                }
                acknowledged += 1;
                let _ = send.send(());
            }
        });
        for _ in 0..20 {
            began.recv().expect("puts go on");
        }
        process.signal(Signal::INT);
        assert_eq!(process.end().signal(), Some(2));
        let acknowledged: i64 = putting.join().expect("it does not panic");
        let mut process = Process::start(place.path(), &[]);
        let request = RangeRequest {
            key: vec![0].into(),
            range_end: vec![0].into(),
            count_only: true,
            ..RangeRequest::default()
        };
        let mut client = Client::new(process.address());
        let answer = client.kv(async |mut kv| kv.range(request).await).expect("it can be read");
        assert_eq!(answer.count, acknowledged, "each put was answered, or was not carried out");
    });
}

#[test]
fn a_second_signal_ends_it_at_once() {
    check(|| {
        let place = place();
        let mut process = Process::start(place.path(), &[]);
        let mut client = Client::new(process.address());
        // Somebody who waits for a lock holds up a stop for some time.
        for lease in [1, 2] {
            client.grant(lease, 600);
            let mut locks = client.locks();
            client.begin(async move {
                locks.lock(LockRequest { name: "a".into(), lease }).await.map(drop)
            });
            client.wait_for_queue("a", usize::try_from(lease).expect("it is small"));
        }
        process.signal(Signal::TERM);
        process.wait_for("closing etcd server");
        process.signal(Signal::INT);
        assert_eq!(process.end().signal(), Some(2));
    });
}

#[test]
fn a_start_that_fails_says_why_in_one_line() {
    check(|| {
        let place = place();
        let data = place.path().join("data");
        let taken = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let address = taken.local_addr().expect("it is bound");
        let flag = format!("--listen-peer-urls=http://{address}");
        let (code, line) = failed(&data, &[&flag]);
        assert_eq!((code, &line["msg"]), (Some(1), &"discovery failed".into()));
        assert_eq!(line["error"], format!("listen tcp {address}: bind: address already in use"));
        assert!(!data.exists(), "nothing was touched");

        let log = data.join("member").join("wal");
        fs::create_dir_all(&log).expect("there is room");
        fs::write(log.join("0000000000000000-0000000000000000.wal"), "").expect("there is room");
        let (code, line) = failed(&data, &[]);
        let why = line["error"].as_str().expect("it says why");
        assert!(why.contains("etcdctl snapshot save") && why.contains("snapshot restore"), "{why}");
        assert_eq!(code, Some(1));

        let file = place.path().join("file");
        fs::write(&file, "").expect("there is room");
        let (code, line) = failed(&file, &[]);
        assert_eq!((code, &line["msg"]), (Some(1), &"failed to list data directory".into()));
        assert_eq!(line["error"], format!("readdirent {}: not a directory", file.display()));

        let data = place.path().join("mine");
        let mut first = Process::start(&data, &[]);
        first.address();
        let (code, line) = failed(&data, &[]);
        let why = line["error"].as_str().expect("it says why");
        assert!(why.ends_with("member/wal is in use by another process"), "{why}");
        assert_eq!((code, &line["level"]), (Some(1), &"fatal".into()));
    });
}

#[test]
fn lines_go_where_they_are_to_and_the_system_is_told() {
    check(|| {
        let place = place();
        let log = place.path().join("log");
        let socket = UnixDatagram::bind(place.path().join("notify")).expect("there is room");
        let mut program = program();
        program.args(["--listen-client-urls=http://127.0.0.1:0", "--log-format=console"]);
        program.args(["--advertise-client-urls=http://127.0.0.1:0", "--log-level=warn"]);
        program.args(["--listen-peer-urls=http://127.0.0.1:0", "--max-wals=1"]);
        program.arg("--log-outputs").arg(&log).arg("--data-dir").arg(place.path().join("data"));
        program.env("NOTIFY_SOCKET", place.path().join("notify"));
        let mut process = Process::of(program);
        let mut told = [0; 64];
        let length = socket.recv(&mut told).expect("it is told");
        assert_eq!(&told[..length], b"READY=1");
        process.signal(Signal::TERM);
        assert!(process.line().is_none(), "nothing goes elsewhere");
        assert_eq!(process.end().signal(), Some(15));
        let text = fs::read_to_string(log).expect("it is there");
        assert!(text.contains("\twarn\t"), "{text}");
        assert!(text.contains("ignored\t{\"flags\": [\"max-wals\"]}\n"), "{text}");
        assert!(!text.contains("\tinfo\t"), "they are not grave enough: {text}");
    });
}
