//! The graded tests of `raft`.
