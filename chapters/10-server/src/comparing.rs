//! Does the store still hold what it held?
//!
//! Owns [`Comparing`], a thread that now and then hashes what the member has, and compares. There
//! is nobody else to compare with yet, so what it can find is that its own store shows another past
//! than a moment before; then it raises an alarm, and nothing is written any more until somebody
//! has looked.
//!
//! Left to others: what a hash is of (`mvcc`), and what an alarm stops (`state`).

use crate::config::{Config, Gate};
use crate::facts::Facts;
use crate::journal::{Journal, fields};
use crate::letters::{ToReplica, Wanted};
use crate::lines::hex;
use crate::mailbox::Mailbox;
use crate::proposal::{Proposal, Wish};
use crate::reader::Reader;
use api::alarm_request::AlarmAction;
use api::{AlarmRequest, AlarmType, Revision};
use auth::Asker;
use basics::NodeId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// That is all.
pub struct Stop;

/// So long another member would have to answer.
const PATIENCE: Duration = Duration::from_secs(7);

/// A member that looks at its own store.
pub struct Comparing {
    id: NodeId,
    /// How often all of it; none for never.
    whole: Option<Duration>,
    /// How often what compactions left; none for never.
    compacted: Option<Duration>,
    facts: Arc<Facts>,
    reader: Reader,
    replica: Arc<Mailbox<ToReplica>>,
    journal: Journal,
}

/// What a store shows of its past at a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    revision: Revision,
    /// Where its last compaction was.
    compacted: Option<Revision>,
    hash: u32,
}

impl Shown {
    /// Is it of the same past as another, and different?
    fn contradicts(&self, other: &Shown) -> bool {
        (self.revision, self.compacted) == (other.revision, other.compacted)
            && self.hash != other.hash
    }
}

impl Comparing {
    /// Of this member.
    pub fn new(
        id: NodeId,
        config: &Config,
        facts: Arc<Facts>,
        reader: Reader,
        replica: Arc<Mailbox<ToReplica>>,
    ) -> Comparing {
        let compacted = config.gates.has(Gate::CompactHashCheck);
        Comparing {
            id,
            whole: config.corruption_check,
            compacted: compacted.then_some(config.compact_hash_check),
            facts,
            reader,
            replica,
            journal: config.journal.clone(),
        }
    }

    /// Works until it is told to stop.
    pub fn run(self, jobs: &Mailbox<Stop>) -> Result<(), mvcc::Error> {
        if let Some(interval) = self.whole {
            let fields = fields![
                "local-member-id": hex(self.id.0),
                "interval": format!("{interval:?}"),
            ];
            self.journal.info("enabled corruption checking", fields);
        }
        let began = Instant::now();
        let after =
            |span: Option<Duration>, from: Instant| span.and_then(|span| from.checked_add(span));
        let (mut whole, mut compacted) = (after(self.whole, began), after(self.compacted, began));
        let mut arrived = Vec::new();
        loop {
            match whole.into_iter().chain(compacted).min() {
                Some(next) => jobs.take_until(next, &mut arrived),
                None => jobs.take(&mut arrived),
            }
            if !arrived.is_empty() {
                return Ok(());
            }
            let (now, leads) = (Instant::now(), self.facts.progress.get().leads);
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
        }
    }

    /// Hashes all that there is, twice.
    fn compare(&self) -> Result<(), mvcc::Error> {
        let Some(first) = self.show(None)? else { return Ok(()) };
        let Some(second) = self.show(Some(first.revision))? else { return Ok(()) };
        if second.contradicts(&first) {
            let fields = fields![
                "local-member-id": hex(self.id.0),
                "revision": first.revision.0,
                "hash-1": first.hash,
                "hash-2": second.hash,
            ];
            self.journal.warn("found hash mismatch", fields);
            self.raise();
        }
        let fields = fields!["number-of-peers-checked": 0];
        self.journal.info("finished peer corruption check", fields);
        Ok(())
    }

    /// What the store shows now, of this revision or of the newest; none if that is gone.
    fn show(&self, revision: Option<Revision>) -> Result<Option<Shown>, mvcc::Error> {
        let view = self.reader.view();
        let revision = revision.unwrap_or(view.current());
        match view.hash(revision.wire()) {
            Ok(hash) => Ok(Some(Shown { revision, compacted: view.compacted(), hash })),
            Err(mvcc::Error::Refused(_)) => Ok(None),
            Err(broken) => Err(broken),
        }
    }

    /// There is nobody whose compactions could have left something else.
    fn compare_compactions(&self) {
        let fields = fields![
            "local-member-id": hex(self.id.0),
            "timeout": format!("{PATIENCE:?}"),
        ];
        self.journal.info("starting compact hash check", fields);
        let count = self.facts.compactions.get().before.len();
        let fields = fields!["number-of-hashes-checked": count];
        self.journal.info("finished compaction hash check", fields);
    }

    /// Tells the cluster that this member is wrong. If it is lost, the next round does it again.
    fn raise(&self) {
        let (action, alarm) = (AlarmAction::Activate as i32, AlarmType::Corrupt as i32);
        let wish = Wish::Alarm(AlarmRequest { action, member_id: self.id.0, alarm });
        let data = Proposal::new(None, &Asker::Cluster, wish).write();
        let until = Instant::now() + PATIENCE;
        self.replica.put(ToReplica::Propose(Wanted { data, until }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_past_that_is_another_one_is_wrong() {
        let shown = Shown { revision: Revision(7), compacted: Some(Revision(3)), hash: 1 };
        assert!(!shown.contradicts(&shown));
        assert!(Shown { hash: 2, ..shown }.contradicts(&shown));
        let later = Shown { compacted: Some(Revision(5)), hash: 2, ..shown };
        assert!(!later.contradicts(&shown), "a compaction has come between");
        let newer = Shown { revision: Revision(8), hash: 2, ..shown };
        assert!(!newer.contradicts(&shown));
    }
}
