//! A grade as a file: the format `workbook-grade/1`.
//!
//! Owns the format, which `results.schema.json` beside this crate's `Cargo.toml` describes for
//! other programs. It holds what the screen shows and nothing of the machine: no paths outside the
//! repository, no times, so the same code gives the same bytes.
//!
//! Compatibility: fields may be added to a version; a field that goes or changes its meaning makes
//! a new one.

use crate::Error;
use crate::cache::write_whole;
use crate::compile::{Broken, Part};
use crate::manifest::{Exercise, Half};
use crate::measure::{Grade, Measured, Request};
use crate::repo::{Chapter, Repo, Target, Tree};
use crate::score::Score;
use crate::verdict::{Kind, Outcome, State};
use harness::report::Reached;
use serde::Serialize;
use std::path::Path;

/// The name and version of the format.
pub const FORMAT: &str = "workbook-grade/1";

#[derive(Serialize)]
struct File<'a> {
    format: &'static str,
    tree: &'static str,
    target: String,
    seeds: Option<u64>,
    seed: Option<u64>,
    points: Points,
    build: Build,
    chapters: Vec<ChapterPart<'a>>,
}

#[derive(Serialize)]
struct Points {
    earned: u32,
    possible: u32,
}

impl From<Score> for Points {
    fn from(score: Score) -> Points {
        Points { earned: score.earned, possible: score.possible }
    }
}

#[derive(Serialize)]
struct Build {
    ok: bool,
    part: Option<&'static str>,
    errors: Vec<BuildError>,
}

#[derive(Serialize)]
struct BuildError {
    message: String,
    location: Option<String>,
}

#[derive(Serialize)]
struct ChapterPart<'a> {
    number: u32,
    package: &'a str,
    title: &'a str,
    points: Points,
    /// It has no exercises, and all its tests are in `tests`.
    given: bool,
    exercises: Vec<ExercisePart<'a>>,
    tests: Vec<TestPart<'a>>,
}

#[derive(Serialize)]
struct ExercisePart<'a> {
    id: &'a str,
    title: &'a str,
    half: u8,
    state: &'static str,
    waits_for: Option<String>,
    perhaps_because_of: Option<String>,
    points: Points,
    tests: Vec<TestPart<'a>>,
}

#[derive(Serialize)]
struct TestPart<'a> {
    name: &'a str,
    state: &'static str,
    message: Option<&'a str>,
    invariant: Option<&'a str>,
    location: Option<&'a str>,
    seed: Option<u64>,
    note: Option<&'a str>,
    hazards: &'a [Reached],
}

/// Writes the file.
pub fn write(
    path: &Path,
    repo: &Repo,
    target: &Target<'_>,
    request: &Request,
    measured: &Measured,
) -> Result<(), Error> {
    let text = text(repo, target, request, measured);
    write_whole(path, text.as_bytes()).map_err(|error| {
        Error::new(
            format!("cannot write {}: {error}", path.display()),
            "name a file in a folder that exists and is yours",
        )
    })
}

/// The file's content.
pub fn text(repo: &Repo, target: &Target<'_>, request: &Request, measured: &Measured) -> String {
    let exercises: Vec<&Exercise> = match target {
        Target::Chapter(chapter) => chapter.manifest.exercises.iter().collect(),
        Target::Exercise(_, exercise) => vec![exercise],
    };
    let chapter = target.chapter();
    let nothing = Grade { outcomes: Vec::new() };
    let (grade, build) = match measured {
        Measured::Ran(grade) => (grade, Build { ok: true, part: None, errors: Vec::new() }),
        Measured::Broken(broken) => (&nothing, build(broken)),
    };
    let score: Score = exercises.iter().map(|exercise| grade.score(exercise)).sum();
    let part = ChapterPart {
        number: chapter.number(),
        package: &chapter.manifest.package,
        title: &chapter.manifest.title,
        points: score.into(),
        given: chapter.is_given(),
        tests: given_tests(chapter, grade),
        exercises: exercises.iter().map(|e| exercise_part(chapter, grade, e)).collect(),
    };
    let file = File {
        format: FORMAT,
        tree: match request.tree {
            Tree::Mine => "mine",
            Tree::Solution => "solution",
        },
        target: target.name(),
        seeds: request.seeds.runs,
        seed: request.seeds.first,
        points: score.into(),
        build,
        chapters: vec![part],
    };
    let root = format!("{}/", repo.root.display());
    let text = serde_json::to_string_pretty(&file).expect("names and numbers only");
    format!("{}\n", text.replace(&root, ""))
}

fn build(broken: &Broken) -> Build {
    let errors = broken.errors.iter().map(|error| BuildError {
        message: error.message.clone(),
        location: error.places.first().map(|p| format!("{}:{}", p.file.display(), p.line)),
    });
    let part = match &broken.part {
        Part::Code => "code",
        Part::Layer(_) => "layer",
        Part::Tests => "tests",
        Part::Other => "other",
    };
    Build { ok: false, part: Some(part), errors: errors.collect() }
}

fn exercise_part<'a>(
    chapter: &'a Chapter,
    grade: &'a Grade,
    exercise: &'a Exercise,
) -> ExercisePart<'a> {
    let state = grade.state(exercise);
    let cause = state.is_bad().then(|| grade.cause(&chapter.manifest, exercise)).flatten();
    let tests = exercise.tests.iter().map(|name| {
        let outcome = grade.outcomes.iter().find(|outcome| outcome.test == *name);
        test_part(name, &exercise.id, outcome)
    });
    ExercisePart {
        id: &exercise.id,
        title: &exercise.title,
        half: match exercise.half {
            Half::First => 1,
            Half::Second => 2,
        },
        state: name_of(&state),
        waits_for: match state {
            State::Waits(other) => Some(other),
            _ => None,
        },
        perhaps_because_of: cause.map(|cause| cause.id.clone()),
        points: grade.score(exercise).into(),
        tests: tests.collect(),
    }
}

fn given_tests<'a>(chapter: &Chapter, grade: &'a Grade) -> Vec<TestPart<'a>> {
    let outcomes = grade.outcomes.iter().filter(|_| chapter.is_given());
    outcomes.map(|outcome| test_part(&outcome.test, "", Some(outcome))).collect()
}

fn test_part<'a>(name: &'a str, exercise: &str, outcome: Option<&'a Outcome>) -> TestPart<'a> {
    let state = match outcome.map(|outcome| &outcome.kind) {
        None => "not_graded",
        Some(Kind::Passed) => "passed",
        Some(Kind::Wrong) => "wrong",
        Some(Kind::Panicked) => "panicked",
        Some(Kind::Hung) => "hung",
        Some(Kind::Crashed) => "crashed",
        Some(Kind::EndedEarly) => "ended_early",
        Some(Kind::NotRun) => "not_run",
        Some(Kind::Missing) => "missing",
        Some(Kind::NotWritten(other)) if *other == exercise => "not_written",
        Some(Kind::NotWritten(_)) => "waits",
    };
    TestPart {
        name,
        state,
        message: outcome.map(|o| o.message.as_str()).filter(|message| !message.is_empty()),
        invariant: outcome.and_then(|o| o.invariant.as_deref()),
        location: outcome.and_then(|o| o.location.as_deref()),
        seed: outcome.and_then(|o| o.seed),
        note: outcome.and_then(|o| o.note.as_deref()),
        hazards: outcome.map_or(&[], |o| &o.hazards),
    }
}

fn name_of(state: &State) -> &'static str {
    match state {
        State::Passed => "passed",
        State::Wrong => "wrong",
        State::Panicked => "panicked",
        State::Hung => "hung",
        State::Crashed => "crashed",
        State::EndedEarly => "ended_early",
        State::NotWritten => "not_written",
        State::Waits(_) => "waits",
        State::Missing => "missing",
        State::NotGraded => "not_graded",
    }
}
