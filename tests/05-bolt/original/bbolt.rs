//! bbolt's own command, and what it says about a file.
//!
//! Owns the reading of its output, and [`agrees`]: that it finds a file sound, and counts in it
//! what our store counts.

use crate::programs::{name, run};
use crate::rows::{Held, open, shown};
use std::path::Path;

/// How many pages there are of each kind, those included that are part of the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub used: u64,
    pub free: u64,
    /// Of the used ones, those of the list of free pages.
    pub list: u64,
    /// Of the used ones, those that have no head of their own.
    pub overflow: u64,
}

/// Finds the file sound.
pub fn check(file: &Path) {
    assert_eq!(run("bbolt", &["check", name(file)]), "OK\n", "{}", file.display());
}

/// Counts the pages.
pub fn pages(file: &Path) -> Counts {
    let table = run("bbolt", &["pages", name(file)]);
    let mut counts = Counts::default();
    // Two lines are the head of the table.
    for line in table.lines().skip(2) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let overflow = words.get(3).map_or(0, |word| word.parse().expect("a number"));
        match words[1] {
            "free" => counts.free += 1,
            "freelist" => counts.list += 1 + overflow,
            "meta" | "branch" | "leaf" => {}
            other => panic!("a page is {other} in {}", file.display()),
        }
        if words[1] != "free" {
            counts.used += 1 + overflow;
            counts.overflow += overflow;
        }
    }
    counts
}

/// A figure of `stats`.
pub fn figure(stats: &str, label: &str) -> u64 {
    let line = stats.lines().find_map(|line| line.trim().strip_prefix(label)?.strip_prefix(": "));
    let word = line.and_then(|line| line.split_whitespace().next());
    word.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no {label} in {stats}"))
}

/// How many levels the deepest tree has.
pub fn levels(file: &Path) -> u64 {
    figure(&run("bbolt", &["stats", name(file)]), "Number of levels in B+tree")
}

/// The names in the root bucket.
pub fn buckets(file: &Path) -> Vec<String> {
    run("bbolt", &["buckets", name(file)]).lines().map(str::to_owned).collect()
}

/// The keys of a bucket, those of the buckets in it included.
pub fn keys(file: &Path, path: &[&str]) -> Vec<Vec<u8>> {
    let words = [&["keys", "--format", "hex", name(file)], path].concat();
    run("bbolt", &words).lines().map(bytes).collect()
}

/// The value of a key.
pub fn get(file: &Path, path: &[&str], key: &[u8]) -> Vec<u8> {
    let key = shown(key);
    let formats = ["get", "--format", "hex", "--parse-format", "hex", name(file)];
    let words = [&formats, path, &[&key]].concat();
    bytes(run("bbolt", &words).trim_end())
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |letter: u8| (letter as char).to_digit(16).expect("a digit").to_le_bytes()[0];
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// bbolt and ours find the file sound, count the same pages, keys and buckets, and find the same in
/// it: every key, and of the values each `every`th. What it is.
pub fn agrees(file: &Path, every: usize) -> Held {
    check(file);
    let store = open(file);
    let account = store.check().expect("it is sound");
    let list = store.view().meta().free.is_some();
    let held = Held::of(&store.view());
    // bbolt waits for the lock.
    drop(store);
    let counts = pages(file);
    assert_eq!((account.used, account.free), (counts.used, counts.free), "pages");
    assert_eq!(list, counts.list > 0, "a list of free pages");
    let stats = run("bbolt", &["stats", name(file)]);
    // Of a bucket in a bucket, bbolt counts the name as a key as well.
    let inner = account.buckets - held.buckets.len() as u64;
    assert_eq!(figure(&stats, "Number of keys/value pairs"), account.keys + inner);
    assert_eq!(figure(&stats, "Total number of buckets"), account.buckets);
    assert_eq!(buckets(file), held.names());
    for (bucket, inside) in &held.buckets {
        same(file, &[bucket.as_str()], inside, every);
    }
    held
}

fn same(file: &Path, path: &[&str], held: &Held, every: usize) {
    assert_eq!(keys(file, path), held.keys(), "the keys of {path:?}");
    for (key, value) in held.values.iter().step_by(every) {
        assert!(get(file, path, key) == *value, "the value of {} in {path:?}", shown(key));
    }
    for (bucket, inside) in &held.buckets {
        same(file, &[path, &[bucket.as_str()]].concat(), inside, every);
    }
}
