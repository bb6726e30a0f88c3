//! What a leader knows of a follower, and what it may send to it.
//!
//! Owns [`Progress`] and its [`Mode`]. Every follower has one, at its leader. It decides what comes
//! next; it sends nothing.

use crate::interface::Options;
use crate::limits::Flight;
use crate::log::{Log, Payload, Span};
use basics::{Index, Position};
use std::collections::VecDeque;

/// A leader's view of one follower.
///
/// Invariant: `matched < next`. What is up to `matched` is on the follower's disk, by its own word;
/// what is in between was sent, or is hoped to be there; what is from `next` on was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Progress {
    /// The last index that the follower has acknowledged.
    pub matched: Index,
    /// The next entry to send. Always in `matched + 1 ..= last + 1`.
    pub next: Index,
    /// How entries are sent to it.
    pub mode: Mode,
    /// The commit index in the last append to it.
    pub told: Index,
    /// It is to hear from us, whether there is anything new or not.
    pub due: bool,
    /// It has lost what it had acknowledged: its disk is not the one that it had, or broken.
    pub suspect: bool,
}

/// How entries are sent to a follower.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Nobody knows where the logs part. One append asks, and the answer is awaited.
    Probe {
        /// The question is on its way.
        asked: bool,
    },
    /// The logs agree up to `next - 1`, as far as we know: entries flow, and answers come later.
    Replicate {
        /// The appends that no answer has covered yet, oldest first.
        window: VecDeque<Flight>,
    },
    /// It needs entries that the log has let go. Only a snapshot helps, and until it is there
    /// nothing is sent but heartbeats.
    Snapshot,
}

impl Progress {
    /// A follower of a new leader. It may hold the leader's whole log, or nothing.
    pub fn new(next: Index) -> Progress {
        let mode = Mode::Probe { asked: false };
        Progress { matched: Index(0), next, mode, told: Index(0), due: true, suspect: false }
    }

    /// May another append with entries be sent now? A probe waits for the answer to its question, a
    /// window has its [`Limits`](crate::Limits), and who waits for a snapshot gets none.
    pub fn has_room(&self, options: &Options) -> bool {
        match &self.mode {
            Mode::Probe { asked } => !asked,
            Mode::Replicate { window } => {
                options.limits.is_none_or(|limits| limits.leave_room(window))
            }
            Mode::Snapshot => false,
        }
    }

    /// An append with entries up to `last`, of so many bytes, leaves.
    ///
    /// - A probe has asked now. `next` stays: it moves when the answer comes.
    /// - In [`Mode::Replicate`] we are optimists: `next` moves past `last` at once, and the append
    ///   takes its place in the window.
    pub fn sent(&mut self, last: Index, bytes: usize) {
        #![allow(unused_variables, reason = "exercise 2.5 is not written yet")]
        todo!("exercise 2.5: keep account of a follower")
    }

    /// The follower's disk holds our log up to `matched`.
    ///
    /// - `matched` never falls by an answer like this: an old one changes nothing in it. `next`
    ///   stays above it.
    /// - A probe has its answer, and so has a follower that waited for a snapshot: entries flow
    ///   from now on, from the one after all that it has ever acknowledged.
    /// - In [`Mode::Replicate`], every append that `matched` covers leaves the window. Its own
    ///   answer may have been lost.
    ///
    /// *Example:* appends to 3, 6 and 9 are on their way, and the answer for 6 comes first. Two
    /// places in the window are free.
    pub fn accepted(&mut self, matched: Index) {
        #![allow(unused_variables, reason = "exercise 2.5 is not written yet")]
        todo!("exercise 2.5: keep account of a follower")
    }

    /// The follower does not hold the entry at `prev`. The logs may agree up to `shared`, which is
    /// before it.
    ///
    /// Is it news? Not if it is old: a probe asks about `next - 1` and nothing else, and who has
    /// acknowledged more than `prev` has it. Nor if a snapshot is awaited. Otherwise, probe after
    /// `shared`, with a question to ask. If even `matched` is after `shared`, the follower has lost
    /// what it had acknowledged; then `matched` is `shared` as well, and it is a `suspect` from now
    /// on.
    ///
    /// *Example:* entries up to 9 are sent, 4 is acknowledged, and the append of 5 and 6 is lost.
    /// That of 7 is refused, for 6 is missing, and the follower shares 4. Probe after 4; the window
    /// is gone.
    pub fn refused(&mut self, prev: Index, shared: Index) {
        #![allow(unused_variables, reason = "exercise 2.10 is not written yet")]
        todo!("exercise 2.10: find where two logs part")
    }

    /// The next append with entries, if there is room for one and something to send: as many from
    /// `next` on as `batch_bytes` holds. It counts as [`Progress::sent`].
    ///
    /// None as well if the log has let go of the entry before `next`. (Then the question that this
    /// follower is asked, sooner or later, makes it wait for a snapshot.)
    #[allow(dead_code, reason = "exercise 2.7 uses it")]
    pub(crate) fn next_append<P: Payload>(
        &mut self,
        log: &Log<P>,
        options: &Options,
    ) -> Option<Span<P>> {
        #![allow(unused_variables, reason = "exercise 2.7 is not written yet")]
        todo!("exercise 2.7: send appends")
    }

    /// What an append without entries asks about: the entry before the next. If the log has let go
    /// of that, the follower waits for a snapshot from now on, and is asked about the start of the
    /// log.
    #[allow(dead_code, reason = "exercise 2.7 uses it")]
    pub(crate) fn question<P: Payload>(&mut self, log: &Log<P>) -> Position {
        let index = self.before_next();
        match log.term_at(index) {
            Some(term) => Position { term, index },
            None => {
                self.mode = Mode::Snapshot;
                log.start()
            }
        }
    }

    #[allow(dead_code, reason = "exercises 2.7 and 2.10 use it")]
    fn before_next(&self) -> Index {
        Index(self.next.0 - 1)
    }
}
