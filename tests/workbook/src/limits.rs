//! The last moment before a process becomes a test: its limits, and the way out for its verdict.
//!
//! Owns what [`run`](crate::run) asks of a new process. The command starts itself with the writing
//! end of a private pipe as standard input; here that end moves to a number that survives the
//! exec, standard input becomes empty, and the limits are set. All of it is done without `unsafe`,
//! which is why it happens in a process of its own and not between fork and exec.
//!
//! Left to others: what the limits are (`manifest`), the threads (`run`), and the budget itself.
//! The harness ends a test that has used up its CPU time and says where it was; the limit here is a
//! little higher, for code that does not let the harness speak. macOS does not enforce a limit on
//! address space; the others work there too.

use crate::Error;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// How many seconds beyond the budget the harness has to say where the test was.
const GRACE: u64 = 2;
/// A test may write files up to this size, so that one that prints for ever fills no disk.
const FILE_SIZE: u64 = 1 << 30;

/// Sets the limits, `cpu` in seconds and `memory` in MiB, and replaces this process by the test.
/// Comes back only with an error.
pub fn become_test(cpu: u64, memory: u64, program: &OsString, arguments: &[OsString]) -> Error {
    let failed = |what: &str, error: std::io::Error| {
        Error::new(format!("a test could not be started: {what}: {error}"), "cargo workbook doctor")
    };
    let pipe = match prepare(cpu, memory) {
        Ok(pipe) => pipe,
        Err(error) => return failed("its limits could not be set", error),
    };
    let error = Command::new(program)
        .args(arguments)
        .env("WORKBOOK_PIPE", pipe.as_raw_fd().to_string())
        .exec();
    failed(&program.to_string_lossy(), error)
}

fn prepare(cpu: u64, memory: u64) -> std::io::Result<OwnedFd> {
    let pipe = rustix::io::dup(rustix::stdio::stdin())?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Cpu, cpu + GRACE, cpu + GRACE + 1)?;
    limit(Resource::Fsize, FILE_SIZE, FILE_SIZE)?;
    if cfg!(target_os = "linux") {
        // A program that asks for more is told that there is none.
        let bytes = memory.saturating_mul(1 << 20);
        limit(Resource::As, bytes, bytes)?;
    }
    Ok(pipe)
}

/// Lowers a limit, never raises it: somebody else may have set a lower one.
fn limit(resource: Resource, soft: u64, hard: u64) -> std::io::Result<()> {
    let lowest = |old: Option<u64>, new: u64| Some(old.map_or(new, |old| old.min(new)));
    let maximum = lowest(getrlimit(resource).maximum, hard);
    let current = lowest(maximum, soft);
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}
