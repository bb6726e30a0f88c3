//! The conversation that was recorded with the original, with a member of ours.
//!
//! A line is asked as it was, and its answer compared by the rules that are written down beside the
//! conversation. Streams of watchers have no end, so a line's stream is read until it has said as
//! much as the original's.

use crate::http::{Http, Lines};
use crate::member::{Member, cheap_auth, config, place};
use harness::check;
use serde_json::Value;
use server::config::{Founder, Url};
use std::collections::BTreeMap;

#[allow(dead_code, reason = "other chapters choose their lines in other ways")]
#[path = "../original/recorded/lines.rs"]
mod lines;

use lines::Line;

/// Who asks, and what was saved of answers for later requests.
struct Conversation {
    http: Http,
    saved: BTreeMap<String, String>,
}

impl Conversation {
    /// Puts what was saved where its name stands.
    fn filled(&self, text: &str) -> String {
        let fill = |text: String, (name, value): (&String, &String)| {
            text.replace(&format!("${{{name}}}"), value)
        };
        self.saved.iter().fold(text.to_owned(), fill)
    }

    /// Asks what a line asks. What is wrong with the answer, if anything is.
    fn ask(&mut self, line: &Line) -> Result<(), String> {
        let body = self.filled(&line.body());
        let headers: Vec<(String, String)> =
            line.headers().map(|(name, value)| (name.to_lowercase(), self.filled(value))).collect();
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if line.is_stream() {
            return self.ask_stream(line, &headers, &body);
        }
        let answer = self.http.ask(line.method(), line.path(), &headers, &body);
        let response = serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body));
        for (name, path) in line.saves() {
            let value = path.split('.').fold(&response, |value, step| &value[step]);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.saved.insert(name.to_owned(), text);
        }
        line.is_answered_by(answer.status.into(), &response)
    }

    fn ask_stream(
        &mut self,
        line: &Line,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<(), String> {
        // A stream that says nothing has no head either, and there is nothing to wait for.
        let Some(wanted) = line.response().as_array().filter(|all| !all.is_empty()) else {
            return Ok(());
        };
        let mut lines = self.http.open(line.path(), headers, body);
        if line.number() == SNAPSHOT {
            return self.is_snapshot(&mut lines);
        }
        let mut told = Vec::new();
        while told.len() < wanted.len()
            && let Some(text) = self.http.line(&mut lines)
        {
            told.push(serde_json::from_str(&text).unwrap_or(Value::String(text)));
        }
        if line.is_unordered() {
            let is_created = |one: &Value| one["result"]["created"] == true;
            told.sort_by_key(is_created);
        }
        line.is_answered_by(lines.status.into(), &Value::Array(told))
    }

    /// Each piece says of which version the store is, and the last one has a digest of 32 bytes,
    /// which are 44 letters.
    fn is_snapshot(&self, lines: &mut Lines) -> Result<(), String> {
        let mut last = 0;
        while let Some(text) = self.http.line(lines) {
            let piece: Value = serde_json::from_str(&text).unwrap_or_default();
            if piece["result"]["version"] != "3.7.0" {
                return Err(format!("line {SNAPSHOT}: no piece of a snapshot: {text:.200}"));
            }
            last = piece["result"]["blob"].as_str().map_or(0, str::len);
        }
        if last == 44 {
            Ok(())
        } else {
            Err(format!("line {SNAPSHOT}: it ends with {last} letters"))
        }
    }
}

/// The line that asks for a snapshot. How many pieces it comes in, the store's size decides.
const SNAPSHOT: u64 = 271;

/// A hash of keys at no revision: the original says there that nothing was compacted, and ours says
/// what was.
const QUIRK: u64 = 161;

/// Holds the conversation, up to this line.
fn holds(last: u64) {
    check(move || {
        let place = place();
        let peer = "http://127.0.0.1:24301".to_owned();
        let founder =
            Founder { name: "gold".to_owned(), urls: vec![Url::parse(&peer).expect("it is one")] };
        let member = Member::start(server::Config {
            initial_cluster: vec![founder],
            name: "gold".to_owned(),
            client_urls: vec!["http://127.0.0.1:24300".to_owned()],
            peer_urls: vec![peer],
            max_txn_ops: 8,
            max_request_bytes: 4096,
            auth: cheap_auth(),
            ..config(place.path())
        });
        let mut talk = Conversation { http: Http::new(member.address), saved: BTreeMap::new() };
        // It was recorded from when the original knew of which version its store is.
        while !talk.http.get("/version").body.contains(r#""storage":"3.7.0""#) {}
        let all = lines::all();
        let part = all.iter().filter(|line| line.number() <= last && line.number() != QUIRK);
        let wrong: Vec<String> = part.filter_map(|line| talk.ask(line).err()).collect();
        assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n\n"));
        member.stop();
    });
}

#[test]
fn every_line_is_answered_as_etcd_did() {
    holds(533);
}
