//! The command as a learner meets it: the real binary, in a small workbook of its own.

mod bad_input;
mod fixture;
mod given;
mod grading;
mod json;
mod original;
mod processes;
mod proving;
mod screens;
mod terminal;
mod threads;
