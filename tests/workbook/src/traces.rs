//! Runs of the solution, recorded for the book.
//!
//! Owns the way from a test's name to its run: the chapter's graded tests are built against the
//! solution, as `grade --solution` does, and the one test runs as `play` would run it. What was
//! recorded is kept in `target/workbook/traces` under the name of the content that it was recorded
//! from (see [`cache::key`]), so a book whose solution did not change costs no build and no run.
//!
//! The lock of the command is not taken here: `verify` holds it while the book is built. Cargo has
//! a lock of its own, and two recorders write the same bytes.

use crate::Error;
use crate::cache::{self, write_whole};
use crate::compile::{self, Built};
use crate::repo::{Chapter, Repo, Tree};
use crate::run::{Job, Runner, Variant, turn};
use crate::screen::{self, Look, Passing};
use crate::verdict::{Kind, Outcome};
use harness::report::Trace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What is kept of a chapter.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    /// The content that the runs are of.
    key: String,
    /// The runs, by the names of their tests.
    runs: BTreeMap<String, Trace>,
}

/// Records runs of one chapter's solution.
pub struct Recorder {
    repo: Repo,
    chapter: Chapter,
    /// A program that answers `__exec` and `__guard` as this package's own does.
    command: PathBuf,
    kept: Kept,
    built: Option<Built>,
}

impl Recorder {
    /// For the chapter of this number. Tests are started through `command`.
    pub fn new(root: &Path, number: u32, command: &Path) -> Result<Recorder, Error> {
        let repo = Repo::at(root)?;
        let chapter = repo.chapter(&number.to_string())?.clone();
        repo.require(&chapter, Tree::Solution)?;
        let key = cache::key(&repo, &chapter, Tree::Solution);
        let bytes = fs::read(file_of(&repo, &chapter)).unwrap_or_default();
        let kept = serde_json::from_slice(&bytes).ok().filter(|kept: &Kept| kept.key == key);
        let kept = kept.unwrap_or_else(|| Kept { key, ..Kept::default() });
        Ok(Recorder { repo, chapter, command: command.to_path_buf(), kept, built: None })
    }

    /// The run that a test of the chapter plays.
    pub fn trace(&mut self, test: &str) -> Result<Trace, Error> {
        if let Some(trace) = self.kept.runs.get(test) {
            return Ok(trace.clone());
        }
        let trace = self.record(test)?;
        self.kept.runs.insert(test.to_owned(), trace.clone());
        // What was built may differ from what was hashed, if a file was saved in between.
        if cache::key(&self.repo, &self.chapter, Tree::Solution) == self.kept.key
            && let Ok(bytes) = serde_json::to_vec(&self.kept)
        {
            // A run that cannot be kept is recorded again next time.
            let _ = write_whole(&file_of(&self.repo, &self.chapter), &bytes);
        }
        Ok(trace)
    }

    fn record(&mut self, test: &str) -> Result<Trace, Error> {
        let built = match self.built.take() {
            Some(built) => built,
            None => self.build()?,
        };
        let is_there = built.tests.iter().any(|known| known == test);
        let ran = if is_there { self.run(&built, test) } else { Ok(Outcome::missing(test)) };
        self.built = Some(built);
        let (number, outcome) = (self.chapter.number(), ran?);
        let error = |what: String, next: String| Err(Error::new(what, next));
        match (outcome.kind, outcome.trace) {
            (Kind::Passed, Some(trace)) => Ok(trace),
            (Kind::Passed, None) => error(
                format!("the test `{test}` of chapter {number} passes and plays no run"),
                "let it call `cluster.play(\"what the run shows\")` at its end".to_owned(),
            ),
            (Kind::Missing, _) => error(
                format!("chapter {number} has no test `{test}`"),
                format!("tests/{} has its tests; write one as module::test", self.chapter.name),
            ),
            _ => error(
                format!(
                    "the test `{test}` of chapter {number} fails on the solution: {}",
                    outcome.message.lines().next().unwrap_or("it said nothing")
                ),
                format!("`cargo workbook grade {number} --solution` shows more"),
            ),
        }
    }

    fn build(&self) -> Result<Built, Error> {
        let look = Look { color: false, ..Look::now() };
        let number = self.chapter.number();
        if !look.terminal {
            screen::remark(&format!("Recording runs: chapter {number}'s solution is built …\n"));
        }
        let passing = &mut Passing::new(look);
        match compile::build(&self.repo, &self.chapter, Tree::Solution, look, passing)? {
            Ok(built) => Ok(built),
            Err(found) => Err(Error::new(
                format!("the solution of chapter {number} does not build: {}", told(&found)),
                format!("`cargo workbook grade {number} --solution` shows more"),
            )),
        }
    }

    fn run(&self, built: &Built, test: &str) -> Result<Outcome, Error> {
        let job = Job {
            program: built.program.clone(),
            folder: self.repo.folder(&self.chapter, Tree::Solution),
            workspace: self.repo.workspace(Tree::Solution),
            test: test.to_owned(),
            limits: self.chapter.manifest.limits_of(test),
            runs: None,
            seed: None,
            play: true,
            variant: Variant::Whole,
        };
        let ran =
            Runner::new(&self.command).run(turn(job.limits.share), &job).map_err(|error| {
                Error::new(format!("a test could not be started: {error}"), "cargo workbook doctor")
            })?;
        Ok(Outcome::of(test, ran, &job.limits))
    }
}

/// What the compiler or cargo said first.
fn told(found: &compile::Broken) -> String {
    let cargo = || found.cargo.lines().find(|line| line.starts_with("error")).map(str::to_owned);
    let first = found.errors.first().map(|error| error.message.clone());
    first.or_else(cargo).unwrap_or_else(|| "cargo does not say why".to_owned())
}

fn file_of(repo: &Repo, chapter: &Chapter) -> PathBuf {
    repo.store().join("traces").join(format!("{}.json", chapter.name))
}
