//! A member of ours or of the original, with its files in a folder of the test.
//!
//! Both are of a cluster with the same name and address, so they have the same identity.

use crate::programs::{Running, name, program, until};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where other members would find it: what ours says if nobody tells it. Nobody listens there.
const PEER: &str = "http://localhost:2380";
/// So often another process may take a port before the server does.
const ATTEMPTS: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Ours,
    Theirs,
}

pub struct Member {
    whose: Whose,
    data: PathBuf,
    flags: Vec<String>,
    port: u16,
    running: Running,
}

impl Member {
    /// Starts one with its files in this folder, and waits until clients can come.
    pub fn start(whose: Whose, data: &Path) -> Member {
        Member::start_with(whose, data, &[])
    }

    /// The same, and it is told this as well.
    pub fn start_with(whose: Whose, data: &Path, flags: &[String]) -> Member {
        let attempt = || {
            let listeners =
                [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("one is free"));
            let [port, peer] = listeners.map(|one| one.local_addr().expect("it is bound").port());
            let running = attempt(whose, data, flags, [port, peer])?;
            Some(Member { whose, data: data.to_owned(), flags: flags.to_vec(), port, running })
        };
        let member = (0..ATTEMPTS).find_map(|_| attempt());
        member.expect("a port that was free was taken a moment later, and again and again")
    }

    /// Where clients find it.
    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Kills it: nothing that it keeps only in memory is left.
    pub fn kill(self) -> Killed {
        let Member { whose, data, flags, port, running } = self;
        drop(running);
        Killed { whose, data, flags, port }
    }

    /// Stops it as a service manager does.
    pub fn stop(self) {
        self.running.stop();
    }
}

/// A member that was killed, and can start again.
pub struct Killed {
    whose: Whose,
    data: PathBuf,
    flags: Vec<String>,
    port: u16,
}

impl Killed {
    /// Starts it again, with the same address.
    pub fn start(self) -> Member {
        let Killed { whose, data, flags, port } = self;
        let attempt = || {
            let listener = TcpListener::bind("127.0.0.1:0").expect("one is free");
            let peer = listener.local_addr().expect("it is bound").port();
            drop(listener);
            attempt(whose, &data, &flags, [port, peer])
        };
        let running = (0..ATTEMPTS).find_map(|_| attempt());
        let running = running.expect("its port was taken meanwhile");
        Member { whose, data, flags, port, running }
    }
}

fn attempt(whose: Whose, data: &Path, flags: &[String], ports: [u16; 2]) -> Option<Running> {
    let log = data.with_extension("log");
    let output = File::create(&log).expect("there is room on the disk");
    let mut command = match whose {
        Whose::Ours => ours(data, ports),
        Whose::Theirs => theirs(data, ports),
    };
    command.args(flags);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
    let mut running = Running::start(&mut command);
    let ready = until("the member is ready", || {
        let ended = running.ended();
        let text = String::from_utf8_lossy(&fs::read(&log).expect("it is there")).into_owned();
        match ended {
            _ if is_ready(&text) => Some(true),
            Some(_) if is_taken(&text) => Some(false),
            Some(status) => panic!("{whose:?} ended with {status}\n{text}"),
            None => None,
        }
    });
    ready.then_some(running)
}

/// Whether a member with this log serves clients.
fn is_ready(log: &str) -> bool {
    log.contains("ready to serve client requests")
}

/// Whether it cannot, since somebody else has its port.
fn is_taken(log: &str) -> bool {
    log.to_lowercase().contains("address already in use")
}

fn ours(data: &Path, ports: [u16; 2]) -> Command {
    flagged(Command::new(env!("CARGO_BIN_EXE_myetcd")), data, ports)
}

fn theirs(data: &Path, ports: [u16; 2]) -> Command {
    let mut command = flagged(program("etcd"), data, ports);
    command.arg("--unsafe-no-fsync");
    command
}

/// Both are told the same.
fn flagged(mut command: Command, data: &Path, [port, peer]: [u16; 2]) -> Command {
    let (client, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peer}"));
    command.args(["--name=default", "--data-dir", name(data), "--bcrypt-cost=4"]);
    command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
    command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", PEER]);
    command.args(["--initial-cluster", &format!("default={PEER}")]);
    command
}
