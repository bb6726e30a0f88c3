//! # Users, roles and permissions
