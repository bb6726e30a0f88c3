//! The graded tests of the log on disk.

mod disk;
mod story;
mod writer;

mod crashes;
mod damage;
mod failures;
mod hazards;
mod incoming;
mod printing;
mod real;
mod repairs;
