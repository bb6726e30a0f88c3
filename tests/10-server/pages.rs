//! What is asked for without gRPC: pages, the gateway, WebSockets and metrics.

use crate::http::Http;
use crate::member::{Member, config, place};
use harness::check;
use serde_json::{Value, json};
use server::{Config, PageOptions, Place, Serves, Speaks};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Runs with a member like this, and a client of it.
fn with(change: impl FnOnce(&mut Config), run: impl FnOnce(&Member, Http)) {
    let place = place();
    let mut config = config(place.path());
    change(&mut config);
    let member = Member::start(config);
    let http = Http::new(member.address);
    run(&member, http);
    member.stop();
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect(text)
}

/// Sends bytes as they are, and reads until the other side has said this, or closes.
fn raw(member: &Member, sent: &[u8], until: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(member.address).expect("somebody listens");
    stream.write_all(sent).expect("it is heard");
    let said = read_until(&mut stream, until);
    (stream, said)
}

fn read_until(stream: &mut TcpStream, until: &str) -> String {
    let (mut said, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&said).into_owned();
        if text.contains(until) {
            return text;
        }
        match stream.read(&mut bytes) {
            Ok(0) | Err(_) => return text,
            Ok(count) => said.extend_from_slice(&bytes[..count]),
        }
    }
}

#[test]
fn browsers_are_told_who_may_ask() {
    check(|| {
        with(
            |_| {},
            |_, http| {
                let page = http.get("/version");
                assert_eq!(page.headers["access-control-allow-origin"], "*");
                assert_eq!(
                    page.headers["access-control-allow-methods"],
                    "POST, GET, OPTIONS, PUT, DELETE"
                );
                let asked = http.ask("OPTIONS", "/v3/kv/put", &[], "");
                assert_eq!((asked.status, asked.body.as_str()), (200, ""));
                let answered = http.post("/v3/kv/range", r#"{"key":"YQ=="}"#);
                assert_eq!(answered.headers["grpc-metadata-content-type"], "application/grpc");
                assert_eq!(answered.headers["content-type"], "application/json");
                assert_eq!(http.ask("POST", "/health", &[], "").headers["allow"], "GET");
            },
        );
        let (cors, host_whitelist) = (vec!["http://x.y:80".to_owned()], vec!["a.b".to_owned()]);
        let options = PageOptions { cors, host_whitelist, gateway: true };
        with(
            |config| config.pages = options,
            |_, http| {
                let ask = |host, origin| {
                    http.ask("GET", "/health", &[("host", host), ("origin", origin)], "")
                };
                let page = ask("a.b:99", "http://x.y:80");
                assert_eq!(page.status, 200);
                assert_eq!(page.headers["access-control-allow-origin"], "http://x.y:80");
                let page = ask("a.b", "http://x.z:80");
                assert_eq!(page.status, 200);
                assert!(!page.headers.contains_key("access-control-allow-origin"));
                let page = ask("127.0.0.1", "http://x.y:80");
                assert_eq!(page.status, 421);
                let start = "\netcd received your request, but the Host header was unrecognized.";
                assert!(page.body.starts_with(start), "{}", page.body);
            },
        );
    });
}

#[test]
fn a_listener_serves_what_it_is_for() {
    check(|| {
        let serves = |serves| {
            move |config: &mut Config| {
                config.listen =
                    vec![Place { address: "127.0.0.1:0".to_owned(), serves, speaks: Speaks::Http }];
            }
        };
        with(serves(Serves::Health), |_, http| {
            for page in ["/health", "/livez", "/readyz", "/readyz/non_learner", "/metrics"] {
                let found = http.get(page);
                assert_eq!(found.status, 200, "{page}");
                assert!(!found.headers.contains_key("access-control-allow-origin"), "{page}");
            }
            for page in ["/version", "/debug/vars", "/", "/v3/kv/range"] {
                assert_eq!(http.get(page).status, 404, "{page}");
            }
        });
        with(serves(Serves::Grpc), |member, _| {
            let (_, said) = raw(member, b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n", "\n");
            assert_eq!(said, "", "the connection is closed");
        });
    });
}

#[test]
fn alarms_are_told_by_name() {
    check(|| {
        with(
            |_| {},
            |_, http| {
                let alarm = |action: &str| {
                    let body =
                        format!(r#"{{"action":"{action}","memberID":"1","alarm":"NOSPACE"}}"#);
                    assert_eq!(http.post("/v3/maintenance/alarm", &body).status, 200);
                };
                let health = |path: &str| {
                    let page = http.get(path);
                    (page.status, page.body)
                };
                let well = (200, r#"{"health":"true","reason":""}"#.to_owned());
                assert_eq!(health("/health"), well);
                alarm("ACTIVATE");
                let full = "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n".to_owned();
                assert_eq!(health("/health"), (503, full));
                assert_eq!(health("/health?exclude=NOSPACE"), well);
                assert_eq!(health("/readyz"), (200, "ok\n".to_owned()), "that is not why");
                alarm("DEACTIVATE");
                assert_eq!(health("/health"), well);
            },
        );
    });
}

#[test]
fn health_names_what_was_looked_at() {
    check(|| {
        with(
            |_| {},
            |_, http| {
                let page = http.get("/readyz?verbose&exclude=linearizable_read&exclude=nobody");
                let mut lines: Vec<&str> = page.body.lines().collect();
                assert_eq!(lines.pop(), Some("ok"));
                lines.sort_unstable();
                let all = ["[+]data_corruption ok", "[+]non_learner ok", "[+]serializable_read ok"];
                assert_eq!(lines, all);
                assert_eq!(
                    http.get("/livez/data_corruption").status,
                    404,
                    "it is not of this page"
                );
                let metrics = http.get("/metrics").body;
                let labels = r#"type="readyz",name="non_learner",status="success""#;
                let counted = format!("etcd_server_healthchecks_total{{{labels}}} 1\n");
                assert!(metrics.contains(&counted), "{metrics}");
            },
        );
    });
}

#[test]
fn requests_of_a_stream_are_read_as_they_come() {
    check(|| {
        with(
            |_| {},
            |member, _| {
                let head =
                    b"POST /v3/watch HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
                let (mut stream, _) = raw(member, head, "");
                // One byte at a time, and a brace in a text.
                let send = |stream: &mut TcpStream, text: &str| {
                    for byte in text.bytes() {
                        stream.write_all(&[b'1', b'\r', b'\n', byte, b'\r', b'\n']).expect("heard");
                    }
                };
                send(&mut stream, r#" {"create_request":{"key":"YQ==","a}{\"":"}"}}"#);
                let said = read_until(&mut stream, r#""created":true}}"#);
                assert!(said.starts_with("HTTP/1.1 200"), "{said}");
                send(&mut stream, r#"{"create_request":{"key":"Yg==","watch_id":7}}"#);
                let said = read_until(&mut stream, r#""created":true}}"#);
                assert!(said.contains(r#""watch_id":"7""#), "{said}");
            },
        );
    });
}

#[test]
fn what_is_no_json_ends_a_stream_and_refuses_a_request() {
    check(|| {
        with(
            |_| {},
            |_, http| {
                for body in ["{", "}", "[]", "null", "5", "\"", "{\"key\":\"!\"}", "\u{0}"] {
                    let refused = http.post("/v3/kv/range", body);
                    assert_eq!(refused.status, 400, "{body}");
                    assert_eq!(value(&refused.body)["code"], 3, "{body}");
                    let ended = http.post("/v3/lease/keepalive", &body.replace("key", "ID"));
                    assert_eq!((ended.status, ended.body.as_str()), (200, ""), "{body}");
                }
                let deep = "{\"success\":[{\"request_txn\":".repeat(10_000);
                assert_eq!(http.post("/v3/kv/txn", &deep).status, 400);
                let mut lines = http.open("/v3/lease/keepalive", &[], "{\"ID\":5} \n{\"ID\":6}x");
                for id in ["5", "6"] {
                    let line = http.line(&mut lines).expect("it is answered");
                    assert_eq!(value(&line)["result"]["ID"], id);
                }
                assert_eq!(http.line(&mut lines), None, "that was all");
            },
        );
    });
}

#[test]
fn nothing_may_be_too_long() {
    check(|| {
        with(
            |config| config.max_request_bytes = 4096,
            |member, http| {
                // A value that fits, and two that do not: into the log, into a message.
                let put = |bytes: usize| {
                    let body = json!({ "key": "YQ==", "value": "AAAA".repeat(bytes / 3) });
                    let answer = http.post("/v3/kv/put", &body.to_string());
                    (answer.status, value(&answer.body)["message"].clone())
                };
                assert_eq!(put(3000), (200, Value::Null));
                assert_eq!(put(6000), (400, json!("etcdserver: request is too large")));
                let (status, message) = put(600_000);
                assert_eq!(status, 429, "{message}");
                let end = "vs. 528384)";
                assert!(message.as_str().is_some_and(|text| text.ends_with(end)), "{message}");
                let (status, _) = put(3_000_000);
                assert_eq!(status, 429);
                // A request of a stream, that never ends.
                let endless = format!("{{\"a\":\"{}", "a".repeat(2_000_000));
                let ended = http.post("/v3/lease/keepalive", &endless);
                assert_eq!((ended.status, ended.body.as_str()), (200, ""));
                let head = format!("GET /health HTTP/1.1\r\nA: {}", "a".repeat(2 << 20));
                let mut stream = TcpStream::connect(member.address).expect("somebody listens");
                // It may be refused before all of it is written.
                let _ = stream.write_all(head.as_bytes());
                let said = read_until(&mut stream, "\n");
                assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
            },
        );
    });
}
