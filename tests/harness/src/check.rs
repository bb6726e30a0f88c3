//! One graded test: run it, judge how it ended, and say so.
//!
//! Owns the verdict. A test passes when its body returns, and only then; the verdict goes through a
//! private pipe that the command opened (see `pipe`). Under a plain `cargo test` there is no pipe:
//! then a failure is drawn on standard error, and libtest does the rest.
//!
//! Invariants: exactly one verdict leaves a graded test; a hole is never called wrong.
//!
//! Left to others: honesty. The pipe stops accidents such as `exit(0)`; a program that is written
//! to forge a verdict can, and a teacher reads the code.

use crate::flight::{self, Ending, Recorder};
use crate::panics::{self, FAILED, blamed};
use crate::pipe::{self, Pipe};
use crate::report::{Broken, Failure, Reached, Trace, Verdict};
use crate::{draw, printed};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::time::Duration;

/// How much CPU time a test may use if nobody says otherwise, in seconds.
const CPU_SECONDS: u64 = 30;

/// Between two looks at the CPU time that is used.
const SHORTEST_NAP: Duration = Duration::from_millis(50);
/// The same, while there is plenty left.
const LONGEST_NAP: Duration = Duration::from_secs(1);

thread_local! {
    static NOTE: RefCell<Option<String>> = const { RefCell::new(None) };
    static HAZARDS: RefCell<Vec<Reached>> = const { RefCell::new(Vec::new()) };
    static PLAYED: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// Runs the body of a graded test, and reports how it ended.
pub fn check(test: impl FnOnce()) {
    let pipe = pipe::open();
    if let Some(pipe) = pipe {
        printed::allow();
        start_watchdog(pipe, flight::recorder());
    }
    let (verdict, result) = run(test);
    match pipe {
        Some(pipe) => pipe.verdict(&verdict),
        None => explain(&verdict),
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
    panics::watch();
    flight::end();
    HAZARDS.take();
    let result = catch_unwind(AssertUnwindSafe(test));
    let verdict = match &result {
        Ok(()) => {
            let (note, trace, hazards) = (NOTE.take(), PLAYED.take(), HAZARDS.take());
            Verdict::Passed { note, trace, hazards }
        }
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

/// A few words about what was tried, for a test that passes.
pub fn note(text: String) {
    NOTE.set(Some(text));
}

/// The runs of this test have reached these hazard states, besides those of before. How many of all
/// were reached by now, and how many there are.
pub(crate) fn reached(found: &[Reached]) -> (usize, usize) {
    HAZARDS.with_borrow_mut(|all| {
        for one in found {
            match all.iter_mut().find(|known| known.name == one.name) {
                Some(known) => known.runs += one.runs,
                None => all.push(one.clone()),
            }
        }
        (all.iter().filter(|one| one.runs > 0).count(), all.len())
    })
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

fn judge(payload: &(dyn Any + Send)) -> Verdict {
    let other = pipe::get().and_then(Pipe::other);
    if let Some(verdict) = payload.downcast_ref::<Verdict>() {
        let verdict = with_trace(verdict.clone(), newest_trace(Ending::AfterLast));
        return reminded(verdict, other);
    }
    let last = panics::last(payload);
    if let Some(exercise) = last.hole() {
        return Verdict::NotWritten { exercise };
    }
    let own = last.verdict();
    let verdict = other.map_or_else(|| own.clone(), |other| blamed(other, &own));
    with_trace(verdict, newest_trace(Ending::AfterLast))
}

/// A verdict that speaks for itself, with a word about the other thread. What was promised may not
/// have come because that thread is gone: that is a panic, whatever the test says of it.
fn reminded(mut verdict: Verdict, other: Option<Verdict>) -> Verdict {
    let Some(before) = other.as_ref().and_then(Verdict::failure).map(Failure::in_short) else {
        return verdict;
    };
    if let Some(failure) = verdict.failure_mut() {
        failure.message.push_str(&format!("\nAnother thread had failed before{before}"));
    }
    match (verdict, other) {
        (Verdict::Wrong(failure), Some(Verdict::Panicked(_))) => Verdict::Panicked(failure),
        (verdict, _) => verdict,
    }
}

fn newest_trace(ending: Ending) -> Option<Trace> {
    flight::trace(&flight::recorder(), ending)
}

fn with_trace(mut verdict: Verdict, trace: Option<Trace>) -> Verdict {
    let Some(failure) = verdict.failure_mut() else { return verdict };
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
    let Some(failure) = verdict.failure() else { return };
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
fn start_watchdog(pipe: &'static Pipe, recorder: Recorder) {
    let seconds = std::env::var("WORKBOOK_CPU").ok().and_then(|text| text.parse().ok());
    let budget = Duration::from_secs(seconds.unwrap_or(CPU_SECONDS));
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::spawn(move || {
        while let Some(left) = budget.checked_sub(cpu_time()).filter(|left| !left.is_zero()) {
            std::thread::sleep(nap(left, processors));
        }
        let failure = Failure {
            message: format!("still computing after {} s", budget.as_secs()),
            ..Failure::default()
        };
        let verdict = with_trace(Verdict::Hung(failure), flight::trace(&recorder, Ending::InLast));
        pipe.verdict(&reminded(verdict, pipe.other()));
        std::process::exit(FAILED);
    });
}

/// Half as long as the budget lasts when every processor works for the test. A watchdog that hardly
/// ever wakes up is not taken for a test that works.
fn nap(left: Duration, processors: usize) -> Duration {
    let processors = u32::try_from(processors).unwrap_or(u32::MAX);
    (left / processors / 2).clamp(SHORTEST_NAP, LONGEST_NAP)
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
