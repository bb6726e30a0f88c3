//! Running the original's programs.
//!
//! Owns where they are, that none of them outlives its test, and how long anybody waits: for what
//! is to happen, and never for a time. The longest wait is only there so that a test ends at all.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The variable that says where the programs are.
const FOLDER: &str = "WORKBOOK_ORIGINAL";
/// However much else runs on the machine, everything happens before that.
const LONGEST: Duration = Duration::from_secs(120);
/// How often is looked whether it has happened.
const LOOK: Duration = Duration::from_millis(5);

/// A folder for one test, which is gone when the test is over, however it ends.
pub fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room on the disk")
}

/// A program of the original.
pub fn program(name: &str) -> Command {
    let folder = std::env::var_os(FOLDER).map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| {
        panic!("`cargo workbook original` builds what this test needs; {FOLDER} names the folder")
    });
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not there: `cargo workbook original`", path.display());
    Command::new(path)
}

/// What a program that is to succeed writes to its output.
pub fn run(name: &str, arguments: &[&str]) -> String {
    run_with(name, arguments, "")
}

/// The same, and it reads this.
pub fn run_with(name: &str, arguments: &[&str], input: &str) -> String {
    let (status, output, errors) = ended(name, arguments, input);
    assert!(status.success(), "{name} {arguments:?} ended with {status}\n{output}{errors}");
    output
}

/// What a program says that is to fail.
pub fn refused(name: &str, arguments: &[&str]) -> String {
    let (status, output, errors) = ended(name, arguments, "");
    assert!(!status.success(), "{name} {arguments:?} did not fail\n{output}{errors}");
    output + &errors
}

fn ended(name: &str, arguments: &[&str], input: &str) -> (ExitStatus, String, String) {
    let mut command = program(name);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::start(&mut command);
    let mut stdin = running.child.stdin.take().expect("it is piped");
    let stdout = running.child.stdout.take().expect("it is piped");
    let stderr = running.child.stderr.take().expect("it is piped");
    let (input, name) = (input.to_owned(), format!("{name} {arguments:?}"));
    thread::spawn(move || {
        // A program that does not want it closes the pipe.
        let _ = stdin.write_all(input.as_bytes());
    });
    let [output, errors] = [text(stdout), text(stderr)];
    let status = until(&format!("{name} ends"), || running.ended());
    let [output, errors] = [output, errors].map(|reader| reader.join().expect("it only reads"));
    (status, output, errors)
}

fn text(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A program that runs, and is killed when nobody wants it any more.
pub struct Running {
    child: Child,
}

impl Running {
    pub fn start(command: &mut Command) -> Running {
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Running { child }
    }

    /// How it has ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is our child")
    }

    /// Asks it to end, as a service manager does, and waits for that.
    pub fn stop(mut self) {
        let number = self.child.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &number]).status();
        assert!(asked.expect("there is a shell").success(), "it does not run any more");
        until("it ends", || self.ended());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is there.
pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < LONGEST, "waited {LONGEST:?}, and not yet: {what}");
        thread::sleep(LOOK);
    }
}

/// A path as an argument.
pub fn name(path: &Path) -> &str {
    path.to_str().expect("its name is text")
}

/// The number after a field's name in JSON.
pub fn number(json: &str, field: &str) -> u64 {
    let mark = format!("\"{field}\":");
    let rest = json.split_once(&mark).unwrap_or_else(|| panic!("no {field} in {json}")).1;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().unwrap_or_else(|_| panic!("{field} is no number in {json}"))
}
