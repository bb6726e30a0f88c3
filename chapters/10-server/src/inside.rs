//! What is in a member's store, as its rooms have it.
//!
//! Owns [`Inside`]: the state, and what else everybody sees of it, made from rows and from what was
//! read of them.
//!
//! Left to others: the files (`opening`), and what goes on with it (`building`, `still`).

use crate::clock::Clock;
use crate::contents::Contents;
use crate::disk::{File, StoreFolder};
use crate::facts::{Compactions, Facts, Leading, Progress, Sizes};
use crate::gate::{Gate, Kind};
use crate::leases::Leases;
use crate::metrics::Metrics;
use crate::reader::Reader;
use crate::state::State;
use crate::store;
use crate::swapped::Swapped;
use api::RangeRequest;
use bolt::backend::{self, Committer};
use tokio::sync::watch;

/// What is in a store, as rooms have it.
pub struct Inside {
    /// The state.
    pub state: State,
    /// The leases in it.
    pub leases: Leases,
    /// What else it says.
    pub facts: Facts,
    /// Who reads it.
    pub reader: Reader,
}

impl Inside {
    /// That of this store. Leases go by this clock.
    pub fn of(
        (rows, committer): (backend::Writer<File>, &Committer<StoreFolder>),
        contents: Contents,
        clock: Clock,
        (tokens, metrics): (Kind, Metrics),
    ) -> Result<Inside, mvcc::Error> {
        let facts = Facts {
            gate: Gate::new(contents.auth, tokens),
            alarms: Swapped::new(contents.alarms),
            roster: Swapped::new(contents.roster),
            versions: Swapped::new(contents.versions),
            compactions: Swapped::new(Compactions::default()),
            progress: Progress::default(),
            leading: Swapped::new(Leading::nobody()),
            sizes: Sizes::default(),
            serving: watch::Sender::new(true),
            metrics,
        };
        store::note_sizes(committer, &facts.sizes);
        let store = mvcc::Store::open(rows)?;
        let reader = Reader::new(store.reader());
        note_keys(&reader.view(), &facts)?;
        let state = State::new(store, contents.applied, contents.configuration);
        Ok(Inside { state, leases: Leases::new(contents.lessor, clock), facts, reader })
    }
}

/// Counts the keys.
fn note_keys(view: &mvcc::View<File>, facts: &Facts) -> Result<(), mvcc::Error> {
    let (key, range_end) = (vec![0].into(), vec![0].into());
    let all = RangeRequest { key, range_end, count_only: true, ..RangeRequest::default() };
    facts.metrics.state.keys.set(view.range(&all)?.count);
    Ok(())
}
