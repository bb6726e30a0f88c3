//! Grades, remembered by what they were given for.
//!
//! Owns `target/workbook/grades`. A grade's name is the hash of everything that it depends on: the
//! chapter's files, the layers it stands on, its tests and what they take from others, the harness,
//! the workspace's `Cargo.toml`, `Cargo.lock` and `.cargo/config.toml`, which has the profiles. So
//! a remembered grade is never a wrong one, and it does no harm to delete the folder.
//!
//! Invariant: a file is written whole or not at all; a file that cannot be read is no grade.

use crate::hash::{Hasher, files_below};
use crate::repo::{Chapter, Repo, Tree};
use crate::verdict::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// The version of the format; another one's files are ignored.
const FORMAT: &str = "workbook-cache/1";
/// How many grades are kept.
const KEPT: usize = 200;

/// What is remembered for one content.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Remembered {
    format: String,
    outcomes: Vec<Outcome>,
}

/// What each exercise of a chapter came to when it was graded last, for whatever content that was.
/// It is shown where this content has no grade yet, and said to be old.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// Points, by exercise.
    pub earned: BTreeMap<String, u32>,
    /// The exercises that were right.
    pub right: BTreeSet<String>,
}

/// The name of what a chapter's grade depends on, as it is on disk now.
pub fn key(repo: &Repo, chapter: &Chapter, tree: Tree) -> String {
    let workspace = repo.workspace(tree);
    let mut hasher = Hasher::default();
    hasher.add(FORMAT.as_bytes());
    for file in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        hasher.add_file(file, &workspace.join(file));
    }
    // Cargo looks into the folders above as well.
    hasher.add_file("settings", &repo.path(".cargo/config.toml"));
    hasher.add_folder("tests", &repo.tests(chapter));
    for folder in borrowed(&repo.tests(chapter)) {
        hasher.add_folder(&place(repo, &folder), &folder);
    }
    let layers = paths_of_layers(&workspace);
    let mut wanted = vec![repo.folder(chapter, tree)];
    let mut seen = BTreeSet::new();
    while let Some(folder) = wanted.pop() {
        if !seen.insert(folder.clone()) {
            continue;
        }
        let package = Package::read(&folder);
        wanted.extend(package.dependencies.iter().filter_map(|name| layers.get(name).cloned()));
        wanted.extend(package.swapped);
    }
    for folder in seen {
        hasher.add_folder(&place(repo, &folder), &folder);
    }
    hasher.name()
}

/// A folder's name in the repository, wherever that is.
fn place(repo: &Repo, folder: &Path) -> String {
    folder.strip_prefix(&repo.root).unwrap_or(folder).to_string_lossy().into_owned()
}

/// The folders of others from which tests take a file, as in `#[path = "../05-bolt/memory.rs"]`.
/// All that is in such a folder counts, since the file may include what is beside it.
fn borrowed(tests: &Path) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    for file in files_below(tests) {
        let (Some(inside), Ok(text)) = (file.parent(), fs::read_to_string(&file)) else { continue };
        let words = text.split('"').filter(|word| word.starts_with("../"));
        for path in words.map(|word| plain(&inside.join(word))) {
            if let Some(folder) = path.parent()
                && path.is_file()
                && !folder.starts_with(tests)
            {
                folders.insert(folder.to_path_buf());
            }
        }
    }
    folders
}

/// A path without its `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for step in path.components() {
        if step == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(step);
        }
    }
    plain
}

/// The outcomes that are known for a content; empty if there are none.
pub fn recall(repo: &Repo, key: &str) -> Vec<Outcome> {
    let remembered = fs::read(file_of(repo, key)).ok();
    let remembered: Option<Remembered> =
        remembered.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match remembered {
        Some(remembered) if remembered.format == FORMAT => remembered.outcomes,
        Some(_) | None => Vec::new(),
    }
}

/// Adds outcomes to what is known for a content. A cache that cannot be written is no error.
pub fn remember(repo: &Repo, key: &str, outcomes: &[Outcome]) {
    let mut all = recall(repo, key);
    all.retain(|old| !outcomes.iter().any(|new| new.test == old.test));
    all.extend_from_slice(outcomes);
    let remembered = Remembered { format: FORMAT.to_owned(), outcomes: all };
    if let Ok(bytes) = serde_json::to_vec(&remembered) {
        let _ = write_whole(&file_of(repo, key), &bytes);
        forget_old(&folder(repo), KEPT);
    }
}

/// What was known of a chapter's exercises when they were graded last; nothing if they never were.
pub fn last(repo: &Repo, chapter: &Chapter) -> Last {
    let bytes = fs::read(last_file(repo, chapter)).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Keeps what is known of a chapter's exercises.
pub fn remember_last(repo: &Repo, chapter: &Chapter, last: &Last) {
    if let Ok(bytes) = serde_json::to_vec(last) {
        let _ = write_whole(&last_file(repo, chapter), &bytes);
    }
}

/// Writes a file so that a reader finds the old content or the new one.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

fn folder(repo: &Repo) -> PathBuf {
    repo.store().join("grades")
}

fn file_of(repo: &Repo, key: &str) -> PathBuf {
    folder(repo).join(format!("{key}.json"))
}

fn last_file(repo: &Repo, chapter: &Chapter) -> PathBuf {
    repo.store().join("last").join(format!("{}.json", chapter.name))
}

/// Deletes all but the newest files of a folder.
pub fn forget_old(folder: &Path, kept: usize) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
        })
        .collect();
    if files.len() > kept {
        files.sort();
        for (_, path) in &files[..files.len() - kept] {
            let _ = fs::remove_file(path);
        }
    }
}

/// What a package's manifest says about where its code is.
#[derive(Default)]
struct Package {
    dependencies: Vec<String>,
    /// The folder of a library that is not its own.
    swapped: Option<PathBuf>,
}

impl Package {
    /// A manifest that cannot be read has no dependencies; its bytes are in the hash anyway.
    fn read(folder: &Path) -> Package {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        let Ok(table) = text.parse::<toml::Table>() else {
            return Package::default();
        };
        let names = |name: &str| {
            let section = table.get(name).and_then(toml::Value::as_table);
            section.into_iter().flat_map(|section| section.keys().cloned()).collect::<Vec<_>>()
        };
        let mut dependencies = names("dependencies");
        dependencies.extend(names("dev-dependencies"));
        dependencies.extend(names("build-dependencies"));
        let library =
            table.get("lib").and_then(|lib| lib.get("path")).and_then(|path| path.as_str());
        let swapped = library
            .filter(|path| path.starts_with(".."))
            .and_then(|path| Some(folder.join(path).parent()?.to_path_buf()));
        Package { dependencies, swapped }
    }
}

/// The folders of the workspace's own packages, by their names.
fn paths_of_layers(workspace: &Path) -> BTreeMap<String, PathBuf> {
    let text = fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    let Ok(table) = text.parse::<toml::Table>() else {
        return BTreeMap::new();
    };
    let dependencies = table.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let dependencies = dependencies.and_then(toml::Value::as_table);
    dependencies
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            Some((name.clone(), workspace.join(value.get("path")?.as_str()?)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_depend_on_the_folders_from_which_they_take_files() {
        let root = tempfile::tempdir().expect("there is room on the disk");
        let tests = root.path().join("06-new");
        for folder in ["06-new/original", "05-old/below", "recorded"] {
            fs::create_dir_all(root.path().join(folder)).expect("there is room on the disk");
        }
        let lines = "include_str!(\"../recorded/all\");\nlet text = \"../nothing/of/this\";\n";
        for (name, text) in [
            ("05-old/below/one.rs", ""),
            ("recorded/all", ""),
            ("06-new/main.rs", lines),
            ("06-new/own.rs", ""),
            ("06-new/original/main.rs", "#[path = \"../own.rs\"]\nmod own;\n"),
            ("06-new/original/it.rs", "#[path = \"../../05-old/below/one.rs\"]\nmod one;\n"),
        ] {
            fs::write(root.path().join(name), text).expect("there is room on the disk");
        }
        let found: Vec<PathBuf> = borrowed(&tests).into_iter().collect();
        assert_eq!(found, ["05-old/below", "recorded"].map(|name| root.path().join(name)));
    }
}
