//! Command lines beside the original: both refuse the same, with the same words and the same code.

use crate::programs::{folder, program};
use serde_json::Value;
use std::process::Command;

/// What ends at once, as one would type it.
const LINES: &str = r#"
extra
--nope
-nope=1
---x
--=x
-
--name
--snapshot-count x
--snapshot-count -1
--snapshot-count 99999999999999999999
--max-txn-ops -1
--heartbeat-interval 0
--heartbeat-interval -5
--heartbeat-interval 300
--election-timeout 400
--election-timeout 60000
--election-timeout 0
--heartbeat-interval 10 --election-timeout 49
--force-new-cluster=maybe
--force-new-cluster true
--initial-cluster-state joining
--initial-cluster-state existing
--listen-client-urls foo
--listen-client-urls http://example.com:1
--listen-client-urls http://127.0.0.1
--listen-client-urls http://127.0.0.1:1/path
--listen-client-urls ftp://127.0.0.1:1
--listen-client-urls 127.0.0.1:1
--listen-client-urls=
--listen-client-urls http://[::1]:23599
--listen-client-urls http://a.b:1
--listen-client-urls http://127.0.0.1:99999 --advertise-client-urls http://127.0.0.1:1
--listen-client-urls http://localhost:abc
--listen-client-urls ,
--listen-client-urls https://127.0.0.1:23599 --advertise-client-urls https://127.0.0.1:23599
--listen-peer-urls https://127.0.0.1:23598
--listen-peer-urls http://example.com:1
--listen-client-urls http://127.0.0.1:23599
--advertise-client-urls http://x:1/path
--advertise-client-urls http://x
--initial-advertise-peer-urls http://127.0.0.1:1 --initial-cluster default=http://127.0.0.1:2
--initial-advertise-peer-urls http://localhost:1 --initial-cluster default=http://127.0.0.1:1
--initial-cluster z=http://127.0.0.1:2
--initial-cluster nothing
--initial-cluster default
--initial-cluster default=
--initial-cluster default=http://localhost:2380/x
--initial-cluster default=http://localhost:2380,z=http://localhost:2380
--initial-cluster default=http://localhost:2380,default=http://localhost:2380
--initial-cluster=
--initial-cluster default=http://localhost:2380 --discovery-srv x.invalid
--discovery-token x
--discovery-endpoints x
--discovery-endpoints x --discovery-token y --initial-cluster default=http://localhost:2380
--discovery http://x
--auto-compaction-mode x
--auto-compaction-mode revision --auto-compaction-retention x
--auto-compaction-retention x
--auto-compaction-retention -1
--auto-compaction-retention 1.5
--auth-token x
--auth-token jwt
--compact-hash-check-time 0
--compact-hash-check-time 0s
--compact-hash-check-time -1s
--feature-gates LeaseCheckpointPersist=true
--feature-gates Nope=true
--feature-gates LeaseCheckpoint
--feature-gates LeaseCheckpoint=x
--feature-gates =true
--tls-min-version TLS1.1
--tls-max-version TLS1.1
--tls-min-version TLS1.3 --tls-max-version TLS1.2
--tls-min-version TLS1.3 --cipher-suites TLS_RSA_WITH_AES_128_CBC_SHA
--cipher-suites NOPE
--cors http://x
--cors x
--cors http://x:1,*
--logger x
--logger capnslog
--log-format x
--log-outputs stderr,default
--log-outputs /nonexistent/x
--watch-progress-notify-interval 1
--watch-progress-notify-interval 1d
--max-request-bytes -1
--max-learners -1
--experimental-initial-corrupt-check=true
--config-file /nonexistent
--v2-deprecation x
--v2-deprecation not-yet
--listen-metrics-urls http://example.com:1
-- --nope
--snapshot a
--peer-heartbeat-interval 5
--proxy on
--enable-v2
--listen-client-urls http://:23599 --advertise-client-urls http://127.0.0.1:1
--listen-client-urls http://0.0.0.0:23599
--listen-client-urls http:///x
--listen-client-urls http://127.0.0.1:1?x=y
--listen-client-urls http://127.0.0.1:
--listen-client-urls http://[::1:23599
--listen-client-urls http://::1:23599
--listen-client-urls http://%zz:1
--listen-client-urls http://127.0.0.1:23599/ --advertise-client-urls http://127.0.0.1:1
--initial-cluster x
--initial-cluster ,
--initial-cluster default=localhost:2380
--initial-cluster =http://localhost:2380
--max-concurrent-streams 4294967296
--quota-backend-bytes x
--quota-backend-bytes 9223372036854775808
--bcrypt-cost +10
--snapshot-count 1e3
--snapshot-count=
--grpc-keepalive-min-time 1h 30m
--grpc-keepalive-min-time 5
--grpc-keepalive-min-time=
--grpc-keepalive-min-time 99999999h
--self-signed-cert-validity -1
--cipher-suites ,
--log-outputs=
--log-outputs default,stdout
--log-outputs a.log,default
--log-outputs stderr,/nonexistent/x
--logger=
--auth-token ,
--initial-cluster-state=
--auto-compaction-mode=
--auto-compaction-retention 0x1
--discovery-insecure-transport=x
--max-wals x
--version extra
--version --nope
--nope --version
--backend-batch-interval x
--warning-apply-duration x
--memory-mlock=x
--experimental-x
"#;

/// The same, said by the environment.
const VARIABLES: &[(&str, &str)] = &[
    ("ETCD_SNAPSHOT_COUNT", "x"),
    ("ETCD_FORCE_NEW_CLUSTER", "x"),
    ("ETCD_LISTEN_CLIENT_URLS", "foo"),
    ("ETCD_LISTEN_CLIENT_URLS", "http://127.0.0.1:1"),
    ("ETCD_INITIAL_CLUSTER_STATE", "foo"),
    ("ETCD_FEATURE_GATES", "Nope=true"),
    ("ETCD_CONFIG_FILE", "/nowhere"),
    ("ETCD_CORS", "http://x"),
    ("ETCD_MAX_CONCURRENT_STREAMS", "x"),
    ("ETCD_GRPC_KEEPALIVE_MIN_TIME", "x"),
];

/// How it ended, and why: the message and the error of the last line that says so, or the first
/// line of text.
fn end(mut command: Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("it can be started");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let why = |line: &Value| {
        let is_why = line["level"] == "fatal" || line["msg"] == "failed to verify flags";
        is_why.then(|| (line["msg"].to_string(), line["error"].to_string()))
    };
    match lines.filter_map(|line| why(&line)).collect::<Vec<_>>().pop() {
        Some((message, error)) => (code, message, error),
        None => (code, String::new(), text.lines().next().unwrap_or_default().to_owned()),
    }
}

fn compare(words: &[&str], variable: Option<(&str, &str)>, what: &str) {
    let place = folder();
    let mut both = [program("etcd"), Command::new(env!("CARGO_BIN_EXE_myetcd"))];
    for command in &mut both {
        command.current_dir(place.path()).args(words).envs(variable);
    }
    let [theirs, ours] = both.map(end);
    assert_eq!(ours, theirs, "{what}");
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn both_refuse_the_same_command_lines() {
    for line in LINES.lines().filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split(' ').collect();
        compare(&words, None, line);
    }
    for (name, value) in VARIABLES {
        compare(&[], Some((name, value)), name);
    }
    compare(&["--name", "y"], Some(("ETCD_NAME", "x")), "a setting that is said twice");
}
