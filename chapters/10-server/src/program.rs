//! A member that runs.
//!
//! Owns [`run`], the one function that builds everything: files first, then the sockets, and then
//! the threads, so that nothing starts that could not be told why. And it owns the end: when
//! somebody says so, or anything fails, connections finish what is under way, the replica stops the
//! log and the state, and the state the store.
//!
//! Left to others: what each thread does.

use crate::boxes::Boxes;
use crate::config::{Config, VERSION};
use crate::journal::{Level, Line, fields};
use crate::letters::{ToReplica, ToWatches};
use crate::lines::{self, hex, traffic};
use crate::listening::{self, Clients, Listeners, listen, turn_away};
use crate::log;
use crate::mailbox::Mailbox;
use crate::opening::{self, Opened, open};
use crate::pages::Pages;
use crate::replica::{self, Replica};
use crate::serve::{self, Dealt, accept, serve};
use crate::services::{Member, Services};
use crate::signature::Signature;
use crate::state::{self, State};
use crate::store;
use crate::watches::Watches;
use bolt::backend::Committer;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

/// Why a member cannot start, or has stopped.
#[derive(Debug, Error)]
pub enum Error {
    /// Its files.
    #[error(transparent)]
    Files(#[from] opening::Error),
    /// Its addresses.
    #[error(transparent)]
    Listen(#[from] listening::Error),
    /// A thread of the system's.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// Something has failed, and nothing can be promised any more.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// What stands in the log.
    pub fn line(&self) -> Line {
        let error = self.to_string();
        match self {
            Error::Files(opening::Error::List { place, .. }) => {
                let fields = fields!["dir": place.display().to_string(), "error": error];
                Line::new(Level::Fatal, "failed to list data directory", fields)
            }
            Error::Files(_) | Error::Listen(_) => {
                Line::new(Level::Fatal, "discovery failed", fields!["error": error])
            }
            Error::Thread(_) | Error::Failed(_) => {
                Line::new(Level::Fatal, "server error", fields!["error": error])
            }
        }
    }
}

/// Says when a member is to stop, and why, if it is not by somebody's wish.
#[derive(Clone)]
pub struct Stop {
    stops: watch::Sender<bool>,
    why: Arc<Mutex<Option<String>>>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { stops: watch::Sender::new(false), why: Arc::default() }
    }
}

impl Stop {
    /// It is to stop.
    pub fn stop(&self) {
        self.stops.send_replace(true);
    }

    /// It cannot go on.
    fn fail(&self, why: impl ToString) {
        let mut first = self.why.lock().expect("nobody panics while holding it");
        first.get_or_insert_with(|| why.to_string());
        drop(first);
        self.stop();
    }
}

/// Runs a member until it is told to stop. `ready` is called once clients can come, with the
/// addresses at which it listens, in the order of the configuration.
pub fn run(config: &Config, stop: &Stop, ready: impl FnOnce(&[SocketAddr])) -> Result<(), Error> {
    let journal = &config.journal;
    let is_old = opening::is_member(config)?;
    let listeners = listen(config)?;
    let addresses: Vec<SocketAddr> =
        listeners.clients.iter().map(|(address, ..)| *address).collect();
    journal.info("starting an etcd server", lines::starting(config, is_old));
    let opened = open(config, RandomState::new().hash_one("timer"))?;
    let (id, cluster, is_new) = (opened.id, opened.cluster, opened.is_new);
    let (rooms, members) = build(config, opened);
    thread::scope(|scope| {
        let (inbox, watch_jobs) = (rooms.inbox.clone(), rooms.watch_jobs.clone());
        rooms.start(scope, stop)?;
        let fields = fields![
            "local-member-id": hex(id.0),
            "local-server-version": VERSION,
            "cluster-id": hex(cluster),
        ];
        journal.info("starting etcd server", fields);
        for listener in &listeners.peers {
            let address = listener.local_addr().map_or(String::new(), |at| at.to_string());
            journal.info("serving peer traffic", fields!["address": address]);
        }
        if is_new {
            journal.info("added member", lines::added(config, cluster, id));
        }
        let serving = start_serving(scope, stop, listeners, members)?;
        say_ready(config, &addresses);
        ready(&addresses);
        wait(stop);
        journal.info("closing etcd server", lines::closing(config));
        for thread in serving {
            thread.join().expect("it does not panic");
        }
        let fields = fields!["local-member-id": hex(id.0), "current-leader-member-id": hex(id.0)];
        journal.info("skipped leadership transfer for single voting member cluster", fields);
        watch_jobs.put(ToWatches::Stop);
        inbox.put(ToReplica::Stop);
        Ok::<(), Error>(())
    })?;
    journal.info("closed etcd server", lines::closing(config));
    match stop.why.lock().expect("nobody panics while holding it").take() {
        Some(why) => Err(Error::Failed(why)),
        None => Ok(()),
    }
}

/// Clients can come to these addresses.
fn say_ready(config: &Config, addresses: &[SocketAddr]) {
    let places = || {
        let all = config.listen.iter().zip(addresses);
        all.filter_map(|(place, address)| Some((traffic(place.serves)?, address)))
    };
    for (_, address) in places() {
        let fields = fields!["address": address.to_string()];
        config.journal.info("ready to serve client requests", fields);
    }
    for (traffic, address) in places() {
        let fields = fields!["traffic": traffic, "address": address.to_string()];
        let message = "serving client traffic insecurely; this is strongly discouraged!";
        config.journal.info(message, fields);
    }
}

/// Waits until the member is to stop.
fn wait(stop: &Stop) {
    let mut stops = stop.stops.subscribe();
    let runtime = Builder::new_current_thread().build().expect("the system has room for one more");
    runtime.block_on(async { drop(stops.wait_for(|stops| *stops).await) });
}

/// All rooms with a thread of their own, but for those that serve clients.
struct Rooms {
    inbox: Arc<Mailbox<ToReplica>>,
    watch_jobs: Arc<Mailbox<ToWatches>>,
    replica: Replica,
    log: log::Writer,
    state: State,
    state_wires: state::Wires,
    committer: Committer<bolt::Folder>,
    store_wires: store::Wires,
    watches: Watches,
}

/// Builds everything, and connects it. For each runtime there is a member.
fn build(config: &Config, opened: Opened) -> (Rooms, Vec<Arc<Member>>) {
    let random = RandomState::new();
    let Opened { node, log, log_directory, log_options, state, .. } = opened;
    let Opened { leases, reader, committer, id, cluster, .. } = opened;
    let boxes = Arc::new(Boxes::new(id.0, random.hash_one("start"), config.runtimes));
    let inbox: Arc<Mailbox<ToReplica>> = Arc::default();
    let watch_jobs: Arc<Mailbox<ToWatches>> = Arc::default();
    let (log_jobs, state_jobs, store_jobs) = (Arc::default(), Arc::default(), Arc::default());
    let (retired, leases) = (Arc::default(), Arc::new(leases));
    let signature = Signature { id, cluster, term: Arc::default() };
    let wires = replica::Wires {
        inbox: inbox.clone(),
        log: Arc::clone(&log_jobs),
        state: Arc::clone(&state_jobs),
        boxes: boxes.clone(),
        term: signature.term.clone(),
        leases: leases.clone(),
    };
    let state_wires = state::Wires {
        jobs: state_jobs.clone(),
        replica: inbox.clone(),
        store: Arc::clone(&store_jobs),
        boxes: boxes.clone(),
        retired: Arc::clone(&retired),
        leases: leases.clone(),
        watches: watch_jobs.clone(),
    };
    let longest = config.max_request_bytes + (512 << 10);
    // Not all members at once, so up to a tenth longer.
    let tenths = u32::try_from(random.hash_one("progress") % 1_000).expect("it is small");
    let progress = config.progress + config.progress * tenths / 10_000;
    let member = |runtime| Member {
        signature: signature.clone(),
        replica: inbox.clone(),
        boxes: boxes.clone(),
        post_box: boxes.of(runtime),
        runtime,
        reader: reader.clone(),
        state: state_jobs.clone(),
        leases: leases.clone(),
        watches: watch_jobs.clone(),
        shortest_lease: config.shortest_lease(),
        patience: Duration::from_secs(5) + 2 * config.election_timeout(),
        max_request_bytes: config.max_request_bytes,
        max_txn_ops: config.max_txn_ops,
    };
    let members = (0..config.runtimes).map(|runtime| Arc::new(member(runtime))).collect();
    let replica = Replica::new(node, wires, config.heartbeat);
    let jobs = log_jobs;
    let (directory, options) = (log_directory, log_options);
    let log = log::Writer { log, directory, options, jobs, replica: inbox.clone() };
    let store_wires = store::Wires { jobs: store_jobs, replica: inbox.clone(), retired };
    let watches = Watches::new(reader.clone(), signature.clone(), longest, progress);
    let rooms = Rooms {
        inbox,
        watch_jobs,
        replica,
        log,
        state,
        state_wires,
        committer,
        store_wires,
        watches,
    };
    (rooms, members)
}

impl Rooms {
    /// Starts a thread for each. If one fails, the member stops.
    fn start<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        stop: &'scope Stop,
    ) -> Result<(), Error> {
        let Rooms { watch_jobs, replica, log, state, state_wires, .. } = self;
        let Rooms { committer, store_wires, watches, .. } = self;
        start(scope, "replica", move || replica.run())?;
        start(scope, "log", move || log.run().unwrap_or_else(|error| stop.fail(error)))?;
        start(scope, "state", move || {
            state.run(&state_wires).unwrap_or_else(|error| stop.fail(error));
        })?;
        start(scope, "store", move || {
            store::run(committer, &store_wires).unwrap_or_else(|error| stop.fail(error));
        })?;
        start(scope, "watches", move || {
            watches.run(&watch_jobs).unwrap_or_else(|error| stop.fail(error));
        })?;
        Ok(())
    }
}

/// Starts a thread for each runtime that serves clients. The first one accepts, for all.
fn start_serving<'scope>(
    scope: &'scope Scope<'scope, '_>,
    stop: &Stop,
    listeners: Listeners,
    members: Vec<Arc<Member>>,
) -> Result<Vec<ScopedJoinHandle<'scope, ()>>, Error> {
    let Listeners { clients, peers } = listeners;
    let channels = members.iter().map(|_| mpsc::unbounded_channel());
    let (deals, dealt): (Vec<_>, Vec<_>) = channels.unzip();
    let mut listeners = Some((clients, peers, deals));
    let mut serving = Vec::new();
    for (at, (member, dealt)) in members.into_iter().zip(dealt).enumerate() {
        let (listeners, stops) = (listeners.take(), stop.stops.subscribe());
        let run = move || runtime(member, listeners, dealt, stops);
        serving.push(start(scope, &format!("serve {at}"), run)?);
    }
    Ok(serving)
}

fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    run: impl FnOnce() + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, ()>, Error> {
    thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, run).map_err(Error::Thread)
}

type Deals = Vec<mpsc::UnboundedSender<Dealt>>;

/// One thread that serves clients. One of them accepts, for all.
fn runtime(
    member: Arc<Member>,
    listeners: Option<(Clients, Vec<std::net::TcpListener>, Deals)>,
    dealt: mpsc::UnboundedReceiver<Dealt>,
    stops: watch::Receiver<bool>,
) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has room for one more");
    runtime.block_on(async {
        let hand_out = member.post_box.clone();
        tokio::spawn(async move { hand_out.hand_out().await });
        let (clients, peers, deals) = listeners.unwrap_or_default();
        for listener in peers {
            let listener = TcpListener::from_std(listener).expect("it is a listener");
            tokio::spawn(turn_away(listener, stops.clone()));
        }
        for (_, listener, door) in clients {
            let listener = TcpListener::from_std(listener).expect("it is a listener");
            tokio::spawn(accept(listener, door, deals.clone(), stops.clone()));
        }
        let services = Arc::new(Services::new(member.clone()));
        let pages = Pages::new(member, services.clone());
        serve(dealt, Arc::new(serve::Rooms { services, pages }), stops).await;
    });
}
