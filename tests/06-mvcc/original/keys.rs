//! The same requests about keys, asked of the original once more: it answers as `keys.jsonl` beside
//! these tests says. The file was made here: with `WORKBOOK_WRITE=1` in its environment, this test
//! draws the requests, sends them, and writes them down with the answers.

use super::edges;
use super::etcd::Member;
use super::programs::folder;
use crate::requests;
use api::Json;
use harness::Draws;
use prost::{Message, Name};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/06-mvcc/keys.jsonl");
/// If it is set, the file is written anew.
const WRITE: &str = "WORKBOOK_WRITE";
/// How many requests are drawn.
const DRAWN: usize = 200;
/// Other draws, and the whole file is another.
const SEED: u64 = 37;

/// Sends a request; the status of the answer, and what it says.
fn ask(member: &Member, path: &str, request: &Value) -> (u64, Value) {
    let address = member.url().strip_prefix("http://").expect("it is not encrypted");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let body = request.to_string();
    // In this version of HTTP, an answer ends with its connection.
    let head = format!("POST {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all((head + &body).as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers with text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("there is a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut response: Value = serde_json::from_str(body).expect(body);
    // Who answers, and in which term, is not what this is about.
    if let Some(header) = response.get_mut("header").and_then(Value::as_object_mut) {
        header.retain(|name, _| name == "revision");
    }
    (status.expect("a head begins with it"), response)
}

/// A member, and what it was asked.
struct Conversation {
    member: Member,
    current: i64,
    text: String,
    /// How many requests there were.
    count: usize,
}

impl Conversation {
    fn say(&mut self, path: &str, request: &Value) {
        let (status, response) = ask(&self.member, path, request);
        if let Some(revision) = response["header"]["revision"].as_str() {
            self.current = revision.parse().expect("it is a number");
        }
        let line = json!({
            "path": path, "request": request, "status": status, "response": response,
        });
        let _ = writeln!(self.text, "{line}");
        self.count += 1;
    }

    fn say_drawn<M: Message + Name>(&mut self, path: &str, request: M) {
        let request = serde_json::to_value(Json(request)).expect("it can be written");
        self.say(path, &request);
    }

    fn draw(&mut self, draws: &mut Draws) {
        let current = self.current;
        match draws.below(20) {
            0..5 => self.say_drawn("/v3/kv/put", requests::put(draws)),
            5 | 6 => self.say_drawn("/v3/kv/deleterange", requests::delete_range(draws)),
            7..12 => self.say_drawn("/v3/kv/range", requests::range(draws, current)),
            12..18 => self.say_drawn("/v3/kv/txn", requests::txn(draws, current)),
            18 => {
                let revision = current - i64::try_from(draws.below(12)).expect("few") + 1;
                let request = json!({ "revision": revision.to_string(), "physical": true });
                self.say("/v3/kv/compaction", &request);
            }
            _ => self.say("/v3/maintenance/hashkv", &json!({})),
        }
    }
}

fn write(member: Member) -> usize {
    let mut all = Conversation { member, current: 1, text: String::new(), count: 0 };
    for lease in requests::LEASES {
        let request = json!({ "ID": lease.to_string(), "TTL": "100000" });
        all.say("/v3/lease/grant", &request);
    }
    let mut draws = Draws::new(SEED);
    (0..DRAWN).for_each(|_| all.draw(&mut draws));
    for (path, request) in edges::all() {
        all.say(path, &edges::at(&request, all.current));
    }
    std::fs::write(FILE, all.text).expect("there is room on the disk");
    all.member.stop();
    all.count
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_original_still_answers_as_it_was_written_down() {
    let folder = folder();
    let member = Member::start(&folder.path().join("data"));
    if std::env::var_os(WRITE).is_some() {
        let count = write(member);
        panic!("{count} answers are in {}; take {WRITE} away", Path::new(FILE).display());
    }
    let text = std::fs::read_to_string(FILE).expect("it is there");
    for (at, line) in text.lines().enumerate() {
        let line: Value = serde_json::from_str(line).expect("every line is JSON");
        let path = line["path"].as_str().expect("every line has it");
        let (status, response) = ask(&member, path, &line["request"]);
        assert_eq!((&line["status"], &line["response"]), (&json!(status), &response), "{at}");
    }
    member.stop();
}
