//! Which module a file is, and which files hold nothing but tests.

use super::{Item, Kind};
use std::path::{Component, Path};

/// `src/a/b.rs` and `src/a/b/mod.rs` are the module `a::b`.
pub(super) fn modules_of(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    if parts.first().is_some_and(|first| first == "src") {
        parts.remove(0);
    }
    let last = parts.pop().unwrap_or_default();
    let stem = last.strip_suffix(".rs").unwrap_or(&last);
    let is_root = parts.is_empty() && (stem == "lib" || stem == "main");
    if stem != "mod" && !is_root {
        parts.push(stem.to_owned());
    }
    parts
}

/// Files that are declared as `#[cfg(test)] mod name;` hold tests, though they do not say so.
pub(super) fn mark_test_files(items: &mut [Item]) {
    let declared = items.iter().filter(|item| item.kind == Kind::Declaration && item.in_tests);
    let tests: Vec<Vec<String>> = declared
        .map(|item| {
            let mut modules = item.modules.clone();
            modules.push(item.name.clone());
            modules
        })
        .collect();
    for item in &mut *items {
        let mut own = item.modules.clone();
        if item.kind == Kind::Module {
            own.push(item.name.clone());
        }
        item.in_tests |= tests.iter().any(|test| own.starts_with(test));
    }
}
