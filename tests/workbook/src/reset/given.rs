//! What a learner was given: cut from the solution, or found in git's history.
//!
//! The book asks too: what an exercise promises is the doc comment of an item, and an item can be
//! deleted.

use crate::Error;
use crate::cut::starter::{self, Files, as_crate};
use crate::items::Crate;
use crate::manifest::Exercise;
use crate::repo::{Chapter, Repo, Tree};
use std::path::PathBuf;
use std::process::Command;

/// How many commits of a chapter are looked at.
const COMMITS: usize = 200;

/// All files of a chapter with every hole in it.
pub(super) fn chapter(repo: &Repo, chapter: &Chapter) -> Result<Files, Error> {
    let all: Vec<&Exercise> = chapter.manifest.exercises.iter().collect();
    files(repo, chapter, &all)
}

/// The chapter's code with the holes of one exercise in it.
pub(super) fn exercise(
    repo: &Repo,
    chapter: &Chapter,
    exercise: &Exercise,
) -> Result<Crate, Error> {
    Ok(as_crate(chapter, &files(repo, chapter, &[exercise])?))
}

fn files(repo: &Repo, chapter: &Chapter, holes: &[&Exercise]) -> Result<Files, Error> {
    let no_solution = match starter::require_solutions(repo, chapter) {
        Ok(()) => return starter::of(repo, chapter),
        Err(error) => error,
    };
    recorded(repo, chapter, holes).ok_or_else(|| {
        let folder = chapter.folder(Tree::Mine);
        if chapter.is_given() {
            return Error::new(
                no_solution.message,
                format!("`git log -- {folder}` shows what was"),
            );
        }
        Error::new(
            format!("{}, and git has no earlier {folder} without your code", no_solution.message),
            "get the chapter's folder again from where you got the workbook",
        )
    })
}

/// The chapter in the newest commit that has every hole of it, if git has one.
pub fn from_git(repo: &Repo, chapter: &Chapter) -> Option<Crate> {
    let all: Vec<&Exercise> = chapter.manifest.exercises.iter().collect();
    Some(as_crate(chapter, &recorded(repo, chapter, &all)?))
}

fn recorded(repo: &Repo, chapter: &Chapter, holes: &[&Exercise]) -> Option<Files> {
    let folder = chapter.folder(Tree::Mine);
    let limit = format!("--max-count={COMMITS}");
    let log = git(repo, &["log", "--format=%H", &limit, "--", &folder])?;
    let log = String::from_utf8_lossy(&log);
    let commits: Vec<&str> = log.lines().collect();
    // One look at all of them spares a closer look at most: a learner commits often.
    let marker = holes.first().map(|exercise| format!("exercise {}:", exercise.id))?;
    let words = ["grep", "--fixed-strings", "--files-with-matches", "-e", &marker];
    let found = git(repo, &[&words[..], &commits, &["--", &folder]].concat())?;
    let found = String::from_utf8_lossy(&found);
    let promising = commits.iter().filter(|commit| found.contains(**commit));
    promising.filter_map(|commit| at(repo, commit, &folder)).find(|files| {
        let krate = as_crate(chapter, files);
        holes.iter().all(|exercise| is_hole(&krate, exercise))
    })
}

/// Every item of the exercise says that it is not written.
fn is_hole(krate: &Crate, exercise: &Exercise) -> bool {
    let marker = format!("todo!(\"exercise {}:", exercise.id);
    exercise.items.iter().all(|path| {
        let text = krate.find(path).ok().and_then(|item| {
            let body = item.body.clone()?;
            let text = item.source[body].to_owned();
            Some(text.split_whitespace().collect::<Vec<_>>().join(" ").replace("todo!( ", "todo!("))
        });
        text.is_some_and(|text| text.contains(&marker))
    })
}

/// A folder's files as a commit has them, relative to the folder.
fn at(repo: &Repo, commit: &str, folder: &str) -> Option<Files> {
    let names = git(repo, &["ls-tree", "-r", "-z", "--name-only", commit, "--", folder])?;
    let mut files = Files::new();
    for name in String::from_utf8(names).ok()?.split('\0').filter(|name| !name.is_empty()) {
        let inside = name.strip_prefix(folder)?.trim_start_matches('/');
        files.push((PathBuf::from(inside), git(repo, &["show", &format!("{commit}:./{name}")])?));
    }
    Some(files)
}

fn git(repo: &Repo, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("git").args(arguments).current_dir(&repo.root).output().ok()?;
    output.status.success().then_some(output.stdout)
}
