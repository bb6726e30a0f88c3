//! A member that runs.
//!
//! Owns [`run`], the one function that builds everything: files first, then the sockets, and then
//! the threads, so that nothing starts that could not be told why. And it owns the end: when
//! somebody says so, or anything fails, connections finish what is under way, the replica stops the
//! log and the state, and the state the store.
//!
//! Left to others: what each thread does.

use crate::blocking::Blocking;
use crate::boxes::Boxes;
use crate::chores::{self, Chores};
use crate::config::{Config, Place, Speaks};
use crate::door::{Door, Serves};
use crate::facts::Facts;
use crate::leases::Leases;
use crate::letters::{ToLog, ToReplica, ToState, ToStore, ToWatches};
use crate::log;
use crate::mailbox::Mailbox;
use crate::opening::{self, Opened, open};
use crate::pages::{Options, Pages};
use crate::replica::{self, Replica};
use crate::serve::{self, Dealt, accept, serve};
use crate::services::{Member, Services};
use crate::signature::Signature;
use crate::state::{self, State};
use crate::store;
use crate::tls::{self, Tls};
use crate::watches::Watches;
use basics::NodeId;
use bolt::backend::Committer;
use std::fs::File;
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
    /// Its address.
    #[error("cannot listen on {place}: {error}")]
    Listen {
        /// Which.
        place: String,
        /// Why not.
        error: io::Error,
    },
    /// How clients are to speak there.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// A thread of the system's.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// Something has failed, and nothing can be promised any more.
    #[error("{0}")]
    Failed(String),
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
    let listeners = listen(config)?;
    let addresses: Vec<SocketAddr> = listeners.iter().map(|(address, ..)| *address).collect();
    let opened = open(config, RandomState::new().hash_one("timer"))?;
    let (rooms, members) = build(config, opened);
    thread::scope(|scope| {
        let (mail, facts, id) = (rooms.mail.clone(), rooms.facts.clone(), rooms.id);
        let serving = rooms.start(scope, stop).and_then(|()| {
            wait_until_known(&facts, id, stop);
            start_serving(scope, stop, listeners, members, &config.pages)
        });
        match serving {
            Ok(serving) => {
                ready(&addresses);
                serving.into_iter().for_each(|thread| thread.join().expect("it does not panic"));
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
        mail.watches.put(ToWatches::Stop);
        mail.replica.put(ToReplica::Stop);
    });
    match stop.why.lock().expect("nobody panics while holding it").take() {
        Some(why) => Err(Error::Failed(why)),
        None => Ok(()),
    }
}

/// Waits until the cluster knows what the member is called: until then, nobody is served.
fn wait_until_known(facts: &Facts, id: NodeId, stop: &Stop) {
    let is_known = || facts.roster.get().get(id).is_some_and(|entry| !entry.name.is_empty());
    while !is_known() && !*stop.stops.borrow() {
        thread::sleep(Duration::from_millis(5));
    }
}

type Listeners = Vec<(SocketAddr, std::net::TcpListener, Arc<Door>)>;

/// Binds every address, before anything else is done: a second member must not touch files.
fn listen(config: &Config) -> Result<Listeners, Error> {
    let bind = |place: &Place| {
        let failed = |error| Error::Listen { place: place.address.clone(), error };
        let listener = std::net::TcpListener::bind(&place.address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        Ok((listener.local_addr().map_err(failed)?, listener))
    };
    let bound = config.listen.iter().map(bind).collect::<Result<Vec<_>, Error>>()?;
    let tls = tls(config)?;
    let doors = config.listen.iter().map(|place| Door {
        serves: place.serves,
        tls: tls.clone().filter(|_| place.speaks != Speaks::Http),
        plain: place.speaks != Speaks::Https,
        limits: config.limits,
    });
    let listeners = bound.into_iter().zip(doors);
    Ok(listeners.map(|((address, listener), door)| (address, listener, Arc::new(door))).collect())
}

/// What it takes to shake hands, if that is done anywhere.
fn tls(config: &Config) -> Result<Option<Arc<Tls>>, Error> {
    let places: Vec<&Place> =
        config.listen.iter().filter(|place| place.speaks != Speaks::Http).collect();
    if places.is_empty() {
        return Ok(None);
    }
    let host = |place: &Place| {
        let host = place.address.rsplit_once(':').map_or(&*place.address, |(host, _)| host);
        host.trim_matches(['[', ']']).to_owned()
    };
    let hosts: Vec<String> = config.listen.iter().map(host).collect();
    let has_http = places.iter().any(|place| place.serves != Serves::Grpc);
    let own = config.data_dir.join("fixtures/client");
    Ok(Some(Arc::new(Tls::new(&config.tls, &own, &hosts, has_http)?)))
}

/// All rooms with a thread of their own, but for those that serve clients.
struct Rooms {
    id: NodeId,
    facts: Arc<Facts>,
    mail: Mail,
    chores: Chores,
    replica: Replica,
    log: log::Writer,
    state: State,
    state_wires: state::Wires,
    committer: Committer<bolt::Folder>,
    store_wires: store::Wires,
    watches: Watches,
}

/// A mailbox for each of them.
#[derive(Clone, Default)]
struct Mail {
    replica: Arc<Mailbox<ToReplica>>,
    log: Arc<Mailbox<ToLog>>,
    state: Arc<Mailbox<ToState>>,
    store: Arc<Mailbox<ToStore>>,
    retired: Arc<Mailbox<()>>,
    watches: Arc<Mailbox<ToWatches>>,
    chores: Arc<Mailbox<chores::Stop>>,
}

/// Builds everything, and connects it. For each runtime there is a member.
fn build(config: &Config, opened: Opened) -> (Rooms, Vec<Arc<Member>>) {
    let random = RandomState::new();
    let Opened { node, log, log_directory, log_options, state, .. } = opened;
    let Opened { leases, facts, reader, committer, identity, .. } = opened;
    let (id, cluster) = (NodeId(identity.member), identity.cluster);
    let (mail, facts, leases) = (Mail::default(), Arc::new(facts), Arc::new(leases));
    let boxes = Arc::new(Boxes::new(id.0, random.hash_one("start"), config.runtimes));
    let signature = Signature { id, cluster, facts: facts.clone() };
    let wires = replica::Wires {
        inbox: mail.replica.clone(),
        log: mail.log.clone(),
        state: mail.state.clone(),
        boxes: boxes.clone(),
        facts: facts.clone(),
        leases: leases.clone(),
    };
    let state_wires = state::Wires {
        jobs: mail.state.clone(),
        replica: mail.replica.clone(),
        store: mail.store.clone(),
        boxes: boxes.clone(),
        retired: mail.retired.clone(),
        leases: leases.clone(),
        facts: facts.clone(),
        watches: mail.watches.clone(),
    };
    let store_wires = store::Wires {
        jobs: mail.store.clone(),
        replica: mail.replica.clone(),
        retired: mail.retired.clone(),
        facts: facts.clone(),
        boxes: boxes.clone(),
    };
    let log = log::Writer {
        log,
        directory: log_directory,
        options: log_options,
        jobs: mail.log.clone(),
        replica: mail.replica.clone(),
        facts: facts.clone(),
    };
    let longest = config.max_request_bytes + (512 << 10);
    // Not all members at once, so up to a tenth longer.
    let progress = Duration::from_secs(600 + random.hash_one("progress") % 60);
    let watches = Watches::new(reader.clone(), signature.clone(), longest, progress);
    let chores = Chores::new(id, config, facts.clone(), reader.clone(), mail.replica.clone());
    let replica = Replica::new(node, wires, config.heartbeat, config.max_learners);
    let first = member(config, signature, &mail, &boxes, reader, leases);
    let members = (0..config.runtimes)
        .map(|runtime| Arc::new(Member { runtime, post_box: boxes.of(runtime), ..first.clone() }));
    let members = members.collect();
    let rooms = Rooms {
        id,
        facts,
        mail,
        chores,
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

/// The member, as the services of the first runtime see it.
fn member(
    config: &Config,
    signature: Signature,
    mail: &Mail,
    boxes: &Arc<Boxes>,
    reader: mvcc::Reader<File>,
    leases: Arc<Leases>,
) -> Member {
    Member {
        facts: signature.facts.clone(),
        signature,
        replica: mail.replica.clone(),
        boxes: boxes.clone(),
        post_box: boxes.of(0),
        runtime: 0,
        reader,
        state: mail.state.clone(),
        leases,
        watches: mail.watches.clone(),
        store: mail.store.clone(),
        blocking: Blocking::default(),
        bcrypt_cost: config.bcrypt_cost,
        quota: config.quota,
        quota_said: config.quota_said,
        strict_reconfiguration: config.strict_reconfiguration,
        shortest_lease: config.shortest_lease(),
        patience: Duration::from_secs(5) + 2 * config.election_timeout(),
        max_request_bytes: config.max_request_bytes,
        max_txn_ops: config.max_txn_ops,
    }
}

impl Rooms {
    /// Starts a thread for each. If one fails, the member stops.
    fn start<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        stop: &'scope Stop,
    ) -> Result<(), Error> {
        let Rooms { mail, replica, log, state, state_wires, .. } = self;
        let Rooms { committer, store_wires, watches, chores, .. } = self;
        start(scope, "chores", move || chores.run(&mail.chores))?;
        start(scope, "replica", move || replica.run())?;
        start(scope, "log", move || log.run().unwrap_or_else(|error| stop.fail(error)))?;
        // Whoever fails lets go of the one that waits for it.
        let (to_store, to_state) = (mail.store.clone(), mail.retired.clone());
        start(scope, "state", move || {
            state.run(&state_wires).unwrap_or_else(|error| {
                stop.fail(error);
                to_store.put(ToStore::Stop);
            });
        })?;
        start(scope, "store", move || {
            store::run(committer, &store_wires).unwrap_or_else(|error| {
                stop.fail(error);
                to_state.put(());
            });
        })?;
        start(scope, "watches", move || {
            watches.run(&mail.watches).unwrap_or_else(|error| stop.fail(error));
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
    options: &Options,
) -> Result<Vec<ScopedJoinHandle<'scope, ()>>, Error> {
    let channels = members.iter().map(|_| mpsc::unbounded_channel());
    let (deals, dealt): (Vec<_>, Vec<_>) = channels.unzip();
    let mut listeners = Some((listeners, deals));
    let mut serving = Vec::new();
    for (at, (member, dealt)) in members.into_iter().zip(dealt).enumerate() {
        let (listeners, stops) = (listeners.take(), stop.stops.subscribe());
        let options = options.clone();
        let run = move || runtime(member, options, listeners, dealt, stops);
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
    options: Options,
    listeners: Option<(Listeners, Deals)>,
    dealt: mpsc::UnboundedReceiver<Dealt>,
    stops: watch::Receiver<bool>,
) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has room for one more");
    runtime.block_on(async {
        let hand_out = member.post_box.clone();
        tokio::spawn(async move { hand_out.hand_out().await });
        let (listeners, deals) = listeners.unwrap_or_default();
        for (_, listener, door) in listeners {
            let listener = TcpListener::from_std(listener).expect("it is a listener");
            tokio::spawn(accept(listener, door, deals.clone(), stops.clone()));
        }
        let services = Arc::new(Services::new(member.clone()));
        let pages = Pages::new(member, services.clone(), options);
        serve(dealt, Arc::new(serve::Rooms { services, pages }), stops).await;
    });
}
