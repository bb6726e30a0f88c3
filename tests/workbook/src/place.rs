//! Where an exercise is in the code and in the text.
//!
//! Owns the way from an exercise to a line that a person can open, from a line back to the
//! exercise, and from a manifest's `section` to its heading.

use crate::compile::Place;
use crate::holes;
use crate::items::{Crate, line_of};
use crate::manifest::Exercise;
use crate::repo::{Chapter, Repo, Tree};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// The lines of one item of an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The exercise's id.
    pub exercise: String,
    /// The item's path in the manifest.
    pub item: String,
    /// Relative to the root.
    pub file: PathBuf,
    /// From the first line of the item to its last.
    pub lines: RangeInclusive<usize>,
}

/// The lines of every exercise's items that can be found; a file with a syntax error has none.
pub fn of_exercises(repo: &Repo, chapter: &Chapter, tree: Tree) -> Vec<Lines> {
    let folder = chapter.folder(tree);
    let Ok(items) = Crate::read(&chapter.manifest.package, &repo.root.join(&folder)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for exercise in &chapter.manifest.exercises {
        for path in &exercise.items {
            let Ok(item) = items.find(path) else { continue };
            let last = line_of(&item.source, item.span.end);
            found.push(Lines {
                exercise: exercise.id.clone(),
                item: path.clone(),
                file: PathBuf::from(&folder).join(&item.file),
                lines: item.line()..=last,
            });
        }
    }
    found
}

/// Where to begin with an exercise: its hole if it has one, else its first item.
pub fn of_exercise(
    repo: &Repo,
    chapter: &Chapter,
    tree: Tree,
    exercise: &Exercise,
) -> Option<Place> {
    if let Some(hole) = holes::find(repo, chapter, tree).remove(&exercise.id) {
        return Some(Place { file: hole.file, line: hole.line });
    }
    let lines = of_exercises(repo, chapter, tree);
    let first = lines.into_iter().find(|lines| lines.exercise == exercise.id)?;
    Some(Place { file: first.file, line: *first.lines.start() })
}

/// The last two names of an item's path: `Election::grants`.
pub fn short(item: &str) -> String {
    let parts: Vec<&str> = item.split("::").collect();
    parts[parts.len().saturating_sub(2)..].join("::")
}

/// A section as a person would name it, and its file: "Votes" and `book/src/01-election/votes.md`.
pub fn of_section(repo: &Repo, section: &str) -> (String, String) {
    let (file, anchor) = match section.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (section, None),
    };
    let path = format!("book/src/{file}");
    let text = std::fs::read_to_string(repo.root.join(&path)).unwrap_or_default();
    let headings = || text.lines().filter(|line| line.starts_with('#'));
    let bare = |line: &str| line.trim_start_matches('#').trim().to_owned();
    let stem = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".md");
    let title = headings().next().map_or_else(|| stem.to_owned(), bare);
    match anchor {
        None => (title, path),
        Some(anchor) => {
            let under = headings().map(bare).find(|heading| slug(heading) == anchor);
            let under = under.unwrap_or_else(|| anchor.replace('-', " "));
            (format!("{title}, {under}"), path)
        }
    }
}

/// The anchor that mdBook gives to a heading.
fn slug(heading: &str) -> String {
    let letters = heading.chars().filter_map(|letter| match letter {
        letter if letter.is_alphanumeric() || letter == '_' || letter == '-' => {
            Some(letter.to_ascii_lowercase())
        }
        letter if letter.is_whitespace() => Some('-'),
        _ => None,
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shortened_to_type_and_name() {
        assert_eq!(short("election::Election::grants"), "Election::grants");
        assert_eq!(short("election::votes::Election::grants"), "Election::grants");
        assert_eq!(short("election::count"), "election::count");
        assert_eq!(short("count"), "count");
    }

    #[test]
    fn anchors_are_as_in_the_book() {
        assert_eq!(slug("Invariant 1: one leader, one term"), "invariant-1-one-leader-one-term");
    }
}
