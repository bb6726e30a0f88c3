//! `verify`: everything that must hold before a change is merged.
//!
//! Owns the list of checks, what is printed about them, and the exit status. It is what CI runs,
//! and it needs nothing but Rust. A check that fails does not stop the others, so one run names
//! all. A check that cannot run says why, and counts as neither passed nor failed.
//!
//! In a learner's tree the chapters differ from their starters, which is the point of them: such
//! chapters are named and left out. With `CI=true` they count as mistakes.
//!
//! A new check is one more line in [`CHECKS`].

mod chapters;
mod commands;
mod mutants;
mod steps;
mod tables;

use crate::Error;
use crate::guard::Guard;
use crate::lock::Lock;
use crate::repo::{Chapter, Repo};
use crate::screen::{Look, Passing, Style, say};
use crate::sync;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// All checks, in the order in which they run: what is quick and says most comes first.
const CHECKS: &[(&str, Check)] = &[
    ("the two workspaces agree", tables::agree),
    ("code is formatted", commands::formatting),
    ("starters equal the cut", chapters::starters_equal_the_cut),
    ("manifests and test binaries agree", chapters::manifests),
    ("solutions pass every test", chapters::solutions_pass),
    ("mutants die", mutants::die),
    ("starters are not written yet", chapters::starters_wait),
    ("solved in order, each exercise turns green", steps::in_order),
    ("clippy has nothing to say", commands::clippy),
    ("the harness, the command and the builder pass their tests", commands::tests),
    ("the limits of the house style hold", commands::tidy),
    ("the book builds, with every include and link", commands::book),
    ("everything builds without solutions/", commands::without_solutions),
];

/// Set in the copy of this program, to its process's number.
const COPY: &str = "WORKBOOK_VERIFY_COPY";

type Check = fn(&Scene<'_>) -> Result<Finding, Error>;

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    /// All is well; a few words about it, or none.
    Passed(String),
    /// Something is wrong, in as many lines as it takes.
    Failed(String),
    /// It could not run, and why.
    Skipped(String),
}

/// What all checks know.
struct Scene<'a> {
    repo: &'a Repo,
    /// Chapters that differ from their starters, and may.
    edited: Vec<&'a Chapter>,
    /// There are solutions to check against.
    solutions: bool,
    /// Where copies are made.
    work: PathBuf,
    /// Ends what a check has started, if this program is ended.
    guard: Guard,
}

impl<'a> Scene<'a> {
    fn new(repo: &'a Repo, program: &Path) -> Scene<'a> {
        let solutions = repo.path("solutions/Cargo.toml").is_file();
        let strict = std::env::var_os("CI").is_some_and(|value| value == "true");
        let differs = |chapter: &&Chapter| match sync::compare(repo, chapter) {
            Ok(found) => !found.differences.is_empty(),
            // Whatever is wrong, the check of the starters says it.
            Err(_) => false,
        };
        let edited = if strict || !solutions {
            Vec::new()
        } else {
            repo.chapters.iter().filter(differs).collect()
        };
        let work = repo.store().join("verify");
        Scene { repo, edited, solutions, work, guard: Guard::start(program) }
    }

    /// Chapters whose starters can be looked at.
    fn given(&self) -> Vec<&'a Chapter> {
        let is_given = |chapter: &&Chapter| !self.is_edited(chapter);
        self.repo.chapters.iter().filter(is_given).collect()
    }

    /// Of those, the ones that stand on no edited chapter.
    fn standing(&self) -> Vec<&'a Chapter> {
        let first = self.edited.iter().map(|chapter| chapter.number()).min().unwrap_or(u32::MAX);
        self.given().into_iter().filter(|chapter| chapter.number() < first).collect()
    }

    fn is_edited(&self, chapter: &Chapter) -> bool {
        self.edited.iter().any(|edited| edited.name == chapter.name)
    }

    /// What is left out, for the line of a check that leaves it out.
    fn left_out(&self) -> String {
        let names: Vec<&str> = self.edited.iter().map(|chapter| chapter.name.as_str()).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => format!("chapters/{one} is edited and left out"),
            several => format!("chapters/{} are edited and left out", several.join(", ")),
        }
    }
}

/// Runs all checks and says what they found.
pub fn run(repo: &Repo) -> Result<ExitCode, Error> {
    let program = from_a_copy(repo)?;
    let _lock = Lock::take(repo)?;
    let look = Look::now();
    let scene = Scene::new(repo, &program);
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let mut passing = Passing::new(look);
    for (name, check) in CHECKS {
        passing.show(&format!("{name} …"));
        let start = Instant::now();
        let finding = check(&scene).unwrap_or_else(|error| Finding::Failed(error.to_string()));
        let seconds = start.elapsed().as_secs_f64();
        passing.clear();
        match &finding {
            Finding::Passed(_) => passed += 1,
            Finding::Failed(_) => failed += 1,
            Finding::Skipped(_) => skipped += 1,
        }
        say(&line(name, &finding, seconds, look));
    }
    say(&format!("\n{}\n", total(passed, failed, skipped)));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Continues as a copy of this program: one of the checks builds the program anew, and a program
/// whose file is gone cannot start itself again. Returns only in the copy, with its path.
fn from_a_copy(repo: &Repo) -> Result<PathBuf, Error> {
    let place = repo.store().join("verify/program");
    let copy = place.join("cargo-workbook");
    let failed = |error: std::io::Error| {
        Error::new(
            format!("cannot copy this program to {}: {error}", place.display()),
            "is there room on the disk?",
        )
    };
    let own = std::env::current_exe().map_err(failed)?;
    // The number of a process stays when it becomes another program.
    let number = std::process::id().to_string();
    if std::env::var_os(COPY).is_some_and(|value| *value == *number) {
        return Ok(own);
    }
    // An old copy may still run; it keeps its own file.
    let _ = std::fs::remove_file(&copy);
    std::fs::create_dir_all(&place).map_err(failed)?;
    std::fs::copy(&own, &copy).map_err(failed)?;
    Err(failed(Command::new(&copy).args(std::env::args_os().skip(1)).env(COPY, number).exec()))
}

fn line(name: &str, finding: &Finding, seconds: f64, look: Look) -> String {
    let (sign, style, words) = match finding {
        Finding::Passed(note) => ("✓", Style::Good, note.as_str()),
        Finding::Failed(_) => ("✗", Style::Bad, ""),
        Finding::Skipped(why) => ("·", Style::Faint, why.as_str()),
    };
    let sign = look.paint(style, sign);
    let mut text = format!("  {sign} {name:<58} {seconds:>6.1} s\n");
    let words = match finding {
        Finding::Skipped(_) => format!("skipped: {words}"),
        Finding::Passed(_) | Finding::Failed(_) => words.to_owned(),
    };
    if !words.is_empty() {
        text.push_str(&format!("      {}\n", look.paint(Style::Faint, &words)));
    }
    if let Finding::Failed(explanation) = finding {
        for line in explanation.trim_end().lines() {
            text.push_str(format!("      {line}").trim_end());
            text.push('\n');
        }
    }
    text
}

fn total(passed: usize, failed: usize, skipped: usize) -> String {
    match skipped {
        0 => format!("{passed} passed, {failed} failed"),
        _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_easy_to_read_for_programs() {
        assert_eq!(total(12, 0, 0), "12 passed, 0 failed");
        assert_eq!(total(10, 1, 1), "10 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_failure_explains_itself_below_its_line() {
        let look = Look::plain(80);
        let failed = Finding::Failed("a.rs:1: too long\n\nb.rs:2: too long\n".to_owned());
        let text = line("formatting", &failed, 1.25, look);
        assert!(text.starts_with("  ✗ formatting "), "{text}");
        assert!(text.ends_with("1.2 s\n      a.rs:1: too long\n\n      b.rs:2: too long\n"));
        let skipped = line("book", &Finding::Skipped("no solutions/".to_owned()), 0.0, look);
        assert!(skipped.ends_with("      skipped: no solutions/\n"), "{skipped}");
        assert_eq!(line("book", &Finding::Passed(String::new()), 0.0, look).lines().count(), 1);
    }
}
