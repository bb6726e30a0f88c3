//! `cargo workbook original`: etcd itself, to compare ours with.
//!
//! Owns `target/original`: etcd, its command-line tools and its load tool, of the one release that
//! `tests/original/go.mod` pins, the command of the store that this release is built on, and a
//! client of ours that is made of this release's client library. They are built the way etcd's own
//! releases are: without C, and without paths of this machine.
//!
//! Invariants: the folder is a whole set with the stamp of what it was built from, or it is not
//! there, because a set is made beside it and renamed. What is etcd's is of one release, and a
//! program that can report its version reports the pinned one. One command builds at a time, under
//! a lock of its own, so that grading goes on meanwhile. A command that is ended leaves no `go`
//! behind.
//!
//! Left to others: Go, in `go`; what to do with the programs, to whoever asks for [`tools`].

mod go;

use crate::guard::Guard;
use crate::hash::Hasher;
use crate::lock::Lock;
use crate::repo::Repo;
use crate::screen::{Passing, harmless, remark, say};
use crate::{Error, screen};
use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Where the programs are.
const FOLDER: &str = "target/original";
/// The module that pins them.
const MODULE: &str = "tests/original";
/// In the folder: the hash of what the programs were built from.
const STAMP: &str = "stamp";
/// In the module: what is built and is not etcd's own.
const CLIENT: &str = "client";
/// Changes whenever the same sources would become another folder.
const FORMAT: &str = "workbook-original/2";

/// One program of the set.
struct Program {
    /// The name that everybody knows it by.
    name: &'static str,
    /// The name that Go gives it, after its package.
    built: &'static str,
    /// The module that it is in, whose pin is its version.
    module: &'static str,
    /// What makes it report its version. The load tool and the client have nothing of the kind, and
    /// what bbolt's command says in 1.5.0 is `1.4.0-alpha.0`.
    version: Option<&'static str>,
}

/// How many programs there are.
const COUNT: usize = 6;

const PROGRAMS: [Program; COUNT] = [
    Program {
        name: "etcd",
        built: "server",
        module: "go.etcd.io/etcd/server/v3",
        version: Some("--version"),
    },
    Program {
        name: "etcdctl",
        built: "etcdctl",
        module: "go.etcd.io/etcd/etcdctl/v3",
        version: Some("version"),
    },
    Program {
        name: "etcdutl",
        built: "etcdutl",
        module: "go.etcd.io/etcd/etcdutl/v3",
        version: Some("version"),
    },
    Program { name: "benchmark", built: "benchmark", module: "go.etcd.io/etcd/v3", version: None },
    Program { name: "bbolt", built: "bbolt", module: "go.etcd.io/bbolt", version: None },
    Program { name: CLIENT, built: CLIENT, module: "go.etcd.io/etcd/client/v3", version: None },
];

impl Program {
    /// It is of the one release, as all that is etcd's.
    fn is_etcds(&self) -> bool {
        self.module.starts_with("go.etcd.io/etcd/")
    }
}

/// The programs, built and up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// Where they are, under the names that everybody knows them by.
    pub folder: PathBuf,
    /// The release of what is etcd's, as in `3.7.1`.
    pub version: String,
    /// The hash of what they were built from: another one, and they may answer otherwise.
    pub stamp: String,
}

impl Tools {
    fn of(repo: &Repo, [version, ..]: Pins, stamp: String) -> Tools {
        Tools { folder: repo.path(FOLDER), version, stamp }
    }

    /// In a few words: `etcd 3.7.1, etcdctl, etcdutl, benchmark, bbolt, client`.
    pub fn note(&self) -> String {
        let [etcd, others @ ..] = PROGRAMS.map(|program| program.name);
        format!("{etcd} {}, {}", self.version, others.join(", "))
    }
}

/// Why there are no programs to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// This copy of the workbook does not pin any.
    Module,
    /// No Go here can build them.
    Go {
        /// What is wrong with it: there is none, or it is too old.
        problem: String,
        /// The oldest that will do, as in `1.26`.
        wanted: String,
    },
    /// They can be built, and are not, or from something else than what is pinned now.
    Build,
}

impl Missing {
    /// What to do about it.
    pub fn next(&self) -> String {
        match self {
            Missing::Module => format!("`git checkout {MODULE}` brings it back"),
            Missing::Go { wanted, .. } => format!(
                "install Go {wanted} or newer, from https://go.dev/dl, then `cargo workbook \
                 original`"
            ),
            Missing::Build => "cargo workbook original".to_owned(),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Module => write!(f, "{MODULE} is not here"),
            Missing::Go { problem, .. } => f.write_str(problem),
            Missing::Build => f.write_str("the original etcd is not built"),
        }
    }
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Error {
        Error::new(missing.to_string(), missing.next())
    }
}

/// What a build is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage<'a> {
    /// Another command is building; this one waits for it.
    Waiting,
    /// It begins with this release.
    Building(&'a str),
    /// Go says this of its progress.
    Progress(&'a str),
}

/// What [`check`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The programs are there.
    There(Tools),
    /// They cannot be built on this machine, and why.
    Skipped(String),
    /// They should build, and do not: an explanation in as many lines as it takes.
    Failed(String),
}

/// Carries out `original`.
pub fn run(repo: &Repo) -> Result<ExitCode, Error> {
    match tools(repo) {
        Err(Missing::Build) => build_aloud(repo)?,
        known => known?,
    };
    let width = PROGRAMS.iter().map(|program| program.name.len()).max().unwrap_or(0);
    for (program, version) in PROGRAMS.iter().zip(pins(repo)?) {
        let name = program.name;
        say(&format!("  {name:width$}  {version}  {FOLDER}/{name}\n"));
    }
    Ok(ExitCode::SUCCESS)
}

fn build_aloud(repo: &Repo) -> Result<Tools, Error> {
    // Without a path to itself the command has no guard, and only Ctrl-C is less tidy.
    let guard = Guard::start(&std::env::current_exe().unwrap_or_default());
    let mut passing = Passing::new(screen::Look::now());
    build(repo, &guard, &mut |stage| match stage {
        Stage::Waiting => {
            remark("Another `cargo workbook` is building the original; waiting for it.\n");
        }
        Stage::Building(version) => {
            remark(&format!("Building etcd {version}; the first time takes a few minutes.\n"));
        }
        Stage::Progress(text) => passing.show(text),
    })
}

/// What `verify` asks: the original builds, if this machine can build it. Says nothing meanwhile.
pub fn check(repo: &Repo, guard: &Guard) -> Found {
    let built = match tools(repo) {
        Err(Missing::Build) => build(repo, guard, &mut |_| {}),
        Err(missing) => return Found::Skipped(missing.to_string()),
        Ok(tools) => Ok(tools),
    };
    match built {
        Ok(tools) => Found::There(tools),
        Err(error) => Found::Failed(error.to_string()),
    }
}

/// The Go that would build, in its own words: `go version go1.26.8 linux/amd64`.
pub fn go(repo: &Repo) -> Result<String, Missing> {
    let module = repo.path(MODULE);
    let pinned = fs::read_to_string(module.join("go.mod")).map_err(|_| Missing::Module)?;
    go::find(&module, &pinned).map_err(|(problem, wanted)| Missing::Go { problem, wanted })
}

/// The programs, if they are there and built from what is pinned, by the Go that is here. Builds
/// nothing and takes no time worth naming.
pub fn tools(repo: &Repo) -> Result<Tools, Missing> {
    let go = go(repo)?;
    let folder = repo.path(FOLDER);
    let stamp = stamp(repo, &go);
    let stamped = fs::read_to_string(folder.join(STAMP)).is_ok_and(|text| text == stamp);
    let whole = PROGRAMS.iter().all(|program| folder.join(program.name).is_file());
    match pins(repo) {
        Ok(pins) if stamped && whole => Ok(Tools::of(repo, pins, stamp)),
        // A list that names no release is explained by building from it.
        Ok(_) | Err(_) => Err(Missing::Build),
    }
}

/// Builds the programs, unless another command has done it by the time that it is our turn. `tell`
/// hears what is going on.
pub fn build(repo: &Repo, guard: &Guard, tell: &mut dyn FnMut(Stage<'_>)) -> Result<Tools, Error> {
    let _lock = Lock::at(&repo.path(format!("{FOLDER}.lock")), || tell(Stage::Waiting))?;
    match tools(repo) {
        Err(Missing::Build) => {}
        known => return Ok(known?),
    }
    let pins = pins(repo)?;
    tell(Stage::Building(&pins[0]));
    let part = repo.path(format!("{FOLDER}.part"));
    let built = make(repo, &pins, &part, guard, tell);
    if built.is_err() {
        let _ = clear(&part);
    }
    Ok(Tools::of(repo, pins, built?))
}

/// Makes a set in a folder of its own, tries it, and puts it where it belongs. Its stamp.
fn make(
    repo: &Repo,
    pins: &Pins,
    part: &Path,
    guard: &Guard,
    tell: &mut dyn FnMut(Stage<'_>),
) -> Result<String, Error> {
    let unwritten = |error: io::Error| {
        Error::new(
            format!("cannot write {FOLDER}: {error}"),
            "is the disk full, or the folder somebody else's? `cargo workbook doctor`",
        )
    };
    // What this hashes may change while Go reads it; then the stamp is an old one, and the next
    // call builds again.
    let stamp = stamp(repo, &go(repo)?);
    // A build that was ended has left its folder.
    clear(part).and_then(|()| fs::create_dir_all(part)).map_err(unwritten)?;
    go::build(&repo.path(MODULE), part, guard, tell)?;
    for (program, version) in PROGRAMS.iter().zip(pins) {
        if let Some(wrong) = fault(part, program, version) {
            let next = format!("`git diff {MODULE}` shows what changed");
            return Err(Error::new(format!("{} {wrong}", program.name), next));
        }
    }
    fs::write(part.join(STAMP), &stamp).and_then(|()| put(part, repo)).map_err(unwritten)?;
    Ok(stamp)
}

/// Gives a program that was built its own name and tries it: what is wrong with it, if anything.
fn fault(part: &Path, program: &Program, version: &str) -> Option<String> {
    let path = part.join(program.name);
    if let Err(error) = fs::rename(part.join(program.built), &path) {
        return Some(format!("was not built: {error}"));
    }
    match report(&path, program.version?) {
        Ok(reported) if reported == version => None,
        Ok(other) => Some(format!("reports \"{other}\", and {MODULE}/go.mod pins {version}")),
        Err(error) => Some(format!("was built and does not run: {error}")),
    }
}

/// The version that a program reports: the last word of its first line.
fn report(path: &Path, word: &str) -> io::Result<String> {
    let output =
        Command::new(path).arg(word).stdin(Stdio::null()).stderr(Stdio::null()).output()?;
    let text = harmless(&String::from_utf8_lossy(&output.stdout));
    let last = text.lines().next().and_then(|line| line.split_whitespace().last());
    Ok(last.unwrap_or_default().to_owned())
}

/// Replaces the set. Whoever runs the old one keeps it: its files only lose their names.
fn put(part: &Path, repo: &Repo) -> io::Result<()> {
    let (folder, old) = (repo.path(FOLDER), repo.path(format!("{FOLDER}.old")));
    clear(&old)?;
    match fs::rename(&folder, &old) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => fs::rename(part, &folder)?,
    }
    clear(&old)
}

/// Removes a folder, if it is there.
fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The hash of everything that the programs depend on.
fn stamp(repo: &Repo, go: &str) -> String {
    let mut hasher = Hasher::default();
    for text in [&[FORMAT, go][..], &go::FLAGS].concat() {
        hasher.add(text.as_bytes());
    }
    for file in ["go.mod", "go.sum"] {
        hasher.add_file(file, &repo.path(MODULE).join(file));
    }
    hasher.add_folder(CLIENT, &repo.path(MODULE).join(CLIENT));
    hasher.name()
}

/// The version that each program is pinned to, as in `3.7.1`. The first is etcd's.
type Pins = [String; COUNT];

/// The versions that the programs are pinned to. What is etcd's is of one release; the others are
/// of the versions that this release is built on.
fn pins(repo: &Repo) -> Result<Pins, Error> {
    let text = fs::read_to_string(repo.path(MODULE).join("go.mod")).unwrap_or_default();
    let pins = PROGRAMS.map(|program| go::pinned(&text, program.module));
    let fits = |(program, pin): (&Program, &Option<&str>)| {
        pin.is_some() && (!program.is_etcds() || *pin == pins[0])
    };
    if PROGRAMS.iter().zip(&pins).all(fits) {
        return Ok(pins.map(|pin| pin.unwrap_or_default().to_owned()));
    }
    Err(Error::new(
        format!("{MODULE}/go.mod does not pin etcd and its tools to one release"),
        "its first lines say how that is done",
    ))
}
