//! Those who use the members of a round.
//!
//! Owns [`Clients`]: threads that write and read registers, that hold leases, and that watch each
//! member; and what the round itself asks of members. Whoever is not answered in time gives up and
//! goes to another member; what has become of the call, nobody knows.

use super::members::Members;
use super::told::{Copied, History, Same, Watcher, Wrong};
use super::{leases, registers, watching};
use crate::client::{Client, Connection};
use api::cluster_client::ClusterClient;
use api::maintenance_client::MaintenanceClient;
use api::{
    AlarmRequest, CompactionRequest, DefragmentRequest, HashKvRequest, MemberAddRequest,
    MemberListRequest, MemberRemoveRequest, MoveLeaderRequest, RangeRequest, SnapshotRequest,
    StatusRequest,
};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tonic::{Response, Status};

/// So long a client waits for an answer.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// And for what takes long on purpose.
const MORE_PATIENCE: Duration = Duration::from_secs(20);

/// So often something is tried that has to work in the end, and so long in between.
const TRIES: usize = 7_500;
const PAUSE: Duration = Duration::from_millis(40);

/// So many calls may be refused, one after the other, by a cluster that is well.
const REFUSALS: usize = 20_000;

/// What all clients of a round know.
pub struct Shared {
    pub began: Instant,
    /// Where the members are.
    addresses: Mutex<BTreeMap<usize, SocketAddr>>,
    /// Calls that were answered, and that were not.
    pub answered: AtomicUsize,
    pub refused: AtomicUsize,
    /// The newest revision that anybody was told.
    pub newest: AtomicI64,
    /// How far the watchers are, by their members.
    pub seen: Mutex<BTreeMap<usize, i64>>,
    /// Nobody is to ask for anything new.
    pub is_calm: AtomicBool,
    /// Watchers may go.
    pub is_over: AtomicBool,
}

/// All clients of a round.
pub struct Clients {
    shared: Arc<Shared>,
    writers: Vec<JoinHandle<History>>,
    watchers: Vec<JoinHandle<Watcher>>,
    defragmenting: Vec<JoinHandle<()>>,
    copies: Vec<PathBuf>,
    /// What those have told who have ended.
    history: History,
}

/// Asks a member, and gives up after a while.
macro_rules! ask {
    ($kind:ident, $client:expr, $call:ident, $request:expr, $patience:expr) => {
        $client.call(async |connection, origin| {
            let mut asker = $kind::with_origin(connection, origin);
            within($patience, asker.$call($request)).await
        })
    };
    ($kind:ident, $client:expr, $call:ident, $request:expr) => {
        ask!($kind, $client, $call, $request, PATIENCE)
    };
}

/// Waits for an answer, and not for ever.
pub async fn within<T>(
    patience: Duration,
    answer: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<Response<T>, Status> {
    let told = tokio::time::timeout(patience, answer).await;
    told.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time")))
}

impl Shared {
    pub fn addresses(&self) -> MutexGuard<'_, BTreeMap<usize, SocketAddr>> {
        self.addresses.lock().expect("nobody panics while holding it")
    }

    pub fn is_member(&self, member: usize) -> bool {
        self.addresses().contains_key(&member)
    }

    pub fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::Relaxed)
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub fn note_answer(&self, revision: i64) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.newest.fetch_max(revision, Ordering::Relaxed);
    }

    /// One was refused, or not answered. Who was has time to think about it.
    pub fn note_refusal(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        thread::sleep(PAUSE);
    }

    /// A client of this member, if it can be reached.
    pub fn reach(&self, member: usize) -> Option<Client> {
        let address = *self.addresses().get(&member)?;
        Client::reach(address).ok()
    }
}

/// The way of one client to some member. It stays there while it is answered.
pub struct Caller {
    shared: Arc<Shared>,
    turn: usize,
    at: Option<(usize, Client)>,
}

impl Caller {
    pub fn new(shared: Arc<Shared>, turn: usize) -> Caller {
        Caller { shared, turn, at: None }
    }

    /// The member, and the connection to it.
    pub fn reach(&mut self) -> Option<&mut (usize, Client)> {
        if self.at.is_none() {
            let all: Vec<usize> = self.shared.addresses().keys().copied().collect();
            let member = all[self.turn % all.len()];
            self.turn += 1;
            self.at = self.shared.reach(member).map(|client| (member, client));
        }
        self.at.as_mut()
    }

    /// To another one, next time.
    pub fn leave(&mut self) {
        self.at = None;
    }
}

impl Clients {
    /// Those of these members.
    pub fn start(members: &Members, seed: u64) -> Clients {
        let numbers = members.numbers();
        let addresses = numbers.iter().map(|one| (*one, members.client_address(*one))).collect();
        let shared = Arc::new(Shared {
            began: members.began(),
            addresses: Mutex::new(addresses),
            answered: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            newest: AtomicI64::new(1),
            seen: Mutex::default(),
            is_calm: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        });
        let mut writers = Vec::new();
        for client in 0..registers::CLIENTS {
            let shared = shared.clone();
            writers.push(thread::spawn(move || registers::run(shared, client, seed)));
        }
        for client in registers::CLIENTS..registers::CLIENTS + leases::CLIENTS {
            let shared = shared.clone();
            writers.push(thread::spawn(move || leases::run(shared, client, seed)));
        }
        let mut clients = Clients {
            shared,
            writers,
            watchers: Vec::new(),
            defragmenting: Vec::new(),
            copies: Vec::new(),
            history: History::default(),
        };
        numbers.into_iter().for_each(|member| clients.watch(member));
        clients
    }

    fn watch(&mut self, member: usize) {
        let shared = self.shared.clone();
        self.watchers.push(thread::spawn(move || watching::run(&shared, member)));
    }

    /// Waits until so many calls were answered, or so many refused.
    pub fn until_answered_or_refused(&self, answers: usize, refusals: usize) {
        let count = |all: &AtomicUsize| all.load(Ordering::Relaxed);
        let (answers, refusals) =
            (count(&self.shared.answered) + answers, count(&self.shared.refused) + refusals);
        while count(&self.shared.answered) < answers && count(&self.shared.refused) < refusals {
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until so many calls were answered. In a cluster that is well, they are.
    pub fn until_answered(&self, answers: usize) -> Result<(), Wrong> {
        let wanted = self.shared.answered.load(Ordering::Relaxed) + answers;
        self.until_answered_or_refused(answers, REFUSALS);
        match self.shared.answered.load(Ordering::Relaxed) >= wanted {
            true => Ok(()),
            false => Err(Wrong::new(format!(
                "nothing is wrong with the members any more, and {REFUSALS} calls were refused"
            ))),
        }
    }

    /// Tries something until it works.
    fn patiently<T>(&self, what: &str, mut attempt: impl FnMut() -> Option<T>) -> Result<T, Wrong> {
        for _ in 0..TRIES {
            if let Some(done) = attempt() {
                return Ok(done);
            }
            thread::sleep(PAUSE);
        }
        Err(Wrong::new(format!("{what}: tried {TRIES} times in vain")))
    }

    fn reached(&self) -> Vec<(usize, Client)> {
        let all: Vec<usize> = self.shared.addresses().keys().copied().collect();
        let reach = |member| self.shared.reach(member).map(|client| (member, client));
        all.into_iter().filter_map(reach).collect()
    }

    /// Who leads.
    pub fn leader(&self, members: &Members) -> Result<usize, Wrong> {
        let numbers = members.numbers();
        self.patiently("somebody is to lead", || {
            let told = self.reached().into_iter().filter_map(|(member, mut client)| {
                let told = ask!(MaintenanceClient, client, status, StatusRequest {}).ok()?;
                let leads = told.leader == told.header?.member_id && numbers.contains(&member);
                leads.then_some((told.raft_term, member))
            });
            told.max().map(|(_, member)| member)
        })
    }

    /// Waits until this member answers.
    pub fn until_served(&self, member: usize) -> Result<(), Wrong> {
        self.patiently(&format!("m{member} is to answer again"), || {
            let mut client = self.shared.reach(member)?;
            let request = RangeRequest { key: "nothing".into(), ..RangeRequest::default() };
            client.kv(async move |mut kv| within(PATIENCE, kv.range(request)).await).ok().map(drop)
        })
    }

    /// Somebody else is to lead. It may come to nothing.
    pub fn move_leader(&self, members: &Members) -> Result<(), Wrong> {
        let leader = self.leader(members)?;
        let id = |client: &mut Client| {
            let told = ask!(MaintenanceClient, client, status, StatusRequest {});
            told.ok().and_then(|told| told.header).map(|header| header.member_id)
        };
        let mut all = self.reached();
        let heir = all.iter_mut().find(|(member, _)| *member != leader);
        let target_id = heir.and_then(|(_, client)| id(client)).unwrap_or_default();
        if let Some((_, client)) = all.iter_mut().find(|(member, _)| *member == leader) {
            let request = MoveLeaderRequest { target_id };
            let _ = ask!(MaintenanceClient, client, move_leader, request, MORE_PATIENCE);
        }
        Ok(())
    }

    /// A member goes, and another comes.
    pub fn replace(&mut self, members: &mut Members, gone: usize) -> Result<(), Wrong> {
        let name = format!("m{gone}");
        self.patiently("a member is to go", || {
            let all = self.reached();
            let (_, mut client) = all.into_iter().find(|(member, _)| *member != gone)?;
            let listed = list(&mut client)?;
            let Some(member) = listed.iter().find(|member| member.name == name) else {
                return Some(());
            };
            let request = MemberRemoveRequest { id: member.id };
            let _ = ask!(ClusterClient, client, member_remove, request, MORE_PATIENCE);
            None
        })?;
        self.shared.addresses().remove(&gone);
        members.is_gone(gone);
        let (comes, url) = members.joins();
        self.patiently("a member is to come", || {
            let (_, mut client) = self.reached().into_iter().next()?;
            if list(&mut client)?.iter().any(|member| member.peer_urls.contains(&url)) {
                return Some(());
            }
            let request = MemberAddRequest { peer_urls: vec![url.clone()], is_learner: false };
            let _ = ask!(ClusterClient, client, member_add, request, MORE_PATIENCE);
            None
        })?;
        members.launch(comes);
        self.shared.addresses().insert(comes, members.client_address(comes));
        self.watch(comes);
        Ok(())
    }

    /// What is old goes. It may come to nothing.
    pub fn compact(&mut self) {
        let revision = (self.shared.newest.load(Ordering::Relaxed) - 30).max(2);
        let request = CompactionRequest { revision, physical: true };
        if let Some((_, client)) = self.reached().first_mut() {
            let done = client.kv(async move |mut kv| within(PATIENCE, kv.compact(request)).await);
            self.history.compactions += usize::from(done.is_ok());
        }
    }

    /// Stores are written anew, beside everything else.
    pub fn defragment(&mut self, on: &[usize]) {
        for member in on {
            let Some(mut client) = self.shared.reach(*member) else { continue };
            self.defragmenting.push(thread::spawn(move || {
                let request = DefragmentRequest {};
                let _ = ask!(MaintenanceClient, client, defragment, request, MORE_PATIENCE);
            }));
        }
    }

    pub fn until_defragmented(&mut self) -> Result<(), Wrong> {
        let ended = self.defragmenting.drain(..).map(JoinHandle::join);
        ended.collect::<Result<(), _>>().map_err(|_| Wrong::new("a client has panicked"))
    }

    /// The store of this member is copied.
    pub fn copy(&mut self, members: &Members, on: usize) -> Result<(), Wrong> {
        let bytes = self.patiently("a store is to be copied", || {
            let mut client = self.shared.reach(on)?;
            let copied = client.call(async |connection, origin| {
                let mut asker = MaintenanceClient::<Connection>::with_origin(connection, origin);
                within(MORE_PATIENCE, async {
                    let mut parts = asker.snapshot(SnapshotRequest {}).await?.into_inner();
                    let mut bytes = Vec::new();
                    while let Some(part) = parts.message().await? {
                        bytes.extend_from_slice(&part.blob);
                    }
                    Ok(Response::new(bytes))
                })
                .await
            });
            copied.ok()
        })?;
        let path = members.copy(self.copies.len());
        fs::write(&path, bytes).expect("there is room on the disk");
        self.copies.push(path);
        Ok(())
    }

    /// Nobody asks for anything new.
    fn let_writers_end(&mut self) {
        self.shared.is_calm.store(true, Ordering::Relaxed);
        for writer in self.writers.drain(..) {
            let told = writer.join().expect("a client does not panic");
            self.history.calls.extend(told.calls);
            self.history.promises.extend(told.promises);
        }
    }

    /// Everything comes to rest, and everybody says what it has.
    pub fn calm(&mut self, members: &Members) -> Result<Same, Wrong> {
        self.until_answered(30)?;
        self.let_writers_end();
        let newest = self.patiently("keys of leases are to go when nobody renews these", || {
            let (_, mut client) = self.reached().into_iter().next()?;
            let (revision, count) = leases::left(&mut client)?;
            (count == 0).then_some(revision)
        })?;
        let mut same = Same::default();
        for member in members.numbers() {
            self.until_served(member)?;
            self.patiently(
                &format!("the watcher of m{member} is to see revision {newest}"),
                || {
                    let seen = self.shared.seen.lock().expect("nobody panics while holding it");
                    (seen.get(&member).copied().unwrap_or_default() >= newest).then_some(())
                },
            )?;
        }
        // What somebody has given up may still be carried out: so of the same past, and the same
        // revision.
        same.hashes = self.patiently("everybody is to tell a hash of the same past", || {
            let hash = |member| {
                let mut client = self.shared.reach(member)?;
                let request = HashKvRequest { revision: newest };
                let told = ask!(MaintenanceClient, client, hash_kv, request).ok()?;
                Some((member, told.hash, told.compact_revision))
            };
            let told: Option<Vec<_>> = members.numbers().into_iter().map(hash).collect();
            told.filter(|all| all.iter().all(|(.., compacted)| *compacted == all[0].2))
        })?;
        same.alarms = self.patiently("alarms are to be told", || {
            let (_, mut client) = self.reached().into_iter().next()?;
            let told = ask!(MaintenanceClient, client, alarm, AlarmRequest::default()).ok()?;
            Some(told.alarms.iter().map(|alarm| format!("{alarm:?}")).collect())
        })?;
        same.copies = self.copies.iter().map(|path| self.copied(path)).collect::<Result<_, _>>()?;
        Ok(same)
    }

    /// What a copy has, by the program for files, and what a member has at that revision.
    fn copied(&self, path: &PathBuf) -> Result<Copied, Wrong> {
        let ended = Command::new(env!("CARGO_BIN_EXE_myetcdutl"))
            .args(["hashkv", "-w", "json"])
            .arg(path)
            .output()
            .expect("it was built");
        let said: Option<serde_json::Value> = serde_json::from_slice(&ended.stdout).ok();
        let number = |name: &str| said.as_ref().and_then(|said| said[name].as_i64());
        let (Some(hash), Some(revision)) = (number("hash"), number("hashRevision")) else {
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            return Err(Wrong::new(format!("a copy of a store cannot be read: {said}")));
        };
        let hash = u32::try_from(hash).expect("it is one");
        let at_member = self.patiently("a hash is to be told", || {
            let (_, mut client) = self.reached().into_iter().next()?;
            match ask!(MaintenanceClient, client, hash_kv, HashKvRequest { revision }) {
                Ok(told) => Some((told.hash, told.compact_revision)),
                // What is compacted cannot be asked for.
                Err(status) if status.code() == tonic::Code::OutOfRange => Some((0, i64::MAX)),
                Err(_) => None,
            }
        })?;
        // A compaction in between changes the hash of what is left.
        let is_same_past = number("compactRevision") == Some(at_member.1);
        Ok(Copied { revision, hash, at_member: is_same_past.then_some(at_member.0) })
    }

    /// All that they were told.
    pub fn end(mut self) -> History {
        self.let_writers_end();
        self.shared.is_over.store(true, Ordering::Relaxed);
        let mut history = self.history;
        history.calls.sort_by_key(|call| call.asked);
        let watchers = self.watchers.into_iter().map(|one| one.join());
        history.watchers = watchers.map(|one| one.expect("a watcher does not panic")).collect();
        history
    }
}

fn list(client: &mut Client) -> Option<Vec<api::Member>> {
    let request = MemberListRequest { linearizable: true };
    ask!(ClusterClient, client, member_list, request).ok().map(|told| told.members)
}
