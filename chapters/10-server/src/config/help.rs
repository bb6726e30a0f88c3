//! What is told to somebody who does not know what to say.
//!
//! Owns [`usage`], [`help`] and [`version`].

use crate::config::flags::{Flag, Kind};
use crate::config::gates::Gates;
use crate::config::settings::Settings;
use crate::config::table::TABLE;
use crate::version::VERSION;
use std::fmt::Write;

/// How the program is called.
pub fn usage() -> &'static str {
    "Usage:

  myetcd [flags]
    Start a member.

  myetcd --version
    Print the version.

  myetcd -h | --help
    Print all flags.

  myetcd --config-file FILE
    Read a YAML file instead of all other flags and variables. Times in it are in nanoseconds, but
    for --heartbeat-interval and --election-timeout, which are in milliseconds.

A flag --some-flag can be said as the environment variable ETCD_SOME_FLAG instead.
"
}

/// The same, with all flags.
pub fn help() -> String {
    let mut settings = Settings::default();
    let mut text = usage().to_owned();
    for (section, flags) in TABLE {
        let told: Vec<&Flag> = flags.iter().filter(|flag| !flag.about.is_empty()).collect();
        if told.is_empty() {
            continue;
        }
        let _ = write!(text, "\n{section}:\n");
        for flag in told {
            let default = flag.shown(&mut settings);
            let _ = write!(text, "  --{} '{default}'\n    {}\n", flag.name, flag.about);
            if matches!(flag.kind, Kind::Gates(_)) {
                for (name, is_on) in Gates::all() {
                    let _ = writeln!(text, "      {name} ({is_on} by itself)");
                }
            }
        }
    }
    text + "\nEtcd's other flags are accepted and do nothing; the log names them.\n"
}

/// Which version this is, in the four lines that tools read.
pub fn version() -> String {
    format!(
        "etcd Version: {VERSION}\nGit SHA: Not provided\nGo Version: none, this is Rust\n\
         Go OS/Arch: {}/{}\n",
        std::env::consts::OS,
        match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        }
    )
}
