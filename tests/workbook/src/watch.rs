//! `cargo workbook watch`: grades on save.
//!
//! Owns the looking: several times a second at the sizes and times of the files that a grade
//! depends on. After a change it waits until nothing changes any more, because editors write more
//! than once. Ctrl-C ends it, and so does a closed pipe.

use crate::grade;
use crate::hash::{Hasher, files_below};
use crate::measure::{Request, Seeds};
use crate::repo::{Chapter, Repo, Target, Tree};
use crate::screen::{self, Look};
use crate::{Error, status};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::process::ExitCode;
use std::time::UNIX_EPOCH;

/// How often it looks, in milliseconds.
const PAUSE: i64 = 300;

/// Carries out `watch`.
pub fn run(repo: &Repo, target: Option<&str>) -> Result<ExitCode, Error> {
    if let Some(text) = target {
        repo.target(text)?;
    }
    loop {
        // Read anew each time: a `git pull` may bring other exercises.
        let repo = &Repo::at(&repo.root)?;
        let target = match target {
            Some(text) => repo.target(text)?,
            None => Target::Chapter(status::next_chapter(repo)?),
        };
        let seen = looks_like(repo, target.chapter());
        let look = Look::now();
        if look.terminal {
            screen::say("\x1b[2J\x1b[H");
        }
        let request = Request {
            target: Some(target.name()),
            tree: Tree::Mine,
            seeds: Seeds::default(),
            json: None,
        };
        if let Err(error) = grade::run(repo, &request) {
            screen::complain(&error);
        }
        screen::say("\nWatching; save a file to grade again, Ctrl-C ends it.\n");
        let mut before = seen.clone();
        loop {
            if !pause() {
                return Ok(ExitCode::SUCCESS);
            }
            let now = looks_like(repo, target.chapter());
            // Changed since the grade, and at rest since the last look.
            if now != seen && now == before {
                break;
            }
            before = now;
        }
    }
}

/// Waits a moment; says no if nobody reads standard output any more.
fn pause() -> bool {
    if screen::closed() {
        return false;
    }
    let stdout = std::io::stdout();
    let mut wanted = [PollFd::new(&stdout, PollFlags::empty())];
    let time = Timespec { tv_sec: 0, tv_nsec: PAUSE * 1_000_000 };
    match poll(&mut wanted, Some(&time)) {
        Ok(0) => true,
        Ok(_) => !wanted[0].revents().intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL),
        Err(_) => {
            std::thread::sleep(std::time::Duration::from_millis(PAUSE.unsigned_abs()));
            true
        }
    }
}

/// The sizes and times of the files, as one number.
fn looks_like(repo: &Repo, chapter: &Chapter) -> String {
    let mut hasher = Hasher::default();
    let folders = [repo.root.join("chapters"), repo.tests(chapter)];
    let files = folders.iter().flat_map(|folder| files_below(folder));
    for path in files.chain([repo.root.join("Cargo.toml")]) {
        hasher.add(path.to_string_lossy().as_bytes());
        let Ok(facts) = std::fs::metadata(&path) else { continue };
        let time = facts.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        hasher.add(&time.map_or(0, |time| time.as_nanos()).to_le_bytes());
        hasher.add(&facts.len().to_le_bytes());
    }
    hasher.name()
}
