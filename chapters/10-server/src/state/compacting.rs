//! Compactions, as a member does them.
//!
//! Owns [`State::compact`], which begins one, and its steps between entries; and what is said and
//! counted of one that has come to its end.
//!
//! Left to others: what goes (`mvcc`), and what it left (`hashes`).

use super::{State, Wires, tell};
use crate::boxes::Told;
use crate::disk::File;
use crate::hashes;
use crate::journal::fields;
use crate::letters::ToHashes;
use crate::proposal::Answer;
use crate::sizes::size;
use api::{CompactionRequest, CompactionResponse, Revision};
use mvcc::{Progress, Store};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// So long a compaction waits until it looks again for views that need what it takes.
const VIEWS: Duration = Duration::from_millis(20);

/// A compaction that is under way.
pub struct Forgetting {
    revision: Option<Revision>,
    began: Instant,
    /// How many rows were deleted before it began.
    rows: u64,
}

impl Forgetting {
    /// The one of this store, if there is one.
    pub fn of(store: &Store<File>) -> Option<Forgetting> {
        let (revision, rows) = (store.compacted(), store.forgotten());
        store.is_compacting().then(|| Forgetting { revision, began: Instant::now(), rows })
    }
}

impl State {
    pub(super) fn compact(
        &mut self,
        request: &CompactionRequest,
        wires: &Wires,
    ) -> Result<Answer, mvcc::Error> {
        // Whoever hashes what was there before has to see all of it.
        self.store.publish();
        let before = wires.reader.view();
        self.store.compact(request.revision)?;
        wires.journal.info("compact tree index", fields!["revision": request.revision]);
        // One that is under way goes on as this one.
        let next = Forgetting::of(&self.store);
        self.forgets = next.map(|next| match self.forgets.take() {
            Some(Forgetting { began, rows, .. }) => Forgetting { began, rows, ..next },
            None => next,
        });
        self.next_step = Instant::now();
        // Nobody can ask for revision 0: it stands for the newest.
        if let Some(revision) = self.store.compacted().filter(|revision| revision.0 > 0)
            && wires.hashes.count() < hashes::WAITING
        {
            wires.hashes.put(ToHashes::Compacts(revision, Box::new(before)));
        }
        Ok(Answer::Compact(CompactionResponse { header: self.header() }))
    }

    /// One step of a compaction, if there is one and it has rested after the one before. When can
    /// the next one be?
    pub(super) fn compact_further(
        &mut self,
        wires: &Wires,
    ) -> Result<Option<Instant>, mvcc::Error> {
        let now = Instant::now();
        if now < self.next_step {
            return Ok(Some(self.next_step));
        }
        let rests = match self.compaction_step(wires)? {
            Progress::Done => return Ok(None),
            Progress::More => wires.compaction.sleep,
            Progress::Waits => VIEWS,
        };
        self.next_step = now + rests;
        Ok(Some(self.next_step))
    }

    /// One step of a compaction, if there is one.
    pub fn compaction_step(&mut self, wires: &Wires) -> Result<Progress, mvcc::Error> {
        let step = wires.compaction.batch.max(1);
        let progress = self.store.compaction_step(step)?;
        match progress {
            Progress::Done if self.forgets.is_none() => {}
            Progress::Done | Progress::More => self.commits.note_forgotten(step as u64),
            Progress::Waits => {}
        }
        if progress == Progress::Done {
            if let Some(forgetting) = self.forgets.take() {
                self.say_compacted(&forgetting, wires);
            }
            self.compacting.drain(..).for_each(|asker| tell(asker, Told::Settled, wires));
        }
        Ok(progress)
    }

    /// Nothing is left of what was to go.
    fn say_compacted(&self, forgetting: &Forgetting, wires: &Wires) {
        let Forgetting { revision, began, rows } = *forgetting;
        let (took, revision) = (began.elapsed(), revision.map_or(0, Revision::wire));
        let rows = self.store.forgotten() - rows;
        let (counted, sizes) = (&wires.facts.metrics.state, &wires.facts.sizes);
        counted.compacted_keys.add(rows);
        counted.compaction.observe(took.as_secs_f64() * 1_000.0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        counted.last_compaction.set_unsigned(now.as_secs());
        let compactions = wires.facts.compactions.get();
        let left = compactions.find(revision);
        let mut fields = fields![
            "compact-revision": revision,
            "took": format!("{took:?}"),
            "number-of-keys-compacted": rows,
            "current-db-size-bytes": sizes.allocated(),
            "current-db-size": size(sizes.allocated()),
            "current-db-size-in-use-bytes": sizes.in_use(),
            "current-db-size-in-use": size(sizes.in_use()),
        ];
        fields.extend(left.map(|left| ("hash", left.hash.into())));
        wires.journal.info("finished scheduled compaction", fields);
        if let Some(left) = left {
            let fields = fields![
                "hash": left.hash,
                "revision": revision,
                "compact-revision": left.before.map_or(-1, Revision::wire),
            ];
            wires.journal.info("storing new hash", fields);
        }
    }
}
