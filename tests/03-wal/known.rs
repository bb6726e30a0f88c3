//! What a log holds, as a value: what is promised, and what a crash may leave.

use basics::Index;
use election::HardState;
use replication::{Entry, Log, Payload, Span, Write};
use wal::Recovered;

/// What a log holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Known<P> {
    pub hard_state: HardState,
    pub log: Span<P>,
}

impl<P: Payload + PartialEq> Known<P> {
    /// The writes of one save, record by record.
    pub fn take(&self, write: &Write<P>) -> Vec<Known<P>> {
        let mut all = vec![];
        let mut known = self.clone();
        if let Some(hard_state) = write.hard_state {
            known.hard_state = hard_state;
            all.push(known.clone());
        }
        if let Some(begins) = write.begins {
            known.log = Span::empty(begins);
            all.push(known.clone());
        }
        if let Some(span) = &write.entries {
            let kept = span.prev.index.0 - known.log.prev.index.0;
            known.log.entries.truncate(usize::try_from(kept).expect("a short log"));
            for entry in &span.entries {
                known.log.entries.push(entry.clone());
                all.push(known.clone());
            }
        }
        all
    }

    /// What the log holds after a save.
    pub fn after(&self, write: &Write<P>) -> Known<P> {
        self.take(write).pop().unwrap_or_else(|| self.clone())
    }

    /// Could this be what was recovered, if the log was let go up to there?
    pub fn is(&self, recovered: &Recovered<P>, released: Index) -> bool {
        let Recovered { hard_state, log, .. } = recovered;
        let all: Log<P> = self.log.clone().into();
        let start = log.start();
        let fits = start == all.start() || start.index <= released && all.holds(start);
        let same = |index: u64| all.get(Index(index)) == log.get(Index(index));
        *hard_state == self.hard_state
            && fits
            && log.last() == all.last()
            && (start.index.0 + 1..=log.last().index.0).all(same)
    }
}

/// A hard state and a log in a line: the terms of all entries, and how long each is.
pub fn summary<P: Payload>(hard_state: HardState, log: &Log<P>) -> String {
    let all = (log.start().index.0 + 1..=log.last().index.0).filter_map(|at| log.get(Index(at)));
    let entries: Vec<String> = all
        .map(|entry| format!("{}:{}", entry.term, entry.size() - Entry::<P>::OVERHEAD))
        .collect();
    let vote = hard_state.vote.map_or("no vote".to_owned(), |vote| format!("vote for {vote}"));
    format!("{}, {vote}; after {}: {}", hard_state.term, log.start(), entries.join(" "))
}
