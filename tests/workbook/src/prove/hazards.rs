//! Which hazard states a chapter's simulations reach, as a file.
//!
//! Owns `tests/NN-name/hazards.json`: in how many of [`SEEDS`] runs of each simulation the solution
//! reaches each state that the tests name. A state that none reaches is a defect of the tests: they
//! promise to look where they never come. So many runs take a minute; so they are made where a
//! chapter is proven, and what they found is compared by name with what a usual run looks for.
//!
//! Invariants: one state is one line; the same code gives the same bytes.

use super::trial::Trial;
use crate::Error;
use crate::measure::{Measured, Seeds, measure};
use crate::repo::{Chapter, Repo, Tree};
use crate::screen::Passing;
use crate::verdict::{Kind, Outcome};
use harness::report::Reached;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The file's name in the folder of a chapter's tests.
pub const FILE: &str = "hazards.json";

/// The name and version of the form.
const FORMAT: &str = "workbook-hazards/1";

/// So many runs of each simulation.
const SEEDS: u64 = 10_000;

/// What the runs have reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hazards {
    /// The name and version of the form.
    pub format: String,
    /// How many runs of each simulation.
    pub seeds: u64,
    /// In the order in which the tests name them.
    pub hazards: Vec<Reached>,
}

/// What all these tests together have reached.
pub fn sum<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Vec<Reached> {
    let mut all: Vec<Reached> = Vec::new();
    for one in outcomes.into_iter().flat_map(|outcome| &outcome.hazards) {
        match all.iter_mut().find(|known| known.name == one.name) {
            Some(known) => known.runs += one.runs,
            None => all.push(one.clone()),
        }
    }
    all
}

/// Runs the simulations of a chapter, which pass; none if they name no hazard states.
pub fn found(
    trial: &Trial<'_>,
    chapter: &Chapter,
    passing: &mut Passing,
) -> Result<Option<Hazards>, Error> {
    counted(chapter, &trial.simulated(&chapter.manifest.simulations, SEEDS, passing)?)
}

/// Runs the simulations of a given chapter, whose solution has no variants.
pub fn found_in_given(
    repo: &Repo,
    chapter: &Chapter,
    passing: &mut Passing,
) -> Result<Option<Hazards>, Error> {
    let seeds = Seeds { runs: Some(SEEDS), first: None };
    match measure(repo, chapter, Tree::Solution, &[], seeds, passing)? {
        Measured::Ran(grade) => counted(chapter, &grade.outcomes),
        Measured::Broken(broken) => Err(Error::new(
            format!("the solution of {} does not compile: {}", chapter.called(), broken.cargo),
            format!("cargo workbook grade {} --solution", chapter.word()),
        )),
    }
}

/// What these outcomes, which have to be passes, have reached.
fn counted(chapter: &Chapter, outcomes: &[Outcome]) -> Result<Option<Hazards>, Error> {
    if let Some(wrong) = outcomes.iter().find(|outcome| outcome.kind != Kind::Passed) {
        return Err(Error::new(
            format!("{} does not pass {SEEDS} runs: {}", wrong.test, wrong.message),
            format!("cargo workbook grade {} --solution --seeds {SEEDS}", chapter.word()),
        ));
    }
    let hazards = sum(outcomes);
    let some = Hazards { format: FORMAT.to_owned(), seeds: SEEDS, hazards };
    Ok((!some.hazards.is_empty()).then_some(some))
}

impl Hazards {
    /// The names of those that no run reached.
    pub fn unreached(&self) -> Vec<&str> {
        let none = self.hazards.iter().filter(|one| one.runs == 0);
        none.map(|one| one.name.as_str()).collect()
    }

    /// The file of a chapter, if there is one.
    pub fn read(root: &Path, name: &str) -> Result<Option<Hazards>, Error> {
        let failed = |reason: String| {
            Error::new(
                format!("tests/{name}/{FILE}: {reason}"),
                "`cargo workbook prove --write` writes it anew",
            )
        };
        let text = match fs::read_to_string(place(root, name)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(format!("cannot be read: {error}"))),
        };
        let hazards: Hazards =
            serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if hazards.format != FORMAT {
            return Err(failed(format!("its form is `{}`, not `{FORMAT}`", hazards.format)));
        }
        Ok(Some(hazards))
    }

    /// Writes the file.
    pub fn write(&self, root: &Path, name: &str) -> Result<(), Error> {
        fs::write(place(root, name), self.text()).map_err(|error| {
            Error::new(
                format!("tests/{name}/{FILE}: cannot be written: {error}"),
                "is there room on the disk?",
            )
        })
    }

    /// A line for each state.
    fn text(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let line = |one: &Reached| {
            format!(
                "    {{\"name\": {}, \"runs\": {}, \"sentence\": {}}}",
                quoted(&one.name),
                one.runs,
                quoted(&one.sentence)
            )
        };
        let lines: Vec<String> = self.hazards.iter().map(line).collect();
        format!(
            "{{\n  \"format\": {},\n  \"seeds\": {},\n  \"hazards\": [\n{}\n  ]\n}}\n",
            quoted(&self.format),
            self.seeds,
            lines.join(",\n")
        )
    }
}

/// What is wrong with a chapter's file, if its tests look for these states: a line each.
pub fn differences(written: Option<&Hazards>, named: &[Reached]) -> Vec<String> {
    let Some(written) = written else {
        return if named.is_empty() { Vec::new() } else { vec![format!("{FILE} is not there")] };
    };
    let mut lines = Vec::new();
    for one in named {
        match written.hazards.iter().find(|other| other.name == one.name) {
            None => lines.push(format!("{} is not in {FILE}", one.name)),
            Some(other) if other.sentence != one.sentence => {
                lines.push(format!("{FILE} says something else of {}", one.name));
            }
            Some(_) => {}
        }
    }
    let unreached = written.unreached().into_iter();
    lines.extend(unreached.map(|name| format!("no run reaches {name}")));
    let is_gone = |one: &&Reached| !named.iter().any(|other| other.name == one.name);
    let gone = written.hazards.iter().filter(is_gone);
    lines.extend(gone.map(|one| format!("{FILE} names {}, which no test looks for", one.name)));
    lines
}

fn place(root: &Path, name: &str) -> PathBuf {
    root.join("tests").join(name).join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(name: &str, runs: u64) -> Reached {
        Reached { name: name.to_owned(), sentence: format!("A \"{name}\"."), runs }
    }

    fn hazards(all: &[Reached]) -> Hazards {
        Hazards { format: FORMAT.to_owned(), seeds: SEEDS, hazards: all.to_vec() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Hazards::read(folder.path(), "01-a").unwrap(), None);
        fs::create_dir_all(folder.path().join("tests/01-a")).unwrap();
        let some = hazards(&[reached("split", 7), reached("lost", 0)]);
        some.write(folder.path(), "01-a").unwrap();
        assert_eq!(Hazards::read(folder.path(), "01-a").unwrap(), Some(some.clone()));
        assert_eq!(some.unreached(), ["lost"]);
        fs::write(folder.path().join("tests/01-a/hazards.json"), "{}").unwrap();
        let error = Hazards::read(folder.path(), "01-a").unwrap_err();
        assert!(error.message.contains("tests/01-a/hazards.json"), "{}", error.message);
    }

    #[test]
    fn a_difference_names_its_state() {
        let named = [reached("split", 0), reached("lost", 3)];
        assert_eq!(differences(None, &[]), [""; 0]);
        assert_eq!(differences(None, &named), ["hazards.json is not there"]);
        // A usual run may miss a state. Ten thousand may not.
        assert_eq!(
            differences(Some(&hazards(&[reached("split", 1), reached("lost", 9)])), &named),
            [""; 0]
        );
        let other = hazards(&[reached("split", 0), reached("gone", 2)]);
        assert_eq!(
            differences(Some(&other), &named),
            [
                "lost is not in hazards.json",
                "no run reaches split",
                "hazards.json names gone, which no test looks for",
            ]
        );
    }
}
