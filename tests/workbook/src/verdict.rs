//! What came of a test, and of an exercise.
//!
//! Owns the reading of a finished process: its verdict if it gave one, and otherwise its ending and
//! the tail of what it wrote. The outcome of one test is an [`Outcome`]; those of an exercise's
//! tests together make its [`State`].
//!
//! Invariant: a test passes only by its verdict, never by its exit status.

use crate::manifest::{Exercise, Limits};
use crate::run::{Ending, Ran};
use harness::report::{Failure, Reached, Trace, Verdict};
use serde::{Deserialize, Serialize};

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name, as libtest has it.
    pub test: String,
    /// What kind of end it had.
    pub kind: Kind,
    /// What is wrong, in words; empty if nothing is.
    pub message: String,
    /// The invariant that is broken.
    pub invariant: Option<String>,
    /// Where it was noticed, `file:line`.
    pub location: Option<String>,
    /// What was tried, if it passed.
    pub note: Option<String>,
    /// The hazard states that its runs were looking for, if it passed.
    #[serde(default)]
    pub hazards: Vec<Reached>,
    /// The seed of the run, if it was drawn.
    pub seed: Option<u64>,
    /// What the code printed, if it did not pass.
    pub printed: String,
    /// The run, if there was a cluster; it is kept as a replay, not with the grade.
    #[serde(skip)]
    pub trace: Option<Trace>,
    /// It did not end by itself, and the next test of its exercise would most likely not either.
    #[serde(skip)]
    pub stopped: bool,
}

/// What kind of end a test had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Everything that the test promises holds.
    Passed,
    /// The code does something else than the text promises.
    Wrong,
    /// The code panicked.
    Panicked,
    /// It did not come back.
    Hung,
    /// The process was ended by a signal.
    Crashed,
    /// The process ended before the test was over.
    EndedEarly,
    /// It reached the hole of this exercise.
    NotWritten(String),
    /// It was not run, or not counted, because an earlier test of its exercise was stopped.
    NotRun,
    /// The manifest names it, and the test binary does not have it.
    Missing,
}

/// What came of an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// All its tests pass.
    Passed,
    /// The code does something else than the text promises.
    Wrong,
    /// The code panicked.
    Panicked,
    /// It did not come back.
    Hung,
    /// The process was ended by a signal.
    Crashed,
    /// The code ended the process.
    EndedEarly,
    /// Its own hole is still there.
    NotWritten,
    /// The hole of this earlier exercise is still there.
    Waits(String),
    /// A test of it is not there.
    Missing,
    /// Not all of its tests have been run on this code.
    NotGraded,
}

impl State {
    /// The sign at the beginning of its line.
    pub fn sign(&self) -> &'static str {
        match self {
            State::Passed => "✓",
            State::NotWritten | State::Waits(_) | State::NotGraded => "·",
            State::Wrong
            | State::Panicked
            | State::Hung
            | State::Crashed
            | State::EndedEarly
            | State::Missing => "✗",
        }
    }

    /// The words at the end of its line.
    pub fn words(&self) -> String {
        match self {
            State::Passed => String::new(),
            State::Wrong => "wrong".to_owned(),
            State::Panicked => "panicked".to_owned(),
            State::Hung => "hung".to_owned(),
            State::Crashed => "crashed".to_owned(),
            State::EndedEarly => "ended early".to_owned(),
            State::NotWritten => "not written yet".to_owned(),
            State::Waits(exercise) => format!("waits for {exercise}"),
            State::Missing => "a test is missing".to_owned(),
            State::NotGraded => "written, not graded yet".to_owned(),
        }
    }

    /// Something is there, and it is not right.
    pub fn is_bad(&self) -> bool {
        self.sign() == "✗"
    }
}

impl Outcome {
    /// The outcome of a test that the test binary does not have.
    pub fn missing(test: &str) -> Outcome {
        Outcome::new(test, Kind::Missing, "its test is not there any more".to_owned())
    }

    /// The outcome of a test after one of the same exercise that was stopped.
    pub fn not_run(test: &str) -> Outcome {
        Outcome::new(test, Kind::NotRun, String::new())
    }

    /// Something is there, and it is not right.
    pub fn is_failure(&self) -> bool {
        !matches!(self.kind, Kind::Passed | Kind::NotWritten(_) | Kind::NotRun)
    }

    /// The outcome of a finished process.
    pub fn of(test: &str, ran: Ran, limits: &Limits) -> Outcome {
        let still = ran.verdict.is_none() && matches!(ran.ending, Ending::Still(_));
        let (kind, failure) = match ran.verdict {
            Some(Ok(Verdict::Passed { note, trace, hazards })) => {
                let mut outcome = Outcome::new(test, Kind::Passed, String::new());
                outcome.note = note;
                outcome.hazards = hazards;
                outcome.trace = trace;
                return outcome;
            }
            Some(Ok(Verdict::NotWritten { exercise })) => {
                return Outcome::new(test, Kind::NotWritten(exercise), String::new());
            }
            Some(Ok(Verdict::Wrong(failure))) => (Kind::Wrong, failure),
            Some(Ok(Verdict::Panicked(failure))) => (Kind::Panicked, failure),
            Some(Ok(Verdict::Hung(failure))) => (Kind::Hung, failure),
            Some(Err(reason)) => {
                let message = format!("the test ended with something that is no verdict: {reason}");
                (Kind::EndedEarly, Failure { message, ..Failure::default() })
            }
            None => {
                let (kind, message) = explain(&ran.ending, &ran.stdout, &ran.stderr, limits);
                with_aside(kind, message, ran.aside, still)
            }
        };
        let mut outcome = Outcome::new(test, kind, failure.message);
        outcome.invariant = failure.invariant.filter(|name| !name.is_empty());
        outcome.location = failure.location;
        outcome.seed = failure.trace.as_ref().and_then(|trace| trace.seed);
        outcome.trace = failure.trace;
        outcome.printed = own_output(test, &ran.stdout, &ran.stderr);
        outcome.stopped = still || outcome.kind == Kind::Hung;
        outcome
    }

    fn new(test: &str, kind: Kind, message: String) -> Outcome {
        Outcome {
            test: test.to_owned(),
            kind,
            message,
            invariant: None,
            location: None,
            note: None,
            hazards: Vec::new(),
            seed: None,
            printed: String::new(),
            trace: None,
            stopped: false,
        }
    }
}

/// The state of an exercise whose tests have these outcomes, as far as they are known.
pub fn state_of(exercise: &Exercise, outcomes: &[Outcome]) -> State {
    let own: Vec<&Outcome> =
        outcomes.iter().filter(|outcome| exercise.tests.contains(&outcome.test)).collect();
    // The first test that fails decides; a hole matters only where nothing is wrong.
    let mut hole = None;
    for outcome in &own {
        match &outcome.kind {
            // It follows one that was stopped.
            Kind::Passed | Kind::NotRun => {}
            Kind::Wrong => return State::Wrong,
            Kind::Panicked => return State::Panicked,
            Kind::Hung => return State::Hung,
            Kind::Crashed => return State::Crashed,
            Kind::EndedEarly => return State::EndedEarly,
            Kind::Missing => return State::Missing,
            // A chapter that was reset to its contract names itself in its holes.
            Kind::NotWritten(other) if *other == exercise.id || !other.contains('.') => {
                hole = Some(State::NotWritten);
            }
            Kind::NotWritten(other) => {
                hole = hole.or_else(|| Some(State::Waits(other.clone())));
            }
        }
    }
    if let Some(hole) = hole {
        hole
    } else if own.len() == exercise.tests.len() {
        State::Passed
    } else {
        State::NotGraded
    }
}

/// The reason for an end without a verdict, if something was said aside. A test that stands still
/// waits for what the panic has ended; another end has a reason of its own, and the panic is told
/// beside it.
fn with_aside(kind: Kind, message: String, aside: Option<Verdict>, still: bool) -> (Kind, Failure) {
    let own = Failure { message, ..Failure::default() };
    let (first, mut failure) = match aside {
        Some(Verdict::Wrong(failure)) => (Kind::Wrong, failure),
        Some(Verdict::Panicked(failure)) => (Kind::Panicked, failure),
        Some(Verdict::Hung(failure)) => (Kind::Hung, failure),
        Some(Verdict::Passed { .. } | Verdict::NotWritten { .. }) | None => return (kind, own),
    };
    if still {
        failure.message.push_str(&format!("\nThen the test stood still: {}", own.message));
        return (first, failure);
    }
    let message = format!("{}\nA panic went before{}", own.message, failure.in_short());
    (kind, Failure { message, ..own })
}

/// Why a process may have ended without a verdict.
fn explain(ending: &Ending, stdout: &str, stderr: &str, limits: &Limits) -> (Kind, String) {
    let signal = match ending {
        Ending::Still(seconds) => {
            let message = format!(
                "it waits for something that never comes: no CPU time used for {seconds} s"
            );
            return (Kind::Hung, message);
        }
        Ending::Crowd(most) => {
            return (Kind::Crashed, format!("it has started more than {most} threads"));
        }
        Ending::Exited(status) => return (Kind::EndedEarly, early(*status, stdout, stderr)),
        Ending::Signal(signal) => *signal,
    };
    if stderr.contains("has overflowed its stack") {
        let message = "the stack overflowed: does a function call itself without an end?";
        return (Kind::Crashed, message.to_owned());
    }
    if let Some(bytes) = allocation(stderr) {
        let all = limits.memory.saturating_mul(1 << 20);
        let limit = if cfg!(target_os = "linux") {
            format!("may have {} in all", amount(all))
        } else {
            "there is not so much".to_owned()
        };
        let message = format!("it asked for {} of memory at once, and {limit}", amount(bytes));
        return (Kind::Crashed, message);
    }
    match signal_name(signal) {
        "SIGXCPU" => (Kind::Hung, format!("still computing after {} s of CPU time", limits.cpu)),
        "SIGKILL" => {
            let message = "the system killed it; was the machine out of memory?";
            (Kind::Crashed, message.to_owned())
        }
        "SIGXFSZ" => {
            (Kind::Crashed, "it wrote more than 1 GiB to one file, and was stopped".to_owned())
        }
        "SIGABRT" if stderr.contains("panicked") => {
            let message = "it aborted: a panic where none may leave, such as in a destructor";
            (Kind::Crashed, message.to_owned())
        }
        "SIGABRT" => (Kind::Crashed, "it aborted (SIGABRT)".to_owned()),
        "" => (Kind::Crashed, format!("it was ended by signal {signal}")),
        name => (Kind::Crashed, format!("it was ended by {name}")),
    }
}

fn early(status: i32, stdout: &str, stderr: &str) -> String {
    if stdout.contains("test result: ok. 1 passed") {
        return "the test passed without a verdict: it does not go through harness::check"
            .to_owned();
    }
    if stderr.contains("a test could not be started") {
        return stderr.lines().next().unwrap_or_default().to_owned();
    }
    if stdout.contains("test result: FAILED") {
        return "the test failed without a verdict: it does not go through harness::check"
            .to_owned();
    }
    format!("your code ended the process, with status {status}, before the test was over")
}

/// The size from Rust's message about a failed allocation.
fn allocation(stderr: &str) -> Option<u64> {
    let rest = stderr.split("memory allocation of ").nth(1)?;
    rest.split(' ').next()?.parse().ok()
}

/// So many bytes, in the largest unit of which there is one.
fn amount(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut amount, mut unit) = (bytes, 0);
    while amount >= 1024 && unit + 1 < units.len() {
        amount /= 1024;
        unit += 1;
    }
    format!("{amount} {}", units[unit])
}

/// The name of a signal that a test may die of; those numbers are the same on Linux and macOS,
/// except that of SIGBUS.
fn signal_name(signal: i32) -> &'static str {
    match signal {
        2 => "SIGINT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => "",
    }
}

/// What the code printed, without what libtest and the panic handler write around it.
fn own_output(test: &str, stdout: &str, stderr: &str) -> String {
    let start = format!("test {test} ... ");
    let own = stdout.split_once(&start).map_or(stdout, |(_, rest)| rest);
    let mut end = own.len();
    for closing in ["FAILED\n\nfailures:\n", "ok\n\ntest result:"] {
        if let Some(at) = own.rfind(closing) {
            end = end.min(at);
        }
    }
    let mut text = own[..end].trim_end().to_owned();
    let mut lines = stderr.lines();
    while let Some(line) = lines.next() {
        // The panic's message is shown by itself. Only the first one ends with a note; of a later
        // one the message is taken to be one line.
        if line.starts_with("thread '") && line.contains(" panicked at ") {
            let note = |line: &&str| line.starts_with("note: ");
            let length = lines.clone().position(|line| note(&line)).map_or(1, |at| at + 1);
            lines.by_ref().take(length).for_each(drop);
            continue;
        }
        let noise = line.starts_with("note: run with `RUST_BACKTRACE")
            || line.starts_with("error: test failed")
            || line.contains("has overflowed its stack")
            || line.starts_with("fatal runtime error: stack overflow")
            || line.starts_with("memory allocation of ")
            || line.trim().is_empty();
        if !noise {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { cpu: 7, memory: 2048, idle: 9, threads: 3, share: 100 };

    fn outcome(ending: Ending, stdout: &str, stderr: &str) -> Outcome {
        let (stdout, stderr) = (stdout.to_owned(), stderr.to_owned());
        Outcome::of(
            "votes::one",
            Ran { verdict: None, aside: None, ending, stdout, stderr },
            &LIMITS,
        )
    }

    #[test]
    fn a_good_exit_without_a_verdict_passes_nothing() {
        for status in [0, 1, 101] {
            let outcome = outcome(Ending::Exited(status), "running 1 test\n", "");
            assert_eq!(outcome.kind, Kind::EndedEarly, "{status}");
        }
    }

    #[test]
    fn something_else_on_the_pipe_passes_nothing() {
        let verdict = Some(Err("expected value".to_owned()));
        let (stdout, stderr) = (String::new(), String::new());
        let ran = Ran { verdict, aside: None, ending: Ending::Exited(0), stdout, stderr };
        assert_eq!(Outcome::of("votes::one", ran, &LIMITS).kind, Kind::EndedEarly);
    }

    #[test]
    fn signals_are_put_into_words() {
        let cases = [
            (6, "thread 'main' has overflowed its stack\n", Kind::Crashed, "the stack overflowed"),
            (6, "memory allocation of 3145728 bytes failed\n", Kind::Crashed, "asked for 3 MiB"),
            (6, "", Kind::Crashed, "it aborted (SIGABRT)"),
            (11, "", Kind::Crashed, "it was ended by SIGSEGV"),
            (24, "", Kind::Hung, "still computing after 7 s of CPU time"),
            (9, "", Kind::Crashed, "the system killed it"),
            (99, "", Kind::Crashed, "it was ended by signal 99"),
        ];
        for (signal, stderr, kind, words) in cases {
            let outcome = outcome(Ending::Signal(signal), "", stderr);
            assert_eq!(outcome.kind, kind, "{signal}");
            assert!(outcome.message.contains(words), "{signal}: {}", outcome.message);
        }
    }

    #[test]
    fn what_is_killed_here_is_told_why() {
        let still = outcome(Ending::Still(9), "", "");
        assert_eq!(still.kind, Kind::Hung);
        assert!(still.message.ends_with("no CPU time used for 9 s"), "{}", still.message);
        let crowd = outcome(Ending::Crowd(3), "", "");
        assert_eq!(crowd.kind, Kind::Crashed);
        assert_eq!(crowd.message, "it has started more than 3 threads");
        assert!(still.stopped && !crowd.stopped);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_failed_allocation_is_held_against_the_tests_own_limit() {
        let outcome = outcome(Ending::Signal(6), "", "memory allocation of 3145728 bytes failed\n");
        let words = "it asked for 3 MiB of memory at once, and may have 2 GiB in all";
        assert_eq!(outcome.message, words);
    }

    #[test]
    fn the_words_around_the_output_are_taken_away() {
        let stdout =
            "\nrunning 1 test\ntest votes::one ... first\nsecond\nFAILED\n\nfailures:\n\n…";
        let stderr = "\nthread 'main' (7) panicked at src/lib.rs:1:1:\nno\nvote\n\
                      note: run with `RUST_BACKTRACE=1` environment variable\nthird\n";
        assert_eq!(own_output("votes::one", stdout, stderr), "first\nsecond\nthird");
        let early = "\nrunning 1 test\ntest votes::one ... all there is";
        assert_eq!(own_output("votes::one", early, ""), "all there is");
        let nothing = "\nrunning 1 test\ntest votes::one ... ok\n\ntest result: ok. 1 passed;";
        assert_eq!(own_output("votes::one", nothing, ""), "");
    }

    #[test]
    fn what_is_wrong_matters_more_than_a_hole() {
        let text = "[chapter]\nnumber = 1\npackage = \"a\"\ntitle = \"A\"\nhours = 1\n\
                    [[exercise]]\nid = \"1.1\"\ntitle = \"B\"\nitem = \"a::b\"\npoints = 3\n\
                    minutes = 1\ntests = [\"one\", \"two\", \"three\"]\n";
        let manifest = crate::manifest::Manifest::parse(text, "x").expect("it is right");
        let exercise = &manifest.exercises[0];
        let outcomes = |kinds: &[Kind]| -> Vec<Outcome> {
            let names = exercise.tests.iter();
            names.zip(kinds).map(|(n, kind)| Outcome::new(n, kind.clone(), String::new())).collect()
        };
        let hole = |id: &str| Kind::NotWritten(id.to_owned());
        let state = |kinds: &[Kind]| state_of(exercise, &outcomes(kinds));
        assert_eq!(state(&[Kind::Passed, Kind::Passed, Kind::Passed]), State::Passed);
        assert_eq!(state(&[Kind::Passed, Kind::Passed]), State::NotGraded);
        assert_eq!(state(&[hole("1.1"), Kind::Wrong, Kind::Hung]), State::Wrong);
        assert_eq!(state(&[hole("1.0"), hole("1.1"), Kind::Passed]), State::NotWritten);
        assert_eq!(state(&[hole("1.0"), Kind::Passed]), State::Waits("1.0".to_owned()));
        assert_eq!(state(&[Kind::Passed, Kind::Hung, Kind::NotRun]), State::Hung);
    }
}
