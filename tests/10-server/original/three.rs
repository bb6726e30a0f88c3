//! Three members of ours and three of the original, in the same trouble: they say the same.

use crate::client::Client;
use crate::clients::{both, differences};
use crate::cluster::{Cluster, told};
use crate::http::Http;
use crate::programs::until;
use api::watch_request::RequestUnion;
use api::{LeaseKeepAliveRequest, WatchCreateRequest, WatchRequest};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tonic::Request;
use tonic::codegen::tokio_stream::{self, StreamExt};

/// Whoever does not find a leader within two of these has lost one.
const ELECTION: Duration = Duration::from_millis(500);

/// `a`, `b` and `1`, as the gateway has them.
const PUT: &str = r#"{"key":"YQ==","value":"MQ=="}"#;
const GET: &str = r#"{"key":"YQ=="}"#;

/// A stream that lives while nothing is wrong.
fn stream(client: Client, kind: &'static str, wants_leader: bool) -> JoinHandle<String> {
    stream_that_says(client, kind, wants_leader, None)
}

/// The same, once the first answer has come.
fn stream_that_runs(client: Client, kind: &'static str, wants_leader: bool) -> JoinHandle<String> {
    let (says, begun) = mpsc::channel();
    let stream = stream_that_says(client, kind, wants_leader, Some(says));
    // If it has ended, it says so itself.
    let _ = begun.recv();
    stream
}

fn stream_that_says(
    mut client: Client,
    kind: &'static str,
    wants_leader: bool,
    mut says: Option<mpsc::Sender<()>>,
) -> JoinHandle<String> {
    let mark = move |request: &mut tonic::metadata::MetadataMap| {
        if wants_leader {
            request.insert("hasleader", "true".parse().expect("it is text"));
        }
    };
    std::thread::spawn(move || {
        let mut answered = || says.take().map(|says| says.send(()));
        let ended = match kind {
            "watch" => {
                let create = RequestUnion::CreateRequest(WatchCreateRequest {
                    key: "z".into(),
                    ..WatchCreateRequest::default()
                });
                let create = WatchRequest { request_union: Some(create) };
                let requests = tokio_stream::iter([create]).chain(tokio_stream::pending());
                let mut request = Request::new(requests);
                mark(request.metadata_mut());
                let seen = client.watch(async |mut watch| {
                    let mut answers = watch.watch(request).await?.into_inner();
                    loop {
                        let answer = answers.message().await?;
                        answered();
                        if let Some(answer) = answer
                            && let Some(event) = answer.events.first()
                        {
                            return Ok(tonic::Response::new(event.kv.is_some()));
                        }
                    }
                });
                seen.map(|seen| format!("an event: {seen}"))
            }
            _ => {
                let requests = tokio_stream::iter([LeaseKeepAliveRequest { id: 7 }]);
                let mut request = Request::new(requests.chain(tokio_stream::pending()));
                mark(request.metadata_mut());
                let seen = client.lease(async |mut lease| {
                    let mut answers = lease.lease_keep_alive(request).await?.into_inner();
                    while answers.message().await?.is_some() {
                        answered();
                    }
                    Ok(tonic::Response::new(()))
                });
                seen.map(|()| "an end".to_owned())
            }
        };
        let ended = ended.unwrap_or_else(|why| format!("{:?} {}", why.code(), why.message()));
        format!("{kind}, wants a leader: {wants_leader}: {ended}")
    })
}

/// What is asked of a member that has no leader.
const WITHOUT: &[(&str, &str)] = &[
    ("kv/put", PUT),
    ("kv/deleterange", GET),
    ("kv/txn", r#"{"success":[{"request_put":{"key":"YQ==","value":"MQ=="}}]}"#),
    ("kv/txn", r#"{"success":[{"request_range":{"key":"YQ=="}}]}"#),
    ("kv/txn", r#"{"success":[{"request_range":{"key":"YQ==","serializable":true}}]}"#),
    ("kv/txn", "{}"),
    ("kv/compaction", r#"{"revision":1}"#),
    ("kv/range", GET),
    ("kv/range", r#"{"key":"YQ==","serializable":true}"#),
    ("lease/grant", r#"{"TTL":60}"#),
    ("lease/revoke", r#"{"ID":7}"#),
    ("lease/keepalive", r#"{"ID":7}"#),
    ("lease/timetolive", r#"{"ID":7}"#),
    ("lease/leases", "{}"),
    ("maintenance/alarm", "{}"),
    ("maintenance/status", "{}"),
    ("maintenance/defragment", "{}"),
    ("maintenance/hash", "{}"),
    ("maintenance/hashkv", "{}"),
    ("maintenance/transfer-leadership", r#"{"targetID":7}"#),
    ("maintenance/downgrade", r#"{"action":"VALIDATE","version":"3.6"}"#),
    ("maintenance/downgrade", r#"{"action":"ENABLE","version":"3.6"}"#),
    ("auth/enable", "{}"),
    ("auth/disable", "{}"),
    ("auth/status", "{}"),
    ("auth/authenticate", r#"{"name":"a","password":"b"}"#),
    ("auth/user/add", r#"{"name":"a","password":"b"}"#),
    ("auth/user/list", "{}"),
    ("auth/role/list", "{}"),
    ("cluster/member/list", "{}"),
    ("cluster/member/list", r#"{"linearizable":true}"#),
    ("cluster/member/add", r#"{"peerURLs":["http://127.0.0.1:9"]}"#),
    ("cluster/member/add", r#"{"peerURLs":["http://127.0.0.1:9"],"isLearner":true}"#),
    ("cluster/member/promote", r#"{"ID":"77"}"#),
    ("lock/lock", r#"{"name":"YQ=="}"#),
    ("election/campaign", r#"{"name":"YQ==","value":"MQ==","lease":7}"#),
    ("election/leader", r#"{"name":"YQ=="}"#),
];

/// Pages of its health.
const HEALTH: &[&str] = &[
    "/health",
    "/health?serializable=true",
    "/livez",
    "/livez?verbose",
    "/readyz",
    "/readyz?verbose",
    "/readyz/non_learner",
];

const WANTS_LEADER: &[(&str, &str)] = &[("Grpc-Metadata-hasleader", "true")];

/// Asks until it is done: meanwhile somebody else may begin to lead.
fn insist(cluster: &Cluster, number: usize, path: &str, body: &str) -> String {
    until(&format!("{path} is done"), || {
        let told = told([cluster.ask(number, path, body)]);
        told.contains(": 200 ").then_some(told)
    })
}

/// A member gets the addresses that it has. No server gives this up: only whoever asks does, later
/// than any server does with what else it is asked.
fn update(cluster: &Cluster, number: usize) -> String {
    let known = cluster.known(number);
    let (id, _) = known.iter().find(|(_, member)| *member == number).expect("it is a member");
    let peer = cluster.peer(number);
    format!("--command-timeout=12s member update {id} --peer-urls={peer}")
}

/// What gRPC's own service for it says.
fn health(cluster: &Cluster, number: usize) -> String {
    let mut client = cluster.client(number);
    let mut health = client.health();
    let request = api::health::HealthCheckRequest::default();
    let told = client.wait(async { health.check(request).await });
    told.map_or_else(
        |why| format!("grpc health: {why}\n"),
        |told| format!("grpc health: {:?}\n", told.into_inner().status()),
    )
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn without_a_leader_they_answer_wait_and_refuse_the_same() {
    let seen = both(|whose| {
        let mut cluster = Cluster::three(whose, &[]);
        let [leader, own, other] = cluster.roles();
        let mut prepared = told([cluster.ask(own, "lease/grant", r#"{"ID":7,"TTL":600}"#)]);
        prepared += &insist(&cluster, own, "kv/put", PUT);
        let streams = ["watch", "keep alive"].map(|kind| {
            [true, false].map(|wants| (wants, stream_that_runs(cluster.client(own), kind, wants)))
        });
        let mut lost = Vec::new();
        let mut stay = Vec::new();
        for (wants, stream) in streams.into_iter().flatten() {
            if wants { lost.push(stream) } else { stay.push(stream) }
        }
        // Somebody who only stands still may be taken to be there, however long, and then changes
        // of the members are proposed, and wait for ever.
        cluster.kill(leader);
        cluster.kill(other);
        cluster.wait_for_no_leader(own);
        [leader, other].iter().for_each(|number| cluster.wait_for_lost(own, *number));
        let update = update(&cluster, own);
        let updated = cluster.etcdctl(own, &update);
        let mut asked: Vec<JoinHandle<String>> =
            WITHOUT.iter().map(|(path, body)| cluster.ask(own, path, body)).collect();
        asked.extend(HEALTH.iter().map(|path| cluster.page(own, path)));
        asked.push(cluster.etcdctl(own, "endpoint health"));
        let away = format!(r#"{{"ID":"{}"}}"#, cluster.id(own));
        let removed = cluster.ask(own, "cluster/member/remove", &away);
        for (path, body) in [("kv/put", PUT), ("kv/range", GET), ("maintenance/status", "{}")] {
            asked.push(cluster.ask_with(own, path, body, WANTS_LEADER));
        }
        asked.extend(["watch", "keep alive"].map(|kind| stream(cluster.client(own), kind, true)));
        let removed = told([removed]).replace(&away, "it");
        let mut seen = format!("# prepared\n{prepared}");
        seen += &format!("# without a leader\n{}{}", health(&cluster, own), told(asked));
        seen += &removed;
        seen += &told([updated]).replace(&update, "update it");
        seen += &format!("# streams\n{}", told(lost));
        seen += &format!("so many go on: {}\n", stay.iter().filter(|it| !it.is_finished()).count());
        cluster.start(leader);
        insist(&cluster, own, "kv/put", r#"{"key":"eg==","value":"MQ=="}"#);
        let watch = stay.remove(0);
        seen += &format!("# with a leader\n{}", told([watch]));
        seen
    });
    let report = differences(&seen);
    assert!(report.is_empty(), "{report}");
    assert!(seen[0].lines().count() > 50, "{}", seen[0]);
}

/// What is said of reads and puts that were under way when a leader was lost: on a machine with
/// much else to do, not every time.
fn lose_leader(cluster: &Cluster) -> String {
    let mut missing = vec![
        "etcdserver: leader changed",
        "etcdserver: request timed out, possibly due to previous leader failure",
    ];
    for _ in 0..TRIES {
        let [leader, own, _] = cluster.roles();
        let old = cluster.id(leader);
        cluster.pause(leader);
        let mut asked = vec![cluster.ask(own, "kv/range", GET)];
        // As long as it believes in the old leader.
        while cluster.leader(own).is_some_and(|leader| leader == old) {
            asked.push(cluster.ask(own, "kv/put", PUT));
            std::thread::sleep(ELECTION / 5);
        }
        let seen = told(asked);
        cluster.resume(leader);
        missing.retain(|text| !seen.contains(text));
        if missing.is_empty() {
            break;
        }
    }
    format!("never said: {missing:?}\n")
}

/// Stands all still but one, which is asked to put something.
fn lose_others(cluster: &Cluster) -> ([usize; 3], JoinHandle<String>) {
    let [leader, own, other] = cluster.roles();
    cluster.wait_for_reached(own, leader);
    let before = cluster.puts(own);
    cluster.pause(leader);
    cluster.pause(other);
    let put = cluster.ask(own, "kv/put", PUT);
    until("it has come", || (cluster.puts(own) > before).then_some(()));
    ([leader, own, other], put)
}

/// So often something is tried that a slow machine comes too late for.
const TRIES: usize = 5;

/// What a follower says that loses all others: not that nobody led from the start, at some time.
fn lose_all(cluster: &Cluster) -> String {
    let mut seen = String::new();
    for _ in 0..TRIES {
        let ([leader, _, other], put) = lose_others(cluster);
        seen = told([put]);
        cluster.resume(leader);
        cluster.resume(other);
        if !seen.contains("context deadline exceeded") {
            break;
        }
    }
    seen
}

/// The same, but one of the others comes back when it is too late, and not too late for the put.
/// In the end that one is there, and the one that led is not.
fn lose_all_and_find_one(cluster: &mut Cluster) -> ([usize; 3], String) {
    for attempt in 1.. {
        let began = Instant::now();
        let ([leader, own, other], put) = lose_others(cluster);
        cluster.wait_for_no_leader(own);
        std::thread::sleep((3 * ELECTION).saturating_sub(began.elapsed()));
        cluster.kill(leader);
        cluster.kill(other);
        cluster.start(other);
        let seen = told([put]);
        if attempt == TRIES || seen.contains("possibly due to connection lost") {
            return ([leader, own, other], seen);
        }
        cluster.start(leader);
    }
    unreachable!("there is a last attempt")
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn what_became_of_a_proposal_is_said_in_the_same_words() {
    let seen = both(|whose| {
        let mut cluster = Cluster::three(whose, &[]);
        let mut seen = format!("# a leader is lost\n{}", lose_leader(&cluster));
        seen += &format!("# nobody leads\n{}", lose_all(&cluster));
        let ([_, own, other], told_late) = lose_all_and_find_one(&mut cluster);
        seen += &format!("# all others are lost\n{told_late}");
        cluster.kill(other);
        cluster.wait_for_no_leader(own);
        let before = cluster.puts(own);
        let put = cluster.ask(own, "kv/put", PUT);
        until("it has come", || (cluster.puts(own) > before).then_some(()));
        cluster.terminate(own);
        seen += &format!("# it is to end\n{}", told([put]));
        seen
    });
    let report = differences(&seen);
    assert!(report.is_empty(), "{report}");
    assert!(seen[0].contains("possibly due to connection lost"), "{}", seen[0]);
    assert!(seen[0].contains("never said: []"), "{}", seen[0]);
}

/// A cluster goes back to the version before, and is called off.
fn goes_back(cluster: &Cluster) -> String {
    let peers: SocketAddr = cluster.peer(1)["http://".len()..].parse().expect("it is an address");
    let page = || {
        let page = Http::new(peers).get("/downgrade/enabled");
        let kind = page.headers["content-type"].to_str().map(str::to_owned);
        format!("is it to go back? {} {kind:?} {}\n", page.status, page.body)
    };
    let mut seen = page();
    let enable = r#"{"action":"ENABLE","version":"3.6"}"#;
    for (body, version) in [(enable, "3.6.0"), (r#"{"action":"CANCEL"}"#, "3.7.0")] {
        seen += &told([cluster.ask(0, "maintenance/downgrade", body)]);
        seen += &page();
        let version = format!(r#""etcdcluster":"{version}","storage":"{version}""#);
        (0..3).for_each(|number| cluster.wait_for(number, "/version", &version));
        seen += &told([cluster.ask(1, "maintenance/status", "{}")]);
    }
    seen
}

/// Changes of the members that are refused, but for the last: those who are there are just enough,
/// and have to stay so.
fn changes(cluster: &Cluster, own: usize, ids: [String; 3]) -> String {
    let voter = r#"{"peerURLs":["http://127.0.0.1:9"]}"#.to_owned();
    let removals = ids.map(|id| ("remove", format!(r#"{{"ID":"{id}"}}"#)));
    let change = |(what, body): (&str, String)| {
        let line = cluster.ask(own, &format!("cluster/member/{what}"), &body);
        told([line]).replace(&body, "-")
    };
    [("add", voter)].into_iter().chain(removals).map(change).collect()
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn a_cluster_that_begins_and_one_that_learns_are_the_same() {
    let seen = both(|whose| {
        let mut cluster = Cluster::of(whose, &[0, 1], &["--max-learners=1"]);
        // One member has not been there yet, so nobody knows what it can do.
        cluster.wait_for(0, "/version", r#""etcdcluster":"3.0.0""#);
        cluster.wait_for(1, "/version", r#""etcdcluster":"3.0.0""#);
        let add = format!(r#"{{"peerURLs":["{}"],"isLearner":true}}"#, cluster.peer(3));
        // Nor does anybody reach it.
        let early = cluster.ask(0, "cluster/member/add", &add).join().expect("it is asked");
        let mut seen = "# two of three\n".to_owned();
        seen += &format!("a learner at once: {}\n", early.contains("unhealthy cluster"));
        let validate = r#"{"action":"VALIDATE","version":"3.6"}"#;
        seen += &told([
            cluster.page(0, "/version"),
            cluster.page(1, "/version"),
            cluster.ask(1, "maintenance/status", "{}"),
            cluster.ask(1, "maintenance/downgrade", validate),
        ]);
        cluster.start(2);
        for number in 0..3 {
            cluster.wait_for(number, "/version", r#""etcdcluster":"3.7.0","storage":"3.7.0""#);
        }
        seen += &format!("# three\n{}", told([cluster.page(2, "/version")]));
        seen += &goes_back(&cluster);
        // Once all connections are old enough, somebody may come.
        let [leader, own, other] = cluster.roles();
        let mut added = String::new();
        while !added.contains(": 200 ") {
            assert!(added.is_empty() || added.contains("unhealthy cluster"), "{added}");
            added = cluster.ask(own, "cluster/member/add", &add).join().expect("it is asked");
        }
        seen += &format!("a learner: {}\n", added.contains("isLearner"));
        let second = r#"{"peerURLs":["http://127.0.0.1:9"],"isLearner":true}"#;
        seen += &told([cluster.ask(own, "cluster/member/add", second)]);
        cluster.start(3);
        seen += "# a learner\n";
        seen += &health(&cluster, 3);
        let mut asked: Vec<JoinHandle<String>> =
            HEALTH.iter().map(|path| cluster.page(3, path)).collect();
        asked.push(cluster.etcdctl(3, "endpoint health"));
        for path in ["kv/put", "kv/range", "cluster/member/list", "lease/leases"] {
            asked.push(cluster.ask(3, path, GET));
        }
        asked.push(cluster.ask(3, "kv/range", r#"{"key":"YQ==","serializable":true}"#));
        asked.push(stream(cluster.client(3), "watch", false));
        asked.push(stream(cluster.client(3), "keep alive", true));
        seen += &told(asked);
        seen += "# one of three is away\n";
        let ids = [leader, own, 3].map(|number| cluster.id(number));
        cluster.kill(other);
        cluster.wait_for_lost(own, other);
        seen += &changes(&cluster, own, ids);
        seen
    });
    let report = differences(&seen);
    assert!(report.is_empty(), "{report}");
    assert!(seen[0].lines().count() > 25, "{}", seen[0]);
}

/// Lines about an image, and a compaction.
const SENT: &[&str] = &[
    "sending database snapshot",
    "sent database snapshot",
    "compact tree index",
    "finished scheduled compaction",
    "storing new hash",
];
const RECEIVED: &[&str] = &[
    "receiving database snapshot",
    "received and saved database snapshot",
    "applying snapshot",
    "applySnapshot: opened snapshot backend",
    "applied snapshot",
];

/// Whether a member has said all of this, and which fields it has said with it. What it says of a
/// message that has no equal here is left out.
fn lines(cluster: &Cluster, number: usize, messages: &[&str]) -> String {
    let is_own = |name: &str| matches!(name, "ts" | "caller") || name.contains("message-size");
    let fields = |line: Value| {
        let fields = line.as_object().expect("it is an object");
        fields.keys().filter(|name| !is_own(name)).cloned().collect::<Vec<String>>()
    };
    let said = |message: &&str| {
        let line = until(message, || cluster.said(number, message));
        format!("{message}: {} {}\n", line["level"], fields(line.clone()).join(" "))
    };
    messages.iter().map(said).collect()
}

/// The limits of all that is measured.
fn limits(cluster: &Cluster, number: usize) -> String {
    let page = cluster.http(number).get("/metrics").body;
    let limit = |line: &str| {
        let (name, labels) = line.split_once("_bucket{")?;
        let limit = labels.split("le=\"").nth(1)?.split('"').next()?;
        name.starts_with("etcd_").then(|| format!("{name} {limit}\n"))
    };
    page.lines().filter_map(limit).collect::<BTreeSet<String>>().into_iter().collect()
}

/// Which series of what is counted of other members there are, at a member. Those that nobody can
/// tell when they begin are left out: elections send as they like.
fn series(cluster: &Cluster, number: usize, names: &[&str]) -> String {
    let ids: Vec<(String, usize)> = cluster.known(number);
    let page = cluster.http(number).get("/metrics").body;
    let mut all: Vec<String> = Vec::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let name = series.split('{').next().unwrap_or_default();
        let is_bucket = series.contains("le=") && !series.contains("+Inf");
        let base = name.trim_end_matches("_sum").trim_end_matches("_count");
        let base = base.trim_end_matches("_bucket");
        if is_bucket || !names.contains(&base) {
            continue;
        }
        let series = ids.iter().fold(series.to_owned(), |series, (id, number)| {
            series.replace(&format!("\"{id}\""), &format!("\"m{number}\""))
        });
        // How many there are now has to be the same. Bytes and times are of the program's own, and
        // anything else may happen once more than it has to.
        let is_now = ["peers", "inflights_total", "in_progress_total"];
        let is_now = is_now.iter().any(|end| name.ends_with(end));
        let value = if is_now || value == "0" { value } else { "some" };
        all.push(format!("{series} {value}"));
    }
    all.sort_unstable();
    all.join("\n") + "\n"
}

/// Does a member count something with a name that begins so?
fn has_series(cluster: &Cluster, number: usize, begins: &str) -> bool {
    cluster.http(number).get("/metrics").body.lines().any(|line| line.starts_with(begins))
}

/// Which one of two counts this by now.
fn somebody(cluster: &Cluster, of: [usize; 2], begins: &str) -> usize {
    until(begins, || of.into_iter().find(|number| has_series(cluster, *number, begins)))
}

/// Waits until an image is where it is to be, and all is counted of it; then by whom it was sent.
fn wait_for_image(cluster: &Cluster, present: [usize; 2], to: usize) -> usize {
    let sender = somebody(cluster, present, "etcd_network_snapshot_send_success{");
    cluster.wait_for(to, "/metrics", "etcd_network_snapshot_receive_success{");
    until("the image is there", || cluster.said(to, "applied snapshot"));
    cluster.wait_for(to, "/metrics", "etcd_server_snapshot_apply_in_progress_total 0\n");
    cluster.wait_for_settled(sender);
    let name = "etcd_network_snapshot_receive_inflights_total{";
    until("nothing more comes", || {
        let page = cluster.http(to).get("/metrics").body;
        let mut lines = page.lines().filter(|line| line.starts_with(name));
        lines.all(|line| line.ends_with(" 0")).then_some(())
    });
    sender
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn what_is_counted_of_other_members_is_the_same() {
    const PEERS: &[&str] = &[
        "etcd_network_known_peers",
        "etcd_network_active_peers",
        "etcd_network_peer_sent_bytes_total",
        "etcd_network_peer_round_trip_time_seconds",
    ];
    // While a cluster begins, anybody may miss anybody.
    const LOST: &[&str] =
        &["etcd_network_disconnected_peers_total", "etcd_network_peer_sent_failures_total"];
    const IMAGES: &[&str] = &[
        "etcd_network_snapshot_send_inflights_total",
        "etcd_network_snapshot_send_success",
        "etcd_network_snapshot_send_failures",
        "etcd_network_snapshot_send_total_duration_seconds",
        "etcd_network_snapshot_receive_inflights_total",
        "etcd_network_snapshot_receive_success",
        "etcd_network_snapshot_receive_failures",
        "etcd_network_snapshot_receive_total_duration_seconds",
        "etcd_disk_backend_snapshot_duration_seconds",
        "etcd_snap_db_fsync_duration_seconds",
        "etcd_snap_db_save_total_duration_seconds",
        "etcd_server_snapshot_apply_in_progress_total",
    ];
    let counted = |whose| {
        let flags = ["--snapshot-count=16", "--snapshot-catchup-entries=8"];
        let mut cluster = Cluster::three(whose, &flags);
        let [leader, own, other] = cluster.make_lead(0);
        insist(&cluster, own, "kv/put", PUT);
        for number in [leader, own, other] {
            cluster.wait_for(number, "/metrics", "etcd_network_peer_round_trip_time_seconds_count");
        }
        let mut seen = format!("# the leader\n{}", series(&cluster, leader, PEERS));
        let received = &["etcd_network_peer_received_bytes_total"];
        seen += &series(&cluster, leader, received);
        seen += &format!("# a follower\n{}", series(&cluster, own, IMAGES));
        cluster.kill(other);
        (0..40).for_each(|_| drop(insist(&cluster, leader, "kv/put", PUT)));
        // Whoever leads by now sends, and in vain.
        let present = [leader, own];
        present.iter().for_each(|number| cluster.wait_for_lost(*number, other));
        let sender = somebody(&cluster, present, "etcd_network_peer_sent_failures_total{");
        seen += &format!("# one is away\n{}", series(&cluster, leader, PEERS));
        let lost = series(&cluster, sender, LOST);
        let away = format!("\"m{other}\"");
        seen += &lost.lines().filter(|line| line.contains(&away)).collect::<Vec<_>>().join("\n");
        seen += "\n";
        cluster.start(other);
        let sender = wait_for_image(&cluster, present, other);
        seen += &format!("# limits\n{}", limits(&cluster, sender));
        seen += &format!("# who has sent an image\n{}", series(&cluster, sender, IMAGES));
        seen += &format!("# who has got one\n{}", series(&cluster, other, IMAGES));
        let third = if sender == leader { own } else { leader };
        seen += &format!("# who has not\n{}", series(&cluster, third, IMAGES));
        let is_alone = !has_series(&cluster, third, "etcd_network_snapshot_send_");
        let compact = r#"{"revision":"9","physical":true}"#;
        seen += &told([cluster.ask(sender, "kv/compaction", compact)]);
        seen += &format!("# what the sender says\n{}", lines(&cluster, sender, SENT));
        seen += &format!("# what the other says\n{}", lines(&cluster, other, RECEIVED));
        // If another one began to lead just then, both may have sent.
        is_alone.then(|| seen.replace(&format!("\"m{sender}\""), "\"sender\""))
    };
    let seen = both(|whose| (0..TRIES).find_map(|_| counted(whose)).expect("it is sent by one"));
    let report = differences(&seen);
    assert!(report.is_empty(), "{report}");
    assert!(seen[0].lines().count() > 40, "{}", seen[0]);
}
