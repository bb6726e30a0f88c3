//! The graded tests of chapter 10.

mod client;
mod member;

mod blocking;
mod kv;
mod lease;
mod life;
mod maintenance;
mod members;
mod retention;
mod users;
mod watch;
