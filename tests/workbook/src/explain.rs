//! What follows the table of a grade: the first failure explained, or the next step.
//!
//! Owns the words about one failure: the broken invariant, the message, the test and its seed, the
//! drawn run, what the code printed, where to look, and what can be typed. Exactly one failure is
//! explained; the hints are not given away.

use crate::manifest::Exercise;
use crate::place;
use crate::replay::Saved;
use crate::repo::{Target, Tree};
use crate::report::{Shown, next_step, pointers, section_line};
use crate::screen::{Look, Style, clip, harmless, paragraph};
use crate::status;
use crate::step::breaks;
use crate::verdict::{Kind, Outcome, State};
use harness::report::Trace;

/// How many lines of what the code printed are shown.
const PRINTED: usize = 8;
/// How many lines of a message are shown.
const MESSAGE: usize = 20;
/// A run of more steps than this explains little at a glance.
const LONG: usize = 40;
/// How many items of an exercise are named.
const ITEMS: usize = 3;

/// The text under the table.
pub fn screen(shown: &Shown<'_>, saved: &[Saved]) -> String {
    let exercises = shown.exercises();
    for exercise in &exercises {
        if let Some(outcome) = shown.grade.telling_failure(exercise) {
            return format!("\n{}", failure(shown, exercise, outcome, saved));
        }
    }
    match shown.request.tree {
        Tree::Mine => format!("\n{}", next(shown, &exercises)),
        Tree::Solution => String::new(),
    }
}

fn failure(shown: &Shown<'_>, exercise: &Exercise, outcome: &Outcome, saved: &[Saved]) -> String {
    let look = shown.look;
    let mut text = account(&exercise.id, outcome, look);
    let seen = consequence(shown, exercise, outcome, saved);
    if let Some((later, trace, _)) = &seen {
        let broken = trace.broken.as_ref();
        let what = broken.map_or_else(String::new, breaks);
        let what = harmless(what.lines().next().unwrap_or_default());
        let what = format!("What came of it in {}: {what}", later.id);
        text.push_str(&format!("\n{}\n", paragraph(&what, 0, look.width).trim_end()));
        text.push('\n');
        text.push_str(&harness::draw::terminal(trace, look.width, look.color));
    }
    text.push('\n');
    let mut lines = ways_on(shown, exercise, outcome, saved);
    if let Some((_, _, name)) = seen {
        lines.push(("replay", format!("cargo workbook replay {name}")));
    }
    text.push_str(&pointers(&lines, look));
    text
}

/// What went wrong in one test of an exercise, or of whatever else has this name: in words, as a
/// drawn run, and by what the code printed.
pub fn account(name: &str, outcome: &Outcome, look: Look) -> String {
    let headline = headline(name, outcome);
    let (first, rest) = headline.split_once('\n').unwrap_or((&headline, ""));
    let mut text = paragraph(first, 0, look.width);
    text.push_str(&paragraph(rest, 2, look.width));
    if look.color
        && let Some((first, rest)) = text.split_once('\n')
    {
        text = format!("{}\n{rest}", look.paint(Style::Bad, first));
    }
    text.push_str(&look.paint(Style::Faint, &format!("  {}", facts(outcome))));
    text.push('\n');
    if let Some(trace) = outcome.trace.as_ref().filter(|trace| !trace.nodes.is_empty()) {
        text.push('\n');
        text.push_str(&harness::draw::terminal(trace, look.width, look.color));
    }
    let in_trace = outcome
        .trace
        .as_ref()
        .is_some_and(|trace| trace.steps.iter().any(|step| !step.printed.is_empty()));
    if !in_trace {
        text.push_str(&printed(&outcome.printed, look));
    }
    text
}

/// Where a failure has no run to show, a later exercise may have failed in a cluster because of it:
/// its shortest run, one with a broken invariant first, and what `replay` calls it.
fn consequence<'a>(
    shown: &Shown<'a>,
    exercise: &Exercise,
    outcome: &Outcome,
    saved: &[Saved],
) -> Option<(&'a Exercise, &'a Trace, String)> {
    if outcome.trace.is_some() {
        return None;
    }
    let manifest = &shown.target.chapter().manifest;
    let runs = shown.exercises().into_iter().filter_map(|later| {
        let cause = shown.grade.cause(manifest, later)?;
        let trace = shown.grade.telling_failure(later)?.trace.as_ref()?;
        let kept = saved.iter().find(|saved| saved.exercise == later.id)?;
        (cause.id == exercise.id).then(|| (later, trace, kept.name.clone()))
    });
    runs.min_by_key(|(_, trace, _)| {
        let named = trace.broken.as_ref().is_some_and(|broken| !broken.invariant.is_empty());
        (trace.steps.len() > LONG, !named, trace.steps.len())
    })
}

/// What is wrong, in a sentence or a few lines.
fn headline(id: &str, outcome: &Outcome) -> String {
    let message = shorten(&plain(&harmless(outcome.message.trim())));
    if let Some(invariant) = &outcome.invariant {
        return format!("{invariant} is broken: {message}");
    }
    match outcome.kind {
        Kind::Panicked => format!("{id} panicked: {message}"),
        Kind::Hung => format!("{id} does not come back: {message}"),
        Kind::Crashed => format!("{id} crashed: {message}"),
        Kind::EndedEarly => format!("{id} ended early: {message}"),
        Kind::Missing => format!("{id} cannot be graded: {message}"),
        Kind::Wrong | Kind::Passed | Kind::NotWritten(_) | Kind::NotRun => {
            format!("{id} is wrong: {message}")
        }
    }
}

/// An assertion's own words, if the test gave it some.
fn plain(message: &str) -> String {
    let start = message.split_once("` failed: ");
    match start {
        Some((before, after)) if before.starts_with("assertion `") && !before.contains('\n') => {
            after.to_owned()
        }
        _ => message.to_owned(),
    }
}

fn shorten(message: &str) -> String {
    let lines: Vec<&str> = message.lines().collect();
    if lines.len() <= MESSAGE {
        return message.to_owned();
    }
    let left_out = lines.len() - MESSAGE;
    format!("{}\n… {left_out} more lines", lines[..MESSAGE].join("\n"))
}

/// The test, its seed, and how much shorter the run has become.
fn facts(outcome: &Outcome) -> String {
    let mut text = outcome.test.clone();
    if let Some(seed) = outcome.seed {
        text.push_str(&format!(", seed {seed}"));
    }
    if let Some(trace) = &outcome.trace
        && let Some(before) = trace.shrunk_from
    {
        text.push_str(&format!(", shrunk from {before} events to {}", trace.steps.len()));
    }
    if let Some(location) = &outcome.location {
        text.push_str(&format!(", at {location}"));
    }
    text
}

/// The last lines that the code printed.
fn printed(text: &str, look: Look) -> String {
    let text = harmless(text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return String::new();
    }
    let shown = &lines[lines.len().saturating_sub(PRINTED)..];
    let mut result = match lines.len() - shown.len() {
        0 => "\n  Your code printed:\n".to_owned(),
        _ => "\n  Your code printed, last of all:\n".to_owned(),
    };
    for line in shown {
        result.push_str(&format!("    {}\n", clip(line, look.width.saturating_sub(4))));
    }
    result
}

/// Where to look and what to type.
fn ways_on(
    shown: &Shown<'_>,
    exercise: &Exercise,
    outcome: &Outcome,
    saved: &[Saved],
) -> Vec<(&'static str, String)> {
    let chapter = shown.target.chapter();
    let mut lines = Vec::new();
    if let Some(cause) = shown.grade.cause(&chapter.manifest, exercise) {
        let first = format!("{} is not right either, and {} needs it", cause.id, exercise.id);
        lines.push(("perhaps", first));
        lines.push(("first", format!("cargo workbook grade {}", cause.id)));
    }
    if let Some(first) = shown.grade.first_failure(exercise)
        && first.test != outcome.test
    {
        let message = plain(&harmless(first.message.trim()));
        let message = message.lines().next().unwrap_or_default();
        lines.push(("smaller", first.test.clone()));
        lines.push(("", clip(message, shown.look.width.saturating_sub(12))));
    }
    if outcome.kind == Kind::Missing {
        lines.push(("changed?", format!("git diff tests/{}", chapter.name)));
        lines.push(("bring back", format!("git checkout tests/{}", chapter.name)));
    } else {
        let places = place::of_exercises(shown.repo, chapter, shown.request.tree);
        let line = |item: &String| {
            let name = place::short(item);
            let found = places.iter().find(|lines| lines.item == *item);
            found.map_or(name.clone(), |found| {
                format!("{name} · {}:{}", found.file.display(), found.lines.start())
            })
        };
        for (number, item) in exercise.items.iter().take(ITEMS).enumerate() {
            lines.push((if number == 0 { "look at" } else { "" }, line(item)));
        }
        let suspects = exercise.suspects.iter().filter_map(|id| chapter.manifest.exercise(id));
        let suspects = suspects.filter_map(|exercise| exercise.items.last());
        for (number, item) in suspects.take(ITEMS).enumerate() {
            lines.push((if number == 0 { "or at" } else { "" }, line(item)));
        }
        if let Some(section) = &exercise.section {
            lines.push(("read", section_line(shown.repo, section, shown.look)));
        }
    }
    if let Some(saved) = saved.iter().find(|saved| saved.exercise == exercise.id) {
        lines.push(("replay", format!("cargo workbook replay {}", saved.name)));
    }
    if shown.request.tree == Tree::Mine && !exercise.hints.is_empty() {
        lines.push(("hint", format!("cargo workbook hint {}", exercise.id)));
    }
    let mut again = format!("cargo workbook grade {}", exercise.id);
    if shown.request.tree == Tree::Solution {
        again.push_str(" --solution");
    }
    if let Some(seed) = outcome.seed {
        again.push_str(&format!(" --seeds 1 --seed {seed}"));
    }
    lines.push(("again", again));
    lines
}

/// What comes after a grade without a failure.
fn next(shown: &Shown<'_>, exercises: &[&Exercise]) -> String {
    let chapter = shown.target.chapter();
    let open = exercises.iter().find(|exercise| shown.grade.state(exercise) != State::Passed);
    if let Some(exercise) = open {
        // An exercise that waits is not the next one; the one that it waits for is.
        let state = shown.grade.state(exercise);
        let first = match &state {
            State::Waits(id) => chapter.manifest.exercise(id),
            _ => None,
        };
        let (exercise, state) = match first {
            Some(first) => (first, State::NotWritten),
            None => (*exercise, state),
        };
        return next_step(shown.repo, chapter, exercise, &state, shown.look);
    }
    match shown.target {
        Target::Exercise(_, exercise) => {
            let next = status::next_text(shown.repo, chapter, shown.look);
            format!("{} is right.\n{next}", exercise.id)
        }
        Target::Chapter(chapter) => format!(
            "{} is complete.\n{}",
            chapter.starts(),
            status::next_text(shown.repo, chapter, shown.look)
        ),
    }
}
