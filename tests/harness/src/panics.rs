//! Panics: which one stopped a run, and what the others mean.
//!
//! Owns the panic hook and what it keeps: the last panic of each thread, and apart from it that of
//! a run which is only tried or repeated. Where one test is graded in a process of its own, the
//! hook looks at every thread:
//!
//! - A hole decides the verdict, wherever it is reached. Whoever ran into it may be a thread that
//!   the test joins, a task whose runtime catches the panic, or a thread that the test waits for in
//!   vain; none of these is the learner's mistake. So the hook gives the verdict itself. On another
//!   thread than the test's it also ends the process. On the test's own, it lets the panic go on,
//!   so that the test can tidy up.
//! - Another panic on another thread is told aside, and blamed if the test fails afterwards. So is
//!   one that a task's runtime caught on the test's own thread, if the test then quotes it.
//!
//! None of this counts while a run is repeated: then the test has failed, and only the telling is
//! left.
//!
//! Invariants: a hole is never called wrong; in a plain `cargo test`, where many tests share the
//! process, a thread's panic concerns that thread only.

use crate::pipe;
use crate::printed;
use crate::report::{Aside, Failure, Verdict};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{
    AssertUnwindSafe, Location, PanicHookInfo, catch_unwind, resume_unwind, set_hook, take_hook,
};
use std::sync::Once;

/// The exit status of a test that fails, as Rust's own.
pub(crate) const FAILED: i32 = 101;

/// A panic, as its message and its place.
#[derive(Clone, Debug)]
pub(crate) struct Panic {
    message: String,
    /// Empty if nobody knows.
    location: String,
    /// The panic that this one quotes, as a task's runtime does that has caught it.
    cause: Option<Box<Panic>>,
}

/// What came out of code that did not return.
pub(crate) enum Caught {
    /// A panic of the machine.
    Panic(Panic),
    /// A verdict, or a hole: nothing that another run of the same kind could tell better.
    Other(Box<dyn Any + Send>),
}

thread_local! {
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
    /// The same, of a run that is only tried or repeated.
    static REPEATED: RefCell<Option<Panic>> = const { RefCell::new(None) };
    /// The exercise whose hole may be reached at the moment.
    static EXCUSED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on, panics are looked at.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let default = take_hook();
        set_hook(Box::new(move |info| look(info, &*default)));
    });
}

fn look(info: &PanicHookInfo<'_>, default: &dyn Fn(&PanicHookInfo<'_>)) {
    if let Some(verdict) = info.payload().downcast_ref::<Verdict>() {
        tell(|| verdict.clone());
        return;
    }
    let location = info.location().map(place).unwrap_or_default();
    let mut panic = Panic { message: text_of(info.payload()), location, cause: None };
    if printed::repeating() {
        keep(&REPEATED, panic);
        return;
    }
    default(info);
    if pipe::get().is_some() {
        let before = LAST.try_with(RefCell::take).ok().flatten();
        panic.cause = before.filter(|before| panic.quotes(before)).map(Box::new);
    }
    match panic.hole() {
        Some(exercise) => reached(exercise),
        None => tell(|| panic.verdict()),
    }
    keep(&LAST, panic);
}

/// A thread that is at its very end has no place for it any more, and nobody asks it either.
fn keep(place: &'static std::thread::LocalKey<RefCell<Option<Panic>>>, panic: Panic) {
    let _ = place.try_with(|cell| cell.replace(Some(panic)));
}

/// A hole was reached on this thread. If it decides the verdict of a graded test, that is out when
/// this returns.
fn reached(exercise: String) {
    let Some(pipe) = pipe::get() else { return };
    let own = pipe::is_tests_thread();
    if excused().as_ref() == Some(&exercise) || (!own && printed::repeating_anywhere()) {
        return;
    }
    pipe.verdict(&Verdict::NotWritten { exercise });
    if !own {
        std::process::exit(FAILED);
    }
}

/// A thread ends with this, and the graded test may fail of it.
fn tell(verdict: impl FnOnce() -> Verdict) {
    let Some(pipe) = pipe::get() else { return };
    if printed::repeating_anywhere() || excused().is_some() {
        return;
    }
    let mut verdict = verdict();
    let Some(failure) = verdict.failure_mut() else { return };
    // The run belongs to the verdict, and may be long.
    failure.trace = None;
    let own = pipe::is_tests_thread();
    if !own {
        let thread = std::thread::current();
        failure.message.push_str(&match thread.name() {
            Some(name) => format!("\nThis was in the thread `{name}`."),
            None => "\nThis was in another thread.".to_owned(),
        });
    }
    pipe.aside(Aside { aside: verdict }, own);
}

fn excused() -> Option<String> {
    EXCUSED.try_with(|cell| cell.borrow().clone()).ok().flatten()
}

/// Does something in which the machine may panic.
pub(crate) fn catch<T>(act: impl FnOnce() -> T) -> Result<T, Caught> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|payload| {
        let last = if printed::repeating() { &REPEATED } else { &LAST };
        match last.take() {
            Some(panic) if !payload.is::<Verdict>() && panic.hole().is_none() => {
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
    LAST.set(Some(panic));
    // The panic has been told of; this one only leads to the verdict.
    resume_unwind(Box::new(message))
}

/// The panic that this payload comes from.
pub(crate) fn last(payload: &(dyn Any + Send)) -> Panic {
    let unknown = || Panic { message: text_of(payload), location: String::new(), cause: None };
    LAST.take().unwrap_or_else(unknown)
}

/// Does something on the test's own thread that may end in the hole of this exercise, a later one
/// than the test's. The test goes on then; nothing comes back, nor from a panic, which is for the
/// later exercise's own tests to find. A hole of any other exercise ends the test.
pub fn despite_hole<T>(exercise: &str, act: impl FnOnce() -> T) -> Option<T> {
    let before = EXCUSED.replace(Some(exercise.to_owned()));
    let result = catch_unwind(AssertUnwindSafe(act));
    EXCUSED.set(before);
    result
        .map_err(|payload| {
            let last = LAST.take();
            let hole = last.as_ref().and_then(Panic::hole);
            if payload.is::<Verdict>() || hole.is_some_and(|hole| hole != exercise) {
                LAST.set(last);
                resume_unwind(payload);
            }
        })
        .ok()
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

    /// The exercise whose hole this panic comes from, if it is one.
    pub(crate) fn hole(&self) -> Option<String> {
        let rest = self.message.strip_prefix("not yet implemented: exercise ")?;
        let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        (!number.is_empty()).then_some(number)
    }

    /// Does it tell of the other one, and is not the same again?
    fn quotes(&self, other: &Panic) -> bool {
        let quoted = format!("{:?}", other.message);
        let told = self.message.contains(&other.message) || self.message.contains(&quoted);
        told && !other.message.is_empty() && self.location != other.location
    }

    /// What it means if it is no hole: a test's own code panics when what it expects is not so.
    pub(crate) fn verdict(&self) -> Verdict {
        let in_test = self.location.starts_with("tests/") || self.location.starts_with("../tests/");
        let failure = Failure {
            message: readable(&self.message),
            location: (!self.location.is_empty()).then(|| self.location.clone()),
            ..Failure::default()
        };
        let own = if in_test { Verdict::Wrong(failure) } else { Verdict::Panicked(failure) };
        self.cause.as_ref().map_or_else(|| own.clone(), |cause| blamed(cause.verdict(), &own))
    }
}

/// The verdict on a test that panicked after something else had gone wrong first. Most often it
/// panics about just that, in a `join().unwrap()` or at a channel that is closed.
pub(crate) fn blamed(mut first: Verdict, own: &Verdict) -> Verdict {
    if let (Some(failure), Some(own)) = (first.failure_mut(), own.failure()) {
        let at = own.location.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
        let line = own.message.lines().next().unwrap_or_default();
        failure.message.push_str(&format!("\nThen the test failed{at}: {line}"));
    }
    first
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
