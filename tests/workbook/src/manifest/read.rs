//! From a file's text to a manifest that is sound.
//!
//! Owns the tables as they are written, and every check but that of limits. An error names the
//! file, the line and the reason.

use super::limits;
use super::{Exercise, Half, Manifest};
use crate::Error;
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use toml::Spanned;

/// Reads and checks a manifest; `shown` is the path that an error names.
pub(super) fn parse(text: &str, shown: &str) -> Result<Manifest, Error> {
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
pub(super) struct Source<'a> {
    text: &'a str,
    shown: &'a str,
}

impl Source<'_> {
    pub(super) fn at<T>(&self, place: &Spanned<T>, reason: impl Into<String>) -> Error {
        self.error(Some(place.span()), reason)
    }

    pub(super) fn error(&self, place: Option<Range<usize>>, reason: impl Into<String>) -> Error {
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
