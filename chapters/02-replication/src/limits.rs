//! How far a leader runs ahead of its followers.
//!
//! Owns [`Limits`], and what they count of a follower: each [`Flight`], an append on its way. It
//! answers whether there is room for one more; it keeps no account.
//!
//! Left to others: the window of a follower (`progress`), and how much is uncommitted (`replica`).

use basics::Index;
use std::collections::VecDeque;

/// How far a leader runs ahead of its followers. Without limits, one that is slow or dead costs the
/// leader all its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// How many appends may be under way to one follower.
    pub window_messages: usize,
    /// How many bytes of entries may be under way to one follower. The last append may exceed it.
    pub window_bytes: usize,
    /// How many bytes of entries may be uncommitted.
    pub uncommitted_bytes: usize,
    /// How many bytes of entries a state machine may have been given and not carried out. The last
    /// batch may exceed it.
    pub unapplied_bytes: usize,
}

/// An append on its way to a follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flight {
    /// Its last entry.
    pub last: Index,
    /// What its entries count.
    pub bytes: usize,
}

impl Limits {
    /// May another append with entries leave for a follower to which these are under way?
    ///
    /// Yes, if they are fewer than `window_messages` and their bytes less than `window_bytes`. And
    /// yes if there is none, whatever the limits say: who may send nothing never hears an answer.
    ///
    /// *Example:* the limits are 4 appends and 100 bytes. With appends of 60 and 39 bytes under way
    /// there is room, for an append of any size. With 60 and 40 there is none.
    pub fn leave_room(&self, window: &VecDeque<Flight>) -> bool {
        #![allow(unused_variables, reason = "exercise 2.11 is not written yet")]
        todo!("exercise 2.11: bound the flow")
    }

    /// May a leader with so many uncommitted bytes take a proposal of `size`?
    ///
    /// Yes, if both together are at most `uncommitted_bytes`. And yes if nothing is uncommitted,
    /// however large it is.
    ///
    /// *Example:* the limit is 100 bytes, and 70 are uncommitted. A proposal of 30 is taken, one of
    /// 31 is not.
    pub fn admit(&self, uncommitted: usize, size: usize) -> bool {
        #![allow(unused_variables, reason = "exercise 2.11 is not written yet")]
        todo!("exercise 2.11: bound the flow")
    }
}
