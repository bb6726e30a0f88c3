//! The graded tests of chapter 2, by exercise.
//!
//! They use what the chapter's Contract page promises and nothing else. Where the text leaves a
//! choice, they accept every choice.

mod files;
mod lab;
mod node;
mod properties;
mod sightings;

mod appends;
mod commits;
mod doors;
mod flow;
mod hazards;
mod leaders;
mod logs;
mod members;
mod past;
mod play;
mod progress;
mod repair;
mod search;
mod simulation;
mod traces;
