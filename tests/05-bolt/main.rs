//! The graded tests of `bolt`.
