//! `verify`: everything that must hold before a change is merged.
//!
//! Owns the list of checks, what is printed about them, and the exit status. It is what CI runs,
//! and it needs nothing but Rust. A check that fails does not stop the others, so one run names
//! all. A check that cannot run says why, and counts as neither passed nor failed.
//!
//! Several checks run at a time: cargo lets one of them build while others run what is built. What
//! was proven for exactly these files is not proven again (see `proven`).
//!
//! In a learner's tree the chapters differ from their starters, which is the point of them: such
//! chapters are named and left out. With `CI=true` they count as mistakes.
//!
//! A new check is one more line in [`CHECKS`].

mod beside;
mod chapters;
mod commands;
mod planted;
mod proven;
mod tables;

use crate::Error;
use crate::cache;
use crate::guard::Guard;
use crate::lock::Lock;
use crate::prove::trial::Trial;
use crate::repo::{Chapter, Repo};
use crate::run::width;
use crate::screen::{Look, Passing, Style, say};
use crate::sync;
use proven::Proven;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Instant, UNIX_EPOCH};

/// All checks, in the order in which they start: first what is quick, then what takes longest.
const CHECKS: &[Check] = &[
    Check::new("the two workspaces agree", About::All, tables::agree),
    Check::new("code is formatted", About::All, commands::formatting),
    Check::new("what sync makes is as it makes it", About::Chapters, chapters::synced),
    Check::new("manifests name what is there", About::Chapters, chapters::manifests),
    Check::new("the tools pass their tests", About::Tools, commands::tests),
    Check::new("the original builds, to compare with", About::Tools, beside::builds),
    Check::new("solutions pass every test", About::Chapters, chapters::solutions_pass),
    Check::new("ours and the original read each other", About::Chapters, beside::compared),
    Check::new("mutants die", About::Chapters, planted::mutants_die),
    Check::new("starters are not written yet", About::Chapters, planted::starters_wait),
    Check::new("solved in order, each exercise turns green", About::Chapters, planted::in_order),
    Check::new("solutions build without a warning", About::Chapters, commands::solutions_lint),
    Check::new("the rest does, without solutions/", About::Chapters, commands::others_lint),
    Check::new("the limits of the house style hold", About::All, commands::tidy),
    Check::new("the book builds, with every include and link", About::All, commands::book),
];

/// Set in the copy of this program, to its process's number.
const COPY: &str = "WORKBOOK_VERIFY_COPY";
/// How many copies of this program are kept. One that is still in use is among the newest.
const COPIES: usize = 3;

/// One thing that must hold.
struct Check {
    name: &'static str,
    about: About,
    run: fn(&Scene<'_>) -> Result<Finding, Error>,
}

impl Check {
    const fn new(
        name: &'static str,
        about: About,
        run: fn(&Scene<'_>) -> Result<Finding, Error>,
    ) -> Check {
        Check { name, about, run }
    }
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// The chapters that were asked for.
    Chapters,
    /// The whole repository, quickly.
    All,
    /// What no chapter changes; left out where chapters are named.
    Tools,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    /// All is well; a few words about it, or none.
    Passed(String),
    /// Something is wrong, in as many lines as it takes.
    Failed(String),
    /// It could not run, and why.
    Skipped(String),
}

/// What all checks know.
struct Scene<'a> {
    repo: &'a Repo,
    /// The chapters that were asked for, each once.
    chapters: Vec<&'a Chapter>,
    /// All of them were, for none was named.
    whole: bool,
    /// Chapters that differ from their starters, and may.
    edited: Vec<&'a Chapter>,
    /// It is CI that asks: nothing is a learner's, and what cannot be had is missing.
    strict: bool,
    /// There are solutions to check against.
    solutions: bool,
    /// What needs no proof any more.
    proven: Proven,
    /// Chapters with their mutants and holes, as soon as one is built.
    trials: Mutex<BTreeMap<String, Arc<Trial<'a>>>>,
    /// Ends what a check has started, if this program is ended.
    guard: Guard,
}

impl<'a> Scene<'a> {
    fn new(repo: &'a Repo, request: &Request, program: &Path) -> Result<Scene<'a>, Error> {
        let solutions = repo.path("solutions/Cargo.toml").is_file();
        let strict = std::env::var_os("CI").is_some_and(|value| value == "true");
        let differs = |chapter: &&Chapter| match sync::compare(repo, chapter) {
            Ok(found) => !found.differences.is_empty(),
            // Whatever is wrong, the check of the starters says it.
            Err(_) => false,
        };
        // Always looked at, before anything else builds: the check would wait for it.
        let mut edited: Vec<&Chapter> = Vec::new();
        if solutions {
            edited.extend(repo.chapters.iter().filter(differs));
        }
        if strict {
            edited.clear();
        }
        let whole = request.chapters.is_empty();
        let mut named = BTreeSet::new();
        for word in &request.chapters {
            named.insert(&repo.target(word)?.chapter().name);
        }
        let asked = |chapter: &&Chapter| whole || named.contains(&chapter.name);
        let chapters: Vec<&Chapter> = repo.chapters.iter().filter(asked).collect();
        let proven = Proven::of(repo, &chapters, request.again);
        let trials = Mutex::default();
        let guard = Guard::start(program);
        Ok(Scene { repo, chapters, whole, edited, strict, solutions, proven, trials, guard })
    }

    /// Chapters whose starters can be looked at.
    fn untouched(&self) -> Vec<&'a Chapter> {
        let is_edited =
            |chapter: &Chapter| self.edited.iter().any(|edited| edited.name == chapter.name);
        self.chapters.iter().copied().filter(|chapter| !is_edited(chapter)).collect()
    }

    /// A chapter with all its mutants and holes. One is built at a time, and once.
    fn trial(&self, chapter: &'a Chapter) -> Result<Arc<Trial<'a>>, Error> {
        let mut trials = self.trials.lock().expect("no holder panics");
        if let Some(trial) = trials.get(&chapter.name) {
            return Ok(Arc::clone(trial));
        }
        let trial = Arc::new(Trial::build(self.repo, chapter, &mut chapters::quiet())?);
        trials.insert(chapter.name.clone(), Arc::clone(&trial));
        Ok(trial)
    }

    /// What is left out, for the line of a check that leaves it out.
    fn left_out(&self) -> String {
        let names: Vec<&str> = self.edited.iter().map(|chapter| chapter.name.as_str()).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => format!("chapters/{one} is edited and left out"),
            several => format!("chapters/{} are edited and left out", several.join(", ")),
        }
    }
}

/// What `verify` is asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Chapters; all if none is named.
    pub chapters: Vec<String>,
    /// Prove also what is proven.
    pub again: bool,
}

/// Runs all checks and says what they found.
pub fn run(repo: &Repo, request: &Request) -> Result<ExitCode, Error> {
    // A word that is no chapter is not worth waiting for others.
    request.chapters.iter().try_for_each(|word| repo.target(word).map(drop))?;
    let program = from_a_copy(repo)?;
    let _lock = Lock::take(repo)?;
    // Whoever had the lock may have taken minutes, in which a manifest has changed.
    let repo = &Repo::at(&repo.root)?;
    let start = Instant::now();
    let scene = Scene::new(repo, request, &program)?;
    let whole = scene.whole;
    let checks: Vec<&Check> =
        CHECKS.iter().filter(|check| whole || check.about != About::Tools).collect();
    let findings = run_all(&scene, &checks, Look::now());
    let count = |wanted: fn(&Finding) -> bool| findings.iter().filter(|one| wanted(one)).count();
    let passed = count(|one| matches!(one, Finding::Passed(_)));
    let failed = count(|one| matches!(one, Finding::Failed(_)));
    let skipped = count(|one| matches!(one, Finding::Skipped(_)));
    let mut end = format!("  {:60} {:>6.1} s\n", "together", start.elapsed().as_secs_f64());
    if !whole {
        end.push_str("  the tools' own tests are left out where chapters are named\n");
    }
    say(&format!("{end}\n{}\n", total(passed, failed, skipped)));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs checks, several at a time, and prints what each found in the order of the list.
fn run_all(scene: &Scene<'_>, checks: &[&Check], look: Look) -> Vec<Finding> {
    let next = AtomicUsize::new(0);
    let (send, receive) = channel();
    let mut findings: Vec<Option<(Finding, f64)>> = checks.iter().map(|_| None).collect();
    let mut passing = Passing::new(look);
    std::thread::scope(|scope| {
        // One more than there are processors: while one builds, others wait for it.
        for _ in 0..=width() {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(check) = checks.get(at) else { return };
                    let start = Instant::now();
                    let finding = (check.run)(scene)
                        .unwrap_or_else(|error| Finding::Failed(error.to_string()));
                    if send.send((at, finding, start.elapsed().as_secs_f64())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut shown = 0;
        passing.show(&format!("{} …", checks[0].name));
        for (at, finding, seconds) in receive {
            findings[at] = Some((finding, seconds));
            passing.clear();
            while let Some(Some((finding, seconds))) = findings.get(shown) {
                say(&line(checks[shown].name, finding, *seconds, look));
                shown += 1;
            }
            if let Some(check) = checks.get(shown) {
                passing.show(&format!("{} …", check.name));
            }
        }
    });
    passing.clear();
    findings.into_iter().flatten().map(|(finding, _)| finding).collect()
}

/// Continues as a copy of this program: one of the checks builds the program anew, and a program
/// whose file is gone cannot start itself again. Returns only in the copy, with its path.
fn from_a_copy(repo: &Repo) -> Result<PathBuf, Error> {
    let place = repo.store().join("verify/program");
    let failed = |error: std::io::Error| {
        Error::new(
            format!("cannot copy this program to {}: {error}", place.display()),
            "is there room on the disk?",
        )
    };
    let own = std::env::current_exe().map_err(failed)?;
    // The number of a process stays when it becomes another program.
    let number = std::process::id().to_string();
    if std::env::var_os(COPY).is_some_and(|value| *value == *number) {
        return Ok(own);
    }
    let copy = copied(&own, &place).map_err(failed)?;
    Err(failed(Command::new(&copy).args(std::env::args_os().skip(1)).env(COPY, number).exec()))
}

/// The copy of a program in a folder. It is named by the program's time, so that another `verify`
/// which runs from one keeps its file, and has that time, so that it counts as the same program.
fn copied(program: &Path, folder: &Path) -> std::io::Result<PathBuf> {
    let time = std::fs::metadata(program)?.modified()?;
    let age = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let copy = folder.join(format!("cargo-workbook-{age}"));
    if !copy.is_file() {
        std::fs::create_dir_all(folder)?;
        let part = folder.join(format!("{}.part", std::process::id()));
        std::fs::copy(program, &part)?;
        File::options().write(true).open(&part)?.set_modified(time)?;
        std::fs::rename(&part, &copy)?;
        cache::forget_old(folder, COPIES);
    }
    Ok(copy)
}

fn line(name: &str, finding: &Finding, seconds: f64, look: Look) -> String {
    let (sign, style, words) = match finding {
        Finding::Passed(note) => ("✓", Style::Good, note.as_str()),
        Finding::Failed(_) => ("✗", Style::Bad, ""),
        Finding::Skipped(why) => ("·", Style::Faint, why.as_str()),
    };
    let sign = look.paint(style, sign);
    let mut text = format!("  {sign} {name:<58} {seconds:>6.1} s\n");
    let words = match finding {
        Finding::Skipped(_) => format!("skipped: {words}"),
        Finding::Passed(_) | Finding::Failed(_) => words.to_owned(),
    };
    if !words.is_empty() {
        text.push_str(&format!("      {}\n", look.paint(Style::Faint, &words)));
    }
    if let Finding::Failed(explanation) = finding {
        for line in explanation.trim_end().lines() {
            text.push_str(format!("      {line}").trim_end());
            text.push('\n');
        }
    }
    text
}

fn total(passed: usize, failed: usize, skipped: usize) -> String {
    match skipped {
        0 => format!("{passed} passed, {failed} failed"),
        _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_easy_to_read_for_programs() {
        assert_eq!(total(12, 0, 0), "12 passed, 0 failed");
        assert_eq!(total(10, 1, 1), "10 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_failure_explains_itself_below_its_line() {
        let look = Look::plain(80);
        let failed = Finding::Failed("a.rs:1: too long\n\nb.rs:2: too long\n".to_owned());
        let text = line("formatting", &failed, 1.25, look);
        assert!(text.starts_with("  ✗ formatting "), "{text}");
        assert!(text.ends_with("1.2 s\n      a.rs:1: too long\n\n      b.rs:2: too long\n"));
        let skipped = line("book", &Finding::Skipped("no solutions/".to_owned()), 0.0, look);
        assert!(skipped.ends_with("      skipped: no solutions/\n"), "{skipped}");
        assert_eq!(line("book", &Finding::Passed(String::new()), 0.0, look).lines().count(), 1);
    }
}
