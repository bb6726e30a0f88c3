//! The screen of a chapter that does not compile.
//!
//! Owns the words around rustc's own: how many errors, in which exercise the first one is, and what
//! to type next. An error in the learner's code is told from one in the tests against it: that is a
//! public item which is no longer what the Contract page says.

use crate::compile::{Broken, Diagnostic, Part, Place};
use crate::items::Crate;
use crate::place::{self, Lines};
use crate::repo::{Chapter, Repo, Target, Tree};
use crate::report::pointers;
use crate::screen::{Look, Style, paragraph};

/// How many errors are shown; the rest is rarely news.
const ERRORS: usize = 3;
/// How many lines of cargo's own words are shown.
const CARGO: usize = 30;

/// The whole screen.
pub fn screen(repo: &Repo, target: &Target<'_>, tree: Tree, broken: &Broken, look: Look) -> String {
    let chapter = target.chapter();
    let mut text = String::new();
    // One wrong signature is noticed wherever the tests use it; once is enough.
    let shown = if broken.part == Part::Tests { 1 } else { ERRORS };
    for error in broken.errors.iter().take(shown) {
        text.push_str(error.rendered.trim_end());
        text.push_str("\n\n");
    }
    if broken.errors.is_empty() {
        let lines: Vec<&str> = broken.cargo.lines().collect();
        text.push_str(&lines[lines.len().saturating_sub(CARGO)..].join("\n"));
        text.push_str("\n\n");
    }
    let (title, lines) = match &broken.part {
        Part::Code => code(repo, target, tree, broken),
        Part::Layer(folder) => layer(repo, chapter, folder, broken),
        Part::Tests => tests(repo, target, tree, broken),
        Part::Other => other(chapter),
    };
    let mut heading = paragraph(&title, 0, look.width);
    if look.color {
        heading = format!("{}\n", look.paint(Style::Strong, heading.trim_end()));
    }
    text.push_str(&heading);
    text.push_str(&pointers(&lines, look));
    text
}

type Words = (String, Vec<(&'static str, String)>);

/// "1 error", or "4 errors, the first 3 above".
fn count(errors: usize) -> String {
    match errors {
        1 => "1 error".to_owned(),
        few if few <= ERRORS => format!("{few} errors"),
        many => format!("{many} errors, the first {ERRORS} are above"),
    }
}

fn code(repo: &Repo, target: &Target<'_>, tree: Tree, broken: &Broken) -> Words {
    let chapter = target.chapter();
    let title = format!("{} does not compile: {}.", chapter.starts(), count(broken.errors.len()));
    let mut lines = Vec::new();
    let first = broken.errors.first().and_then(|error| error.places.first());
    let mut again = target.name();
    if let Some(place) = first {
        let lines_of = place::of_exercises(repo, chapter, tree);
        let mut line = format!("{}:{}", place.file.display(), place.line);
        if let Some(exercise) = around(&lines_of, place) {
            let title = chapter.manifest.exercise(exercise).map_or("", |found| &found.title);
            line.push_str(&format!(", in exercise {exercise}, {title}"));
            if matches!(target, Target::Chapter(_)) {
                again = exercise.to_owned();
            }
        }
        lines.push(("repair", line));
    }
    lines.push(("then", format!("cargo workbook grade {again}")));
    (title, lines)
}

fn around<'a>(lines: &'a [Lines], place: &Place) -> Option<&'a str> {
    let found =
        lines.iter().find(|lines| lines.file == place.file && lines.lines.contains(&place.line));
    found.map(|lines| lines.exercise.as_str())
}

fn layer(repo: &Repo, chapter: &Chapter, folder: &str, broken: &Broken) -> Words {
    let title = format!(
        "{} stands on {folder}, which does not compile: {}.",
        chapter.starts(),
        count(broken.errors.len())
    );
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let word = repo.chapters.iter().find(|layer| layer.name == name).map(Chapter::word);
    let word = word.unwrap_or_else(|| name.to_owned());
    let lines = vec![
        ("repair", format!("cargo workbook grade {word}")),
        ("or", format!("cargo workbook use solution {word}")),
    ];
    (title, lines)
}

/// An item that the tests use, in words, and the exercise that it belongs to.
struct Used {
    words: String,
    exercise: Option<String>,
}

fn tests(repo: &Repo, target: &Target<'_>, tree: Tree, broken: &Broken) -> Words {
    let chapter = target.chapter();
    let used = broken.errors.first().and_then(|error| used_item(repo, chapter, tree, error));
    let what = used.as_ref().map_or("something of the Contract", |used| used.words.as_str());
    let title = format!(
        "Your code compiles, but the tests of {} cannot use {what} as the Contract page \
         says. Was a name, a parameter or a type changed?",
        chapter.called()
    );
    let mut lines = Vec::new();
    match used.and_then(|used| used.exercise) {
        Some(exercise) => {
            lines.push(("compare", format!("cargo workbook diff {exercise}")));
            lines.push(("give up", format!("cargo workbook reset {exercise}")));
        }
        None => {
            lines.push(("compare", format!("git diff {}", chapter.folder(tree))));
            lines.push(("give up", format!("cargo workbook reset {}", chapter.word())));
        }
    }
    lines.push(("then", format!("cargo workbook grade {}", target.name())));
    (title, lines)
}

fn used_item(repo: &Repo, chapter: &Chapter, tree: Tree, error: &Diagnostic) -> Option<Used> {
    let folder = chapter.folder(tree);
    let items = Crate::read(&chapter.manifest.package, &repo.root.join(&folder)).ok()?;
    let exercises = place::of_exercises(repo, chapter, tree);
    // The compiler often points to the definition: the innermost item around that line.
    for place in &error.places {
        let Ok(inside) = place.file.strip_prefix(&folder) else { continue };
        let mut fits = items.items().iter().filter(|item| {
            let last = crate::items::line_of(&item.source, item.span.end);
            item.file == inside
                && !item.name.is_empty()
                && (item.line()..=last).contains(&place.line)
        });
        if let Some(item) = fits.next_back() {
            let name = item.to_string();
            let name = name.split(" (").next().unwrap_or(&name);
            return Some(Used {
                words: format!("`{name}` ({}:{})", place.file.display(), place.line),
                exercise: around(&exercises, place).map(str::to_owned),
            });
        }
    }
    // Otherwise it names what it did not find, in backticks.
    let name = error.message.split('`').nth(1)?;
    let last = name.rsplit("::").next().unwrap_or(name);
    let exercise =
        chapter.manifest.exercises.iter().find(|exercise| {
            exercise.items.iter().any(|item| item.rsplit("::").next() == Some(last))
        });
    Some(Used {
        words: format!("`{name}`"),
        exercise: exercise.map(|exercise| exercise.id.clone()),
    })
}

fn other(chapter: &Chapter) -> Words {
    let title = format!("The tests of {} could not be built.", chapter.called());
    let lines = vec![
        ("changed?", "git status".to_owned()),
        ("machine", "cargo workbook doctor".to_owned()),
    ];
    (title, lines)
}
