//! # The command `cargo workbook`
//!
//! What a learner types, from the first screen to the last grade. The binary beside this library
//! reads the command line and calls one module a command; everything else can be called by tests.
//!
//! - where things are and what is asked for: [`repo`], [`manifest`];
//! - grading: [`compile`] builds the tests, [`run`] runs each in a process of its own under
//!   [`limits`], [`verdict`] says what came of it, [`score`] adds up, [`measure`] does all of it,
//!   [`cache`] remembers it by content, and [`grade`] shows it;
//! - what a person sees: [`status`], [`report`], [`explain`], [`given`], [`broken`], [`step`], all
//!   through [`screen`], and a page in a [`browser`];
//! - a learner's own files: [`hint`], [`diff`], [`reset`], [`swap`];
//! - an author's: [`begin`], [`lists`], [`items`], [`cut`], [`bench`], [`sync`], [`prove`],
//!   [`verify`], [`traces`] for the book, and [`original`], etcd itself.
//!
//! Architecture invariants: nothing here knows a chapter, only manifests; no state is kept that an
//! update could lose, only what can be made again, in `target`; whatever is wrong, the command says
//! what in one line and the next step in another.

use std::fmt;

pub mod begin;
pub mod bench;
pub mod book;
pub mod broken;
pub mod browser;
pub mod cache;
pub mod cli;
pub mod cluster;
pub mod compile;
pub mod cut;
pub mod diff;
pub mod doctor;
pub mod explain;
pub mod files;
pub mod given;
pub mod grade;
pub mod guard;
pub mod hash;
pub mod hint;
pub mod holes;
pub mod items;
pub mod limits;
pub mod lists;
pub mod lock;
pub mod manifest;
pub mod measure;
pub mod original;
pub mod place;
pub mod play;
pub mod prove;
pub mod replay;
pub mod repo;
pub mod report;
pub mod reset;
pub mod results;
pub mod run;
pub mod score;
pub mod screen;
pub mod status;
pub mod step;
pub mod swap;
pub mod sync;
pub mod traces;
pub mod verdict;
pub mod verify;
pub mod watch;

/// What stopped a command: what is wrong in one line, and what to do about it in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, and with what.
    pub message: String,
    /// What to do or to type next.
    pub next: String,
}

impl Error {
    /// An error and its next step.
    pub fn new(message: impl Into<String>, next: impl Into<String>) -> Error {
        Error { message: message.into(), next: next.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  next: {}", self.message, self.next)
    }
}

impl std::error::Error for Error {}
