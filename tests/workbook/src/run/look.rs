//! A running test, seen from outside.
//!
//! Owns what can be known of a process without asking it: its CPU time, how many threads it has,
//! and whether one of them runs or wants to. On Linux `/proc` tells; elsewhere `ps` does, which
//! knows no threads.
//!
//! Left to others: what follows (`run`).

use rustix::process::Pid;
use std::time::{Duration, Instant};

/// For how long a process has used no CPU time worth naming.
pub(super) struct Stillness {
    process: Pid,
    since: Instant,
    used: Option<Duration>,
}

impl Stillness {
    pub(super) fn new(process: Pid) -> Stillness {
        Stillness { process, since: Instant::now(), used: None }
    }

    /// The watchdog of the harness wakes up now and then; 2 % of a second a second is still. But a
    /// process of which a thread only lacks a processor, or waits for a disk, is not.
    pub(super) fn look(&mut self) -> Duration {
        // On systems where asking is costly, ask seldom.
        if !cfg!(target_os = "linux") && self.since.elapsed().as_secs() < SELDOM {
            return Duration::ZERO;
        }
        let now = cpu_time(self.process);
        let slack = self.since.elapsed() / 50 + Duration::from_millis(20);
        if let (Some(before), Some(now)) = (self.used, now)
            && now.saturating_sub(before) <= slack
            && waits(self.process)
        {
            return self.since.elapsed();
        }
        self.used = now;
        self.since = Instant::now();
        Duration::ZERO
    }
}

/// Where asking is costly, nobody asks before so many seconds.
const SELDOM: u64 = 5;

/// The CPU time that a process has used.
#[cfg(target_os = "linux")]
fn cpu_time(process: Pid) -> Option<Duration> {
    Some(proc::read(process)?.time)
}

/// How many threads a process has, where that can be known.
#[cfg(target_os = "linux")]
pub(super) fn threads(process: Pid) -> Option<u64> {
    Some(proc::read(process)?.threads)
}

/// No thread of the process runs or wants to.
#[cfg(target_os = "linux")]
fn waits(process: Pid) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", process.as_raw_nonzero())) else {
        return false;
    };
    threads.flatten().all(|thread| {
        // A thread that is gone by now wants nothing.
        let text = std::fs::read_to_string(thread.path().join("stat")).ok();
        text.as_deref().and_then(proc::Stat::read).is_none_or(|stat| stat.waits)
    })
}

/// The file `stat` of a process or of a thread.
#[cfg(target_os = "linux")]
mod proc {
    use super::{Duration, Pid};

    /// What is needed of it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Stat {
        /// It sleeps and can be woken, or it has ended. A thread that waits for a disk is in
        /// another kind of sleep, and one that somebody has stopped is in none.
        pub(super) waits: bool,
        /// CPU time, of all threads in the file of a process.
        pub(super) time: Duration,
        /// The threads of its process.
        pub(super) threads: u64,
    }

    pub(super) fn read(process: Pid) -> Option<Stat> {
        let path = format!("/proc/{}/stat", process.as_raw_nonzero());
        Stat::read(&std::fs::read_to_string(path).ok()?)
    }

    impl Stat {
        pub(super) fn read(text: &str) -> Option<Stat> {
            // The name may contain anything, but it ends with the last parenthesis.
            let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
            let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
            // A hundred ticks a second, on every processor that Rust's standard library runs on.
            let time = Duration::from_millis((number(11)? + number(12)?) * 10);
            let waits = matches!(*fields.first()?, "S" | "Z" | "X");
            Some(Stat { waits, time, threads: number(17)? })
        }
    }
}

/// Nobody can tell.
#[cfg(not(target_os = "linux"))]
pub(super) fn threads(_: Pid) -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
fn cpu_time(process: Pid) -> Option<Duration> {
    let time = ask_ps(process, "time=")?;
    let mut seconds = 0.0;
    // As in `0:01.50`.
    for part in time.split([':', '-']) {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

/// The state that `ps` gives is that of the process.
#[cfg(not(target_os = "linux"))]
fn waits(process: Pid) -> bool {
    ask_ps(process, "stat=").is_some_and(|state| state.starts_with(['S', 'I']))
}

#[cfg(not(target_os = "linux"))]
fn ask_ps(process: Pid, what: &str) -> Option<String> {
    let number = process.as_raw_nonzero().to_string();
    let mut ps = std::process::Command::new("ps");
    let output = ps.args(["-o", what, "-p", &number]).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn stat(state: &str) -> Option<proc::Stat> {
        let rest = "1 1 1 0 -1 4194304 97 0 0 0 150 25 0 0 20 0 7 0 9 8 7";
        proc::Stat::read(&format!("42 (a ) R (b) {state} {rest}"))
    }

    #[test]
    fn a_line_of_the_system_is_understood() {
        let time = Duration::from_millis(1750);
        assert_eq!(stat("S"), Some(proc::Stat { waits: true, time, threads: 7 }));
        for (state, waits) in [("R", false), ("D", false), ("T", false), ("t", false), ("Z", true)]
        {
            assert_eq!(stat(state).map(|stat| stat.waits), Some(waits), "{state}");
        }
        for broken in ["", "42 (a", "42 (a) S 1 2", "42 (a) S a b c d e f g h i j k l m n o p q"] {
            assert_eq!(proc::Stat::read(broken), None, "{broken}");
        }
    }

    #[test]
    fn this_process_has_threads_and_one_of_them_runs() {
        let own = rustix::process::getpid();
        let before = threads(own).expect("it is there");
        assert!(before >= 1);
        assert!(!waits(own), "it is asking");
    }
}
