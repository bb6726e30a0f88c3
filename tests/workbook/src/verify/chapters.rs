//! Checks of the chapters: manifests, starters and solutions.
//!
//! Owns what must be true of each tree as it stands. Grading itself is `grade`'s.

use super::{Finding, Scene};
use crate::Error;
use crate::compile::{self, Broken};
use crate::cut::Plan;
use crate::grade::{Grade, Measured, Seeds, measure};
use crate::items::Crate;
use crate::manifest::Exercise;
use crate::repo::{Chapter, Repo, Tree};
use crate::screen::{Look, Passing};
use crate::sync;
use crate::verdict::Kind;

pub(super) fn starters_equal_the_cut(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(Finding::Skipped("there is no solutions/ here".to_owned()));
    }
    let mut lines = Vec::new();
    for chapter in scene.given() {
        match sync::compare(scene.repo, chapter) {
            Ok(found) => lines.extend(found.differences.iter().map(ToString::to_string)),
            Err(error) => lines.push(error.to_string()),
        }
    }
    if lines.is_empty() {
        return Ok(all_but(scene));
    }
    lines.push("`cargo workbook sync` cuts them anew".to_owned());
    Ok(Finding::Failed(lines.join("\n")))
}

/// Every test that a manifest names is there, and every test that is there is named.
pub(super) fn manifests(scene: &Scene<'_>) -> Result<Finding, Error> {
    let tree = if scene.solutions { Tree::Solution } else { Tree::Mine };
    let mut lines = Vec::new();
    for chapter in &scene.repo.chapters {
        let built = compile::build(scene.repo, chapter, tree, plain(), &mut quiet())?;
        match built {
            Ok(built) => lines.extend(unmatched(chapter, &built.tests)),
            Err(broken) => lines.push(explain_broken(chapter, tree, &broken)),
        }
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

fn unmatched(chapter: &Chapter, there: &[String]) -> Vec<String> {
    let file = format!("tests/{}/exercises.toml", chapter.name);
    let mut named: Vec<&String> =
        chapter.manifest.exercises.iter().flat_map(|exercise| &exercise.tests).collect();
    named.extend(&chapter.manifest.play);
    let gone = named.iter().filter(|test| !there.contains(test));
    let gone = gone.map(|test| format!("{file} names the test {test}, which is not there"));
    let extra = there.iter().filter(|test| !named.contains(test));
    gone.chain(extra.map(|test| format!("{file} does not name the test {test}"))).collect()
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

pub(super) fn solutions_pass(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(Finding::Skipped("there is no solutions/ here".to_owned()));
    }
    let (mut lines, mut tests) = (Vec::new(), 0);
    for chapter in &scene.repo.chapters {
        let all: Vec<&Exercise> = chapter.manifest.exercises.iter().collect();
        match graded(scene.repo, chapter, Tree::Solution, &all)? {
            Err(broken) => lines.push(broken),
            Ok(grade) => {
                tests += grade.outcomes.len();
                for outcome in grade.outcomes.iter().filter(|one| one.kind != Kind::Passed) {
                    lines.push(format!("{} {:?}: {}", outcome.test, outcome.kind, outcome.message));
                }
            }
        }
    }
    Ok(if lines.is_empty() {
        Finding::Passed(format!("{tests} tests"))
    } else {
        Finding::Failed(lines.join("\n"))
    })
}

/// Nothing is written, so nothing may pass, and nothing may be called wrong.
pub(super) fn starters_wait(scene: &Scene<'_>) -> Result<Finding, Error> {
    let mut lines = Vec::new();
    for chapter in scene.standing() {
        let all: Vec<&Exercise> = chapter.manifest.exercises.iter().collect();
        match graded(scene.repo, chapter, Tree::Mine, &all)? {
            Err(broken) => lines.push(broken),
            Ok(grade) => lines.extend(all.iter().flat_map(|one| not_waiting(&grade, one))),
        }
    }
    if lines.is_empty() { Ok(all_but(scene)) } else { Ok(Finding::Failed(lines.join("\n"))) }
}

fn not_waiting(grade: &Grade, exercise: &Exercise) -> Vec<String> {
    let mut lines = Vec::new();
    for outcome in grade.outcomes.iter().filter(|one| exercise.tests.contains(&one.test)) {
        let what = match &outcome.kind {
            Kind::NotWritten(_) => continue,
            Kind::Passed => "passes, though nothing is written".to_owned(),
            kind => format!("is {kind:?}, not \"not written yet\": {}", outcome.message),
        };
        lines.push(format!("{} of exercise {} {what}", outcome.test, exercise.id));
    }
    lines
}

/// Grades some exercises; in words if the tests do not build.
pub(super) fn graded(
    repo: &Repo,
    chapter: &Chapter,
    tree: Tree,
    exercises: &[&Exercise],
) -> Result<Result<Grade, String>, Error> {
    match measure(repo, chapter, tree, exercises, Seeds::default(), &mut quiet())? {
        Measured::Ran(grade) => Ok(Ok(grade)),
        Measured::Broken(broken) => Ok(Err(explain_broken(chapter, tree, &broken))),
    }
}

fn explain_broken(chapter: &Chapter, tree: Tree, broken: &Broken) -> String {
    let errors: Vec<&str> = broken.errors.iter().map(|error| error.rendered.as_str()).collect();
    let errors = if errors.is_empty() { broken.cargo.clone() } else { errors.join("\n") };
    format!("the tests of {} do not build:\n{errors}", chapter.folder(tree))
}

fn all_but(scene: &Scene<'_>) -> Finding {
    if scene.given().is_empty() && !scene.edited.is_empty() {
        Finding::Skipped(scene.left_out())
    } else {
        Finding::Passed(scene.left_out())
    }
}

fn plain() -> Look {
    Look::plain(80)
}

fn quiet() -> Passing {
    Passing::new(plain())
}
