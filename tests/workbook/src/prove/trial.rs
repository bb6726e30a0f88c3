//! A chapter built with its mutants and holes in it, and tests run against one variant at a time.
//!
//! Owns the copy's build and the order of the runs. What the results mean to a reader is `prove`'s
//! and `simulation`'s.

use super::mutants::{self, Mutant};
use super::plant;
use crate::Error;
use crate::bench::{Bench, Purpose};
use crate::compile::{self, Broken, Built};
use crate::cut::starter;
use crate::measure::{Seeds, runner};
use crate::repo::{Chapter, Repo, Tree};
use crate::run::{Job, Runner, Variant, turn, width};
use crate::screen::{Look, Passing};
use crate::verdict::{Kind, Outcome};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

/// What became of a mutant.
#[derive(Clone, Debug)]
pub struct Fate {
    /// The test that caught it; none if it survived its exercise.
    pub killer: Option<String>,
}

/// A chapter with all its mutants and holes, built.
pub struct Trial<'a> {
    chapter: &'a Chapter,
    /// The copy of the workspace.
    copy: Repo,
    built: Built,
    runner: Runner,
    /// In the order of their files; the first has number 1.
    pub mutants: Vec<Mutant>,
}

impl<'a> Trial<'a> {
    /// Builds a chapter's mutants and holes.
    pub fn build(
        repo: &Repo,
        chapter: &'a Chapter,
        passing: &mut Passing,
    ) -> Result<Trial<'a>, Error> {
        let mutants = mutants::read(&repo.root, &chapter.name, &chapter.manifest)?;
        let names: Vec<&str> = repo.chapters.iter().map(|chapter| chapter.name.as_str()).collect();
        let bench = Bench::at(repo, Purpose::Planted, &names)?;
        for other in &repo.chapters {
            let files = starter::solution(repo, other)?;
            let own = other.name == chapter.name;
            let files = if own { plant::planted(chapter, files, &mutants)? } else { files };
            bench.put(&other.name, &files)?;
        }
        let copy = Repo::at(&bench.folder)?;
        let built = match compile::build(&copy, chapter, Tree::Mine, Look::plain(80), passing)? {
            Ok(built) => built,
            Err(broken) => {
                return Err(unbuilt(&copy, chapter, &broken));
            }
        };
        Ok(Trial { chapter, copy, built, runner: runner()?, mutants })
    }

    /// Runs the tests of each mutant's exercise until one fails.
    pub fn fates(&self, passing: &mut Passing) -> Result<Vec<Fate>, Error> {
        self.each(passing, "mutants", |number, mutant| {
            let (_, exercise) = self.copy.exercise(&mutant.exercise)?;
            for test in &exercise.tests {
                if fails(&self.run(Variant::Mutant(number), test)?) {
                    return Ok(Fate { killer: Some(test.clone()) });
                }
            }
            Ok(Fate { killer: None })
        })
    }

    /// Runs tests, each as a variant of its own, a few at a time.
    pub fn run_all(
        &self,
        tests: &[(&str, Variant)],
        passing: &mut Passing,
    ) -> Result<Vec<Outcome>, Error> {
        several(tests, passing, "tests", |_, (test, variant)| self.run(*variant, test))
    }

    /// Runs tests of the solution as it stands, each with so many simulated runs.
    pub fn simulated(
        &self,
        tests: &[String],
        runs: u64,
        passing: &mut Passing,
    ) -> Result<Vec<Outcome>, Error> {
        let seeds = Seeds { runs: Some(runs), first: None };
        several(tests, passing, "simulations", |_, test| {
            self.run_seeds(Variant::Whole, test, seeds)
        })
    }

    /// Does something with every mutant and its number, a few at a time.
    pub fn each<T: Send>(
        &self,
        passing: &mut Passing,
        what: &str,
        act: impl Fn(usize, &Mutant) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        several(&self.mutants, passing, what, |at, mutant| act(at + 1, mutant))
    }

    /// Runs one test of the chapter as this variant. A test that is not there fails nothing.
    pub fn run(&self, variant: Variant, test: &str) -> Result<Outcome, Error> {
        self.run_seeds(variant, test, Seeds::default())
    }

    fn run_seeds(&self, variant: Variant, test: &str, seeds: Seeds) -> Result<Outcome, Error> {
        let refused = |why: &str| Err(Error::new(format!("{test} {why}"), "cargo workbook verify"));
        if !self.built.tests.iter().any(|known| known == test) {
            let file = format!("tests/{}/exercises.toml", self.chapter.name);
            return refused(&format!("is in {file}, and there is no such test"));
        }
        let mut limits = self.chapter.manifest.limits_of(test);
        limits.cpu = seeds.budget(limits.cpu);
        let job = Job {
            program: self.built.program.clone(),
            folder: self.copy.folder(self.chapter, Tree::Mine),
            workspace: self.copy.workspace(Tree::Mine),
            test: test.to_owned(),
            limits,
            runs: seeds.runs,
            seed: seeds.first,
            play: false,
            variant,
        };
        let ran = self.runner.run(turn(job.limits.share), &job).map_err(|error| {
            Error::new(format!("a test could not be started: {error}"), "cargo workbook doctor")
        })?;
        let outcome = Outcome::of(test, ran, &job.limits);
        let is_hole = matches!(outcome.kind, Kind::NotWritten(_));
        if is_hole && !matches!(variant, Variant::Written(_)) {
            return refused("runs into a hole of the solution");
        }
        Ok(outcome)
    }
}

/// Does something with every item and its place, a few at a time; the results are in order.
fn several<I: Sync, T: Send>(
    items: &[I],
    passing: &mut Passing,
    what: &str,
    act: impl Fn(usize, &I) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let next = AtomicUsize::new(0);
    let (send, receive) = channel();
    let mut results: Vec<Option<Result<T, Error>>> = items.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        for _ in 0..width() {
            let (send, next, act) = (send.clone(), &next, &act);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    if send.send((at, act(at, item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for (done, (at, result)) in receive.iter().enumerate() {
            passing.show(&format!("{} of {} {what}", done + 1, items.len()));
            results[at] = Some(result);
        }
    });
    results.into_iter().flatten().collect()
}

/// Which mutants do not build, and why. The compiler names a line of the copy; the author wants the
/// mutant's file.
fn unbuilt(copy: &Repo, chapter: &Chapter, broken: &Broken) -> Error {
    let mut text = format!("the mutants of {} do not build:", chapter.name);
    for error in &broken.errors {
        let file = error.places.iter().find_map(|place| {
            let planted = fs::read_to_string(copy.root.join(&place.file)).ok()?;
            plant::at_line(&planted, place.line).map(str::to_owned)
        });
        match file {
            Some(file) => text.push_str(&format!("\ntests/{}/mutants/{file}", chapter.name)),
            None => text.push_str("\nin no mutant"),
        }
        text.push_str(&format!(":\n{}", error.rendered.trim_end()));
    }
    if broken.errors.is_empty() {
        text.push_str(&format!("\n{}", broken.cargo.trim_end()));
    }
    Error::new(text, "mend what is named above")
}

/// Has this test caught the mutant?
pub fn fails(outcome: &Outcome) -> bool {
    !matches!(outcome.kind, Kind::Passed | Kind::NotRun)
}
