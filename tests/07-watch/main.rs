//! The graded tests of chapter 7.

#[path = "../05-bolt/shrink.rs"]
mod shrink;

mod drawn;
mod past;
mod truth;
mod world;

mod examples;
mod hazards;
mod histories;
mod pieces;
mod ranges;
mod search;
