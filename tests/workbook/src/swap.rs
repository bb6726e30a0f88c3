//! `use`: which code stands under the later chapters, the learner's or the solution's.
//!
//! Owns the one line that decides it: `path` under `[lib]` in a chapter's `Cargo.toml`, and under
//! each `[[bin]]`. All later chapters follow, the types stay one and the same, and the lock file
//! does not change.
//!
//! Invariant: only these values change; every other byte of the file stays.

use crate::Error;
use crate::cut::starter::require_solutions;
use crate::repo::{Chapter, Repo, Tree};
use crate::screen::say;
use std::fs;
use std::ops::Range;
use std::process::ExitCode;

/// Whose code a chapter's package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The learner's.
    Mine,
    /// The solution's.
    Swapped,
}

/// Later chapters build on the solutions of these chapters.
pub fn use_solution(repo: &Repo, chapters: &[String]) -> Result<ExitCode, Error> {
    swap(repo, chapters, State::Swapped)
}

/// Later chapters build on the learner's own code of these chapters.
pub fn use_mine(repo: &Repo, chapters: &[String]) -> Result<ExitCode, Error> {
    swap(repo, chapters, State::Mine)
}

/// The learner's chapter builds from the solution at the moment.
pub fn is_swapped(repo: &Repo, chapter: &Chapter) -> bool {
    state(repo, chapter) == State::Swapped
}

/// Whose code a chapter is now. A manifest that cannot be read is the learner's affair.
pub fn state(repo: &Repo, chapter: &Chapter) -> State {
    let text = fs::read_to_string(manifest(repo, chapter)).unwrap_or_default();
    let prefix = prefix(chapter);
    let swapped = paths(&text).into_iter().any(|range| text[range].starts_with(&prefix));
    if swapped { State::Swapped } else { State::Mine }
}

fn swap(repo: &Repo, words: &[String], wanted: State) -> Result<ExitCode, Error> {
    if words.is_empty() {
        return Err(Error::new("no chapter was named", "name one as in `use mine 1`"));
    }
    // All are checked before one is changed.
    let mut changes = Vec::new();
    for word in words {
        let chapter = repo.chapter(word)?;
        repo.require(chapter, Tree::Mine)?;
        if wanted == State::Swapped {
            require_solutions(repo, chapter)?;
        }
        let path = manifest(repo, chapter);
        let text =
            fs::read_to_string(&path).map_err(|error| failed("read", repo, chapter, &error))?;
        let new = with(&text, chapter, wanted)?;
        changes.push((chapter, text, new));
    }
    for (chapter, text, new) in changes {
        let name = chapter.starts();
        let whose = match wanted {
            State::Mine => "your own code",
            State::Swapped => "the solution's code",
        };
        if new == text {
            say(&format!("{name} is {whose} already.\n"));
            continue;
        }
        fs::write(manifest(repo, chapter), new)
            .map_err(|error| failed("write", repo, chapter, &error))?;
        say(&format!("{name} is {whose} now, and later chapters build on it.\n"));
    }
    let list = words.join(" ");
    say(&match wanted {
        State::Swapped => {
            format!("  Your files are untouched.\n  back  cargo workbook use mine {list}\n")
        }
        State::Mine => format!("  next  cargo workbook grade {}\n", words[0]),
    });
    Ok(ExitCode::SUCCESS)
}

fn manifest(repo: &Repo, chapter: &Chapter) -> std::path::PathBuf {
    repo.folder(chapter, Tree::Mine).join("Cargo.toml")
}

/// What a path of the solution begins with, as seen from the chapter's folder.
fn prefix(chapter: &Chapter) -> String {
    format!("../../{}/", chapter.folder(Tree::Solution))
}

/// The manifest with its paths in the wanted state.
fn with(text: &str, chapter: &Chapter, wanted: State) -> Result<String, Error> {
    let prefix = prefix(chapter);
    let mut new = text.to_owned();
    let found = paths(text);
    if found.is_empty() {
        let file = format!("{}/Cargo.toml", chapter.folder(Tree::Mine));
        return Err(Error::new(
            format!("{file} has no `path = \"…\"` under [lib]"),
            format!("`git checkout {file}` brings it back"),
        ));
    }
    for range in found.into_iter().rev() {
        let own = text[range.clone()].strip_prefix(&prefix).unwrap_or(&text[range.clone()]);
        let value = match wanted {
            State::Mine => own.to_owned(),
            State::Swapped => format!("{prefix}{own}"),
        };
        new.replace_range(range, &value);
    }
    Ok(new)
}

/// The values of `path` under `[lib]` and every `[[bin]]`, without their quotes.
fn paths(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut inside, mut at) = (false, 0);
    for line in text.split_inclusive('\n') {
        let bare = line.split('#').next().unwrap_or("").trim();
        if bare.starts_with('[') {
            let name: String = bare.chars().filter(|letter| !letter.is_whitespace()).collect();
            inside = name == "[lib]" || name == "[[bin]]";
        }
        if let Some(value) = value_of_path(line).filter(|_| inside) {
            found.push(at + value.start..at + value.end);
        }
        at += line.len();
    }
    found
}

/// The text between the quotes in `path = "…"`.
fn value_of_path(line: &str) -> Option<Range<usize>> {
    let rest = line.trim_start().strip_prefix("path")?.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|letter| *letter == '"' || *letter == '\'')?;
    let start = line.len() - rest.len() + 1;
    let end = start + line[start..].find(quote)?;
    Some(start..end)
}

fn failed(what: &str, repo: &Repo, chapter: &Chapter, error: &std::io::Error) -> Error {
    let path = manifest(repo, chapter);
    let shown = path.strip_prefix(&repo.root).unwrap_or(&path).display().to_string();
    Error::new(format!("cannot {what} {shown}: {error}"), "is the file there, and is it yours?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn chapter() -> Chapter {
        let manifest = Manifest::parse(
            "[chapter]\nnumber = 1\npackage = \"demo\"\ntitle = \"Demo\"\nhours = 1\n\
             [[exercise]]\nid = \"1.1\"\ntitle = \"One\"\nitem = \"demo::one\"\npoints = 1\n\
             minutes = 1\ntests = [\"one\"]\n",
            "exercises.toml",
        );
        Chapter { name: "01-demo".to_owned(), manifest: manifest.expect("it is complete") }
    }

    const MINE: &str = "[package]\nname = \"demo\" # path = \"no\"\n\n[ lib ] # the layer\n\
                        name = \"demo\"\n  path =  \"src/lib.rs\"  # swapped\r\n\n[[bin]]\n\
                        path = 'src/main.rs'\n\n[[test]]\npath = \"../../tests/01-demo/main.rs\"\n";

    #[test]
    fn only_the_paths_change_and_change_back() {
        let swapped = with(MINE, &chapter(), State::Swapped).expect("it has paths");
        let expected = MINE
            .replace("\"src/lib.rs\"", "\"../../solutions/01-demo/src/lib.rs\"")
            .replace("'src/main.rs'", "'../../solutions/01-demo/src/main.rs'");
        assert_eq!(swapped, expected);
        assert_eq!(with(&swapped, &chapter(), State::Swapped).expect("again"), swapped);
        assert_eq!(with(&swapped, &chapter(), State::Mine).expect("back"), MINE);
        assert_eq!(with(MINE, &chapter(), State::Mine).expect("already"), MINE);
    }

    #[test]
    fn a_manifest_without_a_path_is_an_error() {
        for text in ["", "[lib]\n", "[lib]\npath = 3\n", "[lib]\npath = \"src", "[bin]\npath=\"a\""]
        {
            let error = with(text, &chapter(), State::Swapped).expect_err("nothing to swap");
            assert!(error.message.contains("chapters/01-demo/Cargo.toml has no `path"), "{error}");
        }
    }
}
