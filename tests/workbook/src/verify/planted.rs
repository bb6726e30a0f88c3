//! What is proven of a chapter's exercises: mistakes die, holes wait, and each can be filled alone.
//!
//! Owns three questions that are asked of one build, the solution with every mutant and every hole
//! behind a switch (see `prove::plant`). Every plausible mistake is caught by the tests of its
//! exercise. With nothing written, nothing passes and nothing is called wrong. With the first
//! exercises written, the last one's tests pass and the next one's do not.

use super::{Finding, Scene, chapters};
use crate::Error;
use crate::bench::{Bench, Purpose};
use crate::cut::starter::{self, Files};
use crate::items::Crate;
use crate::manifest::Exercise;
use crate::prove::kills::{self, Kills};
use crate::prove::trial::{Fate, Trial};
use crate::repo::{Chapter, Repo, Tree};
use crate::run::Variant;
use crate::verdict::{Kind, Outcome};
use std::path::PathBuf;

/// The fewest mutants that prove an exercise's tests.
const FEWEST: usize = 2;

/// Every plausible mistake on file is caught by the tests of its exercise, and by the test that the
/// chapter's table names.
pub(super) fn mutants_die(scene: &Scene<'_>) -> Result<Finding, Error> {
    chapters::all(scene, "mutants", "mutants", |chapter| {
        let trial = scene.trial(chapter)?;
        let fates = trial.fates(&mut chapters::quiet())?;
        let mut lines = Vec::new();
        for (mutant, fate) in trial.mutants.iter().zip(&fates) {
            if fate.killer.is_none() {
                lines.push(format!("a mutant of {} survives: {}", mutant.item, mutant.differs));
            }
        }
        for exercise in &chapter.manifest.exercises {
            let own = trial.mutants.iter().filter(|mutant| mutant.exercise == exercise.id).count();
            if own < FEWEST {
                lines.push(format!("exercise {} has {own} mutants, not {FEWEST}", exercise.id));
            }
        }
        lines.extend(unwritten(scene, chapter, &trial, &fates)?);
        Ok(if lines.is_empty() { Ok(fates.len()) } else { Err(lines) })
    })
}

/// Where the chapter's table says something else than what was found; nothing while a mutant
/// survives, for then there is nothing to write down.
fn unwritten(
    scene: &Scene<'_>,
    chapter: &Chapter,
    trial: &Trial<'_>,
    fates: &[Fate],
) -> Result<Vec<String>, Error> {
    let Some(found) = kills::of(&trial.mutants, fates) else { return Ok(Vec::new()) };
    let mut lines = match Kills::read(&scene.repo.root, &chapter.name)? {
        None => vec![format!("tests/{}/{} is not there", chapter.name, kills::FILE)],
        Some(written) => written.differences(&found),
    };
    if !lines.is_empty() {
        let word = chapter.word();
        lines.push(format!("`cargo workbook prove {word} --write` writes down what is found"));
    }
    Ok(lines)
}

/// Nothing is written, so nothing may pass, and nothing may be called wrong.
pub(super) fn starters_wait(scene: &Scene<'_>) -> Result<Finding, Error> {
    chapters::all(scene, "starters wait", "tests", |chapter| {
        let tests: Vec<(&str, Variant)> = chapter
            .manifest
            .exercises
            .iter()
            .flat_map(|exercise| &exercise.tests)
            .map(|test| (test.as_str(), Variant::Written(0)))
            .collect();
        let outcomes = scene.trial(chapter)?.run_all(&tests, &mut chapters::quiet())?;
        let lines: Vec<String> = outcomes.iter().filter_map(not_waiting).collect();
        Ok(if lines.is_empty() { Ok(tests.len()) } else { Err(lines) })
    })
}

fn not_waiting(outcome: &Outcome) -> Option<String> {
    let test = &outcome.test;
    match &outcome.kind {
        Kind::NotWritten(_) => None,
        Kind::Passed => Some(format!("{test} passes, though nothing is written")),
        kind => Some(format!("{test} is {kind:?}, not \"not written yet\": {}", outcome.message)),
    }
}

/// Solved in order, each exercise turns green, and the next one does not yet. At the end nothing is
/// left to warn about.
pub(super) fn in_order(scene: &Scene<'_>) -> Result<Finding, Error> {
    chapters::all(scene, "in order", "exercises", |chapter| {
        let exercises = &chapter.manifest.exercises;
        let mut tests: Vec<(&str, Variant)> = Vec::new();
        for (at, exercise) in exercises.iter().enumerate() {
            let next = exercises.get(at + 1);
            let own = [Some(exercise), next].into_iter().flatten();
            let own = own.flat_map(|exercise| &exercise.tests);
            tests.extend(own.map(|test| (test.as_str(), Variant::Written(at + 1))));
        }
        let outcomes = scene.trial(chapter)?.run_all(&tests, &mut chapters::quiet())?;
        let ran = tests.iter().zip(&outcomes);
        let mut lines: Vec<String> = ran
            .filter_map(|((_, variant), outcome)| out_of_order(exercises, *variant, outcome))
            .collect();
        lines.extend(warnings(scene.repo, chapter)?);
        Ok(if lines.is_empty() { Ok(exercises.len()) } else { Err(lines) })
    })
}

fn out_of_order(exercises: &[Exercise], variant: Variant, outcome: &Outcome) -> Option<String> {
    let Variant::Written(count) = variant else { return None };
    let last = exercises.get(count.checked_sub(1)?)?;
    let passes = outcome.kind == Kind::Passed;
    let (test, message) = (&outcome.test, &outcome.message);
    match (last.tests.contains(test), passes) {
        (true, true) | (false, false) => None,
        (true, false) => {
            let kind = &outcome.kind;
            Some(format!(
                "exercise {} is written, and its test {test} does not pass: {kind:?} {message}",
                last.id
            ))
        }
        (false, true) => {
            Some(format!("{test} of the next exercise passes when only {} is written", last.id))
        }
    }
}

/// What the compiler says about a starter whose every hole is filled.
fn warnings(repo: &Repo, chapter: &Chapter) -> Result<Vec<String>, Error> {
    let solved = solved(repo, chapter)?;
    let mut others = Vec::new();
    for other in &repo.chapters {
        others.push((&other.name, starter::solution(repo, other)?));
    }
    let names: Vec<&str> = repo.chapters.iter().map(|chapter| chapter.name.as_str()).collect();
    let bench = Bench::at(repo, Purpose::Starters, &names)?;
    for (name, files) in &others {
        let files = if **name == chapter.name { &solved } else { files };
        bench.put(name, files)?;
    }
    let warnings = bench.check(&chapter.manifest.package, &chapter.name)?;
    let line = |file: &PathBuf, message: &str| {
        format!("solved, {} warns in {}: {message}", chapter.name, file.display())
    };
    Ok(warnings.iter().map(|warning| line(&warning.file, &warning.message)).collect())
}

/// The starter with every exercise written as in the solution. Where the starter lacks items whose
/// names would tell, the solution's bodies may call them, so it is the solution.
fn solved(repo: &Repo, chapter: &Chapter) -> Result<Files, Error> {
    if !chapter.manifest.remove.is_empty() {
        return starter::solution(repo, chapter);
    }
    let package = &chapter.manifest.package;
    let solution = Crate::read(package, &repo.folder(chapter, Tree::Solution))?;
    let mut files = starter::of(repo, chapter)?;
    for path in chapter.manifest.exercises.iter().flat_map(|exercise| &exercise.items) {
        let now = starter::as_crate(chapter, &files);
        let (hole, body) = (now.find(path)?, solution.find(path)?);
        if let (Some(old), Some(new)) = (&hole.body, &body.body) {
            let mut text = hole.source.to_string();
            text.replace_range(old.clone(), &body.source[new.clone()]);
            let own = files.iter_mut().find(|(path, _)| *path == hole.file);
            if let Some((_, bytes)) = own {
                *bytes = text.into_bytes();
            }
        }
    }
    Ok(files)
}
