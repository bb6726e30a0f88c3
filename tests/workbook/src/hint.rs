//! `hint`: the next hint of an exercise.
//!
//! Owns the ladder: each call shows one hint more, and after the last one the way to the solution.
//! How far somebody is, is kept in `target/workbook/hints.json`. Losing that file is harmless, the
//! ladder starts again; a broken one counts as lost.

use crate::Error;
use crate::manifest::Exercise;
use crate::repo::Repo;
use crate::screen::{Look, Style, paragraph, say};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exercises, and how many of their hints were shown.
type Shown = BTreeMap<String, usize>;

/// Shows the next hint of an exercise.
pub fn run(repo: &Repo, id: &str) -> Result<ExitCode, Error> {
    let (_, exercise) = repo.exercise(id)?;
    let path = repo.store().join("hints.json");
    let mut shown = load(&path);
    let before = shown.get(&exercise.id).copied().unwrap_or(0).min(exercise.hints.len());
    let solved = repo.path("solutions").is_dir();
    say(&page(exercise, before, solved, Look::now()));
    shown.insert(exercise.id.clone(), before + 1);
    save(&path, &shown);
    Ok(ExitCode::SUCCESS)
}

/// What is shown to somebody who has seen `before` hints.
fn page(exercise: &Exercise, before: usize, with_solution: bool, look: Look) -> String {
    let all = exercise.hints.len();
    let heading = format!("{}  {}", exercise.id, exercise.title);
    let mut text = format!("{}\n\n", look.paint(Style::Strong, &heading));
    if before < all {
        let number = format!("hint {} of {all}", before + 1);
        text.push_str(&format!("  {}\n", look.paint(Style::Faint, &number)));
        text.push_str(&paragraph(&exercise.hints[before], 2, look.width));
    } else if all == 0 {
        text.push_str("  This exercise has no hints: its section of the book says all there is.\n");
    } else {
        text.push_str(&format!("  You have seen all {all}. Here they are once more.\n"));
        for hint in &exercise.hints {
            text.push('\n');
            text.push_str(&paragraph(hint, 2, look.width));
        }
    }
    text.push('\n');
    if let Some(section) = &exercise.section {
        text.push_str(&format!("  read  book/src/{section}\n"));
    }
    let step = |name: &str, command: &str| {
        let command = format!("cargo workbook {command} {}", exercise.id);
        format!("  {name}  {}\n", look.paint(Style::Command, &command))
    };
    if before + 1 < all {
        text.push_str(&step("next hint", "hint"));
    } else if with_solution {
        text.push_str(&step("yours beside the solution's", "diff"));
    } else {
        text.push_str("  The solution is not part of this copy: ask whoever gave it to you.\n");
    }
    text
}

fn load(path: &Path) -> Shown {
    let bytes = fs::read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Best effort: a hint that was shown and not noted is shown again.
fn save(path: &Path, shown: &Shown) {
    let temporary: PathBuf = path.with_extension(format!("json.{}", std::process::id()));
    let Ok(text) = serde_json::to_string(shown) else { return };
    let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = parent.and_then(|()| fs::write(&temporary, text));
    if written.and_then(|()| fs::rename(&temporary, path)).is_err() {
        let _ = fs::remove_file(&temporary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Half;

    fn exercise(hints: &[&str]) -> Exercise {
        Exercise {
            id: "1.4".to_owned(),
            title: "Grant a vote".to_owned(),
            items: vec!["election::grants".to_owned()],
            points: 10,
            minutes: 20,
            half: Half::First,
            tests: vec!["votes::one".to_owned()],
            needs: Vec::new(),
            suspects: Vec::new(),
            invariant: None,
            section: Some("01-election/votes.md#one".to_owned()),
            hints: hints.iter().map(|hint| (*hint).to_owned()).collect(),
            cpu: 10,
        }
    }

    #[test]
    fn the_ladder_ends_at_the_solution() {
        let exercise = exercise(&["Look.", "Think.", "Write."]);
        let pages: Vec<String> =
            (0..4).map(|before| page(&exercise, before, true, Look::plain(80))).collect();
        assert_eq!(
            pages[0],
            "1.4  Grant a vote\n\n  hint 1 of 3\n  Look.\n\n  read  \
             book/src/01-election/votes.md#one\n  next hint  cargo workbook hint 1.4\n"
        );
        assert!(pages[1].contains("hint 2 of 3\n  Think.") && pages[1].contains("hint 1.4"));
        assert!(pages[2].contains("hint 3 of 3\n  Write.") && pages[2].contains("diff 1.4"));
        assert!(pages[3].contains("Look.") && pages[3].contains("Write."));
        assert!(page(&exercise, 2, false, Look::plain(80)).contains("not part of this copy"));
    }

    #[test]
    fn an_exercise_may_have_no_hints() {
        let text = page(&exercise(&[]), 0, true, Look::plain(60));
        assert!(text.contains("has no hints") && text.contains("diff 1.4"), "{text}");
    }

    #[test]
    fn a_lost_or_broken_memory_starts_again() {
        let folder = std::env::temp_dir().join(format!("workbook-hints-{}", std::process::id()));
        let path = folder.join("deep/hints.json");
        assert!(load(&path).is_empty());
        save(&path, &Shown::from([("1.4".to_owned(), 2)]));
        assert_eq!(load(&path).get("1.4"), Some(&2));
        for broken in ["", "{", "[1]", "{\"1.4\": -1}", "{\"1.4\": \"two\"}"] {
            fs::write(&path, broken).expect("the folder is there");
            assert!(load(&path).is_empty(), "{broken}");
        }
        fs::remove_dir_all(&folder).expect("it was made above");
    }
}
