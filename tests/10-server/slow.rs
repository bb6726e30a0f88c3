//! What a member says of requests that take long, and of its own store.

use crate::client::Client;
use crate::http::Http;
use crate::member::{Member, Process, config, place};
use harness::check;
use serde_json::Value;
use server::Config;
use server::config::{Gates, Metrics};

/// Requests in JSON, and what etcd 3.7.1 says of them: the four numbers, and the content.
const STATS: &[(&str, &str, [i64; 4], &str)] = &[
    (
        "kv/put",
        r#"{"key":"YQ==","value":"YQ==","prev_kv":true}"#,
        [1, 8, 0, 27],
        "key:\"a\" value_size:1 prev_kv:true ",
    ),
    ("kv/put", "{}", [1, 0, 0, 0], ""),
    ("kv/range", r#"{"key":"YQ==","revision":99}"#, [0, 5, 0, 0], "key:\"a\"  revision:99"),
    ("kv/txn", r#"{"success":[{"request_range":{"key":"YQ==","revision":99}}]}"#, [0; 4], ""),
    (
        "kv/txn",
        r#"{"success":[{"request_txn":{"success":[{"request_put":{"key":"w6k="}}],
            "compare":[{"target":"LEASE","lease":"0","key":"w6k=","range_end":"AA=="}]}}]}"#,
        [1, 24, 0, 45],
        "compare:<> success:<request_txn:<compare:<target:LEASE  key:\"é\"  lease:0  \
         range_end:\"\\x00\"> success:<request_put:<key:\"\\303\\251\" >> failure:<>>> \
         failure:<>",
    ),
    ("kv/txn", "{}", [0, 0, 0, 29], "compare:<> success:<> failure:<>"),
    (
        "kv/txn",
        r#"{"compare":[{"target":"VALUE","key":"YQ==","value":"YQ=="},
            {"target":"MOD","result":"GREATER","key":"YQ==","mod_revision":"0"}],
            "success":[{"request_range":{"key":"YQ=="}}]}"#,
        [1, 5, 0, 52],
        "compare:<target:VALUE key:\"a\" value_size:1  result:GREATER  target:MOD  key:\"a\"  \
         mod_revision:0> success:<request_range:{key:\"a\"}> failure:<>",
    ),
    (
        "kv/range",
        r#"{"key":"w6k=","range_end":"//8A","sort_order":"DESCEND","keys_only":true,
            "serializable":true,"min_mod_revision":1}"#,
        [0, 17, 1, 41],
        "key:\"é\"  range_end:\"\\xff\\xff\\x00\"  sort_order:DESCEND  serializable:true  \
         keys_only:true  min_mod_revision:1",
    ),
    ("kv/deleterange", r#"{"key":"YQ=="}"#, [0, 3, 1, 29], "key:\"a\""),
    ("kv/compaction", r#"{"revision":3}"#, [-1; 4], ""),
    ("lease/grant", r#"{"TTL":100,"ID":77}"#, [-1; 4], ""),
];

/// What it says of those that took too long to carry out. What a lease was answered is longer in
/// etcd, which has put its own numbers into the header by then.
const APPLIED: &[(&str, &str, &str)] = &[
    ("", "put:<key:\"a\" value_size:1 prev_kv:true >", "size:4"),
    ("read-only range ", "key:\"a\"  revision:99", ""),
    ("", "compaction:{revision:3}", "size:4"),
    ("", "lease_grant:<ttl:100-second id:000000000000004d>", "size:8"),
];

/// All lines with these messages, until a member has ended.
fn lines(mut process: Process, messages: &[&str]) -> Vec<Value> {
    process.signal(rustix::process::Signal::TERM);
    let all = std::iter::from_fn(|| process.line());
    all.filter(|line| messages.iter().any(|message| line["msg"] == *message)).collect()
}

#[test]
fn slow_requests_are_told_of_in_etcds_words() {
    check(|| {
        let place = place();
        let flags = ["--warning-unary-request-duration=1ns", "--warning-apply-duration=1ns"];
        let mut process = Process::start(place.path(), &flags);
        let address = process.address();
        let http = Http::new(address);
        for (path, body, ..) in STATS {
            http.post(&format!("/v3/{path}"), body);
        }
        let page = http.get("/metrics").body;
        assert!(!page.contains("etcd_server_slow_apply_total 0\n"), "they are counted");
        let all = lines(process, &["request stats", "apply request took too long"]);
        let stats: Vec<&Value> = all.iter().filter(|line| line["msg"] == "request stats").collect();
        assert_eq!(stats.len(), STATS.len());
        for (line, (path, _, numbers, content)) in stats.iter().zip(STATS) {
            let number = |name: &str| line[name].as_i64().expect("it is a number");
            let told = ["request count", "request size", "response count", "response size"];
            let told = told.map(number);
            // Numbers of members and of terms are not as long everywhere.
            let is_near = told[3] == numbers[3] || numbers[3] > 0 && (20..=60).contains(&told[3]);
            assert!(told[..3] == numbers[..3] && is_near, "{path}: {line}");
            assert_eq!(line["request content"], *content, "{path}");
            assert_eq!(line["level"], "warn");
            assert!(line["start time"].as_str().is_some_and(|at| at.ends_with('Z')));
            assert!(line["remote"].as_str().is_some_and(|from| from.starts_with("127.0.0.1:")));
            assert!(line["time spent"].as_str().is_some_and(|took| took.ends_with('s')));
        }
        assert_eq!(stats[0]["response type"], "/etcdserverpb.KV/Put");
        for (prefix, request, response) in APPLIED {
            let line = all.iter().find(|line| {
                line["prefix"] == *prefix
                    && line["request"].as_str().is_some_and(|text| text.contains(request))
            });
            let line = line.unwrap_or_else(|| panic!("nothing of {request} in {all:#?}"));
            assert_eq!(line["response"], *response, "{request}");
            assert_eq!(line["expected-duration"], "1ns");
            assert_eq!(line["error"].is_string(), response.is_empty());
        }
    });
}

#[test]
fn all_requests_are_told_of_to_who_looks_for_an_error_and_else_none() {
    check(|| {
        for (level, wanted) in [("debug", 2), ("info", 0)] {
            let place = place();
            let flag = format!("--log-level={level}");
            let mut process =
                Process::start(place.path(), &[&flag, "--warning-unary-request-duration=1h"]);
            let http = Http::new(process.address());
            http.post("/v3/kv/range", r#"{"key":"YQ=="}"#);
            http.post("/v3/maintenance/status", "{}");
            let all = lines(process, &["request stats"]);
            assert_eq!(all.len(), wanted, "{all:#?}");
            assert!(all.iter().all(|line| line["level"] == "debug"));
        }
    });
}

#[test]
fn a_member_looks_at_its_own_store() {
    check(|| {
        let place = place();
        let mut process = Process::start(
            place.path(),
            &[
                "--corrupt-check-time=50ms",
                "--compact-hash-check-time=50ms",
                "--feature-gates=CompactHashCheck=true",
            ],
        );
        let line = process.wait_for("enabled corruption checking");
        assert_eq!(line["interval"], "50ms");
        let http = Http::new(process.address());
        http.post("/v3/kv/put", r#"{"key":"YQ=="}"#);
        http.post("/v3/kv/compaction", r#"{"revision":2}"#);
        let line = process.wait_for("finished peer corruption check");
        assert_eq!(line["number-of-peers-checked"], 0);
        assert_eq!(process.wait_for("starting compact hash check")["timeout"], "7s");
        while process.wait_for("finished compaction hash check")["number-of-hashes-checked"] != 1 {}
        let alarms = http.post("/v3/maintenance/alarm", r#"{"action":"GET"}"#).body;
        assert!(!alarms.contains("CORRUPT"), "{alarms}");
    });
}

#[test]
fn metrics_follow_flags() {
    check(|| {
        let page = |config: Config| {
            let member = Member::start(config);
            let http = Http::new(member.address);
            http.post("/v3/kv/put", r#"{"key":"YQ=="}"#);
            let page = http.get("/metrics").body;
            member.stop();
            page
        };
        let (one, other) = (place(), place());
        let usual = page(config(one.path()));
        let gates = Gates::parse("CompactHashCheck=true,FastLeaseKeepAlive=false");
        let gates = gates.expect("there are such");
        let metrics = Metrics::Extensive;
        let more = page(Config { metrics, gates, ..config(other.path()) });
        let feature = |name: &str, stage: &str, is_on: u8| {
            let labels = format!("name=\"{name}\",stage=\"{stage}\"");
            format!("etcd_server_feature_enabled{{{labels}}} {is_on}\n")
        };
        for (page, is_on) in [(&usual, 0), (&more, 1)] {
            assert!(page.contains(&feature("CompactHashCheck", "ALPHA", is_on)), "{page}");
            assert!(page.contains(&feature("FastLeaseKeepAlive", "BETA", 1 - is_on)), "{page}");
        }
        let put = r#"{grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary""#;
        assert!(!usual.contains("grpc_server_handling_seconds"));
        let bucket = format!("grpc_server_handling_seconds_bucket{put},le=\"10\"}} 1\n");
        assert!(more.contains(&bucket), "{more}");
        assert!(more.contains(&format!("grpc_server_handling_seconds_count{put}}} 1\n")));
    });
}

#[test]
fn a_member_that_is_defragmented_sends_clients_elsewhere_if_it_is_told_to() {
    check(|| {
        use api::health::HealthCheckRequest;
        use api::health::health_check_response::ServingStatus;
        use api::health::health_client::HealthClient;
        use tonic::codegen::tokio_stream::StreamExt;
        let place = place();
        let gates = Gates::parse("StopGRPCServiceOnDefrag=true").expect("there is such a gate");
        let member = Member::start(Config { gates, ..config(place.path()) });
        let mut client: Client = member.client();
        let told = client.call(async |connection, origin| {
            let request = HealthCheckRequest::default();
            HealthClient::with_origin(connection, origin).watch(request).await
        });
        let mut told = told.expect("it can be asked");
        let mut next = || client.wait(told.next()).expect("it goes on").expect("it is well").status;
        assert_eq!(next(), ServingStatus::Serving as i32);
        // Who is told may miss what is over at once, but not how it ends.
        let http = Http::new(member.address);
        let asked = std::thread::spawn(move || {
            for _ in 0..50 {
                http.post("/v3/maintenance/defragment", "{}");
            }
        });
        while next() != ServingStatus::NotServing as i32 {}
        while next() != ServingStatus::Serving as i32 {}
        asked.join().expect("it does not panic");
        member.stop();
    });
}
