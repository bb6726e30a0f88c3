//! The members of a round: processes with files, and the network between them.
//!
//! Owns [`Members`]: which of them run, where clients find them, and what was done to them when.

use super::links::{Network, Way};
use super::told::{Fault, Moment, Wrong};
use crate::member::{place, program};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// So often a member that was asked to end is looked at, and so long in between.
const TRIES: usize = 15_000;
const PAUSE: Duration = Duration::from_millis(20);

/// How many rounds there were in this process.
static ROUNDS: AtomicUsize = AtomicUsize::new(0);

/// The members of a round.
pub struct Members {
    began: Instant,
    place: TempDir,
    pub network: Network,
    all: Vec<Member>,
    /// Founders come first, in the order of their names; others later.
    next: usize,
    faults: Vec<Fault>,
    round: usize,
}

/// One of them.
struct Member {
    number: usize,
    /// Where others find it.
    door: SocketAddr,
    child: Option<Child>,
    is_stopped: bool,
    /// What it is told of the cluster it belongs to.
    cluster: String,
    founds: bool,
}

impl Members {
    /// Founds a cluster of so many.
    pub fn start(count: usize) -> Members {
        let mut members = Members {
            began: Instant::now(),
            place: place(),
            network: Network::new(),
            all: Vec::new(),
            next: 1,
            faults: Vec::new(),
            round: ROUNDS.fetch_add(1, Ordering::Relaxed),
        };
        for _ in 0..count {
            members.one_more(true);
        }
        let all: Vec<String> = members.all.iter().map(Member::in_list).collect();
        for member in &mut members.all {
            member.cluster = all.join(",");
        }
        (1..=count).for_each(|number| members.launch(number));
        members
    }

    /// A member that does not run yet.
    fn one_more(&mut self, founds: bool) -> usize {
        let number = self.next;
        self.next += 1;
        let door = self.network.door(number, self.address(number, 2_380));
        let cluster = String::new();
        self.all.push(Member { number, door, child: None, is_stopped: false, cluster, founds });
        number
    }

    /// Another, which the cluster has been told of, with those there are. It finds them itself.
    pub fn joins(&mut self) -> (usize, String) {
        let number = self.one_more(false);
        let all: Vec<String> = self.all.iter().map(Member::in_list).collect();
        let member = self.get(number);
        member.cluster = all.join(",");
        (number, format!("http://{}", member.door))
    }

    /// It does not belong to the cluster any more.
    pub fn is_gone(&mut self, number: usize) {
        self.kill(number);
        self.all.retain(|member| member.number != number);
    }

    /// An address that no other process uses.
    fn address(&self, number: usize, from: u16) -> SocketAddr {
        let [_, high, middle, low] = std::process::id().to_be_bytes();
        let port = from + u16::try_from(100 * (self.round % 100) + number).expect("they are few");
        match cfg!(target_os = "linux") {
            true => (Ipv4Addr::new(127, high + 1, middle, low), port).into(),
            false => (Ipv4Addr::LOCALHOST, 20_000 + port).into(),
        }
    }

    /// Where clients find a member, whenever it runs.
    pub fn client_address(&self, number: usize) -> SocketAddr {
        self.address(number, 12_380)
    }

    pub fn began(&self) -> Instant {
        self.began
    }

    pub fn now(&self) -> Moment {
        self.began.elapsed()
    }

    /// All that belong to the cluster, whether they run or not.
    pub fn numbers(&self) -> Vec<usize> {
        self.all.iter().map(|member| member.number).collect()
    }

    fn get(&mut self, number: usize) -> &mut Member {
        let found = self.all.iter_mut().find(|member| member.number == number);
        found.expect("it belongs to the cluster")
    }

    /// Starts a process for it.
    pub fn launch(&mut self, number: usize) {
        let (client, peer) = (self.client_address(number), self.address(number, 2_380));
        let (data, journal) = (self.data(number), self.journal(number));
        let member = self.get(number);
        let mut program = program();
        program.arg(format!("--name=m{number}"));
        program.arg(format!("--listen-client-urls=http://{client}"));
        program.arg(format!("--advertise-client-urls=http://{client}"));
        program.arg(format!("--listen-peer-urls=http://{peer}"));
        program.arg(format!("--initial-advertise-peer-urls=http://{}", member.door));
        program.arg(format!("--initial-cluster={}", member.cluster));
        let state = if member.founds { "new" } else { "existing" };
        program.arg(format!("--initial-cluster-state={state}"));
        // Whoever is away for a moment is brought the store itself.
        program.args(["--snapshot-count=100", "--snapshot-catchup-entries=50"]);
        program.args(["--heartbeat-interval=50", "--election-timeout=500"]);
        program.args(["--strict-reconfig-check=false", "--data-dir"]).arg(data);
        let journal = File::options().create(true).append(true).open(journal);
        program.stdin(Stdio::null()).stdout(Stdio::null());
        program.stderr(journal.expect("there is room on the disk"));
        let child = program.spawn().expect("it was built");
        let process = Pid::from_child(&child);
        member.child = Some(child);
        member.is_stopped = false;
        self.network.note_process(number, process);
    }

    fn data(&self, number: usize) -> PathBuf {
        self.place.path().join(format!("m{number}"))
    }

    fn journal(&self, number: usize) -> PathBuf {
        self.place.path().join(format!("m{number}.log"))
    }

    /// Where a copy of a store can be put.
    pub fn copy(&self, number: usize) -> PathBuf {
        self.place.path().join(format!("copy{number}"))
    }

    /// Ends its process. It has no time to do anything about it.
    pub fn kill(&mut self, number: usize) {
        if let Some(mut child) = self.get(number).child.take() {
            child.kill().expect("it is a child");
            child.wait().expect("it was a child");
        }
    }

    /// Asks its process to end, and waits until it has. It ends well.
    pub fn end(&mut self, number: usize) -> Result<(), Wrong> {
        self.signal(number, Signal::TERM);
        let mut child = self.get(number).child.take().expect("it runs");
        for _ in 0..TRIES {
            match child.try_wait().expect("it is a child") {
                // As a service manager wants it: it ends by the signal that it got.
                Some(status) if status.signal() == Some(Signal::TERM.as_raw()) => return Ok(()),
                Some(status) => {
                    return Err(Wrong::new(format!("m{number} was asked to end: {status}")));
                }
                None => thread::sleep(PAUSE),
            }
        }
        self.get(number).child = Some(child);
        Err(Wrong::new(format!("m{number} was asked to end, and does not")))
    }

    /// Its process does nothing from now on, and keeps all that it has.
    pub fn stop(&mut self, number: usize) {
        self.signal(number, Signal::STOP);
        self.get(number).is_stopped = true;
    }

    /// It does, again.
    pub fn go_on(&mut self, number: usize) {
        self.signal(number, Signal::CONT);
        self.get(number).is_stopped = false;
    }

    fn signal(&mut self, number: usize, signal: Signal) {
        let child = self.get(number).child.as_ref().expect("it runs");
        kill_process(Pid::from_child(child), signal).expect("it is a child");
    }

    /// None has ended by itself.
    pub fn have_not_fallen(&mut self) -> Result<(), Wrong> {
        let ended = |member: &mut Member| {
            let status = member.child.as_mut()?.try_wait().expect("it is a child")?;
            Some(Wrong::new(format!("m{} has ended by itself: {status}", member.number)))
        };
        self.all.iter_mut().find_map(ended).map_or(Ok(()), Err)
    }

    /// Something is done to these, until somebody says when it is over.
    pub fn note_fault(&mut self, members: &[usize], words: impl Into<String>) -> usize {
        let (members, words) = (members.to_vec(), words.into());
        self.faults.push(Fault { members, words, began: self.now(), ended: Moment::MAX });
        self.faults.len() - 1
    }

    pub fn note_end(&mut self, fault: usize) {
        self.faults[fault].ended = self.now();
    }

    pub fn faults(&self) -> Vec<Fault> {
        let end = |fault: &Fault| Fault { ended: fault.ended.min(self.now()), ..fault.clone() };
        self.faults.iter().map(end).collect()
    }

    /// Everything is well again: all run, and hear each other.
    pub fn heal(&mut self) {
        self.network.heal();
        for number in self.numbers() {
            if self.get(number).is_stopped {
                self.go_on(number);
            }
            if self.get(number).child.is_none() {
                self.launch(number);
            }
        }
    }

    /// Cuts these ways, or holds them up, or slows them down.
    pub fn set_around(&mut self, number: usize, way: Way) {
        self.network.set_around(number, &self.numbers(), way);
    }

    /// Brings what the members said to where a person can read it.
    pub fn keep_journals(&mut self, count: usize, seed: u64) -> Vec<PathBuf> {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let keep = |number: usize| {
            let kept = folder.join(format!("storm-{count}-{seed}-m{number}.log"));
            fs::copy(self.journal(number), &kept).ok().map(|_| kept)
        };
        (1..self.next).filter_map(keep).collect()
    }
}

impl Member {
    fn in_list(&self) -> String {
        format!("m{}=http://{}", self.number, self.door)
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        for number in self.numbers() {
            self.kill(number);
        }
    }
}
