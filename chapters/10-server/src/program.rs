//! A member that runs.
//!
//! Owns [`run`], the one function that builds everything: files first, then the sockets, and then
//! the threads, so that nothing starts that could not be told why. And it owns the end: when
//! somebody says so, or anything fails, connections finish what is under way, the replica stops the
//! log and the state, and the state the store.
//!
//! Left to others: what each thread does.

use crate::boxes::Boxes;
use crate::config::Config;
use crate::log;
use crate::mailbox::Mailbox;
use crate::opening::{self, Opened, open};
use crate::replica::{self, Event, Replica};
use crate::serve::{accept, serve};
use crate::services::{Member, Services};
use crate::signature::Signature;
use crate::state;
use crate::store;
use crate::watches::{self, Watches};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
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

/// Runs a member until it is told to stop. `ready` is called with its address once clients can
/// come.
pub fn run(
    config: &Config,
    stop: &Stop,
    ready: impl FnOnce(std::net::SocketAddr),
) -> Result<(), Error> {
    let random = RandomState::new();
    let opened = open(config, random.hash_one("timer"))?;
    let listen = |error| Error::Listen { place: config.listen_client.clone(), error };
    let listener = std::net::TcpListener::bind(&config.listen_client).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let Opened {
        node,
        log,
        log_directory,
        log_options,
        state,
        leases,
        reader,
        committer,
        id,
        cluster,
    } = opened;
    let boxes = Arc::new(Boxes::new(id.0, random.hash_one("start"), config.runtimes));
    let (inbox, log_jobs) = (Arc::new(Mailbox::default()), Arc::new(Mailbox::default()));
    let (state_jobs, store_jobs) = (Arc::new(Mailbox::default()), Arc::new(Mailbox::default()));
    let leases = Arc::new(leases);
    let watch_jobs = Arc::new(Mailbox::default());
    let retired = Arc::new(Mailbox::default());
    let term = Arc::default();
    let wires = replica::Wires {
        inbox: inbox.clone(),
        log: log_jobs.clone(),
        state: state_jobs.clone(),
        boxes: boxes.clone(),
        term: Arc::clone(&term),
        leases: leases.clone(),
    };
    let replica = Replica::new(node, wires, config.heartbeat);
    let writer = log::Writer {
        log,
        directory: log_directory,
        options: log_options,
        jobs: log_jobs,
        replica: inbox.clone(),
    };
    let state_wires = state::Wires {
        jobs: state_jobs.clone(),
        replica: inbox.clone(),
        store: store_jobs.clone(),
        boxes: boxes.clone(),
        retired: retired.clone(),
        leases: leases.clone(),
        watches: watch_jobs.clone(),
    };
    let store_wires = store::Wires { jobs: store_jobs, replica: inbox.clone(), retired };
    let signature = Signature { id, cluster, term };
    let longest = config.max_request_bytes + (512 << 10);
    // Not all streams at once, so up to a tenth longer.
    let progress = Duration::from_secs(600 + random.hash_one("progress") % 60);
    let watches = Watches::new(reader.clone(), signature.clone(), longest, progress);
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
        patience: Duration::from_secs(7),
        max_request_bytes: config.max_request_bytes,
        max_txn_ops: config.max_txn_ops,
    };
    thread::scope(|scope| {
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let failed = Error::Thread;
        named("replica").spawn_scoped(scope, || replica.run()).map_err(failed)?;
        let run = || writer.run().unwrap_or_else(|error| stop.fail(error));
        named("log").spawn_scoped(scope, run).map_err(failed)?;
        let run = || state.run(&state_wires).unwrap_or_else(|error| stop.fail(error));
        named("state").spawn_scoped(scope, run).map_err(failed)?;
        let run = || store::run(committer, &store_wires).unwrap_or_else(|error| stop.fail(error));
        named("store").spawn_scoped(scope, run).map_err(failed)?;
        let run = || watches.run(&watch_jobs).unwrap_or_else(|error| stop.fail(error));
        named("watches").spawn_scoped(scope, run).map_err(failed)?;
        let (mut deals, mut dealt) = (Vec::new(), Vec::new());
        for _ in 0..config.runtimes {
            let (deal, to) = mpsc::unbounded_channel();
            deals.push(deal);
            dealt.push(to);
        }
        let mut listener = Some((listener, deals));
        let mut serving = Vec::new();
        for (at, dealt) in dealt.into_iter().enumerate() {
            let member = Arc::new(member(at));
            let listener = listener.take();
            let stops = stop.stops.subscribe();
            let run = move || runtime(member, listener, dealt, stops);
            serving.push(named(&format!("serve {at}")).spawn_scoped(scope, run).map_err(failed)?);
        }
        ready(address);
        for thread in serving {
            thread.join().expect("it does not panic");
        }
        watch_jobs.put(watches::Job::Stop);
        inbox.put(Event::Stop);
        Ok::<(), Error>(())
    })?;
    match stop.why.lock().expect("nobody panics while holding it").take() {
        Some(why) => Err(Error::Failed(why)),
        None => Ok(()),
    }
}

type Deals = Vec<mpsc::UnboundedSender<std::net::TcpStream>>;

/// One thread that serves clients. One of them accepts, for all.
fn runtime(
    member: Arc<Member>,
    listener: Option<(std::net::TcpListener, Deals)>,
    dealt: mpsc::UnboundedReceiver<std::net::TcpStream>,
    stops: watch::Receiver<bool>,
) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has room for one more");
    runtime.block_on(async {
        let hand_out = member.post_box.clone();
        tokio::spawn(async move { hand_out.hand_out().await });
        if let Some((listener, deals)) = listener {
            let listener = TcpListener::from_std(listener).expect("it is a listener");
            tokio::spawn(accept(listener, deals, stops.clone()));
        }
        serve(dealt, Arc::new(Services::new(member)), stops).await;
    });
}
