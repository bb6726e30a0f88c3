//! `cargo workbook play`: the learner's own cluster, step by step.
//!
//! Owns the way from a chapter to a run worth watching: its manifest names a test that makes one.
//! The run is also kept as a file, in the format that `replay` and every other player reads.

use crate::cache::write_whole;
use crate::lock::Lock;
use crate::measure::Played;
use crate::replay::Show;
use crate::repo::{Repo, Target, Tree};
use crate::report::next_step;
use crate::screen::{self, Look, Passing, paragraph};
use crate::verdict::{Kind, State};
use crate::{Error, broken, replay};
use std::process::ExitCode;

/// Carries out `play`.
pub fn run(repo: &Repo, what: &str, show: Show) -> Result<ExitCode, Error> {
    let target = repo.target(what)?;
    let chapter = target.chapter();
    if let Target::Exercise(..) = target {
        return Err(Error::new(
            "a run belongs to a whole chapter",
            format!("cargo workbook play {}", chapter.word()),
        ));
    }
    let Some(test) = &chapter.manifest.play else {
        return Err(Error::new(
            format!("{} has no run to watch", chapter.called()),
            format!("cargo workbook grade {}", chapter.word()),
        ));
    };
    repo.require(chapter, Tree::Mine)?;
    let look = Look::now();
    let lock = Lock::take(repo)?;
    let played = crate::measure::play(repo, chapter, test, &mut Passing::new(look))?;
    drop(lock);
    let outcome = match played {
        Played::Broken(found) => {
            screen::say(&broken::screen(repo, &target, Tree::Mine, &found, look));
            return Ok(ExitCode::from(2));
        }
        Played::Ran(outcome) => *outcome,
    };
    if let Kind::NotWritten(id) = &outcome.kind {
        let (_, exercise) = repo.exercise(id)?;
        screen::say(&format!("A run needs exercise {id}, which is not written yet.\n"));
        screen::say(&next_step(repo, chapter, exercise, &State::NotWritten, look));
        return Ok(ExitCode::from(1));
    }
    if let Some(trace) = &outcome.trace {
        let path = repo.store().join("replays").join(format!("play-{}.json", chapter.word()));
        if let Ok(bytes) = serde_json::to_vec(trace) {
            // It can be watched without the file; the file is for watching it again.
            let _ = write_whole(&path, &bytes);
        }
        replay::show(repo, trace, &format!("play-{}", chapter.word()), show)?;
    }
    if outcome.kind == Kind::Passed {
        if outcome.trace.is_none() {
            return Err(Error::new(
                format!("the test {test} made no run to watch"),
                format!("cargo workbook grade {}", chapter.word()),
            ));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let words = format!("Your cluster did not get there: {}", screen::harmless(&outcome.message));
    screen::say(&format!("\n{}", paragraph(&words, 0, look.width)));
    screen::say(&format!("  next  cargo workbook grade {}\n", chapter.word()));
    Ok(ExitCode::from(1))
}
