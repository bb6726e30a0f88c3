//! What a learner's code prints, caught event by event.
//!
//! Owns the detour of standard output and standard error while a run is repeated for a report. Only
//! a graded test takes it (see `check`): in a plain `cargo test`, output goes where the learner
//! expects it.

use rustix::stdio::{dup2_stderr, dup2_stdout};
use std::cell::Cell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Only a process that runs one graded test may move its own output.
static ALLOWED: AtomicBool = AtomicBool::new(false);

/// How many repeated runs all threads are in.
static REPEATING_ANYWHERE: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// How many repeated runs this thread is in.
    static REPEATING: Cell<u32> = const { Cell::new(0) };
}

/// A step shows at most this much of what was printed in it.
const LIMIT: u64 = 2_000;

/// Output is caught until this is dropped; without permission it does nothing.
pub(crate) struct Printed {
    detour: Option<Detour>,
}

/// Output is thrown away until this is dropped, and panics are not told of: these runs are only
/// tried. Without permission, what is printed stays where the learner expects it.
pub(crate) struct Silence {
    _way_back: Option<WayBack>,
}

struct Detour {
    file: File,
    read: u64,
    _way_back: WayBack,
}

/// Where output went before; there it goes again when this is dropped.
struct WayBack {
    stdout: OwnedFd,
    stderr: OwnedFd,
}

/// From now on, runs that are repeated for a report catch what they print.
pub(crate) fn allow() {
    ALLOWED.store(true, Ordering::Relaxed);
}

/// Is this thread in a run that is repeated for a report? Its panics have been told before.
pub(crate) fn repeating() -> bool {
    REPEATING.get() > 0
}

/// Is some thread of the process in such a run?
pub(crate) fn repeating_anywhere() -> bool {
    REPEATING_ANYWHERE.load(Ordering::SeqCst) > 0
}

fn begin_repeating() {
    REPEATING.set(REPEATING.get() + 1);
    REPEATING_ANYWHERE.fetch_add(1, Ordering::SeqCst);
}

fn end_repeating() {
    REPEATING.set(REPEATING.get() - 1);
    REPEATING_ANYWHERE.fetch_sub(1, Ordering::SeqCst);
}

impl Printed {
    pub(crate) fn start() -> Printed {
        begin_repeating();
        let allowed = ALLOWED.load(Ordering::Relaxed);
        Printed { detour: allowed.then(Detour::start).and_then(Result::ok) }
    }

    /// What was printed since the last call, cut to a readable length.
    pub(crate) fn take(&mut self) -> String {
        self.detour.as_mut().and_then(|detour| detour.take().ok()).unwrap_or_default()
    }
}

impl Silence {
    pub(crate) fn start() -> Silence {
        begin_repeating();
        let allowed = ALLOWED.load(Ordering::Relaxed);
        let nowhere = || WayBack::from(&File::options().write(true).open("/dev/null")?);
        Silence { _way_back: allowed.then(nowhere).and_then(Result::ok) }
    }
}

impl WayBack {
    /// Turns output to this file.
    fn from(file: &File) -> std::io::Result<WayBack> {
        std::io::stdout().flush()?;
        let stdout = rustix::io::dup(rustix::stdio::stdout())?;
        let stderr = rustix::io::dup(rustix::stdio::stderr())?;
        dup2_stdout(file)?;
        dup2_stderr(file)?;
        Ok(WayBack { stdout, stderr })
    }
}

impl Detour {
    fn start() -> std::io::Result<Detour> {
        let path = std::env::temp_dir().join(format!("workbook-printed-{}", std::process::id()));
        let file = File::options().read(true).append(true).create_new(true).open(&path)?;
        // Nobody else needs its name; the file lives as long as it is open.
        std::fs::remove_file(&path)?;
        let way_back = WayBack::from(&file)?;
        Ok(Detour { file, read: 0, _way_back: way_back })
    }

    fn take(&mut self) -> std::io::Result<String> {
        std::io::stdout().flush()?;
        let length = self.file.metadata()?.len();
        self.file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        (&self.file).take(LIMIT).read_to_end(&mut bytes)?;
        let cut = length.saturating_sub(self.read) > LIMIT;
        self.read = length;
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if cut {
            text.push_str(" …");
        }
        Ok(text)
    }
}

impl Drop for Printed {
    fn drop(&mut self) {
        end_repeating();
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        end_repeating();
    }
}

impl Drop for WayBack {
    fn drop(&mut self) {
        // If the way back fails there is nobody left to tell.
        let _ = std::io::stdout().flush();
        let _ = dup2_stdout(&self.stdout);
        let _ = dup2_stderr(&self.stderr);
    }
}
