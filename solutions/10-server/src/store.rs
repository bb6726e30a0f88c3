//! The thread that waits for the store's disk.
//!
//! Owns commits: what the state has frozen is written and synced, and let go. A defragmentation is
//! a commit that takes long.
//!
//! Left to others: what is in a commit, and how often there is one (`state`).

use crate::boxes::{Boxes, Told};
use crate::facts::{Facts, Sizes};
use crate::letters::{ToReplica, ToStore, Waiter};
use crate::mailbox::Mailbox;
use bolt::Folder;
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
    pub retired: Arc<Mailbox<()>>,
    /// Where it says how large the store is.
    pub facts: Arc<Facts>,
    /// Where requests wait.
    pub boxes: Arc<Boxes>,
}

/// How full a page is after a defragmentation, in percent, as etcd has it.
const FILL: usize = 90;

/// If so much is written meanwhile, a defragmentation is given up.
const TOO_MUCH: usize = 128 << 20;

/// Works until it is told to stop, or something fails. Then nothing more will be written, and the
/// process should end.
pub fn run(mut committer: Committer<Folder>, wires: &Wires) -> Result<(), bolt::Error> {
    let mut jobs = Vec::new();
    loop {
        wires.jobs.take(&mut jobs);
        for job in jobs.drain(..) {
            match job {
                ToStore::Commit(frozen, index) => {
                    let began = Instant::now();
                    let committed = committer.commit(frozen)?;
                    wires.facts.metrics.disk.commit.took(began.elapsed());
                    committer.retire(committed);
                    note_sizes(&committer, &wires.facts.sizes);
                    wires.replica.put(ToReplica::Durable(index));
                    wires.retired.put(());
                }
                ToStore::Replace(next) => {
                    committer = *next;
                    note_sizes(&committer, &wires.facts.sizes);
                }
                ToStore::Defragment(Waiter { runtime, number }) => {
                    let began = Instant::now();
                    wires.facts.metrics.disk.defragmenting.set(1);
                    // If there was no room, nothing has happened. If it was worse, the store takes
                    // no commit any more, and the next one says why.
                    let done = committer.defragment(FILL, TOO_MUCH).unwrap_or(false);
                    wires.facts.metrics.disk.defragmenting.set(0);
                    wires.facts.metrics.disk.defragment.took(began.elapsed());
                    note_sizes(&committer, &wires.facts.sizes);
                    let mut post = wires.boxes.post();
                    post.add(runtime, number, Told::Defragmented(done));
                    wires.boxes.deliver(&mut post);
                }
                ToStore::Stop => return Ok(()),
            }
        }
    }
}

/// Says how large the store is.
pub fn note_sizes(committer: &Committer<Folder>, sizes: &Sizes) {
    let store = committer.store();
    let view = store.view();
    let free = store.free().count() * view.pages().page_size() as u64;
    let allocated = view.image_length();
    sizes.note(allocated, allocated.saturating_sub(free));
}
