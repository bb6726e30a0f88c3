//! The graded tests of chapter 9.
