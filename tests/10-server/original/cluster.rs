//! Several members of ours, or of the original, that can be stopped, killed and started again.
//!
//! Owns [`Cluster`], and what is asked of a member by its pages and its gateway: a line of the
//! method, the code and the text, or what was answered. Numbers that are another one every time
//! stand there as `-`, so that lines of both sides can be compared.

use crate::client::Client;
use crate::http::Http;
use crate::member::Whose;
use crate::programs::{folder, program, until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use tempfile::TempDir;

/// So often another process may take a port before a member does.
const ATTEMPTS: usize = 20;

/// Between two looks at something that nobody waits for.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// An election takes half a second, and whoever waits for one gives up after six.
const QUICK: [&str; 2] = ["--heartbeat-interval=50", "--election-timeout=500"];

/// A process that does not outlive its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a member is.
#[derive(Clone, Copy)]
struct Ports {
    client: u16,
    peer: u16,
}

/// Members, some of which run.
pub struct Cluster {
    whose: Whose,
    folder: TempDir,
    flags: Vec<String>,
    ports: Vec<Ports>,
    /// So many of them found the cluster.
    founders: usize,
    running: Vec<Option<Process>>,
}

impl Cluster {
    /// Three that are to be; those with these numbers are started, and serve clients.
    pub fn of(whose: Whose, numbers: &[usize], flags: &[&str]) -> Cluster {
        (0..ATTEMPTS).find_map(|_| Cluster::attempt(whose, numbers, flags)).unwrap_or_else(|| {
            panic!("ports that were free were taken a moment later, and again and again")
        })
    }

    /// Three that run.
    pub fn three(whose: Whose, flags: &[&str]) -> Cluster {
        Cluster::of(whose, &[0, 1, 2], flags)
    }

    fn attempt(whose: Whose, numbers: &[usize], flags: &[&str]) -> Option<Cluster> {
        let flags = QUICK.iter().chain(flags).map(|flag| (*flag).to_owned()).collect();
        let listeners = [(); 8].map(|()| TcpListener::bind("127.0.0.1:0").expect("one is free"));
        let ports: Vec<u16> =
            listeners.iter().map(|it| it.local_addr().expect("it is bound").port()).collect();
        drop(listeners);
        let ports = ports.chunks(2).map(|two| Ports { client: two[0], peer: two[1] }).collect();
        let running = vec![None, None, None, None];
        let mut cluster = Cluster { whose, folder: folder(), flags, ports, founders: 3, running };
        numbers.iter().for_each(|number| cluster.begin(*number));
        numbers.iter().all(|number| cluster.is_up(*number)).then_some(cluster)
    }

    fn data(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("m{number}"))
    }

    fn log(&self, number: usize) -> String {
        let bytes = fs::read(self.data(number).with_extension("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The first line with this message in the log of one.
    pub fn said(&self, number: usize, message: &str) -> Option<Value> {
        let log = self.log(number);
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line["msg"] == message)
    }

    /// Where other members find one.
    pub fn peer(&self, number: usize) -> String {
        format!("http://127.0.0.1:{}", self.ports[number].peer)
    }

    /// Starts one, and does not wait for it.
    pub fn begin(&mut self, number: usize) {
        let log = self.data(number).with_extension("log");
        let output = File::create(log).expect("there is room on the disk");
        let mut command = match self.whose {
            Whose::Ours => Command::new(env!("CARGO_BIN_EXE_myetcd")),
            Whose::Theirs => program("etcd"),
        };
        let client = format!("http://127.0.0.1:{}", self.ports[number].client);
        let peer = self.peer(number);
        let comes_later = number >= self.founders;
        let all = 0..self.founders.max(number + 1);
        let list: Vec<String> = all.map(|it| format!("m{it}={}", self.peer(it))).collect();
        command.arg(format!("--name=m{number}")).arg("--data-dir").arg(self.data(number));
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &list.join(","), "--unsafe-no-fsync"]);
        command.args(["--initial-cluster-state", if comes_later { "existing" } else { "new" }]);
        command.args(&self.flags);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        self.running[number] = Some(Process(child));
    }

    /// Waits until one serves clients. If it cannot, since its port is taken: no.
    fn is_up(&mut self, number: usize) -> bool {
        until("a member is ready", || {
            let process = self.running[number].as_mut().expect("it was started");
            let ended = process.0.try_wait().expect("it is our child");
            let log = self.log(number);
            match ended {
                _ if log.contains("ready to serve client requests") => Some(true),
                Some(_) if log.to_lowercase().contains("address already in use") => Some(false),
                Some(status) => panic!("{:?} ended with {status}\n{log}", self.whose),
                None => None,
            }
        })
    }

    /// Starts one, and waits until it serves clients.
    pub fn start(&mut self, number: usize) {
        self.begin(number);
        assert!(self.is_up(number), "its port was taken meanwhile");
    }

    /// Kills one.
    pub fn kill(&mut self, number: usize) {
        self.running[number] = None;
    }

    fn signal(&self, number: usize, signal: Signal) {
        let process = self.running[number].as_ref().expect("it runs");
        kill_process(Pid::from_child(&process.0), signal).expect("it runs");
    }

    /// Stands one still: its connections stay, and nothing comes of them.
    pub fn pause(&self, number: usize) {
        self.signal(number, Signal::STOP);
    }

    /// Lets it go on.
    pub fn resume(&self, number: usize) {
        self.signal(number, Signal::CONT);
    }

    /// Asks one to end.
    pub fn terminate(&self, number: usize) {
        self.signal(number, Signal::TERM);
    }

    /// Where clients find one.
    pub fn address(&self, number: usize) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.ports[number].client))
    }

    /// Its pages.
    pub fn http(&self, number: usize) -> Http {
        Http::new(self.address(number))
    }

    /// A client of it.
    pub fn client(&self, number: usize) -> Client {
        Client::new(self.address(number))
    }

    /// How it is.
    pub fn status(&self, number: usize) -> Value {
        let page = self.http(number).post("/v3/maintenance/status", "{}");
        serde_json::from_str(&page.body).unwrap_or_else(|error| panic!("{error}: {}", page.body))
    }

    /// The number that the cluster knows it by.
    pub fn id(&self, number: usize) -> String {
        let status = self.status(number);
        status["header"]["member_id"].as_str().expect("every answer has one").to_owned()
    }

    /// Whom this one takes for the leader.
    pub fn leader(&self, of: usize) -> Option<String> {
        self.status(of)["leader"].as_str().map(str::to_owned)
    }

    /// Waits until all three agree who leads; then who does, and who follows.
    pub fn roles(&self) -> [usize; 3] {
        until("somebody leads", || {
            let [first, second, third] = [0, 1, 2].map(|number| self.leader(number));
            let leader = first.clone().filter(|_| first == second && second == third)?;
            let leader = (0..3).find(|number| self.id(*number) == leader)?;
            Some([leader, (leader + 1) % 3, (leader + 2) % 3])
        })
    }

    /// Waits until this one has no leader.
    pub fn wait_for_no_leader(&self, of: usize) {
        until("nobody leads", || self.leader(of).is_none().then_some(()));
    }

    /// Makes this one lead.
    pub fn make_lead(&self, number: usize) -> [usize; 3] {
        until("it leads", || {
            let roles = self.roles();
            if roles[0] != number {
                let body = format!(r#"{{"targetID":"{}"}}"#, self.id(number));
                let _ = self.ask(roles[0], "maintenance/transfer-leadership", &body).join();
            }
            (roles[0] == number).then_some(roles)
        })
    }

    /// Their numbers, as people see them, as this one knows them.
    pub fn known(&self, of: usize) -> Vec<(String, usize)> {
        let page = self.http(of).post("/v3/cluster/member/list", "{}").body;
        let list: Value = serde_json::from_str(&page).expect("it is JSON");
        let members = list["members"].as_array().expect("there are some");
        let known = |member: &Value| {
            let id: u64 = member["ID"].as_str()?.parse().ok()?;
            let number = member["name"].as_str()?.strip_prefix('m')?.parse().ok()?;
            Some((format!("{id:x}"), number))
        };
        members.iter().filter_map(known).collect()
    }

    /// Waits until this one knows that the other is not there.
    pub fn wait_for_lost(&self, of: usize, other: usize) {
        let known = self.known(of);
        let (id, _) = known.iter().find(|(_, number)| *number == other).expect("it is a member");
        self.wait_for(of, "/metrics", &format!("Remote=\"{id}\"}} 0\n"));
    }

    /// Waits until this one reaches the other.
    pub fn wait_for_reached(&self, of: usize, other: usize) {
        let known = self.known(of);
        let (id, _) = known.iter().find(|(_, number)| *number == other).expect("it is a member");
        let mark = format!("Remote=\"{id}\"}} 1\n");
        let http = self.http(of);
        let name = "etcd_network_active_peers{";
        until("it is reached", || {
            let page = http.get("/metrics").body;
            let is_there =
                page.lines().any(|line| line.starts_with(name) && line.ends_with(mark.trim_end()));
            is_there.then_some(())
        });
    }

    /// How many puts have come to this one.
    pub fn puts(&self, number: usize) -> u64 {
        let page = self.http(number).get("/metrics").body;
        let is_put = |line: &&str| {
            line.starts_with("grpc_server_started_total{") && line.contains("\"Put\"")
        };
        let line = page.lines().find(is_put).expect("it is counted from the start");
        let count = line.rsplit(' ').next().and_then(|count| count.parse().ok());
        count.expect("it is a number")
    }

    /// Waits until no image is on its way from this one.
    pub fn wait_for_settled(&self, number: usize) {
        let http = self.http(number);
        let name = "etcd_network_snapshot_send_inflights_total{";
        until("no image is on its way", || {
            let page = http.get("/metrics").body;
            let mut lines = page.lines().filter(|line| line.starts_with(name));
            lines.all(|line| line.ends_with(" 0")).then_some(())
        });
    }

    /// Waits until a page of one says this.
    pub fn wait_for(&self, number: usize, path: &str, text: &str) {
        let http = self.http(number);
        until(&format!("{path} says {text}"), || {
            let there = http.get(path).body.contains(text);
            if !there {
                thread::sleep(LOOK);
            }
            there.then_some(())
        });
    }

    /// Asks the gateway of one, and goes on; the answer comes as a line.
    pub fn ask(&self, number: usize, path: &str, body: &str) -> JoinHandle<String> {
        self.ask_with(number, path, body, &[])
    }

    /// The same, with headers.
    pub fn ask_with(
        &self,
        number: usize,
        path: &str,
        body: &str,
        headers: &'static [(&'static str, &'static str)],
    ) -> JoinHandle<String> {
        let (address, path, body) = (self.address(number), path.to_owned(), body.to_owned());
        thread::spawn(move || {
            let path = format!("/v3/{path}");
            let answer = Http::new(address).ask("POST", &path, headers, &body);
            let parsed = serde_json::from_str::<Value>(&answer.body);
            let told = parsed.map_or(answer.body, |value| plain(value).to_string());
            format!("{path} {body} {headers:?}: {} {told}", answer.status)
        })
    }

    /// Gets a page of one, and goes on. Its lines have no order.
    pub fn page(&self, number: usize, path: &str) -> JoinHandle<String> {
        let (address, path) = (self.address(number), path.to_owned());
        thread::spawn(move || {
            let answer = Http::new(address).get(&path);
            let mut lines: Vec<&str> = answer.body.lines().collect();
            lines.sort_unstable();
            format!("{path}: {} {}", answer.status, lines.join(" | "))
        })
    }

    /// What etcdctl says of one.
    pub fn etcdctl(&self, number: usize, arguments: &str) -> JoinHandle<String> {
        let (endpoint, arguments) = (self.address(number).to_string(), arguments.to_owned());
        thread::spawn(move || {
            let mut command = program("etcdctl");
            command.args(["--endpoints", &endpoint]).args(arguments.split(' '));
            let output = command.output().expect("it can be run");
            let [said, told] = [output.stdout, output.stderr]
                .map(|bytes| String::from_utf8_lossy(&bytes).replace(&endpoint, "HERE"));
            // Its own log lines are of the client, and have the time in them.
            let is_said = |line: &&str| !line.starts_with('{');
            let told: Vec<&str> = told.lines().filter(is_said).collect();
            let said = said.split("took = ").next().unwrap_or_default().trim().to_owned();
            format!("etcdctl {arguments}: {} {said} {}", output.status, told.join(" | "))
        })
    }
}

/// What is another one every time.
const PASSING: [&str; 19] = [
    "cluster_id",
    "member_id",
    "raft_term",
    "raftTerm",
    "raftIndex",
    "raftAppliedIndex",
    "dbSize",
    "dbSizeInUse",
    "leader",
    "ID",
    "id",
    "memberID",
    "peerURLs",
    "clientURLs",
    "hash",
    "blob",
    "remaining_bytes",
    "target_id",
    "token",
];

/// An answer without that.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (String, Value)| {
                let is_passing = PASSING.contains(&name.as_str());
                let value = if is_passing { Value::from("-") } else { plain(value) };
                (name, value)
            };
            Value::Object(fields.into_iter().map(field).collect())
        }
        Value::Array(all) => {
            let mut all: Vec<Value> = all.into_iter().map(plain).collect();
            // They are in the order of their numbers, and those are other ones.
            all.sort_by_key(Value::to_string);
            Value::Array(all)
        }
        value @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => value,
    }
}

/// Waits for all of these.
pub fn told(asked: impl IntoIterator<Item = JoinHandle<String>>) -> String {
    let lines = asked.into_iter().map(|it| it.join().expect("it says why above") + "\n");
    lines.collect()
}
