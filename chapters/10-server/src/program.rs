//! A member that runs.
//!
//! Owns [`run`], the one function that builds everything: files first, then the sockets, and then
//! the threads, so that nothing starts that could not be told why. And it owns the end: when
//! somebody says so, or anything fails, connections finish what is under way, the replica stops the
//! log and the state, and the state the store.
//!
//! Left to others: what each thread does.

use crate::building::{Mail, build, start};
use crate::chores;
use crate::comparing;
use crate::config::{Config, Gate};
use crate::journal::{Level, Line, fields};
use crate::letters::{ToHashes, ToLog, ToReplica, ToState, ToStore, ToWatches};
use crate::lines;
use crate::links::ToPeers;
use crate::listening::{self, Clients, Listeners, listen};
use crate::opening::{self, open};
use crate::pages::{Options, Pages};
use crate::serve::{self, Dealt, accept, serve};
use crate::services::{Member, Services};
use crate::stop::Stop;
use basics::NodeId;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
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
    /// It was removed from its cluster.
    #[error("{0}")]
    Left(&'static str),
    /// Others do not have what it has.
    #[error("{0:x} found data inconsistency with peers")]
    Inconsistent(u64),
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
            Error::Files(_) | Error::Listen(_) | Error::Inconsistent(_) => {
                Line::new(Level::Fatal, "discovery failed", fields!["error": error])
            }
            Error::Left(_) => Line::new(Level::Error, "server error", fields!["error": error]),
            Error::Thread(_) | Error::Failed(_) => {
                Line::new(Level::Fatal, "server error", fields!["error": error])
            }
        }
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
    let opened = open(config, &listeners, RandomState::new().hash_one("timer"))?;
    let (id, cluster, is_new) =
        (NodeId(opened.identity.member), opened.identity.cluster, opened.is_new);
    let Listeners { clients, peers, dialer } = listeners;
    let at_peers: Vec<SocketAddr> =
        peers.iter().filter_map(|(listener, _)| listener.local_addr().ok()).collect();
    let (rooms, members) = build(config, opened, (peers, dialer), stop);
    let member = rooms.member();
    let mut refused = None;
    thread::scope(|scope| {
        let (mail, facts) = (rooms.mail.clone(), rooms.facts.clone());
        let mut replica = None;
        let serving = rooms.start(scope, stop).map_err(Error::Thread).and_then(|thread| {
            replica = Some(thread);
            lines::say_begun(config, cluster, &facts.roster.get(), id, is_new, &at_peers);
            if !is_new {
                compare(&member, config)?;
            }
            wait_until_known(&member, config, stop);
            start_serving(scope, stop, clients, members, &config.pages)
        });
        match serving {
            Ok(serving) => {
                lines::say_ready(config, &addresses);
                ready(&addresses);
                wait(stop);
                journal.info("closing etcd server", lines::closing(config));
                // Whoever else leads then can go on while this one finishes what is under way.
                mail.replica.put(ToReplica::HandOver);
                serving.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
                if facts.roster.get().members().voters().len() < 2 {
                    lines::say_alone(config, id);
                }
            }
            Err(error) => {
                stop.fail(&error);
                refused = Some(error);
                if replica.is_none() {
                    stop_what_replica_stops(&mail);
                }
            }
        }
        stop_helpers(&mail);
        // Others hear from the replica to its end.
        mail.replica.put(ToReplica::Stop);
        if let Some(replica) = replica {
            replica.join().expect("it does not panic");
        }
        member.links.tell(ToPeers::Stop);
    });
    journal.info("closed etcd server", lines::closing(config));
    if let Some(error) = refused {
        return Err(error);
    }
    if let Some(why) = stop.left() {
        return Err(Error::Left(why));
    }
    match stop.why() {
        Some(why) => Err(Error::Failed(why)),
        None => Ok(()),
    }
}

/// Stops those on whom nobody waits to the end.
fn stop_helpers(mail: &Mail) {
    mail.hashes.put(ToHashes::Stop);
    mail.chores.put(chores::Stop);
    mail.comparing.put(comparing::Stop);
    mail.watches.put(ToWatches::Stop);
}

/// A replica that did not start does not hand it on.
fn stop_what_replica_stops(mail: &Mail) {
    mail.log.put(ToLog::Stop);
    mail.state.put(ToState::Stop);
    mail.store.put(ToStore::Stop);
}

/// If it is wished, a member does not serve that holds something else than others.
fn compare(member: &Member, config: &Config) -> Result<(), Error> {
    if !config.gates.has(Gate::InitialCorruptCheck) {
        return Ok(());
    }
    match comparing::compare_first(member, &config.journal) {
        Ok(true) => Ok(()),
        Ok(false) => {
            let error = Error::Inconsistent(member.signature.id.0);
            let fields = fields!["error": error.to_string()];
            config.journal.error("checkInitialHashKV failed", fields);
            Err(error)
        }
        Err(broken) => Err(Error::Failed(broken.to_string())),
    }
}

/// Waits until the cluster knows what the member is called, and the member everything that was
/// acknowledged before it started: until then, nobody is served.
fn wait_until_known(member: &Member, config: &Config, stop: &Stop) {
    let (mut stops, id) = (stop.heard(), member.signature.id);
    let is_published = || {
        let roster = member.facts.roster.get();
        roster.get(id).is_some_and(|entry| entry.is_called(&config.name, &config.client_urls))
    };
    let known = async {
        while member.catch_up().await.is_err() {}
        // Which version it speaks, whoever leads finds out at once.
        let speaks = || member.facts.versions.get().cluster.is_some();
        while !is_published() || !speaks() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("the system has room for one more").block_on(async {
        tokio::select! {
            () = known => {}
            _ = stops.wait_for(|stops| *stops) => {}
        }
    });
}

/// Waits until the member is to stop.
fn wait(stop: &Stop) {
    let mut stops = stop.heard();
    let runtime = Builder::new_current_thread().build().expect("the system has room for one more");
    runtime.block_on(async { drop(stops.wait_for(|stops| *stops).await) });
}

/// Starts a thread for each runtime that serves clients. The first one accepts, for all.
fn start_serving<'scope>(
    scope: &'scope Scope<'scope, '_>,
    stop: &Stop,
    clients: Clients,
    members: Vec<Arc<Member>>,
    options: &Options,
) -> Result<Vec<ScopedJoinHandle<'scope, ()>>, Error> {
    let channels = members.iter().map(|_| mpsc::unbounded_channel());
    let (deals, dealt): (Vec<_>, Vec<_>) = channels.unzip();
    let mut listeners = Some((clients, deals));
    let mut serving = Vec::new();
    for (at, (member, dealt)) in members.into_iter().zip(dealt).enumerate() {
        let (listeners, stops) = (listeners.take(), stop.heard());
        let options = options.clone();
        let run = move || runtime(member, options, listeners, dealt, stops);
        let serve = start(scope, &format!("serve {at}"), run).map_err(Error::Thread)?;
        serving.push(serve);
    }
    Ok(serving)
}

type Deals = Vec<mpsc::UnboundedSender<Dealt>>;

/// One thread that serves clients. One of them accepts, for all.
fn runtime(
    member: Arc<Member>,
    options: Options,
    listeners: Option<(Clients, Deals)>,
    dealt: mpsc::UnboundedReceiver<Dealt>,
    stops: watch::Receiver<bool>,
) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has room for one more");
    runtime.block_on(async {
        let hand_out = member.post_box.clone();
        tokio::spawn(async move { hand_out.hand_out().await });
        let (clients, deals) = listeners.unwrap_or_default();
        for (_, listener, door) in clients {
            let listener = TcpListener::from_std(listener).expect("it is a listener");
            tokio::spawn(accept(listener, door, deals.clone(), stops.clone()));
        }
        let services = Arc::new(Services::new(member.clone()));
        let pages = Pages::new(member, services.clone(), options);
        serve(dealt, Arc::new(serve::Rooms { services, pages }), stops).await;
    });
}
