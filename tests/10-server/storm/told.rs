//! What clients of a round asked and were told, and what watchers saw.
//!
//! Owns the record. Values are never written twice, so that a value says which call has written it.
//!
//! Left to others: who asks (`clients`), and whether it can be true (`judge`).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// How long after the beginning of the round.
pub type Moment = Duration;

/// A key with its value, as somebody was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: String,
    pub value: String,
    pub created: i64,
    pub modified: i64,
    pub version: i64,
    pub lease: i64,
}

/// What a call changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Put { key: String, value: String, lease: i64 },
    Delete { key: String },
}

/// What a call wants.
#[derive(Clone, Debug)]
pub enum Wish {
    /// All registers.
    Read,
    /// These, if the key was changed last at this revision; else that key is read.
    Write { guard: Option<(String, i64)>, changes: Vec<Change> },
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: Moment,
    /// As of this revision.
    pub revision: i64,
    /// It has changed something, at that revision.
    pub has_changed: bool,
    /// What was read.
    pub rows: Option<Vec<Row>>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    pub client: usize,
    pub member: usize,
    pub wish: Wish,
    pub asked: Moment,
    /// If nobody answered, or somebody refused, who knows what has become of it.
    pub told: Option<Told>,
    /// When the client gave up, and why.
    pub gave_up: Option<(Moment, String)>,
}

/// A change that a watcher saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Put(Row),
    Delete { key: String, modified: i64 },
}

/// What one watcher saw, in its order.
#[derive(Clone, Debug, Default)]
pub struct Watcher {
    pub member: usize,
    pub seen: Vec<(i64, Vec<Event>, Moment)>,
    /// It was told that all before this revision is gone, and went on there.
    pub skipped_to: Vec<i64>,
}

/// What a lease's client was promised: asked then, it is to live for so long.
#[derive(Clone, Debug)]
pub struct Promise {
    pub lease: i64,
    pub asked: Moment,
    pub lives: Duration,
}

/// What was done to a member.
#[derive(Clone, Debug)]
pub struct Fault {
    pub members: Vec<usize>,
    pub words: String,
    pub began: Moment,
    pub ended: Moment,
}

/// A copy of the store that was taken while clients wrote: up to which revision, its hash, and what
/// a member's is at that revision, if that revision can still be asked for.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "a person reads it, of a copy that is not right")]
pub struct Copied {
    pub revision: i64,
    pub hash: u32,
    pub at_member: Option<u32>,
}

/// What all members were found to have when everything had come to rest.
#[derive(Clone, Debug, Default)]
pub struct Same {
    /// Of each member: a hash of all, and of which revision it was compacted last.
    pub hashes: Vec<(usize, u32, i64)>,
    /// Alarms, in words.
    pub alarms: Vec<String>,
    pub copies: Vec<Copied>,
}

/// All of a round.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub calls: Vec<Call>,
    pub watchers: Vec<Watcher>,
    pub promises: Vec<Promise>,
    pub faults: Vec<Fault>,
    /// How often the past was compacted.
    pub compactions: usize,
}

/// What is wrong with it.
#[derive(Clone, Debug)]
pub struct Wrong {
    pub text: String,
    /// The calls that show it.
    pub calls: Vec<usize>,
    /// When it shows.
    pub at: Option<Moment>,
}

impl Wrong {
    pub fn new(text: impl Into<String>) -> Wrong {
        Wrong { text: text.into(), calls: Vec::new(), at: None }
    }
}

impl History {
    /// What happened at each revision, by whoever saw it first, and when that was.
    pub fn past(&self) -> BTreeMap<i64, (&[Event], Moment)> {
        let mut past: BTreeMap<i64, (&[Event], Moment)> = BTreeMap::new();
        for (revision, events, at) in self.watchers.iter().flat_map(|watcher| &watcher.seen) {
            let first = past.entry(*revision).or_insert((events, *at));
            if *at < first.1 {
                *first = (events, *at);
            }
        }
        past
    }
}

impl Event {
    pub fn key(&self) -> &str {
        match self {
            Event::Put(row) => &row.key,
            Event::Delete { key, .. } => key,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={} of {}", self.key, self.value, self.modified)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Put { key, value, lease: 0 } => write!(f, "{key}={value}"),
            Change::Put { key, value, lease } => write!(f, "{key}={value} with lease {lease}"),
            Change::Delete { key } => write!(f, "without {key}"),
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wish::Read => write!(f, "read"),
            Wish::Write { guard, changes } => {
                if let Some((key, modified)) = guard {
                    write!(f, "if {key} is of {modified}: ")?;
                }
                let changes: Vec<String> = changes.iter().map(Change::to_string).collect();
                f.write_str(&changes.join(", "))
            }
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { client, member, wish, .. } = self;
        write!(f, "client {client} at m{member}: {wish} ─▶ ")?;
        let Some(told) = &self.told else {
            let why = self.gave_up.as_ref().map_or("no answer", |(_, why)| why);
            return f.write_str(why);
        };
        write!(f, "revision {}", told.revision)?;
        if let Wish::Write { .. } = wish {
            f.write_str(if told.has_changed { ", done" } else { ", not done" })?;
        }
        if let Some(rows) = &told.rows {
            let rows: Vec<String> = rows.iter().map(Row::to_string).collect();
            write!(
                f,
                ", found {}",
                if rows.is_empty() { "nothing".into() } else { rows.join(" ") }
            )?;
        }
        Ok(())
    }
}
