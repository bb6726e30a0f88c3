//! A small workbook in a temporary folder, and the command run in it.
//!
//! Owns the fixture: one chapter of three exercises whose "learner's code" misbehaves as the
//! environment variable `FIXTURE` says, so that one build serves many tests: `panic` at once,
//! `panic in a thread` on another thread than the test's. The harness is the real one; it and its
//! dependencies are compiled once, into a folder beside this crate's own.
//!
//! Time: nothing here depends on how fast the machine is. [`until`] waits for a condition, and
//! gives up only after far longer than any machine needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The command under test.
pub const COMMAND: &str = env!("CARGO_BIN_EXE_cargo-workbook");

/// The learner's code. Every hole is a panic with the words of a `todo!`, so that the text of the
/// sources has none.
const CODE: &str = r#"//! The fixture's chapter.

use std::panic::catch_unwind;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

/// What happens, and where.
fn words() -> (String, String) {
    let mode = std::env::var("FIXTURE").unwrap_or_default();
    let (what, place) = mode.split_once(" in a ").unwrap_or((&mode, ""));
    (what.to_owned(), place.to_owned())
}

fn mode() -> String {
    words().0
}

/// Exercise 1.1.
pub fn sum(left: u32, right: u32) -> u32 {
    match mode().as_str() {
        "hole" | "hole 1.1" => panic!("not yet implemented: exercise {}: add", "1.1"),
        "wrong 1.1" => left,
        _ => left + right,
    }
}

fn place() -> std::path::PathBuf {
    std::env::var_os("PLACE").expect("PLACE is set").into()
}

/// Tells the number of this process to whoever waits for it.
fn arrived() {
    let new = place().with_extension("new");
    std::fs::write(&new, std::process::id().to_string()).expect("PLACE is writable");
    std::fs::rename(new, place()).expect("PLACE is writable");
}

fn is_open() -> bool {
    place().with_extension("open").exists()
}

/// Waits until somebody opens it.
fn gate() {
    while !is_open() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Exercise 1.2.
pub fn act() -> u32 {
    match mode().as_str() {
        "hole" | "hole 1.2" => panic!("not yet implemented: exercise {}: act", "1.2"),
        "wrong 1.1" => sum(1, 2) + 39,
        "wrong" => 41,
        "panic" => panic!("no such vote"),
        "loop" => loop {
            std::hint::black_box(mode());
        },
        "wait" => loop {
            std::thread::sleep(std::time::Duration::from_secs(3600));
        },
        "stack" => deep(1) as u32,
        "abort" => std::process::abort(),
        "memory" => {
            let bytes: Vec<u8> = Vec::with_capacity(1 << 40);
            bytes.capacity() as u32
        }
        // One piece this large may be more than the machine has; five are never used.
        "much memory" => {
            let pieces: Vec<Vec<u8>> = (0..5).map(|_| Vec::with_capacity(1 << 30)).collect();
            if pieces.iter().all(|piece| piece.capacity() == 1 << 30) { 42 } else { 41 }
        }
        "crowd" => loop {
            let stay = || loop {
                std::thread::park();
            };
            if Builder::new().spawn(stay).is_err() {
                std::thread::park();
            }
        },
        "crew" => {
            let crew: Vec<_> = (0..8).map(|_| std::thread::spawn(gate)).collect();
            arrived();
            crew.into_iter().for_each(|one| one.join().expect("it waits"));
            42
        }
        "worker" => {
            let work = || {
                while !is_open() {
                    let sum: u64 = (0..100_000).map(std::hint::black_box).sum();
                    std::hint::black_box(sum);
                }
            };
            let worker = std::thread::spawn(work);
            arrived();
            worker.join().expect("it works");
            42
        }
        "exit" => std::process::exit(0),
        "flood" => {
            println!("the first line");
            for number in 0..100_000 {
                println!("line {number}: some words, of which nobody will ever read the middle");
            }
            println!("\x1b[2Jthe last line");
            41
        }
        "child" => {
            let child = std::process::Command::new("sleep").arg("3600").spawn().expect("sleep");
            std::fs::write(place(), child.id().to_string()).expect("PLACE is writable");
            42
        }
        "gate" => {
            arrived();
            gate();
            42
        }
        _ => 42,
    }
}

/// Exercise 1.2, asked as a server or a task would be.
pub fn ask() -> Result<u32, String> {
    let (send, receive) = channel();
    let copy = send.clone();
    let answer = move || copy.send(act()).unwrap_or_default();
    let thread = Builder::new().name("raft".to_owned());
    let spawn = || thread.spawn(answer).expect("it starts");
    match words().1.as_str() {
        "thread" => std::thread::spawn(act).join().map_err(|_| "Any { .. }".to_owned()),
        "thread behind a channel" => {
            spawn();
            drop(send);
            receive.recv().map_err(|_| "RecvError".to_owned())
        }
        // The second sender keeps the channel open.
        "thread that is awaited" => {
            spawn();
            receive.recv().map_err(|_| "RecvError".to_owned())
        }
        "task" => catch_unwind(act).map_err(|payload| {
            let text = payload.downcast_ref::<&str>().copied().unwrap_or("?");
            format!("JoinError::Panic(Id(1), {text:?}, ...)")
        }),
        "task that is ignored" => Ok(catch_unwind(act).unwrap_or(42)),
        "task that is awaited" => {
            let _ = catch_unwind(act);
            receive.recv().map_err(|_| "RecvError".to_owned())
        }
        _ => Ok(act()),
    }
}

/// A thread that runs until it is dropped, and does not like that.
pub struct Server {
    life: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A server, if the mode says that the test has one.
pub fn serve() -> Option<Server> {
    if !words().1.starts_with("test with a server") {
        return None;
    }
    let (life, end) = channel();
    let serve = move || end.recv().expect("the server is needed");
    Some(Server { life: Some(life), thread: Some(std::thread::spawn(serve)) })
}

impl Drop for Server {
    fn drop(&mut self) {
        if words().1.ends_with("that stays") {
            let _ = self.thread.take().map(JoinHandle::join);
        }
        drop(self.life.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

#[allow(unconditional_recursion)]
fn deep(depth: u64) -> u64 {
    let many = std::hint::black_box([depth; 100]);
    deep(depth + 1) + many[7]
}

/// Exercise 1.3.
pub fn later() -> u32 {
    match mode().as_str() {
        "hole" => panic!("not yet implemented: exercise {}: act later", "1.3"),
        _ => act() + 1,
    }
}
"#;

/// The graded tests.
const TESTS: &str = r#"//! The fixture's graded tests.

mod sums {
    #[test]
    fn small() {
        harness::check(|| assert_eq!(fixture::sum(1, 2), 3, "one and two"));
    }
    #[test]
    fn zero() {
        harness::check(|| assert_eq!(fixture::sum(5, 0), 5));
    }
}

mod acts {
    use harness::report::{Broken, Event, Failure, Sent, Step, Trace};

    #[test]
    fn right() {
        harness::check(|| {
            let _server = fixture::serve();
            if std::env::var("FIXTURE").as_deref() == Ok("expectation in a thread") {
                let expect = || assert_eq!(fixture::act(), 43, "in a thread");
                std::thread::spawn(expect).join().expect("it ends");
            }
            assert_eq!(fixture::ask().expect("it answers"), 42, "what it answers");
        });
    }

    fn step(time: u64, node: usize, event: Event, says: &str) -> Step {
        let sends = vec![Sent { packet: Some(1), to: 1 - node, label: "vote? t1".to_owned() }];
        let state = vec![("term".to_owned(), time.to_string())];
        let says = says.to_owned();
        let (node, answers, printed) = (Some(node), Vec::new(), String::new());
        Step { time, node, event, says, sends, answers, state, printed }
    }

    fn run(seed: u64) -> Trace {
        let deliver =
            Event::Deliver { packet: 1, from: 0, label: "vote? t1".to_owned(), copy: false };
        Trace {
            format: Trace::FORMAT.to_owned(),
            test: "acts::seeded".to_owned(),
            title: "two nodes".to_owned(),
            seed: Some(seed),
            weather: None,
            shrunk_from: Some(212),
            nodes: vec!["n1".to_owned(), "n2".to_owned()],
            steps: vec![
                step(1, 0, Event::Timeout, "campaigns, t1"),
                step(2, 1, deliver, "votes"),
                step(3, 0, Event::Crash, ""),
            ],
            broken: None,
        }
    }

    #[test]
    fn seeded() {
        harness::check(|| {
            let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
            let first = number("WORKBOOK_SEED").unwrap_or(0);
            let runs = first..first + number("WORKBOOK_SEEDS").unwrap_or(10);
            if std::env::var("FIXTURE").as_deref() == Ok("seed 7") && runs.contains(&7) {
                let message = "n1 and n2 both lead term 2".to_owned();
                let invariant = "Election Safety".to_owned();
                let name = invariant.clone();
                let broken = Broken { invariant: name, message: message.clone(), step: 2 };
                let trace = Some(Trace { broken: Some(broken), ..run(7) });
                let invariant = Some(invariant);
                harness::wrong(Failure { message, invariant, location: None, trace });
            }
        });
    }
}

mod lasts {
    #[test]
    fn later() {
        harness::check(|| assert_eq!(fixture::later(), 43));
    }
}
"#;

/// What is asked for. One second of CPU time is plenty for these tests.
const EXERCISES: &str = r#"[chapter]
number = 1
package = "fixture"
title = "A small chapter"
hours = 1

[[exercise]]
id = "1.1"
title = "Add"
item = "fixture::sum"
points = 4
minutes = 5
tests = ["sums::small", "sums::zero"]
section = "01-fixture/sums.md"
hints = ["What is a sum?"]
cpu = 1

[[exercise]]
id = "1.2"
title = "Act"
item = "fixture::act"
points = 9
minutes = 5
tests = ["acts::right", "acts::seeded"]
needs = ["1.1"]
invariant = "Election Safety"
hints = ["What is to be done?"]
cpu = 1

[[exercise]]
id = "1.3"
title = "Act later"
item = "fixture::later"
points = 5
minutes = 5
half = 2
tests = ["lasts::later"]
needs = ["1.2"]
cpu = 1
"#;

const PACKAGE: &str = r#"[package]
name = "fixture"
version = "0.1.0"
edition = "2024"

[lib]
path = "src/lib.rs"

[[test]]
name = "grade"
path = "../../tests/01-fixture/main.rs"

[dev-dependencies]
harness.workspace = true
"#;

/// A workbook in a temporary folder.
pub struct Fixture {
    folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The output holds this text.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Ran {
        assert!(self.stdout.contains(text), "{text:?} is missing\n{self}");
        self
    }

    /// The complaints hold this text.
    #[track_caller]
    pub fn complains(&self, text: &str) -> &Ran {
        assert!(self.stderr.contains(text), "{text:?} is missing\n{self}");
        self
    }

    /// It ended with this status.
    #[track_caller]
    pub fn ends(&self, status: i32) -> &Ran {
        assert_eq!(self.status, status, "{self}");
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ran { status, stdout, stderr } = self;
        write!(f, "status {status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

impl Fixture {
    /// A workbook of its own, for tests that change files.
    pub fn new() -> Fixture {
        Fixture::named(std::thread::current().name().expect("a test's thread has its name"))
    }

    /// Cargo tells packages of different workspaces apart by their place in it, name and version.
    /// The fixtures share a target folder, so each test's has a version of its own: else one would
    /// run what another has built.
    pub fn named(name: &str) -> Fixture {
        let fixture = Fixture { folder: tempfile::tempdir().expect("a temporary folder") };
        let harness = Path::new(env!("CARGO_MANIFEST_DIR")).join("../harness");
        let harness = harness.canonicalize().expect("the harness is beside this crate");
        let root = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"chapters/*\"]\nexclude = [\"solutions\"]\n\
             [workspace.dependencies]\nharness = {{ path = {:?} }}\n\
             [profile.dev]\ndebug = false\n",
            harness
        );
        fixture.write("Cargo.toml", &root);
        fixture.write("tests/01-fixture/exercises.toml", EXERCISES);
        fixture.write("tests/01-fixture/main.rs", TESTS);
        let number = name
            .bytes()
            .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let package = PACKAGE.replace("0.1.0", &format!("0.1.{number}"));
        fixture.write("chapters/01-fixture/Cargo.toml", &package);
        fixture.write("chapters/01-fixture/src/lib.rs", CODE);
        fixture.write("book/src/01-fixture/sums.md", "# Sums\n\nHow to add.\n");
        fixture.lock();
        fixture
    }

    /// The workbook that tests share which change nothing in it.
    pub fn shared() -> &'static Fixture {
        static SHARED: OnceLock<Fixture> = OnceLock::new();
        SHARED.get_or_init(|| Fixture::named("shared"))
    }

    /// The versions of this repository, cut to what the fixture needs.
    fn lock(&self) {
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        fs::copy(lock, self.path("Cargo.lock")).expect("the repository has a Cargo.lock");
        let mut cargo = Command::new(env!("CARGO"));
        // It loads no packages, so none needs to be here that this machine does not build.
        cargo.args(["update", "--workspace", "--offline"]);
        let output = self.prepare(&mut cargo).output().expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The same with limits of their own for the tests of exercise 1.2.
    pub fn limited(name: &str, limits: &str) -> Fixture {
        let fixture = Fixture::named(name);
        let tables = format!("{EXERCISES}\n[[limits]]\ntests = [\"acts::*\"]\n{limits}\n");
        fixture.write("tests/01-fixture/exercises.toml", &tables);
        fixture
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().expect("it is a file")).expect("a folder");
        fs::write(path, text).expect("it can be written");
    }

    /// Replaces a text that is there in a file that is there.
    pub fn edit(&self, inside: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(inside)).expect("it can be read");
        assert!(text.contains(from), "{inside} has no {from:?}");
        self.write(inside, &text.replace(from, to));
    }

    /// The command, about to be started in the workbook.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(COMMAND);
        command.args(arguments);
        self.prepare(&mut command);
        command
    }

    fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // One folder for all fixtures, so that the harness is compiled once.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixture");
        for name in ["CI", "NO_COLOR", "COLUMNS", "FIXTURE", "PLACE", "CARGO_BUILD_BUILD_DIR"] {
            command.env_remove(name);
        }
        command
            // Nothing opens in the browser of whoever runs the tests.
            .env("BROWSER", "no-browser-here")
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_INCREMENTAL", "0")
            .current_dir(self.root())
            .stdin(Stdio::null())
    }

    /// Runs the command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ended(&mut self.command(arguments))
    }

    /// The same, while the learner's code misbehaves in this way.
    pub fn run_with(&self, mode: &str, arguments: &[&str]) -> Ran {
        ended(self.command(arguments).env("FIXTURE", mode))
    }
}

/// Runs a command to its end.
pub fn ended(command: &mut Command) -> Ran {
    let output = command.output().expect("the command starts");
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Waits for a condition.
#[track_caller]
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(120) {
        if let Some(value) = condition() {
            return value;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited in vain: {what}");
}

/// The process whose number is in this file still runs. One that has ended may keep its number
/// until somebody asks for its status, which in a container perhaps nobody does.
pub fn is_alive(file: &Path) -> bool {
    let number = fs::read_to_string(file).expect("the file is there");
    if cfg!(target_os = "linux") {
        let stat = fs::read_to_string(format!("/proc/{}/stat", number.trim())).unwrap_or_default();
        return stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with('Z'));
    }
    let number = number.trim().parse().ok().and_then(rustix::process::Pid::from_raw);
    let number = number.expect("it holds a process's number");
    rustix::process::test_kill_process(number).is_ok()
}
