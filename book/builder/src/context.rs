//! What a directive is asked with, and what it answers.
//!
//! Owns [`Context`], the place on a page at which a directive stands, and [`Expanded`]. It decides
//! nothing: `page` keeps the context up to date, and `directives` looks into it.

use std::cell::Cell;

use crate::checkout::Checkout;
use crate::outline::{Outline, Page};

/// What a directive's function returns: Markdown, or why there is none.
pub(crate) type Expanded = Result<String, String>;

/// What a directive may ask.
pub(crate) struct Context<'a> {
    pub checkout: &'a Checkout,
    pub outline: &'a Outline,
    pub page: &'a Page,
    /// The level of the last heading above, 1 to 6: an exercise's heading is one deeper.
    pub level: usize,
    /// How many figures stand above, so that each has ids of its own.
    pub figures: usize,
    /// How many recorded runs stand above: the first brings along what all of them need.
    pub traces: usize,
    /// The page has said that it shows code which is not written yet.
    pub told: Cell<bool>,
}
