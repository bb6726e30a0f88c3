//! The graded tests of revisions.

#[allow(dead_code, reason = "other chapters choose their lines in other ways")]
#[path = "../original/recorded/lines.rs"]
mod lines;
#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../05-bolt/memory.rs"]
mod memory;
#[path = "../05-bolt/shrink.rs"]
mod shrink;

mod asked;
mod naive;
mod requests;
mod whole;

mod aside;
mod checks;
mod crashes;
mod golden;
mod histories;
mod index;
mod many;
mod recorded;
mod rows;
mod stories;
