//! Metrics: what is counted and measured, under etcd's names.
//!
//! Owns [`Metrics`], which has all of them, in groups. A room counts in its group, and the page of
//! metrics prints all groups. What can be read when the page is asked for, the size of a file say,
//! is not counted, but read then.
//!
//! Names, kinds, labels and limits are etcd's, since dashboards and alarms know them. Some of what
//! etcd counts does not exist here; `absent` says what, and why it stays 0. And a metric whose room
//! is not built yet is there, at 0.
//!
//! Left to others: when something is counted (each room), and the page's address (`pages`).

use absent::{ABSENT, Absent, Kind};
use api::{Event, TxnResponse, event, response_op};
use basics::NodeId;
use groups::{Disk, Health, Leases, Peers, Raft, State, Watchers};
use grpc::Grpc;
use kinds::{Counter, Histogram, Page, labels};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use watch::Counts;

mod absent;
mod groups;
mod grpc;
mod kinds;
mod process;
mod steps;

pub use groups::Images;
pub use kinds::Gauge;
pub use process::limit;

/// All metrics of a member.
#[derive(Default)]
pub struct Metrics {
    /// Of calls.
    pub grpc: Grpc,
    /// Of the log, and of who leads.
    pub raft: Raft,
    /// Of the disk.
    pub disk: Disk,
    /// Of what is carried out.
    pub state: State,
    /// Of leases.
    pub leases: Leases,
    /// Of watchers.
    pub watchers: Watchers,
    /// Of those who ask whether the member is well.
    pub health: Health,
    /// Of other members.
    pub peers: Peers,
    /// Of stores that go from one member to another.
    pub images: Images,
    /// Of elections.
    pub votes: Votes,
}

/// What is counted of elections, and what of them is shown elsewhere.
#[derive(Default)]
pub struct Votes {
    changes: Counter,
    leader: AtomicU64,
    vote: AtomicU64,
}

impl Metrics {
    /// Nothing counted yet. More of it may be measured, if that is wanted.
    pub fn new(is_extensive: bool) -> Metrics {
        Metrics { grpc: Grpc::new(is_extensive), ..Metrics::default() }
    }

    /// Writes the page of a member of this name and version, with these features: for each its
    /// name, how far it is in etcd, and whether it is on.
    pub fn page(
        &self,
        id: u64,
        server: &str,
        cluster: Option<&str>,
        features: &[(&'static str, &'static str, bool)],
    ) -> String {
        let mut page = Page::default();
        self.grpc.print(&mut page);
        self.raft.print(&mut page);
        self.disk.print(&mut page);
        self.state.print(&mut page);
        self.leases.print(&mut page);
        self.watchers.print(&mut page);
        self.health.print(&mut page);
        self.peers.print(&mut page);
        self.images.print(&mut page);
        let (name, help) = ("etcd_server_leader_changes_seen_total", "How often somebody won.");
        page.add(name, help, &self.votes.changes);
        for Absent { name, kind, why } in ABSENT {
            match kind {
                Kind::Counter => page.add(name, why, &Counter::default()),
                Kind::Gauge => page.add(name, why, &Gauge::default()),
                Kind::Histogram(first, limits) => {
                    page.add(name, why, &Histogram::new(*first, *limits));
                }
            }
        }
        process::print(&mut page);
        let name = "promhttp_metric_handler_requests_in_flight";
        page.number(name, "This request.", "gauge", "", 1.0);
        let mut one = |name: &str, help: &str, label: &str, value: &str| {
            page.number(name, help, "gauge", &labels([(label, value)].into_iter()), 1.0);
        };
        one("etcd_server_id", "Which member this is.", "server_id", &format!("{id:x}"));
        one("etcd_server_version", "Which version it is.", "server_version", server);
        if let Some(cluster) = cluster {
            let minor = cluster.rsplit_once('.').map_or(cluster, |(minor, _)| minor);
            one("etcd_cluster_version", "What all members can do.", "cluster_version", minor);
        }
        let (name, help) = ("etcd_server_go_version", "Go is what etcd is written in.");
        one(name, help, "server_go_version", "none");
        for &(name, stage, is_on) in features {
            let labels = labels([("name", name), ("stage", stage)].into_iter());
            let help = "1 for each switch that is on.";
            page.number(
                "etcd_server_feature_enabled",
                help,
                "gauge",
                &labels,
                f64::from(u8::from(is_on)),
            );
        }
        page.text()
    }
}

impl Votes {
    /// The replica says who leads, and whom it has voted for.
    pub fn note(&self, leader: Option<NodeId>, vote: Option<NodeId>) {
        let number = |id: Option<NodeId>| id.map_or(0, |id| id.0);
        let leader = number(leader);
        if self.leader.swap(leader, Ordering::Relaxed) != leader && leader != 0 {
            self.changes.add(1);
        }
        self.vote.store(number(vote), Ordering::Relaxed);
    }

    /// Whom it has voted for; 0 is nobody.
    pub fn vote(&self) -> u64 {
        self.vote.load(Ordering::Relaxed)
    }
}

impl State {
    /// This happened in one revision.
    pub fn happened(&self, events: &[Event]) {
        for event in events {
            let Some(kv) = &event.kv else { continue };
            if event.r#type == event::EventType::Delete as i32 {
                self.keys.add(-1);
                continue;
            }
            self.keys.add(i64::from(kv.version == 1));
            self.put_bytes.add((kv.key.len() + kv.value.len()) as i64);
        }
    }

    /// Keys were read, since then.
    pub fn note_read(&self, is_well: bool, began: Instant) {
        self.ranges.add(1);
        self.range.with(&[if is_well { "true" } else { "false" }]).took(began.elapsed());
    }

    /// A transaction was carried out.
    pub fn txn(&self, response: &TxnResponse) {
        let mut done = 0;
        for operation in response.responses.iter().filter_map(|one| one.response.as_ref()) {
            done += 1;
            match operation {
                response_op::Response::ResponseRange(_) => self.ranges.add(1),
                response_op::Response::ResponsePut(_) => self.puts.add(1),
                response_op::Response::ResponseDeleteRange(_) => self.deletes.add(1),
                response_op::Response::ResponseTxn(inner) => self.txn(inner),
            }
        }
        if done > 1 {
            self.txns.add(1);
        }
    }
}

impl Watchers {
    /// There are so many.
    pub fn note(&self, counts: &Counts) {
        self.streams.set_unsigned(counts.streams as u64);
        self.watchers.set_unsigned(counts.watchers as u64);
        self.behind.set_unsigned(counts.behind as u64);
    }
}

impl Health {
    /// A check of a page went so.
    pub fn note(&self, page: &str, check: &str, is_well: bool) {
        self.check.with(&[page, check]).set(i64::from(is_well));
        let status = if is_well { "success" } else { "error" };
        self.checks.with(&[page, check, status]).add(1);
    }
}
