//! Checks that have etcd itself beside ours.
//!
//! Owns two questions. Does the original build? And does it take the files of ours for its own, and
//! we its files? The second is asked by tests, which a chapter has or has not: a second target in
//! its `Cargo.toml`, [`TARGET`], whose tests are ignored unless somebody asks for them. They find
//! the programs by [`FOLDER`]. They look at what is in `solutions/`, since what they ask is no
//! exercise.
//!
//! Left to others: how the programs are built (`original`).

use super::{Finding, Scene, chapters, commands, proven};
use crate::Error;
use crate::original::{self, Found};
use std::path::Path;

/// The name of the tests that compare with the original, and in a chapter's tests, of their folder.
const TARGET: &str = "original";
/// The variable that says to them where its programs are.
const FOLDER: &str = "WORKBOOK_ORIGINAL";

/// The original builds, where there is a Go.
pub(super) fn builds(scene: &Scene<'_>) -> Result<Finding, Error> {
    Ok(match found(scene) {
        Found::There(tools) => Finding::Passed(tools.note()),
        Found::Skipped(why) => Finding::Skipped(why),
        Found::Failed(explanation) => Finding::Failed(explanation),
    })
}

/// What ours writes, the original reads, and the other way round: in each chapter that has tests
/// for it.
pub(super) fn compared(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(chapters::no_solutions());
    }
    let has_tests = |tests: &Path| tests.join(TARGET).join("main.rs").is_file();
    let own = scene.chapters.iter().copied();
    let own: Vec<_> = own.filter(|chapter| has_tests(&scene.repo.tests(chapter))).collect();
    if own.is_empty() {
        return Ok(Finding::Skipped("no chapter here is compared with it".to_owned()));
    }
    let tools = match found(scene) {
        Found::There(tools) => tools,
        Found::Skipped(why) => return Ok(Finding::Skipped(why)),
        Found::Failed(explanation) => return Ok(Finding::Failed(explanation)),
    };
    let several = own.len() > 1;
    // Another original may see it otherwise.
    let what = format!("compared with {}", tools.stamp);
    let outcome = proven::each(scene, &what, own, |chapter| {
        let package = format!("--package={}", chapter.manifest.package);
        let target = format!("--test={TARGET}");
        let words = ["test", "--quiet", "--locked", &package, &target, "--", "--include-ignored"];
        let variables = [(FOLDER, tools.folder.as_os_str())];
        let solutions = scene.repo.path("solutions");
        let failure = commands::call_with(scene, &solutions, &words, &variables)?;
        Ok(failure.map_or(Ok(1), |failure| Err(vec![failure])))
    })?;
    let chapters = if several { "chapters" } else { "chapter" };
    Ok(outcome.finding(&format!("{chapters}, beside {}", tools.note())))
}

/// The programs of the original. Where Go is, CI builds them. They come over the network, so nobody
/// else gets them unasked.
fn found(scene: &Scene<'_>) -> Found {
    if scene.strict {
        return original::check(scene.repo, &scene.guard);
    }
    match original::tools(scene.repo) {
        Ok(tools) => Found::There(tools),
        Err(missing) => Found::Skipped(format!("{missing}; {}", missing.next())),
    }
}
