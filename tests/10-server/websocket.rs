//! The gateway over WebSockets.

use crate::http::Http;
use crate::member::{Member, config, place};
use harness::check;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocket};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Shakes hands. What the member says of it, and the connection.
fn shake(member: &Member, path: &str, headers: &str) -> (String, WebSocket<TcpStream>) {
    let mut stream = TcpStream::connect(member.address).expect("somebody listens");
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).expect("it is heard");
    let (mut said, mut byte) = (String::new(), [0]);
    while !said.ends_with("\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        said.push(char::from(byte[0]));
    }
    (said, WebSocket::from_raw_socket(stream, Role::Client, None))
}

fn next(socket: &mut WebSocket<TcpStream>) -> Value {
    match socket.read().expect("it goes on") {
        Message::Text(text) => serde_json::from_str(&text).expect("it is JSON"),
        other => panic!("{other} is not a text"),
    }
}

/// Runs with a member.
fn with(run: impl FnOnce(&Member)) {
    let place = place();
    let member = Member::start(config(place.path()));
    run(&member);
    member.stop();
}

#[test]
fn streams_work_in_both_directions() {
    check(|| {
        with(|member| {
            let (head, mut socket) = shake(member, "/v3/watch", "");
            assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
            // The answer to that key, as the standard has it.
            assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
            assert!(!head.to_lowercase().contains("access-control"), "{head}");
            // A value in two messages, and two in one; texts, or bytes.
            let send = |socket: &mut WebSocket<TcpStream>, text: &'static str| {
                socket.send(Message::text(text)).expect("it is heard");
            };
            send(&mut socket, r#"{"create_request":"#);
            socket.send(Message::binary(r#"{"key":"YQ=="}}"#)).expect("it is heard");
            assert_eq!(next(&mut socket)["result"]["created"], true);
            let both = concat!(
                r#"{"create_request":{"key":"Yg==","watch_id":7}}"#,
                r#"{"cancel_request":{"watch_id":7}}"#
            );
            send(&mut socket, both);
            assert_eq!(next(&mut socket)["result"]["watch_id"], "7");
            assert_eq!(next(&mut socket)["result"]["canceled"], true);
            Http::new(member.address).post("/v3/kv/put", r#"{"key":"YQ==","value":"Yg=="}"#);
            let told = next(&mut socket);
            assert_eq!(told["result"]["events"][0]["kv"]["value"], "Yg==");
            socket.send(Message::Ping("hi".into())).expect("it is heard");
            assert_eq!(socket.read().expect("it goes on"), Message::Pong("hi".into()));
            let normal = CloseFrame { code: 1000.into(), reason: "".into() };
            socket.close(Some(normal.clone())).expect("it is heard");
            assert_eq!(socket.read().expect("it is echoed"), Message::Close(Some(normal)));
            assert!(matches!(socket.read(), Err(Error::ConnectionClosed)), "and that is all");
        });
    });
}

#[test]
fn a_stream_that_cannot_be_is_refused_in_a_message() {
    check(|| {
        with(|member| {
            let (_, mut socket) = shake(member, "/v3/nothing", "");
            assert_eq!(next(&mut socket)["code"], 5);
            assert!(socket.read().is_err(), "the connection is cut");
            let (_, mut socket) = shake(member, "/v3/lease/keepalive", "");
            socket.send(Message::text("x")).expect("it is heard");
            assert!(socket.read().is_err(), "no JSON, and no answer");
        });
    });
}

#[test]
fn who_shakes_hands_in_another_way_is_told() {
    check(|| {
        with(|member| {
            let bearer = "Sec-WebSocket-Protocol: Bearer, secret\r\n";
            let (head, _) = shake(member, "/v3beta/watch", bearer);
            assert!(head.to_lowercase().contains("sec-websocket-protocol: bearer\r\n"), "{head}");
            let (head, _) = shake(member, "/v3/watch", "Sec-WebSocket-Protocol: a, b\r\n");
            assert!(!head.to_lowercase().contains("sec-websocket-protocol"), "{head}");
            let (head, _) = shake(member, "/health", "");
            assert!(head.starts_with("HTTP/1.1 200 "), "no other page becomes one: {head}");
            let headers = [("connection", "upgrade"), ("upgrade", "websocket")];
            let http = Http::new(member.address);
            assert_eq!(http.ask("GET", "/v3/watch", &headers, "").status, 400);
        });
    });
}

#[test]
fn a_message_may_not_be_too_long() {
    check(|| {
        with(|member| {
            let (_, mut socket) = shake(member, "/v3/watch", "");
            // It may be cut before all of it is written.
            let _ = socket.send(Message::text("a".repeat(3 << 20)));
            assert!(socket.read().is_err(), "it is not read to its end");
        });
    });
}
