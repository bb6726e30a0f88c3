//! The graded tests of chapter 10.

mod certificates;
mod client;
mod http;
mod member;

mod blocking;
mod connections;
mod election;
mod health;
mod kv;
mod config;
mod kv;
mod lease;
mod lease;
mod life;
mod life;
mod lock;
mod maintenance;
mod members;
mod metrics;
mod pages;
mod queue;
mod recorded;
mod retention;
mod tls;
mod users;
mod process;
mod watch;
mod websocket;
