//! One graded test: run it, judge how it ended, and say so.
//!
//! Owns the verdict. A test passes when its body returns, and only then; the verdict goes through a
//! private pipe that the command opened, as one line of JSON. Under a plain `cargo test` there is
//! no pipe: then a failure is drawn on standard error, and libtest does the rest.
//!
//! Invariants: exactly one verdict leaves a graded test; a hole is never called wrong.
//!
//! Left to others: honesty. The pipe stops accidents such as `exit(0)`; a program that is written
//! to forge a verdict can, and a teacher reads the code.

use crate::flight::{self, Ending, Recorder};
use crate::report::{Broken, Failure, Trace, Verdict};
use crate::{draw, printed};
use std::any::Any;
use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, panic_any, resume_unwind};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

/// How much CPU time a test may use if nobody says otherwise, in seconds.
const CPU_SECONDS: u64 = 30;

/// The way out for the verdict; whoever takes it speaks for the test.
type Exit = Arc<Mutex<Option<File>>>;

/// A panic, as its message and its place.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    message: String,
    location: String,
}

/// What came out of code that did not return.
pub(crate) enum Caught {
    /// A panic of the machine.
    Panic(Panic),
    /// A verdict, or a hole: nothing that another run of the same kind could tell better.
    Other(Box<dyn Any + Send>),
}

thread_local! {
    static LAST_PANIC: RefCell<Option<Panic>> = const { RefCell::new(None) };
    /// The same, of a run that is only tried or repeated.
    static REPEATED_PANIC: RefCell<Option<Panic>> = const { RefCell::new(None) };
    static NOTE: RefCell<Option<String>> = const { RefCell::new(None) };
    static PLAYED: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// Runs the body of a graded test, and reports how it ended.
pub fn check(test: impl FnOnce()) {
    let exit = exit_from_environment();
    let graded = exit.is_some();
    let exit: Exit = Arc::new(Mutex::new(exit));
    if graded {
        printed::allow();
        start_watchdog(Arc::clone(&exit), flight::recorder());
    }
    let (verdict, result) = run(test);
    if graded {
        report(&exit, &verdict);
    } else {
        explain(&verdict);
    }
    if let Err(payload) = result {
        resume_unwind(payload);
    }
}

/// Runs the body of a graded test and returns its verdict: for tests of tests.
pub fn verdict_of(test: impl FnOnce()) -> Verdict {
    run(test).0
}

fn run(test: impl FnOnce()) -> (Verdict, std::thread::Result<()>) {
    watch_panics();
    flight::end();
    let result = catch_unwind(AssertUnwindSafe(test));
    let verdict = match &result {
        Ok(()) => Verdict::Passed { note: NOTE.take(), trace: PLAYED.take() },
        Err(payload) => judge(payload.as_ref()),
    };
    flight::end();
    (verdict, result)
}

/// Ends the test: the code is wrong, for this reason.
pub fn wrong(failure: Failure) -> ! {
    panic_any(Verdict::Wrong(failure))
}

/// Ends the test: the code never comes to rest.
pub(crate) fn hung(failure: Failure) -> ! {
    panic_any(Verdict::Hung(failure))
}

/// Does something in which the machine may panic.
pub(crate) fn catch<T>(act: impl FnOnce() -> T) -> Result<T, Caught> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|payload| {
        let last = if printed::repeating() { &REPEATED_PANIC } else { &LAST_PANIC };
        match last.take() {
            Some(panic) if !payload.is::<Verdict>() && hole(&panic.message).is_none() => {
                Caught::Panic(panic)
            }
            last_panic => {
                last.set(last_panic);
                Caught::Other(payload)
            }
        }
    })
}

/// Ends the test with a panic that was caught.
pub(crate) fn panicked(panic: Panic) -> ! {
    let message = panic.message.clone();
    LAST_PANIC.set(Some(panic));
    // The panic has been told of; this one only leads to the verdict.
    resume_unwind(Box::new(message))
}

impl Panic {
    /// Is it the same mistake? It comes from the same line, and says the same up to the first
    /// value: numbers differ from run to run.
    pub(crate) fn is_like(&self, other: &Panic) -> bool {
        let words = |panic: &Panic| -> String {
            let value = |letter: char| letter.is_ascii_digit() || letter == '\n';
            panic.message.chars().take_while(|letter| !value(*letter)).collect()
        };
        self.location == other.location && words(self) == words(other)
    }
}

/// A few words about what was tried, for a test that passes.
pub(crate) fn note(text: String) {
    NOTE.set(Some(text));
}

/// The newest run is worth watching, for a test that passes and was started to play one.
pub(crate) fn play(title: &str) {
    if std::env::var_os("WORKBOOK_PLAY").is_none() {
        return;
    }
    if let Some(mut trace) = flight::trace(&flight::recorder(), Ending::AfterLast) {
        trace.test = test_name();
        title.clone_into(&mut trace.title);
        PLAYED.set(Some(trace));
    }
}

/// The pipe, opened anew by its number, if the command has opened one.
fn exit_from_environment() -> Option<File> {
    let number: u32 = std::env::var("WORKBOOK_PIPE").ok()?.parse().ok()?;
    File::options().write(true).open(format!("/dev/fd/{number}")).ok()
}

fn report(exit: &Exit, verdict: &Verdict) {
    let Some(mut pipe) = exit.lock().expect("no holder panics").take() else {
        return;
    };
    let line = serde_json::to_string(verdict).expect("a verdict has no maps with odd keys");
    // If the command is gone, nobody is left to tell.
    let _ = writeln!(pipe, "{line}");
}

fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().is::<Verdict>() {
                return;
            }
            let message = text_of(info.payload());
            let location = info.location().map(place).unwrap_or_default();
            let panic = Some(Panic { message, location });
            if printed::repeating() {
                REPEATED_PANIC.set(panic);
                return;
            }
            LAST_PANIC.set(panic);
            default(info);
        }));
    });
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// `file:line`, from the repository's root as far as the compiler knew it.
fn place(location: &Location<'_>) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in location.file().split('/') {
        if part == ".." {
            parts.pop();
        } else if part != "." {
            parts.push(part);
        }
    }
    format!("{}:{}", parts.join("/"), location.line())
}

fn judge(payload: &(dyn Any + Send)) -> Verdict {
    let trace = flight::trace(&flight::recorder(), Ending::AfterLast);
    if let Some(verdict) = payload.downcast_ref::<Verdict>() {
        return with_trace(verdict.clone(), trace);
    }
    let last = LAST_PANIC
        .take()
        .unwrap_or_else(|| Panic { message: text_of(payload), location: String::new() });
    if let Some(exercise) = hole(&last.message) {
        return Verdict::NotWritten { exercise };
    }
    let in_test = last.location.starts_with("tests/") || last.location.starts_with("../tests/");
    let failure = Failure {
        message: readable(&last.message),
        location: (!last.location.is_empty()).then_some(last.location),
        ..Failure::default()
    };
    let verdict = if in_test { Verdict::Wrong(failure) } else { Verdict::Panicked(failure) };
    with_trace(verdict, trace)
}

/// What an assertion says, without the words of the macro. Tests put what they got on the left and
/// what they expected on the right.
fn readable(message: &str) -> String {
    let Some(rest) = message.strip_prefix("assertion `left == right` failed") else {
        return message.strip_prefix("assertion failed: ").unwrap_or(message).to_owned();
    };
    let Some((text, values)) = rest.split_once("\n  left: ") else { return message.to_owned() };
    let Some((left, right)) = values.split_once("\n right: ") else { return message.to_owned() };
    let text = text.strip_prefix(": ").unwrap_or("these differ");
    format!("{text}\nexpected: {right}\ngot: {left}")
}

/// The exercise whose hole this panic comes from, if it is one.
fn hole(message: &str) -> Option<String> {
    let rest = message.strip_prefix("not yet implemented: exercise ")?;
    let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    (!number.is_empty()).then_some(number)
}

fn with_trace(mut verdict: Verdict, trace: Option<Trace>) -> Verdict {
    let (Verdict::Wrong(failure) | Verdict::Panicked(failure) | Verdict::Hung(failure)) =
        &mut verdict
    else {
        return verdict;
    };
    if let Some(mut trace) = trace
        && failure.trace.is_none()
    {
        trace.test = test_name();
        trace.title.clone_from(&failure.message);
        trace.broken = Some(Broken {
            invariant: failure.invariant.clone().unwrap_or_default(),
            message: failure.message.clone(),
            step: trace.steps.len().saturating_sub(1),
        });
        failure.trace = Some(trace);
    }
    verdict
}

/// The test's name: libtest names its threads, and a single test runs on the main one.
fn test_name() -> String {
    let thread = std::thread::current();
    match thread.name() {
        Some("main") | None => std::env::args().nth(1).unwrap_or_default(),
        Some(name) => name.to_owned(),
    }
}

fn explain(verdict: &Verdict) {
    let (Verdict::Wrong(failure) | Verdict::Panicked(failure) | Verdict::Hung(failure)) = verdict
    else {
        return;
    };
    let mut text = format!("\n{}\n", failure.message);
    if let Some(invariant) = &failure.invariant {
        text.insert_str(0, &format!("\n{invariant} is broken."));
    }
    if let Some(trace) = &failure.trace {
        text.push('\n');
        text.push_str(&draw::terminal(trace, 100, false));
    }
    eprintln!("{text}");
}

/// Ends a test that computes for too long, while there is still time to say where.
fn start_watchdog(exit: Exit, recorder: Recorder) {
    let seconds = std::env::var("WORKBOOK_CPU").ok().and_then(|text| text.parse().ok());
    let budget = Duration::from_secs(seconds.unwrap_or(CPU_SECONDS));
    std::thread::spawn(move || {
        while cpu_time() < budget {
            std::thread::sleep(Duration::from_millis(50));
        }
        let failure = Failure {
            message: format!("still computing after {} s", budget.as_secs()),
            ..Failure::default()
        };
        let trace = flight::trace(&recorder, Ending::InLast);
        report(&exit, &with_trace(Verdict::Hung(failure), trace));
        std::process::exit(101);
    });
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
