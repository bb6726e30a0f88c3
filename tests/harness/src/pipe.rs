//! The private pipe, which the command has opened, and who may speak through it.
//!
//! Owns what leaves a graded test: lines of JSON, the last of which is the verdict. An aside may go
//! before it: the first panic that the test may fail of. It speaks for the test if no verdict
//! follows, since from a process that stands still nobody inside can say anything. What panics on
//! another thread than the test's is kept here too, for the verdict.
//!
//! Invariants: at most one verdict leaves a process, at most one aside, and none after the verdict.
//! Whoever speaks holds the pipe until the line is whole, so nobody ends the process within one.
//!
//! Left to others: what the verdict is (`check`), and which panics are told (`panics`).

use crate::report::{Aside, Verdict};
use serde::Serialize;
use std::cell::Cell;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The process's pipe, once a test has asked for it; none in a plain `cargo test`.
static PIPE: OnceLock<Option<Pipe>> = OnceLock::new();

thread_local! {
    /// Is this the thread that the graded test runs on?
    static IS_TESTS: Cell<bool> = const { Cell::new(false) };
}

/// The way out for the verdict of the one test that this process runs.
pub(crate) struct Pipe {
    line: Mutex<Line>,
}

struct Line {
    /// None when the verdict is out.
    open: Option<File>,
    /// An aside is out.
    told: bool,
    /// What another thread ended with first.
    other: Option<Verdict>,
    /// The same, as it was when the test's own thread panicked. What other threads end with
    /// afterwards may come of that, as when a channel is gone.
    before: Option<Option<Verdict>>,
}

/// The pipe, if the command has opened one. The test runs on this thread.
pub(crate) fn open() -> Option<&'static Pipe> {
    let pipe = PIPE.get_or_init(|| {
        IS_TESTS.set(true);
        let open = Some(from_environment()?);
        let line = Line { open, told: false, other: None, before: None };
        Some(Pipe { line: Mutex::new(line) })
    });
    pipe.as_ref()
}

/// The pipe, if a graded test is under way.
pub(crate) fn get() -> Option<&'static Pipe> {
    PIPE.get()?.as_ref()
}

/// Is this the graded test's own thread?
pub(crate) fn is_tests_thread() -> bool {
    IS_TESTS.get()
}

/// The pipe, opened anew by its number.
fn from_environment() -> Option<File> {
    let number: u32 = std::env::var("WORKBOOK_PIPE").ok()?.parse().ok()?;
    File::options().write(true).open(format!("/dev/fd/{number}")).ok()
}

impl Pipe {
    /// Says how the test ended, if nobody has said so before.
    pub(crate) fn verdict(&self, verdict: &Verdict) {
        let mut line = self.line();
        if let Some(mut pipe) = line.open.take() {
            write(&mut pipe, verdict);
        }
    }

    /// A panic of which the test may fail, as a verdict: on the test's own thread, or on another.
    pub(crate) fn aside(&self, aside: Aside, own: bool) {
        let mut line = self.line();
        let Line { open, told, .. } = &mut *line;
        if let (Some(pipe), false) = (open, *told) {
            write(pipe, &aside);
            *told = true;
        }
        if own {
            line.before = Some(line.other.clone());
        } else if line.other.is_none() {
            line.other = Some(aside.aside);
        }
    }

    /// What another thread had ended with when the test failed.
    pub(crate) fn other(&self) -> Option<Verdict> {
        let line = self.line();
        line.before.as_ref().unwrap_or(&line.other).clone()
    }

    /// The pipe serves panics too, so a panic of its holder must not close it.
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(pipe: &mut File, said: &impl Serialize) {
    let mut text = serde_json::to_string(said).expect("a verdict has no maps with odd keys");
    text.push('\n');
    // If the command is gone, nobody is left to tell.
    let _ = pipe.write_all(text.as_bytes());
}
