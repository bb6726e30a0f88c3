//! What the compiler says about a starter.
//!
//! Owns the call of the compiler in a copy of the workspace, and the reading of cargo's messages.

use crate::Error;
use crate::bench::Bench;
use crate::compile::cargo;
use serde_json::Value;
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

/// Compiling in a copy of the workspace.
impl Bench {
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
            // Not locked: a chapter may have a dependency that the lock file does not know yet.
            .args(["check", "--quiet", "--message-format=json", "--package", package])
            .args(targets)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|error| {
            Error::new(format!("cannot run cargo: {error}"), "`cargo workbook doctor` looks for it")
        })?;
        let text = String::from_utf8_lossy(&output.stdout);
        let prefix = self.chapters().join(chapter);
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
