//! Copies of the workspace in which chapters have other files than the learner's.
//!
//! Owns `target/workbook/starters` and `target/workbook/planted`: the root's manifest and lock
//! file, links to everything that is not a chapter, and the chapters that are put there. The
//! learner's files are never touched, and there is no `solutions/`.
//!
//! Cargo tells the packages of a workspace apart by their path in it. So the chapters of a copy
//! stand in a folder of another name, `starters/01-election`, and may share the build folder with
//! `chapters/01-election`: third parties, the harness and all that is the same are built once.
//!
//! Invariants: a file of a copy is written only if it changed, so that cargo sees what is new; one
//! process at a time is in a copy.

use crate::Error;
use crate::files;
use crate::lock::Lock;
use crate::repo::Repo;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a copy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Chapters as they are cut: they are only checked, never run.
    Starters,
    /// Solutions with mistakes and holes in them, behind a switch.
    Planted,
}

impl Purpose {
    /// The name of the copy, and of its folder of chapters.
    fn name(self) -> &'static str {
        match self {
            Purpose::Starters => "starters",
            Purpose::Planted => "planted",
        }
    }
}

/// A copy of the workspace, as long as nobody else may change it.
#[derive(Debug)]
pub struct Bench {
    root: PathBuf,
    /// The copy's root.
    pub folder: PathBuf,
    purpose: Purpose,
    _lock: Lock,
}

impl Bench {
    /// Makes the copy, or brings it up to date. `own` names the chapters that will be put there;
    /// the others are the learner's.
    pub fn at(repo: &Repo, purpose: Purpose, own: &[&str]) -> Result<Bench, Error> {
        let folder = repo.store().join(purpose.name());
        let failed = |error: io::Error| {
            Error::new(
                format!("cannot prepare {}: {error}", folder.display()),
                "is there room on the disk? The folder may be deleted at any time",
            )
        };
        // Most often it is another thread of this command that is in it, and soon out again.
        let lock = Lock::at(&folder.join("lock"), || {})?;
        let root = repo.root.clone();
        let bench = Bench { root, folder: folder.clone(), purpose, _lock: lock };
        bench.prepare(own).map_err(failed)?;
        Ok(bench)
    }

    /// The folder of the copy's chapters, relative to the copy.
    pub fn chapters(&self) -> &'static Path {
        Path::new(self.purpose.name())
    }

    fn prepare(&self, own: &[&str]) -> io::Result<()> {
        let chapters = self.folder.join(self.chapters());
        fs::create_dir_all(&chapters)?;
        let manifest = fs::read_to_string(self.root.join("Cargo.toml"))?;
        let here = format!("\"{}/", self.purpose.name());
        let manifest = manifest.replace("\"chapters/", &here);
        write(&self.folder.join("Cargo.toml"), manifest.as_bytes())?;
        write(&self.folder.join("Cargo.lock"), &fs::read(self.root.join("Cargo.lock"))?)?;
        for name in ["tests", "book"] {
            link(&self.root.join(name), &self.folder.join(name))?;
        }
        // Whoever looks for chapters finds them under the usual name too.
        link(&chapters, &self.folder.join("chapters"))?;
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join("chapters"))? {
            let entry = entry?;
            let name = entry.file_name();
            if entry.path().is_dir() && !own.iter().any(|own| **own == *name) {
                link(&entry.path(), &chapters.join(&name))?;
            }
            names.push(name);
        }
        for entry in fs::read_dir(&chapters)? {
            let entry = entry?;
            let known = names.contains(&entry.file_name())
                || own.iter().any(|own| **own == *entry.file_name());
            if !known {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Puts a chapter's files there, and nothing else into its folder.
    pub fn put(&self, chapter: &str, files: &[(PathBuf, Vec<u8>)]) -> Result<(), Error> {
        let folder = self.folder.join(self.chapters()).join(chapter);
        let put = || {
            if fs::symlink_metadata(&folder).is_ok_and(|entry| entry.is_symlink()) {
                fs::remove_file(&folder)?;
            }
            fs::create_dir_all(&folder)?;
            for old in files::list(&folder)? {
                if !files.iter().any(|(path, _)| *path == old) {
                    fs::remove_file(folder.join(old))?;
                }
            }
            files.iter().try_for_each(|(path, text)| write(&folder.join(path), text))
        };
        put().map_err(|error: io::Error| {
            Error::new(
                format!("cannot write {}: {error}", folder.display()),
                "is there room on the disk? The folder may be deleted at any time",
            )
        })
    }
}

/// Writes a file unless it has these bytes already.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}

fn link(from: &Path, to: &Path) -> io::Result<()> {
    if fs::read_link(to).is_ok_and(|old| old == from) {
        return Ok(());
    }
    if fs::symlink_metadata(to).is_ok() {
        remove(to)?;
    }
    std::os::unix::fs::symlink(from, to)
}

fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}
