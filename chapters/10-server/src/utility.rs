//! The program for a member's files: it restores and looks at copies, and mends what a member that
//! runs would have in use.
//!
//! Owns [`main`], and which part answers which command. Words, texts and codes are those of etcd's
//! `etcdutl`: people and scripts know them.
//!
//! Left to others: what a command line says (`line`), and each command.

use crate::journal::{Format, Journal, Level, Options, Output};
use crate::utility::failure::Failure;
use crate::utility::files::Place;
use crate::utility::line::{Given, Wish, read};
use crate::utility::restore::Wanted;
use crate::utility::table::Name;
use crate::version::{VERSION, Version};
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

mod defragment;
mod failure;
mod files;
mod format;
mod hash;
mod line;
mod migrate;
mod restore;
mod status;
mod table;
mod usage;

/// Runs the process.
pub fn main() -> ExitCode {
    let words: Result<Vec<String>, _> =
        std::env::args_os().skip(1).map(OsString::into_string).collect();
    let options =
        Options { outputs: vec![Output::Stderr], level: Level::Info, format: Format::Console };
    // The standard error is always there.
    let journal = Journal::open(&options).unwrap_or_default();
    let answered = match words {
        Ok(words) => answer(&words, &journal),
        Err(_) => Err(Failure::new("an argument is not UTF-8")),
    };
    journal.flush();
    let (place, text, code): (&mut dyn Write, _, _) = match answered {
        Ok(text) => (&mut io::stdout(), text, 0),
        Err(Failure { text, code }) => (&mut io::stderr(), text, code),
    };
    // Whoever does not listen does not miss it.
    let _ = place.write_all(text.as_bytes()).and_then(|()| place.flush());
    ExitCode::from(code)
}

/// What is said to a command line.
fn answer(words: &[String], journal: &Journal) -> Result<String, Failure> {
    match read(words)? {
        Wish::Help(command) => Ok(usage::usage(command, true)),
        Wish::Run(given) => run(&given, journal),
    }
}

fn run(given: &Given, journal: &Journal) -> Result<String, Failure> {
    let timeout = given.span("timeout");
    let data = given.text("data-dir");
    match given.command.name {
        Name::Defrag => defragment::run(data, timeout, journal).map(|()| String::new()),
        Name::HashKv => {
            let format = format::Format::of(given.text("write-out"))?;
            let place = Place::of_file(given.only_word().unwrap_or_default(), timeout);
            hash::run(&place, given.signed("rev"), format, journal)
        }
        Name::Migrate => {
            let (target, force) = (given.text("target-version"), given.is("force"));
            migrate::run(data, target, force, timeout, journal).map(|()| String::new())
        }
        Name::Status => {
            let word = given.only_word();
            let word = word.ok_or_else(|| Failure::arguments(ONE_WORD.replace("$", "status")))?;
            status::run(&Place::of_file(word, timeout), given.text("write-out"))
        }
        Name::Restore => {
            let word = given.only_word();
            let word = word.ok_or_else(|| Failure::arguments(ONE_WORD.replace("$", "restore")))?;
            restore::run(&wanted(given, word)?, journal).map(|()| String::new())
        }
        Name::Version => {
            let short = Version::parse(VERSION).map_or(String::new(), Version::short);
            Ok(format!("{} version: {VERSION}\nAPI version: {short}\n", table::PROGRAM))
        }
        // They have commands inside, or were answered before.
        Name::Root | Name::Snapshot | Name::Help => Ok(usage::usage(given.command, true)),
    }
}

const ONE_WORD: &str = "snapshot $ requires exactly one argument";

fn wanted<'a>(given: &'a Given, file: &'a str) -> Result<Wanted<'a>, Failure> {
    let bump = given.whole("bump-revision");
    if (bump > 0) != given.is("mark-compacted") {
        let why = "--mark-compacted required if --revision-bump > 0";
        return Err(Failure::arguments(why));
    }
    Ok(Wanted {
        file,
        data_dir: given.text("data-dir"),
        wal_dir: given.text("wal-dir"),
        name: given.text("name"),
        initial_cluster: given.text("initial-cluster"),
        token: given.text("initial-cluster-token"),
        advertised: given.text("initial-advertise-peer-urls"),
        skips_hash: given.is("skip-hash-check"),
        map_size: given.whole("initial-memory-map-size"),
        bump,
    })
}
