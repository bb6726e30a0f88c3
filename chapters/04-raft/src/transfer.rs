//! A leadership that is being handed over.
//!
//! Owns [`Transfer`]: to whom, and for how long the leader tries. While it does, it takes no
//! proposals, so the heir can catch up; if the heir does not, the cluster must not wait for it.

use basics::NodeId;

/// Leadership goes to a follower, or does not in time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transfer {
    to: NodeId,
    /// So many ticks more, and the leader leads on; at least 1.
    left: u32,
    /// Since the last tick, the heir was told to take over.
    told: bool,
}

impl Transfer {
    /// To this follower, within so many ticks.
    pub fn new(to: NodeId, patience: u32) -> Transfer {
        assert!(patience > 0, "an election takes a tick at least");
        Transfer { to, left: patience, told: false }
    }

    /// The heir.
    pub fn to(&self) -> NodeId {
        self.to
    }

    /// A tick passes. What is left of the transfer; none if it takes too long. An heir that was
    /// told is told again: the letter may be lost.
    pub fn tick(self) -> Option<Transfer> {
        let left = self.left - 1;
        (left > 0).then_some(Transfer { left, told: false, ..self })
    }

    /// Is the heir to be told now? Once a tick, if it holds all of the leader's log.
    pub fn tell(&mut self, is_ready: bool) -> bool {
        let tell = is_ready && !self.told;
        self.told |= tell;
        tell
    }
}
