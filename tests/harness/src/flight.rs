//! The flight recorder: which run a test is in, so that any failure can show it.
//!
//! Owns the link between the cluster that a test works with and the report of its failure. A test
//! does not pass its cluster around; whatever stops it, the newest cluster of its thread is the one
//! that is told about.
//!
//! A run is known here as its actions and a function that makes a trace of them. What is behind the
//! function is left to `record`.

use crate::action::Timed;
use crate::report::Trace;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};

/// How a recorded run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// After the last action, whatever it brought.
    AfterLast,
    /// In the last action, which does not come back: it must not be done again.
    InLast,
}

/// What a run was drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The seed, from which all follows.
    pub seed: u64,
    /// Which faults it drew, in a line.
    pub weather: String,
}

type Build = dyn Fn(&[Timed], Ending) -> Trace + Send + Sync;

/// A run that is under way.
#[derive(Clone)]
pub(crate) struct Flight {
    log: Arc<Mutex<Vec<Timed>>>,
    build: Arc<Build>,
    origin: Option<Origin>,
    /// How long the run was before it was made shorter.
    shrunk_from: Option<usize>,
}

/// The newest run of a thread. The watchdog holds it too.
pub(crate) type Recorder = Arc<Mutex<Option<Flight>>>;

thread_local! {
    static RECORDER: Recorder = Arc::default();
    static ORIGIN: RefCell<Option<Origin>> = const { RefCell::new(None) };
}

/// This thread's recorder.
pub(crate) fn recorder() -> Recorder {
    RECORDER.with(Arc::clone)
}

/// The runs that begin from now on are drawn from this.
pub(crate) fn drawn(origin: Option<Origin>) {
    ORIGIN.set(origin);
}

/// A run begins. Its actions come into `log`, and `build` makes a trace of them.
pub(crate) fn begin(
    log: Arc<Mutex<Vec<Timed>>>,
    build: impl Fn(&[Timed], Ending) -> Trace + Send + Sync + 'static,
) {
    let origin = ORIGIN.with_borrow(Clone::clone);
    let flight = Flight { log, build: Arc::new(build), origin, shrunk_from: None };
    *recorder().lock().expect("no holder panics") = Some(flight);
}

/// The run to tell about is the one that has just begun: it was drawn from this, and made from a
/// longer one if `shrunk_from` says so.
pub(crate) fn land(shrunk_from: Option<usize>, origin: Origin) {
    if let Some(flight) = recorder().lock().expect("no holder panics").as_mut() {
        flight.shrunk_from = shrunk_from;
        flight.origin = Some(origin);
    }
}

/// No run is under way any more.
pub(crate) fn end() {
    *recorder().lock().expect("no holder panics") = None;
}

/// The run that is under way, as a trace.
pub(crate) fn trace(recorder: &Recorder, ending: Ending) -> Option<Trace> {
    let flight = recorder.lock().expect("no holder panics").clone()?;
    let log = flight.log.lock().expect("no holder panics").clone();
    let mut trace = (flight.build)(&log, ending);
    if let Some(Origin { seed, weather }) = flight.origin {
        (trace.seed, trace.weather) = (Some(seed), Some(weather));
    }
    trace.shrunk_from = flight.shrunk_from;
    Some(trace)
}
