//! The two workspaces hold the same packages, so they must name the same versions.
//!
//! Owns the comparison of the root's manifest and lock file with those in `solutions/`, and of each
//! chapter's manifest in both trees.

use super::{Finding, Scene};
use crate::Error;
use crate::repo::{Chapter, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// What must be the same in both manifests, paths aside.
const TABLES: [&[&str]; 4] = [
    &["workspace", "dependencies"],
    &["workspace", "package"],
    &["workspace", "lints"],
    &["profile"],
];

pub(super) fn agree(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(Finding::Skipped("there is no solutions/ here".to_owned()));
    }
    let root = &scene.repo.root;
    let read = |name: &str| table(root, name);
    let mut found = manifests(&read("Cargo.toml")?, &read("solutions/Cargo.toml")?);
    found.extend(locks(&read("Cargo.lock")?, &read("solutions/Cargo.lock")?));
    for chapter in &scene.repo.chapters {
        if scene.edited.iter().all(|edited| edited.name != chapter.name) {
            found.extend(copies(root, chapter));
        }
    }
    if found.is_empty() {
        return Ok(Finding::Passed(scene.left_out()));
    }
    Ok(Finding::Failed(found.join("\n")))
}

fn table(root: &Path, name: &str) -> Result<Table, Error> {
    let text = fs::read_to_string(root.join(name)).map_err(|error| {
        Error::new(format!("cannot read {name}: {error}"), "`git status` shows what is missing")
    })?;
    text.parse().map_err(|error: toml::de::Error| {
        let reason = error.message().replace('\n', "; ");
        Error::new(format!("{name}: {reason}"), format!("`git diff {name}` shows what changed"))
    })
}

/// Where the tables of the two manifests differ.
fn manifests(root: &Table, solutions: &Table) -> Vec<String> {
    let mut found = Vec::new();
    for path in TABLES {
        let (one, other) = (inner(root, path), inner(solutions, path));
        let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        for key in keys {
            let name = format!("[{}] {key}", path.join("."));
            match (one.get(key), other.get(key)) {
                (Some(a), Some(b)) if without_path(a) == without_path(b) => {}
                (Some(_), Some(_)) => {
                    found.push(format!("{name} differs in Cargo.toml and solutions/Cargo.toml"));
                }
                (Some(_), None) => found.push(format!("{name} is missing in solutions/Cargo.toml")),
                (None, _) => found.push(format!("{name} is in solutions/Cargo.toml only")),
            }
        }
    }
    found
}

fn inner(table: &Table, path: &[&str]) -> Table {
    let mut inner = table.clone();
    for name in path {
        inner = match inner.get(*name) {
            Some(Value::Table(next)) => next.clone(),
            _ => Table::new(),
        };
    }
    inner
}

/// A dependency's path leads to another folder in each tree.
fn without_path(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Table(table) = &mut value
        && table.remove("path").is_some()
    {
        table.insert("path".to_owned(), Value::Boolean(true));
    }
    value
}

/// Packages that both lock files have, in different versions of one line. Lines may differ: what a
/// figure in `solutions/bench` is measured beside may want an older one than everything else.
fn locks(root: &Table, solutions: &Table) -> Vec<String> {
    let (root, solutions) = (versions(root), versions(solutions));
    let mut found = Vec::new();
    for (name, theirs) in &solutions {
        let Some(ours) = root.get(name) else { continue };
        let strays = |version: &String| {
            !ours.contains(version) && ours.iter().any(|own| line(own) == line(version))
        };
        if theirs.iter().any(strays) {
            let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(", ");
            found.push(format!(
                "{name} is {} in Cargo.lock and {} in solutions/Cargo.lock",
                list(ours),
                list(theirs)
            ));
        }
    }
    found
}

/// The line of a version, within which cargo takes one for another: up to the first number that is
/// not zero.
fn line(version: &str) -> &str {
    let number = version.find(|c| c != '0' && c != '.').unwrap_or(0);
    version[number..].find('.').map_or(version, |dot| &version[..number + dot])
}

fn versions(lock: &Table) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let packages = lock.get("package").and_then(Value::as_array);
    for package in packages.into_iter().flatten() {
        let field = |name: &str| package.get(name).and_then(Value::as_str);
        if let (Some(name), Some(version)) = (field("name"), field("version")) {
            found.entry(name.to_owned()).or_default().insert(version.to_owned());
        }
    }
    found
}

fn copies(root: &Path, chapter: &Chapter) -> Option<String> {
    let file = |tree: Tree| format!("{}/Cargo.toml", chapter.folder(tree));
    let (mine, solution) = (file(Tree::Mine), file(Tree::Solution));
    let same = match (fs::read(root.join(&mine)), fs::read(root.join(&solution))) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    };
    (!same).then(|| format!("{mine} and {solution} are not the same bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Table {
        text.parse().expect("it is TOML")
    }

    #[test]
    fn paths_may_differ_and_nothing_else() {
        let root = parse(
            "[workspace.dependencies]\na = { path = \"chapters/a\" }\nb = \"1\"\nc = \"2\"\n\
             [profile.dev]\ndebug = 1\n[workspace]\nmembers = [\"x\"]\n",
        );
        let same = parse(
            "[workspace.dependencies]\na = { path = \"a\" }\nb = \"1\"\nc = \"2\"\n\
             [profile.dev]\ndebug = 1\n[workspace]\nmembers = [\"y\"]\n",
        );
        assert_eq!(manifests(&root, &same), Vec::<String>::new());
        let other = parse(
            "[workspace.dependencies]\na = { path = \"a\" }\nb = \"2\"\nd = \"2\"\n\
             [profile.dev]\ndebug = 2\n",
        );
        let found = manifests(&root, &other);
        let starts = [
            "[workspace.dependencies] b differs",
            "[workspace.dependencies] c is missing in solutions",
            "[workspace.dependencies] d is in solutions",
            "[profile] dev differs",
        ];
        assert_eq!(found.len(), starts.len(), "{found:?}");
        assert!(found.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{found:?}");
    }

    #[test]
    fn shared_packages_have_one_version() {
        let package = |name: &str, version: &str| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
        };
        let root =
            parse(&[package("a", "1.0.0"), package("a", "2.0.0"), package("b", "1.0.0")].concat());
        let good = [("a", "2.0.0"), ("b", "0.9.0"), ("b", "2.0.0"), ("c", "9.0.0")];
        let good = parse(&good.map(|(name, version)| package(name, version)).concat());
        assert_eq!(locks(&root, &good), Vec::<String>::new());
        let bad = parse(&package("b", "1.0.1"));
        assert_eq!(
            locks(&root, &bad),
            ["b is 1.0.0 in Cargo.lock and 1.0.1 in solutions/Cargo.lock"]
        );
    }

    #[test]
    fn a_line_ends_after_the_first_number_that_is_not_zero() {
        let lines = ["1.2.3", "10.2.3", "0.2.17", "0.0.3", "2.0.1+9"].map(line);
        assert_eq!(lines, ["1", "10", "0.2", "0.0.3", "2"]);
    }
}
