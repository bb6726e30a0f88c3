//! `exercises.toml`: what a chapter asks for, as types.
//!
//! Owns the format. A manifest that loads keeps these invariants, so nobody checks them again:
//! every exercise's id is `N.k` with the chapter's number, ids and tests are unique, every exercise
//! has at least one test, one item and one point, and `needs` names earlier exercises only. An
//! error names the file, the line and the reason.
//!
//! A chapter without exercises is *given*: it is whole in both trees, and its tests are those that
//! its test binary has. A chapter of number 0 is a foundation of several others, and always given.
//!
//! Left to others: whether items and tests exist in the code (`items`, `measure`).

use crate::Error;
use std::path::Path;

mod limits;
mod read;

pub use limits::{Limits, WHOLE};

/// A chapter's manifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The chapter's number, as in its folder's name.
    pub number: u32,
    /// The package, which is also the crate: `election`.
    pub package: String,
    /// As in the book: "Leader election".
    pub title: String,
    /// How long a learner takes; 0 for a chapter that is given.
    pub hours: u32,
    /// One seed is one run: the crate has no clock, no thread and no order of chance.
    pub pure: bool,
    /// The test that returns a run worth watching.
    pub play: Option<String>,
    /// The graded tests that draw whole runs from seeds; a failing one shows a shrunk run.
    pub simulations: Vec<String>,
    /// In the order in which they are done; none if the chapter is given.
    pub exercises: Vec<Exercise>,
    /// Items that give an answer away by their names; the starter does not have them.
    pub remove: Vec<String>,
    limits: Vec<limits::Table>,
}

/// One exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// `1.4`
    pub id: String,
    /// "Grant a vote"
    pub title: String,
    /// The paths of the items to write; at least one.
    pub items: Vec<String>,
    /// At least one; split evenly over the tests.
    pub points: u32,
    /// How long a learner takes.
    pub minutes: u32,
    /// The second half may be left by a first pass.
    pub half: Half,
    /// The tests that need this exercise and no later one; at least one.
    pub tests: Vec<String>,
    /// Earlier exercises which the tests need too.
    pub needs: Vec<String>,
    /// Earlier exercises whose mistakes may come out in these tests and in none of their own.
    pub suspects: Vec<String>,
    /// The invariant that the exercise keeps, by its name in the book.
    pub invariant: Option<String>,
    /// Where to read, relative to `book/src`, perhaps with an anchor.
    pub section: Option<String>,
    /// From a question to the shape of the answer.
    pub hints: Vec<String>,
    /// How many seconds of CPU time one of its tests may use, unless the test has its own limit.
    pub cpu: u64,
}

/// Which half of its chapter an exercise belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Half {
    /// What later chapters stand on.
    First,
    /// What a first pass may leave.
    Second,
}

impl Exercise {
    /// The text of the hole that the starter has in its place.
    pub fn hole(&self) -> String {
        let mut letters = self.title.chars();
        let title: String = match letters.next() {
            Some(first) => first.to_lowercase().chain(letters).collect(),
            None => String::new(),
        };
        format!("exercise {}: {title}", self.id)
    }
}

impl Manifest {
    /// Reads and checks a manifest; `shown` is the path that an error names.
    pub fn read(path: &Path, shown: &str) -> Result<Manifest, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::new(
                format!("cannot read {shown}: {error}"),
                format!("`git status` shows what is missing, `git checkout {shown}` restores it"),
            )
        })?;
        Manifest::parse(&text, shown)
    }

    /// The same from a text.
    pub fn parse(text: &str, shown: &str) -> Result<Manifest, Error> {
        read::parse(text, shown)
    }

    /// The chapter has no exercises: its solution is in both trees.
    pub fn is_given(&self) -> bool {
        self.exercises.is_empty()
    }

    /// The exercise with this id.
    pub fn exercise(&self, id: &str) -> Option<&Exercise> {
        self.exercises.iter().find(|exercise| exercise.id == id)
    }

    /// The exercise that a test belongs to.
    pub fn exercise_of_test(&self, test: &str) -> Option<&Exercise> {
        self.exercises.iter().find(|exercise| exercise.tests.iter().any(|name| name == test))
    }

    /// All points of the chapter.
    pub fn points(&self) -> u32 {
        self.exercises.iter().map(|exercise| exercise.points).sum()
    }

    /// Every exercise that `id` needs, itself not included, however indirectly, in order.
    pub fn all_needs(&self, id: &str) -> Vec<&Exercise> {
        let mut wanted: Vec<&str> = vec![id];
        let mut found = Vec::new();
        for exercise in self.exercises.iter().rev() {
            if wanted.contains(&exercise.id.as_str()) {
                wanted.extend(exercise.needs.iter().map(String::as_str));
                if exercise.id != id {
                    found.push(exercise);
                }
            }
        }
        found.reverse();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"[chapter]
number = 1
package = "election"
title = "Leader election"
hours = 8

[[exercise]]
id = "1.1"
title = "Count the ballots"
item = "election::count"
points = 8
minutes = 20
tests = ["count::one"]

[[exercise]]
id = "1.2"
title = "Keep time"
items = ["election::Timer::tick"]
points = 10
minutes = 20
half = 2
tests = ["time::one", "time::two"]
needs = ["1.1"]
"#;

    fn error(text: &str) -> String {
        let error = Manifest::parse(text, "tests/01-x/exercises.toml").expect_err("it is broken");
        error.message
    }

    #[test]
    fn a_manifest_loads() {
        let manifest = Manifest::parse(GOOD, "x").expect("it is good");
        assert_eq!(manifest.points(), 18);
        assert_eq!(manifest.exercises[1].half, Half::Second);
        assert_eq!(manifest.exercises[1].hole(), "exercise 1.2: keep time");
        assert_eq!(manifest.exercise_of_test("time::two").map(|e| e.id.as_str()), Some("1.2"));
        let needs: Vec<&str> = manifest.all_needs("1.2").iter().map(|e| e.id.as_str()).collect();
        assert_eq!(needs, ["1.1"]);
    }

    #[test]
    fn errors_name_file_line_and_reason() {
        let cases = [
            ("points = 8", "pints = 8", ":11: unknown field `pints`"),
            ("points = 8", "points = \"8\"", ":11: invalid type: string"),
            ("points = 8", "points = 0", ":11: exercise 1.1 is worth no points"),
            ("points = 8\n", "", ":7: missing field `points`"),
            ("points = 8", "points = ", ":11: "),
            ("id = \"1.2\"", "id = \"1.1\"", ":16: exercise 1.1 is there twice"),
            ("id = \"1.2\"", "id = \"2.2\"", ":16: \"2.2\" is no id of chapter 1"),
            ("id = \"1.2\"", "id = \"1.02\"", ":16: \"1.02\" is no id of chapter 1"),
            ("tests = [\"count::one\"]", "tests = []", ":13: exercise 1.1 has no tests"),
            ("\"time::two\"", "\"count::one\"", ":22: the test count::one belongs to exercise 1.1"),
            ("needs = [\"1.1\"]", "needs = [\"1.2\"]", ":23: exercise 1.2 needs 1.2, which"),
            ("needs = [\"1.1\"]", "needs = [\"1.9\"]", ":23: exercise 1.2 needs 1.9, which"),
            ("item = \"election::count\"\n", "", ":7: exercise 1.1 has neither"),
            ("half = 2", "half = 3", ":21: `half` of exercise 1.2 is 1 or 2"),
        ];
        for (from, to, expected) in cases {
            let message = error(&GOOD.replace(from, to));
            let wanted = format!("tests/01-x/exercises.toml{expected}");
            assert!(message.starts_with(&wanted), "{from} -> {to}: {message}");
            assert!(!message.contains('\n'), "one line: {message}");
        }
    }

    #[test]
    fn a_chapter_without_exercises_is_given() {
        assert!(error("").contains("missing field `chapter`"));
        let chapter = GOOD.split("[[exercise]]").next().unwrap_or_default();
        assert!(error(chapter).contains(":1: a chapter without an [[exercise]] is given, and"));
        let given = chapter.replace("hours = 8\n", "pure = true\nsimulations = [\"sim::all\"]\n");
        let manifest = Manifest::parse(&given, "x").expect("it is given");
        assert!(manifest.is_given() && manifest.pure);
        assert_eq!((manifest.points(), manifest.hours), (0, 0));
        let removes = format!("{given}[[remove]]\nitem = \"election::helper\"\n");
        assert!(error(&removes).contains("has nothing to [[remove]]"));
        let foundation = GOOD.replace("number = 1", "number = 0");
        assert!(error(&foundation).contains("given for good"));
        assert!(error(&GOOD.replace("hours = 8\n", "")).contains("says how many `hours`"));
    }
}
