//! Members to ask: one in this process, with its files in a directory of its own, or a process.

use crate::client::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use server::config::Auth;
use server::{Config, Place, Serves, Speaks, Stop, run};
use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tempfile::TempDir;

/// A member that runs in threads of this process.
pub struct Member {
    pub address: SocketAddr,
    stop: Stop,
    thread: JoinHandle<Result<(), server::Error>>,
}

/// Between two looks at something that nobody waits for, and so many there are: a program that is
/// wrong is not looked at for ever.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: usize = 20_000;

/// Waits until something is there.
pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let look = |_| {
        let found = found();
        if found.is_none() {
            thread::sleep(LOOK);
        }
        found
    };
    (0..LOOKS).find_map(look).unwrap_or_else(|| panic!("it never came: {what}"))
}

/// A place for a member's files.
pub fn place() -> TempDir {
    tempfile::tempdir().expect("there is room")
}

/// How a member of these tests is.
pub fn config(place: &Path) -> Config {
    Config {
        data_dir: place.join("data"),
        listen: vec![Place {
            address: "127.0.0.1:0".to_owned(),
            serves: Serves::All,
            speaks: Speaks::Http,
        }],
        listen_peers: Vec::new(),
        runtimes: 2,
        ..Config::default()
    }
}

/// Users whose passwords are checked as fast as bcrypt can.
pub fn cheap_auth() -> Auth {
    Auth { bcrypt_cost: 4, ..Config::default().auth }
}

impl Member {
    /// Starts one, and waits until clients can come.
    pub fn start(config: Config) -> Member {
        let stop = Stop::default();
        let (send, ready) = mpsc::channel();
        let thread = std::thread::spawn({
            let stop = stop.clone();
            move || run(&config, &stop, |all| send.send(all[0]).expect("it is waited for"))
        });
        match ready.recv() {
            Ok(address) => Member { address, stop, thread },
            Err(_) => {
                let ended = thread.join().expect("it does not panic");
                panic!("it did not start: {}", ended.expect_err("it says why"));
            }
        }
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Waits until it has ended by itself, and says how.
    pub fn ended(self) -> Result<(), server::Error> {
        self.thread.join().expect("it does not panic")
    }

    /// Stops it, as a person would. What is under way is answered.
    pub fn stop(self) {
        self.stop.stop();
        self.thread.join().expect("it does not panic").expect("it stopped by wish");
    }
}

/// A member that is a process of its own, which can be killed. It is, when this is dropped.
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

/// The program, with nothing in its environment that is for it.
pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_myetcd"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ETCD_") || name == "NOTIFY_SOCKET" {
            program.env_remove(name);
        }
    }
    program
}

impl Process {
    /// Starts one with its files in `data`, at ports that the system chooses.
    pub fn start(data: &Path, more: &[&str]) -> Process {
        let mut program = program();
        program.args(["--listen-client-urls=http://127.0.0.1:0", "--advertise-client-urls"]);
        program.args(["http://127.0.0.1:0", "--listen-peer-urls=http://127.0.0.1:0"]);
        program.arg("--data-dir").arg(data).args(more);
        Process::of(program)
    }

    /// Starts this.
    pub fn of(mut program: Command) -> Process {
        let mut child = program.stderr(Stdio::piped()).spawn().expect("it was built");
        let lines = BufReader::new(child.stderr.take().expect("it is a pipe")).lines();
        Process { child, lines }
    }

    /// The next line of the journal, if the process has not ended.
    pub fn line(&mut self) -> Option<Value> {
        let line = self.lines.next()?.expect("it can be read");
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
    }

    /// Waits for a line with this message.
    pub fn wait_for(&mut self, message: &str) -> Value {
        let mut seen = Vec::new();
        while let Some(line) = self.line() {
            if line["msg"] == message {
                return line;
            }
            seen.push(line);
        }
        panic!("it ended, and did not say {message:?} before: {seen:#?}");
    }

    /// Waits until clients can come, and says where.
    pub fn address(&mut self) -> SocketAddr {
        let line = self.wait_for("ready to serve client requests");
        let address = line["address"].as_str().expect("it says where");
        address.parse().expect("it is an address")
    }

    /// The number that the system gave it.
    pub fn id(&self) -> i32 {
        i32::try_from(self.child.id()).expect("the system counts so")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    /// Waits until it has ended. What it said in the meantime is lost.
    pub fn end(&mut self) -> ExitStatus {
        while self.lines.next().is_some() {}
        self.child.wait().expect("it was a child")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
