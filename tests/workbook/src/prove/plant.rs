//! Several programs in one: a solution with every mistake and every hole in it, behind a switch.
//!
//! Owns the switch. A function that has mutants becomes a `match` on the number of one; the body of
//! an exercise begins with a hole that is open as long as the exercise counts as not written. So a
//! chapter is compiled once, and can be run as the solution, as each mutant, as the starter, and as
//! what a learner has after each exercise.

use super::mutants::Mutant;
use crate::Error;
use crate::cut::Plan;
use crate::cut::starter::{self, Files};
use crate::repo::Chapter;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Asked by every function that has mutants, and by every exercise.
const SWITCH: &str = r#"
/// What the environment says under this name, read once.
fn workbook_number(cell: &std::sync::OnceLock<usize>, name: &str, otherwise: usize) -> usize {
    *cell.get_or_init(|| {
        let text = std::env::var(name).unwrap_or_default();
        text.parse().unwrap_or(otherwise)
    })
}

/// Which mutant this process is; zero is none.
pub(crate) fn workbook_mutant() -> usize {
    static NUMBER: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    workbook_number(&NUMBER, "WORKBOOK_MUTANT", 0)
}

/// Is the exercise of this number a hole? The first is 1.
pub(crate) fn workbook_hole(number: usize) -> bool {
    static WRITTEN: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    number > workbook_number(&WRITTEN, "WORKBOOK_WRITTEN", usize::MAX)
}
"#;

/// Stands before each mutant's body in the copy, with its file's name, and without one before the
/// solution's.
const MARK: &str = "// mutant: ";

/// The solution with every mutant in it, the first with number 1, and a hole for every exercise.
pub fn planted(chapter: &Chapter, files: Files, mutants: &[Mutant]) -> Result<Files, Error> {
    let mut by_item: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in (1..).zip(mutants) {
        by_item.entry(&mutant.item).or_default().push((number, mutant));
    }
    let mut files = files;
    for (path, own) in by_item {
        rewrite(chapter, &mut files, path, |body| {
            let mut arms = "{ match crate::workbook_mutant() {\n".to_owned();
            for (number, mutant) in &own {
                let _ = writeln!(arms, "{MARK}{}\n{number} => {}", mutant.file, mutant.body);
            }
            let _ = writeln!(arms, "{MARK}\n_ => {body} }} }}");
            arms
        })?;
    }
    for hole in Plan::of(&chapter.manifest).holes {
        let mut exercises = chapter.manifest.exercises.iter();
        let number = exercises.position(|exercise| exercise.id == hole.exercise).unwrap_or(0) + 1;
        rewrite(chapter, &mut files, &hole.item, |body| {
            let says = &hole.says;
            format!(
                "{{ if crate::workbook_hole({number}) {{ todo!(\"{{}}\", {says:?}) }} {body} }}"
            )
        })?;
    }
    let root = PathBuf::from("src/lib.rs");
    let text = files.iter().find(|(path, _)| *path == root);
    let text = text.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned());
    replace(&mut files, &root, text.unwrap_or_default() + SWITCH);
    Ok(files)
}

/// Gives a function another body.
fn rewrite(
    chapter: &Chapter,
    files: &mut Files,
    path: &str,
    with: impl FnOnce(&str) -> String,
) -> Result<(), Error> {
    let source = starter::as_crate(chapter, files);
    let item = source.find(path)?;
    let Some(body) = item.body.clone() else {
        return Err(Error::new(format!("{path} has no body"), "name a function"));
    };
    let mut text = item.source.to_string();
    let new = with(&item.source[body.clone()]);
    text.replace_range(body, &new);
    replace(files, &item.file.clone(), text);
    Ok(())
}

/// The mutant's file that this line of a planted file comes from, if it comes from one.
pub fn at_line(planted: &str, line: usize) -> Option<&str> {
    let marks = planted.lines().take(line).filter_map(|line| line.strip_prefix(MARK));
    marks.last().filter(|name| !name.is_empty())
}

fn replace(files: &mut Files, path: &Path, text: String) {
    for (own, bytes) in files {
        if own == path {
            *bytes = text.as_bytes().to_vec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_knows_its_file() {
        let planted = "fn a() {\n// mutant: 1.1-b.rs\n1 => {\n}\n// mutant: \n_ => {} }\n";
        assert_eq!(at_line(planted, 1), None);
        assert_eq!(at_line(planted, 3), Some("1.1-b.rs"));
        assert_eq!(at_line(planted, 6), None);
        assert_eq!(at_line(planted, 60), None);
    }
}
