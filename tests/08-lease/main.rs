//! The graded tests of leases.

#[path = "../05-bolt/shrink.rs"]
mod shrink;

mod member;

mod answers;
mod checkpoints;
mod clocks;

mod deadlines;
mod entries;

mod leaders;
mod rows;
