//! A member of the original, alone in its cluster.
//!
//! Owns [`Member`]: a server on ports of its own, which is killed at the end of its test; what is
//! written into it ([`Member::fill`]); and what it answers ([`Member::state`]).

use crate::programs::{Running, name, number, program, run, run_with, until};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A cluster's identity is made from this, so it is the same for every start. Nobody listens there.
pub const PEERS: &str = "m=http://127.0.0.1:2380";
const PEER: &str = "http://127.0.0.1:2380";
/// So often another process may take a port before the server does.
const ATTEMPTS: usize = 20;

/// A server that is ready.
pub struct Member {
    running: Running,
    endpoint: String,
}

/// What a member answers: as text, since it is only compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub revision: u64,
    /// Every key with its value, lease, version and revisions.
    pub keys: String,
    /// What is left of the past: a hash of every revision, and all keys of an earlier one.
    pub past: String,
    /// Leases, users and roles.
    pub others: String,
}

/// Where the store of a member is.
pub fn database(data: &Path) -> PathBuf {
    data.join("member/snap/db")
}

impl Member {
    /// Starts a member in this folder, and waits until it is ready.
    pub fn start(data: &Path) -> Member {
        for _ in 0..ATTEMPTS {
            if let Some(member) = Member::attempt(data) {
                return member;
            }
        }
        panic!("{ATTEMPTS} times, a port that was free was taken a moment later");
    }

    /// The same, or none if another process was faster to take a port.
    fn attempt(data: &Path) -> Option<Member> {
        let [client, peer] = ports().map(|port| format!("http://127.0.0.1:{port}"));
        let log = data.with_extension("log");
        let output = File::create(&log).expect("there is room on the disk");
        let mut command = program("etcd");
        command.args(["--name=m", "--data-dir", name(data)]);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", PEER]);
        // No test is about a loss of power, and disks may be slow.
        command.args(["--initial-cluster", PEERS, "--unsafe-no-fsync"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let mut running = Running::start(&mut command);
        let ready = until("etcd is ready", || {
            let ended = running.ended();
            let text = String::from_utf8_lossy(&fs::read(&log).expect("it is there")).into_owned();
            match ended {
                _ if text.contains("ready to serve client requests") => Some(true),
                Some(_) if text.contains("address already in use") => Some(false),
                Some(status) => panic!("etcd ended with {status}\n{text}"),
                None => None,
            }
        });
        let endpoint = format!("--endpoints={client}");
        ready.then_some(Member { running, endpoint })
    }

    /// Where its clients connect: a host and a port.
    #[allow(dead_code, reason = "only the tests of watchers speak to it themselves")]
    pub fn address(&self) -> &str {
        self.endpoint.split_once("://").expect("it is a URL").1
    }

    /// Stops it as a service manager does.
    pub fn stop(self) {
        self.running.stop();
    }

    /// What its client says.
    pub fn client(&self, words: &[&str]) -> String {
        self.client_with(words, "")
    }

    /// Where it listens, for whoever speaks with it without its client.
    #[allow(dead_code, reason = "tests of other chapters do")]
    pub fn url(&self) -> &str {
        self.endpoint.strip_prefix("--endpoints=").expect("so it begins")
    }

    fn client_with(&self, words: &[&str], input: &str) -> String {
        let patient = ["--command-timeout=60s", "--dial-timeout=60s", &self.endpoint];
        run_with("etcdctl", &[&patient, words].concat(), input)
    }

    /// Its revision now.
    pub fn revision(&self) -> u64 {
        number(&self.client(&["get", "nothing", "--write-out=json"]), "revision")
    }

    /// Writes something into every bucket that a member has, so that the tree of keys has three
    /// levels, some rows are longer than a page, and there are pages that nobody uses any more.
    pub fn fill(&self) {
        let words = ["--conns=4", "--clients=64", "put", "--sequential-keys", "--val-size=64"];
        for (total, space) in [("5000", "5000"), ("2000", "700")] {
            let own = ["--total", total, "--key-space-size", space];
            run("benchmark", &[&[self.endpoint.as_str()], &words[..], &own[..]].concat());
        }
        for batch in 0..6 {
            let put = |at| format!("put batch/{batch}/{at:03} \"value {at} of {batch}\"\n");
            let puts: String = (0..100).map(put).collect();
            self.client_with(&["txn"], &format!("\n{puts}\n\n"));
        }
        for length in [3_000, 5_000, 300_000] {
            self.client_with(&["put", &format!("long/{length}")], &"long ".repeat(length / 5));
        }
        let granted = self.client(&["lease", "grant", "100000"]);
        let lease = granted.split_whitespace().nth(1).expect("lease ID granted …");
        for key in ["leased/one", "leased/two"] {
            self.client(&["put", key, "while it lasts", "--lease", lease]);
        }
        self.client(&["lease", "grant", "200000"]);
        self.client(&["del", "batch/1/", "--prefix"]);
        self.client(&["del", "batch/2/050"]);
        let compacted = self.revision() - 20;
        self.client(&["compaction", &compacted.to_string(), "--physical"]);
        self.client(&["put", "batch/2/050", "again"]);
        self.client(&["put", "batch/3/050", ""]);
        self.client(&["role", "add", "reader"]);
        self.client(&["role", "grant-permission", "reader", "read", "batch/", "batch0"]);
        for user in ["root", "alice"] {
            self.client(&["user", "add", &format!("{user}:password")]);
        }
        self.client(&["user", "grant-role", "alice", "reader"]);
        self.client(&["user", "grant-role", "root", "root"]);
        self.client(&["auth", "enable"]);
        self.client(&["--user=root:password", "auth", "disable"]);
    }

    /// What it answers about everything that it holds.
    pub fn state(&self) -> State {
        let all = |revision: u64| {
            let at = format!("--rev={revision}");
            let text = self.client(&["get", "", "--prefix", "--write-out=json", &at]);
            // The head has the term, which grows with each start.
            let keys = text.split_once("\"kvs\":").expect("there are keys").1.to_owned();
            (number(&text, "revision"), keys)
        };
        let (revision, keys) = all(0);
        let hash = self.client(&["endpoint", "hashkv", "--write-out=json"]);
        let past = format!("{} {}", number(&hash, "hash"), all(revision - 3).1);
        let lists: [&[&str]; 5] = [
            &["lease", "list"],
            &["user", "list"],
            &["user", "get", "alice", "--detail"],
            &["role", "list"],
            &["role", "get", "reader"],
        ];
        let others = lists.map(|words| self.client(words)).concat();
        State { revision, keys, past, others }
    }
}

/// Two ports that are free now.
fn ports() -> [u16; 2] {
    let both = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port is free"));
    both.map(|listener| listener.local_addr().expect("it is bound").port())
}
