//! `cargo workbook doctor`: is this machine ready?
//!
//! Owns the checks: one line each, what was found and, if it is not well, what to do. Only what is
//! needed for the chapters that exist makes the answer no.

use crate::compile::cargo;
use crate::repo::{Repo, Tree};
use crate::screen::{self, Look, Style, wrap};
use crate::{Error, original};
use std::process::{Command, ExitCode, Stdio};

/// A build of everything, with room to spare.
const DISK: u64 = 4 << 30;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Well,
    /// It works without, but something is lost.
    Note,
    Ill,
}

struct Check {
    name: &'static str,
    health: Health,
    found: String,
    /// What to do; empty if nothing.
    remedy: String,
}

impl Check {
    fn well(name: &'static str, found: String) -> Check {
        Check { name, health: Health::Well, found, remedy: String::new() }
    }

    fn not(name: &'static str, health: Health, found: String, remedy: impl Into<String>) -> Check {
        Check { name, health, found, remedy: remedy.into() }
    }
}

/// Carries out `doctor`.
pub fn run(repo: &Repo) -> Result<ExitCode, Error> {
    let look = Look::now();
    let checks = [
        tool_version(repo, "rustc"),
        tool_version(repo, "cargo"),
        system(),
        disk(repo),
        git(repo),
        screen_size(look),
        chapters(repo),
        solutions(repo),
        go(repo),
    ];
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in &checks {
        let (sign, style) = match check.health {
            Health::Well => ("✓", Style::Good),
            Health::Note => ("·", Style::Faint),
            Health::Ill => ("✗", Style::Bad),
        };
        let sign = look.paint(style, sign);
        let words = if check.remedy.is_empty() {
            check.found.clone()
        } else {
            format!("{}: {}", check.found, check.remedy)
        };
        for (number, line) in wrap(&words, look.width - width - 6).iter().enumerate() {
            let (sign, name) = if number == 0 { (sign.as_str(), check.name) } else { (" ", "") };
            text.push_str(&format!("  {sign} {name:width$}  {line}\n"));
        }
    }
    let ill = checks.iter().filter(|check| check.health == Health::Ill).count();
    text.push_str(&match ill {
        0 => "\nThis machine is ready.\n  next  cargo workbook\n".to_owned(),
        1 => "\nOne thing has to be repaired first; its line says how.\n".to_owned(),
        many => format!("\n{many} things have to be repaired first; their lines say how.\n"),
    });
    screen::say(&text);
    Ok(if ill == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The first line that a program prints, or nothing if it cannot be run.
fn output(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().lines().next()?.to_owned();
    output.status.success().then_some(text)
}

fn tool_version(repo: &Repo, name: &'static str) -> Check {
    let program = match name {
        "cargo" => cargo(),
        _ => std::env::var_os("RUSTC").map_or_else(|| name.into(), std::path::PathBuf::from),
    };
    let update = "update Rust with `rustup update`, or install it from https://rustup.rs";
    let Some(found) = output(program, &["--version"]) else {
        return Check::not(name, Health::Ill, "not found".to_owned(), update);
    };
    let text = std::fs::read_to_string(repo.root.join("Cargo.toml")).unwrap_or_default();
    let wanted = wanted_version(&text);
    match (wanted, version(&found)) {
        (Some(wanted), Some(version)) if version < wanted => {
            let wanted = format!("{}.{}", wanted.0, wanted.1);
            Check::not(name, Health::Ill, format!("{found} is older than {wanted}"), update)
        }
        (_, Some(_)) => Check::well(name, found),
        (_, None) => Check::not(name, Health::Note, format!("\"{found}\" has no version"), update),
    }
}

/// `rust-version` of the workspace.
fn wanted_version(text: &str) -> Option<(u32, u32)> {
    let table: toml::Table = text.parse().ok()?;
    let package = table.get("workspace")?.get("package")?;
    version(package.get("rust-version")?.as_str()?)
}

/// The first two numbers of the first word that is a version.
fn version(text: &str) -> Option<(u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let mut parts = word.split(['.', '-']);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

fn system() -> Check {
    let found = format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH);
    match std::env::consts::OS {
        "linux" => Check::well("system", found),
        "macos" => Check::not(
            "system",
            Health::Note,
            found,
            "a test that asks for too much memory is not stopped here; everything else is as on \
             Linux",
        ),
        _ => Check::not(
            "system",
            Health::Note,
            found,
            "the workbook is made for Linux and macOS; on Windows use WSL",
        ),
    }
}

fn disk(repo: &Repo) -> Check {
    match rustix::fs::statvfs(&repo.root) {
        Ok(facts) => {
            let free = facts.f_bavail.saturating_mul(facts.f_frsize);
            let found = format!("{:.1} GiB free", free as f64 / f64::from(1 << 30));
            if free >= DISK {
                Check::well("disk", found)
            } else {
                let remedy = "a full build needs about 4 GiB; `cargo clean` frees what was built";
                let health = if free < DISK / 8 { Health::Ill } else { Health::Note };
                Check::not("disk", health, found, remedy)
            }
        }
        Err(error) => {
            Check::not("disk", Health::Note, format!("unknown ({error})"), "look with `df -h .`")
        }
    }
}

fn git(repo: &Repo) -> Check {
    let Some(found) = output("git", &["--version"]) else {
        let remedy = "install git to get updates, and to see and undo your own changes";
        return Check::not("git", Health::Note, "not found".to_owned(), remedy);
    };
    let root = repo.root.to_string_lossy();
    if output("git", &["-C", &root, "rev-parse", "--git-dir"]).is_some() {
        Check::well("git", found)
    } else {
        let remedy = "this folder is not a clone: updates will not come by `git pull`";
        Check::not("git", Health::Note, found, remedy)
    }
}

fn screen_size(look: Look) -> Check {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok().filter(|size| size.ws_col > 0);
    match size {
        Some(size) if look.terminal => {
            let found = format!("{} columns, {} lines", size.ws_col, size.ws_row);
            if usize::from(size.ws_col) >= screen::NARROWEST {
                Check::well("terminal", found)
            } else {
                let remedy = "60 columns or more keep lines whole";
                Check::not("terminal", Health::Note, found, remedy)
            }
        }
        Some(_) | None => Check::well("terminal", "none; output is plain text".to_owned()),
    }
}

fn chapters(repo: &Repo) -> Check {
    let missing: Vec<String> = repo
        .chapters
        .iter()
        .filter(|chapter| repo.require(chapter, Tree::Mine).is_err())
        .map(|chapter| chapter.folder(Tree::Mine))
        .collect();
    if missing.is_empty() {
        return Check::well("chapters", format!("{} here, none missing", repo.chapters.len()));
    }
    let remedy = format!("`git checkout {}` brings them back", missing.join(" "));
    Check::not("chapters", Health::Ill, format!("{} missing", missing.join(", ")), remedy)
}

fn solutions(repo: &Repo) -> Check {
    if repo.root.join("solutions").is_dir() {
        return Check::well("solutions", "here".to_owned());
    }
    let remedy = "everything works except --solution, `diff`, `use solution` and `verify`";
    Check::not("solutions", Health::Note, "solutions/ is not here".to_owned(), remedy)
}

fn go(repo: &Repo) -> Check {
    match original::go(repo) {
        Ok(found) => Check::well("go", found),
        Err(missing) => {
            let remedy = "only comparing with the original etcd needs it; https://go.dev/dl has it";
            Check::not("go", Health::Note, missing.to_string(), remedy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("rustc 1.95.0 (abc 2026-01-01)"), Some((1, 95)));
        assert_eq!(version("cargo 1.100.0-nightly (abc)"), Some((1, 100)));
        assert_eq!(version("nothing here"), None);
        assert!(version("1.9") < version("1.91"));
        let text = "[workspace.package]\nrust-version = \"1.91\"";
        assert_eq!(wanted_version(text), Some((1, 91)));
    }
}
