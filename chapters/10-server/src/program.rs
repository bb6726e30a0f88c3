//! A member that runs.
//!
//! Owns [`run`], the one function that builds everything: files first, then the sockets, and then
//! the threads, so that nothing starts that could not be told why. And it owns the end: when
//! somebody says so, or anything fails, connections finish what is under way, the replica stops the
//! log and the state, and the state the store.
//!
//! Left to others: what each thread does.

use crate::building::{build, start};
use crate::chores;
use crate::comparing;
use crate::config::Config;
use crate::facts::Facts;
use crate::journal::{Level, Line, fields};
use crate::letters::{ToLog, ToReplica, ToState, ToStore, ToWatches};
use crate::lines;
use crate::listening::{self, Clients, Listeners, listen, turn_away};
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
    let (id, cluster, is_new) =
        (NodeId(opened.identity.member), opened.identity.cluster, opened.is_new);
    let (rooms, members) = build(config, opened);
    thread::scope(|scope| {
        let (mail, facts) = (rooms.mail.clone(), rooms.facts.clone());
        let serving = rooms.start(scope, stop).map_err(Error::Thread).and_then(|()| {
            lines::say_begun(config, cluster, id, is_new, &listeners.peers);
            wait_until_known(&facts, id, stop);
            start_serving(scope, stop, listeners, members, &config.pages)
        });
        match serving {
            Ok(serving) => {
                lines::say_ready(config, &addresses);
                ready(&addresses);
                wait(stop);
                journal.info("closing etcd server", lines::closing(config));
                serving.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
                lines::say_alone(config, id);
            }
            Err(error) => {
                stop.fail(error);
                // Who did not start does not hand it on.
                mail.log.put(ToLog::Stop);
                mail.state.put(ToState::Stop);
                mail.store.put(ToStore::Stop);
            }
        }
        mail.chores.put(chores::Stop);
        mail.comparing.put(comparing::Stop);
        mail.watches.put(ToWatches::Stop);
        mail.replica.put(ToReplica::Stop);
    });
    journal.info("closed etcd server", lines::closing(config));
    match stop.why() {
        Some(why) => Err(Error::Failed(why)),
        None => Ok(()),
    }
}

/// Waits until the cluster knows what the member is called, and the member everything that was
/// acknowledged before it started: until then, nobody is served.
fn wait_until_known(facts: &Facts, id: NodeId, stop: &Stop) {
    let stops = stop.heard();
    let has_name = || facts.roster.get().get(id).is_some_and(|entry| !entry.name.is_empty());
    let is_known = || facts.progress.is_current() && has_name();
    while !is_known() && !*stops.borrow() {
        thread::sleep(Duration::from_millis(5));
    }
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
    listeners: Listeners,
    members: Vec<Arc<Member>>,
    options: &Options,
) -> Result<Vec<ScopedJoinHandle<'scope, ()>>, Error> {
    let Listeners { clients, peers } = listeners;
    let channels = members.iter().map(|_| mpsc::unbounded_channel());
    let (deals, dealt): (Vec<_>, Vec<_>) = channels.unzip();
    let mut listeners = Some((clients, peers, deals));
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
        let pages = Pages::new(member, services.clone(), options);
        serve(dealt, Arc::new(serve::Rooms { services, pages }), stops).await;
    });
}
