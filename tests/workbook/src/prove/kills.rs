//! The kill table: which test catches which mistake, as a file for the book.
//!
//! Owns `tests/NN-name/kills.json`: its form, and the comparison with what was found anew. What a
//! mistake is stands in the mutant's own file and is not written twice.
//!
//! Invariants: a mutant that survives is never written down; one mutant is one line, so that a
//! change of one is a change of one line.

use super::mutants::Mutant;
use super::trial::Fate;
use crate::Error;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The file's name in the folder of a chapter's tests.
pub const FILE: &str = "kills.json";

/// The name and version of the form.
const FORMAT: &str = "workbook-kills/1";

/// What one proof has found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kills {
    /// The name and version of the form.
    pub format: String,
    /// In the order of the mutants' files.
    pub mutants: Vec<Kill>,
    /// How long they ran, in seconds; building is not counted.
    pub seconds: u64,
    /// On how many processors.
    pub cores: usize,
}

/// A mutant and the test that caught it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kill {
    /// The mutant's file.
    pub file: String,
    /// The exercise whose tests must catch it.
    pub exercise: String,
    /// The item that it replaces.
    pub item: String,
    /// The first test of the exercise that fails.
    pub test: String,
}

/// What was found; none if a mutant survived.
pub fn of(mutants: &[Mutant], fates: &[Fate]) -> Option<Vec<Kill>> {
    let kill = |(mutant, fate): (&Mutant, &Fate)| {
        let (file, exercise) = (mutant.file.clone(), mutant.exercise.clone());
        Some(Kill { file, exercise, item: mutant.item.clone(), test: fate.killer.clone()? })
    };
    mutants.iter().zip(fates).map(kill).collect()
}

impl Kills {
    /// A table of what was found now.
    pub fn new(mutants: Vec<Kill>, seconds: f64) -> Kills {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // A time is a whole number of seconds here, and no machine needs 2^64 of them.
        let seconds = seconds.round() as u64;
        Kills { format: FORMAT.to_owned(), mutants, seconds, cores }
    }

    /// The table of the chapter whose folder under `tests/` is `name`, if it has one.
    pub fn read(root: &Path, name: &str) -> Result<Option<Kills>, Error> {
        let path = place(root, name);
        let failed = |reason: String| {
            Error::new(
                format!("tests/{name}/{FILE}: {reason}"),
                "`cargo workbook prove --write` writes it anew",
            )
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(format!("cannot be read: {error}"))),
        };
        let kills: Kills =
            serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        if kills.format != FORMAT {
            return Err(failed(format!("its form is `{}`, not `{FORMAT}`", kills.format)));
        }
        Ok(Some(kills))
    }

    /// Writes the table down.
    pub fn write(&self, root: &Path, name: &str) -> Result<(), Error> {
        fs::write(place(root, name), self.text()).map_err(|error| {
            Error::new(
                format!("tests/{name}/{FILE}: cannot be written: {error}"),
                "is there room on the disk?",
            )
        })
    }

    /// A line for each mutant.
    fn text(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let line = |kill: &Kill| {
            format!(
                "    {{\"file\": {}, \"exercise\": {}, \"item\": {}, \"test\": {}}}",
                quoted(&kill.file),
                quoted(&kill.exercise),
                quoted(&kill.item),
                quoted(&kill.test)
            )
        };
        let lines: Vec<String> = self.mutants.iter().map(line).collect();
        let format = quoted(&self.format);
        format!(
            "{{\n  \"format\": {format},\n  \"mutants\": [\n{}\n  ],\n  \
             \"seconds\": {},\n  \"cores\": {}\n}}\n",
            lines.join(",\n"),
            self.seconds,
            self.cores
        )
    }

    /// Where it says something else than what was found: a line each.
    pub fn differences(&self, found: &[Kill]) -> Vec<String> {
        let mut lines = Vec::new();
        for kill in found {
            match self.mutants.iter().find(|written| written.file == kill.file) {
                None => lines.push(format!("{} is not in {FILE}", kill.file)),
                Some(written) if written != kill => lines.push(format!(
                    "{} is caught by {}, and {FILE} says {}{}",
                    kill.file,
                    kill.test,
                    written.test,
                    if written.test == kill.test { ", of another item or exercise" } else { "" }
                )),
                Some(_) => {}
            }
        }
        let gone = |kill: &&Kill| !found.iter().any(|other| other.file == kill.file);
        let gone = self.mutants.iter().filter(gone);
        lines.extend(gone.map(|kill| format!("{FILE} names {}, which is not there", kill.file)));
        if lines.is_empty() && self.mutants != found {
            lines.push(format!("{FILE} has the mutants in another order"));
        }
        lines
    }
}

fn place(root: &Path, name: &str) -> PathBuf {
    root.join("tests").join(name).join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kill(file: &str, test: &str) -> Kill {
        let (exercise, item) = ("1.4".to_owned(), "election::Election::grants".to_owned());
        Kill { file: file.to_owned(), exercise, item, test: test.to_owned() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Kills::read(folder.path(), "01-a").unwrap(), None);
        fs::create_dir_all(folder.path().join("tests/01-a")).unwrap();
        let kills = Kills::new(vec![kill("a.rs", "one"), kill("\"b\".rs", "two")], 61.7);
        assert_eq!(kills.seconds, 62);
        kills.write(folder.path(), "01-a").unwrap();
        assert_eq!(Kills::read(folder.path(), "01-a").unwrap(), Some(kills));
        fs::write(folder.path().join("tests/01-a/kills.json"), "{}").unwrap();
        let error = Kills::read(folder.path(), "01-a").unwrap_err();
        assert!(error.message.contains("tests/01-a/kills.json"), "{}", error.message);
        assert!(error.next.contains("prove --write"), "{}", error.next);
    }

    #[test]
    fn a_difference_names_its_mutant() {
        let written = Kills::new(vec![kill("a.rs", "one"), kill("b.rs", "two")], 1.0);
        assert!(written.differences(&written.mutants).is_empty());
        let found = [kill("a.rs", "three"), kill("c.rs", "one")];
        let lines = written.differences(&found);
        assert_eq!(
            lines,
            [
                "a.rs is caught by three, and kills.json says one",
                "c.rs is not in kills.json",
                "kills.json names b.rs, which is not there",
            ]
        );
        let other = Kill { item: "election::other".to_owned(), ..kill("a.rs", "one") };
        assert_eq!(written.differences(&[other, kill("b.rs", "two")]).len(), 1);
        assert_eq!(written.differences(&[kill("b.rs", "two"), kill("a.rs", "one")]).len(), 1);
    }
}
