//! Does every member hold what the others hold?
//!
//! Owns [`Comparing`], a thread that now and then, while this member leads, asks the others what
//! they show of their past, and compares; and [`compare_first`], with which a member that starts
//! finds out whether it should. If one is wrong, an alarm is raised, and nothing is written any
//! more until somebody has looked.
//!
//! Left to others: who is wrong (`verdict`), and what an alarm stops (`state`).

use crate::asking::{Asked, PATIENCE, ask_all, ask_for_sums, own, wait_for};
use crate::config::{Config, Gate};
use crate::facts::Compacted;
use crate::hashes::left;
use crate::journal::{Fields, Journal, fields};
use crate::letters::{ToReplica, Wanted};
use crate::lines::hex;
use crate::mailbox::Mailbox;
use crate::proposal::{Proposal, Wish};
use crate::services::Member;
use crate::verdict::{Agreement, Finding, Hashed, Split, agreement, agreement_of, findings};
use api::alarm_request::AlarmAction;
use api::{AlarmRequest, AlarmType, Revision};
use auth::Asker;
use std::sync::Arc;
use std::time::{Duration, Instant};

mod first;

pub use first::compare_first;

/// That is all.
pub struct Stop;

/// A member that looks at what others have.
pub struct Comparing {
    member: Arc<Member>,
    /// How often all of it; none for never.
    whole: Option<Duration>,
    /// How often what compactions left; none for never.
    compacted: Option<Duration>,
    /// How often the sum of what is there now; none for never.
    sums: Option<Duration>,
    /// All members have agreed on what this compaction left, and so on those before it.
    agreed: Option<Revision>,
    journal: Journal,
}

impl Comparing {
    /// Of this member.
    pub fn new(config: &Config, member: Arc<Member>) -> Comparing {
        let compacted = config.gates.has(Gate::CompactHashCheck);
        Comparing {
            member,
            whole: config.corruption_check,
            compacted: compacted.then_some(config.compact_hash_check),
            sums: config.sum_check,
            agreed: None,
            journal: config.journal.clone(),
        }
    }

    /// Works until it is told to stop.
    pub fn run(mut self, jobs: &Mailbox<Stop>) -> Result<(), mvcc::Error> {
        if let Some(interval) = self.whole {
            let fields = fields![
                "local-member-id": hex(self.id()),
                "interval": format!("{interval:?}"),
            ];
            self.journal.info("enabled corruption checking", fields);
        }
        let began = Instant::now();
        let after =
            |span: Option<Duration>, from: Instant| span.and_then(|span| from.checked_add(span));
        let (mut whole, mut compacted) = (after(self.whole, began), after(self.compacted, began));
        let mut sums = after(self.sums, began);
        let mut arrived = Vec::new();
        loop {
            match whole.into_iter().chain(compacted).chain(sums).min() {
                Some(next) => jobs.take_until(next, &mut arrived),
                None => jobs.take(&mut arrived),
            }
            if !arrived.is_empty() {
                return Ok(());
            }
            let (now, leads) = (Instant::now(), self.member.facts.progress.get().leads);
            if whole.is_some_and(|due| now >= due) {
                if leads {
                    self.compare()?;
                }
                whole = after(self.whole, Instant::now());
            }
            if compacted.is_some_and(|due| now >= due) {
                if leads {
                    self.compare_compactions();
                }
                compacted = after(self.compacted, Instant::now());
            }
            if sums.is_some_and(|due| now >= due) {
                if leads {
                    self.compare_sums();
                }
                sums = after(self.sums, Instant::now());
            }
        }
    }

    fn id(&self) -> u64 {
        self.member.signature.id.0
    }

    /// Hashes all that there is, asks others for the same, and hashes once more. What others have
    /// then, this member has, too.
    fn compare(&self) -> Result<(), mvcc::Error> {
        let member = &self.member;
        let first = own(member, 0)?;
        let asked = wait_for(member, async {
            let asked = ask_all(member, &self.journal, first.revision).await;
            member.catch_up().await.map(|()| asked)
        });
        let asked = match asked {
            None => return Ok(()),
            Some(Ok(asked)) => asked,
            Some(Err(status)) => {
                // The next round asks again.
                let fields = fields!["error": status.message()];
                self.journal.warn("failed to check hash KV", fields);
                return Ok(());
            }
        };
        let second = own(member, 0)?;
        let answered = |it: &Asked| Some((it.id, *it.answer.as_ref().ok()?));
        let others: Vec<(u64, Hashed)> = asked.iter().filter_map(answered).collect();
        let findings = findings(&first, &second, &others);
        for finding in &findings {
            self.say(*finding, &first, &second, &others);
        }
        if let Some(finding) = findings.first() {
            self.raise(finding.suspect(self.id()));
        }
        let fields = fields!["number-of-peers-checked": others.len()];
        self.journal.info("finished peer corruption check", fields);
        Ok(())
    }

    fn say(&self, finding: Finding, first: &Hashed, second: &Hashed, others: &[(u64, Hashed)]) {
        let of = |id: u64| others.iter().find(|(other, _)| *other == id).map(|(_, hashed)| hashed);
        match finding {
            Finding::Changed => {
                let fields = fields![
                    "revision-1": first.revision,
                    "compact-revision-1": first.compacted,
                    "hash-1": first.hash,
                    "revision-2": second.revision,
                    "compact-revision-2": second.compacted,
                    "hash-2": second.hash,
                ];
                self.journal.warn("found hash mismatch", fields);
            }
            Finding::Ahead(id) => {
                let fields = fields![
                    "leader-revision": second.newest,
                    "follower-revision": of(id).map(|it| it.newest),
                    "follower-peer-id": hex(id),
                ];
                let message = "revision from follower must be less than or equal to leader's";
                self.journal.warn(message, fields);
            }
            Finding::CompactedAhead(id) => {
                let fields = fields![
                    "leader-compact-revision": second.compacted,
                    "follower-compact-revision": of(id).map(|it| it.compacted),
                    "follower-peer-id": hex(id),
                ];
                let message =
                    "compact revision from follower must be less than or equal to leader's";
                self.journal.warn(message, fields);
            }
            Finding::Different(id) => {
                let fields = fields![
                    "leader-compact-revision": second.compacted,
                    "leader-hash": first.hash,
                    "follower-compact-revision": of(id).map(|it| it.compacted),
                    "follower-hash": of(id).map(|it| it.hash),
                    "follower-peer-id": hex(id),
                ];
                self.journal.warn("same compact revision then hashes must match", fields);
            }
        }
    }

    /// Compares what compactions left, the newest first, until all members have said the same, or
    /// not.
    fn compare_compactions(&mut self) {
        let fields = fields![
            "local-member-id": hex(self.id()),
            "timeout": format!("{PATIENCE:?}"),
        ];
        self.journal.info("starting compact hash check", fields);
        let member = self.member.clone();
        let compactions = member.facts.compactions.get();
        let unchecked = |it: &&Compacted| self.agreed.is_none_or(|agreed| it.revision > agreed);
        let unchecked: Vec<&Compacted> = compactions.all().rev().filter(unchecked).collect();
        let mut count = 0;
        for compaction in unchecked {
            count += 1;
            let own = left(compaction, member.reader.view().current().wire());
            let asked = ask_all(&member, &self.journal, own.revision);
            let Some(asked) = wait_for(&member, asked) else { return };
            if asked.is_empty() {
                continue;
            }
            match self.judge(&own, &asked) {
                Agreement::All => self.agreed = Some(compaction.revision),
                Agreement::Split(_) => {}
                // Perhaps all can say what one before it has left.
                Agreement::Part(_) => continue,
            }
            break;
        }
        let fields = fields!["number-of-hashes-checked": count];
        self.journal.info("finished compaction hash check", fields);
    }

    /// Do all say the same of a compaction? If not, an alarm is raised.
    fn judge(&self, own: &Hashed, asked: &[Asked]) -> Agreement<u32> {
        let others = asked.iter().map(|it| (it.id, it.answer.as_ref().ok().copied()));
        let others: Vec<(u64, Option<Hashed>)> = others.collect();
        for (id, answer) in &others {
            self.say_skipped(*id, own, answer.as_ref(), others.len());
        }
        let agreement = agreement(self.id(), own, &others);
        let fields = |heard: usize| {
            fields![
                "number-of-peers-checked": heard,
                "number-of-peers": others.len(),
                "revision": own.revision,
                "compactRevision": own.compacted,
            ]
        };
        match &agreement {
            Agreement::All => {
                let message = "successfully checked hash on whole cluster";
                self.journal.info(message, fields(others.len()));
            }
            Agreement::Part(heard) => {
                let message = "skipped revision in compaction hash check; was not able to check \
                               all peers";
                self.journal.warn(message, fields(*heard));
            }
            Agreement::Split(split) => {
                self.say_split(own, split);
                for suspect in split.suspects() {
                    self.raise(suspect);
                }
            }
        }
        agreement
    }

    fn say_skipped(&self, id: u64, own: &Hashed, answer: Option<&Hashed>, count: usize) {
        let reason = match answer {
            None => "no response".to_owned(),
            Some(Hashed { compacted, .. }) if *compacted != own.compacted => format!(
                "the peer's CompactRevision {compacted} doesn't match leader's CompactRevision {}",
                own.compacted
            ),
            Some(_) => return,
        };
        let fields = fields![
            "number-of-peers": count,
            "leader-id": hex(self.id()),
            "peer-id": hex(id),
            "reason": reason,
        ];
        self.journal.warn("Skipped peer's hash", fields);
    }

    fn say_split(&self, own: &Hashed, split: &Split<u32>) {
        let fields = || -> Fields {
            fields![
                "leader-id": hex(self.id()),
                "leader-revision": own.revision,
                "leader-compact-revision": own.compacted,
                "leader-hash": own.hash,
            ]
        };
        if !split.has_quorum {
            let message = "Detected compaction hash mismatch but cannot identify the corrupted \
                           members, so intentionally set the memberID as 0";
            self.journal.error(message, fields());
        }
        for (hash, members) in &split.groups {
            let members: Vec<String> = members.iter().map(|id| hex(*id)).collect();
            let more = fields![
                "peer-hash": hash,
                "peer-ids": members,
                "quorum-exist": split.has_quorum,
            ];
            let all = [fields(), more].concat();
            self.journal.error("Detected compaction hash mismatch", all);
        }
    }

    /// Compares the sums of what is there now. Nobody has to look at everything for that, so it is
    /// done all the time. If not enough members know the sum of this revision, the next round asks
    /// for another one.
    fn compare_sums(&self) {
        let member = &self.member;
        if member.links.all().is_empty() {
            return;
        }
        let revision = member.reader.view().current();
        let asked = wait_for(member, ask_for_sums(member, revision));
        let Some((Some(own), others)) = asked else { return };
        let Agreement::Split(split) = agreement_of(self.id(), own, &others) else { return };
        let all_say = others.iter().all(|(_, sum)| sum.is_some());
        if !split.has_quorum && !all_say {
            return;
        }
        for suspect in split.suspects() {
            let fields = fields![
                "leader-id": hex(self.id()),
                "leader-revision": revision.0,
                "peer-ids": [hex(suspect)],
                "quorum-exist": split.has_quorum,
            ];
            if self.raise(suspect) {
                self.journal.error("Detected sum mismatch", fields);
            }
        }
    }

    /// Tells the cluster that a member is wrong, if it does not know. Is that news? If it is lost,
    /// the next round does it again.
    fn raise(&self, member_id: u64) -> bool {
        if self.member.facts.alarms.get().is_raised(member_id, AlarmType::Corrupt) {
            return false;
        }
        let (action, alarm) = (AlarmAction::Activate as i32, AlarmType::Corrupt as i32);
        let wish = Wish::Alarm(AlarmRequest { action, member_id, alarm });
        let data = Proposal::new(None, &Asker::Cluster, wish).write();
        let until = Instant::now() + PATIENCE;
        self.member.replica.put(ToReplica::Propose(Wanted { data, until }));
        true
    }
}
