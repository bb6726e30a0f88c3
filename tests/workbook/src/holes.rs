//! Which exercises are not written yet, by looking at the text.
//!
//! Owns the search for `todo!("exercise 1.4` in a chapter's sources. It needs no build, so the
//! status can use it at any time; what the tests say is more exact, and wins where it is known.

use crate::hash::files_below;
use crate::repo::{Chapter, Repo, Tree};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A hole in a chapter's sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Relative to the root.
    pub file: PathBuf,
    /// The first line is 1.
    pub line: usize,
}

/// The first hole of each exercise that has one, by the exercise's id.
pub fn find(repo: &Repo, chapter: &Chapter, tree: Tree) -> BTreeMap<String, Hole> {
    let mut holes = BTreeMap::new();
    for path in files_below(&repo.folder(chapter, tree).join("src")) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let file = path.strip_prefix(&repo.root).unwrap_or(&path).to_path_buf();
        for (number, line) in text.lines().enumerate() {
            if let Some(id) = hole_in(line) {
                holes
                    .entry(id.to_owned())
                    .or_insert_with(|| Hole { file: file.clone(), line: number + 1 });
            }
        }
    }
    holes
}

/// The exercise whose hole is on this line.
fn hole_in(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("todo!(\"exercise ")?;
    if before.contains("//") {
        return None;
    }
    let end = after.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    let id = after[..end].trim_end_matches('.');
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_names_its_exercise() {
        assert_eq!(hole_in(r#"        todo!("exercise 1.4: grant a vote")"#), Some("1.4"));
        assert_eq!(hole_in(r#"    todo!("exercise 1.10: x")"#), Some("1.10"));
        assert_eq!(hole_in(r#"    // todo!("exercise 1.4: grant a vote")"#), None);
        assert_eq!(hole_in(r#"    todo!("something of your own")"#), None);
        assert_eq!(hole_in(r#"    todo!("exercise "#), None);
    }
}
