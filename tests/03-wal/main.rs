//! The graded tests of the log on disk.

mod disk;
mod hostile;
mod story;
mod writer;

mod again;
mod crashes;
mod damage;
mod failures;
mod hazards;
mod incoming;
mod noise;
mod printing;
mod real;
mod repairs;
