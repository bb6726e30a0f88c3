//! What was proven before and has not changed.
//!
//! Owns `target/workbook/proven`: one file for each proof that succeeded, named by the hash of
//! everything that it depends on, with the words that were said of it. A failure is never kept.
//!
//! Invariant: what is not hashed cannot change a verdict. So every name holds the sources of this
//! program, both workspaces' manifests and lock files, and the compiler; a chapter's holds all that
//! its tests are built from, the harness included.

use super::{Finding, Scene};
use crate::Error;
use crate::cache;
use crate::cache::write_whole;
use crate::compile::cargo;
use crate::hash::Hasher;
use crate::repo::{Chapter, Repo, Tree};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Another version's proofs are not believed.
const FORMAT: &str = "workbook-proven/1";
/// How many proofs are kept.
const KEPT: usize = 500;

/// The proofs of this repository.
#[derive(Debug)]
pub(super) struct Proven {
    folder: PathBuf,
    /// What every proof depends on.
    base: Hasher,
    /// Nothing is believed.
    again: bool,
}

impl Proven {
    pub(super) fn of(repo: &Repo, again: bool) -> Proven {
        let mut base = Hasher::default();
        base.add(FORMAT.as_bytes());
        base.add_folder("command", &repo.path("tests/workbook/src"));
        for file in ["Cargo.toml", "Cargo.lock", "solutions/Cargo.toml", "solutions/Cargo.lock"] {
            base.add_file(file, &repo.path(file));
        }
        // A compiler that does not say what it is proves nothing anyway.
        let version = Command::new(cargo()).args(["--version", "--verbose"]).output();
        base.add(&version.map(|output| output.stdout).unwrap_or_default());
        Proven { folder: repo.store().join("proven"), base, again }
    }

    /// The name of a proof about a chapter: its own files in both trees, its tests with their
    /// mutants, and the layers below it.
    pub(super) fn of_chapter(&self, what: &str, repo: &Repo, chapter: &Chapter) -> Name {
        let mut hasher = self.base;
        hasher.add(what.as_bytes());
        for tree in [Tree::Solution, Tree::Mine] {
            hasher.add(cache::key(repo, chapter, tree).as_bytes());
        }
        hasher.add_folder("mutants", &repo.tests(chapter).join("mutants"));
        Name(hasher.name())
    }

    /// The name of a proof about folders, programs that tests look for included.
    pub(super) fn of_folders(
        &self,
        what: &str,
        repo: &Repo,
        folders: &[&str],
        programs: &[&str],
    ) -> Name {
        let mut hasher = self.base;
        hasher.add(what.as_bytes());
        for folder in folders {
            hasher.add_folder(folder, &repo.path(folder));
        }
        for program in programs {
            let found = is_on_path(program);
            hasher.add(format!("{program} {found}").as_bytes());
        }
        Name(hasher.name())
    }

    /// What was said of the proof, if it succeeded before.
    pub(super) fn recall(&self, name: &Name) -> Option<String> {
        if self.again {
            return None;
        }
        fs::read_to_string(self.folder.join(&name.0)).ok()
    }

    /// A proof has succeeded. One that cannot be kept is done again.
    pub(super) fn keep(&self, name: &Name, words: &str) {
        let _ = write_whole(&self.folder.join(&name.0), words.as_bytes());
        cache::forget_old(&self.folder, KEPT);
    }
}

fn is_on_path(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// The name of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

/// Proves something of each chapter, unless it is proven already: how many of something there are,
/// or what is wrong.
pub(super) fn each<'a>(
    scene: &Scene<'_>,
    what: &str,
    chapters: impl IntoIterator<Item = &'a Chapter>,
    prove: impl Fn(&'a Chapter) -> Result<Result<usize, Vec<String>>, Error>,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    for chapter in chapters {
        outcome.chapters += 1;
        let name = scene.proven.of_chapter(what, scene.repo, chapter);
        if let Some(count) =
            scene.proven.recall(&name).and_then(|words| words.parse::<usize>().ok())
        {
            outcome.count += count;
            outcome.known += 1;
            continue;
        }
        match prove(chapter)? {
            Ok(count) => {
                scene.proven.keep(&name, &count.to_string());
                outcome.count += count;
            }
            Err(lines) => outcome.wrong.extend(lines),
        }
    }
    Ok(outcome)
}

/// What came of a proof about several chapters.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    chapters: usize,
    /// How many of something there are in the chapters that are right.
    count: usize,
    /// How many chapters were proven before.
    known: usize,
    /// What is wrong.
    wrong: Vec<String>,
}

impl Outcome {
    /// The same for the screen; `counted` says what was counted.
    pub(super) fn finding(self, counted: &str) -> Finding {
        if !self.wrong.is_empty() {
            return Finding::Failed(self.wrong.join("\n"));
        }
        if self.chapters == 0 {
            return Finding::Skipped("no exercises here".to_owned());
        }
        let mut words = format!("{} {counted}", self.count);
        match self.known {
            0 => {}
            all if all == self.chapters => words.push_str(", proven before"),
            some => {
                words.push_str(&format!(", {some} of {} chapters proven before", self.chapters))
            }
        }
        Finding::Passed(words)
    }
}
