//! The thread that waits for the store's disk.
//!
//! Owns commits: what the state has frozen is written and synced, and let go. A defragmentation is
//! a commit that takes long.
//!
//! Left to others: what is in a commit, and how often there is one (`state`).

use crate::letters::{ToReplica, ToStore};
use crate::mailbox::Mailbox;
use bolt::Folder;
use bolt::backend::Committer;
use std::sync::Arc;

/// What the thread has to do with.
pub struct Wires {
    /// What it is told.
    pub jobs: Arc<Mailbox<ToStore>>,
    /// The replica, which lets go of its log.
    pub replica: Arc<Mailbox<ToReplica>>,
    /// The state, which goes on to the next commit.
    pub retired: Arc<Mailbox<()>>,
}

/// Works until it is told to stop, or something fails. Then nothing more will be written, and the
/// process should end.
pub fn run(mut committer: Committer<Folder>, wires: &Wires) -> Result<(), bolt::Error> {
    let mut jobs = Vec::new();
    loop {
        wires.jobs.take(&mut jobs);
        for job in jobs.drain(..) {
            match job {
                ToStore::Commit(frozen, index) => {
                    let committed = committer.commit(frozen)?;
                    committer.retire(committed);
                    wires.replica.put(ToReplica::Durable(index));
                    wires.retired.put(());
                }
                ToStore::Stop => return Ok(()),
            }
        }
    }
}
