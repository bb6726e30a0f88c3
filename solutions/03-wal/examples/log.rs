//! Prints the log of a member, and ends a damaged one where the damage begins:
//!
//! ```text
//! cargo run -p wal --example log -- print  DIRECTORY
//! cargo run -p wal --example log -- repair DIRECTORY
//! ```

use replication::Payload;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use wal::{Error, Folder, Repaired, owner, print, repair};

/// Whatever an entry carries.
#[derive(Clone)]
struct Any(Vec<u8>);

impl Payload for Any {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for Any {
    fn from(bytes: &[u8]) -> Any {
        Any(bytes.to_vec())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = match &arguments[..] {
        [what, place] if what == "print" => show(place, &mut out),
        [what, place] if what == "repair" => mend(place, &mut out),
        _ => {
            eprintln!("log: say `print DIRECTORY` or `repair DIRECTORY`");
            return ExitCode::from(2);
        }
    };
    match done.and_then(|()| out.flush().map_err(output)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("log: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How many bytes of what an entry carries are shown.
const SHOWN: usize = 40;

fn show(place: &str, out: &mut dyn Write) -> Result<(), Error> {
    print(&Folder::existing(place)?, SHOWN, out)
}

fn mend(place: &str, out: &mut dyn Write) -> Result<(), Error> {
    let folder = Folder::existing(place)?;
    let text = match repair::<_, Any>(&folder, owner(&folder)?)? {
        None => format!("the log in {place} is not damaged"),
        Some(Repaired { file, place, why, kept_in }) => format!(
            "{file} was damaged at byte {place}: {why}\n\
             the log ends there now; the rest is in {}\n\
             this member has forgotten what it had acknowledged: see `wal::repair`",
            kept_in.join(", ")
        ),
    };
    writeln!(out, "{text}").map_err(output)
}

fn output(source: io::Error) -> Error {
    Error::Io { doing: "cannot write to", file: "the output".to_owned(), source }
}
