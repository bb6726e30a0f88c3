//! What the compiler says about a starter.
//!
//! Owns the copy of the workspace in which starters are compiled, under `target/workbook`, and the
//! reading of cargo's messages. The copy has the cut chapters, and links to everything else, so the
//! learner's files are never touched and third parties are built once.
//!
//! Invariant: a file of the copy is written only if it changed, so that cargo sees what is new.

use crate::Error;
use crate::compile::cargo;
use serde_json::Value;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One warning of the compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file, relative to the package's folder.
    pub file: PathBuf,
    /// The lint, as in `dead_code`.
    pub lint: String,
    /// The bytes that it points at.
    pub spans: Vec<Range<usize>>,
    /// Its first line.
    pub message: String,
}

/// A copy of the workspace in which starters are compiled.
#[derive(Clone, Debug)]
pub struct Bench {
    root: PathBuf,
    folder: PathBuf,
}

impl Bench {
    /// Makes the copy, or brings it up to date. `own` names the chapters that will be put there.
    pub fn at(root: &Path, folder: &Path, own: &[&str]) -> Result<Bench, Error> {
        let bench = Bench { root: root.to_path_buf(), folder: folder.to_path_buf() };
        bench.prepare(own).map_err(|error| {
            Error::new(
                format!("cannot prepare {}: {error}", folder.display()),
                "is there room on the disk? The folder may be deleted at any time",
            )
        })?;
        Ok(bench)
    }

    fn prepare(&self, own: &[&str]) -> io::Result<()> {
        fs::create_dir_all(self.folder.join("chapters"))?;
        // Cargo tells packages of a workspace apart by their path in it. In one build folder, a
        // copy's chapter would be taken for the learner's.
        write(&self.folder.join(".cargo/config.toml"), b"[build]\nbuild-dir = \"build\"\n")?;
        for name in ["Cargo.toml", "Cargo.lock"] {
            write(&self.folder.join(name), &fs::read(self.root.join(name))?)?;
        }
        for name in ["tests", "book"] {
            link(&self.root.join(name), &self.folder.join(name))?;
        }
        // A chapter that is not cut, such as the one that is given, is the same in the copy.
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join("chapters"))? {
            let entry = entry?;
            let name = entry.file_name();
            if entry.path().is_dir() && !own.iter().any(|own| **own == *name) {
                link(&entry.path(), &self.folder.join("chapters").join(&name))?;
            }
            names.push(name);
        }
        for entry in fs::read_dir(self.folder.join("chapters"))? {
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
        let folder = self.folder.join("chapters").join(chapter);
        let put = || {
            if fs::symlink_metadata(&folder).is_ok_and(|entry| entry.is_symlink()) {
                fs::remove_file(&folder)?;
            }
            fs::create_dir_all(&folder)?;
            for old in super::files::list(&folder)? {
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

    /// Compiles a package's library and programs. An error prints the compiler's own words first.
    pub fn check(&self, package: &str, chapter: &str) -> Result<Vec<Warning>, Error> {
        self.compile(package, chapter, &[])?.ok_or_else(|| {
            Error::new(
                format!("the starter of chapters/{chapter} does not compile"),
                "a hole or a removed item is needed to compile the rest: see the errors above",
            )
        })
    }

    /// Compiles all that, and the tests that use it.
    pub fn check_with_tests(&self, package: &str, chapter: &str) -> Result<Vec<Warning>, Error> {
        let all = ["--lib", "--bins", "--tests"];
        self.compile(package, chapter, &all)?.ok_or_else(|| {
            Error::new(
                format!(
                    "what would be left of chapters/{chapter} does not compile with its graded \
                     tests, so nothing was changed"
                ),
                "see the errors above; the chapter with its exercises is always possible, without \
                 --bare",
            )
        })
    }

    /// The warnings, or nothing if there are errors; these are printed.
    fn compile(
        &self,
        package: &str,
        chapter: &str,
        targets: &[&str],
    ) -> Result<Option<Vec<Warning>>, Error> {
        let output = Command::new(cargo())
            .args(["check", "--quiet", "--locked", "--message-format=json", "--package", package])
            .args(targets)
            .arg("--manifest-path")
            .arg(self.folder.join("Cargo.toml"))
            .current_dir(&self.root)
            .env_remove("CARGO_BUILD_BUILD_DIR")
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|error| {
            Error::new(format!("cannot run cargo: {error}"), "`cargo workbook doctor` looks for it")
        })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let prefix = Path::new("chapters").join(chapter);
        let (mut warnings, mut errors) = (Vec::new(), String::new());
        for message in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let message = &message["message"];
            match message["level"].as_str() {
                Some("warning") => warnings.extend(warning(message, &prefix)),
                Some("error") => errors.push_str(message["rendered"].as_str().unwrap_or("")),
                _ => {}
            }
        }
        if output.status.success() {
            return Ok(Some(warnings));
        }
        if errors.is_empty() {
            errors = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        eprintln!("{}", errors.trim_end());
        Ok(None)
    }
}

/// One message of cargo's, if it is a lint's warning about a file of the chapter.
fn warning(message: &Value, chapter: &Path) -> Option<Warning> {
    let lint = message["code"]["code"].as_str()?;
    let primary = message["spans"].as_array()?.iter().filter(|span| span["is_primary"] == true);
    let mut file = None;
    let mut spans = Vec::new();
    for span in primary {
        let path = Path::new(span["file_name"].as_str()?).strip_prefix(chapter).ok()?;
        file = Some(path.to_path_buf());
        let offset = |name: &str| span[name].as_u64().and_then(|at| usize::try_from(at).ok());
        spans.push(offset("byte_start")?..offset("byte_end")?);
    }
    let message = message["message"].as_str()?.lines().next()?.to_owned();
    Some(Warning { file: file?, lint: lint.to_owned(), spans, message })
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
