//! The graded tests of chapter 1, by exercise.
//!
//! They use what the chapter's Contract page promises and nothing else. Where the text leaves a
//! choice, they accept every choice.

mod lab;
mod node;
mod properties;
mod sightings;

mod ballots;
mod campaigns;
mod check_quorum;
mod durability;
mod handover;
mod leaders;
mod play;
mod pre_votes;
mod search;
mod simulation;
mod tally;
mod terms;
mod timers;
mod traces;
mod votes;
