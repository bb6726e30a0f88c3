//! The graded tests of chapter 10.

mod certificates;
mod client;
mod member;

mod blocking;
mod connections;
mod election;
mod health;
mod kv;
mod kv;
mod lease;
mod lease;
mod life;
mod life;
mod lock;
mod maintenance;
mod members;
mod queue;
mod retention;
mod tls;
mod users;
mod watch;
