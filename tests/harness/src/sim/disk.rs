//! When a simulated disk is done.
//!
//! Owns [`Syncing`], one node's disk as far as time goes. What is on it is the cluster's.

/// When a disk is done with its syncs, in moments. One sync takes all saves that wait when it
/// begins, so a slow disk is late, but never further and further behind.
#[derive(Clone, Copy, Default)]
pub(crate) struct Syncing {
    /// The one that runs, or ran last.
    this: u64,
    /// The one after it; the same if nothing waits for it yet.
    next: u64,
}

impl Syncing {
    /// A save comes; a sync of its own would take this long. When will it be on disk?
    pub fn join(&mut self, now: u64, takes: u64) -> u64 {
        if now >= self.next {
            *self = Syncing { this: now + takes, next: now + takes };
        } else if now >= self.this {
            *self = Syncing { this: self.next, next: self.next + takes };
        } else if self.next == self.this {
            self.next = self.this + takes;
        }
        self.next
    }
}
