//! `cargo workbook cluster`: members that run, and a client can come.
//!
//! Owns a cluster for as long as somebody wants it: built of the reader's own layers or of the
//! solution, on ports that are free, with its files in `target/cluster`. All members are stopped
//! together, and nothing is left of them: no process, no file.
//!
//! Left to others: what a member does (`server`), and who kills what is left if this command is
//! killed itself (`guard`).

use crate::compile::cargo;
use crate::guard::Guard;
use crate::repo::{Repo, Tree};
use crate::screen::{Look, Passing, harmless, remark, say};
use crate::{Error, lock::Lock};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// Where its files are.
const FOLDER: &str = "target/cluster";
/// What a member says when clients can come.
const READY: &str = "ready to serve client requests";
/// No more than these: each is a process with a dozen threads.
pub const MOST: usize = 9;

/// What is heard while it runs.
enum Heard {
    /// Clients can come to a member.
    Ready,
    /// One has ended, and this was its last line.
    Ended(usize, String),
    /// Somebody wants it to end.
    Stop,
}

/// A member.
struct Member {
    child: Child,
    group: Pid,
}

/// Carries out `cluster`.
pub fn run(repo: &Repo, count: usize, tree: Tree, release: bool) -> Result<ExitCode, Error> {
    let look = Look::now();
    let lock = Lock::take(repo)?;
    let program = build(repo, tree, release, look)?;
    drop(lock);
    let folder = repo.path(FOLDER);
    // What a command has left that was killed.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
    let ended = serve(&program, &folder, count);
    let _ = fs::remove_dir_all(&folder);
    ended
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::new(format!("the cluster could not be started: {error}"), "cargo workbook doctor")
}

/// Builds the program of a member.
fn build(repo: &Repo, tree: Tree, release: bool, look: Look) -> Result<PathBuf, Error> {
    let workspace = repo.workspace(tree);
    let mut passing = Passing::new(look);
    let mut command = Command::new(cargo());
    command.args(["build", "--locked", "--package", "server", "--bin", "myetcd"]);
    command.args(release.then_some("--release")).current_dir(&workspace);
    let mut child = command
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let mut said = String::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            passing.show(&format!("building a member: {}", line.trim()));
            said.push_str(&line);
            said.push('\n');
        }
    }
    let status = child.wait().map_err(|error| failed(&error))?;
    passing.clear();
    if !status.success() {
        remark(&said);
        let what = "a member could not be built; cargo says why above";
        return Err(Error::new(what, "cargo workbook grade"));
    }
    let profile = if release { "release" } else { "debug" };
    Ok(workspace.join("target").join(profile).join("myetcd"))
}

/// Runs members until somebody wants them to end.
fn serve(program: &Path, folder: &Path, count: usize) -> Result<ExitCode, Error> {
    let (send, heard) = channel();
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|error| failed(&error))?;
    let stops = send.clone();
    thread::spawn(move || signals.forever().for_each(|_| drop(stops.send(Heard::Stop))));
    let guard = Guard::start(&std::env::current_exe().map_err(|error| failed(&error))?);
    let ports = free_ports(2 * count).map_err(|error| failed(&error))?;
    let (clients, peers) = ports.split_at(count);
    let list: Vec<String> = peers.iter().enumerate().map(|(at, port)| peer(at, *port)).collect();
    let list = list.join(",");
    let mut members = Vec::new();
    for at in 0..count {
        let mut command = Command::new(program);
        let (client, peer) = (clients[at], peers[at]);
        command.arg(format!("--name=m{}", at + 1)).arg(format!("--initial-cluster={list}"));
        command.arg("--data-dir").arg(folder.join(format!("m{}", at + 1)));
        for flag in ["--listen-client-urls", "--advertise-client-urls"] {
            command.arg(format!("{flag}=http://127.0.0.1:{client}"));
        }
        for flag in ["--listen-peer-urls", "--initial-advertise-peer-urls"] {
            command.arg(format!("{flag}=http://127.0.0.1:{peer}"));
        }
        match start(command, at, &send) {
            Ok(member) => {
                guard.watch(member.group);
                members.push(member);
            }
            Err(error) => {
                stop(&mut members, &guard);
                return Err(failed(&error));
            }
        }
    }
    let mut missing = count;
    let ended = loop {
        match heard.recv() {
            Ok(Heard::Ready) => {
                missing -= 1;
                if missing == 0 {
                    say(&invitation(clients));
                }
            }
            Ok(Heard::Ended(at, last)) => {
                let what = format!("member m{} has ended; it said last: {last}", at + 1);
                break Err(Error::new(what, "cargo workbook grade 10"));
            }
            Ok(Heard::Stop) | Err(_) => break Ok(ExitCode::SUCCESS),
        }
    };
    stop(&mut members, &guard);
    ended
}

fn peer(at: usize, port: u16) -> String {
    format!("m{}=http://127.0.0.1:{port}", at + 1)
}

/// Where clients come, and what they could ask.
fn invitation(clients: &[u16]) -> String {
    let endpoints: Vec<String> = clients.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let endpoints = endpoints.join(",");
    format!(
        "{} members serve clients.\n\n  export ETCDCTL_ENDPOINTS={endpoints}\n  etcdctl endpoint \
         status -w table\n  curl http://127.0.0.1:{}/health\n\nCtrl-C stops them, and takes their \
         files away.\n",
        clients.len(),
        clients[0],
    )
}

fn start(mut command: Command, at: usize, send: &Sender<Heard>) -> std::io::Result<Member> {
    // Its own group: Ctrl-C is for this command, which stops all of them.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut child = command.spawn()?;
    let group = Pid::from_child(&child);
    let stderr = child.stderr.take();
    let send = send.clone();
    thread::spawn(move || {
        let (mut last, mut is_ready) = (String::new(), false);
        for line in stderr.into_iter().flat_map(|it| BufReader::new(it).lines()).flatten() {
            if !is_ready && line.contains(READY) {
                is_ready = true;
                let _ = send.send(Heard::Ready);
            }
            last = line;
        }
        let _ = send.send(Heard::Ended(at, harmless(&last)));
    });
    Ok(Member { child, group })
}

/// Stops all of them, and waits until they have ended.
fn stop(members: &mut [Member], guard: &Guard) {
    for member in members.iter() {
        // It may have ended.
        let _ = kill_process(member.group, Signal::TERM);
    }
    for member in members.iter_mut() {
        let _ = member.child.wait();
        guard.release(member.group);
    }
}

/// Ports that nobody listens at. All are looked for before any is let go.
fn free_ports(count: usize) -> std::io::Result<Vec<u16>> {
    let listeners = (0..count).map(|_| TcpListener::bind("127.0.0.1:0"));
    let listeners = listeners.collect::<std::io::Result<Vec<_>>>()?;
    listeners.iter().map(|it| it.local_addr().map(|address| address.port())).collect()
}
