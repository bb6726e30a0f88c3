//! The screen of a grade for a chapter that is given.
//!
//! Owns what is shown where there are no exercises: the tests by their modules, the first failure,
//! and what it may come from. Such a chapter is right in `solutions/`; in `chapters/` it stands on
//! whatever its reader has written below it, so a hole there is named and nothing is called wrong.

use crate::explain::account;
use crate::measure::Grade;
use crate::replay::Saved;
use crate::repo::{Chapter, Tree};
use crate::report::{Shown, heading, pointers};
use crate::screen::{Look, Style, clip, width_of};
use crate::status;
use crate::verdict::{Kind, Outcome};

/// All tests are there and pass.
pub fn passes(grade: &Grade) -> bool {
    !grade.outcomes.is_empty() && grade.outcomes.iter().all(|one| one.kind == Kind::Passed)
}

/// The whole screen.
pub fn screen(shown: &Shown<'_>, saved: &[Saved]) -> String {
    let (grade, look) = (shown.grade, shown.look);
    let chapter = shown.target.chapter();
    let mut title = chapter.heading();
    if shown.request.tree == Tree::Solution {
        title.push_str(" · the solution");
    }
    let passed = grade.outcomes.iter().filter(|outcome| outcome.kind == Kind::Passed).count();
    let all = format!("{passed} of {} tests", grade.outcomes.len());
    let mut text = heading(&title, &all, look);
    text.push('\n');
    text.push_str(&table(&grade.outcomes, look));
    text.push('\n');
    if let Some(outcome) = grade.telling_failure_of_all() {
        text.push_str(&account(&chapter.word(), outcome, look));
        text.push('\n');
        text.push_str(&pointers(&ways_on(shown, outcome, saved), look));
    } else if let Some(hole) = first_hole(&grade.outcomes) {
        text.push_str(&stands_on(chapter, hole, look));
    } else if grade.outcomes.is_empty() {
        text.push_str(&format!("It has no tests yet: they belong in tests/{}.\n", chapter.name));
    } else if shown.request.tree == Tree::Mine {
        text.push_str(&format!("{} is {}.\n", chapter.starts(), status::given(chapter)));
        text.push_str(&status::next_text(shown.repo, chapter, look));
    }
    text
}

/// What to do about a hole: an exercise of a chapter below, or all of one that was reset to its
/// contract, which may be this one.
fn stands_on(chapter: &Chapter, hole: &str, look: Look) -> String {
    if hole == chapter.word() {
        let back = ("or bring back", format!("cargo workbook reset {hole}"));
        let folder = ("write", chapter.folder(Tree::Mine));
        return format!("It is not written yet.\n{}", pointers(&[folder, back], look));
    }
    let grade = ("write", format!("cargo workbook grade {hole}"));
    let below = hole.split('.').next().unwrap_or(hole);
    let swap = ("or stand on", format!("cargo workbook use solution {below}"));
    format!("It stands on {hole}, which is not written yet.\n{}", pointers(&[grade, swap], look))
}

/// One line for each module of tests, in the order of the test binary.
fn table(outcomes: &[Outcome], look: Look) -> String {
    let mut modules: Vec<(&str, Vec<&Outcome>)> = Vec::new();
    for outcome in outcomes {
        let name = module(&outcome.test);
        match modules.iter_mut().find(|(other, _)| *other == name) {
            Some((_, tests)) => tests.push(outcome),
            None => modules.push((name, vec![outcome])),
        }
    }
    let names = modules.iter().map(|(name, _)| width_of(name)).max().unwrap_or(0);
    let mut text = String::new();
    for (name, tests) in &modules {
        let passed = tests.iter().filter(|one| one.kind == Kind::Passed).count();
        let bad = tests.iter().any(|one| one.is_failure());
        let (sign, style) = match (passed == tests.len(), bad) {
            (true, _) => ("✓", Style::Good),
            (false, true) => ("✗", Style::Bad),
            (false, false) => ("·", Style::Faint),
        };
        let count = format!("{passed} of {}", tests.len());
        let sign = look.paint(style, sign);
        let mut line = format!("  {sign} {name:names$}  {count:>9}");
        let words = if bad { "" } else { tests.iter().rev().find_map(note).unwrap_or_default() };
        let room = look.width.saturating_sub(width_of(&line) + 3);
        line.push_str(&format!("   {}", look.paint(Style::Faint, &clip(words, room))));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn note<'a>(outcome: &&'a Outcome) -> Option<&'a str> {
    outcome.note.as_deref()
}

fn module(test: &str) -> &str {
    test.rsplit_once("::").map_or(test, |(module, _)| module)
}

/// The first hole that a test has reached.
fn first_hole(outcomes: &[Outcome]) -> Option<&str> {
    outcomes.iter().find_map(|outcome| match &outcome.kind {
        Kind::NotWritten(exercise) => Some(exercise.as_str()),
        _ => None,
    })
}

/// Where to look and what to type.
fn ways_on(shown: &Shown<'_>, outcome: &Outcome, saved: &[Saved]) -> Vec<(&'static str, String)> {
    let word = shown.target.chapter().word();
    let mut lines = Vec::new();
    if let Some(saved) = saved.first() {
        lines.push(("replay", format!("cargo workbook replay {}", saved.name)));
    }
    let mut again = format!("cargo workbook grade {word}");
    if shown.request.tree == Tree::Solution {
        again.push_str(" --solution");
    } else {
        lines.push(("compare", format!("cargo workbook grade {word} --solution")));
    }
    if let Some(seed) = outcome.seed {
        again.push_str(&format!(" --seeds 1 --seed {seed}"));
    }
    lines.push(("again", again));
    lines
}
