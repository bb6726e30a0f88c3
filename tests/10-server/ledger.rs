//! What etcd does, and where our server is asked for it: what a row of the ledger names is there.

use harness::check;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const LEDGER: &str = include_str!("ledger.tsv");
const COMMANDS: &str = include_str!("original/commands.txt");
const FLAGS: &str = include_str!("original/flags.rs");
const CLIENTS: &str = include_str!("original/clients.rs");
const CONVERSATION: &str = include_str!("../original/recorded/conversation.jsonl");
const TITLE: &str = "section\tbehaviour\tasked by\tstate";
/// The description that the rows are of has so many sections, from 0.
const SECTIONS: usize = 18;

/// Where the tests of this chapter are, whoever's crate they are built with.
fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/10-server")
}

/// Does a module of these tests have this one?
fn is_test(module: &str, function: &str) -> bool {
    let file = format!("{module}.rs");
    let text = [tests().join(&file), tests().join("original").join(&file)]
        .iter()
        .find_map(|path| fs::read_to_string(path).ok())
        .unwrap_or_default();
    let begins = format!("fn {function}() {{");
    let before = text.lines().rev().skip_while(|line| *line != begins).skip(1);
    before.take_while(|line| line.starts_with('#')).any(|line| line == "#[test]")
}

/// Were these exchanges recorded?
fn is_recorded(numbers: &str) -> bool {
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) else {
        return false;
    };
    1 <= first && first <= last && last <= CONVERSATION.lines().count()
}

/// Is there somebody who asks, of this name?
fn asks(name: &str) -> bool {
    if let Some(line) = name.strip_prefix("commands.txt: ") {
        return COMMANDS.lines().any(|one| one == line);
    }
    if let Some(scenario) = name.strip_prefix("client: ") {
        return CLIENTS.contains(&format!("\"{scenario}\""));
    }
    if let Some(numbers) = name.strip_prefix("recorded ") {
        return is_recorded(numbers);
    }
    match name.split_once("::") {
        Some((module, function)) => is_test(module, function),
        None => name == "flags" && FLAGS.contains("#[test]"),
    }
}

/// What is wrong with a row, if anything is.
fn wrong(row: &str) -> Option<String> {
    let [section, behaviour, asked, state] = row.split('\t').collect::<Vec<_>>()[..] else {
        return Some("it has not four columns".to_owned());
    };
    if !section.parse().is_ok_and(|number: usize| number < SECTIONS) {
        return Some(format!("there is no section {section}"));
    }
    if behaviour.trim().is_empty() {
        return Some("it says nothing".to_owned());
    }
    let nobody = asked == "-";
    let missing = asked.split("; ").find(|name| !nobody && !asks(name));
    if let Some(missing) = missing {
        return Some(format!("nobody is {missing}"));
    }
    match state.split_once(": ") {
        None if state == "equal" && nobody => Some("who has seen that it is equal?".to_owned()),
        None if state == "cluster" && !nobody => Some("it is asked".to_owned()),
        None if matches!(state, "equal" | "cluster") => None,
        Some(("differs" | "open", why)) if !why.is_empty() => None,
        None | Some(_) => Some(format!("its state is {state}")),
    }
}

#[test]
fn what_the_ledger_names_is_there() {
    check(|| {
        let mut rows = LEDGER.lines().skip_while(|line| line.starts_with("# "));
        assert!(LEDGER.starts_with("# "), "it says what it is");
        assert_eq!(rows.next(), Some(TITLE));
        let rows: Vec<&str> = rows.collect();
        let mut states = BTreeMap::<&str, usize>::new();
        for row in &rows {
            let state = row.rsplit('\t').next().unwrap_or_default();
            *states.entry(state.split(':').next().unwrap_or_default()).or_default() += 1;
        }
        let bad: Vec<String> =
            rows.iter().filter_map(|row| wrong(row).map(|why| format!("{row}\n  {why}"))).collect();
        assert!(bad.is_empty(), "{states:?}, {} are wrong:\n{}", bad.len(), bad.join("\n"));
        assert!(states.get("equal").is_some_and(|count| *count > 200), "{states:?}");
    });
}
