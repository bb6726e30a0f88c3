//! What the store shows of its past.
//!
//! Owns [`hash`], and [`Hashes`], a thread that remembers what compactions left, for members to
//! compare: once a compaction has come to its end, nobody could find that out any more. So the
//! thread hashes a view that was taken before; and since a compaction waits until nobody needs what
//! it takes, it waits for that, too.
//!
//! Left to others: what a hash is of (`mvcc`), and what a difference means (`verdict`).

use crate::facts::{Compacted, Compactions, Facts};
use crate::letters::ToHashes;
use crate::mailbox::Mailbox;
use crate::reader::Reader;
use crate::verdict::Hashed;
use api::Revision;
use std::sync::Arc;

/// So many compactions wait at most. What comes while there are more is not remembered: the store
/// is not to wait for ever with what it could let go of.
pub const WAITING: usize = 10;

/// What the store shows at a revision, or at the newest one if that is zero. What a compaction at
/// this revision left is repeated.
pub fn hash(reader: &Reader, facts: &Facts, revision: i64) -> Result<Hashed, mvcc::Error> {
    let view = reader.view();
    let newest = view.current().wire();
    if let Some(found) = facts.compactions.get().find(revision) {
        return Ok(left(found, newest));
    }
    let hash = view.hash(revision)?;
    let revision = if revision == 0 { newest } else { revision };
    Ok(Hashed { hash, revision, compacted: wire(view.compacted()), newest })
}

/// The same of a compaction.
pub fn left(compaction: &Compacted, newest: i64) -> Hashed {
    let Compacted { revision, before, hash } = *compaction;
    Hashed { hash, revision: revision.wire(), compacted: wire(before), newest }
}

fn wire(compacted: Option<Revision>) -> i64 {
    compacted.map_or(-1, Revision::wire)
}

/// Remembers what compactions left.
pub struct Hashes {
    facts: Arc<Facts>,
}

impl Hashes {
    /// Those that everybody sees in the facts.
    pub fn new(facts: Arc<Facts>) -> Hashes {
        Hashes { facts }
    }

    /// Works until it is told to stop.
    pub fn run(self, jobs: &Mailbox<ToHashes>) -> Result<(), mvcc::Error> {
        let mut arrived = Vec::new();
        loop {
            jobs.take(&mut arrived);
            for job in arrived.drain(..) {
                match job {
                    ToHashes::Compacts(revision, view) => {
                        let (hash, before) = (view.hash(revision.wire())?, view.compacted());
                        let all = self.facts.compactions.get();
                        self.facts.compactions.set(all.and(Compacted { revision, before, hash }));
                        // Whoever waits for the compaction finds what it left.
                        drop(view);
                    }
                    ToHashes::Replaced => self.facts.compactions.set(Compactions::default()),
                    ToHashes::Stop => return Ok(()),
                }
            }
        }
    }
}
