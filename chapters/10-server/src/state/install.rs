//! Another member's state takes the place of this one's.
//!
//! Owns [`State::install`]. It is beside the store, whole and checked, and raft hands out no
//! entries meanwhile. When its name is the store's, and that is on disk, it is the store: then all
//! that anybody sees of the state is that of the new one. Power may go before or after; a start
//! goes on from whichever it finds.
//!
//! Views that were taken before see what was before. Watchers are told to read on from where they
//! are, in the new store.

use super::{Error, Forgetting, State, Wires, tell};
use crate::boxes::Told;
use crate::contents::{self, Contents};
use crate::disk::store_options;
use crate::journal::fields;
use crate::letters::{Brought, ToHashes, ToReplica, ToStore, ToWatches};
use bolt::Directory;
use bolt::backend;

/// What a store is called.
const NAME: &str = "db";

impl State {
    /// Puts a state in the place of this one.
    pub fn install(&mut self, brought: Brought, wires: &Wires) -> Result<(), Error> {
        wires.facts.metrics.images.installing.set(1);
        let before = self.applied.index.0;
        let fields = |current: u64| {
            fields![
                "current-snapshot-index": current,
                "current-applied-index": current,
                "incoming-leader-snapshot-index": brought.at.index.0,
                "incoming-leader-snapshot-term": brought.at.term.0,
            ]
        };
        wires.journal.info("applying snapshot", fields(before));
        // What is on its way to the old file gets there, so that nobody waits for it any more.
        self.commits.wait(&wires.retired);
        // And nobody copies it into a new one, which would take the name.
        wires.store.put(ToStore::LetGo);
        self.commits.wait_for_store(&wires.retired);
        let folder = &wires.directory;
        let part = brought.part.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        folder.rename(part, NAME)?;
        folder.sync()?;
        let (rows, committer) = backend::open(folder.clone(), NAME, store_options())?;
        wires.journal.info("applySnapshot: opened snapshot backend", fields![]);
        let contents = contents::read(&rows.reader().view(), wires.lease_options)?;
        if contents.applied != brought.at {
            return Err(Error::Another { found: contents.applied, wanted: brought.at });
        }
        self.store = mvcc::Store::open(rows)?;
        (self.applied, self.configuration) = (contents.applied, contents.configuration.clone());
        (self.forgets, self.resyncs) = (Forgetting::of(&self.store), None);
        wires.store.put(ToStore::Replace(Box::new(committer)));
        self.show(contents, wires);
        for asker in self.commits.begin_anew(self.applied) {
            tell(asker, Told::Settled, wires);
        }
        wires.watches.put(ToWatches::Resync(self.store.current()));
        wires.facts.metrics.images.installing.set(0);
        wires.journal.info("applied snapshot", fields(self.applied.index.0));
        // Now another one may come. Whoever has brought it may have gone.
        let _ = brought.done.send(());
        drop(brought.place);
        Ok(())
    }

    /// Shows everybody what is in the store now.
    fn show(&self, contents: Contents, wires: &Wires) {
        let facts = &wires.facts;
        let Contents { applied, configuration, auth, alarms, roster, versions, lessor } = contents;
        // Users first: nobody reads what is new with rights that are old.
        facts.gate.replace(auth);
        wires.reader.replace(self.store.reader());
        facts.alarms.set(alarms);
        facts.versions.set(versions);
        wires.hashes.put(ToHashes::Replaced);
        wires.leases.replace(lessor);
        wires.links.note_roster(&roster);
        facts.roster.set(roster);
        wires.replica.put(ToReplica::Installed(applied, configuration));
    }
}
