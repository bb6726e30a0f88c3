//! The graded tests of chapter 8.
