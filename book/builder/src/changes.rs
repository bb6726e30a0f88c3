//! Has anything changed that the book is made from?
//!
//! Answered by looking: names, lengths and times of the files, summed up in one number. A few
//! hundred files take a millisecond or two, and it works on every disk and every system.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;

use crate::checkout::Checkout;

/// What the book is made from, in the repository.
const SOURCES: &[&str] =
    &["book/book.toml", "book/src", "book/theme", "solutions", "chapters", "tests"];
/// A link that leads in a circle ends here.
const DEEPEST: usize = 12;

/// A number that differs when a source differs.
pub fn stamp(checkout: &Checkout) -> u64 {
    let mut stamp = DefaultHasher::new();
    for source in SOURCES {
        visit(&checkout.root().join(source), DEEPEST, &mut stamp);
    }
    stamp.finish()
}

fn visit(path: &Path, depth: usize, stamp: &mut DefaultHasher) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with('.') || name == "target" || depth == 0 {
        return;
    }
    let Ok(about) = fs::metadata(path) else { return };
    if about.is_dir() {
        let Ok(entries) = fs::read_dir(path) else { return };
        let mut inner: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        inner.sort();
        for path in inner {
            visit(&path, depth - 1, stamp);
        }
    } else {
        (path, about.len(), about.modified().ok()).hash(stamp);
    }
}
