//! What a member says to those who run it: its log lines.
//!
//! Owns [`Journal`], which rooms say a [`Line`] to. A line is a JSON object as etcd writes it, or
//! its console form. A thread of its own writes the lines, so no room waits for a disk or for
//! whoever reads them.
//!
//! Invariants:
//! - At most [`WAITING`] lines wait to be written. What does not fit is counted, and the count is
//!   said as soon as there is room again.
//! - A journal that was not opened says nothing. Nothing here is global: two members in a process
//!   have two journals.
//!
//! Left to others: what is worth a line.

use crate::reason::reason;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// So many lines wait to be written at most.
const WAITING: usize = 4_096;

/// So long an end waits until the last lines are written.
const PATIENCE: Duration = Duration::from_secs(1);

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For who looks for an error.
    Debug,
    /// It is so.
    Info,
    /// Somebody should look.
    Warn,
    /// Something did not work.
    Error,
    /// The program is wrong, and ends.
    Panic,
    /// The program cannot go on.
    Fatal,
}

impl Level {
    /// As it stands in a line.
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
            Level::Panic => "panic",
            Level::Fatal => "fatal",
        }
    }

    /// The level of this name, in small or in capital letters.
    pub fn of(name: &str) -> Option<Level> {
        match name {
            "debug" | "DEBUG" => Some(Level::Debug),
            "" | "info" | "INFO" => Some(Level::Info),
            "warn" | "WARN" => Some(Level::Warn),
            "error" | "ERROR" => Some(Level::Error),
            "dpanic" | "DPANIC" | "panic" | "PANIC" => Some(Level::Panic),
            "fatal" | "FATAL" => Some(Level::Fatal),
            _ => None,
        }
    }
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object.
    Json,
    /// Words with tabs between them, for people.
    Console,
}

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The standard error.
    Stderr,
    /// The standard output.
    Stdout,
    /// The end of a file.
    File(PathBuf),
}

/// How a journal is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where lines go, each of them to all of these.
    pub outputs: Vec<Output>,
    /// Lines that are less grave are not written.
    pub level: Level,
    /// How they are written.
    pub format: Format,
}

impl Default for Options {
    fn default() -> Options {
        Options { outputs: vec![Output::Stderr], level: Level::Info, format: Format::Json }
    }
}

/// An output that cannot be written to.
#[derive(Debug, Error)]
#[error("open sink \"{place}\": open {place}: {reason}")]
pub struct Error {
    place: String,
    reason: String,
}

/// What a line says beside its message.
pub type Fields = Vec<(&'static str, Value)>;

/// Fields of a line: `fields!["path": path, "took": took]`.
macro_rules! fields {
    ($($name:literal: $value:expr),* $(,)?) => {
        vec![$(($name, serde_json::json!($value))),*]
    };
}
pub(crate) use fields;

/// Something that is said.
#[derive(Clone, Debug)]
pub struct Line {
    /// How grave it is.
    pub level: Level,
    /// What is said. Tools look for it.
    pub message: &'static str,
    /// Of what.
    pub fields: Fields,
    caller: &'static Location<'static>,
}

impl Line {
    /// One that is said by whoever calls this.
    #[track_caller]
    pub fn new(level: Level, message: &'static str, fields: Fields) -> Line {
        Line { level, message, fields, caller: Location::caller() }
    }

    /// The same, at this time.
    pub fn write(&self, format: Format, now: SystemTime) -> String {
        let (time, level, caller) = (timestamp(now), self.level.name(), self.caller());
        match format {
            Format::Json => {
                let message = Value::from(self.message);
                let mut text = format!(
                    r#"{{"level":"{level}","ts":"{time}","caller":"{caller}","msg":{message}"#
                );
                for (name, value) in &self.fields {
                    let _ = write!(text, r#","{name}":{value}"#);
                }
                text + "}\n"
            }
            Format::Console => {
                let mut text = format!("{time}\t{level}\t{caller}\t{}", self.message);
                for (at, (name, value)) in self.fields.iter().enumerate() {
                    let before = if at == 0 { "\t{" } else { ", " };
                    let _ = write!(text, r#"{before}"{name}": {}"#, spaced(value));
                }
                if !self.fields.is_empty() {
                    text.push('}');
                }
                text + "\n"
            }
        }
    }

    /// The file, with the folder that it is in, and the line.
    fn caller(&self) -> String {
        let file = self.caller.file();
        let inside = file.rsplit_once("src/").map_or(file, |(_, inside)| inside);
        let folder = if inside.contains('/') { "" } else { "server/" };
        format!("{folder}{inside}:{}", self.caller.line())
    }
}

/// Whom rooms say lines to. All clones are one journal.
#[derive(Clone, Debug, Default)]
pub struct Journal(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    level: Level,
    format: Format,
    written: SyncSender<Written>,
    lost: AtomicU64,
}

enum Written {
    Line(String),
    /// Everything before this is written.
    Upto(SyncSender<()>),
}

impl Journal {
    /// Opens one.
    pub fn open(options: &Options) -> Result<Journal, Error> {
        let sinks: Result<Vec<Sink>, Error> = options.outputs.iter().map(Sink::open).collect();
        let sinks = sinks?;
        let (written, letters) = sync_channel(WAITING);
        // It ends with the last clone of the journal.
        thread::spawn(move || write_all(sinks, &letters));
        let Options { level, format, .. } = *options;
        Ok(Journal(Some(Arc::new(Shared { level, format, written, lost: AtomicU64::new(0) }))))
    }

    /// Only who looks for an error wants to know.
    #[track_caller]
    pub fn debug(&self, message: &'static str, fields: Fields) {
        self.say(&Line::new(Level::Debug, message, fields));
    }

    /// It is so.
    #[track_caller]
    pub fn info(&self, message: &'static str, fields: Fields) {
        self.say(&Line::new(Level::Info, message, fields));
    }

    /// Somebody should look.
    #[track_caller]
    pub fn warn(&self, message: &'static str, fields: Fields) {
        self.say(&Line::new(Level::Warn, message, fields));
    }

    /// Something did not work.
    #[track_caller]
    pub fn error(&self, message: &'static str, fields: Fields) {
        self.say(&Line::new(Level::Error, message, fields));
    }

    /// Are lines of this level written? Whoever has to work for a line asks first.
    pub fn hears(&self, level: Level) -> bool {
        self.0.as_ref().is_some_and(|shared| level >= shared.level)
    }

    /// Says this line. It waits for nobody.
    pub fn say(&self, line: &Line) {
        let Some(shared) = self.0.as_ref().filter(|_| self.hears(line.level)) else { return };
        let mut text = line.write(shared.format, SystemTime::now());
        let lost = shared.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let lines = fields!["lines": lost];
            let line = Line::new(Level::Warn, "log lines were not written in time", lines);
            text.insert_str(0, &line.write(shared.format, SystemTime::now()));
        }
        match shared.written.try_send(Written::Line(text)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                shared.lost.fetch_add(lost + 1, Ordering::Relaxed);
            }
        }
    }

    /// Waits until everything that was said is written; not for long, if nobody reads it.
    pub fn flush(&self) {
        let Some(shared) = &self.0 else { return };
        let (done, written) = sync_channel(1);
        let until = Instant::now() + PATIENCE;
        let mut letter = Written::Upto(done);
        while let Err(TrySendError::Full(back)) = shared.written.try_send(letter) {
            if Instant::now() >= until {
                return;
            }
            letter = back;
            thread::sleep(Duration::from_millis(5));
        }
        let _ = written.recv_timeout(PATIENCE);
    }
}

/// An output that is open.
enum Sink {
    Stderr,
    Stdout,
    File(File),
}

impl Sink {
    fn open(output: &Output) -> Result<Sink, Error> {
        match output {
            Output::Stderr => Ok(Sink::Stderr),
            Output::Stdout => Ok(Sink::Stdout),
            Output::File(path) => {
                let opened = OpenOptions::new().append(true).create(true).open(path);
                let place = path.display().to_string();
                opened.map(Sink::File).map_err(|error| Error { place, reason: reason(&error) })
            }
        }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        match self {
            Sink::Stderr => io::stderr().write_all(text.as_bytes()),
            Sink::Stdout => {
                let mut out = io::stdout().lock();
                out.write_all(text.as_bytes()).and_then(|()| out.flush())
            }
            Sink::File(file) => file.write_all(text.as_bytes()),
        }
    }
}

fn write_all(mut sinks: Vec<Sink>, letters: &Receiver<Written>) {
    for letter in letters {
        match letter {
            Written::Line(text) => {
                for sink in &mut sinks {
                    // Whom could it be told to?
                    let _ = sink.write(&text);
                }
            }
            Written::Upto(done) => {
                let _ = done.try_send(());
            }
        }
    }
}

/// As `2026-02-28T23:59:59.123456Z`.
pub fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, micros) = (since.as_secs(), since.subsec_micros());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// A value as JSON for people: a list has spaces behind its commas.
fn spaced(value: &Value) -> String {
    match value.as_array() {
        Some(list) => {
            let values: Vec<String> = list.iter().map(spaced).collect();
            format!("[{}]", values.join(", "))
        }
        None => value.to_string(),
    }
}

/// The date so many days after the first of January 1970. Years begin in March here, so that the
/// day that leap years have more is their last.
fn date(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    let days = days + 719_468;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_etcd_does() {
        let at = |seconds, micros| {
            timestamp(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros))
        };
        assert_eq!(at(0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(at(951_782_400, 7), "2000-02-29T00:00:00.000007Z");
        assert_eq!(at(1_709_251_199, 999_999), "2024-02-29T23:59:59.999999Z");
        assert_eq!(at(4_107_542_399, 10), "2100-02-28T23:59:59.000010Z");
        assert_eq!(at(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z");
    }

    #[test]
    fn a_line_is_an_object_or_words() {
        let line = Line::new(Level::Warn, "a \"b\"", fields!["path": "x", "list": ["y", "z"]]);
        let json = line.write(Format::Json, UNIX_EPOCH);
        let start = r#"{"level":"warn","ts":"1970-01-01T00:00:00.000000Z","caller":"server/"#;
        assert!(json.starts_with(start), "{json}");
        assert!(
            json.ends_with(",\"msg\":\"a \\\"b\\\"\",\"path\":\"x\",\"list\":[\"y\",\"z\"]}\n")
        );
        let words = line.write(Format::Console, UNIX_EPOCH);
        assert!(words.starts_with("1970-01-01T00:00:00.000000Z\twarn\tserver/"), "{words}");
        assert!(words.ends_with("\ta \"b\"\t{\"path\": \"x\", \"list\": [\"y\", \"z\"]}\n"));
    }
}
