//! The graded tests of the log on disk.

mod disk;
mod story;

mod crashes;
mod damage;
mod failures;
