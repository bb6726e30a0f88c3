//! # A member: the server

mod boxes;
mod config;
mod ids;
mod log;
mod mailbox;
mod opening;
mod program;
mod proposal;
mod replica;
mod rows;
mod serve;
mod services;
mod socket;
mod state;
mod store;

pub use config::Config;
pub use program::{Error, Stop, run};
