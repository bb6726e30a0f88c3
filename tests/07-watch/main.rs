//! The graded tests of chapter 7.
