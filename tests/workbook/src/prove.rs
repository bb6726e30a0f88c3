//! `cargo workbook prove`: do the graders catch plausible mistakes?
//!
//! Owns the proof that a grade can be trusted. `tests/NN-name/mutants/` holds mistakes, one file
//! each (see `mutants`). They are built into one copy of the solution, each behind a number that is
//! read from the environment, so a chapter is compiled once. Each must be caught by the tests of
//! the exercise that it names; those run first, and the first that fails ends it. With `--write`
//! the result is kept for the book (see `kills`), and so is what ten thousand runs of each
//! simulation of the solution reach (see `hazards`). Then the same mutants go through the chapter's
//! simulations, to see how short the runs are that explain them (see `simulation`).
//!
//! Left to others: the copy of the workspace (`bench`), building and running (`compile`, `run`).

pub mod hazards;
pub mod kills;
pub mod mutants;
pub mod plant;
pub mod simulation;
pub mod trial;

use crate::Error;
use crate::cut::starter;
use crate::lock::Lock;
use crate::repo::{Chapter, Repo};
use crate::screen::{self, Look, Passing, Style};
use hazards::Hazards;
use kills::Kills;
use std::process::ExitCode;
use std::time::Instant;
use trial::{Fate, Trial};

/// Carries out `prove`.
pub fn run(repo: &Repo, what: Option<&str>, write: bool) -> Result<ExitCode, Error> {
    let chapters: Vec<&Chapter> = match what {
        Some(text) => vec![repo.target(text)?.chapter()],
        None => repo.chapters.iter().filter(|chapter| !chapter.is_given()).collect(),
    };
    if let Some(given) = chapters.iter().find(|chapter| chapter.is_given() && !write) {
        return Err(Error::new(
            format!("{} is given: without exercises there is nothing to prove", given.called()),
            format!(
                "`cargo workbook grade {0} --solution` runs its tests, and `cargo workbook prove \
                 {0} --write` counts its hazard states",
                given.word()
            ),
        ));
    }
    let _lock = Lock::take(repo)?;
    let mut survivors = 0;
    for chapter in chapters {
        starter::require_solutions(repo, chapter)?;
        if chapter.is_given() {
            let mut passing = Passing::new(Look::now());
            let found = hazards::found_in_given(repo, chapter, &mut passing)?;
            passing.clear();
            keep(repo, chapter, found)?;
            continue;
        }
        survivors += prove(repo, chapter, write)?;
    }
    if survivors > 0 {
        screen::say("  next  a test that tells each survivor from the solution\n");
    }
    Ok(if survivors > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Proves one chapter and says what was found. How many mutants survive?
fn prove(repo: &Repo, chapter: &Chapter, write: bool) -> Result<usize, Error> {
    let look = Look::now();
    let mut passing = Passing::new(look);
    let trial = Trial::build(repo, chapter, &mut passing)?;
    let start = Instant::now();
    let fates = trial.fates(&mut passing)?;
    let seconds = start.elapsed().as_secs_f64();
    passing.clear();
    let alive = fates.iter().filter(|fate| fate.killer.is_none()).count();
    screen::say(&table(chapter, &trial, &fates, look));
    screen::say(&format!(
        "\n{} mutants, {} caught, {alive} alive, {seconds:.0} s\n",
        fates.len(),
        fates.len() - alive
    ));
    if write {
        let name = &chapter.name;
        match kills::of(&trial.mutants, &fates) {
            Some(found) => {
                Kills::new(found, seconds).write(&repo.root, name)?;
                screen::say(&format!("Written to tests/{name}/{}.\n", kills::FILE));
            }
            None => screen::say(&format!(
                "Nothing is written to tests/{name}/{}: a survivor is no proof.\n",
                kills::FILE
            )),
        }
    }
    if write {
        let found = hazards::found(&trial, chapter, &mut passing)?;
        passing.clear();
        keep(repo, chapter, found)?;
    }
    let figures = simulation::figures(&trial, chapter, &mut passing)?;
    passing.clear();
    if let Some(figures) = figures {
        screen::say(&format!("{figures}\n"));
    }
    Ok(alive)
}

/// Keeps the counts of the hazard states that simulations have reached, and names those that none
/// has.
fn keep(repo: &Repo, chapter: &Chapter, found: Option<Hazards>) -> Result<(), Error> {
    let Some(found) = found else { return Ok(()) };
    found.write(&repo.root, &chapter.name)?;
    let (all, unreached) = (found.hazards.len(), found.unreached());
    screen::say(&format!(
        "{} of {all} hazard states reached by {} runs of each simulation: tests/{}/{}\n",
        all - unreached.len(),
        found.seeds,
        chapter.name,
        hazards::FILE
    ));
    for name in unreached {
        screen::say(&format!("  no run reaches {name}\n"));
    }
    Ok(())
}

/// A line for each mutant, by exercise.
fn table(chapter: &Chapter, trial: &Trial<'_>, fates: &[Fate], look: Look) -> String {
    let mut text = String::new();
    for exercise in &chapter.manifest.exercises {
        text.push_str(&format!("\n{}  {}\n", exercise.id, exercise.title));
        let all = trial.mutants.iter().zip(fates);
        for (mutant, fate) in all.filter(|(mutant, _)| mutant.exercise == exercise.id) {
            let (mark, style, end) = match &fate.killer {
                Some(killer) => ("✓", Style::Good, killer.clone()),
                None => ("✗", Style::Bad, format!("survives: mutants/{}", mutant.file)),
            };
            text.push_str(&format!("  {} {}\n", look.paint(style, mark), mutant.differs));
            text.push_str(&format!("      {}\n", look.paint(Style::Faint, &end)));
        }
    }
    text
}
