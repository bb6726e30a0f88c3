//! The graded tests of leases.

#[path = "../05-bolt/shrink.rs"]
mod shrink;

mod cluster;
mod member;
mod naive;

mod answers;
mod checkpoints;
mod clocks;
mod deadlines;
mod entries;
mod histories;
mod leaders;
mod rows;
