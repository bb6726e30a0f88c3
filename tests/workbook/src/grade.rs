//! `cargo workbook grade`: build, run, and say what came of it.
//!
//! Owns the exit status, and which screens and files a grade becomes.
//!
//! Left to others: building and running (`measure`), what is printed (`report`, `given`, `explain`,
//! `broken`) and what is written (`results`, `replay`).

use crate::lock::Lock;
use crate::measure::{Measured, Request, measure};
use crate::repo::{Repo, Target, Tree};
use crate::screen::{Look, Passing};
use crate::verdict::State;
use crate::{Error, broken, explain, given, replay, report, results, screen, status, swap};
use std::process::ExitCode;

/// Carries out `grade`.
pub fn run(repo: &Repo, request: &Request) -> Result<ExitCode, Error> {
    let target = match &request.target {
        Some(text) => repo.target(text)?,
        None => Target::Chapter(status::next_chapter(repo)?),
    };
    let chapter = target.chapter();
    repo.require(chapter, request.tree)?;
    if request.tree == Tree::Mine && swap::is_swapped(repo, chapter) {
        return Err(Error::new(
            format!("{} is the solution's at the moment", chapter.called()),
            format!("`cargo workbook use mine {}` brings yours back", chapter.word()),
        ));
    }
    let look = Look::now();
    let mut passing = Passing::new(look);
    let lock = Lock::take(repo)?;
    let exercises = match target {
        Target::Chapter(chapter) => chapter.manifest.exercises.iter().collect(),
        Target::Exercise(_, exercise) => vec![exercise],
    };
    let measured = measure(repo, chapter, request.tree, &exercises, request.seeds, &mut passing)?;
    passing.clear();
    if let Some(path) = &request.json {
        results::write(path, repo, &target, request, &measured)?;
    }
    match measured {
        Measured::Broken(found) => {
            screen::say(&broken::screen(repo, &target, request.tree, &found, look));
            Ok(ExitCode::from(2))
        }
        Measured::Ran(grade) => {
            let saved = replay::save(repo, chapter, request.tree, &grade);
            drop(lock);
            let shown = report::Shown { repo, target, request, grade: &grade, look };
            if chapter.is_given() {
                screen::say(&given::screen(&shown, &saved));
            } else {
                screen::say(&report::screen(&shown));
                screen::say(&explain::screen(&shown, &saved));
            }
            let all_pass = exercises.iter().all(|exercise| grade.state(exercise) == State::Passed)
                && (!chapter.is_given() || given::passes(&grade));
            Ok(if all_pass { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
    }
}
