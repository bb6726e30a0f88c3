//! Several members: what they decide together, and who comes, goes and falls behind.

use crate::client::Client;
use crate::member::{Member, Process, config, program, until};
use api::cluster_client::ClusterClient;
use api::maintenance_client::MaintenanceClient;
use api::{
    HashKvRequest, LeaseGrantRequest, LeaseKeepAliveRequest, LeaseTimeToLiveRequest,
    MemberAddRequest, MemberListRequest, MemberPromoteRequest, MemberRemoveRequest,
    MoveLeaderRequest, PutRequest, RangeRequest, StatusRequest, StatusResponse, WatchCreateRequest,
    WatchRequest, watch_request::RequestUnion,
};
use harness::check;
use rustix::process::Signal;
use server::Config;
use server::config::{Founder, PeerPlace, State, Url};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use tonic::Code;
use tonic::codegen::tokio_stream;

macro_rules! ask {
    ($kind:ident, $client:expr, $call:ident, $request:expr) => {
        $client.call(async |connection, origin| {
            $kind::with_origin(connection, origin).$call($request).await
        })
    };
}
pub(crate) use ask;

/// Members with their files in one directory.
pub struct Plan {
    pub place: TempDir,
    tick: Duration,
    /// So many ticks a follower waits for its leader.
    patience: u32,
    count: usize,
    /// Which one of this process.
    number: usize,
}

/// How many plans there were.
static PLANS: AtomicUsize = AtomicUsize::new(0);

impl Plan {
    pub fn of(count: usize) -> Plan {
        let number = PLANS.fetch_add(1, Ordering::Relaxed);
        let tick = Duration::from_millis(50);
        Plan { place: crate::member::place(), tick, patience: 20, count, number }
    }

    /// One that founds a cluster alone, to which others come. Nobody campaigns there for an hour
    /// unless it is asked to, however slow the machine is.
    pub fn steady() -> Plan {
        Plan { tick: Duration::from_millis(200), patience: 18_000, ..Plan::of(1) }
    }

    /// Where other members find one. No other process uses this address.
    pub fn peer(&self, member: usize) -> String {
        let (own, number) = (std::process::id(), 10 * self.number + member);
        match cfg!(target_os = "linux") {
            true => {
                let [_, high, middle, low] = own.to_be_bytes();
                format!("127.{}.{middle}.{low}:{}", high + 1, 2_380 + number)
            }
            false => format!("127.0.0.1:{}", 20_000 + own as usize % 100 * 100 + number),
        }
    }

    fn founders(&self, count: usize) -> Vec<Founder> {
        let founder = |number| Founder {
            name: format!("m{number}"),
            urls: vec![Url::parse(&format!("http://{}", self.peer(number))).expect("it is one")],
        };
        (1..=count).map(founder).collect()
    }

    /// How a member is to be. Those after the first ones come later.
    pub fn config(&self, number: usize) -> Config {
        let address = self.peer(number);
        let founds = number <= self.count;
        Config {
            name: format!("m{number}"),
            peer_urls: vec![format!("http://{address}")],
            listen_peers: vec![PeerPlace { address, tls: false }],
            initial_cluster: self.founders(self.count.max(number)),
            state: if founds { State::New } else { State::Existing },
            strict_reconfig: false,
            heartbeat: self.tick,
            election_ticks: self.patience,
            // A follower that lacks more than these gets the state itself.
            catch_up_entries: 8,
            snapshot_count: 16,
            ..config(&self.place.path().join(format!("m{number}")))
        }
    }

    /// Starts the members with these numbers, at once: none of them is ready alone.
    pub fn start(&self, numbers: impl IntoIterator<Item = usize>) -> Vec<Member> {
        let starting = numbers.into_iter().map(|number| {
            let config = self.config(number);
            thread::spawn(move || Member::start(config))
        });
        let starting: Vec<_> = starting.collect();
        starting.into_iter().map(|thread| thread.join().expect("it starts")).collect()
    }

    /// One founds the cluster, and two come. Each of them has a vote, and the last one leads; it is
    /// the first here, and the founder the second.
    pub fn grow(&self) -> Vec<(Member, Client)> {
        let mut all = vec![self.start([1]).remove(0)];
        for number in [2, 3] {
            let mut client = all[0].client();
            let peer_urls = vec![format!("http://{}", self.peer(number))];
            let request = MemberAddRequest { peer_urls, is_learner: false };
            let added = ask!(ClusterClient, client, member_add, request).expect("it can be");
            assert_eq!(added.members.len(), number);
            put(&mut client, &format!("before {number}"), "1").expect("nobody waits for it");
            all.push(self.start([number]).remove(0));
        }
        let mut all = by_lead(all);
        // Who comes has no vote before it has all that there is, and cannot lead.
        for heir in [1, 2] {
            let target_id = own(&mut all[heir].1);
            while leader(&mut all[heir].1) != target_id {
                let request = MoveLeaderRequest { target_id };
                let _ = ask!(MaintenanceClient, all[heir - 1].1, move_leader, request);
            }
        }
        all.rotate_right(1);
        all
    }

    /// Starts one as a process.
    fn process(&self, number: usize) -> Process {
        Process::of(self.command(number))
    }

    /// The program as one of them.
    pub fn command(&self, number: usize) -> Command {
        let (peer, data) = (format!("http://{}", self.peer(number)), self.place.path());
        let list = (1..=self.count).map(|it| format!("m{it}=http://{}", self.peer(it)));
        let mut program = program();
        program.arg(format!("--name=m{number}")).arg("--listen-client-urls=http://127.0.0.1:0");
        program.arg("--advertise-client-urls=http://127.0.0.1:0");
        program.arg(format!("--listen-peer-urls={peer}"));
        program.arg(format!("--initial-advertise-peer-urls={peer}"));
        program.arg(format!("--initial-cluster={}", list.collect::<Vec<_>>().join(",")));
        program.arg("--data-dir").arg(data.join(format!("p{number}")));
        program.args(["--heartbeat-interval=50", "--election-timeout=500"]);
        program
    }
}

pub fn put(client: &mut Client, key: &str, value: &str) -> Result<(), tonic::Status> {
    let (key, value) = (key.to_owned().into(), value.to_owned().into());
    let request = PutRequest { key, value, ..PutRequest::default() };
    client.kv(async |mut kv| kv.put(request).await).map(|_| ())
}

/// Asked of whoever is there, so what was acknowledged before is in it.
pub fn get(client: &mut Client, key: &str) -> Option<String> {
    let request = RangeRequest { key: key.to_owned().into(), ..RangeRequest::default() };
    let found = client.kv(async |mut kv| kv.range(request).await).expect("it can be read");
    let value = found.kvs.into_iter().next()?.value;
    Some(String::from_utf8(value.to_vec()).expect("it is text"))
}

pub fn status(client: &mut Client) -> StatusResponse {
    ask!(MaintenanceClient, client, status, StatusRequest {}).expect("it is told")
}

pub fn own(client: &mut Client) -> u64 {
    status(client).header.expect("every answer has one").member_id
}

/// Who leads, as this one sees it.
pub fn leader(client: &mut Client) -> u64 {
    loop {
        match status(client).leader {
            0 => {}
            leader => return leader,
        }
    }
}

pub fn members(client: &mut Client) -> Vec<api::Member> {
    let listed = ask!(ClusterClient, client, member_list, MemberListRequest { linearizable: true });
    listed.expect("it can be").members
}

/// A hash of all that there is, at the newest revision.
pub fn hash(client: &mut Client) -> (u32, i64) {
    get(client, "nothing");
    let hashed = ask!(MaintenanceClient, client, hash_kv, HashKvRequest { revision: 0 });
    let hashed = hashed.expect("it is told");
    (hashed.hash, hashed.hash_revision)
}

/// Whoever leads comes first.
pub fn by_lead(members: Vec<Member>) -> Vec<(Member, Client)> {
    let mut all: Vec<(Member, Client)> =
        members.into_iter().map(|member| (member.client(), member)).map(|(c, m)| (m, c)).collect();
    let leads = leader(&mut all[0].1);
    all.sort_by_key(|(member, _)| own(&mut member.client()) != leads);
    all
}

pub fn stop(members: impl IntoIterator<Item = (Member, Client)>) {
    for (member, client) in members {
        drop(client);
        member.stop();
    }
}

#[test]
fn three_members_found_a_cluster_and_say_the_same() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(plan.start(1..=3));
        let leads = own(&mut all[0].1);
        for at in 0..3 {
            let key = format!("by {at}");
            put(&mut all[at].1, &key, "there").expect("it can be written at any member");
            for (_, client) in &mut all {
                assert_eq!(get(client, &key).as_deref(), Some("there"), "read at another one");
                assert_eq!(leader(client), leads);
            }
        }
        let listed = members(&mut all[0].1);
        let names: Vec<&str> = listed.iter().map(|member| member.name.as_str()).collect();
        assert!(listed.is_sorted_by_key(|member| member.id), "in order: {names:?}");
        for (_, client) in &mut all {
            assert_eq!(members(client), listed);
        }
        let hashes: Vec<(u32, i64)> = all.iter_mut().map(|(_, client)| hash(client)).collect();
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
        stop(all);
        // All of them again, from their files.
        let mut all = by_lead(plan.start(1..=3));
        assert_eq!(get(&mut all[2].1, "by 0").as_deref(), Some("there"));
        assert_eq!(members(&mut all[1].1), listed);
        stop(all);
    });
}

#[test]
fn what_was_answered_outlives_a_leader_that_is_killed() {
    check(|| {
        let plan = Plan::of(3);
        let mut all: Vec<Process> = (1..=3).map(|number| plan.process(number)).collect();
        let addresses: Vec<SocketAddr> = all.iter_mut().map(Process::address).collect();
        let mut clients: Vec<Client> = addresses.iter().map(|at| Client::new(*at)).collect();
        put(&mut clients[0], "before", "1").expect("it can be written");
        let leads = leader(&mut clients[0]);
        let at = clients.iter_mut().position(|client| own(client) == leads).expect("one leads");
        all[at].signal(Signal::KILL);
        all[at].end();
        let other = (at + 1) % 3;
        // Until another one leads, a write may come to nothing; then it says so.
        while put(&mut clients[other], "after", "2").is_err() {}
        assert_eq!(get(&mut clients[other], "before").as_deref(), Some("1"));
        assert_ne!(leader(&mut clients[other]), leads);
        all[at] = plan.process(at + 1);
        let mut again = Client::new(all[at].address());
        assert_eq!(get(&mut again, "after").as_deref(), Some("2"));
        let hashes = [hash(&mut again), hash(&mut clients[other])];
        assert_eq!(hashes[0], hashes[1], "it has all that the others have");
    });
}

#[test]
fn without_a_quorum_nothing_is_promised() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(plan.start(1..=3));
        let (follower, client) = all.pop().expect("there are three");
        stop([(follower, client)]);
        put(&mut all[0].1, "with two", "1").expect("two of three are enough");
        let (leads, client) = all.remove(0);
        stop([(leads, client)]);
        let (last, mut client) = all.remove(0);
        let request = RangeRequest { key: "with two".into(), ..RangeRequest::default() };
        let alone = RangeRequest { serializable: true, ..request.clone() };
        let found = client.kv(async |mut kv| kv.range(alone).await).expect("from its own state");
        assert_eq!(found.count, 1);
        let refused = client.kv(async |mut kv| kv.range(request).await);
        assert_eq!(refused.expect_err("nobody confirms it").code(), Code::Unavailable);
        stop([(last, client)]);
    });
}

#[test]
fn leadership_is_handed_over() {
    check(|| {
        let plan = Plan::steady();
        let mut all = plan.grow();
        let term = status(&mut all[0].1).raft_term;
        let heir = own(&mut all[1].1);
        let request = MoveLeaderRequest { target_id: heir };
        let refused = ask!(MaintenanceClient, all[1].1, move_leader, request);
        let told = refused.expect_err("it does not lead");
        assert_eq!(told.message(), "etcdserver: not leader");
        let stranger = MoveLeaderRequest { target_id: 7 };
        let refused = ask!(MaintenanceClient, all[0].1, move_leader, stranger);
        assert_eq!(refused.expect_err("who?").message(), "etcdserver: bad leader transferee");
        ask!(MaintenanceClient, all[0].1, move_leader, request).expect("it can be");
        let seen = status(&mut all[0].1);
        assert_eq!((seen.leader, seen.raft_term), (heir, term + 1), "it has seen the new leader");
        put(&mut all[0].1, "goes on", "1").expect("it can be written");
        // A leader that is to end hands over before.
        let ends = all.remove(1);
        stop([ends]);
        let seen = until("another leader", || {
            let seen = status(&mut all[0].1);
            (![0, heir].contains(&seen.leader)).then_some(seen)
        });
        assert_eq!(seen.raft_term, term + 2, "one election, and nobody had to wait for it");
        stop(all);
    });
}

#[test]
fn a_member_comes_learns_votes_and_goes() {
    check(|| {
        let plan = Plan::of(1);
        let first = plan.start([1]).remove(0);
        let mut client = first.client();
        put(&mut client, "before", "1").expect("it can be written");
        let peer_urls = vec![format!("http://{}", plan.peer(2))];
        let request = MemberAddRequest { peer_urls, is_learner: true };
        let added = ask!(ClusterClient, client, member_add, request).expect("it can be");
        let id = added.member.expect("it is there").id;
        let second = plan.start([2]).remove(0);
        let mut learner = second.client();
        assert!(status(&mut learner).is_learner);
        let refused = put(&mut learner, "by a learner", "1").expect_err("it has no say");
        assert_eq!(refused.message(), "etcdserver: rpc not supported for learner");
        let request = RangeRequest { key: "before".into(), ..RangeRequest::default() };
        let own_state = RangeRequest { serializable: true, ..request.clone() };
        let found = learner.kv(async |mut kv| kv.range(own_state).await).expect("it may");
        assert_eq!(found.count, 1, "it has got what was there before it came");
        let refused = learner.kv(async |mut kv| kv.range(request).await).expect_err("it may not");
        assert_eq!(refused.message(), "etcdserver: rpc not supported for learner");

        // It has all that there is; when the leader knows, it may vote.
        let request = MemberPromoteRequest { id };
        while let Err(refused) = ask!(ClusterClient, client, member_promote, request) {
            let told = "etcdserver: can only promote a learner member which is in sync with leader";
            assert_eq!(refused.message(), told);
        }
        while status(&mut learner).is_learner {}
        put(&mut learner, "by a voter", "2").expect("it has a say now");
        assert_eq!(get(&mut client, "by a voter").as_deref(), Some("2"));
        // A member that is asked to go tells whoever asked, and ends by itself.
        let removed = ask!(ClusterClient, learner, member_remove, MemberRemoveRequest { id });
        assert_eq!(removed.expect("it can be").members.len(), 1);
        drop(learner);
        let told = second.ended().expect_err("it has not stopped by wish").to_string();
        assert_eq!(told, "the member has been permanently removed from the cluster");
        put(&mut client, "alone", "3").expect("one is enough again");
        stop([(first, client)]);
    });
}

#[test]
fn one_becomes_three_and_then_any_two_are_enough() {
    check(|| {
        let plan = Plan::steady();
        let mut all = plan.grow();
        stop([all.remove(1)]);
        put(&mut all[0].1, "with two", "2").expect("two of three are enough");
        for key in ["before 2", "before 3", "with two"] {
            assert!(get(&mut all[1].1, key).is_some(), "{key}");
        }
        stop(all);
    });
}

#[test]
fn who_was_away_for_long_gets_the_state_itself() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(plan.start(1..=3));
        let away = own(&mut all[2].1);
        let number =
            members(&mut all[0].1).iter().find(|it| it.id == away).expect("it is one").name[1..]
                .parse::<usize>()
                .expect("it is a number");
        stop([all.remove(2)]);
        let request = LeaseGrantRequest { id: 7, ttl: 600 };
        all[0].1.lease(async |mut lease| lease.lease_grant(request).await).expect("it can be");
        for number in 0..200 {
            let request = PutRequest {
                key: format!("{}", number % 50).into(),
                value: vec![b'v'; 300].into(),
                lease: 7,
                ..PutRequest::default()
            };
            all[0].1.kv(async |mut kv| kv.put(request).await).expect("it can be written");
        }
        let back = plan.start([number]).remove(0);
        let mut client = back.client();
        assert_eq!(hash(&mut client), hash(&mut all[0].1), "it has all that the others have");
        let request = LeaseTimeToLiveRequest { id: 7, keys: true };
        let found = client.lease(async |mut lease| lease.lease_time_to_live(request).await);
        assert_eq!(found.expect("it is told").keys.len(), 50, "leases, too");
        put(&mut client, "goes on", "1").expect("it takes part again");
        stop([(back, client)]);
        // And it is on its disk.
        let back = plan.start([number]).remove(0);
        let mut client = back.client();
        assert_eq!(get(&mut client, "goes on").as_deref(), Some("1"));
        assert_eq!(hash(&mut client), hash(&mut all[0].1));
        stop(all.into_iter().chain([(back, client)]));
    });
}

#[test]
fn leases_are_renewed_and_events_are_seen_at_any_member() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(plan.start(1..=3));
        let request = LeaseGrantRequest { id: 9, ttl: 500 };
        all[2].1.lease(async |mut lease| lease.lease_grant(request).await).expect("it can be");
        for (_, client) in &mut all {
            get(client, "nothing");
            let renewed = client.lease(async |mut lease| {
                let requests = tokio_stream::iter([9, 10].map(|id| LeaseKeepAliveRequest { id }));
                let mut answers = lease.lease_keep_alive(requests).await?.into_inner();
                let both = (answers.message().await?, answers.message().await?);
                Ok(tonic::Response::new(both))
            });
            let (there, not_there) = renewed.expect("it is answered");
            assert_eq!(there.expect("one for each").ttl, 500);
            assert_eq!(not_there.expect("one for each").ttl, 0, "there is no such lease");
            let request = LeaseTimeToLiveRequest { id: 9, keys: false };
            let found = client.lease(async |mut lease| lease.lease_time_to_live(request).await);
            let found = found.expect("it is told");
            assert_eq!(found.granted_ttl, 500);
            assert!((400..=500).contains(&found.ttl), "{}", found.ttl);
        }
        // What one member is told, watchers of another one see.
        put(&mut all[0].1, "seen", "1").expect("it can be written");
        let create = WatchCreateRequest {
            key: "seen".into(),
            start_revision: 2,
            ..WatchCreateRequest::default()
        };
        let seen = all[1].1.watch(async |mut watch| {
            let request = WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) };
            let requests = tokio_stream::StreamExt::chain(
                tokio_stream::iter([request]),
                tokio_stream::pending(),
            );
            let mut answers = watch.watch(requests).await?.into_inner();
            loop {
                if let Some(answer) = answers.message().await?
                    && let Some(event) = answer.events.into_iter().next()
                {
                    return Ok(tonic::Response::new(event));
                }
            }
        });
        let kv = seen.expect("it is told").kv.expect("it has one");
        assert_eq!(&kv.value[..], b"1");
        stop(all);
    });
}

#[test]
fn who_has_lost_its_log_does_not_come_back_under_its_number() {
    check(|| {
        let plan = Plan::of(1);
        let first = plan.start([1]).remove(0);
        let mut client = first.client();
        let peer_urls = vec![format!("http://{}", plan.peer(2))];
        let request = MemberAddRequest { peer_urls, is_learner: false };
        ask!(ClusterClient, client, member_add, request).expect("it can be");
        let second = plan.start([2]).remove(0);
        second.stop();
        let data = plan.config(2).data_dir;
        std::fs::remove_dir_all(&data).expect("it is there");
        // It may have voted, and does not know.
        let stop = server::Stop::default();
        let ended = server::run(&plan.config(2), &stop, |_| unreachable!("it cannot be ready"));
        let told = ended.expect_err("it is not let in").to_string();
        assert!(told.ends_with("has already been bootstrapped"), "{told}");
        drop(client);
        first.stop();
    });
}

#[test]
fn a_page_says_who_the_members_are() {
    check(|| {
        let plan = Plan::of(1);
        let member = plan.start([1]).remove(0);
        let mut client = member.client();
        let listed = members(&mut client);
        let header = status(&mut client).header.expect("every answer has one");
        let mut stream = TcpStream::connect(plan.peer(1)).expect("somebody listens");
        let request = b"GET /members HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request).expect("it can be");
        let mut page = String::new();
        stream.read_to_string(&mut page).expect("it is text");
        let cluster = format!("x-etcd-cluster-id: {:x}\r\n", header.cluster_id);
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains(&cluster), "{page}");
        let id = format!("[{{\"id\":{},\"peerURLs\":[\"http://{}\"]", listed[0].id, plan.peer(1));
        assert!(page.contains(&id), "{page}");
        stop([(member, client)]);
    });
}

#[test]
fn the_last_one_makes_a_cluster_of_its_own() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(plan.start(1..=3));
        put(&mut all[0].1, "before", "1").expect("it can be written");
        stop(all);
        let forced = || Config { force_new_cluster: true, ..plan.config(2) };
        // Twice: whoever does not know whether it has worked says it again.
        for key in ["alone", "again"] {
            let last = Member::start(forced());
            let mut client = last.client();
            assert_eq!(get(&mut client, "before").as_deref(), Some("1"));
            assert_eq!(members(&mut client).len(), 1, "the others are gone");
            put(&mut client, key, "2").expect("it decides alone");
            stop([(last, client)]);
        }
        let last = plan.start([2]).remove(0);
        let mut client = last.client();
        assert_eq!(get(&mut client, "alone").as_deref(), Some("2"));
        // The others do not come back as if nothing had been.
        let peer_urls = vec![format!("http://{}", plan.peer(3))];
        let request = MemberAddRequest { peer_urls, is_learner: true };
        ask!(ClusterClient, client, member_add, request).expect("as somebody else, they may");
        stop([(last, client)]);
    });
}

#[test]
fn whoever_is_no_member_is_sent_away_and_does_no_harm() {
    check(|| {
        let plan = Plan::of(1);
        let member = plan.start([1]).remove(0);
        let mut client = member.client();
        let garbage: [&[u8]; 4] = [
            b"",
            b"GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n",
            &[0xFF; 4_096],
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x08\0\0\0\0\0\x7F\xFF\xFF\xFF\0\0\0",
        ];
        for bytes in garbage {
            let mut stream = TcpStream::connect(plan.peer(1)).expect("somebody listens");
            // It may be gone already.
            let _ = stream.write_all(bytes);
        }
        let address = plan.peer(1).parse().expect("it is an address");
        let mut peer = Client::new(address);
        let call = |peer: &mut Client, more: &[(&'static str, &str)]| {
            let mut request = tonic::Request::new(tokio_stream::iter([vec![0xFF_u8; 100]]));
            for (name, value) in more {
                request.metadata_mut().insert(*name, value.parse().expect("it is text"));
            }
            peer.call(async |connection, origin| {
                let mut grpc = tonic::client::Grpc::with_origin(connection, origin);
                grpc.ready().await.expect("it is connected");
                let path = http::uri::PathAndQuery::from_static("/workbook.Peers/Deliver");
                let codec = tonic_prost::ProstCodec::<Vec<u8>, Vec<u8>>::default();
                grpc.client_streaming(request, path, codec).await
            })
        };
        let refused = call(&mut peer, &[]).expect_err("who is it?");
        assert_eq!(refused.code(), Code::InvalidArgument);
        let header = status(&mut client).header.expect("every answer has one");
        let own = format!("{:x}", header.member_id);
        let other = [("from", "7"), ("to", &own), ("cluster", "1")];
        let refused = call(&mut peer, &other).expect_err("it is of another cluster");
        assert_eq!(refused.message(), "cluster ID mismatch");
        let cluster = format!("{:x}", header.cluster_id);
        let nonsense = [("from", "7"), ("to", &own), ("cluster", &cluster)];
        let refused = call(&mut peer, &nonsense).expect_err("these are no letters");
        assert_eq!(refused.code(), Code::InvalidArgument);
        put(&mut client, "goes on", "1").expect("the member is well");
        drop(peer);
        stop([(member, client)]);
    });
}
