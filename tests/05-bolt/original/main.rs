//! Chapter 5 beside the original: bbolt's command and etcd take our files for their own, and our
//! store takes theirs.
//!
//! `cargo workbook verify` runs these tests where the original is built, and says to them where its
//! programs are. Whoever runs all tests of this crate sees them ignored: they need Go, and no
//! exercise.

mod bbolt;
mod digest;
mod etcd;
mod programs;
mod rows;

mod images;
mod lists;
mod ours;
mod theirs;
