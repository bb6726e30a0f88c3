//! Checks that are a call of cargo.
//!
//! Owns how such a call is made: without a terminal, with an end, and with what it wrote as the
//! explanation if it fails.

use super::{Finding, Scene};
use crate::Error;
use crate::compile::cargo;
use crate::cut::check::Bench;
use crate::cut::starter;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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
    both(scene, |workspace, packages| {
        let mut words = vec!["fmt".to_owned(), "--check".to_owned()];
        words.extend(packages.iter().map(|package| format!("--package={package}")));
        call(scene, workspace, &words)
    })
}

pub(super) fn clippy(scene: &Scene<'_>) -> Result<Finding, Error> {
    if let Some(skipped) = without_component(scene, "clippy", "clippy")? {
        return Ok(skipped);
    }
    both(scene, |workspace, packages| {
        let mut words: Vec<String> =
            ["clippy", "--quiet", "--locked", "--all-targets", "--no-deps"]
                .map(String::from)
                .into();
        words.extend(packages.iter().map(|package| format!("--package={package}")));
        words.extend(["--", "-D", "warnings"].map(String::from));
        call(scene, workspace, &words)
    })
}

pub(super) fn tests(scene: &Scene<'_>) -> Result<Finding, Error> {
    let mut words: Vec<String> =
        ["test", "--quiet", "--locked", "--no-fail-fast"].map(String::from).into();
    let tools = packages(&scene.repo.root, &["tests/harness", "tests/workbook", "book/builder"]);
    if tools.is_empty() {
        return Ok(Finding::Skipped("the tools are not here".to_owned()));
    }
    words.extend(tools.iter().map(|package| format!("--package={package}")));
    // That test is a check of its own.
    words.extend(["--", "--skip", "the_repository_is_tidy"].map(String::from));
    Ok(finding(call(scene, &scene.repo.root, &words)?, String::new()))
}

pub(super) fn tidy(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.repo.path("tests/workbook/tests/tidy.rs").is_file() {
        return Ok(Finding::Skipped("there is no tests/workbook here".to_owned()));
    }
    let words = ["test", "--quiet", "--locked", "--package=workbook", "--test=tidy"];
    Ok(finding(call(scene, &scene.repo.root, &words)?, String::new()))
}

pub(super) fn book(scene: &Scene<'_>) -> Result<Finding, Error> {
    let words = ["run", "--quiet", "--locked", "--package=book-builder", "--", "check"];
    if !scene.repo.path("book/builder/Cargo.toml").is_file() {
        return Ok(Finding::Skipped("there is no book/ here".to_owned()));
    }
    Ok(finding(call(scene, &scene.repo.root, &words)?, String::new()))
}

/// Builds the learner's workspace, as it is given out, where no solutions/ can be seen, and the
/// book in it.
pub(super) fn without_solutions(scene: &Scene<'_>) -> Result<Finding, Error> {
    if !scene.solutions {
        return Ok(Finding::Skipped("there is no solutions/ here".to_owned()));
    }
    let place = scene.work.join("without");
    let names: Vec<&str> =
        scene.repo.chapters.iter().map(|chapter| chapter.name.as_str()).collect();
    let bench = Bench::at(&scene.repo.root, &place, &names)?;
    for chapter in &scene.repo.chapters {
        bench.put(&chapter.name, &starter::of(scene.repo, chapter)?)?;
    }
    let words = ["check", "--quiet", "--locked", "--workspace", "--all-targets"];
    let mut failure = call(scene, &place, &words)?;
    if failure.is_none() && scene.repo.path("book/builder/Cargo.toml").is_file() {
        // The first workspace's builder: in the second it would have to be compiled again.
        let run = ["run", "--quiet", "--locked", "--package=book-builder", "--", "check"];
        let place = place.to_string_lossy();
        let words = [&run[..], &["--untouched", &place]].concat();
        failure = call(scene, &scene.repo.root, &words)?;
    }
    Ok(finding(failure, String::new()))
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

/// The same call in both workspaces, for all packages but edited chapters.
fn both(
    scene: &Scene<'_>,
    check: impl Fn(&Path, &[String]) -> Result<Option<String>, Error>,
) -> Result<Finding, Error> {
    let root = &scene.repo.root;
    let own: Vec<String> =
        scene.standing().iter().map(|chapter| format!("chapters/{}", chapter.name)).collect();
    let mut folders: Vec<&str> = own.iter().map(String::as_str).collect();
    folders.extend(["tests/harness", "tests/workbook", "tests/bench", "book/builder"]);
    let mut failure = check(root, &packages(root, &folders))?;
    if failure.is_none() && scene.solutions {
        let solutions = root.join("solutions");
        let names: Vec<&str> =
            scene.repo.chapters.iter().map(|chapter| chapter.name.as_str()).collect();
        failure = check(&solutions, &packages(&solutions, &[names, vec!["bench"]].concat()))?;
    }
    Ok(finding(failure, scene.left_out()))
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
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let shown = format!("cargo {}", words.join(" "));
    let failed = |error: std::io::Error| {
        Error::new(format!("`{shown}` cannot run: {error}"), "`cargo workbook doctor` may know why")
    };
    let mut child = Command::new(cargo())
        .args(&words)
        .current_dir(folder)
        .env("RUST_BACKTRACE", "0")
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
