//! Members that are killed, stopped and cut off at bad moments.

use crate::client::Client;
use crate::cluster::{Plan, ask, get, hash, leader, members, own, put, status, stop};
use crate::member::Member;
use api::cluster_client::ClusterClient;
use api::maintenance_client::MaintenanceClient;
use api::{
    DefragmentRequest, LeaseGrantRequest, LeaseKeepAliveRequest, LeaseRevokeRequest,
    MemberAddRequest, MemberRemoveRequest,
};
use basics::{Index, Position};
use harness::{Draws, check};
use prost::Message;
use raft::{Data, Payload};
use replication::{Entry, Span, Write};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use tonic::codegen::tokio_stream;
use tonic::{Code, Status};
use wal::{Folder, Wal};

/// So often is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(2);

/// A member that runs, and whose journal is a file: so it never waits until somebody reads it.
struct Running {
    child: Child,
    journal: PathBuf,
    /// So many of its lines were read.
    seen: usize,
}

impl Running {
    /// Starts one of the plan's, which is told more.
    fn start(plan: &Plan, number: usize, more: &[&str]) -> Running {
        let place = plan.place.path();
        let name = |attempt: usize| place.join(format!("journal-{number}-{attempt}"));
        let journal = (0..).map(name).find(|name| !name.exists()).expect("there are many names");
        let output = File::create(&journal).expect("there is room");
        let mut command = plan.command(number);
        command.args(more).stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        Running { child: command.spawn().expect("it was built"), journal, seen: 0 }
    }

    /// The lines that were not read yet. The last one may be half written.
    fn news(&mut self) -> Vec<Value> {
        let text = fs::read(&self.journal).expect("it is there");
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        let whole = lines.filter(|line| line.ends_with(b"\n")).skip(self.seen);
        let read = |line: &[u8]| serde_json::from_slice(line).expect("a line of JSON");
        whole.map(read).collect()
    }

    /// Waits for a line of which this is true, and takes it and all before it.
    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Vec<Value> {
        loop {
            let ended = self.child.try_wait().expect("it is our child");
            let mut news = self.news();
            if let Some(at) = news.iter().position(&is_it) {
                self.seen += at + 1;
                news.truncate(at + 1);
                return news;
            }
            assert!(ended.is_none(), "it ended with {ended:?}: {news:#?}");
            thread::sleep(LOOK);
        }
    }

    /// The same, for the line with this message.
    fn wait_for(&mut self, message: &str) -> Value {
        self.until(|line| line["msg"] == message).pop().expect("it is the last")
    }

    /// Waits until clients can come, and says where.
    fn address(&mut self) -> SocketAddr {
        let line = self.wait_for(READY);
        line["address"].as_str().and_then(|text| text.parse().ok()).expect("it says where")
    }

    /// Waits until this other member is reached, as far as it has said by then.
    fn reaches(&mut self, other: u64) {
        loop {
            let ended = self.child.try_wait().expect("it is our child");
            let news = self.news();
            let about = |line: &&Value| is_about(line, LOST, other) || is_about(line, FOUND, other);
            if news.iter().rfind(about).is_none_or(|line| is_about(line, FOUND, other)) {
                self.seen += news.len();
                return;
            }
            assert!(ended.is_none(), "it ended with {ended:?}: {news:#?}");
            thread::sleep(LOOK);
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Three members, each with a client; whoever leads comes first.
struct Three {
    plan: Plan,
    flags: &'static [&'static str],
    numbers: Vec<usize>,
    all: Vec<Running>,
    addresses: Vec<SocketAddr>,
    clients: Vec<Client>,
}

impl Three {
    fn start(flags: &'static [&'static str]) -> Three {
        let plan = Plan::of(3);
        let mut all: Vec<Running> = (1..=3).map(|it| Running::start(&plan, it, flags)).collect();
        let mut addresses: Vec<SocketAddr> = all.iter_mut().map(Running::address).collect();
        let mut clients: Vec<Client> = addresses.iter().map(|at| Client::new(*at)).collect();
        let leads = leader(&mut clients[0]);
        let first = clients.iter_mut().position(|it| own(it) == leads).expect("one of them");
        let mut numbers = vec![1, 2, 3];
        all.swap(0, first);
        addresses.swap(0, first);
        clients.swap(0, first);
        numbers.swap(0, first);
        Three { plan, flags, numbers, all, addresses, clients }
    }

    /// A member starts on its files. It may have run before, until now.
    fn restart(&mut self, at: usize) {
        self.all[at] = self.again(at);
        self.addresses[at] = self.all[at].address();
        self.clients[at] = Client::new(self.addresses[at]);
    }

    /// The same, but nobody waits until it is ready.
    fn again(&mut self, at: usize) -> Running {
        let _ = self.all[at].child.kill();
        let _ = self.all[at].child.wait();
        Running::start(&self.plan, self.numbers[at], self.flags)
    }

    /// So many pairs more, of so many bytes. Each is tried until it is acknowledged.
    fn write(&mut self, from: usize, count: usize, bytes: usize) {
        let value = "v".repeat(bytes);
        for number in from..from + count {
            while put(&mut self.clients[0], &format!("{number:06}"), &value).is_err() {}
        }
    }
}

/// What a member says when clients can come.
const READY: &str = "ready to serve client requests";

/// What a member says of another one, and whether it says it of this one.
const LOST: &str = "peer became inactive (message send to peer failed)";
const FOUND: &str = "peer became active";

fn is_about(line: &Value, message: &str, member: u64) -> bool {
    line["msg"] == message && line["remote-peer-id"] == format!("{member:x}")
}

/// Images come soon: whoever lacks a few entries gets one. Followers wait so long for their leader
/// that a slow machine makes no election.
const IMAGES: &[&str] =
    &["--snapshot-count=16", "--snapshot-catchup-entries=8", "--election-timeout=2000"];

#[test]
fn whoever_is_killed_while_an_image_comes_comes_back() {
    /// What a member says on the way, and what it has said at the end of it.
    const POINTS: [&str; 4] = [
        "starting etcd server",
        "receiving database snapshot",
        "received and saved database snapshot",
        "applied snapshot",
    ];
    check(|| {
        let mut draws = Draws::new(0xDA);
        let mut three = Three::start(IMAGES);
        for (attempt, point) in POINTS.into_iter().enumerate() {
            three.all[2].signal(Signal::KILL);
            three.write(40 * attempt, 40, 300);
            let mut away = three.again(2);
            // It lacks so much that an image comes.
            away.wait_for(point);
            // Between one point and the next, anything may be on the disk.
            thread::sleep(Duration::from_micros(draws.below(6_000)));
            three.all[2] = away;
            // When it has come back, the leader keeps nothing for it any more, and what it lacks
            // the next time comes as an image again.
            for key in ["by whoever was away", "after one more start"] {
                three.restart(2);
                put(&mut three.clients[2], key, "1").expect("it takes part");
                let hashes: Vec<_> = three.clients.iter_mut().map(hash).collect();
                assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{point}, {key}: {hashes:?}");
            }
        }
    });
}

/// Says that something is over, also when this thread panics: others wait for it to end.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn a_store_that_is_worked_on_does_not_come_back_over_an_image() {
    check(|| {
        let mut three = Three::start(IMAGES);
        // So large that it takes a while to copy.
        three.write(0, 40, 100_000);
        get(&mut three.clients[2], "it has all of it");
        let id = own(&mut three.clients[2]);
        three.all[0].reaches(id);
        three.all[2].signal(Signal::STOP);
        // What was said before is on its way.
        three.all[0].until(|line| is_about(line, LOST, id));
        three.write(40, 50, 1_000);
        let is_over = AtomicBool::new(false);
        let ready = Barrier::new(3);
        let (address, away) = (three.addresses[2], &mut three.all[2]);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    // The system makes the connection, and keeps what is asked meanwhile.
                    let mut client = Client::new(address);
                    ready.wait();
                    while !is_over.load(Ordering::Acquire) {
                        let request = DefragmentRequest {};
                        let done = ask!(MaintenanceClient, client, defragment, request);
                        // There may be no time for it, and then nothing has happened.
                        let code = done.map_or_else(|status| status.code(), |_| Code::Ok);
                        assert!([Code::Ok, Code::Unavailable].contains(&code), "{code:?}");
                    }
                });
            }
            ready.wait();
            let _over = Over(&is_over);
            away.signal(Signal::CONT);
            away.wait_for("applied snapshot");
        });
        for when in ["now", "after one more start"] {
            let hashes: Vec<_> = three.clients.iter_mut().map(hash).collect();
            assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{when}: {hashes:?}");
            if when == "now" {
                three.restart(2);
            }
        }
    });
}

/// A change of the members that is tried once.
fn add(client: &mut Client, url: String) -> Result<u64, Status> {
    let request = MemberAddRequest { peer_urls: vec![url], is_learner: true };
    let added = ask!(ClusterClient, client, member_add, request)?;
    Ok(added.member.expect("it is there").id)
}

fn remove(client: &mut Client, id: u64) -> Result<(), Status> {
    ask!(ClusterClient, client, member_remove, MemberRemoveRequest { id }).map(drop)
}

/// What somebody is told as long as too few are reached.
const UNHEALTHY: &str = "etcdserver: unhealthy cluster";

/// Where nobody is. An address is tried once: a member that has gone does not come back.
fn strangers() -> impl Iterator<Item = String> {
    (1..).map(|port| format!("http://127.0.0.1:{port}"))
}

#[test]
fn whoever_stands_still_is_not_reached() {
    check(|| {
        let mut three = Three::start(&[]);
        let mut strangers = strangers();
        let (other, still) = (own(&mut three.clients[1]), own(&mut three.clients[2]));
        three.all[0].reaches(other);
        three.all[0].reaches(still);
        three.all[2].signal(Signal::STOP);
        // And once more: the system makes connections for it, and nobody answers there.
        for attempt in 0..2 {
            let seen = three.all[0].until(|line| is_about(line, LOST, still));
            let was_found = seen.iter().any(|line| is_about(line, FOUND, still));
            assert!(attempt == 0 || !was_found, "{seen:#?}");
            let client = &mut three.clients[0];
            let refused = remove(client, other).expect_err("one alone could not decide");
            assert_eq!(refused.message(), UNHEALTHY);
            let stranger = strangers.next().expect("there are enough");
            let refused = add(client, stranger).expect_err("it is still not there");
            assert_eq!(refused.message(), UNHEALTHY);
        }
        // Nothing gets worse without it.
        let client = &mut three.clients[0];
        remove(client, still).expect("it is not there");
        assert_eq!(members(client).len(), 2);
    });
}

#[test]
fn whoever_comes_back_counts_after_a_while() {
    check(|| {
        let mut three = Three::start(&[]);
        let mut strangers = strangers();
        let away = own(&mut three.clients[2]);
        three.all[0].reaches(away);
        three.all[2].signal(Signal::KILL);
        three.all[0].until(|line| is_about(line, LOST, away));
        let client = &mut three.clients[0];
        let refused = add(client, strangers.next().expect("there are enough"));
        assert_eq!(refused.expect_err("one is not there").message(), UNHEALTHY);
        three.restart(2);
        three.all[0].until(|line| is_about(line, FOUND, away));
        let client = &mut three.clients[0];
        while let Err(refused) = add(client, strangers.next().expect("there are enough")) {
            assert_eq!(refused.message(), UNHEALTHY);
            thread::sleep(LOOK);
        }
        assert_eq!(members(client).len(), 4);
    });
}

/// Renews a lease: for so long it lasts.
fn renew(client: &mut Client, id: i64) -> Result<i64, Status> {
    let renewed = client.lease(async |mut lease| {
        let requests = tokio_stream::iter([LeaseKeepAliveRequest { id }]);
        let mut answers = lease.lease_keep_alive(requests).await?.into_inner();
        let answer = answers.message().await?;
        Ok(tonic::Response::new(answer.expect("there is one")))
    });
    renewed.map(|answer| answer.ttl)
}

#[test]
fn whoever_leads_no_more_renews_nothing() {
    check(|| {
        let mut three = Three::start(&[]);
        let former = own(&mut three.clients[0]);
        for id in 1..=8 {
            let request = LeaseGrantRequest { id, ttl: 600 };
            let granted = three.clients[0].lease(async |mut it| it.lease_grant(request).await);
            granted.expect("it can be");
            assert_eq!(renew(&mut three.clients[0], id).expect("it leads"), 600);
        }
        // The others begin anew, and so nothing that they decide is on its way to it.
        three.all[0].signal(Signal::STOP);
        three.all[1] = three.again(1);
        three.restart(2);
        three.addresses[1] = three.all[1].address();
        three.clients[1] = Client::new(three.addresses[1]);
        assert_ne!(leader(&mut three.clients[1]), former);
        for id in 1..=8 {
            let request = LeaseRevokeRequest { id };
            let revoke = |client: &mut Client| {
                client.lease(async |mut it| it.lease_revoke(request).await).map(drop)
            };
            while let Err(status) = revoke(&mut three.clients[1]) {
                if status.message() == "etcdserver: requested lease not found" {
                    break;
                }
            }
        }
        // Nor can they tell it now.
        three.all[1].signal(Signal::STOP);
        three.all[2].signal(Signal::STOP);
        let address = three.addresses[0];
        let ready = Barrier::new(9);
        thread::scope(|scope| {
            let ready = &ready;
            let asking = (1..=8).map(|id| {
                scope.spawn(move || {
                    let mut client = Client::new(address);
                    ready.wait();
                    renew(&mut client, id)
                })
            });
            let asking: Vec<_> = asking.collect();
            ready.wait();
            three.all[0].signal(Signal::CONT);
            while status(&mut three.clients[0]).leader == former {}
            three.all[1].signal(Signal::CONT);
            three.all[2].signal(Signal::CONT);
            for asked in asking {
                // It may not have found out in time.
                let told = asked.join().expect("it does not panic").unwrap_or(0);
                assert_eq!(told, 0, "the cluster has revoked it");
            }
        });
        assert_eq!(renew(&mut three.clients[0], 1).expect("it is told"), 0);
    });
}

/// The directory with the log of a member that is a process.
fn log_place(plan: &Plan, number: usize) -> PathBuf {
    plan.place.path().join(format!("p{number}/member/wal"))
}

/// Is there a log in it?
fn has_log(place: &std::path::Path) -> bool {
    let names = fs::read_dir(place).into_iter().flatten().flatten();
    names.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".log"))
}

#[test]
fn a_founding_that_is_cut_off_is_done_once_more() {
    /// What a founder says on the way.
    const POINTS: [&str; 5] = [
        "starting an etcd server",
        "Initialize and start etcd server",
        "opened backend db",
        "starting local member",
        "starting etcd server",
    ];
    check(|| {
        let plan = Plan::of(3);
        thread::scope(|scope| {
            for number in 1..=3 {
                let plan = &plan;
                scope.spawn(move || {
                    let mut draws = Draws::new(number as u64);
                    for _ in 0..5 {
                        let mut founder = Running::start(plan, number, &[]);
                        let point = POINTS[draws.index(POINTS.len())];
                        founder.until(|line| {
                            let said = &line["msg"];
                            said == point || said == POINTS[4]
                        });
                        thread::sleep(Duration::from_micros(draws.below(20_000)));
                    }
                });
            }
        });
        let mut all: Vec<Running> = (1..=3).map(|it| Running::start(&plan, it, &[])).collect();
        are_one(&mut all);
    });
}

/// These are three members of one cluster.
fn are_one(all: &mut [Running]) -> Vec<Client> {
    let addresses: Vec<SocketAddr> = all.iter_mut().map(Running::address).collect();
    let mut clients: Vec<Client> = addresses.into_iter().map(Client::new).collect();
    let mut seen = Vec::new();
    for (at, client) in clients.iter_mut().enumerate() {
        put(client, &format!("by {at}"), "1").expect("they decide");
        let header = status(client).header.expect("every answer has one");
        let ids: Vec<u64> = members(client).iter().map(|member| member.id).collect();
        assert!(ids.contains(&header.member_id) && ids.len() == 3, "{ids:?}");
        seen.push((header.cluster_id, ids));
    }
    assert!(seen.iter().all(|it| *it == seen[0]), "{seen:?}");
    let hashes: Vec<_> = clients.iter_mut().map(hash).collect();
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    clients
}

#[test]
fn what_a_founding_was_told_before_it_was_cut_off_is_forgotten() {
    check(|| {
        let plan = Plan::of(3);
        for number in [1, 2] {
            let mut founder = Running::start(&plan, number, &["--initial-cluster-token=wrong"]);
            founder.wait_for("starting etcd server");
            drop(founder);
            // As if power had gone just before: the store is there, and the log is not yet.
            let place = log_place(&plan, number);
            assert!(has_log(&place) && place.join("../snap/db").exists());
            for entry in fs::read_dir(&place).expect("it is there").flatten() {
                fs::remove_file(entry.path()).expect("it can be");
            }
        }
        let mut all: Vec<Running> = (1..=3).map(|it| Running::start(&plan, it, &[])).collect();
        let lists = all.iter_mut().map(|member| {
            let added = [(); 3].map(|()| member.wait_for("added member"));
            added.map(|line| line["added-peer-id"].to_string())
        });
        let lists: Vec<[String; 3]> = lists.collect();
        assert!(lists.iter().all(|list| *list == lists[0]), "{lists:?}");
        are_one(&mut all);
    });
}

/// What changes members, as an entry has it.
#[derive(Clone, PartialEq, Message)]
struct Planted {
    #[prost(message, optional, tag = "13")]
    add: Option<Added>,
    #[prost(message, optional, tag = "15")]
    remove: Option<Removed>,
}

#[derive(Clone, PartialEq, Message)]
struct Added {
    #[prost(fixed64, tag = "1")]
    id: u64,
    #[prost(string, repeated, tag = "2")]
    peer_urls: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Removed {
    #[prost(fixed64, tag = "1")]
    id: u64,
}

#[test]
fn by_whom_the_cluster_decides_plain_data_does_not_change() {
    check(|| {
        let plan = Plan::of(1);
        let first = plan.start([1]).remove(0);
        let mut client = first.client();
        put(&mut client, "before", "1").expect("it can be written");
        let (id, listed) = (own(&mut client), members(&mut client));
        stop([(first, client)]);
        // Nobody proposes it; but it may be in a log, of another version of this program perhaps.
        let added = Added { id: 7, peer_urls: vec![format!("http://{}", plan.peer(2))] };
        let (add, remove) = (Some(added), Some(Removed { id }));
        let planted =
            [Planted { add, remove: None }, Planted { add: None, remove }, Planted::default()];
        let folder = Folder::lock(plan.config(1).data_dir.join("member/wal")).expect("it is free");
        let identity = wal::owner(&folder).expect("it has one");
        let options = wal::Options { segment_bytes: 64 << 20 };
        let opened = Wal::open::<Payload>(folder, identity, options).expect("it is a log");
        let (mut log, found) = opened;
        let Position { term, index } = found.log.last();
        let entries = planted.map(|wish| {
            let data = Data::from(&wish.encode_to_vec()[..]);
            Entry { term, payload: Some(Payload::Data(data)) }
        });
        let span = Span { prev: found.log.last(), entries: entries.to_vec() };
        let write = Write { hard_state: None, begins: None, entries: Some(span) };
        log.add(&write).expect("it can be");
        log.sync().expect("it can be");
        drop(log);
        for _ in 0..2 {
            let member = Member::start(plan.config(1));
            let mut client = member.client();
            put(&mut client, "after", "2").expect("it decides alone");
            let applied = Index(status(&mut client).raft_applied_index);
            assert!(applied.0 >= index.0 + 3, "they were carried out");
            assert_eq!(members(&mut client), listed, "and nothing came of it");
            stop([(member, client)]);
        }
    });
}
