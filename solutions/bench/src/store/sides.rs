//! The stores that are measured, each behind the same trait.
//!
//! Owns [`Side`], and three of the four that there are: ours, `redb` and bbolt. The last is a
//! program in Go, which is told what to do and says how long it took.

use super::{BATCH, COMMITS, GETS, KEYS, VALUE, key, random};
use crate::measure::timed;
use bolt::{Changes, Folder, Options, Store};
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A store with a million keys, and how long it takes.
pub trait Side {
    /// Makes the keys.
    fn fill(&mut self);
    /// Asks for keys that are there, in no order.
    fn gets(&mut self, seed: u64) -> Duration;
    /// Looks at all keys in order.
    fn scan(&mut self) -> Duration;
    /// Commits new keys, from this one on.
    fn commits_at_end(&mut self, first: u64) -> Duration;
    /// Commits keys that are there, in no order.
    fn commits_anywhere(&mut self, seed: u64) -> Duration;
}

/// What a store in this process does.
pub trait Embedded {
    /// Commits these keys, synced.
    fn put(&mut self, keys: &mut dyn Iterator<Item = u64>);
    /// How many of these keys have values.
    fn get(&self, keys: &mut dyn Iterator<Item = u64>) -> u64;
    /// Looks at every key and value in order. The sum of what [`seen`] says.
    fn look(&self) -> usize;
}

impl<E: Embedded> Side for E {
    fn fill(&mut self) {
        let mut firsts = (0..KEYS).step_by(10_000);
        firsts.by_ref().for_each(|first| self.put(&mut (first..first + 10_000)));
    }

    fn gets(&mut self, seed: u64) -> Duration {
        let get = || assert_eq!(self.get(&mut random(GETS, KEYS, seed)), GETS, "all are there");
        timed(get)
    }

    fn scan(&mut self) -> Duration {
        timed(|| assert!(black_box(self.look()) as u64 >= KEYS * 256, "all are there"))
    }

    fn commits_at_end(&mut self, first: u64) -> Duration {
        let mut firsts = (0..COMMITS).map(|commit| first + commit * BATCH);
        timed(|| firsts.by_ref().for_each(|first| self.put(&mut (first..first + BATCH))))
    }

    fn commits_anywhere(&mut self, seed: u64) -> Duration {
        let mut seeds = seed..seed + COMMITS;
        timed(|| seeds.by_ref().for_each(|seed| self.put(&mut random(BATCH, KEYS, seed))))
    }
}

/// Somebody has looked at this row: how long its value is, and a byte of each.
pub fn seen(key: &[u8], value: &[u8]) -> usize {
    value.len() + usize::from(key[key.len() - 1]) + usize::from(value[value.len() / 2])
}

/// Chapter 5.
struct Ours(Store<Folder>);

/// Opens ours.
pub fn ours(place: &Path) -> Box<dyn Side> {
    Box::new(Ours(Store::open(Folder::new(place), "db", Options::default()).expect("a folder")))
}

impl Embedded for Ours {
    fn put(&mut self, keys: &mut dyn Iterator<Item = u64>) {
        let mut changes = Changes::new();
        let bucket = changes.bucket("key");
        keys.for_each(|number| bucket.put(key(number).to_vec(), &VALUE[..]));
        self.0.commit(changes).expect("the disk works");
    }

    fn get(&self, keys: &mut dyn Iterator<Item = u64>) -> u64 {
        let view = self.0.view();
        let bucket = view.bucket(b"key").expect("it is sound").expect("it is there");
        keys.filter(|number| bucket.get(&key(*number)).expect("it is sound").is_some()).count()
            as u64
    }

    fn look(&self) -> usize {
        let view = self.0.view();
        let bucket = view.bucket(b"key").expect("it is sound").expect("it is there");
        let mut cursor = bucket.cursor();
        cursor.first().expect("it is sound");
        let mut sum = 0;
        while let Some((key, value)) = cursor.current() {
            sum += seen(key, value);
            cursor.go_on().expect("it is sound");
        }
        sum
    }
}

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("key");

struct Redb(Database);

/// Opens one of the crate `redb`.
pub fn redb(place: &Path) -> Box<dyn Side> {
    Box::new(Redb(Database::create(place.join("redb")).expect("a folder")))
}

impl Embedded for Redb {
    fn put(&mut self, keys: &mut dyn Iterator<Item = u64>) {
        let mut write = self.0.begin_write().expect("nobody else writes");
        // With two syncs, as the others have it.
        write.set_two_phase_commit(true);
        write.set_durability(Durability::Immediate).expect("it can be synced");
        {
            let mut table = write.open_table(TABLE).expect("it is a table");
            keys.for_each(|number| {
                table.insert(&key(number)[..], &VALUE[..]).expect("the disk works");
            });
        }
        write.commit().expect("the disk works");
    }

    fn get(&self, keys: &mut dyn Iterator<Item = u64>) -> u64 {
        let read = self.0.begin_read().expect("it is sound");
        let table = read.open_table(TABLE).expect("it is there");
        keys.filter(|number| table.get(&key(*number)[..]).expect("it is sound").is_some()).count()
            as u64
    }

    fn look(&self) -> usize {
        let read = self.0.begin_read().expect("it is sound");
        let table = read.open_table(TABLE).expect("it is there");
        let rows = table.iter().expect("it is sound");
        rows.map(|row| row.expect("it is sound"))
            .map(|(key, value)| seen(key.value(), value.value()))
            .sum()
    }
}

/// The Go program that drives bbolt.
pub struct Bbolt {
    child: Child,
    input: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Bbolt {
    /// Builds the program in this folder and starts it. If there is no Go, or it cannot, why not.
    pub fn start(place: &Path) -> Result<Bbolt, String> {
        let program = place.join("store");
        let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/original");
        let mut build = Command::new("go");
        build.args(["build", "-mod=readonly", "-o"]).arg(&program).arg("./store");
        let built = build.current_dir(module).env("GOTOOLCHAIN", "local").output();
        let built = built.map_err(|error| format!("`go` cannot run: {error}"))?;
        if !built.status.success() {
            let said = String::from_utf8_lossy(&built.stderr);
            let last = said.lines().last().unwrap_or_default().to_owned();
            return Err(format!("it does not build: {last}"));
        }
        let mut start = Command::new(&program);
        let child = start.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| format!("it does not start: {error}"))?;
        let input = child.stdin.take().expect("it is a pipe");
        let answers = BufReader::new(child.stdout.take().expect("it is a pipe"));
        Ok(Bbolt { child, input, answers })
    }

    /// Opens this file, which it makes if it is not there.
    pub fn open(&mut self, file: &Path) -> Duration {
        self.tell(&format!("open {}", file.display()))
    }

    /// Tells it to do something; how long that took.
    fn tell(&mut self, what: &str) -> Duration {
        writeln!(self.input, "{what}").expect("it listens");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        let nanoseconds = answer.trim().parse();
        Duration::from_nanos(nanoseconds.unwrap_or_else(|_| panic!("bbolt cannot {what}")))
    }
}

impl Drop for Bbolt {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Side for Bbolt {
    fn fill(&mut self) {
        self.tell(&format!("fill {KEYS}"));
    }

    fn gets(&mut self, seed: u64) -> Duration {
        self.tell(&format!("gets {seed}"))
    }

    fn scan(&mut self) -> Duration {
        self.tell("scan")
    }

    fn commits_at_end(&mut self, first: u64) -> Duration {
        self.tell(&format!("end {first}"))
    }

    fn commits_anywhere(&mut self, seed: u64) -> Duration {
        self.tell(&format!("random {seed}"))
    }
}
