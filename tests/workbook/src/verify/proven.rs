//! What was proven before and has not changed.
//!
//! Owns `target/workbook/proven`: one file for each proof that succeeded, named by the hash of
//! everything that it depends on, with the words that were said of it. A failure is never kept.
//!
//! Invariant: what is not hashed cannot change a verdict. So every name holds the sources of this
//! program, both workspaces' manifests, lock files and settings of cargo, and the compiler; a
//! chapter's holds all that its tests are built from, the harness included. And a proof is kept
//! only if all that is still the same when it has succeeded.
//!
//! Left out on purpose: what a person has set up for all builds in their home, and what else runs
//! on the machine. Whoever changes the first asks with `--again`.

use super::{Finding, Scene};
use crate::Error;
use crate::cache;
use crate::cache::write_whole;
use crate::compile::cargo;
use crate::hash::Hasher;
use crate::repo::{Chapter, Repo, Tree};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Another version's proofs are not believed.
const FORMAT: &str = "workbook-proven/2";
/// How many proofs are kept.
const KEPT: usize = 500;
/// Of both workspaces.
const FILES: [&str; 6] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "solutions/Cargo.toml",
    "solutions/Cargo.lock",
    "solutions/.cargo/config.toml",
];
/// How the names of variables begin that change what is built.
const VARIABLES: [&str; 5] =
    ["RUSTC", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_", "CARGO_PROFILE_"];

/// The proofs of this repository.
#[derive(Debug)]
pub(super) struct Proven {
    folder: PathBuf,
    /// What every proof depends on.
    base: Hasher,
    /// What those about a chapter depend on too, by its name: as it is before anything is built.
    chapters: BTreeMap<String, String>,
    /// Nothing is believed.
    again: bool,
}

impl Proven {
    pub(super) fn of(repo: &Repo, chapters: &[&Chapter], again: bool) -> Proven {
        let content = |chapter: &&Chapter| (chapter.name.clone(), content(repo, chapter));
        Proven {
            folder: repo.store().join("proven"),
            base: base(repo),
            chapters: chapters.iter().map(content).collect(),
            again,
        }
    }

    /// The name of a proof about a chapter that was asked for.
    fn of_chapter(&self, what: &str, chapter: &Chapter) -> Name {
        named(self.base, what, self.chapters.get(&chapter.name).map_or("", String::as_str))
    }

    /// A proof about a chapter has succeeded.
    fn keep_of_chapter(&self, what: &str, repo: &Repo, chapter: &Chapter, words: &str) {
        let now = named(base(repo), what, &content(repo, chapter));
        if now == self.of_chapter(what, chapter) {
            self.keep(&now, words);
        }
    }

    /// What was said of the proof, if it succeeded before.
    pub(super) fn recall(&self, name: &Name) -> Option<String> {
        if self.again {
            return None;
        }
        fs::read_to_string(self.folder.join(&name.0)).ok()
    }

    /// A proof has succeeded, about what is still there. One that cannot be kept is done again.
    pub(super) fn keep(&self, name: &Name, words: &str) {
        let _ = write_whole(&self.folder.join(&name.0), words.as_bytes());
        cache::forget_old(&self.folder, KEPT);
    }
}

/// What every proof depends on, as it is now.
fn base(repo: &Repo) -> Hasher {
    let mut base = Hasher::default();
    base.add(FORMAT.as_bytes());
    base.add_folder("command", &repo.path("tests/workbook/src"));
    for file in FILES {
        base.add_file(file, &repo.path(file));
    }
    // A compiler that does not say what it is proves nothing anyway.
    let version = Command::new(cargo()).args(["--version", "--verbose"]).output();
    base.add(&version.map(|output| output.stdout).unwrap_or_default());
    let variables: BTreeMap<_, _> = std::env::vars_os().collect();
    for (name, value) in variables {
        let name = name.as_encoded_bytes();
        if VARIABLES.iter().any(|start| name.starts_with(start.as_bytes())) {
            base.add(name);
            base.add(value.as_encoded_bytes());
        }
    }
    base
}

/// What a proof about a chapter depends on, as it is now: its own files in both trees, its tests
/// with their mutants, and the layers below it.
fn content(repo: &Repo, chapter: &Chapter) -> String {
    let mut hasher = Hasher::default();
    for tree in [Tree::Solution, Tree::Mine] {
        hasher.add(cache::key(repo, chapter, tree).as_bytes());
    }
    hasher.add_folder("mutants", &repo.tests(chapter).join("mutants"));
    hasher.name()
}

fn named(base: Hasher, what: &str, content: &str) -> Name {
    let mut hasher = base;
    hasher.add(what.as_bytes());
    hasher.add(content.as_bytes());
    Name(hasher.name())
}

/// The name of the proof that the tools pass their tests, as they are now: these folders and files,
/// and these programs, for which tests look.
pub(super) fn of_tools(repo: &Repo, paths: &[&str], programs: &[&str]) -> Name {
    let mut hasher = Hasher::default();
    for path in paths {
        match repo.path(path) {
            file if file.is_file() => hasher.add_file(path, &file),
            folder => hasher.add_folder(path, &folder),
        }
    }
    for program in programs {
        hasher.add(format!("{program} {}", is_on_path(program)).as_bytes());
    }
    // The builder's tests record runs of the first chapter's solution.
    let first = repo.chapters.iter().find(|chapter| !chapter.is_given());
    hasher.add(first.map(|chapter| content(repo, chapter)).unwrap_or_default().as_bytes());
    named(base(repo), "tools", &hasher.name())
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
        let name = scene.proven.of_chapter(what, chapter);
        if let Some(count) =
            scene.proven.recall(&name).and_then(|words| words.parse::<usize>().ok())
        {
            outcome.count += count;
            outcome.known += 1;
            continue;
        }
        match prove(chapter)? {
            Ok(count) => {
                scene.proven.keep_of_chapter(what, scene.repo, chapter, &count.to_string());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    #[test]
    fn a_proof_is_believed_only_about_what_was_there_all_the_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |file: &str, text: &str| {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is ours");
            fs::write(path, text).expect("it is ours");
        };
        write("tests/01-a/main.rs", "one");
        let manifest = "[chapter]\nnumber = 1\npackage = \"a\"\ntitle = \"A\"\n";
        let manifest = Manifest::parse(manifest, "exercises.toml").expect("it is given");
        let chapters = vec![Chapter { name: "01-a".to_owned(), manifest }];
        let repo = Repo { root: folder.path().to_owned(), chapters };
        let chapter = &repo.chapters[0];
        let proven = || Proven::of(&repo, &[chapter], false);
        let recalled = || proven().recall(&proven().of_chapter("it", chapter));

        let before = proven();
        write("tests/01-a/main.rs", "two");
        before.keep_of_chapter("it", &repo, chapter, "1");
        assert_eq!(recalled(), None);
        write("tests/01-a/main.rs", "one");
        assert_eq!(recalled(), None, "of that it was not proven either");

        proven().keep_of_chapter("it", &repo, chapter, "1");
        assert_eq!(recalled().as_deref(), Some("1"));
        for file in [".cargo/config.toml", "solutions/Cargo.lock", "tests/01-a/mutants/1.rs"] {
            write(file, "");
            assert_eq!(recalled(), None, "{file}");
            proven().keep_of_chapter("it", &repo, chapter, "1");
        }
        assert_eq!(
            Proven::of(&repo, &[chapter], true).recall(&proven().of_chapter("it", chapter)),
            None
        );
    }

    #[test]
    fn a_proof_about_the_tools_is_about_folders_and_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let repo = Repo { root: folder.path().to_owned(), chapters: Vec::new() };
        let name = || of_tools(&repo, &["tools", "book.toml"], &[]);
        let mut names = vec![name()];
        for file in ["tools/a.rs", "tools/b.rs", "book.toml", ".cargo/config.toml"] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it is ours");
            fs::write(path, "").expect("it is ours");
            assert!(!names.contains(&name()), "{file}");
            names.push(name());
        }
    }
}
