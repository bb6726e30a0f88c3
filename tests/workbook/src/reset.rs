//! `reset`: an exercise or a chapter as it was given.
//!
//! Owns the way back: the hole of an exercise, a whole chapter, or with `--bare` a chapter of which
//! only the contract is left. What was there before is copied to `target/workbook/backup` first,
//! always, and the path is printed.
//!
//! What was given is cut from `solutions/`. Without that folder it comes out of git: the newest
//! commit in which the exercise was not written yet.

mod bare;
mod given;

use crate::Error;
use crate::cut::locate::locate;
use crate::cut::starter;
use crate::files;
use crate::manifest::Exercise;
use crate::repo::{Chapter, Repo, Target, Tree};
use crate::screen::say;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub use given::from_git;

/// Puts an exercise or a chapter back.
pub fn run(repo: &Repo, target: &str, bare: bool) -> Result<ExitCode, Error> {
    let target = repo.target(target)?;
    let chapter = target.chapter();
    let (new, what) = match target {
        Target::Exercise(_, exercise) if bare => {
            return Err(Error::new(
                format!("--bare is for a chapter, and {} is an exercise", exercise.id),
                format!("`cargo workbook reset {} --bare`", chapter.word()),
            ));
        }
        Target::Exercise(chapter, exercise) => {
            repo.require(chapter, Tree::Mine)?;
            let what = format!("Exercise {} is as it was given", exercise.id);
            (with_hole(repo, chapter, exercise)?, what)
        }
        // A hole names its chapter by a number that is its own.
        Target::Chapter(chapter) if bare && chapter.number() == 0 => {
            return Err(Error::new(
                format!("{} is given for good, and other chapters stand on it", chapter.called()),
                format!("`cargo workbook reset {}`", chapter.word()),
            ));
        }
        Target::Chapter(chapter) if bare => {
            let what = format!("{} is its contract alone", chapter.starts());
            (bare::of(repo, chapter, &given::chapter(repo, chapter)?)?, what)
        }
        Target::Chapter(chapter) => {
            let what = format!("{} is as it was given", chapter.starts());
            (given::chapter(repo, chapter)?, what)
        }
    };
    let changes = changes(repo, chapter, &new, matches!(target, Target::Chapter(_)))?;
    if changes.is_empty() {
        say(&format!("{what} already.\n  next  cargo workbook grade {}\n", target.name()));
        return Ok(ExitCode::SUCCESS);
    }
    let backup = back_up(repo, &changes)?;
    for change in &changes {
        change.make(&repo.root)?;
    }
    say(&format!("{what}.\n"));
    if let Some(backup) = backup {
        say(&format!("  yours is kept in  {}\n", backup.display()));
    }
    say(&format!("  next              cargo workbook grade {}\n", target.name()));
    Ok(ExitCode::SUCCESS)
}

/// The learner's files with the exercise's items as they were given.
fn with_hole(repo: &Repo, chapter: &Chapter, exercise: &Exercise) -> Result<starter::Files, Error> {
    let given = given::exercise(repo, chapter, exercise)?;
    let folder = repo.folder(chapter, Tree::Mine);
    let mut mine = files::read(&folder).map_err(|error| failed("read", &folder, &error))?;
    for path in &exercise.items {
        let item = given.find(path)?;
        let place = locate(&starter::as_crate(chapter, &mine), item, path).map_err(|error| {
            Error::new(
                format!("your code has no place for `{path}`: {}", error.message),
                format!("`cargo workbook reset {}` puts the whole chapter back", chapter.word()),
            )
        })?;
        let mut text = place.source.to_string();
        text.replace_range(place.span, &item.source[item.span.clone()]);
        for (file, bytes) in &mut mine {
            if *file == place.file {
                *bytes = text.as_bytes().to_vec();
            }
        }
    }
    Ok(mine)
}

/// What happens to one file.
#[derive(Debug)]
struct Change {
    /// Relative to the root.
    path: PathBuf,
    /// It was there before.
    old: bool,
    /// Nothing if it goes.
    new: Option<Vec<u8>>,
}

impl Change {
    fn make(&self, root: &Path) -> Result<(), Error> {
        let path = root.join(&self.path);
        let made = match &self.new {
            Some(bytes) => {
                let parent = path.parent().map_or(Ok(()), fs::create_dir_all);
                parent.and_then(|()| fs::write(&path, bytes))
            }
            None => files::remove(root, &self.path),
        };
        made.map_err(|error| failed("write", &path, &error))
    }
}

/// What has to change; files that were not given go only with a whole chapter, and only from `src`.
fn changes(
    repo: &Repo,
    chapter: &Chapter,
    new: &starter::Files,
    whole: bool,
) -> Result<Vec<Change>, Error> {
    let folder = repo.folder(chapter, Tree::Mine);
    let old = files::read(&folder).map_err(|error| failed("read", &folder, &error))?;
    let shown = PathBuf::from(chapter.folder(Tree::Mine));
    let mut changes = Vec::new();
    for (path, bytes) in new {
        let before = old.iter().find(|(other, _)| other == path);
        if before.is_none_or(|(_, other)| other != bytes) {
            changes.push(Change {
                path: shown.join(path),
                old: before.is_some(),
                new: Some(bytes.clone()),
            });
        }
    }
    for (path, _) in old.iter().filter(|(path, _)| whole && path.starts_with("src")) {
        if !new.iter().any(|(other, _)| other == path) {
            changes.push(Change { path: shown.join(path), old: true, new: None });
        }
    }
    Ok(changes)
}

/// Copies what is about to change; the folder, relative to the root, or nothing if all is new.
fn back_up(repo: &Repo, changes: &[Change]) -> Result<Option<PathBuf>, Error> {
    let olds: Vec<&Change> = changes.iter().filter(|change| change.old).collect();
    if olds.is_empty() {
        return Ok(None);
    }
    let all = repo.store().join("backup");
    fs::create_dir_all(&all).map_err(|error| failed("write", &all, &error))?;
    let folder = next_folder(&all)?;
    for change in olds {
        let to = folder.join(&change.path);
        let parent = to.parent().map_or(Ok(()), fs::create_dir_all);
        let copied = parent.and_then(|()| fs::copy(repo.path(&change.path), &to));
        copied.map_err(|error| failed("write", &to, &error))?;
    }
    Ok(Some(folder.strip_prefix(&repo.root).unwrap_or(&folder).to_path_buf()))
}

/// Makes the first free of the folders `1`, `2` and so on; two runs at once get two.
fn next_folder(all: &Path) -> Result<PathBuf, Error> {
    for number in 1..u32::MAX {
        let folder = all.join(number.to_string());
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("write", &folder, &error)),
        }
    }
    Err(Error::new(format!("{} is full", all.display()), "delete what you do not need there"))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(
        format!("cannot {what} {}: {error}", path.display()),
        "is the folder yours, and is there room on the disk?",
    )
}
