//! A chapter is built and its tests run: what came of them.
//!
//! Owns the order of things. [`measure`] builds a chapter, runs the tests of some of its exercises,
//! remembers the outcomes and prints nothing; [`play`] runs the one test that makes a run worth
//! watching.
//!
//! Left to others: what is said about it (`grade`, and everything that it calls).

use crate::Error;
use crate::cache;
use crate::compile::{self, Broken, Built};
use crate::manifest::{Exercise, Manifest, WHOLE};
use crate::repo::{Chapter, Repo, Tree};
use crate::run::{Job, Runner, Turn, Variant, turn, width_of};
use crate::score::{Score, earned};
use crate::screen::{Look, Passing};
use crate::verdict::{Kind, Outcome, State, state_of};
use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

/// What `grade` is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// A chapter or an exercise; the chapter of the next exercise if there is none.
    pub target: Option<String>,
    /// Whose code.
    pub tree: Tree,
    /// Which runs.
    pub seeds: Seeds,
    /// Where to write the result as well.
    pub json: Option<PathBuf>,
}

/// Which simulated runs the tests make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeds {
    /// How many.
    pub runs: Option<u64>,
    /// The first one's seed.
    pub first: Option<u64>,
}

impl Seeds {
    fn is_usual(&self) -> bool {
        *self == Seeds::default()
    }

    /// The CPU budget of a test that usually has this one: twenty more runs, one more second.
    pub fn budget(&self, cpu: u64) -> u64 {
        cpu.saturating_add(self.runs.unwrap_or(0) / 20).min(24 * 3600)
    }
}

/// What the tests of a chapter, or of some of its exercises, have shown.
#[derive(Clone, Debug)]
pub struct Grade {
    /// In the order of the manifest.
    pub outcomes: Vec<Outcome>,
}

impl Grade {
    /// The state of an exercise.
    pub fn state(&self, exercise: &Exercise) -> State {
        state_of(exercise, &self.outcomes)
    }

    /// The points of an exercise.
    pub fn score(&self, exercise: &Exercise) -> Score {
        let passed = exercise
            .tests
            .iter()
            .filter(|test| {
                self.outcomes
                    .iter()
                    .any(|outcome| outcome.test == **test && outcome.kind == Kind::Passed)
            })
            .count();
        let earned = earned(exercise.points, passed, exercise.tests.len());
        Score { earned, possible: exercise.points }
    }

    /// What the tests of an exercise have tried, if one of them says so.
    pub fn note(&self, exercise: &Exercise) -> Option<&str> {
        let own = self.outcomes.iter().filter(|outcome| exercise.tests.contains(&outcome.test));
        own.filter_map(|outcome| outcome.note.as_deref()).next_back()
    }

    fn failures<'a>(&'a self, exercise: &'a Exercise) -> impl Iterator<Item = &'a Outcome> {
        let own = self.outcomes.iter().filter(|outcome| exercise.tests.contains(&outcome.test));
        own.filter(|outcome| outcome.is_failure())
    }

    /// The failure to explain of a chapter without exercises.
    pub fn telling_failure_of_all(&self) -> Option<&Outcome> {
        let mut failures = self.outcomes.iter().filter(|outcome| outcome.is_failure());
        let first = failures.clone().next();
        failures.find(|outcome| outcome.trace.is_some()).or(first)
    }

    /// The first test of an exercise that is there and not right.
    pub fn first_failure<'a>(&'a self, exercise: &'a Exercise) -> Option<&'a Outcome> {
        self.failures(exercise).next()
    }

    /// The failure to explain: the first one with a run that can be seen, else the first.
    pub fn telling_failure<'a>(&'a self, exercise: &'a Exercise) -> Option<&'a Outcome> {
        let has_run = |outcome: &&Outcome| outcome.trace.is_some();
        self.failures(exercise).find(has_run).or_else(|| self.first_failure(exercise))
    }

    /// The first exercise that this one needs and that is wrong itself.
    pub fn cause<'a>(&self, manifest: &'a Manifest, exercise: &Exercise) -> Option<&'a Exercise> {
        let needs = manifest.all_needs(&exercise.id);
        needs.into_iter().find(|need| self.state(need).is_bad())
    }
}

/// What came of building and running.
#[derive(Clone, Debug)]
pub enum Measured {
    /// There is no test binary.
    Broken(Box<Broken>),
    /// The tests have run.
    Ran(Grade),
}

/// Builds a chapter and runs the tests of these exercises; where one of them is wrong, also those
/// of the exercises that it needs, to find out whether the cause is there. Of a given chapter, all
/// tests run.
pub fn measure(
    repo: &Repo,
    chapter: &Chapter,
    tree: Tree,
    exercises: &[&Exercise],
    seeds: Seeds,
    passing: &mut Passing,
) -> Result<Measured, Error> {
    let look = Look::now();
    let key = cache::key(repo, chapter, tree);
    let built = match compile::build(repo, chapter, tree, look, passing)? {
        Ok(built) => built,
        Err(found) => return Ok(Measured::Broken(Box::new(found))),
    };
    let tester = Tester { repo, chapter, tree, built: &built, seeds, runner: runner()? };
    let mut outcomes = if chapter.is_given() {
        tester.run(built.tests.iter().map(|test| vec![test.as_str()]).collect(), passing)?
    } else {
        tester.run(batches(exercises), passing)?
    };
    let mut causes: Vec<&Exercise> = Vec::new();
    for exercise in exercises {
        if state_of(exercise, &outcomes).is_bad() {
            causes.extend(chapter.manifest.all_needs(&exercise.id));
        }
    }
    causes.retain(|need| !exercises.iter().any(|exercise| exercise.id == need.id));
    causes.sort_by_key(|need| position(&chapter.manifest, need));
    causes.dedup_by_key(|need| &need.id);
    if !causes.is_empty() {
        outcomes.extend(tester.run(batches(&causes), passing)?);
    }
    // Without exercises, it is the test binary's order.
    let named = chapter.manifest.exercises.iter().flat_map(|exercise| &exercise.tests);
    let all: Vec<&String> = named.chain(&built.tests).collect();
    outcomes.sort_by_key(|outcome| all.iter().position(|test| **test == outcome.test));
    // What was built may differ from what was hashed, if a file was saved in between.
    if seeds.is_usual() && cache::key(repo, chapter, tree) == key {
        cache::remember(repo, &key, &outcomes);
        if tree == Tree::Mine {
            remember_last(repo, chapter, &Grade { outcomes: cache::recall(repo, &key) });
        }
    }
    Ok(Measured::Ran(Grade { outcomes }))
}

/// Brings what is known of the exercises up to date; those not graded keep their old entries.
fn remember_last(repo: &Repo, chapter: &Chapter, grade: &Grade) {
    let mut last = cache::last(repo, chapter);
    for exercise in &chapter.manifest.exercises {
        let state = grade.state(exercise);
        if state == State::NotGraded {
            continue;
        }
        last.earned.insert(exercise.id.clone(), grade.score(exercise).earned);
        if state == State::Passed {
            last.right.insert(exercise.id.clone());
        } else {
            last.right.remove(&exercise.id);
        }
    }
    cache::remember_last(repo, chapter, &last);
}

/// What came of playing.
#[derive(Clone, Debug)]
pub enum Played {
    /// There is no test binary.
    Broken(Box<Broken>),
    /// The test has run.
    Ran(Box<Outcome>),
}

/// Builds a chapter and runs the test that makes a run worth watching.
pub fn play(
    repo: &Repo,
    chapter: &Chapter,
    test: &str,
    passing: &mut Passing,
) -> Result<Played, Error> {
    let tree = Tree::Mine;
    let built = match compile::build(repo, chapter, tree, Look::now(), passing)? {
        Ok(built) => built,
        Err(found) => return Ok(Played::Broken(Box::new(found))),
    };
    let seeds = Seeds::default();
    let tester = Tester { repo, chapter, tree, built: &built, seeds, runner: runner()? };
    let share = chapter.manifest.limits_of(test).share;
    Ok(Played::Ran(Box::new(tester.run_one(turn(share), test, true)?)))
}

/// A runner that starts this very program.
pub fn runner() -> Result<Runner, Error> {
    let command = std::env::current_exe().map_err(|error| {
        Error::new(format!("this program cannot find itself: {error}"), "type the command again")
    })?;
    Ok(Runner::new(&command))
}

fn position(manifest: &Manifest, wanted: &Exercise) -> usize {
    manifest.exercises.iter().position(|exercise| exercise.id == wanted.id).unwrap_or(usize::MAX)
}

/// Tests of one thing: after one that is stopped, the rest would be as well and is not run.
type Batch<'a> = Vec<&'a str>;

fn batches<'a>(exercises: &[&'a Exercise]) -> Vec<Batch<'a>> {
    exercises.iter().map(|one| one.tests.iter().map(String::as_str).collect()).collect()
}

/// Everything that running a test needs.
struct Tester<'a> {
    repo: &'a Repo,
    chapter: &'a Chapter,
    tree: Tree,
    built: &'a Built,
    seeds: Seeds,
    runner: Runner,
}

impl Tester<'_> {
    /// Runs tests, a few at a time. What may take longest begins first, or all would wait for it at
    /// the end.
    ///
    /// An endless loop would cost its whole budget in every test that reaches it, so the tests of
    /// a batch after the first that is stopped are not run. One of them may be running by then: it
    /// is not counted either, so that the result does not depend on who was faster.
    fn run(
        &self,
        mut batches: Vec<Batch<'_>>,
        passing: &mut Passing,
    ) -> Result<Vec<Outcome>, Error> {
        let budget = |test: &&str| self.chapter.manifest.limits_of(test).cpu;
        batches.sort_by_key(|batch| Reverse(batch.iter().map(budget).max()));
        let tests: Vec<(usize, &str)> = batches
            .iter()
            .enumerate()
            .flat_map(|(place, batch)| batch.iter().map(move |test| (place, *test)))
            .collect();
        let share = |(_, test): &(usize, &str)| self.chapter.manifest.limits_of(test).share;
        let least = tests.iter().map(share).min().unwrap_or(WHOLE);
        let hung: Vec<AtomicUsize> = batches.iter().map(|_| AtomicUsize::new(usize::MAX)).collect();
        let next = AtomicUsize::new(0);
        let (send, receive) = channel();
        let mut outcomes = vec![None; tests.len()];
        std::thread::scope(|scope| {
            for _ in 0..width_of(least) {
                let (send, next, tests, hung) = (send.clone(), &next, &tests, &hung);
                scope.spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some((place, test)) = tests.get(number) else { return };
                        let turn = turn(self.chapter.manifest.limits_of(test).share);
                        let outcome = if hung[*place].load(Ordering::Relaxed) < number {
                            Ok(Outcome::not_run(test))
                        } else {
                            self.run_one(turn, test, false)
                        };
                        if matches!(&outcome, Ok(outcome) if outcome.stopped) {
                            hung[*place].fetch_min(number, Ordering::Relaxed);
                        }
                        if send.send((number, outcome)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(send);
            for (done, (number, outcome)) in receive.iter().enumerate() {
                passing.show(&format!("{} of {} tests", done + 1, tests.len()));
                outcomes[number] = Some(outcome);
            }
        });
        passing.clear();
        for (number, (place, test)) in tests.iter().enumerate() {
            if hung[*place].load(Ordering::Relaxed) < number {
                outcomes[number] = Some(Ok(Outcome::not_run(test)));
            }
        }
        outcomes.into_iter().flatten().collect()
    }

    fn run_one(&self, turn: Turn<'_>, test: &str, play: bool) -> Result<Outcome, Error> {
        if !self.built.tests.iter().any(|known| known == test) {
            return Ok(Outcome::missing(test));
        }
        let mut limits = self.chapter.manifest.limits_of(test);
        limits.cpu = self.seeds.budget(limits.cpu);
        let job = Job {
            program: self.built.program.clone(),
            folder: self.repo.folder(self.chapter, self.tree),
            workspace: self.repo.workspace(self.tree),
            test: test.to_owned(),
            limits,
            runs: self.seeds.runs,
            seed: self.seeds.first,
            play,
            variant: Variant::Whole,
        };
        let ran = self.runner.run(turn, &job).map_err(|error| {
            Error::new(format!("a test could not be started: {error}"), "cargo workbook doctor")
        })?;
        Ok(Outcome::of(test, ran, &job.limits))
    }
}
