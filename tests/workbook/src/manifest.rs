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
//! Left to others: whether items and tests exist in the code (`items`, `grade`).

use crate::Error;
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

mod limits;

pub use limits::Limits;

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
        let source = Source { text, shown };
        let raw: RawManifest = toml::from_str(text).map_err(|error| {
            let message = error.message().trim().replace('\n', "; ");
            source.error(error.span(), message)
        })?;
        let chapter = raw.chapter.get_ref();
        let given = raw.exercise.is_empty();
        if let Some(reason) = contradiction(chapter, given, !raw.remove.is_empty()) {
            return Err(source.at(&raw.chapter, reason));
        }
        let mut checker = Checker { source, chapter: chapter.number, ids: HashMap::new() };
        let mut tests = HashMap::new();
        let mut exercises = Vec::new();
        for exercise in raw.exercise {
            exercises.push(checker.exercise(exercise, &mut tests)?);
        }
        let graded = |name: &String| exercises.iter().any(|one| one.tests.contains(name));
        // What tests a given chapter has, its test binary knows.
        if let Some(name) = chapter.simulations.iter().find(|name| !given && !graded(name)) {
            let reason = format!("`simulations` names {name}, which is a test of no exercise");
            return Err(source.at(&raw.chapter, reason));
        }
        let limits = limits::checked(source, &raw.limits, &exercises, &chapter.play)?;
        Ok(Manifest {
            limits,
            number: chapter.number,
            package: chapter.package.clone(),
            title: chapter.title.clone(),
            hours: chapter.hours.unwrap_or(0),
            pure: chapter.pure,
            play: chapter.play.clone(),
            simulations: chapter.simulations.clone(),
            exercises,
            remove: raw.remove.into_iter().map(|removed| removed.item).collect(),
        })
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    chapter: Spanned<RawChapter>,
    #[serde(default)]
    exercise: Vec<Spanned<RawExercise>>,
    #[serde(default)]
    remove: Vec<RawRemove>,
    #[serde(default)]
    limits: Vec<Spanned<limits::RawTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChapter {
    number: u32,
    package: String,
    title: String,
    hours: Option<u32>,
    #[serde(default)]
    pure: bool,
    play: Option<String>,
    #[serde(default)]
    simulations: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRemove {
    item: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExercise {
    id: Spanned<String>,
    title: Spanned<String>,
    item: Option<String>,
    items: Option<Vec<String>>,
    points: Spanned<u32>,
    minutes: u32,
    half: Option<Spanned<u32>>,
    tests: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    needs: Vec<Spanned<String>>,
    #[serde(default)]
    suspects: Vec<Spanned<String>>,
    invariant: Option<String>,
    section: Option<String>,
    #[serde(default)]
    hints: Vec<String>,
    cpu: Option<Spanned<u64>>,
}

/// What does not fit together in `[chapter]`.
fn contradiction(chapter: &RawChapter, given: bool, removes: bool) -> Option<&'static str> {
    if given {
        let hours = chapter.hours.is_some();
        return hours
            .then_some("a chapter without an [[exercise]] is given, and takes no `hours`")
            .or(removes.then_some("a chapter without an [[exercise]] has nothing to [[remove]]"));
    }
    if chapter.number == 0 {
        return Some("a chapter of number 0 is given for good: it has no [[exercise]]");
    }
    chapter.hours.is_none().then_some("a chapter with an [[exercise]] says how many `hours`")
}

#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a str,
    shown: &'a str,
}

impl Source<'_> {
    fn at<T>(&self, place: &Spanned<T>, reason: impl Into<String>) -> Error {
        self.error(Some(place.span()), reason)
    }

    fn error(&self, place: Option<Range<usize>>, reason: impl Into<String>) -> Error {
        let reason = reason.into();
        let line = place.map(|range| {
            let before = self.text.get(..range.start).unwrap_or(self.text);
            1 + before.bytes().filter(|byte| *byte == b'\n').count()
        });
        let place = line.map_or(self.shown.to_owned(), |line| format!("{}:{line}", self.shown));
        Error::new(
            format!("{place}: {reason}"),
            format!(
                "repair that line; `git diff {0}` shows what was changed, `git checkout {0}` \
                 takes it back",
                self.shown
            ),
        )
    }
}

/// What is known of the exercises so far.
struct Checker<'a> {
    source: Source<'a>,
    chapter: u32,
    ids: HashMap<String, ()>,
}

impl Checker<'_> {
    fn exercise(
        &mut self,
        raw: Spanned<RawExercise>,
        tests: &mut HashMap<String, String>,
    ) -> Result<Exercise, Error> {
        let place = raw.span();
        let raw = raw.into_inner();
        let source = self.source;
        let id = self.id(&raw.id)?;
        if raw.title.get_ref().trim().is_empty() {
            return Err(source.at(&raw.title, format!("exercise {id} has an empty title")));
        }
        if *raw.points.get_ref() == 0 {
            return Err(source.at(&raw.points, format!("exercise {id} is worth no points")));
        }
        if raw.tests.get_ref().is_empty() {
            return Err(source.at(&raw.tests, format!("exercise {id} has no tests")));
        }
        let items = match (raw.item, raw.items) {
            (Some(item), None) => vec![item],
            (None, Some(items)) if !items.is_empty() => items,
            (None, _) => {
                let reason = format!("exercise {id} has neither `item` nor `items`");
                return Err(source.error(Some(place), reason));
            }
            (Some(_), Some(_)) => {
                let reason = format!("exercise {id} has `item` and `items`; one is enough");
                return Err(source.error(Some(place), reason));
            }
        };
        let half = match &raw.half {
            None => Half::First,
            Some(half) => match half.get_ref() {
                1 => Half::First,
                2 => Half::Second,
                _ => return Err(source.at(half, format!("`half` of exercise {id} is 1 or 2"))),
            },
        };
        let cpu = match &raw.cpu {
            None => limits::CPU,
            Some(cpu) if (1..=3600).contains(cpu.get_ref()) => *cpu.get_ref(),
            Some(cpu) => {
                let reason = format!("`cpu` of exercise {id} is a number of seconds, 1 to 3600");
                return Err(source.at(cpu, reason));
            }
        };
        let own = self.tests(&id, raw.tests.into_inner(), tests)?;
        let needs = self.needs(&id, raw.needs)?;
        let suspects = self.needs(&id, raw.suspects)?;
        self.ids.insert(id.clone(), ());
        Ok(Exercise {
            id,
            title: raw.title.into_inner(),
            items,
            points: raw.points.into_inner(),
            minutes: raw.minutes,
            half,
            tests: own,
            needs,
            suspects,
            invariant: raw.invariant,
            section: raw.section,
            hints: raw.hints,
            cpu,
        })
    }

    fn id(&self, raw: &Spanned<String>) -> Result<String, Error> {
        let id = raw.get_ref();
        let fits = id.split_once('.').is_some_and(|(chapter, exercise)| {
            chapter == self.chapter.to_string()
                && exercise.parse::<u32>().is_ok_and(|number| exercise == number.to_string())
        });
        if !fits {
            let reason = format!(
                "\"{id}\" is no id of chapter {0}; it must be {0}.1, {0}.2 and so on",
                self.chapter
            );
            return Err(self.source.at(raw, reason));
        }
        if self.ids.contains_key(id) {
            return Err(self.source.at(raw, format!("exercise {id} is there twice")));
        }
        Ok(id.clone())
    }

    fn tests(
        &self,
        id: &str,
        raw: Vec<Spanned<String>>,
        seen: &mut HashMap<String, String>,
    ) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for name in raw {
            if let Some(other) = seen.insert(name.get_ref().clone(), id.to_owned()) {
                let reason = format!(
                    "the test {} belongs to exercise {other} already; a test belongs to one",
                    name.get_ref()
                );
                return Err(self.source.at(&name, reason));
            }
            names.push(name.into_inner());
        }
        Ok(names)
    }

    fn needs(&self, id: &str, raw: Vec<Spanned<String>>) -> Result<Vec<String>, Error> {
        let mut needs = Vec::new();
        for need in raw {
            if !self.ids.contains_key(need.get_ref()) {
                let reason = format!(
                    "exercise {id} needs {}, which is not an earlier exercise of this chapter",
                    need.get_ref()
                );
                return Err(self.source.at(&need, reason));
            }
            needs.push(need.into_inner());
        }
        Ok(needs)
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
