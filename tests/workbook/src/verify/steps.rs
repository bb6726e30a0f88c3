//! A chapter, solved exercise by exercise.
//!
//! Owns the proof that each exercise can be graded when it is done: in a copy of the chapter, the
//! holes are filled from the solution in order. After each, that exercise's tests pass and the next
//! one's do not. At the end nothing is left to warn about.

use super::chapters::graded;
use super::{Finding, Scene};
use crate::Error;
use crate::cut::check::Bench;
use crate::cut::starter::{self, Files};
use crate::cut::{Cut, Plan};
use crate::items::Crate;
use crate::manifest::Exercise;
use crate::repo::{Chapter, Repo, Tree};
use crate::verdict::Kind;
use std::path::PathBuf;

pub(super) fn in_order(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(Finding::Skipped("there is no solutions/ here".to_owned()));
    }
    let (mut lines, mut steps) = (Vec::new(), 0);
    for chapter in &scene.repo.chapters {
        steps += chapter.manifest.exercises.len();
        lines.extend(chapter_in_order(scene, chapter)?);
    }
    Ok(if lines.is_empty() {
        Finding::Passed(format!("{steps} exercises"))
    } else {
        Finding::Failed(lines.join("\n"))
    })
}

fn chapter_in_order(scene: &Scene<'_>, chapter: &Chapter) -> Result<Vec<String>, Error> {
    let place = scene.work.join("steps");
    let names: Vec<&str> =
        scene.repo.chapters.iter().map(|chapter| chapter.name.as_str()).collect();
    let bench = Bench::at(&scene.repo.root, &place, &names)?;
    for other in &scene.repo.chapters {
        bench.put(&other.name, &starter::solution(scene.repo, other)?)?;
    }
    let copy = Repo::at(&place)?;
    let mut lines = Vec::new();
    let exercises = &chapter.manifest.exercises;
    for (at, exercise) in exercises.iter().enumerate() {
        bench.put(&chapter.name, &solved_to(scene.repo, chapter, at + 1)?)?;
        let next = exercises.get(at + 1);
        let wanted: Vec<&Exercise> = [Some(exercise), next].into_iter().flatten().collect();
        let grade = match graded(&copy, chapter, Tree::Mine, &wanted)? {
            Ok(grade) => grade,
            Err(broken) => {
                lines.push(format!("with {} written, {broken}", exercise.id));
                continue;
            }
        };
        for outcome in &grade.outcomes {
            let own = exercise.tests.contains(&outcome.test);
            let passes = outcome.kind == Kind::Passed;
            if own && !passes {
                lines.push(format!(
                    "exercise {} is written, and its test {} does not pass: {:?} {}",
                    exercise.id, outcome.test, outcome.kind, outcome.message
                ));
            }
            if let (true, Some(next)) = (passes, next.filter(|n| n.tests.contains(&outcome.test))) {
                lines.push(format!(
                    "{} of exercise {} passes when only {} is written",
                    outcome.test, next.id, exercise.id
                ));
            }
        }
    }
    for warning in bench.check(&chapter.manifest.package, &chapter.name)? {
        let file = warning.file.display();
        lines.push(format!("solved, {} warns in {file}: {}", chapter.name, warning.message));
    }
    Ok(lines)
}

/// The starter with the first exercises written as in the solution.
fn solved_to(repo: &Repo, chapter: &Chapter, count: usize) -> Result<Files, Error> {
    let package = &chapter.manifest.package;
    let solution = Crate::read(package, &repo.folder(chapter, Tree::Solution))?;
    if !chapter.manifest.remove.is_empty() {
        // The solution's bodies may call what the starter does not have.
        let mut plan = Plan::of(&chapter.manifest);
        let open = &chapter.manifest.exercises[count..];
        plan.holes.retain(|hole| open.iter().any(|exercise| exercise.id == hole.exercise));
        plan.removed.clear();
        let sources = Cut::new(&solution, &plan)?.render();
        return Ok(with(starter::solution(repo, chapter)?, &sources));
    }
    let mut files = starter::of(repo, chapter)?;
    for exercise in &chapter.manifest.exercises[..count] {
        for path in &exercise.items {
            let now = starter::as_crate(chapter, &files);
            let (hole, body) = (now.find(path)?, solution.find(path)?);
            if let (Some(old), Some(new)) = (&hole.body, &body.body) {
                let mut text = hole.source.to_string();
                text.replace_range(old.clone(), &body.source[new.clone()]);
                let file = hole.file.clone();
                files = with(files, &[(file, text)]);
            }
        }
    }
    Ok(files)
}

fn with(mut files: Files, sources: &[(PathBuf, String)]) -> Files {
    for (path, text) in sources {
        for (own, bytes) in &mut files {
            if own == path {
                *bytes = text.as_bytes().to_vec();
            }
        }
    }
    files
}
