//! The book's builder: from Markdown with directives to a checked site.
//!
//! The book's text names code, exercises and figures; it copies none of them. This crate looks
//! each name up and fails when it is not there, so text, solution and grader cannot drift apart.
//!
//! A build goes through four hands:
//!
//! 1. [`preprocess`] takes mdBook's pages. `scan` tells directives from text, `outline` notes which
//!    exercise and which invariant stands on which page, and `page` replaces every directive by
//!    what the table in `directives` makes of it: Markdown again, with HTML around it.
//! 2. mdBook renders the pages with the templates and styles of `book/theme`.
//! 3. `links` reads the finished HTML: every link and anchor leads somewhere, and nothing is
//!    fetched from elsewhere.
//! 4. [`site`] moves the result to `book/dist`, or leaves the last good one there.
//!
//! A stock `mdbook build book` does 1 and 2, with this crate as its preprocessor.
//!
//! Invariant: whatever is wrong is a [`problem::Problem`] with a file, a line where there is one,
//! and a reason; all of them are reported at once.
//!
//! Left out on purpose: finding items in Rust source, and reading `exercises.toml`. Both belong to
//! the package `workbook`, whose library this crate asks.

pub mod changes;
pub mod checkout;
pub mod figure;
pub mod preprocess;
pub mod problem;
pub mod serve;
pub mod site;

mod anatomy;
mod code;
mod context;
mod contract;
mod directives;
mod docs;
mod exports;
mod html;
mod links;
mod outline;
mod page;
mod scan;
mod sought;
mod warnings;
