//! The graded tests of chapter 10.

mod certificates;
mod client;
mod http;
mod member;

mod blocking;
mod cluster;
mod config;
mod connections;
mod corruption;
mod election;
mod health;
mod kv;
mod lease;
mod ledger;
mod life;
mod lock;
mod maintenance;
mod members;
mod metrics;
mod pages;
mod process;
mod queue;
mod recorded;
mod retention;
mod rhythm;
mod several;
mod slow;
mod stops;
mod storm;
mod tls;
mod tls_peers;
mod users;
mod utility;
mod watch;
mod websocket;
