//! Nothing is left running when the command is ended.
//!
//! Owns the guard: one small process that knows which process groups are tests. Tests have groups
//! of their own, so Ctrl-C in the terminal does not reach them; but when the command ends, however
//! it ends, the guard's standard input ends, and the guard kills what is left.
//!
//! Invariant: a group is known to the guard until it has been killed.

use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::Mutex;

/// The command's side of the guard.
#[derive(Debug)]
pub struct Guard {
    line: Mutex<Option<ChildStdin>>,
    process: Mutex<Option<Child>>,
}

impl Guard {
    /// Starts the guard. If that fails there is none, and only Ctrl-C is less tidy.
    pub fn start(command: &Path) -> Guard {
        let child = Command::new(command)
            .arg("__guard")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let mut child = child.ok();
        let line = child.as_mut().and_then(|child| child.stdin.take());
        Guard { line: Mutex::new(line), process: Mutex::new(child) }
    }

    /// This group must not outlive the command.
    pub fn watch(&self, group: Pid) {
        self.tell('+', group);
    }

    /// This group is gone.
    pub fn release(&self, group: Pid) {
        self.tell('-', group);
    }

    fn tell(&self, sign: char, group: Pid) {
        if let Ok(mut line) = self.line.lock()
            && let Some(line) = line.as_mut()
        {
            // A guard that is gone cannot be told anything; nothing depends on it.
            let _ = line.write_all(format!("{sign}{}\n", group.as_raw_nonzero()).as_bytes());
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Ok(line) = self.line.get_mut() {
            line.take();
        }
        if let Ok(Some(child)) = self.process.get_mut() {
            let _ = child.wait();
        }
    }
}

/// What the guard's process does: listens until its standard input ends, then kills.
pub fn stand() -> ExitCode {
    let mut groups = BTreeSet::new();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Some((sign, number)) = line.split_at_checked(1) else { continue };
        let Ok(number) = number.parse::<i32>() else { continue };
        match sign {
            "+" => groups.insert(number),
            _ => groups.remove(&number),
        };
    }
    for group in groups {
        if let Some(group) = Pid::from_raw(group) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    ExitCode::SUCCESS
}
