//! The graded tests of the store.

mod memory;
mod model;

mod crashes;
mod damage;
mod histories;
mod limits;
