//! What one test may use: CPU time, memory, threads, and the time in which it does nothing; and how
//! much of a processor it keeps busy, so that others run beside one that mostly waits.
//!
//! Owns [`Limits`] and the tables `[[limits]]` of a manifest, which give some tests others than the
//! usual ones:
//!
//! ```toml
//! [[limits]]
//! tests = ["cluster::three_members", "soak::*"]
//! cpu = 60
//! memory = 8192
//! idle = 60
//! threads = 128
//! share = 50
//! ```
//!
//! Invariants: every value is in its range; no test gets the same value from two tables; every name
//! and every pattern is met by a test of an exercise, where there are exercises.
//!
//! Left to others: keeping the limits (`run`, `limits`, and the harness for the CPU time).

use super::read::Source;
use super::{Exercise, Manifest};
use crate::Error;
use serde::Deserialize;
use std::fmt;
use std::ops::RangeInclusive;
use toml::Spanned;

/// What one test may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds of CPU time, of all its threads together.
    pub cpu: u64,
    /// MiB of address space; only Linux keeps to it.
    pub memory: u64,
    /// After so many seconds without CPU time it waits for something that never comes.
    pub idle: u64,
    /// Threads at a time: the test's own, and what it starts. They are counted now and then, so a
    /// test that comes near may pass once and not another time; only Linux counts them at all.
    pub threads: u64,
    /// How much of a turn it takes, in hundredths. Two tests that take half of one run where else
    /// one would.
    pub share: u64,
}

/// A whole turn, in hundredths.
pub const WHOLE: u64 = 100;
/// The least that a test can take of one.
const LEAST_SHARE: u64 = 25;
/// The usual budget of CPU time, in seconds.
pub(super) const CPU: u64 = 10;
/// The usual address space, in MiB.
const MEMORY: u64 = 4 << 10;
/// Where no table says so, nothing is called still before this many seconds.
const IDLE: u64 = 5;
/// The usual number of threads: plenty for a test of a protocol, which has one.
const THREADS: u64 = 64;

const SECONDS: RangeInclusive<u64> = 1..=3600;
/// A test binary does not even start with much less.
const MEMORIES: RangeInclusive<u64> = 64..=(1 << 20);
const CROWDS: RangeInclusive<u64> = 1..=10_000;
const SHARES: RangeInclusive<u64> = LEAST_SHARE..=WHOLE;

impl Limits {
    /// The usual limits with another budget of CPU time. What computes for long may also wait for
    /// long.
    pub fn of_cpu(cpu: u64) -> Limits {
        let idle = cpu.max(IDLE);
        Limits { cpu, memory: MEMORY, idle, threads: THREADS, share: WHOLE }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::of_cpu(CPU)
    }
}

/// One `[[limits]]` that was checked.
#[derive(Clone, Debug)]
pub(super) struct Table {
    patterns: Vec<Pattern>,
    cpu: Option<u64>,
    memory: Option<u64>,
    idle: Option<u64>,
    threads: Option<u64>,
    share: Option<u64>,
}

#[derive(Clone, Debug)]
enum Pattern {
    Test(String),
    /// Everything below a module; the path ends with `::`.
    Below(String),
}

impl Manifest {
    /// What a test may use: what its own limits say, else its exercise, else the usual.
    pub fn limits_of(&self, test: &str) -> Limits {
        let is_own = |table: &&Table| table.patterns.iter().any(|own| own.is_met_by(test));
        let own =
            |value: fn(&Table) -> Option<u64>| self.limits.iter().filter(is_own).find_map(value);
        let exercise = || self.exercise_of_test(test).map(|exercise| exercise.cpu);
        let usual = Limits::of_cpu(own(|it| it.cpu).or_else(exercise).unwrap_or(CPU));
        Limits {
            cpu: usual.cpu,
            memory: own(|it| it.memory).unwrap_or(usual.memory),
            idle: own(|it| it.idle).unwrap_or(usual.idle),
            threads: own(|it| it.threads).unwrap_or(usual.threads),
            share: own(|it| it.share).unwrap_or(usual.share),
        }
    }
}

impl Manifest {
    /// The names and patterns in `[[limits]]` that none of these tests meets.
    pub fn limits_without(&self, tests: &[String]) -> Vec<String> {
        let patterns = self.limits.iter().flat_map(|table| &table.patterns);
        let unmet = patterns.filter(|pattern| !tests.iter().any(|test| pattern.is_met_by(test)));
        unmet.map(ToString::to_string).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTable {
    tests: Spanned<Vec<Spanned<String>>>,
    cpu: Option<Spanned<u64>>,
    memory: Option<Spanned<u64>>,
    idle: Option<Spanned<u64>>,
    threads: Option<Spanned<u64>>,
    share: Option<Spanned<u64>>,
}

/// A value's name, itself and its range.
type Value<'a> = (&'static str, &'a Option<Spanned<u64>>, RangeInclusive<u64>);

impl RawTable {
    fn values(&self) -> [Value<'_>; 5] {
        [
            ("cpu", &self.cpu, SECONDS),
            ("memory", &self.memory, MEMORIES),
            ("idle", &self.idle, SECONDS),
            ("threads", &self.threads, CROWDS),
            ("share", &self.share, SHARES),
        ]
    }
}

/// Checks the tables of a manifest with these exercises, and this test to play. Without exercises
/// nobody can say here whether a name is a test's.
pub(super) fn checked(
    source: Source<'_>,
    raw: &[Spanned<RawTable>],
    exercises: &[Exercise],
    play: &Option<String>,
) -> Result<Vec<Table>, Error> {
    let is_met = |pattern: &Pattern| {
        let mut tests = exercises.iter().flat_map(|exercise| &exercise.tests).chain(play);
        exercises.is_empty() || tests.any(|test| pattern.is_met_by(test))
    };
    let mut seen: Vec<(&'static str, Pattern)> = Vec::new();
    let mut tables = Vec::new();
    for place in raw {
        let table = place.get_ref();
        check_values(source, place)?;
        let mut patterns: Vec<Pattern> = Vec::new();
        for name in table.tests.get_ref() {
            let pattern = Pattern::read(source, name)?;
            if !is_met(&pattern) {
                let reason = format!("`limits` names {}, and no exercise has it", name.get_ref());
                return Err(source.at(name, reason));
            }
            let mut values = table.values().into_iter().filter(|(_, value, _)| value.is_some());
            let twice = values.find(|(value, ..)| {
                let earlier = seen.iter().filter(|(other, _)| other == value);
                earlier.map(|(_, other)| other).chain(&patterns).any(|it| it.overlaps(&pattern))
            });
            if let Some((value, ..)) = twice {
                let reason = format!("{} has a limit for `{value}` already", name.get_ref());
                return Err(source.at(name, reason));
            }
            patterns.push(pattern);
        }
        for (name, value, _) in table.values() {
            if value.is_some() {
                seen.extend(patterns.iter().map(|pattern| (name, pattern.clone())));
            }
        }
        let value = |value: &Option<Spanned<u64>>| value.as_ref().map(|value| *value.get_ref());
        tables.push(Table {
            patterns,
            cpu: value(&table.cpu),
            memory: value(&table.memory),
            idle: value(&table.idle),
            threads: value(&table.threads),
            share: value(&table.share),
        });
    }
    Ok(tables)
}

fn check_values(source: Source<'_>, place: &Spanned<RawTable>) -> Result<(), Error> {
    let table = place.get_ref();
    if table.tests.get_ref().is_empty() {
        return Err(source.at(&table.tests, "`limits` names no tests"));
    }
    if table.values().iter().all(|(_, value, _)| value.is_none()) {
        let reason = "`limits` has none of `cpu`, `memory`, `idle`, `threads` and `share`";
        return Err(source.at(place, reason));
    }
    for (name, value, range) in table.values() {
        if let Some(value) = value
            && !range.contains(value.get_ref())
        {
            let unit = match name {
                "memory" => "MiB",
                "threads" => "threads",
                "share" => "hundredths",
                _ => "seconds",
            };
            let (least, most) = (range.start(), range.end());
            let reason = format!("`{name}` is a number of {unit}, {least} to {most}");
            return Err(source.at(value, reason));
        }
    }
    Ok(())
}

impl Pattern {
    fn read(source: Source<'_>, name: &Spanned<String>) -> Result<Pattern, Error> {
        let text = name.get_ref();
        let (path, below) = match text.strip_suffix('*') {
            Some(module) => (module.strip_suffix("::").unwrap_or_default(), true),
            None => (text.as_str(), false),
        };
        if path.split("::").any(|part| part.is_empty() || part.contains(['*', ':', ' '])) {
            let reason = format!("\"{text}\" is neither a test's name nor a module's with `::*`");
            return Err(source.at(name, reason));
        }
        Ok(if below { Pattern::Below(format!("{path}::")) } else { Pattern::Test(text.clone()) })
    }

    fn is_met_by(&self, test: &str) -> bool {
        match self {
            Pattern::Test(name) => name == test,
            Pattern::Below(module) => test.starts_with(module),
        }
    }

    /// May a test meet both?
    fn overlaps(&self, other: &Pattern) -> bool {
        match (self, other) {
            (Pattern::Test(name), other) | (other, Pattern::Test(name)) => other.is_met_by(name),
            (Pattern::Below(one), Pattern::Below(two)) => {
                one.starts_with(two) || two.starts_with(one)
            }
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Test(name) => f.write_str(name),
            Pattern::Below(module) => write!(f, "{module}*"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAPTER: &str = r#"[chapter]
number = 1
package = "a"
title = "A"
hours = 1

[[exercise]]
id = "1.1"
title = "B"
item = "a::b"
points = 3
minutes = 1
tests = ["one", "soak::hour", "soak::deep::day", "soaking"]

[[exercise]]
id = "1.2"
title = "C"
item = "a::c"
points = 3
minutes = 1
tests = ["two"]
cpu = 20
"#;

    fn manifest(tables: &str) -> Result<Manifest, String> {
        let text = format!("{CHAPTER}{tables}");
        Manifest::parse(&text, "x.toml").map_err(|error| error.message)
    }

    fn limits(tables: &str, test: &str) -> Limits {
        manifest(tables).expect("it is right").limits_of(test)
    }

    #[test]
    fn a_tests_own_value_counts_more_than_its_exercises_and_that_more_than_the_usual() {
        let usual = Limits { cpu: 10, memory: 4096, idle: 10, threads: 64, share: 100 };
        assert_eq!(Limits::default(), usual);
        let tables = "[[limits]]\ntests = [\"soak::*\", \"two\"]\ncpu = 60\nthreads = 3\n\
                      [[limits]]\ntests = [\"two\"]\nidle = 7\nmemory = 64\nshare = 25\n";
        assert_eq!(limits(tables, "one"), usual);
        assert_eq!(limits(tables, "soaking"), usual, "it is in no module of that name");
        assert_eq!(limits("", "two"), Limits { cpu: 20, idle: 20, ..usual });
        let soak = Limits { cpu: 60, idle: 60, threads: 3, ..usual };
        assert_eq!(limits(tables, "soak::hour"), soak);
        assert_eq!(limits(tables, "soak::deep::day"), soak);
        let two = Limits { cpu: 60, memory: 64, idle: 7, threads: 3, share: 25 };
        assert_eq!(limits(tables, "two"), two);
        assert_eq!(limits(tables, "nobody's"), usual);
        assert_eq!(Limits::of_cpu(1).idle, 5, "a short budget is not a short patience");
        let short = "[[limits]]\ntests = [\"one\"]\nidle = 1\n";
        assert_eq!(limits(short, "one"), Limits { idle: 1, ..usual });
    }

    #[test]
    fn of_a_given_chapter_somebody_else_knows_the_tests() {
        let text = "[chapter]\nnumber = 3\npackage = \"a\"\ntitle = \"A\"\n[[limits]]\n\
                    tests = [\"one\", \"two\", \"deep::*\", \"soak::*\"]\ncpu = 1\n";
        let manifest = Manifest::parse(text, "x.toml").expect("it is given");
        let tests = ["two", "soak::hour"].map(str::to_owned);
        assert_eq!(manifest.limits_without(&tests), ["one", "deep::*"]);
    }

    #[test]
    fn errors_name_line_and_reason() {
        // The first line of the tables is the 23rd.
        let cases = [
            ("tests = [\"one\"]\ncpu = 0", ":25: `cpu` is a number of seconds, 1 to 3600"),
            ("tests = [\"one\"]\nidle = 3601", ":25: `idle` is a number of seconds, 1 to 3600"),
            ("tests = [\"one\"]\nmemory = 63", ":25: `memory` is a number of MiB, 64 to 1048576"),
            ("tests = [\"one\"]\nthreads = 0", ":25: `threads` is a number of threads, 1 to"),
            ("tests = [\"one\"]\nthreads = -1", ":25: invalid value"),
            ("tests = [\"one\"]\nshare = 24", ":25: `share` is a number of hundredths, 25 to 100"),
            ("tests = [\"one\"]\nspeed = 1", ":25: unknown field `speed`"),
            ("tests = [\"one\"]", ":23: `limits` has none of `cpu`, `memory`"),
            ("cpu = 1", ":23: missing field `tests`"),
            ("tests = []\ncpu = 1", ":24: `limits` names no tests"),
            ("tests = [\n\"one\",\n\"three\"]\ncpu = 1", ":26: `limits` names three, and no"),
            ("tests = [\"deep::*\"]\ncpu = 1", ":24: `limits` names deep::*, and no exercise"),
            ("tests = [\"*\"]\ncpu = 1", ":24: \"*\" is neither a test's name"),
            ("tests = [\"soak*\"]\ncpu = 1", ":24: \"soak*\" is neither a test's name"),
            ("tests = [\"soak::\"]\ncpu = 1", ":24: \"soak::\" is neither a test's name"),
            ("tests = [\"s*k::*\"]\ncpu = 1", ":24: \"s*k::*\" is neither a test's name"),
            ("tests = [\"one\", \"one\"]\ncpu = 1", ":24: one has a limit for `cpu` already"),
            (
                "tests = [\"soak::*\"]\nidle = 1\n[[limits]]\ntests = [\"soak::hour\"]\nidle = 2",
                ":27: soak::hour has a limit for `idle` already",
            ),
            (
                "tests = [\"soak::deep::*\"]\ncpu = 1\n[[limits]]\ntests = [\"soak::*\"]\ncpu = 2",
                ":27: soak::* has a limit for `cpu` already",
            ),
        ];
        for (table, expected) in cases {
            let message = manifest(&format!("[[limits]]\n{table}\n")).expect_err(table);
            assert!(message.starts_with(&format!("x.toml{expected}")), "{table}: {message}");
        }
    }
}
