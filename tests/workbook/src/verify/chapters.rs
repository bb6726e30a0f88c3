//! Checks of the chapters: manifests, starters and solutions.
//!
//! Owns what must be true of each tree as it stands. Grading itself is `measure`'s.

use super::{Finding, Scene, proven};
use crate::Error;
use crate::compile::{self, Broken};
use crate::cut::Plan;
use crate::items::Crate;
use crate::lists;
use crate::manifest::Exercise;
use crate::measure::{Measured, Seeds, measure};
use crate::prove::hazards::{self, Hazards};
use crate::repo::{Chapter, Repo, Tree};
use crate::screen::{Look, Passing};
use crate::sync;
use crate::verdict::{Kind, Outcome};

/// Proves something of every chapter with exercises, unless it is proven and unchanged: how many of
/// something, or what is wrong.
pub(super) fn all<'a>(
    scene: &Scene<'a>,
    what: &str,
    counted: &str,
    prove: impl Fn(&'a Chapter) -> Result<Result<usize, Vec<String>>, Error>,
) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(no_solutions());
    }
    let taught = scene.chapters.iter().copied().filter(|chapter| !chapter.is_given());
    Ok(proven::each(scene, what, taught, prove)?.finding(counted))
}

pub(super) fn no_solutions() -> Finding {
    Finding::Skipped("there is no solutions/ here".to_owned())
}

/// Starters are as they are cut, and tables and lists as the manifests have them.
pub(super) fn synced(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(no_solutions());
    }
    let mut lines = Vec::new();
    for chapter in scene.untouched() {
        match sync::compare(scene.repo, chapter) {
            Ok(found) => lines.extend(found.differences.iter().map(ToString::to_string)),
            Err(error) => lines.push(error.to_string()),
        }
    }
    let stale = lists::stale(scene.repo)?;
    lines.extend(stale.iter().map(|file| format!("{file} does not list the chapters")));
    if lines.is_empty() {
        return Ok(all_but(scene));
    }
    lines.push("`cargo workbook sync` makes them anew".to_owned());
    Ok(Finding::Failed(lines.join("\n")))
}

/// What a manifest names is there: items, sections, hints.
pub(super) fn manifests(scene: &Scene<'_>) -> Result<Finding, Error> {
    let mut lines = Vec::new();
    for chapter in &scene.chapters {
        if scene.solutions {
            lines.extend(unfound(scene.repo, chapter)?);
        }
        lines.extend(unwritten(scene.repo, chapter));
    }
    Ok(if lines.is_empty() {
        Finding::Passed(String::new())
    } else {
        Finding::Failed(lines.join("\n"))
    })
}

/// Items that the manifest names and the solution does not have.
fn unfound(repo: &Repo, chapter: &Chapter) -> Result<Vec<String>, Error> {
    let krate = Crate::read(&chapter.manifest.package, &repo.folder(chapter, Tree::Solution))?;
    let plan = Plan::of(&chapter.manifest);
    let paths = plan.holes.iter().map(|hole| &hole.item).chain(&plan.removed);
    Ok(paths.filter_map(|path| krate.find(path).err()).map(|error| error.to_string()).collect())
}

/// Sections of the book that exercises point to and that do not exist, and missing hints.
fn unwritten(repo: &Repo, chapter: &Chapter) -> Vec<String> {
    let mut lines = Vec::new();
    for exercise in &chapter.manifest.exercises {
        let page = exercise.section.as_deref().and_then(|section| section.split('#').next());
        match page {
            Some(page) if repo.path("book/src").join(page).is_file() => {}
            Some(page) => {
                lines.push(format!(
                    "exercise {} points to book/src/{page}, which is not there",
                    exercise.id
                ));
            }
            None => lines.push(format!("exercise {} names no section of the book", exercise.id)),
        }
        if exercise.hints.is_empty() {
            lines.push(format!("exercise {} has no hints", exercise.id));
        }
    }
    lines
}

/// Every test of a solution passes, every test that a manifest names is there, and every test that
/// is there is named.
pub(super) fn solutions_pass(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(no_solutions());
    }
    let chapters = scene.chapters.iter().copied();
    let outcome = proven::each(scene, "solutions pass", chapters, |chapter| {
        let tree = Tree::Solution;
        let tests = match compile::build(scene.repo, chapter, tree, plain(), &mut quiet())? {
            Ok(built) => built.tests,
            Err(broken) => return Ok(Err(vec![explain_broken(chapter, tree, &broken)])),
        };
        let mut lines = unmatched(chapter, &tests);
        let all: Vec<&Exercise> = chapter.manifest.exercises.iter().collect();
        match measure(scene.repo, chapter, tree, &all, Seeds::default(), &mut quiet())? {
            Measured::Broken(broken) => lines.push(explain_broken(chapter, tree, &broken)),
            Measured::Ran(grade) => {
                for outcome in grade.outcomes.iter().filter(|one| one.kind != Kind::Passed) {
                    lines.push(format!("{} {:?}: {}", outcome.test, outcome.kind, outcome.message));
                }
                if lines.is_empty() {
                    lines.extend(uncounted(scene.repo, chapter, &grade.outcomes)?);
                }
            }
        }
        Ok(if lines.is_empty() { Ok(tests.len()) } else { Err(lines) })
    })?;
    Ok(outcome.finding("tests"))
}

/// Where the chapter's counts of hazard states do not fit what its tests look for, or say that no
/// run reaches one. A chapter that is given may have no counts yet.
fn uncounted(repo: &Repo, chapter: &Chapter, outcomes: &[Outcome]) -> Result<Vec<String>, Error> {
    let written = Hazards::read(&repo.root, &chapter.name)?;
    if written.is_none() && chapter.is_given() {
        return Ok(Vec::new());
    }
    let mut lines = hazards::differences(written.as_ref(), &hazards::sum(outcomes));
    if !lines.is_empty() {
        let word = chapter.word();
        lines.push(format!("`cargo workbook prove {word} --write` counts the hazard states anew"));
    }
    Ok(lines)
}

fn unmatched(chapter: &Chapter, there: &[String]) -> Vec<String> {
    let file = format!("tests/{}/exercises.toml", chapter.name);
    let manifest = &chapter.manifest;
    if manifest.is_given() {
        let named = manifest.simulations.iter().chain(&manifest.play);
        let gone = named.filter(|test| !there.contains(test));
        let mut lines: Vec<String> =
            gone.map(|test| format!("{file} names the test {test}, which is not there")).collect();
        let limited = manifest.limits_without(there).into_iter();
        lines.extend(limited.map(|name| format!("{file} limits {name}, which is not there")));
        if there.is_empty() {
            lines.push(format!("tests/{} has no tests", chapter.name));
        }
        return lines;
    }
    let mut named: Vec<&String> =
        manifest.exercises.iter().flat_map(|exercise| &exercise.tests).collect();
    named.extend(&manifest.play);
    let gone = named.iter().filter(|test| !there.contains(test));
    let gone = gone.map(|test| format!("{file} names the test {test}, which is not there"));
    let extra = there.iter().filter(|test| !named.contains(test));
    gone.chain(extra.map(|test| format!("{file} does not name the test {test}"))).collect()
}

fn explain_broken(chapter: &Chapter, tree: Tree, broken: &Broken) -> String {
    let errors: Vec<&str> = broken.errors.iter().map(|error| error.rendered.as_str()).collect();
    let errors = if errors.is_empty() { broken.cargo.clone() } else { errors.join("\n") };
    format!("the tests of {} do not build:\n{errors}", chapter.folder(tree))
}

fn all_but(scene: &Scene<'_>) -> Finding {
    if scene.untouched().is_empty() && !scene.edited.is_empty() {
        Finding::Skipped(scene.left_out())
    } else {
        Finding::Passed(scene.left_out())
    }
}

fn plain() -> Look {
    Look::plain(80)
}

pub(super) fn quiet() -> Passing {
    Passing::new(plain())
}
