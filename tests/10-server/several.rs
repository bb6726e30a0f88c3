//! Several members: what they speak, what is counted of them, and what becomes of requests when
//! nobody leads.

use crate::client::Client;
use crate::cluster::{Plan, by_lead, members, own, put, status, stop};
use crate::http::Http;
use crate::member::{Member, Process, config, place, until};
use api::cluster_client::ClusterClient;
use api::maintenance_client::MaintenanceClient;
use api::watch_request::RequestUnion;
use api::{
    CompactionRequest, DowngradeRequest, LeaseGrantRequest, LeaseKeepAliveRequest,
    LeaseTimeToLiveRequest, MemberAddRequest, MemberPromoteRequest, MoveLeaderRequest,
    RangeRequest, WatchCreateRequest, WatchRequest,
};
use bolt::{Changes, Folder, Options, Store};
use harness::check;
use rustix::process::Signal;
use server::{Stop, run};
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;
use tonic::codegen::tokio_stream::{self, StreamExt};
use tonic::{Code, Request, Status};

macro_rules! ask {
    ($kind:ident, $client:expr, $call:ident, $request:expr) => {
        $client.call(async |connection, origin| {
            $kind::with_origin(connection, origin).$call($request).await
        })
    };
}

/// Waits until a page says this.
fn wait_for_page(address: SocketAddr, path: &str, text: &str) {
    let http = Http::new(address);
    until(text, || http.get(path).body.contains(text).then_some(()));
}

/// The number of a series, if there is one.
fn series(address: SocketAddr, series: &str) -> Option<f64> {
    let page = Http::new(address).get("/metrics").body;
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(line.parse().expect("it is a number"))
}

#[test]
fn a_cluster_speaks_what_all_can_who_could_be_asked() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = plan.start([1, 2]);
        for member in &all {
            let page = Http::new(member.address).get("/version").body;
            let wanted = r#"{"etcdserver":"3.7.1","etcdcluster":"3.0.0","storage":"3.5.0"}"#;
            assert_eq!(page, wanted, "what the third one can do, nobody knows");
            let mark = r#"etcd_cluster_version{cluster_version="3.0"}"#;
            assert_eq!(series(member.address, mark), Some(1.0));
        }
        let mut client = all[0].client();
        assert_eq!(status(&mut client).storage_version, "3.5.0");
        let request = DowngradeRequest { action: 0, version: "3.6".to_owned() };
        let refused = ask!(MaintenanceClient, client, downgrade, request);
        let told = refused.expect_err("that is not before 3.0");
        assert_eq!(told.message(), "etcdserver: invalid downgrade target version");
        all.extend(plan.start([3]));
        for member in &all {
            wait_for_page(member.address, "/version", r#""etcdcluster":"3.7.0","storage":"3.7.0""#);
        }
        drop(client);
        all.into_iter().for_each(Member::stop);
    });
}

/// Writes into a store that its cluster speaks this version.
fn say_version(data: &Path, version: &'static str) {
    let folder = Folder::new(data.join("member/snap"));
    let mut store = Store::open(folder, "db", Options::default()).expect("it is one");
    let mut changes = Changes::new();
    changes.bucket(b"cluster".to_vec()).put(b"clusterVersion".to_vec(), version);
    store.commit(changes).expect("it can be written");
}

#[test]
fn whoever_does_not_speak_what_its_cluster_does_ends() {
    check(|| {
        let plan = Plan::of(1);
        let first = plan.start([1]).remove(0);
        let mut client = first.client();
        let peer_urls = vec![format!("http://{}", plan.peer(2))];
        let request = MemberAddRequest { peer_urls, is_learner: true };
        ask!(ClusterClient, client, member_add, request).expect("it can be");
        stop([(first, client)]);
        let refused = |number: usize| {
            let ended = run(&plan.config(number), &Stop::default(), |_| unreachable!("it ends"));
            ended.expect_err("it cannot be").to_string()
        };
        say_version(&plan.config(1).data_dir, "3.8.0");
        let told = refused(1);
        let wanted = "invalid downgrade; server version is lower than determined cluster version";
        assert_eq!(told, wanted);
        // A cluster that is so old that it can never be led here stays as it is.
        say_version(&plan.config(1).data_dir, "2.3.0");
        let first = plan.start([1]).remove(0);
        assert_eq!(refused(2), "incompatible with current running cluster");
        first.stop();
    });
}

#[test]
fn the_others_can_see_whether_the_cluster_goes_back() {
    check(|| {
        let plan = Plan::of(1);
        let member = plan.start([1]).remove(0);
        let peers: SocketAddr = plan.peer(1).parse().expect("it is an address");
        let http = Http::new(peers);
        let page = http.get("/downgrade/enabled");
        assert_eq!((page.status, &page.body[..]), (200, "false"));
        assert_eq!(page.headers["content-type"], "text/plain");
        assert!(page.headers.contains_key("x-etcd-cluster-id"));
        assert_eq!(http.post("/downgrade/enabled", "").status, 405);
        assert_eq!(http.get("/downgrade/enabled/x").status, 404);
        let mut client = member.client();
        let request = DowngradeRequest { action: 1, version: "3.6".to_owned() };
        ask!(MaintenanceClient, client, downgrade, request).expect("it can be");
        assert_eq!(http.get("/downgrade/enabled").body, "true");
        wait_for_page(member.address, "/version", r#""etcdcluster":"3.6.0","storage":"3.6.0""#);
        let request = DowngradeRequest { action: 2, version: String::new() };
        ask!(MaintenanceClient, client, downgrade, request).expect("it can be");
        assert_eq!(http.get("/downgrade/enabled").body, "false");
        wait_for_page(member.address, "/version", r#""etcdcluster":"3.7.0","storage":"3.7.0""#);
        stop([(member, client)]);
    });
}

#[test]
fn what_goes_between_members_is_counted() {
    check(|| {
        let plan = Plan::of(3);
        let mut all = by_lead(plan.start(1..=3));
        let ids: Vec<String> =
            all.iter_mut().map(|(_, client)| format!("{:x}", own(client))).collect();
        let leader = all[0].0.address;
        let peer = |name: &str, to: usize| {
            format!(r#"etcd_network_{name}{{Local="{}",Remote="{}"}}"#, ids[0], ids[to])
        };
        let of = |name: &str, label: &str, id: &str| format!(r#"{name}{{{label}="{id}"}}"#);
        put(&mut all[0].1, "a", "1").expect("it can be written");
        for other in [1, 2] {
            wait_for_page(leader, "/metrics", &format!("{} 1\n", peer("active_peers", other)));
            let sent = of("etcd_network_peer_sent_bytes_total", "To", &ids[other]);
            assert!(series(leader, &sent).is_some_and(|bytes| bytes > 0.0));
            let received = of("etcd_network_peer_received_bytes_total", "From", &ids[0]);
            assert!(series(all[other].0.address, &received).is_some_and(|bytes| bytes > 0.0));
        }
        let number = members(&mut all[0].1);
        let number = number.iter().find(|it| format!("{:x}", it.id) == ids[2]).expect("it is one");
        let number = number.name[1..].parse::<usize>().expect("it is a number");
        stop([all.remove(2)]);
        wait_for_page(leader, "/metrics", &format!("{} 0\n", peer("active_peers", 2)));
        let lost = series(leader, &peer("disconnected_peers_total", 2));
        assert!(lost.is_some_and(|count| count >= 1.0));
        for at in 0..40 {
            put(&mut all[0].1, &format!("{at}"), "1").expect("two of three are enough");
        }
        // Whoever leads by now says so.
        let somebody = |name: &str| {
            let mark = of(name, "To", &ids[2]);
            let is_there = |at: &SocketAddr| series(*at, &mark).is_some_and(|count| count >= 1.0);
            let others = [all[0].0.address, all[1].0.address];
            until(&mark, || others.iter().copied().find(is_there))
        };
        somebody("etcd_network_peer_sent_failures_total");
        // It is so far behind that it gets the store itself.
        let back = plan.start([number]).remove(0);
        let sender = somebody("etcd_network_snapshot_send_success");
        let name = "etcd_network_snapshot_send_inflights_total";
        wait_for_page(sender, "/metrics", &format!("{} 0\n", of(name, "To", &ids[2])));
        let count = |at: SocketAddr, mark: &str| series(at, mark).unwrap_or_default();
        let name = "etcd_network_snapshot_send_total_duration_seconds_count";
        assert!(count(sender, &of(name, "To", &ids[2])) >= 1.0);
        assert!(count(sender, "etcd_disk_backend_snapshot_duration_seconds_count") >= 1.0);
        let page = Http::new(back.address).get("/metrics").body;
        for name in ["success{From=", "inflights_total{From=", "total_duration_seconds_count{From="]
        {
            let name = format!("etcd_network_snapshot_receive_{name}");
            assert!(page.lines().any(|line| line.starts_with(&name)), "{name}");
        }
        for name in ["fsync_duration_seconds_count", "save_total_duration_seconds_count"] {
            let name = format!("etcd_snap_db_{name}");
            assert!(count(back.address, &name) >= 1.0, "{name}");
            assert_eq!(count(sender, &name), 0.0, "it has got none");
        }
        back.stop();
        stop(all);
    });
}

#[test]
fn an_image_for_which_there_is_no_room_is_refused() {
    check(|| {
        let plan = Plan::of(1);
        let mut process = process(&plan, 1);
        let mut client = Client::new(process.address());
        let header = status(&mut client).header.expect("every answer has one");
        let peer_urls = vec![format!("http://{}", plan.peer(2))];
        let request = MemberAddRequest { peer_urls, is_learner: true };
        let added = ask!(ClusterClient, client, member_add, request).expect("it can be");
        let from = format!("{:x}", added.member.expect("it is there").id);
        let mut request = tonic::Request::new(tokio_stream::iter([vec![0_u8; 100]]));
        let (to, cluster) = (format!("{:x}", header.member_id), format!("{:x}", header.cluster_id));
        let said = [
            ("from", &from[..]),
            ("to", &to),
            ("cluster", &cluster),
            ("term", "ff"),
            ("index", "ffff"),
            // No disk has so much.
            ("length", "7fffffffffffffff"),
        ];
        for (name, value) in said {
            request.metadata_mut().insert(name, value.parse().expect("it is text"));
        }
        let mut peer = Client::new(plan.peer(1).parse().expect("it is an address"));
        let refused = peer.call(async |connection, origin| {
            let mut grpc = tonic::client::Grpc::with_origin(connection, origin);
            grpc.ready().await.expect("it is connected");
            let path = http::uri::PathAndQuery::from_static("/workbook.Peers/Bring");
            let codec = tonic_prost::ProstCodec::<Vec<u8>, Vec<u8>>::default();
            grpc.client_streaming(request, path, codec).await
        });
        assert_eq!(refused.expect_err("it has no room").code(), Code::ResourceExhausted);
        let line = process.wait_for("failed to save incoming database snapshot");
        assert_eq!(line["remote-snapshot-sender-id"], from);
        let why = line["error"].as_str().expect("it says why");
        let wanted = "it has 9223372036854775807 bytes, and there is room for ";
        assert!(why.starts_with(wanted), "{why}");
        let part = plan.place.path().join("p1/member/snap/db.part");
        assert!(!part.exists(), "nothing is left of it");
        put(&mut client, "goes on", "1").expect("the member is well");
    });
}

#[test]
fn a_compaction_says_what_it_has_done() {
    check(|| {
        let place = place();
        let mut process = Process::start(&place.path().join("data"), &[]);
        let address = process.address();
        let mut client = Client::new(address);
        for value in ["1", "2", "3"] {
            put(&mut client, "a", value).expect("it can be written");
        }
        let request = CompactionRequest { revision: 4, physical: true };
        client.kv(async |mut kv| kv.compact(request).await).expect("it can be");
        assert_eq!(process.wait_for("compact tree index")["revision"], 4);
        let line = process.wait_for("finished scheduled compaction");
        assert_eq!((&line["compact-revision"], &line["level"]), (&4.into(), &"info".into()));
        assert_eq!(line["number-of-keys-compacted"], 2, "1 and 2 are gone");
        assert!(line["took"].is_string() && line["current-db-size-bytes"].is_u64(), "{line}");
        let hash = line["hash"].as_u64().expect("it is remembered");
        let line = process.wait_for("storing new hash");
        assert_eq!((&line["revision"], &line["compact-revision"]), (&4.into(), &(-1).into()));
        assert_eq!(line["hash"], hash);
        let name = "etcd_debugging_mvcc_db_compaction_keys_total";
        assert_eq!(series(address, name), Some(2.0));
        let name = "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_count";
        assert_eq!(series(address, name), Some(1.0));
        let name = "etcd_debugging_mvcc_db_compaction_last";
        assert!(series(address, name).is_some_and(|when| when > 1e9));
    });
}

/// One of them, as a process that can be stood still.
fn process(plan: &Plan, number: usize) -> Process {
    let mut program = plan.command(number);
    program.arg("--strict-reconfig-check=false");
    Process::of(program)
}

/// Three of them. Whoever leads comes first.
fn three(plan: &Plan) -> Vec<(Process, SocketAddr)> {
    let mut all: Vec<Process> = (1..=3).map(|number| process(plan, number)).collect();
    let addresses: Vec<SocketAddr> = all.iter_mut().map(Process::address).collect();
    let leaders = || {
        let leader = |at: &SocketAddr| status(&mut Client::new(*at)).leader;
        addresses.iter().map(leader).collect::<Vec<u64>>()
    };
    let leader = until("a leader", || {
        let seen = leaders();
        (seen[0] != 0 && seen.iter().all(|leader| *leader == seen[0])).then_some(seen[0])
    });
    let mut all: Vec<_> = all.into_iter().zip(addresses).collect();
    all.sort_by_key(|(_, at)| own(&mut Client::new(*at)) != leader);
    all
}

/// Asks in a thread of its own.
fn begin<T: Send + 'static>(
    at: SocketAddr,
    ask: impl FnOnce(&mut Client) -> Result<T, Status> + Send + 'static,
) -> thread::JoinHandle<Result<T, Status>> {
    let mut client = Client::new(at);
    thread::spawn(move || ask(&mut client))
}

/// The code and the text with which it is refused.
fn told<T: std::fmt::Debug>(asked: thread::JoinHandle<Result<T, Status>>) -> (Code, String) {
    let refused = asked.join().expect("it does not panic").expect_err("it cannot be");
    (refused.code(), refused.message().to_owned())
}

fn unavailable(text: &str) -> (Code, String) {
    (Code::Unavailable, format!("etcdserver: {text}"))
}

fn read(client: &mut Client) -> Result<i64, Status> {
    let request = RangeRequest { key: "a".into(), ..RangeRequest::default() };
    client.kv(async |mut kv| kv.range(request).await).map(|found| found.count)
}

/// Watches, for as long as it may.
fn watch(client: &mut Client, wants_leader: bool) -> Result<(), Status> {
    let create = WatchCreateRequest { key: "z".into(), ..WatchCreateRequest::default() };
    let create = WatchRequest { request_union: Some(RequestUnion::CreateRequest(create)) };
    let mut request = Request::new(tokio_stream::iter([create]).chain(tokio_stream::pending()));
    if wants_leader {
        request.metadata_mut().insert("hasleader", "true".parse().expect("it is text"));
    }
    client.watch(async |mut watch| {
        let mut answers = watch.watch(request).await?.into_inner();
        while let Some(answer) = answers.message().await? {
            if !answer.events.is_empty() {
                break;
            }
        }
        Ok(tonic::Response::new(()))
    })
}

#[test]
fn without_a_leader_everybody_is_told_what_they_wait_for() {
    check(|| {
        let plan = Plan::of(3);
        let all = three(&plan);
        let (_, at) = &all[2];
        let mut client = Client::new(*at);
        let request = LeaseGrantRequest { id: 7, ttl: 600 };
        client.lease(async |mut lease| lease.lease_grant(request).await).expect("it can be");
        let cut = begin(*at, |client| watch(client, true));
        let stays = begin(*at, |client| watch(client, false));
        let believing = lose_others(&all);
        until("nobody leads", || (status(&mut client).leader == 0).then_some(()));
        assert_eq!(status(&mut client).errors, ["etcdserver: no leader"]);
        let id = own(&mut client);
        let waiting = begin(*at, |client| put(client, "a", "2"));
        let reading = begin(*at, read);
        let renewing = begin(*at, |client| {
            client.lease(async |mut lease| {
                let requests = tokio_stream::iter([LeaseKeepAliveRequest { id: 7 }]);
                lease.lease_keep_alive(requests).await?.into_inner().message().await?;
                Ok(tonic::Response::new(()))
            })
        });
        let left = begin(*at, |client| {
            let request = LeaseTimeToLiveRequest { id: 7, keys: false };
            client.lease(async |mut lease| lease.lease_time_to_live(request).await)
        });
        let promoted = begin(*at, move |client| {
            ask!(ClusterClient, client, member_promote, MemberPromoteRequest { id })
        });
        let refused = begin(*at, |client| watch(client, true));
        assert_eq!(told(refused), unavailable("no leader"), "at once");
        assert_eq!(told(cut), unavailable("no leader"), "after a while");
        let late = (Code::DeadlineExceeded, "context deadline exceeded".to_owned());
        let on_its_way = unavailable("request timed out");
        let mut was_told = told(believing);
        assert_eq!(told(waiting), late, "nobody took it");
        assert_eq!(told(reading), unavailable("request timed out"));
        assert_eq!(told(renewing), unavailable("no leader"));
        assert_eq!(told(left), unavailable("no leader"));
        assert_eq!(told(promoted), unavailable("no leader"));
        let page = Http::new(*at).get("/health");
        assert_eq!(page.body, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n");
        // Who does not want a leader goes on when there is one.
        assert!(!stays.is_finished());
        all[..2].iter().for_each(|(process, _)| process.signal(Signal::CONT));
        until("a put", || put(&mut client, "z", "1").ok());
        stays.join().expect("it does not panic").expect("it is told");
        // If the machine was too slow for it, nobody took it: the loss was found out before.
        for _ in 0..4 {
            if was_told == on_its_way {
                break;
            }
            assert_eq!(was_told, late);
            was_told = told(lose_others(&all));
            all[..2].iter().for_each(|(process, _)| process.signal(Signal::CONT));
            until("a put", || put(&mut client, "z", "1").ok());
        }
        assert_eq!(was_told, on_its_way);
    });
}

/// The last of three loses both others, and is asked to put something at once.
fn lose_others(all: &[(Process, SocketAddr)]) -> thread::JoinHandle<Result<(), Status>> {
    let at = all[2].1;
    all[..2].iter().for_each(|(process, _)| process.signal(Signal::STOP));
    let before = begun(at, "Put");
    let believing = begin(at, |client| put(client, "a", "1"));
    until("the put", || (begun(at, "Put") > before).then_some(()));
    believing
}

/// How many requests of a kind have come to a member.
fn begun(at: SocketAddr, method: &str) -> f64 {
    let labels =
        format!(r#"grpc_method="{method}",grpc_service="etcdserverpb.KV",grpc_type="unary""#);
    series(at, &format!("grpc_server_started_total{{{labels}}}")).expect("from the start")
}

/// Three lose their leader. What is a read told at another one, and what are puts there?
fn lose_leader(all: &[(Process, SocketAddr)]) -> Vec<(Code, String)> {
    let leader = own(&mut Client::new(all[0].1));
    let at = all[1].1;
    let mut client = Client::new(at);
    all[0].0.signal(Signal::STOP);
    let reading = begin(at, |client| read(client).map(|_| ()));
    let mut asked = vec![reading];
    // As long as it believes in the old one.
    while status(&mut client).leader == leader {
        asked.push(begin(at, |client| put(client, "a", "1")));
        thread::sleep(Duration::from_millis(100));
    }
    let ended = asked.into_iter().filter_map(|it| it.join().expect("it ends").err());
    let refused = ended.map(|status| (status.code(), status.message().to_owned())).collect();
    put(&mut client, "goes on", "1").expect("two of three are enough");
    all[0].0.signal(Signal::CONT);
    refused
}

#[test]
fn when_a_leader_is_lost_what_it_was_asked_for_is_given_up() {
    check(|| {
        let plan = Plan::of(3);
        let all = three(&plan);
        let mut wanted = vec![
            unavailable("leader changed"),
            unavailable("request timed out, possibly due to previous leader failure"),
        ];
        // Where little time passes between two threads, the first attempt shows both.
        for _ in 0..5 {
            let seen = lose_leader(&all);
            wanted.retain(|told| !seen.contains(told));
            if wanted.is_empty() {
                break;
            }
            // The first one is to lead again.
            let first = own(&mut Client::new(all[0].1));
            until("the first one leads", || {
                let leads = leader_of(&all) == Some(first);
                if !leads {
                    move_leader(&all);
                }
                leads.then_some(())
            });
        }
        assert!(wanted.is_empty(), "nobody was told {wanted:?}");
    });
}

/// Who leads, if all agree.
fn leader_of(all: &[(Process, SocketAddr)]) -> Option<u64> {
    let leaders: Vec<u64> =
        all.iter().map(|(_, at)| status(&mut Client::new(*at)).leader).collect();
    leaders.iter().all(|leader| *leader == leaders[0]).then_some(leaders[0])
}

/// Asks everybody to let the first one lead. Only whoever leads can.
fn move_leader(all: &[(Process, SocketAddr)]) {
    let target_id = own(&mut Client::new(all[0].1));
    for (_, at) in &all[1..] {
        let mut client = Client::new(*at);
        let _ = ask!(MaintenanceClient, client, move_leader, MoveLeaderRequest { target_id });
    }
}

#[test]
fn a_member_alone_is_told_at_once_what_it_speaks() {
    check(|| {
        let place = place();
        let member = Member::start(config(place.path()));
        let page = Http::new(member.address).get("/version").body;
        assert_eq!(page, r#"{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}"#);
        member.stop();
    });
}
