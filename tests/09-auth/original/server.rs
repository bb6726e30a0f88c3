//! A member of the original with tokens of some kind, asked through its gateway.

use crate::programs::{Running, name, program, until};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;

/// A cluster's identity is made from this, so it is the same for every start. Nobody listens there.
const PEER: &str = "http://127.0.0.1:2380";
/// So often another process may take a port before the server does.
const ATTEMPTS: usize = 20;

pub struct Server {
    running: Running,
    port: u16,
}

impl Server {
    /// Starts a member in this folder, with tokens as these options say, and waits until it is
    /// ready.
    pub fn start(data: &Path, tokens: &str) -> Server {
        let server = (0..ATTEMPTS).find_map(|_| Server::attempt(data, tokens));
        server.expect("a port that was free was taken a moment later, and again and again")
    }

    fn attempt(data: &Path, tokens: &str) -> Option<Server> {
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("one is free"));
        let [port, peer] = listeners.map(|one| one.local_addr().expect("it is bound").port());
        let [client, peer] = [port, peer].map(|port| format!("http://127.0.0.1:{port}"));
        let log = data.with_extension("log");
        let output = File::create(&log).expect("there is room on the disk");
        let mut command = program("etcd");
        command.args(["--name=m", "--data-dir", name(data), "--auth-token", tokens]);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", PEER]);
        command.args(["--initial-cluster", &format!("m={PEER}"), "--bcrypt-cost=4"]);
        command.arg("--unsafe-no-fsync");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let mut running = Running::start(&mut command);
        let ready = until("etcd is ready", || {
            let ended = running.ended();
            let text = String::from_utf8_lossy(&fs::read(&log).expect("it is there")).into_owned();
            match ended {
                _ if text.contains("ready to serve client requests") => Some(true),
                Some(_) if text.contains("address already in use") => Some(false),
                Some(status) => panic!("etcd ended with {status}\n{text}"),
                None => None,
            }
        });
        ready.then_some(Server { running, port })
    }

    /// Stops it as a service manager does.
    pub fn stop(self) {
        self.running.stop();
    }

    /// What it answers, without the header.
    pub fn ask(&self, path: &str, token: Option<&str>, request: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let body = request.to_string();
        let token = token.map(|token| format!("Authorization: {token}\r\n")).unwrap_or_default();
        let length = body.len();
        let head = format!("POST /v3/{path} HTTP/1.0\r\n{token}Content-Length: {length}\r\n\r\n");
        stream.write_all((head + &body).as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("there is a body");
        let mut answer: Value = serde_json::from_str(body).expect("it is JSON");
        answer.as_object_mut().expect("it has fields").remove("header");
        answer
    }
}
