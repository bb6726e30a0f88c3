//! `cargo workbook book`: builds the text, and opens or serves it.
//!
//! Owns nothing of the text: the package `book-builder` does the work, in a process of its own, so
//! that nobody compiles it who only wants a grade.

use crate::compile::cargo;
use crate::repo::Repo;
use crate::screen::{self, Look, Passing};
use crate::{Error, browser};
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

/// Carries out `book`.
pub fn run(repo: &Repo, serve: bool) -> Result<ExitCode, Error> {
    let look = Look::now();
    prepare(repo, look)?;
    let status = Command::new(cargo())
        .args(["run", "--quiet", "--locked", "--package", "book-builder", "--"])
        .arg(if serve { "serve" } else { "build" })
        .current_dir(&repo.root)
        .status()
        .map_err(|error| not_started(&error))?;
    if !status.success() {
        // The builder has said why.
        return Ok(ExitCode::from(2));
    }
    if !serve {
        open(repo, look);
    }
    Ok(ExitCode::SUCCESS)
}

fn not_started(error: &std::io::Error) -> Error {
    Error::new(format!("cargo could not be started: {error}"), "cargo workbook doctor")
}

/// Builds the builder, which takes a while the first time, and says so on a terminal.
fn prepare(repo: &Repo, look: Look) -> Result<(), Error> {
    let mut passing = Passing::new(look);
    let mut child = Command::new(cargo())
        .args(["build", "--locked", "--package", "book-builder"])
        .current_dir(&repo.root)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(&error))?;
    let mut said = String::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            passing.show(&format!("the book's builder, once: {}", line.trim()));
            said.push_str(&line);
            said.push('\n');
        }
    }
    let status = child.wait().map_err(|error| not_started(&error))?;
    passing.clear();
    if status.success() {
        return Ok(());
    }
    screen::remark(&said);
    Err(Error::new(
        "the book's builder could not be built; cargo says why above",
        "cargo workbook doctor; the text is readable as it is too, in book/src",
    ))
}

/// Opens the book, where there is something to open it; the builder has printed its address.
fn open(repo: &Repo, look: Look) {
    let index = repo.root.join("book/dist/index.html");
    if index.is_file() {
        browser::open(&index, look);
    }
}
