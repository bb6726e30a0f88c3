//! Go: whether this machine has one that will do, and the call that builds.
//!
//! Owns how `go` is called: with the toolchain that is here, since a first run must not download
//! another, and with the contents that go.sum names. Its caches stay where they always are, so that
//! a second clone builds in seconds; only what it throws away afterwards is kept with the result.
//!
//! Left to others: which programs come out of it, and where they go.

use super::Stage;
use crate::Error;
use crate::guard::Guard;
use crate::screen::harmless;
use rustix::process::Pid;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// How the programs are built; what follows is where to.
pub(super) const FLAGS: [&str; 5] = ["build", "-v", "-trimpath", "-mod=readonly", "-o"];
/// How many lines of a failure are shown: its end says most.
const LINES: usize = 20;

/// `go` in the folder of a module.
fn command(module: &Path) -> Command {
    let mut command = Command::new("go");
    command
        .current_dir(module)
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0")
        // A workspace around this repository would have other versions.
        .env("GOWORK", "off")
        .stdin(Stdio::null());
    command
}

/// What `go version` says, or what is wrong with the Go that is here and the oldest that will do.
pub(super) fn find(module: &Path, pinned: &str) -> Result<String, (String, String)> {
    let wanted = pinned.lines().find_map(|line| line.strip_prefix("go ")).unwrap_or("1").trim();
    let problem = match command(module).arg("version").output() {
        Ok(output) => {
            let text = harmless(&String::from_utf8_lossy(&output.stdout));
            let text = text.trim();
            match version(text) {
                Some(found) if numbers(found) >= numbers(wanted) => return Ok(text.to_owned()),
                Some(found) => format!("Go {found} is here, and etcd needs {wanted}"),
                None => "`go` is here, and `go version` names no version".to_owned(),
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => "Go is not installed".to_owned(),
        Err(error) => format!("`go` cannot run: {error}"),
    };
    Err((problem, wanted.to_owned()))
}

/// `1.26.8` in `go version go1.26.8 linux/amd64`.
fn version(text: &str) -> Option<&str> {
    let versions = text.split_whitespace().filter_map(|word| word.strip_prefix("go"));
    versions.into_iter().find(|version| version.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// The numbers of a version. What is not one ends its part, so `1.27rc1` comes before `1.27.0`.
fn numbers(version: &str) -> Vec<u32> {
    let number = |part: &str| {
        let end = part.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().unwrap_or(0)
    };
    version.split('.').map(number).collect()
}

/// The version of a module in go.mod, without its `v`.
pub(super) fn pinned<'a>(text: &'a str, module: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip_while(|word| *word == "require");
        if words.next() != Some(module) {
            return None;
        }
        words.next()?.strip_prefix('v')
    })
}

/// Builds every tool that the module names into a folder that is there.
pub(super) fn build(
    module: &Path,
    into: &Path,
    guard: &Guard,
    tell: &mut dyn FnMut(Stage<'_>),
) -> Result<(), Error> {
    let failed = |error: std::io::Error| {
        Error::new(format!("`go build` cannot run: {error}"), "cargo workbook doctor")
    };
    // If it is killed, Go leaves hundreds of megabytes where it worked.
    let work = into.join("work");
    fs::create_dir_all(&work).map_err(failed)?;
    let mut child = command(module)
        .args(FLAGS)
        .arg(into)
        .arg("tool")
        .env("GOTMPDIR", &work)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // In a group of its own, with the compilers that it starts.
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let group = Pid::from_child(&child);
    guard.watch(group);
    let said = child.stderr.take().map(|stream| listen(stream, tell)).unwrap_or_default();
    let status = child.wait().map_err(failed)?;
    guard.release(group);
    if !status.success() {
        return Err(Error::new(
            format!("the original does not build; `go build` ended with {status}\n{said}"),
            "if Go could not fetch etcd's sources, it needs a network this once; then `cargo \
             workbook original` again",
        ));
    }
    fs::remove_dir_all(&work).map_err(failed)
}

/// Passes on what Go says of its progress. The last lines of everything else are returned.
fn listen(stream: impl Read, tell: &mut dyn FnMut(Stage<'_>)) -> String {
    let mut kept: Vec<String> = Vec::new();
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = harmless(&String::from_utf8_lossy(&line));
        if is_progress(&line) {
            tell(Stage::Progress(&line));
            continue;
        }
        if kept.len() == LINES {
            kept.remove(0);
        }
        kept.push(line);
    }
    kept.join("\n")
}

/// A package that is compiled now, or a module that is fetched.
fn is_progress(line: &str) -> bool {
    line.starts_with("go: downloading ") || !line.contains([' ', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("go version go1.26.8 linux/amd64"), Some("1.26.8"));
        assert_eq!(version("go version devel go1.27-abc Mon linux/arm64"), Some("1.27-abc"));
        assert_eq!(version("gopher"), None);
        for (found, wanted, enough) in [
            ("1.26.8", "1.26", true),
            ("1.26", "1.26.0", false),
            ("1.9.7", "1.26", false),
            ("1.27-abc", "1.26.3", true),
            ("1.27rc1", "1.27.0", false),
            ("2.0", "1.26.3", true),
        ] {
            assert_eq!(numbers(found) >= numbers(wanted), enough, "{found} for {wanted}");
        }
    }

    #[test]
    fn a_version_is_found_in_either_form_of_a_requirement() {
        let text =
            "require a.b/c/v3 v3.1.0\nrequire (\n\ta.b/c v0.1.0\n\ta.b/d v1.2.3 // indirect\n)";
        assert_eq!(pinned(text, "a.b/c/v3"), Some("3.1.0"));
        assert_eq!(pinned(text, "a.b/d"), Some("1.2.3"));
        assert_eq!(pinned(text, "a.b/e"), None);
    }

    #[test]
    fn of_a_failure_the_end_is_kept_and_progress_is_not() {
        let mut text = "go: downloading a.b/c v1.0.0\na.b/c/d\nbytes\n# a.b/c/d\n".to_owned();
        text.extend((1..=LINES).map(|at| format!("d.go:{at}: undefined: x\n")));
        let mut seen = Vec::new();
        let kept = listen(text.as_bytes(), &mut |stage| seen.push(format!("{stage:?}")));
        assert_eq!(seen.len(), 3, "{seen:?}");
        assert!(kept.starts_with("d.go:1: ") && kept.ends_with("d.go:20: undefined: x"), "{kept}");
    }
}
