//! # A store in BoltDB's format
