//! The same requests about keys, asked of the original once more: it answers as `keys.jsonl` beside
//! these tests says. The file was made here: with `WORKBOOK_WRITE=1` in its environment, this test
//! draws the requests, sends them, and writes them down with the answers.

use super::edges;
use super::etcd::Member;
use super::programs::folder;
use crate::asked::Asked;
use crate::requests;
use api::{Json, ResponseHeader, TxnRequest};
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
/// So many members are asked so many requests that nobody wrote down.
const MEMBERS: u64 = 2;
const MORE: usize = 1_500;
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
    /// Ours, if it is to be asked as well.
    ours: Option<Asked>,
    current: i64,
    text: String,
    /// How many requests there were.
    count: usize,
}

impl Conversation {
    fn new(member: Member, ours: Option<Asked>) -> Conversation {
        Conversation { member, ours, current: 1, text: String::new(), count: 0 }
    }

    fn say(&mut self, path: &str, request: &Value) {
        let (status, response) = ask(&self.member, path, request);
        if let Some(revision) = response["header"]["revision"].as_str() {
            self.current = revision.parse().expect("it is a number");
        }
        if let Some(ours) = &mut self.ours {
            let found = ours.answer(path, &request.to_string());
            let wanted = Some((status, response.clone()));
            assert_eq!(found, wanted, "{path} {request}, after {} others", self.count);
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
            12..18 => {
                let request = requests::txn(draws, current);
                if !ends_the_original(&request) {
                    self.say_drawn("/v3/kv/txn", request);
                }
            }
            18 => {
                // At a revision that it has compacted at, etcd answers with the hash that it had
                // found then, and that is another one.
                let back = i64::try_from(draws.below(12)).expect("few");
                let revision = if back == 0 { current + 1 } else { (current - back).max(1) };
                let request = json!({ "revision": revision.to_string(), "physical": true });
                self.say("/v3/kv/compaction", &request);
            }
            _ if current > 1 => self.say("/v3/maintenance/hashkv", &json!({})),
            _ => {}
        }
    }
}

/// May it be a transaction that keeps something of a key which it has deleted before? If that has
/// an open end, nothing refuses it, and etcd 3.7.1 panics when it carries it out.
fn ends_the_original(request: &TxnRequest) -> bool {
    let text = format!("{request:?}");
    text.contains(r#"range_end: b"\0""#) && text.contains(": true")
}

fn write(member: Member) -> usize {
    let mut all = Conversation::new(member, None);
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

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn to_whatever_else_is_drawn_both_answer_the_same() {
    let folder = folder();
    for seed in 0..MEMBERS {
        let member = Member::start(&folder.path().join(seed.to_string()));
        let mut ours = Asked::new(128, ResponseHeader::default());
        for lease in requests::LEASES {
            let request = json!({ "ID": lease.to_string(), "TTL": "100000" });
            assert_eq!(ask(&member, "/v3/lease/grant", &request).0, 200);
            ours.granted.0.insert(*lease);
        }
        let mut all = Conversation::new(member, Some(ours));
        let mut draws = Draws::new(seed);
        (0..MORE).for_each(|_| all.draw(&mut draws));
        all.member.stop();
    }
}
