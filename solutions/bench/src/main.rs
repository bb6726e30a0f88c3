//! # Figures of single components
//!
//! Each figure drives crates of the workbook and one that others wrote in the same way, in the same
//! run, and prints all rates and their ratios:
//!
//! ```text
//! cd solutions
//! cargo run --release -p bench                  # every figure
//! cargo run --release -p bench -- replication   # one
//! ```
//!
//! | figure | what is measured | beside |
//! |---|---|---|
//! | `replication` | commits a second of three nodes (chapters 4 and 2) | `raft` 0.7, TiKV's |
//! | `log` | batches that are appended and synced, and recovery (chapter 3) | the bare file |
//! | `store` | gets, scans and commits of a store (chapter 5) | `redb` 4 |
//! | `revisions` | puts, gets and ranges of a store of revisions (chapter 6) | – |
//! | `lease` | grants, renewals and ends of a hundred thousand leases (chapter 8) | – |
//! | `watch` | what watchers cost a put, and how fast they are told (chapter 7) | – |
//! | `auth` | permissions that are checked, and tokens (chapter 9) | – |
//! | `members` | commits a second of three nodes on real files (chapters 3, 4) | the disk alone |
//!
//! A rate depends on the machine and on what else it does. So every figure alternates between them,
//! five times each, and shows the median and the slowest and fastest run; look at the ratios.
//! Nothing here is graded, and no test looks at a clock.
//!
//! The figures of files are taken in the directory that `BENCH_DIRECTORY` names, or in the one that
//! this program was built in. It should be on the disk that is meant, and not in memory.
//!
//! On a Mac with Apple's processor, `raft` does not build from Rust alone. There, the workbook's
//! own rates stand alone.
//!
//! This crate owns the drivers and the arithmetic. Whole servers under load are not its business.

mod auth;
mod files;
mod lease;
mod log;
mod measure;
mod members;

mod replication;
mod revisions;
mod store;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;

/// Each figure with its name.
const FIGURES: [(&str, Figure); 8] = [
    ("replication", replication::figure),
    ("log", log::figure),
    ("members", members::figure),
    ("store", store::figure),
    ("revisions", revisions::figure),
    ("lease", lease::figure),
    ("watch", watch::figure),
    ("auth", auth::figure),
];

/// Measures, and writes what it found.
type Figure = fn(&mut dyn Write) -> io::Result<()>;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|name| FIGURES.iter().all(|(known, _)| known != name))
    {
        let names: Vec<&str> = FIGURES.iter().map(|(name, _)| *name).collect();
        eprintln!("bench: there is no figure `{unknown}`; there is: {}", names.join(", "));
        return ExitCode::from(2);
    }
    if cfg!(debug_assertions) {
        eprintln!("bench: this build is not optimised, so its figures mean nothing; use --release");
    }
    match show(&wanted, &mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: cannot write the figures: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what is wanted, or everything if nothing is named.
fn show(wanted: &[String], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", measure::machine())?;
    for (name, figure) in FIGURES {
        if wanted.is_empty() || wanted.iter().any(|other| other == name) {
            writeln!(out)?;
            figure(out)?;
        }
    }
    Ok(())
}
