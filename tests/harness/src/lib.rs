//! # The harness
//!
//! What grades a learner's code: clusters that live in virtual time, tests that explain themselves,
//! and the record of what happened.
//!
//! A graded test is an ordinary `#[test]` whose body is wrapped in [`check`]. It passes when
//! `check` says so over a private pipe, not when the process exits well; so a hole that ends the
//! process passes nothing.
//!
//! A layer of the workbook is known here only as a [`Machine`]: a value that is fed one [`Input`]
//! at a time and answers with [`Effects`]. Around it stands a [`Cluster`]: several machines, their
//! disks, and the messages between them. One thing changes a cluster, an [`Action`]. Everything
//! else is a way to choose actions:
//!
//! - a *script* names them one by one (the methods of [`Cluster`]);
//! - [`sim`] draws them from a seed, faults included;
//! - [`explore`] tries them all, on a small cluster;
//! - a recorded list replays a run exactly, and becomes the [`report::Trace`] that a person sees.
//!
//! ## Architecture invariants
//!
//! - Nothing here reads a clock or a random source: one seed is one run, on every machine. (The
//!   watchdog in [`check`] looks at CPU time. It can end a run, never change one.)
//! - Nothing here knows a chapter. What a layer is like is told by the test, in its `Machine`.
//! - A machine is the only code of the learner's, and a panic in it never ends the harness. It is
//!   stepped in `Cluster::step`; a search, which keeps no cluster, steps its node states itself. A
//!   disk may be the learner's too: `Cluster::apply` writes to it, and tells it that power goes.

mod action;
mod check;
mod cluster;
pub mod draw;
pub mod explore;
pub mod files;
mod flight;
mod hazard;
pub mod history;
mod machine;
mod panics;
mod pipe;
pub mod player;
mod printed;
mod property;
mod random;
mod record;
pub mod report;
mod shrink;
pub mod sim;

pub use action::Action;
pub use check::{check, note, verdict_of, wrong};
pub use cluster::{Cluster, Packet};
pub use hazard::{Hazard, Sightings};
pub use machine::{Effects, Input, Machine};
pub use panics::despite_hole;
pub use property::{Property, Violation};
pub use random::Draws;
