//! The graded tests of `api`: what it must have in common with etcd.

mod errors;
mod json;
mod messages;
mod numbers;
mod rows;
mod services;
