//! What a member does by itself, now and then.
//!
//! Owns [`Chores`], a thread that mostly sleeps: it tells the cluster what the member is called and
//! where clients find it, keeps the cluster's version, lets go of old revisions, and forgets tokens
//! that have ended. All of it enters by the front door, as proposals; if one is lost, the next
//! round makes it again.
//!
//! Left to others: which revision is old (`retention`).

use crate::asking::{ask_for_versions, wait_for};
use crate::config::Config;
use crate::journal::{Journal, fields};
use crate::letters::{ToReplica, Wanted};
use crate::lines::hex;
use crate::mailbox::Mailbox;
use crate::proposal::{Proposal, Publish, SetVersion, Wish};
use crate::retention::Retention;
use crate::services::Member;
use crate::version::{Version, wanted};
use api::CompactionRequest;
use auth::Asker;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the thread looks around, until the member is known to all, and after that.
const FIRST_ROUNDS: Duration = Duration::from_millis(20);
const ROUND: Duration = Duration::from_secs(1);

/// A proposal that came to nothing for so long is made once more.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the version is looked at, as often as etcd does.
const VERSIONS: Duration = Duration::from_secs(4);

/// A new cluster waits so long for its last member to be reached, before it speaks what all that
/// may be can do.
const FIRST_VERSION: Duration = Duration::from_secs(1);

/// That is all.
pub struct Stop;

/// What a member does by itself.
pub struct Chores {
    name: String,
    client_urls: Vec<String>,
    member: Arc<Member>,
    journal: Journal,
    retention: Retention,
    began: Instant,
    /// When it was proposed last what the member is called, and when the version was looked at.
    published: Option<Instant>,
    versions: Option<Instant>,
    /// Since when it leads.
    leads: Option<Instant>,
}

impl Chores {
    /// Those of this member.
    pub fn new(config: &Config, member: Arc<Member>) -> Chores {
        Chores {
            name: config.name.clone(),
            client_urls: config.client_urls.clone(),
            member,
            journal: config.journal.clone(),
            retention: Retention::new(config.auto_compaction),
            began: Instant::now(),
            published: None,
            versions: None,
            leads: None,
        }
    }

    /// Works until it is told to stop.
    pub fn run(mut self, jobs: &Mailbox<Stop>) {
        let mut arrived = Vec::new();
        loop {
            self.member.facts.gate.expire();
            let due = self.let_go();
            // The last of all: it waits for others.
            let is_known = self.publish() & self.keep_version();
            let next = Instant::now() + if is_known { ROUND } else { FIRST_ROUNDS };
            let next = due.map_or(next, |due| due.min(next));
            jobs.take_until(next, &mut arrived);
            if !arrived.is_empty() {
                return;
            }
        }
    }

    /// Tells the cluster what the member is called, and where clients find it. Does it know?
    fn publish(&mut self) -> bool {
        let (facts, id) = (&self.member.facts, self.member.signature.id);
        let roster = facts.roster.get();
        let is_known =
            roster.get(id).is_some_and(|entry| entry.is_called(&self.name, &self.client_urls));
        let is_due = self.published.is_none_or(|last| last.elapsed() >= PATIENCE);
        if !is_known && is_due && facts.progress.get().leader.is_some() {
            self.published = Some(Instant::now());
            let (name, client_urls) = (self.name.clone(), self.client_urls.clone());
            self.propose(Wish::Publish(Publish { id: id.0, name, client_urls }));
        }
        is_known
    }

    /// The leader sees to it that the cluster speaks the version that all members can, or the one
    /// before it if somebody wishes to go back. Is it known which it speaks?
    fn keep_version(&mut self) -> bool {
        let versions = self.member.facts.versions.get();
        let now = versions.cluster.as_deref().and_then(Version::parse);
        let Some(since) = self.since() else { return now.is_some() };
        if self.versions.is_some_and(|last| last.elapsed() < VERSIONS) {
            return now.is_some();
        }
        let Some(all) = wait_for(&self.member, ask_for_versions(&self.member)) else {
            return true;
        };
        let lowest = all.iter().try_fold(Version::own(), |lowest, (_, version)| {
            Some(lowest.min(*version.as_ref().ok()?))
        });
        if now.is_none() && lowest.is_none() && since.elapsed() < FIRST_VERSION {
            return false;
        }
        self.versions = Some(Instant::now());
        for (id, why) in all.iter().filter_map(|(id, answer)| Some((id, answer.as_ref().err()?))) {
            let fields = fields!["remote-member-id": hex(*id), "error": why];
            self.journal.warn("failed to get version", fields);
        }
        let back = versions.downgrade.as_deref().and_then(Version::parse);
        if let Some(next) = wanted(now, lowest, back) {
            match now {
                None => {
                    let fields = fields!["cluster-version": next.short()];
                    self.journal.info("setting up initial cluster version using v3 API", fields);
                }
                Some(now) => {
                    let fields = fields!["from": now.short(), "to": next.short()];
                    self.journal.info("updating cluster version using v3 API", fields);
                }
            }
            self.propose(Wish::SetVersion(SetVersion { version: next.to_string() }));
        }
        now.is_some()
    }

    /// Since when this member leads; none if it does not. Whoever begins to lead looks at the
    /// version at once.
    fn since(&mut self) -> Option<Instant> {
        if !self.member.facts.progress.get().leads {
            self.leads = None;
        } else if self.leads.is_none() {
            (self.leads, self.versions) = (Some(Instant::now()), None);
        }
        self.leads
    }

    /// Lets go of old revisions, if this member leads. When to look again?
    fn let_go(&mut self) -> Option<Instant> {
        let leads = self.member.facts.progress.get().leads;
        let view = self.member.reader.view();
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
        self.member.replica.put(ToReplica::Propose(Wanted { data, until }));
    }
}
