//! `sync`: the starters in `chapters/` are what is cut from `solutions/`, and what lists the
//! chapters is made from their manifests.
//!
//! Owns the comparison of the two trees, and the writing of one from the other.
//!
//! Invariant: a learner's work is never lost. A chapter is overwritten if it is as `sync` wrote it
//! last, or if git has all of it; otherwise only if asked twice.
//!
//! Left to others: what a starter is (`cut`), and what the lists are (`lists`).

use crate::Error;
use crate::cut::{first_difference, starter};
use crate::files;
use crate::hash::Hasher;
use crate::lists;
use crate::repo::{Chapter, Repo, Tree};
use crate::screen::say;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// How far `sync` may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Compares and changes nothing.
    Check,
    /// Writes what can be written without a loss.
    Write,
    /// Writes everything.
    Force,
}

/// Cuts all starters, or compares them.
pub fn run(repo: &Repo, mode: Mode) -> Result<ExitCode, Error> {
    let mut differences = Vec::new();
    if mode == Mode::Check {
        let stale = lists::stale(repo)?;
        differences.extend(stale.iter().map(|file| format!("{file} does not list the chapters")));
    } else {
        let written = lists::write(repo)?;
        for file in &written {
            say(&format!("{file} lists the chapters\n"));
        }
    }
    for chapter in &repo.chapters {
        let found = compare(repo, chapter)?;
        let folder = chapter.folder(Tree::Mine);
        let (how, made) = if chapter.is_given() {
            ("is the solution, whole", "is the solution")
        } else {
            ("is as it is cut", "is cut anew")
        };
        if found.differences.is_empty() {
            say(&format!("{folder} {how}\n"));
            remember(repo, chapter, &found.starter);
        } else if mode == Mode::Check {
            differences.extend(found.differences.iter().map(ToString::to_string));
        } else {
            if mode == Mode::Write {
                refuse_to_lose(repo, chapter, &found.starter)?;
            }
            write(repo, chapter, &found.starter)?;
            say(&format!("{folder} {made}: {}\n", count(found.differences.len(), "file")));
        }
    }
    if mode != Mode::Check {
        for tree in [Tree::Mine, Tree::Solution] {
            lists::lock(repo, tree)?;
        }
    }
    if differences.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for difference in &differences {
        say(&format!("{difference}\n"));
    }
    say("  next: `cargo workbook sync` makes them anew\n");
    Ok(ExitCode::FAILURE)
}

/// A chapter beside its cut.
pub struct Comparison {
    /// What the cut is.
    pub starter: starter::Files,
    /// Where the chapter is something else.
    pub differences: Vec<Difference>,
}

/// One file that is not as it is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file, relative to the root.
    pub file: PathBuf,
    /// What the difference is.
    pub what: What,
}

/// How a file can differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The chapter does not have it.
    Missing,
    /// The cut does not have it.
    Extra,
    /// The first line that differs: its number, the chapter's and the cut's.
    Line(usize, String, String),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = self.file.display();
        match &self.what {
            What::Missing => write!(f, "{file} is missing"),
            What::Extra => write!(f, "{file} is not in the cut"),
            What::Line(line, chapter, cut) => {
                write!(f, "{file}:{line} is `{}`, the cut has `{}`", chapter.trim(), cut.trim())
            }
        }
    }
}

/// Cuts a chapter's starter and compares the chapter with it.
pub fn compare(repo: &Repo, chapter: &Chapter) -> Result<Comparison, Error> {
    let starter = starter::of(repo, chapter)?;
    let folder = repo.folder(chapter, Tree::Mine);
    let present = files::read(&folder).map_err(|error| failed("read", &folder, &error))?;
    let differences = differences(Path::new(&chapter.folder(Tree::Mine)), &present, &starter);
    Ok(Comparison { starter, differences })
}

fn differences(
    folder: &Path,
    present: &starter::Files,
    starter: &starter::Files,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut push = |file: &Path, what| found.push(Difference { file: folder.join(file), what });
    for (path, bytes) in starter {
        match present.iter().find(|(other, _)| other == path) {
            None => push(path, What::Missing),
            Some((_, other)) if other == bytes => {}
            Some((_, other)) => {
                let (other, bytes) =
                    (String::from_utf8_lossy(other), String::from_utf8_lossy(bytes));
                let (line, has, wants) = first_difference(&other, &bytes).unwrap_or((1, "", ""));
                push(path, What::Line(line, has.to_owned(), wants.to_owned()));
            }
        }
    }
    // Beside `src`, a learner may keep what they like.
    for (path, _) in present.iter().filter(|(path, _)| path.starts_with("src")) {
        if !starter.iter().any(|(other, _)| other == path) {
            push(path, What::Extra);
        }
    }
    found
}

/// Makes the chapter what it is cut as.
pub fn write(repo: &Repo, chapter: &Chapter, starter: &starter::Files) -> Result<(), Error> {
    let folder = repo.folder(chapter, Tree::Mine);
    let present = files::read(&folder).map_err(|error| failed("read", &folder, &error))?;
    for (path, bytes) in starter {
        if present.iter().any(|(other, old)| other == path && old == bytes) {
            continue;
        }
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, bytes)).map_err(|e| failed("write", &path, &e))?;
    }
    for (path, _) in present.iter().filter(|(path, _)| path.starts_with("src")) {
        if !starter.iter().any(|(other, _)| other == path) {
            files::remove(&folder, path).map_err(|error| failed("remove", path, &error))?;
        }
    }
    remember(repo, chapter, starter);
    Ok(())
}

/// An error if overwriting the chapter would lose something.
fn refuse_to_lose(repo: &Repo, chapter: &Chapter, starter: &starter::Files) -> Result<(), Error> {
    let folder = repo.folder(chapter, Tree::Mine);
    let present = files::read(&folder).map_err(|error| failed("read", &folder, &error))?;
    let written = |path: &Path| path.starts_with("src") || starter.iter().any(|(p, _)| p == path);
    let present: starter::Files = present.into_iter().filter(|(path, _)| written(path)).collect();
    let as_written = fs::read_to_string(memory(repo, chapter)).ok() == Some(digest(&present));
    let shown = chapter.folder(Tree::Mine);
    if present.is_empty() || as_written || is_in_git(repo, &[&shown]) {
        return Ok(());
    }
    Err(Error::new(
        format!("{shown} holds changes that neither `sync` made nor git has"),
        format!("commit them, or overwrite them: `cargo workbook sync --force` ({shown})"),
    ))
}

/// Git has every byte of these folders.
pub fn is_in_git(repo: &Repo, folders: &[&str]) -> bool {
    let status = Command::new("git")
        // Somebody's own settings may leave out what git does not know.
        .args(["status", "--porcelain", "--ignored", "--untracked-files=normal", "--"])
        .args(folders)
        .current_dir(&repo.root)
        .output();
    // A file that is not there any more cannot be lost.
    let is_gone = |line: &[u8]| line.is_empty() || line.starts_with(b" D ");
    status.is_ok_and(|output| {
        output.status.success() && output.stdout.split(|byte| *byte == b'\n').all(is_gone)
    })
}

fn memory(repo: &Repo, chapter: &Chapter) -> PathBuf {
    repo.store().join("cut").join(format!("{}.written", chapter.name))
}

/// Notes that the chapter is as it is cut. Without the note, git decides what may be overwritten.
fn remember(repo: &Repo, chapter: &Chapter, files: &starter::Files) {
    let path = memory(repo, chapter);
    if let Some(parent) = path.parent() {
        let _ = fs::create_dir_all(parent).and_then(|()| fs::write(&path, digest(files)));
    }
}

fn digest(files: &starter::Files) -> String {
    let mut hasher = Hasher::default();
    for (path, bytes) in files {
        hasher.add(path.as_os_str().as_encoded_bytes());
        hasher.add(bytes);
    }
    hasher.name()
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(
        format!("cannot {what} {}: {error}", path.display()),
        "is the folder yours, and is there room on the disk?",
    )
}
