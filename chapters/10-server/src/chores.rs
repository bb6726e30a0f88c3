//! What a member does by itself, now and then.
//!
//! Owns [`Chores`], a thread that mostly sleeps: it tells the cluster what the member is called and
//! where clients find it, keeps the cluster's version, lets go of old revisions, and forgets tokens
//! that have ended. All of it enters by the front door, as proposals; if one is lost, the next
//! round makes it again.
//!
//! Left to others: which revision is old (`retention`).

use crate::config::Config;
use crate::facts::Facts;
use crate::letters::{ToReplica, Wanted};
use crate::mailbox::Mailbox;
use crate::proposal::{Proposal, Publish, SetVersion, Wish};
use crate::reader::Reader;
use crate::retention::Retention;
use crate::rows::MINOR_VERSION;
use api::CompactionRequest;
use auth::Asker;
use basics::NodeId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the thread looks around, until the member is known to all, and after that.
const FIRST_ROUNDS: Duration = Duration::from_millis(20);
const ROUND: Duration = Duration::from_secs(1);

/// A proposal that came to nothing for so long is made once more.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the version is looked at, as often as etcd does.
const VERSIONS: Duration = Duration::from_secs(4);

/// That is all.
pub struct Stop;

/// What a member does by itself.
pub struct Chores {
    id: NodeId,
    name: String,
    client_urls: Vec<String>,
    facts: Arc<Facts>,
    reader: Reader,
    replica: Arc<Mailbox<ToReplica>>,
    retention: Retention,
    began: Instant,
    /// When it was proposed last what the member is called, and when the version was looked at.
    published: Option<Instant>,
    versions: Option<Instant>,
}

impl Chores {
    /// Those of this member.
    pub fn new(
        id: NodeId,
        config: &Config,
        facts: Arc<Facts>,
        reader: Reader,
        replica: Arc<Mailbox<ToReplica>>,
    ) -> Chores {
        Chores {
            id,
            name: config.name.clone(),
            client_urls: config.client_urls.clone(),
            facts,
            reader,
            replica,
            retention: Retention::new(config.auto_compaction),
            began: Instant::now(),
            published: None,
            versions: None,
        }
    }

    /// Works until it is told to stop.
    pub fn run(mut self, jobs: &Mailbox<Stop>) {
        let mut arrived = Vec::new();
        loop {
            let is_known = self.publish();
            let mut next = Instant::now() + if is_known { ROUND } else { FIRST_ROUNDS };
            self.keep_version();
            self.facts.gate.expire();
            if let Some(due) = self.let_go() {
                next = next.min(due);
            }
            jobs.take_until(next, &mut arrived);
            if !arrived.is_empty() {
                return;
            }
        }
    }

    /// Tells the cluster what the member is called, and where clients find it. Does it know?
    fn publish(&mut self) -> bool {
        let roster = self.facts.roster.get();
        let is_known =
            roster.get(self.id).is_some_and(|entry| entry.is_called(&self.name, &self.client_urls));
        let is_due = self.published.is_none_or(|last| last.elapsed() >= PATIENCE);
        if !is_known && is_due && self.facts.progress.get().leader.is_some() {
            self.published = Some(Instant::now());
            let (name, client_urls) = (self.name.clone(), self.client_urls.clone());
            self.propose(Wish::Publish(Publish { id: self.id.0, name, client_urls }));
        }
        is_known
    }

    /// The leader sees to it that the cluster speaks the version that all members can, or the one
    /// before it if somebody wishes to go back.
    fn keep_version(&mut self) {
        let is_due = self.versions.is_none_or(|last| last.elapsed() >= VERSIONS);
        if !is_due || !self.facts.progress.get().leads {
            return;
        }
        self.versions = Some(Instant::now());
        let versions = self.facts.versions.get();
        let wanted = versions.downgrade.as_deref().unwrap_or(MINOR_VERSION);
        if versions.cluster.as_deref() != Some(wanted) {
            self.propose(Wish::SetVersion(SetVersion { version: wanted.to_owned() }));
        }
    }

    /// Lets go of old revisions, if this member leads. When to look again?
    fn let_go(&mut self) -> Option<Instant> {
        let leads = self.facts.progress.get().leads;
        let view = self.reader.view();
        let compacted = view.compacted().map(api::Revision::wire);
        let old = self.retention.look(self.began.elapsed(), view.current().wire(), compacted);
        let due = self.began.checked_add(self.retention.due());
        if let Some(revision) = old.filter(|_| leads) {
            self.propose(Wish::Compact(CompactionRequest { revision, physical: false }));
        }
        due
    }

    fn propose(&self, wish: Wish) {
        let data = Proposal::new(None, &Asker::Cluster, wish).write();
        let until = Instant::now() + PATIENCE;
        self.replica.put(ToReplica::Propose(Wanted { data, until }));
    }
}
