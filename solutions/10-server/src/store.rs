//! The thread that waits for the store's disk.
//!
//! Owns commits: what the state has frozen is written and synced, and let go. A defragmentation is
//! a commit that takes long.
//!
//! Left to others: what is in a commit, and how often there is one (`state`).

use crate::boxes::{Boxes, Told};
use crate::disk::StoreFolder;
use crate::facts::{Facts, Sizes};
use crate::journal::{Journal, fields};
use crate::letters::{Retired, ToReplica, ToState, ToStore, Waiter};
use crate::mailbox::Mailbox;
use bolt::backend::Committer;
use std::sync::Arc;
use std::time::Instant;

/// What the thread has to do with.
pub struct Wires {
    /// What it is told.
    pub jobs: Arc<Mailbox<ToStore>>,
    /// The replica, which lets go of its log.
    pub replica: Arc<Mailbox<ToReplica>>,
    /// The state, which goes on to the next commit.
    pub state: Arc<Mailbox<ToState>>,
    /// It is told here what has become of the last one.
    pub retired: Arc<Mailbox<Retired>>,
    /// Where it says how large the store is.
    pub facts: Arc<Facts>,
    /// Where requests wait.
    pub boxes: Arc<Boxes>,
    /// Whom it tells of snapshots.
    pub journal: Journal,
    /// Are clients sent elsewhere while the store is defragmented?
    pub turns_away: bool,
}

/// How full a page is after a defragmentation, in percent, as etcd has it.
const FILL: usize = 90;

/// If so much is written meanwhile, a defragmentation is given up.
const TOO_MUCH: usize = 128 << 20;

/// Works until it is told to stop, or something fails. Then nothing more will be written, and the
/// process should end.
pub fn run(mut committer: Committer<StoreFolder>, wires: &Wires) -> Result<(), bolt::Error> {
    let mut jobs = Vec::new();
    let mut has_let_go = false;
    loop {
        wires.jobs.take(&mut jobs);
        for job in jobs.drain(..) {
            match job {
                ToStore::Commit { frozen, index, is_snapshot } => {
                    let began = Instant::now();
                    let committed = committer.commit(frozen)?;
                    wires.facts.metrics.disk.commit.took(began.elapsed());
                    committer.retire(committed);
                    note_sizes(&committer, &wires.facts.sizes);
                    if is_snapshot {
                        let fields = fields!["snapshot-index": index.0];
                        wires.journal.info("saved snapshot to disk", fields);
                        wires.replica.put(ToReplica::Durable(index));
                    }
                    wires.retired.put(Retired::OnDisk);
                    wires.state.put(ToState::Retired);
                }
                ToStore::LetGo => {
                    has_let_go = true;
                    wires.retired.put(Retired::LetGo);
                }
                ToStore::Replace(next) => {
                    (committer, has_let_go) = (*next, false);
                    note_sizes(&committer, &wires.facts.sizes);
                }
                ToStore::Defragment(Waiter { runtime, number }) if has_let_go => {
                    let mut post = wires.boxes.post();
                    post.add(runtime, number, Told::Defragmented(Ok(false)));
                    wires.boxes.deliver(&mut post);
                }
                ToStore::Defragment(asker) => defragment(&mut committer, asker, wires),
                ToStore::Stop => return Ok(()),
            }
        }
    }
}

fn defragment(committer: &mut Committer<StoreFolder>, asker: Waiter, wires: &Wires) {
    let began = Instant::now();
    wires.facts.metrics.disk.defragmenting.set(1);
    wires.journal.info("starting defragment", fields![]);
    if wires.turns_away {
        wires.facts.serving.send_replace(false);
        let why = "defrag is active";
        let fields = fields!["service": "", "status": "NOT_SERVING", "reason": why];
        wires.journal.warn("grpc service status changed", fields);
    }
    // If there was no room, nothing has happened. If it was worse, the store takes no commit any
    // more, and the next one says why, too.
    let done = committer.defragment(FILL, TOO_MUCH);
    let done: Result<bool, Arc<str>> = done.map_err(|error| error.to_string().into());
    wires.facts.metrics.disk.defragmenting.set(0);
    wires.facts.metrics.disk.defragment.took(began.elapsed());
    note_sizes(committer, &wires.facts.sizes);
    match &done {
        Ok(true) => wires.journal.info("finished defragment", fields![]),
        Ok(false) => {
            let error = "too much was written meanwhile";
            wires.journal.error("failed to defragment", fields!["error": error]);
        }
        Err(error) => wires.journal.error("failed to defragment", fields!["error": **error]),
    }
    if wires.turns_away {
        wires.facts.serving.send_replace(true);
        let fields = fields!["service": "", "status": "SERVING"];
        wires.journal.info("grpc service status changed", fields);
    }
    let mut post = wires.boxes.post();
    post.add(asker.runtime, asker.number, Told::Defragmented(done));
    wires.boxes.deliver(&mut post);
}

/// Says how large the store is.
pub fn note_sizes(committer: &Committer<StoreFolder>, sizes: &Sizes) {
    let store = committer.store();
    let view = store.view();
    let free = store.free().count() * view.pages().page_size() as u64;
    let allocated = view.image_length();
    sizes.note(allocated, allocated.saturating_sub(free));
}
