//! One test in a process of its own.
//!
//! Owns the process: it is started with limits (see [`limits`](crate::limits)) in a group of its
//! own, what it prints is kept up to a bound, its verdict is read from a private pipe, and when it
//! has ended, or stands still, the whole group is killed.
//!
//! Invariants: whatever the test does, [`Runner::run`] returns; nothing it started is left in its
//! group; at most [`HEAD`] + [`TAIL`] bytes of each stream and [`LONGEST`] of a verdict are kept.
//!
//! Time: a test is stopped for the CPU time it uses, never for the time that passes. The one
//! exception is a process that uses none: after as many seconds without any as its limits say, it
//! waits for something that never comes. When its verdict is out, it is given [`TIDY`] of that.

mod look;
mod turn;

use crate::guard::Guard;
use crate::manifest::{Limits, WHOLE};
use harness::report::{Aside, Verdict};
use look::Stillness;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::io::{BufRead, BufReader, PipeReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
pub use turn::Turn;
use turn::Turns;

/// How much of the beginning of a stream is kept.
pub const HEAD: usize = 32 << 10;
/// How much of its end is kept.
pub const TAIL: usize = 32 << 10;
/// The longest verdict that is read.
pub const LONGEST: u64 = 64 << 20;
/// For how many seconds a test may stand still whose verdict is out: a test's thread that has run
/// into a hole may wait for the one that the hole has ended.
pub const TIDY: u64 = 1;
/// How long a reader may take after the group was killed. Only a process that left its group to
/// hold on to a pipe makes it take longer.
const READERS: Duration = Duration::from_secs(2);
/// No machine runs more at a time of those that take a whole turn: each may use hundreds of
/// megabytes.
const WIDEST: usize = 16;
/// Of all runners of this process together.
static TURNS: Turns = Turns::new();
/// Threads that are not the test's: libtest's first one, which waits for that of the test, and the
/// watchdog of the harness.
const OURS: u64 = 2;
/// How often a running process is asked whether it works.
const LOOK: Duration = Duration::from_millis(250);

/// How many tests run at a time, if each takes a whole turn: as many as the machine has processors,
/// and two at least, because one test alone often waits.
pub fn width() -> usize {
    thread::available_parallelism().map_or(2, usize::from).clamp(2, WIDEST)
}

/// How many tests run at a time, if each takes so much of a turn.
pub fn width_of(share: u64) -> usize {
    width() * usize::try_from(WHOLE / share.max(1)).expect("it is a small number")
}

/// Waits until a test that takes so much of a turn may run.
pub fn turn(share: u64) -> Turn<'static> {
    TURNS.take(share, WHOLE * width() as u64)
}

/// What to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The test binary.
    pub program: PathBuf,
    /// The package's folder, where it runs.
    pub folder: PathBuf,
    /// The workspace, for golden files.
    pub workspace: PathBuf,
    /// The test's name.
    pub test: String,
    /// What it may use.
    pub limits: Limits,
    /// How many simulated runs, if somebody asked.
    pub runs: Option<u64>,
    /// The first seed, if somebody asked.
    pub seed: Option<u64>,
    /// Return a run worth watching.
    pub play: bool,
    /// What the code is to be, if it was built as several programs at once.
    pub variant: Variant,
}

/// Which of the programs that are built into one a test is to run (see `prove::plant`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    /// The program as it stands.
    #[default]
    Whole,
    /// With the mistake of this number; the first is 1.
    Mutant(usize),
    /// With the first exercises written, so many, and holes for the others.
    Written(usize),
}

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Signal(i32),
    /// It was killed here, because it used no CPU time for this many seconds.
    Still(u64),
    /// It was killed here, because it had more threads than this.
    Crowd(u64),
}

/// What is known of a test's process after its end.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What it said of itself; an error if that was no verdict.
    pub verdict: Option<Result<Verdict, String>>,
    /// What it said aside.
    pub aside: Option<Verdict>,
    /// How it ended.
    pub ending: Ending,
    /// What it printed, shortened in the middle.
    pub stdout: String,
    /// The same of standard error.
    pub stderr: String,
}

/// Starts tests.
#[derive(Debug)]
pub struct Runner {
    command: PathBuf,
    guard: Guard,
}

impl Runner {
    /// A runner that starts itself by `command`, the path of this program.
    pub fn new(command: &Path) -> Runner {
        Runner { command: command.to_path_buf(), guard: Guard::start(command) }
    }

    /// Runs one test to its end, when it has its [`turn`].
    pub fn run(&self, _turn: Turn<'_>, job: &Job) -> std::io::Result<Ran> {
        let (reader, writer) = std::io::pipe()?;
        let mut command = Command::new(&self.command);
        command
            .arg("__exec")
            .arg(job.limits.cpu.to_string())
            .arg(job.limits.memory.to_string())
            .arg(&job.program)
            .arg(&job.test)
            .args(["--exact", "--nocapture", "--test-threads=1"])
            .current_dir(&job.folder)
            .env("WORKBOOK_CPU", job.limits.cpu.to_string())
            .env("RUST_BACKTRACE", "0")
            .env("INSTA_WORKSPACE_ROOT", &job.workspace);
        for (name, value) in [("WORKBOOK_SEEDS", job.runs), ("WORKBOOK_SEED", job.seed)] {
            match value {
                Some(value) => command.env(name, value.to_string()),
                None => command.env_remove(name),
            };
        }
        command.env_remove("WORKBOOK_MUTANT").env_remove("WORKBOOK_WRITTEN");
        match job.variant {
            Variant::Whole => {}
            Variant::Mutant(number) => {
                command.env("WORKBOOK_MUTANT", number.to_string());
            }
            Variant::Written(count) => {
                command.env("WORKBOOK_WRITTEN", count.to_string());
            }
        }
        if job.play {
            command.env("WORKBOOK_PLAY", "1");
        } else {
            command.env_remove("WORKBOOK_PLAY");
        }
        command.stdin(writer).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let child = command.spawn();
        // The command holds a copy of the writing end; without it the pipe ends with the test.
        drop(command);
        self.follow(child?, reader, job)
    }

    fn follow(&self, mut child: Child, pipe: PipeReader, job: &Job) -> std::io::Result<Ran> {
        let group = Pid::from_child(&child);
        self.guard.watch(group);
        let stdout = child.stdout.take().map(Capture::start);
        let stderr = child.stderr.take().map(Capture::start);
        let mut word = Word::start(pipe);
        let killed = wait(group, &job.limits, &mut word);
        // The process is dead or to be killed, but not yet reaped: its group's number is its own.
        let _ = kill_process_group(group, Signal::KILL);
        let status = child.wait();
        self.guard.release(group);
        let Said { verdict, aside } = word.finish();
        let stdout = stdout.map(Capture::finish).unwrap_or_default();
        let stderr = stderr.map(Capture::finish).unwrap_or_default();
        let status = status?;
        let ending = match (killed, status.code(), status.signal()) {
            (Some(reason), _, _) => reason,
            (None, Some(code), _) => Ending::Exited(code),
            (None, None, signal) => Ending::Signal(signal.unwrap_or_default()),
        };
        Ok(Ran { verdict, aside, ending, stdout, stderr })
    }
}

/// Waits until the process has ended, without reaping it, or until there is a reason to kill it.
fn wait(process: Pid, limits: &Limits, word: &mut Word) -> Option<Ending> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let mut pause = Duration::from_millis(1);
    let mut looked = Instant::now();
    let mut stillness = Stillness::new(process);
    loop {
        match waitid(WaitId::Pid(process), options) {
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Ok(Some(_)) | Err(_) => return None,
        }
        // Threads come by the thousand in the time of a look.
        if look::threads(process).is_some_and(|threads| threads > limits.threads + OURS) {
            return Some(Ending::Crowd(limits.threads));
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(10));
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            let patience = if word.is_out() { TIDY.min(limits.idle) } else { limits.idle };
            if stillness.look() >= Duration::from_secs(patience) {
                return Some(Ending::Still(patience));
            }
        }
    }
}

/// What a test has said through its pipe.
#[derive(Default)]
struct Said {
    verdict: Option<Result<Verdict, String>>,
    aside: Option<Verdict>,
}

/// What a test says, read in a thread of its own.
struct Word {
    reader: Receiver<Said>,
    said: Option<Said>,
}

impl Word {
    fn start(pipe: PipeReader) -> Word {
        let (send, reader) = channel();
        thread::spawn(move || {
            let _ = send.send(read_word(pipe));
        });
        Word { reader, said: None }
    }

    /// The verdict is out, or will never be.
    fn is_out(&mut self) -> bool {
        self.said = self.said.take().or_else(|| self.reader.try_recv().ok());
        self.said.is_some()
    }

    fn finish(self) -> Said {
        self.said.or_else(|| self.reader.recv_timeout(READERS).ok()).unwrap_or_default()
    }
}

/// Reads up to the verdict, or to the end.
fn read_word(pipe: PipeReader) -> Said {
    let mut said = Said::default();
    let mut reader = BufReader::new(pipe.take(LONGEST));
    loop {
        let mut line = Vec::new();
        if !matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            return said;
        }
        let verdict: serde_json::Result<Verdict> = serde_json::from_slice(&line);
        if verdict.is_err()
            && let Ok(Aside { aside }) = serde_json::from_slice(&line)
        {
            said.aside = Some(aside);
            continue;
        }
        said.verdict = Some(verdict.map_err(|error| error.to_string()));
        return said;
    }
}

/// A stream that is read to its end, and of which the beginning and the end are kept.
struct Capture {
    kept: Arc<Mutex<Kept>>,
    done: Receiver<()>,
}

impl Capture {
    fn start(mut stream: impl Read + Send + 'static) -> Capture {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let (send, done) = channel();
        let shared = Arc::clone(&kept);
        thread::spawn(move || {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(length @ 1..) = stream.read(&mut buffer) {
                if let Ok(mut kept) = shared.lock() {
                    kept.add(&buffer[..length]);
                }
            }
            let _ = send.send(());
        });
        Capture { kept, done }
    }

    fn finish(self) -> String {
        let _ = self.done.recv_timeout(READERS);
        self.kept.lock().map(|kept| kept.text()).unwrap_or_default()
    }
}

#[derive(Default)]
struct Kept {
    head: Vec<u8>,
    tail: Vec<u8>,
    left_out: u64,
}

impl Kept {
    fn add(&mut self, mut bytes: &[u8]) {
        let room = HEAD - self.head.len();
        if room > 0 {
            let (first, rest) = bytes.split_at(room.min(bytes.len()));
            self.head.extend_from_slice(first);
            bytes = rest;
        }
        self.tail.extend_from_slice(bytes);
        // Moving the tail costs as much as it is long, so it is not done for every byte.
        if self.tail.len() > 2 * TAIL {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        self.left_out += over as u64;
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        let over = self.tail.len().saturating_sub(TAIL);
        let left_out = self.left_out + over as u64;
        if left_out > 0 {
            text.push_str(&format!("\n… {left_out} bytes left out …\n"));
        }
        text.push_str(&String::from_utf8_lossy(&self.tail[over..]));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_the_beginning_and_the_end_are_kept() {
        let mut kept = Kept::default();
        kept.add(b"first ");
        for _ in 0..10_000 {
            kept.add(&[b'x'; 100]);
        }
        kept.add(b" last");
        let text = kept.text();
        assert!(text.starts_with("first xxx") && text.ends_with("xxx last"));
        assert!(text.len() < HEAD + TAIL + 60, "{}", text.len());
        let left_out = 1_000_011 - HEAD - TAIL;
        assert!(text.contains(&format!("… {left_out} bytes left out …")));
    }

    #[test]
    fn short_output_is_kept_whole() {
        let mut kept = Kept::default();
        kept.add(&[b'a'; HEAD]);
        kept.add(&[b'b'; TAIL]);
        assert_eq!(kept.text().len(), HEAD + TAIL);
    }
}
