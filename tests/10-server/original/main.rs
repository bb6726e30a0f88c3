//! Clients that others wrote, against a member of ours and one of the original: they see the same.
//!
//! `cargo workbook verify` runs these tests where the original is built, and says to them where its
//! programs are. Whoever runs all tests of this crate sees them ignored: they need Go, and no
//! exercise.

mod away;
#[allow(dead_code, reason = "the graded tests use more of it")]
#[path = "../client.rs"]
mod client;
mod clients;
mod cluster;
mod commands;
mod copies;
mod files;
mod flags;
#[allow(dead_code, reason = "the graded tests use more of it")]
#[path = "../http.rs"]
mod http;
mod member;
mod plain;
#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../05-bolt/original/programs.rs"]
mod programs;
mod shell;
mod three;
