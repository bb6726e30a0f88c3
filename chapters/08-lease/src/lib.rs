//! # Leases
