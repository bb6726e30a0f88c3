//! The disk of a node of the workbook: [`Disk`]. It is memory, and syncs at once.

use basics::Index;
use election::HardState;
use replication::{Entry, Log, Span};
use std::collections::VecDeque;

/// What a node has saved.
pub struct Disk<P> {
    hard_state: HardState,
    /// The index before the first entry.
    start: Index,
    entries: VecDeque<Entry<P>>,
}

impl<P: replication::Payload> Disk<P> {
    /// It holds this before the node starts, and no entry.
    pub fn new(hard_state: HardState, log: &Log<P>) -> Disk<P> {
        Disk { hard_state, start: log.start().index, entries: VecDeque::new() }
    }

    /// Writes a save.
    pub fn write(&mut self, hard_state: Option<HardState>, span: Option<&Span<P>>) {
        self.hard_state = hard_state.unwrap_or(self.hard_state);
        if let Some(span) = span {
            self.entries.truncate((span.prev.index.0 - self.start.0) as usize);
            self.entries.extend(span.entries.iter().cloned());
        }
    }

    /// Lets go of the entries up to `index`.
    pub fn forget(&mut self, index: Index) {
        self.entries.drain(..(index.0 - self.start.0) as usize);
        self.start = index;
    }
}
