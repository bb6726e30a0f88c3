//! A chapter's starter, from the files of its solution.
//!
//! Owns the rounds of cutting and compiling, and the memory of their result: a starter is computed
//! once for each content of the solution, the manifest, the root manifest and the compiler. Losing
//! `target/workbook` costs a few seconds.
//!
//! Invariant: what comes out compiles without a warning.

use super::{Cut, Plan};
use crate::Error;
use crate::bench::{Bench, Purpose};
use crate::compile::cargo;
use crate::files;
use crate::hash::Hasher;
use crate::items::Crate;
use crate::repo::{Chapter, Repo, Tree};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

/// Files with their bytes, relative to a chapter's folder, sorted.
pub type Files = Vec<(PathBuf, Vec<u8>)>;

/// No cut needs as many rounds: each adds an attribute.
const ROUNDS: usize = 200;

#[derive(Serialize, Deserialize)]
struct Memory {
    key: String,
    sources: Vec<(PathBuf, String)>,
}

/// All files of the chapter that a learner starts with: all of the solution if it is given.
pub fn of(repo: &Repo, chapter: &Chapter) -> Result<Files, Error> {
    let folder = repo.folder(chapter, Tree::Solution);
    let solution = solution(repo, chapter)?;
    if chapter.is_given() {
        return Ok(solution);
    }
    let key = key(repo, chapter, &solution)?;
    let memory = repo.store().join("cut").join(format!("{}.json", chapter.name));
    if let Some(sources) = remembered(&memory, &key) {
        return Ok(with_sources(&solution, sources));
    }
    let sources = compute(repo, chapter, &folder, &solution)?;
    // A memory that cannot be written only costs time.
    let text = serde_json::to_string(&Memory { key, sources: sources.clone() });
    if let (Ok(text), Some(parent)) = (text, memory.parent()) {
        let _ = fs::create_dir_all(parent).and_then(|()| fs::write(&memory, text));
    }
    Ok(with_sources(&solution, sources))
}

/// All files of the chapter's solution.
pub fn solution(repo: &Repo, chapter: &Chapter) -> Result<Files, Error> {
    require_solutions(repo, chapter)?;
    let folder = repo.folder(chapter, Tree::Solution);
    files::read(&folder).map_err(|error| unreadable(&folder, &error))
}

/// Files as a crate; what is not text is not Rust.
pub fn as_crate(chapter: &Chapter, files: &Files) -> Crate {
    let sources = files.iter().filter(|(path, _)| is_source(path));
    let texts =
        sources.map(|(path, bytes)| (path.clone(), String::from_utf8_lossy(bytes).into_owned()));
    Crate::from_files(&chapter.manifest.package, texts)
}

/// The solution's folder is there; a clear word if it is not.
pub fn require_solutions(repo: &Repo, chapter: &Chapter) -> Result<(), Error> {
    let folder = chapter.folder(Tree::Solution);
    if repo.path(&folder).join("Cargo.toml").is_file() {
        return Ok(());
    }
    let what = if repo.path("solutions").is_dir() { folder } else { "solutions/".to_owned() };
    Err(Error::new(
        format!("this needs {what}, and this copy of the workbook has none"),
        format!("`git checkout {what}` brings it back, if it was there before"),
    ))
}

/// Compiles a chapter's files in the copy of the workspace, and the graded tests against them; an
/// error says why they do not.
pub fn compile(repo: &Repo, chapter: &Chapter, files: &Files) -> Result<(), Error> {
    let bench = bench(repo, chapter)?;
    bench.put(&chapter.name, files)?;
    let warnings = bench.check_with_tests(&chapter.manifest.package, &chapter.name)?;
    match warnings.first() {
        None => Ok(()),
        Some(warning) => Err(Error::new(
            format!("{}: {}", warning.file.display(), warning.message),
            "this is a mistake of the workbook's: nothing of yours was changed",
        )),
    }
}

fn compute(
    repo: &Repo,
    chapter: &Chapter,
    folder: &Path,
    solution: &Files,
) -> Result<Vec<(PathBuf, String)>, Error> {
    let package = &chapter.manifest.package;
    let krate = Crate::read(package, folder)?;
    let mut cut = Cut::new(&krate, &Plan::of(&chapter.manifest))?;
    let bench = bench(repo, chapter)?;
    for _ in 0..ROUNDS {
        let sources = cut.render();
        bench.put(&chapter.name, &with_sources(solution, sources.clone()))?;
        let warnings = bench.check(package, &chapter.name)?;
        if warnings.is_empty() {
            return Ok(sources);
        }
        if !cut.allow(&warnings)? {
            break;
        }
    }
    Err(Error::new(
        format!("the starter of {} keeps its warnings whatever is allowed", chapter.name),
        format!("`cargo check --package {package}` in {} shows them", bench.folder.display()),
    ))
}

/// The copy of the workspace, with every other chapter as its solution.
fn bench(repo: &Repo, chapter: &Chapter) -> Result<Bench, Error> {
    let solutions = repo.path("solutions");
    let mut names = solved(&solutions).unwrap_or_default();
    names.retain(|name| *name != chapter.name);
    let mut own: Vec<&str> = names.iter().map(String::as_str).collect();
    own.push(&chapter.name);
    let bench = Bench::at(repo, Purpose::Starters, &own)?;
    for name in &names {
        let folder = solutions.join(name);
        let files = files::read(&folder).map_err(|error| unreadable(&folder, &error))?;
        bench.put(name, &files)?;
    }
    Ok(bench)
}

/// The chapters in `solutions/`.
fn solved(solutions: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(solutions)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let numbered = name.starts_with(|letter: char| letter.is_ascii_digit());
        if numbered && entry.path().join("Cargo.toml").is_file() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// What is cut: Rust files under `src`. Everything else is the same in both trees.
pub fn is_source(path: &Path) -> bool {
    path.starts_with("src") && path.extension().is_some_and(|extension| extension == "rs")
}

fn with_sources(solution: &Files, sources: Vec<(PathBuf, String)>) -> Files {
    let others = solution.iter().filter(|(path, _)| !is_source(path)).cloned();
    let sources = sources.into_iter().map(|(path, text)| (path, text.into_bytes()));
    let mut all: Files = others.chain(sources).collect();
    all.sort();
    all
}

fn key(repo: &Repo, chapter: &Chapter, solution: &Files) -> Result<String, Error> {
    let mut hasher = Hasher::default();
    for (path, bytes) in solution {
        hasher.add(path.as_os_str().as_encoded_bytes());
        hasher.add(bytes);
    }
    for path in [repo.tests(chapter).join("exercises.toml"), repo.path("Cargo.toml")] {
        hasher.add(&fs::read(&path).map_err(|error| unreadable(&path, &error))?);
    }
    // Another compiler may warn about other things, and another version of this program cuts
    // otherwise.
    let compiler = Command::new(cargo()).arg("--version").output();
    hasher.add(&compiler.map(|output| output.stdout).unwrap_or_default());
    if let Ok(program) = std::env::current_exe().and_then(fs::metadata) {
        let time = program.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        hasher.add(format!("{} {time:?}", program.len()).as_bytes());
    }
    Ok(hasher.name())
}

fn remembered(memory: &Path, key: &str) -> Option<Vec<(PathBuf, String)>> {
    let memory: Memory = serde_json::from_slice(&fs::read(memory).ok()?).ok()?;
    (memory.key == key).then_some(memory.sources)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        format!("cannot read {}: {error}", path.display()),
        "`git status` shows what is missing or was changed",
    )
}
