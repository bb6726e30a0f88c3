//! What may differ from one server to another and from one run to the next, made equal.
//!
//! Owns which parts of an answer these are: who was asked, and where; identities that are drawn;
//! how long something took; how far the log and the file are.

use crate::shell::{Line, Said};
use serde_json::Value;

/// What follows these is of the moment: digits, and the unit of a time.
const MOMENTARY: [&str; 25] = [
    "\"raft_term\":",
    "\"raftTerm\":",
    "\"raftIndex\":",
    "\"raftAppliedIndex\":",
    "\"dbSize\":",
    "\"dbSizeInUse\":",
    "\"totalSize\":",
    "\"ttl\":",
    "\"took\":\"",
    "\"RaftTerm\" : ",
    "\"RaftIndex\" : ",
    "\"RaftAppliedIndex\" : ",
    "\"DBSize\" : ",
    "\"DBSizeInUse\" : ",
    "\"DBSizeQuota\" : ",
    "\"Took\" : ",
    "\"TTL\" : ",
    "\"Size\" : ",
    "took = ",
    "took ",
    "remaining(",
    "\"raft_index\":",
    "\"raft_applied_index\":",
    "\"db_size\":",
    "\"db_size_in_use\":",
];

/// The hash of a whole file is of the moment as well. That of its keys is not.
const HASHES: [&str; 2] = ["\"hash\":", "\"Hash\" : "];

/// Identities that were drawn, in the order in which somebody heard of them.
#[derive(Default)]
pub struct Drawn {
    leases: Vec<u64>,
    members: Vec<u64>,
}

impl Drawn {
    /// Hears of leases that were granted and members that were added.
    pub fn hear(&mut self, output: &str) {
        let lease = after(output, "lease ").filter(|rest| rest.contains(" granted"));
        self.leases.extend(lease.take(1).filter_map(hexadecimal));
        if output.contains("TTL\"") {
            self.leases.extend(after(output, "\"ID\":").take(1).filter_map(decimal));
            self.leases.extend(after(output, "\"ID\" : ").take(1).filter_map(decimal));
        }
        let member = after(output, "Member ").filter(|rest| rest.contains(" added"));
        self.members.extend(member.take(1).filter_map(hexadecimal));
        self.members.extend(after(output, "\"member\":{\"ID\":").take(1).filter_map(decimal));
        for drawn in [&mut self.leases, &mut self.members] {
            let mut before = Vec::new();
            drawn.retain(|id| {
                let is_new = !before.contains(id);
                before.push(*id);
                is_new
            });
        }
    }

    /// A text in which `$LEASE1` and `$MEMBER1` are those.
    pub fn meaning(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (kind, ids) in [("LEASE", &self.leases), ("MEMBER", &self.members)] {
            for (at, id) in ids.iter().enumerate().rev() {
                text = text.replace(&format!("${kind}{}", at + 1), &format!("{id:x}"));
            }
        }
        text
    }

    /// The other way round.
    fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (kind, ids) in [("LEASE", &self.leases), ("MEMBER", &self.members)] {
            for (at, id) in ids.iter().enumerate() {
                let name = format!("${kind}{}", at + 1);
                text = text.replace(&format!("{id:016x}"), &name);
                text = text.replace(&format!("{id:16x}"), &name);
                text = text.replace(&format!("{id:x}"), &name).replace(&id.to_string(), &name);
            }
        }
        text
    }
}

fn after<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(mark).map(move |(at, _)| &text[at + mark.len()..])
}

fn hexadecimal(text: &str) -> Option<u64> {
    let text = text.trim_start();
    let end = text.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(text.len());
    u64::from_str_radix(&text[..end], 16).ok()
}

fn decimal(text: &str) -> Option<u64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// A command was carried out by a server, with files in a folder.
pub struct Place<'a> {
    pub endpoint: &'a str,
    pub folder: &'a str,
}

/// What was said, without all of that.
pub fn plain(line: &Line, said: &Said, drawn: &Drawn, place: &Place<'_>) -> Said {
    let clean = |text: &str| {
        let text = text.replace(place.endpoint, "$ENDPOINT").replace(place.folder, "$FOLDER");
        drawn.hide(&text)
    };
    let hashes: &[&str] = if line.is_of_a_file() { &HASHES } else { &[] };
    let output = said.output.lines().map(|line| {
        let line = cells(&clean(&attached(&members(line))));
        momentary(&momentary(&line, &MOMENTARY), hashes)
    });
    let mut output: Vec<String> = output.collect();
    let are_members = output.iter().all(|line| line.contains(", http://"));
    let is_table = output.iter().any(|line| line.contains("PEER ADDRS"));
    if are_members || is_table || output.iter().any(|line| line.starts_with("\"GrantedTTL\"")) {
        // Members are in the order of identities that are drawn, and so are a lease's keys.
        output.sort_unstable();
    }
    // If etcdctl itself fails, it says where in its memory.
    let is_own = |line: &&str| !line.starts_with("goroutine ");
    let errors = said.errors.lines().take_while(is_own).map(|line| clean(&complaint(line)));
    let mut errors: Vec<String> = errors.collect();
    // How often the client tries is its own affair.
    errors.dedup_by(|one, other| one.starts_with("retrying") && one == other);
    Said { code: said.code, output: output.join("\n"), errors: errors.join("\n") }
}

/// A line without what is of the moment.
fn momentary(line: &str, marks: &[&str]) -> String {
    let mut line = line.to_owned();
    for mark in marks {
        let mut plain = String::new();
        let mut rest = line.as_str();
        while let Some((before, after)) = rest.split_once(mark) {
            let is_part = |letter: char| letter.is_alphanumeric() || letter == '.';
            let end = after.find(|letter| !is_part(letter)).unwrap_or(after.len());
            let dots = if end > 0 && after.starts_with(|one: char| one.is_ascii_digit()) {
                "…"
            } else {
                &after[..end]
            };
            plain += &format!("{before}{mark}{dots}");
            rest = &after[end..];
        }
        line = plain + rest;
    }
    line
}

/// The columns of a member's status that are of the moment: sizes, term, and two indexes.
const COLUMNS: [usize; 6] = [4, 5, 6, 10, 11, 12];
/// How many there are, and in the status of a file, and in a member's health.
const STATUS: usize = 16;
const FILE: usize = 5;
const HEALTH: usize = 4;

/// A line of a table, drawn or not, without what is of the moment, and as wide as it must be.
fn cells(line: &str) -> String {
    let is_drawn = line.starts_with('│');
    if line.starts_with(['┌', '├', '└']) {
        return "─".to_owned();
    }
    let cells: Vec<&str> = match is_drawn {
        true => line.trim_matches('│').split('│').map(str::trim).collect(),
        false => line.split(", ").collect(),
    };
    let is_title = cells.iter().all(|cell| !cell.contains(|one: char| one.is_ascii_digit()));
    let columns: &[usize] = match cells.len() {
        STATUS if !is_title => &COLUMNS,
        FILE if !is_title => &[0, 3],
        HEALTH if !is_title && is_drawn => &[2],
        _ if is_drawn => &[],
        _ => return line.to_owned(),
    };
    let cells = cells.iter().enumerate();
    let cells: Vec<&str> =
        cells.map(|(at, cell)| if columns.contains(&at) { "…" } else { cell }).collect();
    cells.join(if is_drawn { " │ " } else { ", " })
}

/// Members of an answer in an order that does not depend on their identities.
fn members(line: &str) -> String {
    if let Some(list) = line.strip_prefix("ETCD_INITIAL_CLUSTER=") {
        let mut members: Vec<&str> = list.trim_matches('"').split(',').collect();
        members.sort_unstable();
        return format!("ETCD_INITIAL_CLUSTER={}", members.join(","));
    }
    let Ok(mut answer) = serde_json::from_str::<Value>(line) else {
        return line.to_owned();
    };
    let Some(members) = answer.get_mut("members").and_then(Value::as_array_mut) else {
        return line.to_owned();
    };
    if members.len() < 2 {
        return line.to_owned();
    }
    members.sort_unstable_by_key(|member| member["peerURLs"].to_string());
    answer.to_string()
}

/// The keys of a lease, in order: the original draws one.
fn attached(line: &str) -> String {
    let keys = line.split_once("attached keys([").and_then(|(before, rest)| {
        let (keys, after) = rest.split_once("])")?;
        let mut keys: Vec<&str> = keys.split(' ').collect();
        keys.sort_unstable();
        Some(format!("{before}attached keys([{}]){after}", keys.join(" ")))
    });
    if let Some(line) = keys {
        return line;
    }
    let Ok(mut answer) = serde_json::from_str::<Value>(line) else { return line.to_owned() };
    match answer.get_mut("keys").and_then(Value::as_array_mut) {
        Some(keys) => keys.sort_unstable_by_key(ToString::to_string),
        None => return line.to_owned(),
    }
    answer.to_string()
}

/// What a line of the errors says. The client's log is in JSON: what it says of a call counts.
fn complaint(line: &str) -> String {
    let Ok(entry) = serde_json::from_str::<Value>(line) else { return momentary(line, &MOMENTARY) };
    let field = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    format!("{}: {} {}", field("msg"), field("method"), field("error"))
}
