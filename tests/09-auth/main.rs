//! The graded tests of users, roles and permissions.

#[path = "../05-bolt/shrink.rs"]
mod shrink;

mod naive;
mod setup;

mod advisories;
mod histories;
mod jwts;
mod logins;
mod options;
mod ranges;
mod recorded;
mod records;
mod refusals;
mod stored;
mod tokens;
