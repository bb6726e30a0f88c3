//! The check of the graders: every mistake on file is caught, and the book says by which test.
//!
//! Owns the comparison with what is written down. Building and running is `prove`'s.

use super::{Finding, Scene};
use crate::Error;
use crate::prove::kills::{self, Kills};
use crate::prove::trial::{Fate, Trial};
use crate::repo::Chapter;
use crate::screen::{Look, Passing};

/// The fewest mutants that prove an exercise's tests.
const FEWEST: usize = 2;

/// Every plausible mistake on file is caught by the tests of its exercise, and by the test that the
/// chapter's table names.
pub(super) fn die(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(Finding::Skipped("there is no solutions/ here".to_owned()));
    }
    let (mut lines, mut count) = (Vec::new(), 0);
    let mut quiet = Passing::new(Look::plain(80));
    for chapter in &scene.repo.chapters {
        let place = scene.work.join("prove");
        let trial = Trial::build(scene.repo, chapter, &place, &mut quiet)?;
        let fates = trial.fates(&mut quiet)?;
        count += fates.len();
        for (mutant, fate) in trial.mutants.iter().zip(&fates) {
            if fate.killer.is_none() {
                lines.push(format!("a mutant of {} survives: {}", mutant.item, mutant.differs));
            }
        }
        for exercise in &chapter.manifest.exercises {
            let own = trial.mutants.iter().filter(|mutant| mutant.exercise == exercise.id).count();
            if own < FEWEST {
                lines.push(format!("exercise {} has {own} mutants, not {FEWEST}", exercise.id));
            }
        }
        lines.extend(unwritten(scene, chapter, &trial, &fates)?);
    }
    Ok(if lines.is_empty() {
        Finding::Passed(format!("{count} mutants"))
    } else {
        Finding::Failed(lines.join("\n"))
    })
}

/// Where the chapter's table says something else than what was found; nothing while a mutant
/// survives, for then there is nothing to write down.
fn unwritten(
    scene: &Scene<'_>,
    chapter: &Chapter,
    trial: &Trial<'_>,
    fates: &[Fate],
) -> Result<Vec<String>, Error> {
    let Some(found) = kills::of(&trial.mutants, fates) else { return Ok(Vec::new()) };
    let mut lines = match Kills::read(&scene.repo.root, &chapter.name)? {
        None => vec![format!("tests/{}/{} is not there", chapter.name, kills::FILE)],
        Some(written) => written.differences(&found),
    };
    if !lines.is_empty() {
        let number = chapter.number();
        lines.push(format!("`cargo workbook prove {number} --write` writes down what is found"));
    }
    Ok(lines)
}
