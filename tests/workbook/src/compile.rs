//! Building a chapter's tests.
//!
//! Owns the call of cargo and the reading of its messages: the test binary and the tests in it, or
//! the compiler's errors, and whose they are: the chapter's code, the tests against it, or neither.
//!
//! Left to others: what to tell the learner about an error (`broken`).

use crate::Error;
use crate::repo::{Chapter, Repo, Tree};
use crate::screen::{Look, Passing};
use serde::Deserialize;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

/// A test binary.
#[derive(Clone, Debug)]
pub struct Built {
    /// Where it is.
    pub program: PathBuf,
    /// The tests in it, by name.
    pub tests: Vec<String>,
}

/// Why there is no test binary.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Whose errors they are.
    pub part: Part,
    /// The compiler's errors in that part, in its order; empty if cargo itself gave up.
    pub errors: Vec<Diagnostic>,
    /// What cargo wrote.
    pub cargo: String,
}

/// What does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The chapter's code.
    Code,
    /// The code of a layer that the chapter stands on: its folder, relative to the workspace.
    Layer(String),
    /// The tests, against the chapter's code.
    Tests,
    /// Something that the learner does not edit.
    Other,
}

/// One error of the compiler.
#[derive(Clone, Debug, Default)]
pub struct Diagnostic {
    /// As rustc draws it.
    pub rendered: String,
    /// Its first line.
    pub message: String,
    /// The places that it names, the error's own first.
    pub places: Vec<Place>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Relative to the root.
    pub file: PathBuf,
    /// The first line is 1.
    pub line: usize,
}

/// Builds the tests of a chapter: the binary, or why there is none.
pub fn build(
    repo: &Repo,
    chapter: &Chapter,
    tree: Tree,
    look: Look,
    passing: &mut Passing,
) -> Result<Result<Built, Broken>, Error> {
    let format = if look.color { "json-diagnostic-rendered-ansi" } else { "json" };
    let workspace = repo.workspace(tree);
    let mut command = Command::new(cargo());
    command
        .args(["test", "--locked", "--package", &chapter.manifest.package])
        .args(shared(&workspace))
        .args(["--test", "grade", "--no-run"])
        .arg(format!("--message-format={format}"))
        .current_dir(&workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let failed = |error: std::io::Error| {
        Error::new(format!("cargo could not be started: {error}"), "cargo workbook doctor")
    };
    let mut child = command.spawn().map_err(failed)?;
    let mut reader = Reader::new(repo, chapter, &workspace);
    let (send, receive) = channel();
    if let Some(stdout) = child.stdout.take() {
        let send = send.clone();
        std::thread::spawn(move || forward(stdout, &send, Line::Message));
    }
    if let Some(stderr) = child.stderr.take() {
        std::thread::spawn(move || forward(stderr, &send, Line::Progress));
    }
    passing.show(&format!("building {} …", chapter.called()));
    for line in receive {
        match line {
            Line::Message(text) => reader.message(&text),
            Line::Progress(text) => {
                let text = text.trim();
                passing.show(text);
                reader.cargo.push_str(text);
                reader.cargo.push('\n');
            }
        }
    }
    let status = child.wait().map_err(failed)?;
    passing.clear();
    match reader.program.take() {
        Some(program) if status.success() => {
            let tests = list(&program, &repo.folder(chapter, tree))?;
            Ok(Ok(Built { program, tests }))
        }
        Some(_) | None => Ok(Err(reader.broken())),
    }
}

/// What makes cargo use the harness that was built with this command. It unifies the features of
/// what is selected, so a chapter alone would get a `syn`, a `serde` and a harness of its own:
/// twelve seconds of a first grade.
fn shared(workspace: &Path) -> &'static [&'static str] {
    let is_member = workspace.join("tests/workbook/Cargo.toml").is_file();
    if is_member { &["--package", "workbook"] } else { &[] }
}

/// The cargo that runs this command, or the one on the path.
pub fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

enum Line {
    Message(String),
    Progress(String),
}

fn forward(
    stream: impl std::io::Read,
    send: &std::sync::mpsc::Sender<Line>,
    wrap: impl Fn(String) -> Line,
) {
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        if send.send(wrap(line)).is_err() {
            return;
        }
    }
}

/// The names of the tests in a binary.
fn list(program: &Path, folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |reason: String| {
        Error::new(
            format!("{} cannot list its tests: {reason}", program.display()),
            "type the command again; if that does not help, `cargo clean`",
        )
    };
    let output = Command::new(program)
        .args(["--list", "--format", "terse"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
}

/// What cargo's messages have said so far.
struct Reader<'a> {
    root: &'a Path,
    workspace: &'a Path,
    /// The name of the chapter's folder.
    folder: &'a str,
    program: Option<PathBuf>,
    errors: Vec<(Part, Diagnostic)>,
    cargo: String,
}

impl<'a> Reader<'a> {
    fn new(repo: &'a Repo, chapter: &'a Chapter, workspace: &'a Path) -> Reader<'a> {
        let (program, errors, cargo) = (None, Vec::new(), String::new());
        Reader { root: &repo.root, workspace, folder: &chapter.name, program, errors, cargo }
    }

    fn message(&mut self, line: &str) {
        let Ok(message) = serde_json::from_str::<Message>(line) else { return };
        match message.reason.as_str() {
            "compiler-artifact" => {
                let is_grade = message.target.is_some_and(|target| target.is_grade());
                if is_grade && message.manifest_path.is_some_and(|path| self.is_own(&path)) {
                    self.program = message.executable;
                }
            }
            "compiler-message" => {
                let Some(raw) = message.message else { return };
                if raw.level != "error" || raw.spans.is_empty() && raw.code.is_none() {
                    return;
                }
                let manifest = message.manifest_path.unwrap_or_default();
                let is_grade = message.target.is_some_and(|target| target.is_grade());
                let part = self.part(&manifest, is_grade);
                let diagnostic = self.diagnostic(raw);
                self.errors.push((part, diagnostic));
            }
            _ => {}
        }
    }

    fn is_own(&self, manifest: &Path) -> bool {
        manifest.parent().and_then(Path::file_name).is_some_and(|name| name == self.folder)
    }

    fn part(&self, manifest: &Path, is_grade: bool) -> Part {
        if self.is_own(manifest) {
            return if is_grade { Part::Tests } else { Part::Code };
        }
        let folder = manifest.parent().and_then(|folder| folder.strip_prefix(self.root).ok());
        match folder {
            Some(folder) if folder.starts_with("chapters") || folder.starts_with("solutions") => {
                Part::Layer(folder.to_string_lossy().into_owned())
            }
            Some(_) | None => Part::Other,
        }
    }

    fn diagnostic(&self, raw: RawDiagnostic) -> Diagnostic {
        let mut places = Vec::new();
        let mut spans: Vec<&RawSpan> = raw.spans.iter().filter(|span| span.is_primary).collect();
        spans.extend(raw.spans.iter().filter(|span| !span.is_primary));
        spans.extend(raw.children.iter().flat_map(|child| &child.spans));
        for span in spans {
            if let Some(file) = self.inside(&span.file_name) {
                places.push(Place { file, line: span.line_start });
            }
        }
        let rendered = raw.rendered.unwrap_or_else(|| raw.message.clone());
        Diagnostic { rendered, message: raw.message, places }
    }

    /// A path of the compiler's, which is relative to the workspace, as one relative to the root.
    fn inside(&self, path: &str) -> Option<PathBuf> {
        let mut result = PathBuf::new();
        for part in self.workspace.join(path).components() {
            match part {
                std::path::Component::ParentDir => {
                    result.pop();
                }
                other => result.push(other),
            }
        }
        Some(result.strip_prefix(self.root).ok()?.to_path_buf())
    }

    fn broken(self) -> Broken {
        let part = match self.errors.first() {
            Some((part, _)) => part.clone(),
            None => Part::Other,
        };
        let errors = self.errors.into_iter().filter(|(other, _)| *other == part);
        let errors = errors.map(|(_, diagnostic)| diagnostic).collect();
        Broken { part, errors, cargo: self.cargo }
    }
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<RawTarget>,
    executable: Option<PathBuf>,
    message: Option<RawDiagnostic>,
}

#[derive(Deserialize)]
struct RawTarget {
    name: String,
    kind: Vec<String>,
}

impl RawTarget {
    fn is_grade(&self) -> bool {
        self.name == "grade" && self.kind.iter().any(|kind| kind == "test")
    }
}

#[derive(Deserialize)]
struct RawDiagnostic {
    message: String,
    level: String,
    code: Option<serde_json::Value>,
    spans: Vec<RawSpan>,
    children: Vec<RawDiagnostic>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct RawSpan {
    file_name: String,
    line_start: usize,
    is_primary: bool,
}
