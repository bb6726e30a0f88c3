//! Requests and answers as JSON.
//!
//! Owns the form in which ours and theirs are compared: without spaces, and with nothing in an
//! answer's head but its revision, for the rest is the server's.

use crate::past::Change;
use api::event::EventType;
use api::{Event, KeyValue, WatchCreateRequest, WatchResponse};
use std::fmt::Write;

/// Bytes as JSON has them.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let number = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = number(0) << 16 | number(1) << 8 | number(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS[(bits >> shift) as usize & 63];
            text.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// A request for a watcher.
pub fn create(request: &WatchCreateRequest) -> String {
    format!(
        "{{\"create_request\":{{\"key\":\"{}\",\"range_end\":\"{}\",\"start_revision\":\"{}\",\
         \"progress_notify\":{},\"filters\":{:?},\"prev_kv\":{},\"watch_id\":\"{}\",\
         \"fragment\":{}}}}}",
        base64(&request.key),
        base64(&request.range_end),
        request.start_revision,
        request.progress_notify,
        request.filters,
        request.prev_kv,
        request.watch_id,
        request.fragment
    )
}

/// A transaction that carries these out.
pub fn txn(changes: &[Change]) -> String {
    let operation = |change: &Change| match change {
        Change::Put(key, value) => {
            let (key, value) = (base64(key.as_bytes()), base64(value));
            format!("{{\"request_put\":{{\"key\":\"{key}\",\"value\":\"{value}\"}}}}")
        }
        Change::Delete(key) => {
            format!("{{\"request_delete_range\":{{\"key\":\"{}\"}}}}", base64(key.as_bytes()))
        }
    };
    let all: Vec<String> = changes.iter().map(operation).collect();
    format!("{{\"success\":[{}]}}", all.join(","))
}

/// An answer of ours.
pub fn ours(answer: &WatchResponse) -> String {
    let mut fields = Vec::new();
    let revision = answer.header.as_ref().expect("there is a head").revision;
    let head = if revision == 0 { String::new() } else { format!("\"revision\":\"{revision}\"") };
    fields.push(format!("\"header\":{{{head}}}"));
    let number = |name: &str, it: i64| (it != 0).then(|| format!("\"{name}\":\"{it}\""));
    let mark = |name: &str, it: bool| it.then(|| format!("\"{name}\":true"));
    fields.extend(number("watch_id", answer.watch_id));
    fields.extend(mark("created", answer.created));
    fields.extend(mark("canceled", answer.canceled));
    fields.extend(number("compact_revision", answer.compact_revision));
    if !answer.cancel_reason.is_empty() {
        fields.push(format!("\"cancel_reason\":\"{}\"", answer.cancel_reason));
    }
    fields.extend(mark("fragment", answer.fragment));
    if !answer.events.is_empty() {
        let events: Vec<String> = answer.events.iter().map(event).collect();
        fields.push(format!("\"events\":[{}]", events.join(",")));
    }
    format!("{{\"result\":{{{}}}}}", fields.join(","))
}

fn event(event: &Event) -> String {
    let mut fields = Vec::new();
    if event.r#type() == EventType::Delete {
        fields.push("\"type\":\"DELETE\"".to_owned());
    }
    let kvs = [("kv", &event.kv), ("prev_kv", &event.prev_kv)];
    for (name, kv) in kvs {
        fields.extend(kv.as_ref().map(|kv| format!("\"{name}\":{}", pair(kv))));
    }
    format!("{{{}}}", fields.join(","))
}

fn pair(kv: &KeyValue) -> String {
    let mut text = format!("{{\"key\":\"{}\"", base64(&kv.key));
    let numbers = [
        ("create_revision", kv.create_revision),
        ("mod_revision", kv.mod_revision),
        ("version", kv.version),
    ];
    for (name, number) in numbers.into_iter().filter(|(_, number)| *number != 0) {
        let _ = write!(text, ",\"{name}\":\"{number}\"");
    }
    if !kv.value.is_empty() {
        let _ = write!(text, ",\"value\":\"{}\"", base64(&kv.value));
    }
    text + "}"
}

/// An answer of theirs.
pub fn theirs(line: &str) -> String {
    let mut text = String::new();
    let mut is_quoted = false;
    for letter in line.chars() {
        is_quoted ^= letter == '"';
        if is_quoted || !letter.is_whitespace() {
            text.push(letter);
        }
    }
    for name in ["cluster_id", "member_id", "raft_term"] {
        let start = format!("\"{name}\":\"");
        if let Some(at) = text.find(&start) {
            let rest = &text[at + start.len()..];
            let length = rest.find('"').expect("it ends") + 1;
            let mut end = at + start.len() + length;
            let mut from = at;
            if text[end..].starts_with(',') {
                end += 1;
            } else if text[..from].ends_with(',') {
                from -= 1;
            }
            text.replace_range(from..end, "");
        }
    }
    text
}
