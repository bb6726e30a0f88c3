//! The graded tests of chapter 10.

mod client;
mod member;

mod blocking;
mod election;
mod health;
mod kv;
mod lease;
mod life;
mod lock;
mod maintenance;
mod members;
mod queue;
mod retention;
mod users;
mod watch;
