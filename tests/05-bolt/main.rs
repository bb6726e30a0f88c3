//! The graded tests of the store.

mod hostile;
mod memory;
mod model;
mod naive;
mod shrink;

mod backend;
mod copies;
mod crashes;
mod damage;
mod folders;
mod histories;
mod images;
mod limits;
mod noise;
mod shape;
mod threads;
