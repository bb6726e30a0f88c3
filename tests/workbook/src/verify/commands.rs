//! Checks that are a call of cargo.
//!
//! Owns how such a call is made: without a terminal, with an end, and with what it wrote as the
//! explanation if it fails.

use super::{Finding, Scene, chapters, proven};
use crate::Error;
use crate::bench::{Bench, Purpose};
use crate::compile::cargo;
use crate::cut::starter;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What is not a chapter.
const TOOLS: &[&str] = &["tests/harness", "tests/workbook", "tests/bench", "book/builder"];
/// Programs for which tests look, and which they do without.
const BROWSERS: &[&str] =
    &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// No call needs as long, on any machine that is worth waiting for.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How often a running call is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How many lines of a failure are shown: its end says most.
const LINES: usize = 60;

pub(super) fn formatting(scene: &Scene<'_>) -> Result<Finding, Error> {
    if let Some(skipped) = without_component(scene, "fmt", "rustfmt")? {
        return Ok(skipped);
    }
    let root = &scene.repo.root;
    let own = scene.untouched();
    let own: Vec<String> = own.iter().map(|one| format!("chapters/{}", one.name)).collect();
    let mut folders: Vec<&str> = own.iter().map(String::as_str).collect();
    folders.extend(TOOLS);
    let words = ["fmt".to_owned(), "--check".to_owned()];
    let plain = ["--".to_owned(), "--color=never".to_owned()];
    let own = [&words[..], &select(&packages(root, &folders)), &plain].concat();
    let mut failure = call(scene, root, &own)?;
    if failure.is_none() && scene.solutions {
        // Only members: cargo would follow paths out of the workspace.
        let solutions = root.join("solutions");
        let mut names: Vec<&str> = scene.chapters.iter().map(|one| one.name.as_str()).collect();
        names.push("bench");
        let all = [&words[..], &select(&packages(&solutions, &names)), &plain].concat();
        failure = call(scene, &solutions, &all)?;
    }
    Ok(finding(failure, scene.left_out()))
}

/// Lints all that is in `solutions/`, or the chapters that were asked for.
pub(super) fn solutions_lint(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(chapters::no_solutions());
    }
    let (words, note) = lint(scene)?;
    let words = [words, selection(scene)].concat();
    let words = [&words[..], &["--", "-D", "warnings"].map(String::from)].concat();
    Ok(finding(call(scene, &scene.repo.path("solutions"), &words)?, note))
}

/// Lints everything else: the starters, as they are given out, where no `solutions/` can be seen,
/// with their tests and the tools. The book is built there as well.
pub(super) fn others_lint(scene: &Scene<'_>) -> Result<Finding, Error> {
    let (words, note) = lint(scene)?;
    let end = ["--", "-D", "warnings"].map(String::from);
    if !scene.solutions {
        // What is in chapters/ may be somebody's work.
        let tools = packages(&scene.repo.root, TOOLS);
        let words = [words, select(&tools), end.to_vec()].concat();
        return Ok(finding(call(scene, &scene.repo.root, &words)?, note));
    }
    let mut starters = Vec::new();
    for chapter in &scene.repo.chapters {
        starters.push((&chapter.name, starter::of(scene.repo, chapter)?));
    }
    let names: Vec<&str> = starters.iter().map(|(name, _)| name.as_str()).collect();
    let bench = Bench::at(scene.repo, Purpose::Starters, &names)?;
    for (name, files) in &starters {
        bench.put(name, files)?;
    }
    let words = [words, selection(scene), end.to_vec()].concat();
    let mut failure = call(scene, &bench.folder, &words)?;
    let has_book = scene.whole && scene.repo.path("book/builder/Cargo.toml").is_file();
    if failure.is_none() && has_book {
        let run = ["run", "--quiet", "--locked", "--package=book-builder", "--", "check"];
        let place = bench.folder.to_string_lossy();
        let words = [&run[..], &["--untouched", &place]].concat();
        failure = call(scene, &scene.repo.root, &words)?;
    }
    Ok(finding(failure, note))
}

/// The call that lints, and a note where the lints are not installed: then the compiler's own
/// warnings are all there is.
fn lint(scene: &Scene<'_>) -> Result<(Vec<String>, String), Error> {
    let missing = without_component(scene, "clippy", "clippy")?;
    let (call, note) = match missing {
        Some(Finding::Skipped(why)) => (&["check"][..], format!("clippy is {why}")),
        Some(_) | None => (&["clippy", "--no-deps"][..], String::new()),
    };
    let words = [call, &["--quiet", "--locked", "--all-targets"]].concat();
    Ok((words.into_iter().map(String::from).collect(), note))
}

/// The packages that were asked for, as arguments of cargo.
fn selection(scene: &Scene<'_>) -> Vec<String> {
    if scene.whole {
        return vec!["--workspace".to_owned()];
    }
    let names = scene.chapters.iter().map(|chapter| chapter.manifest.package.clone());
    select(&names.collect::<Vec<_>>())
}

fn select(packages: &[String]) -> Vec<String> {
    packages.iter().map(|package| format!("--package={package}")).collect()
}

pub(super) fn tests(scene: &Scene<'_>) -> Result<Finding, Error> {
    let tools = packages(&scene.repo.root, TOOLS);
    if tools.is_empty() {
        return Ok(Finding::Skipped("the tools are not here".to_owned()));
    }
    let paths = [TOOLS, &["book/theme", "book/book.toml"]].concat();
    let name = || proven::of_tools(scene.repo, &paths, BROWSERS);
    let before = name();
    if scene.proven.recall(&before).is_some() {
        return Ok(Finding::Passed("proven before".to_owned()));
    }
    let mut words: Vec<String> =
        ["test", "--quiet", "--locked", "--no-fail-fast"].map(String::from).into();
    words.extend(select(&tools));
    // That test is a check of its own.
    words.extend(["--", "--skip", "the_repository_is_tidy"].map(String::from));
    let failure = call(scene, &scene.repo.root, &words)?;
    if failure.is_none() && name() == before {
        scene.proven.keep(&before, "");
    }
    Ok(finding(failure, String::new()))
}

/// With the same packages as the tools' tests: another choice would link the command anew while
/// those tests start it.
pub(super) fn tidy(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.repo.path("tests/workbook/tests/tidy.rs").is_file() {
        return Ok(Finding::Skipped("there is no tests/workbook here".to_owned()));
    }
    let words = ["test", "--quiet", "--locked", "--test=tidy"].map(String::from);
    let words = [&words[..], &select(&packages(&scene.repo.root, TOOLS))].concat();
    Ok(finding(call(scene, &scene.repo.root, &words)?, String::new()))
}

pub(super) fn book(scene: &Scene<'_>) -> Result<Finding, Error> {
    let words = ["run", "--quiet", "--locked", "--package=book-builder", "--", "check"];
    if !scene.repo.path("book/builder/Cargo.toml").is_file() {
        return Ok(Finding::Skipped("there is no book/ here".to_owned()));
    }
    Ok(finding(call(scene, &scene.repo.root, &words)?, String::new()))
}

/// Rust can be installed without its formatter and its lints.
fn without_component(
    scene: &Scene<'_>,
    call_name: &str,
    component: &str,
) -> Result<Option<Finding>, Error> {
    let missing = call(scene, &scene.repo.root, &[call_name, "--version"])?.is_some();
    let why = format!("not installed; `rustup component add {component}` brings it");
    Ok(missing.then_some(Finding::Skipped(why)))
}

fn finding(failure: Option<String>, note: String) -> Finding {
    failure.map_or(Finding::Passed(note), Finding::Failed)
}

/// The names of the packages in these folders, as far as they are there.
fn packages(root: &Path, folders: &[&str]) -> Vec<String> {
    let name = |folder: &&str| {
        let text = std::fs::read_to_string(root.join(folder).join("Cargo.toml")).ok()?;
        let table: toml::Table = text.parse().ok()?;
        Some(table.get("package")?.get("name")?.as_str()?.to_owned())
    };
    folders.iter().filter_map(name).collect()
}

/// Runs cargo in a folder: nothing if it succeeds, the end of what it wrote if it does not.
fn call(
    scene: &Scene<'_>,
    folder: &Path,
    words: &[impl AsRef<str>],
) -> Result<Option<String>, Error> {
    call_with(scene, folder, words, &[])
}

/// The same, with these variables.
pub(super) fn call_with(
    scene: &Scene<'_>,
    folder: &Path,
    words: &[impl AsRef<str>],
    variables: &[(&str, &OsStr)],
) -> Result<Option<String>, Error> {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let shown = format!("cargo {}", words.join(" "));
    let failed = |error: std::io::Error| {
        Error::new(format!("`{shown}` cannot run: {error}"), "`cargo workbook doctor` may know why")
    };
    let mut child = Command::new(cargo())
        .args(&words)
        .current_dir(folder)
        .env("RUST_BACKTRACE", "0")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let group = Pid::from_child(&child);
    scene.guard.watch(group);
    let streams = [
        child.stdout.take().map(|stream| thread::spawn(move || read(stream))),
        child.stderr.take().map(|stream| thread::spawn(move || read(stream))),
    ];
    let in_time = has_ended(group);
    // What it started and left behind would hold on to the pipes. The process is not waited for
    // yet, so the group's number is still its own.
    let _ = kill_process_group(group, Signal::KILL);
    let status = child.wait().map_err(failed)?;
    scene.guard.release(group);
    let texts = streams.into_iter().flatten().filter_map(|stream| stream.join().ok());
    let text = texts.collect::<Vec<_>>().join("\n");
    if !in_time {
        return Ok(Some(explained(&shown, "did not end and was stopped", &text)));
    }
    let how = format!("ended with {status}");
    Ok((!status.success()).then(|| explained(&shown, &how, &text)))
}

/// Waits for a process without taking its status; no if it takes too long.
fn has_ended(process: Pid) -> bool {
    let start = Instant::now();
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while start.elapsed() < LONGEST {
        match waitid(WaitId::Pid(process), options) {
            Ok(None) | Err(Errno::INTR) => thread::sleep(LOOK),
            Ok(Some(_)) | Err(_) => return true,
        }
    }
    false
}

fn read(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What libtest says about tests that pass.
fn is_noise(line: &str) -> bool {
    let counts = line.starts_with("running ") || line.starts_with("test result: ok");
    let dots = line.starts_with('.') && line.chars().all(|c| " ./".contains(c) || c.is_numeric());
    line.trim().is_empty() || counts || dots
}

fn explained(command: &str, how: &str, text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().filter(|line| !is_noise(line)).collect();
    let from = lines.len().saturating_sub(LINES);
    let dots = if from > 0 { format!("… {from} lines before\n") } else { String::new() };
    format!("`{command}` {how}\n{dots}{}", lines[from..].join("\n"))
}
