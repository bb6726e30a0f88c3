//! # Watching what changes
