//! The page of metrics.
//!
//! The table beside this file has all of etcd's metrics but Go's own, with their kinds and labels.

use crate::http::Http;
use crate::member::{Member, config, place};
use api::{PutRequest, RangeRequest};
use harness::check;

const TABLE: &str = include_str!("metrics.tsv");

/// The number of a metric with these labels.
fn number(page: &str, metric: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {metric} in\n{page}")).parse().expect("a number")
}

#[test]
fn every_metric_of_etcd_is_there_with_its_kind_and_labels() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let http = Http::new(member.address);
        http.get("/readyz");
        http.post("/v3/kv/put", r#"{"key":"YQ=="}"#);
        http.post("/v3/kv/range", r#"{"key":"YQ=="}"#);
        let page = http.get("/metrics");
        let kind = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
        assert_eq!(page.headers["content-type"], kind);
        for row in TABLE.lines().skip(1) {
            let columns: Vec<&str> = row.split('\t').collect();
            let [name, kind, labels, from] = columns[..] else { panic!("{row}") };
            let head = format!("# TYPE {name} {kind}");
            let there = page.body.lines().any(|line| line == head);
            assert!(there || from == "later" || name.ends_with("_alarms"), "{head}");
            let starts = [format!("{name}{{"), format!("{name}_bucket{{")];
            let with_brace = |line: &&str| starts.iter().any(|start| line.starts_with(start));
            for label in labels.split(", ").filter(|label| there && !label.is_empty()) {
                let line = page.body.lines().find(with_brace).expect(name);
                assert!(line.contains(&format!("{label}=\"")), "{line} has {label}");
            }
        }
        member.stop();
    });
}

#[test]
fn what_was_done_is_counted() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let http = Http::new(member.address);
        let mut client = member.client();
        for at in 0..3 {
            let request = PutRequest { key: "a".into(), value: "b".into(), ..Default::default() };
            client.kv(async |mut kv| kv.put(request).await).unwrap_or_else(|e| panic!("{at}: {e}"));
        }
        let nothing = RangeRequest::default();
        client.kv(async |mut kv| kv.range(nothing).await).expect_err("a key is missing");
        http.post("/v3/kv/deleterange", r#"{"key":"YQ=="}"#);
        let page = http.get("/metrics").body;
        let labels = |code: &str, method: &str| {
            format!(
                r#"{code}grpc_method="{method}",grpc_service="etcdserverpb.KV",grpc_type="unary""#
            )
        };
        let count = |name: &str, code: &str, method: &str| {
            number(&page, &format!("{name}{{{}}}", labels(code, method)))
        };
        assert_eq!(count("grpc_server_started_total", "", "Put"), 3.0);
        assert_eq!(count("grpc_server_msg_received_total", "", "Put"), 3.0);
        assert_eq!(count("grpc_server_msg_sent_total", "", "Put"), 3.0);
        let (ok, wrong) = (r#"grpc_code="OK","#, r#"grpc_code="InvalidArgument","#);
        assert_eq!(count("grpc_server_handled_total", ok, "Put"), 3.0);
        assert_eq!(count("grpc_server_handled_total", wrong, "Range"), 1.0);
        assert_eq!(count("grpc_server_handled_total", ok, "DeleteRange"), 1.0);
        for (name, wanted) in [
            ("etcd_mvcc_put_total", 3.0),
            ("etcd_mvcc_delete_total", 1.0),
            ("etcd_debugging_mvcc_current_revision", 5.0),
            ("etcd_debugging_mvcc_total_put_size_in_bytes", 6.0),
            ("etcd_server_has_leader", 1.0),
            ("etcd_server_is_leader", 1.0),
            ("etcd_server_proposals_pending", 0.0),
            (r#"etcd_server_version{server_version="3.7.1"}"#, 1.0),
            (
                r#"etcd_server_apply_duration_seconds_count{op="Put",success="true",version="v3"}"#,
                3.0,
            ),
        ] {
            assert_eq!(number(&page, name), wanted, "{name}");
        }
        assert!(number(&page, "etcd_disk_wal_fsync_duration_seconds_count") >= 4.0);
        assert!(number(&page, "etcd_network_client_grpc_sent_bytes_total") > 0.0);
        member.stop();
    });
}
