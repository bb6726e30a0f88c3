//! The network between members: every word goes through here, and may be late or lost.
//!
//! Owns [`Network`]: for each member an address at which others find it, and the way from each to
//! each. A member that calls is known by its socket, of which the system says whose it is;
//! where the system does not say it, what is done to one way is done to all ways to that member.
//!
//! A way that is held up passes nothing, and passes all of it later; one that is cut ends all
//! conversations on it, and lets none begin.

use rustix::process::Pid;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// What becomes of words from one member to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    #[default]
    Open,
    /// Everything takes so much longer.
    Slow(Duration),
    Held,
    Cut,
}

/// All ways.
pub struct Network(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    /// From whom to whom. Those that are not here are open.
    ways: BTreeMap<(usize, usize), Way>,
    processes: BTreeMap<usize, Pid>,
    /// Both ends of every conversation, and between whom it is.
    conversations: BTreeMap<u64, (Option<usize>, usize, [TcpStream; 2])>,
    /// How many there were.
    count: u64,
    doors: Vec<SocketAddr>,
    is_over: bool,
}

impl Network {
    pub fn new() -> Network {
        Network(Arc::default())
    }

    /// An address for a member that listens to this one.
    pub fn door(&self, member: usize, listens: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        self.0.lock().doors.push(address);
        let shared = self.0.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.lock().is_over {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = shared.clone();
                thread::spawn(move || shared.converse(stream, member, address, listens));
            }
        });
        address
    }

    /// A member is this process now.
    pub fn note_process(&self, member: usize, process: Pid) {
        self.0.lock().processes.insert(member, process);
    }

    /// From now on.
    pub fn set(&self, from: usize, to: usize, way: Way) {
        let mut state = self.0.lock();
        state.ways.insert((from, to), way);
        if way == Way::Cut {
            for (caller, called, streams) in state.conversations.values() {
                let between = [caller.unwrap_or(from), *called];
                if between.contains(&from) && between.contains(&to) {
                    end(streams);
                }
            }
        }
        self.0.news.notify_all();
    }

    /// The same in both directions between a member and all of these.
    pub fn set_around(&self, member: usize, others: &[usize], way: Way) {
        for other in others.iter().filter(|other| **other != member) {
            self.set(member, *other, way);
            self.set(*other, member, way);
        }
    }

    /// Every way is open.
    pub fn heal(&self) {
        self.0.lock().ways.clear();
        self.0.news.notify_all();
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let doors = {
            let mut state = self.0.lock();
            state.is_over = true;
            state.conversations.values().for_each(|(.., streams)| end(streams));
            std::mem::take(&mut state.doors)
        };
        self.0.news.notify_all();
        // Whoever waits there for a caller looks up.
        for door in doors {
            let _ = TcpStream::connect(door);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding it")
    }

    /// Passes what a caller and a member say to each other.
    fn converse(
        self: &Arc<Shared>,
        stream: TcpStream,
        called: usize,
        door: SocketAddr,
        listens: SocketAddr,
    ) {
        let processes = self.lock().processes.clone();
        let caller = stream.peer_addr().ok().and_then(|from| who(&processes, from, door));
        if self.way(caller, Some(called)) == Way::Cut || self.way(Some(called), caller) == Way::Cut
        {
            return;
        }
        let Ok(other) = TcpStream::connect(listens) else { return };
        let copies = [&stream, &other].map(|stream| stream.try_clone());
        let [Ok(first), Ok(second)] = copies else { return };
        let both = [first, second];
        both.iter().for_each(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let copies = both.each_ref().map(|stream| stream.try_clone());
        let [Ok(first), Ok(second)] = copies else { return };
        let number = {
            let mut state = self.lock();
            state.count += 1;
            let number = state.count;
            state.conversations.insert(number, (caller, called, both));
            number
        };
        let shared = self.clone();
        let answers = thread::spawn(move || {
            shared.pass(&second, &first, Some(called), caller);
        });
        self.pass(&stream, &other, caller, Some(called));
        let _ = answers.join();
        self.lock().conversations.remove(&number);
    }

    /// Passes what one says to the other, until one of them has enough.
    fn pass(
        &self,
        mut from: &TcpStream,
        mut to: &TcpStream,
        speaks: Option<usize>,
        hears: Option<usize>,
    ) {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if !self.passes(speaks, hears) || to.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Waits until something may pass. Or will it never?
    fn passes(&self, speaks: Option<usize>, hears: Option<usize>) -> bool {
        let mut state = self.lock();
        loop {
            match state.way(speaks, hears) {
                _ if state.is_over => return false,
                Way::Open => return true,
                Way::Cut => return false,
                Way::Slow(pause) => {
                    drop(state);
                    thread::sleep(pause);
                    return true;
                }
                Way::Held => {
                    let waited = self.news.wait(state);
                    state = waited.expect("nobody panics while holding it");
                }
            }
        }
    }

    fn way(&self, speaks: Option<usize>, hears: Option<usize>) -> Way {
        self.lock().way(speaks, hears)
    }
}

impl State {
    /// Of somebody who is not known, everything may be true.
    fn way(&self, speaks: Option<usize>, hears: Option<usize>) -> Way {
        let fits = |(from, to): &(usize, usize)| {
            speaks.is_none_or(|one| one == *from) && hears.is_none_or(|one| one == *to)
        };
        let ways = self.ways.iter().filter(|(between, _)| fits(between));
        ways.map(|(_, way)| *way).max().unwrap_or_default()
    }
}

fn end(streams: &[TcpStream; 2]) {
    for stream in streams {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// Whose socket is it that calls from this address?
fn who(processes: &BTreeMap<usize, Pid>, from: SocketAddr, door: SocketAddr) -> Option<usize> {
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let ports = [format!(":{:04X}", from.port()), format!(":{:04X}", door.port())];
    let socket = table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let fits = fields.get(1)?.ends_with(&ports[0]) && fields.get(2)?.ends_with(&ports[1]);
        fits.then(|| format!("socket:[{}]", fields.get(9).unwrap_or(&"")))
    })?;
    let has_it = |process: &Pid| {
        let open = fs::read_dir(format!("/proc/{}/fd", process.as_raw_nonzero()));
        open.into_iter()
            .flatten()
            .flatten()
            .any(|file| fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy() == socket))
    };
    processes.iter().find(|(_, process)| has_it(process)).map(|(member, _)| *member)
}
