//! `cargo workbook prove`: do the graders catch plausible mistakes?
//!
//! Owns the proof that a grade can be trusted. `tests/NN-name/mutants/` holds mistakes, one file
//! each (see `mutants`). They are built into one copy of the solution, each behind a number that is
//! read from the environment, so a chapter is compiled once. Each must be caught by the tests of
//! the exercise that it names; those run first, and the first that fails ends it.
//!
//! Left to others: the copy of the workspace (`cut::check`), building and running (`compile`,
//! `run`).

pub mod mutants;

use crate::Error;
use crate::compile::{self, Built};
use crate::cut::check::Bench;
use crate::cut::starter;
use crate::grade::runner;
use crate::lock::Lock;
use crate::repo::{Chapter, Repo, Target, Tree};
use crate::run::{Job, Runner};
use crate::screen::{self, Look, Passing, Style};
use crate::verdict::{Kind, Outcome};
use mutants::Mutant;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Instant;

/// How many mutants run at a time.
const AT_A_TIME: usize = 2;

/// What became of a mutant.
#[derive(Clone, Debug)]
pub struct Fate {
    /// The test that caught it; none if it survived its exercise.
    pub killer: Option<String>,
    /// How many of the exercise's tests ran.
    pub tests: usize,
}

/// Carries out `prove`.
pub fn run(repo: &Repo, what: Option<&str>) -> Result<ExitCode, Error> {
    let chapters: Vec<&Chapter> = match what {
        Some(text) => match repo.target(text)? {
            Target::Chapter(chapter) | Target::Exercise(chapter, _) => vec![chapter],
        },
        None => repo.chapters.iter().collect(),
    };
    let _lock = Lock::take(repo)?;
    let look = Look::now();
    let mut survivors = 0;
    for chapter in chapters {
        starter::require_solutions(repo, chapter)?;
        let start = Instant::now();
        let mut passing = Passing::new(look);
        let place = repo.store().join("prove");
        let proven = prove(repo, chapter, &place, &mut passing)?;
        passing.clear();
        screen::say(&table(chapter, &proven, look));
        let alive = proven.iter().filter(|(_, fate)| fate.killer.is_none()).count();
        survivors += alive;
        let seconds = start.elapsed().as_secs_f64();
        screen::say(&format!(
            "\n{} mutants, {} caught, {alive} alive, {seconds:.0} s\n",
            proven.len(),
            proven.len() - alive
        ));
    }
    if survivors > 0 {
        screen::say("  next  a test that tells each survivor from the solution\n");
    }
    Ok(if survivors > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Builds a chapter's mutants in `place`, runs each against its exercise, and says what became of
/// it.
pub fn prove(
    repo: &Repo,
    chapter: &Chapter,
    place: &Path,
    passing: &mut Passing,
) -> Result<Vec<(Mutant, Fate)>, Error> {
    let mutants = mutants::read(repo, chapter)?;
    let names: Vec<&str> = repo.chapters.iter().map(|chapter| chapter.name.as_str()).collect();
    let bench = Bench::at(&repo.root, place, &names)?;
    for other in &repo.chapters {
        let files = starter::solution(repo, other)?;
        let own = other.name == chapter.name;
        let files = if own { mutants::planted(chapter, files, &mutants)? } else { files };
        bench.put(&other.name, &files)?;
    }
    let copy = Repo::at(place)?;
    let built = match compile::build(&copy, chapter, Tree::Mine, Look::plain(80), passing)? {
        Ok(built) => built,
        Err(broken) => {
            let errors = broken.errors.iter().map(|error| error.rendered.as_str());
            let errors: Vec<&str> = errors.chain([broken.cargo.as_str()]).collect();
            return Err(Error::new(
                format!("the mutants of {} do not build:\n{}", chapter.name, errors.join("\n")),
                format!("mend the file in tests/{}/mutants that is named above", chapter.name),
            ));
        }
    };
    let trial = Trial { repo: &copy, chapter, built: &built, runner: runner()? };
    trial.all(mutants, passing)
}

struct Trial<'a> {
    repo: &'a Repo,
    chapter: &'a Chapter,
    built: &'a Built,
    runner: Runner,
}

impl Trial<'_> {
    fn all(
        &self,
        mutants: Vec<Mutant>,
        passing: &mut Passing,
    ) -> Result<Vec<(Mutant, Fate)>, Error> {
        let next = AtomicUsize::new(0);
        let (send, receive) = channel();
        let mut fates: Vec<Option<Result<Fate, Error>>> = mutants.iter().map(|_| None).collect();
        std::thread::scope(|scope| {
            for _ in 0..AT_A_TIME {
                let (send, next, mutants) = (send.clone(), &next, &mutants);
                scope.spawn(move || {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(mutant) = mutants.get(at) else { return };
                        if send.send((at, self.one(at + 1, mutant))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(send);
            for (done, (at, fate)) in receive.iter().enumerate() {
                passing.show(&format!("{} of {} mutants", done + 1, mutants.len()));
                fates[at] = Some(fate);
            }
        });
        let fates = fates.into_iter().flatten().collect::<Result<Vec<Fate>, Error>>()?;
        Ok(mutants.into_iter().zip(fates).collect())
    }

    /// Runs the tests of a mutant's exercise until one fails.
    fn one(&self, number: usize, mutant: &Mutant) -> Result<Fate, Error> {
        let (_, exercise) = self.repo.exercise(&mutant.exercise)?;
        for (ran, test) in exercise.tests.iter().enumerate() {
            let job = Job {
                program: self.built.program.clone(),
                folder: self.repo.folder(self.chapter, Tree::Mine),
                workspace: self.repo.workspace(Tree::Mine),
                test: test.clone(),
                cpu: exercise.cpu,
                runs: None,
                seed: None,
                play: false,
                mutant: Some(number),
            };
            let ran_it = self.runner.run(&job).map_err(|error| {
                Error::new(format!("a test could not be started: {error}"), "cargo workbook doctor")
            })?;
            match Outcome::of(test, ran_it, job.cpu).kind {
                Kind::Passed | Kind::NotRun => {}
                Kind::Missing | Kind::NotWritten(_) => {
                    return Err(Error::new(
                        format!("{test} does not run in the copy with mutants"),
                        "cargo workbook verify",
                    ));
                }
                Kind::Wrong | Kind::Panicked | Kind::Hung | Kind::Crashed | Kind::EndedEarly => {
                    return Ok(Fate { killer: Some(test.clone()), tests: ran + 1 });
                }
            }
        }
        Ok(Fate { killer: None, tests: exercise.tests.len() })
    }
}

/// A line for each mutant, by exercise.
fn table(chapter: &Chapter, proven: &[(Mutant, Fate)], look: Look) -> String {
    let mut text = String::new();
    for exercise in &chapter.manifest.exercises {
        text.push_str(&format!("\n{}  {}\n", exercise.id, exercise.title));
        for (mutant, fate) in proven.iter().filter(|(one, _)| one.exercise == exercise.id) {
            let (mark, style, end) = match &fate.killer {
                Some(killer) => ("✓", Style::Good, killer.as_str()),
                None => ("✗", Style::Bad, "survives"),
            };
            text.push_str(&format!("  {} {}\n", look.paint(style, mark), mutant.differs));
            text.push_str(&format!("      {}\n", look.paint(Style::Faint, end)));
        }
    }
    text
}
