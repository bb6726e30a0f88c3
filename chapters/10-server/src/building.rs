//! How a member is put together.
//!
//! Owns [`build`], the one function that makes every room and connects them, and [`Rooms`], all of
//! them, until each has its thread.
//!
//! Left to others: what they do, and who serves clients (`program`).

use crate::blocking::Blocking;
use crate::boxes::Boxes;
use crate::chores::{self, Chores};
use crate::comparing::{self, Comparing};
use crate::config::{Config, Gate};
use crate::disk::{File, StoreFolder};
use crate::facts::Facts;
use crate::leases::Leases;
use crate::letters::{Retired, ToLog, ToReplica, ToState, ToStore, ToWatches};
use crate::log;
use crate::mailbox::Mailbox;
use crate::opening::Opened;
use crate::replica::{self, Replica};
use crate::services::{Member, Slow};
use crate::signature::Signature;
use crate::state::{self, State};
use crate::stop::Stop;
use crate::store;
use crate::watches::Watches;
use basics::NodeId;
use bolt::backend::Committer;
use std::hash::{BuildHasher, RandomState};
use std::io;
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
    replica: Replica,
    log: log::Writer,
    state: State,
    state_wires: state::Wires,
    committer: Committer<StoreFolder>,
    store_wires: store::Wires,
    watches: Watches,
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
    /// The thread that looks whether all is still there.
    pub comparing: Arc<Mailbox<comparing::Stop>>,
}

/// Builds everything, and connects it. For each runtime there is a member.
pub fn build(config: &Config, opened: Opened) -> (Rooms, Vec<Arc<Member>>) {
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
    let state_wires = state_wires(config, &mail, &boxes, &facts, &leases, id);
    let store_wires = store_wires(config, &mail, &boxes, &facts);
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
    let tenths = u32::try_from(random.hash_one("progress") % 1_000).expect("it is small");
    let progress = config.progress + config.progress * tenths / 10_000;
    let watches = Watches::new(reader.clone(), signature.clone(), longest, progress);
    let chores = Chores::new(id, config, facts.clone(), reader.clone(), mail.replica.clone());
    let comparing = Comparing::new(id, config, facts.clone(), reader.clone(), mail.replica.clone());
    let replica = Replica::new(node, wires, config.heartbeat, config.max_learners);
    let first = member(config, signature, &mail, &boxes, reader, leases);
    let members = (0..config.runtimes)
        .map(|runtime| Arc::new(Member { runtime, post_box: boxes.of(runtime), ..first.clone() }));
    let members = members.collect();
    let rooms = Rooms {
        facts,
        mail,
        chores,
        comparing,
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

fn state_wires(
    config: &Config,
    mail: &Mail,
    boxes: &Arc<Boxes>,
    facts: &Arc<Facts>,
    leases: &Arc<Leases>,
    id: NodeId,
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
        rhythm: state::Rhythm {
            pause: config.batch_interval,
            rows: config.batch_limit,
            entries: config.entries().0,
        },
        compaction: config.compaction,
        slow: config.slow_apply,
        id,
        journal: config.journal.clone(),
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
        passwords: Blocking::default(),
        bcrypt_cost: config.bcrypt_cost(),
        quota: config.quota,
        quota_said: config.quota_said,
        strict_reconfiguration: config.strict_reconfig,
        shortest_lease: config.shortest_lease(),
        patience: Duration::from_secs(5) + 2 * config.election_timeout(),
        max_request_bytes: config.max_request_bytes,
        max_txn_ops: config.max_txn_ops,
        slow: Arc::new(Slow::new(config.journal.clone(), config.slow_request, config.slow_apply)),
        features: config.gates.each().collect(),
        room_first: config.gates.has(Gate::PriorityRequest),
    }
}

impl Rooms {
    /// Starts a thread for each. If one fails, the member stops.
    pub fn start<'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        stop: &'scope Stop,
    ) -> io::Result<()> {
        let Rooms { mail, replica, log, state, state_wires, .. } = self;
        let Rooms { committer, store_wires, watches, chores, comparing, .. } = self;
        start(scope, "chores", move || chores.run(&mail.chores))?;
        start(scope, "comparing", move || {
            comparing.run(&mail.comparing).unwrap_or_else(|error| stop.fail(error));
        })?;
        start(scope, "replica", move || replica.run())?;
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
        Ok(())
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
