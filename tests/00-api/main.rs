//! The graded tests of `api`: what it must have in common with etcd.

mod errors;
#[cfg(feature = "json")]
mod json;
mod messages;
mod rows;
#[cfg(feature = "services")]
mod services;
