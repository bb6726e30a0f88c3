//! How a member is put together.
//!
//! Owns [`build`], the one function that makes every room and connects them, and [`Rooms`], all of
//! them, until each has its thread.
//!
//! Left to others: what they do, and who serves clients (`program`).

use crate::birth;
use crate::blocking::Blocking;
use crate::boxes::Boxes;
use crate::chores::{self, Chores};
use crate::comparing::{self, Comparing};
use crate::config::{Config, Gate};
use crate::disk::StoreFolder;
use crate::door::Door;
use crate::facts::Facts;
use crate::hashes::Hashes;
use crate::leases::Leases;
use crate::letters::{Retired, ToHashes, ToLog, ToReplica, ToState, ToStore, ToWatches};
use crate::links::Links;
use crate::log;
use crate::mailbox::Mailbox;
use crate::opening::{Opened, lease_options, store_directory};
use crate::peers::Peers;
use crate::reader::Reader;
use crate::replica::{self, Replica};
use crate::services::{Member, Slow};
use crate::signature::Signature;
use crate::state::{self, State};
use crate::stop::Stop;
use crate::store;
use crate::tls::Dialer;
use crate::watches::Watches;
use basics::NodeId;
use bolt::backend::Committer;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

/// All rooms with a thread of their own, but for those that serve clients.
pub struct Rooms {
    /// What is true of the member.
    pub facts: Arc<Facts>,
    /// Where each is told something.
    pub mail: Mail,
    chores: Chores,
    comparing: Comparing,
    hashes: Hashes,
    replica: Replica,
    log: log::Writer,
    state: State,
    state_wires: state::Wires,
    committer: Committer<StoreFolder>,
    store_wires: store::Wires,
    watches: Watches,
    peers: Peers,
    listeners: Vec<(TcpListener, Arc<Door>)>,
}

/// A mailbox for each of them.
#[derive(Clone, Default)]
pub struct Mail {
    /// The thread that drives raft.
    pub replica: Arc<Mailbox<ToReplica>>,
    /// The thread that waits for the log.
    pub log: Arc<Mailbox<ToLog>>,
    /// The thread that carries out what is in it.
    pub state: Arc<Mailbox<ToState>>,
    /// The thread that waits for the store.
    pub store: Arc<Mailbox<ToStore>>,
    /// What it has brought to the disk.
    pub retired: Arc<Mailbox<Retired>>,
    /// The thread that tells watchers.
    pub watches: Arc<Mailbox<ToWatches>>,
    /// The thread that does what nobody asks for.
    pub chores: Arc<Mailbox<chores::Stop>>,
    /// The thread that looks whether all members have the same.
    pub comparing: Arc<Mailbox<comparing::Stop>>,
    /// The thread that remembers what compactions leave.
    pub hashes: Arc<Mailbox<ToHashes>>,
}

/// Builds everything, and connects it. For each runtime that serves clients there is a member, and
/// one for the room of the peers.
pub fn build(
    config: &Config,
    opened: Opened,
    (listeners, dialer): (Vec<(TcpListener, Arc<Door>)>, Arc<Dialer>),
    stop: &Stop,
) -> (Rooms, Vec<Arc<Member>>) {
    let random = RandomState::new();
    let Opened { node, log, log_directory, log_options, state, .. } = opened;
    let Opened { leases, facts, reader, committer, identity, .. } = opened;
    let (id, cluster) = (NodeId(identity.member), identity.cluster);
    let (mail, facts, leases) = (Mail::default(), Arc::new(facts), Arc::new(leases));
    let boxes = Arc::new(Boxes::new(id.0, random.hash_one("start"), config.runtimes + 1));
    let (links, told) = Links::new(id, facts.clone());
    let links = Arc::new(links);
    links.note_roster(&facts.roster.get());
    let signature = Signature { id, cluster, facts: facts.clone() };
    let wires = replica_wires(&mail, &boxes, &facts, &leases, &links);
    let ends = Ends { id, links: links.clone(), reader: reader.clone(), stop: stop.clone() };
    let state_wires = state_wires(config, &mail, &boxes, &facts, &leases, ends);
    let store_wires = store_wires(config, &mail, &boxes, &facts);
    let log = log::Writer {
        log,
        directory: log_directory,
        options: log_options,
        jobs: mail.log.clone(),
        replica: mail.replica.clone(),
        facts: facts.clone(),
        links: links.clone(),
    };
    let watches = watches(config, &reader, &signature, random.hash_one("progress"));
    let hashes = Hashes::new(facts.clone());
    let replica = Replica::new(node, wires, config.heartbeat, config.max_learners);
    let hands = (reader, leases, links.clone(), stop.clone());
    let first = member(config, signature, &mail, &boxes, hands);
    let members = (0..=config.runtimes)
        .map(|runtime| Arc::new(Member { runtime, post_box: boxes.of(runtime), ..first.clone() }));
    let mut members: Vec<Arc<Member>> = members.collect();
    let member = members.pop().expect("there is one more than serve clients");
    let comparing = Comparing::new(config, member.clone());
    let chores = Chores::new(config, member.clone());
    let (store, journal) = (config.store_place(), config.journal.clone());
    let replica_box = mail.replica.clone();
    let addresses = birth::addresses(config);
    let peers =
        Peers { links, told, member, replica: replica_box, store, journal, addresses, dialer };
    let rooms = Rooms {
        facts,
        mail,
        chores,
        comparing,
        hashes,
        replica,
        log,
        state,
        state_wires,
        committer,
        store_wires,
        watches,
        peers,
        listeners,
    };
    (rooms, members)
}

/// Those who tell watchers. Not all members say at once that nothing happens, so it is up to a
/// tenth later.
fn watches(config: &Config, reader: &Reader, signature: &Signature, draw: u64) -> Watches {
    let longest = config.max_request_bytes + (512 << 10);
    let tenths = u32::try_from(draw % 1_000).expect("it is small");
    let progress = config.progress + config.progress * tenths / 10_000;
    Watches::new(reader.clone(), signature.clone(), longest, progress)
}

fn replica_wires(
    mail: &Mail,
    boxes: &Arc<Boxes>,
    facts: &Arc<Facts>,
    leases: &Arc<Leases>,
    links: &Arc<Links>,
) -> replica::Wires {
    replica::Wires {
        inbox: mail.replica.clone(),
        log: mail.log.clone(),
        state: mail.state.clone(),
        boxes: boxes.clone(),
        facts: facts.clone(),
        leases: leases.clone(),
        links: links.clone(),
    }
}

/// What the state has to do with besides other rooms.
struct Ends {
    id: NodeId,
    links: Arc<Links>,
    reader: Reader,
    stop: Stop,
}

fn state_wires(
    config: &Config,
    mail: &Mail,
    boxes: &Arc<Boxes>,
    facts: &Arc<Facts>,
    leases: &Arc<Leases>,
    Ends { id, links, reader, stop }: Ends,
) -> state::Wires {
    state::Wires {
        jobs: mail.state.clone(),
        replica: mail.replica.clone(),
        store: mail.store.clone(),
        boxes: boxes.clone(),
        retired: mail.retired.clone(),
        leases: leases.clone(),
        facts: facts.clone(),
        watches: mail.watches.clone(),
        hashes: mail.hashes.clone(),
        rhythm: state::Rhythm {
            pause: config.batch_interval,
            rows: config.batch_limit,
            entries: config.entries().0,
        },
        compaction: config.compaction,
        slow: config.slow_apply,
        id,
        journal: config.journal.clone(),
        reader,
        directory: store_directory(config),
        lease_options: lease_options(config),
        links,
        stop,
    }
}

fn store_wires(
    config: &Config,
    mail: &Mail,
    boxes: &Arc<Boxes>,
    facts: &Arc<Facts>,
) -> store::Wires {
    store::Wires {
        jobs: mail.store.clone(),
        replica: mail.replica.clone(),
        state: mail.state.clone(),
        retired: mail.retired.clone(),
        facts: facts.clone(),
        boxes: boxes.clone(),
        journal: config.journal.clone(),
        turns_away: config.gates.has(Gate::StopGRPCServiceOnDefrag),
    }
}

/// The member, as the services of the first runtime see it.
fn member(
    config: &Config,
    signature: Signature,
    mail: &Mail,
    boxes: &Arc<Boxes>,
    (reader, leases, links, stop): (Reader, Arc<Leases>, Arc<Links>, Stop),
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
        links,
        stop,
        watches: mail.watches.clone(),
        store: mail.store.clone(),
        blocking: Blocking::default(),
        passwords: Blocking::default(),
        bcrypt_cost: config.bcrypt_cost(),
        quota: config.quota,
        quota_said: config.quota_said,
        strict_reconfiguration: config.strict_reconfig,
        shortest_lease: config.shortest_lease(),
        patience: Duration::from_secs(5) + 2 * config.election_timeout(),
        election: config.election_timeout(),
        max_request_bytes: config.max_request_bytes,
        max_txn_ops: config.max_txn_ops,
        slow: Arc::new(Slow::new(config.journal.clone(), config.slow_request, config.slow_apply)),
        features: config.gates.each().collect(),
        room_first: config.gates.has(Gate::PriorityRequest),
    }
}

impl Rooms {
    /// The member, as nobody sees it whose runtime serves clients.
    pub fn member(&self) -> Arc<Member> {
        self.peers.member.clone()
    }

    /// Starts a thread for each; that of the replica ends last. If one fails, the member stops.
    pub fn start<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        stop: &'scope Stop,
    ) -> io::Result<ScopedJoinHandle<'scope, ()>> {
        let Rooms { mail, replica, log, state, state_wires, .. } = self;
        let Rooms { committer, store_wires, watches, chores, comparing, .. } = self;
        let Rooms { peers, listeners, hashes, .. } = self;
        start(scope, "peers", move || peers.run(listeners, stop))?;
        start(scope, "chores", move || chores.run(&mail.chores))?;
        start(scope, "comparing", move || {
            comparing.run(&mail.comparing).unwrap_or_else(|error| stop.fail(error));
        })?;
        start(scope, "hashes", move || {
            hashes.run(&mail.hashes).unwrap_or_else(|error| stop.fail(error));
        })?;
        let replica = start(scope, "replica", move || replica.run())?;
        start(scope, "log", move || log.run().unwrap_or_else(|error| stop.fail(error)))?;
        // Whoever fails lets go of the one that waits for it.
        let (to_store, to_state, retired) =
            (mail.store.clone(), mail.state.clone(), mail.retired.clone());
        start(scope, "state", move || {
            state.run(&state_wires).unwrap_or_else(|error| {
                stop.fail(error);
                to_store.put(ToStore::Stop);
            });
        })?;
        start(scope, "store", move || {
            store::run(committer, &store_wires).unwrap_or_else(|error| {
                stop.fail(error);
                retired.put(Retired::Never);
                to_state.put(ToState::Retired);
            });
        })?;
        start(scope, "watches", move || {
            watches.run(&mail.watches).unwrap_or_else(|error| stop.fail(error));
        })?;
        Ok(replica)
    }
}

/// Starts a thread.
pub fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    run: impl FnOnce() + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, ()>> {
    thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, run)
}
