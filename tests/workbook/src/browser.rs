//! A page in the reader's browser.
//!
//! Owns the search for a program that opens one: what `BROWSER` names, if it is set, and otherwise
//! the system's own way, where there is a screen. Whoever has a page says where it is, so a machine
//! without a browser loses nothing.

use crate::screen::Look;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// An opener that has not failed after this long has handed the page over, or is the browser.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Opens a page for the person at the terminal. False if nobody is there, or nothing can open it.
pub fn open(page: &Path, look: Look) -> bool {
    look.terminal && openers().iter().any(|opener| opens(opener, page, PATIENCE))
}

/// Commands to try, each a program and its arguments. `%s` is the page; without it, the page is the
/// last argument.
fn openers() -> Vec<Vec<String>> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let asked = std::env::var("BROWSER").unwrap_or_default();
    if !asked.trim().is_empty() {
        return asked_for(&asked);
    }
    let screen = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    let candidates = match std::env::consts::OS {
        "macos" => vec!["open"],
        _ if screen => vec!["xdg-open", "wslview"],
        _ => Vec::new(),
    };
    candidates.into_iter().map(|name| vec![name.to_owned()]).collect()
}

/// The commands in `BROWSER`: several are separated by colons.
fn asked_for(value: &str) -> Vec<Vec<String>> {
    let commands = value.split(':').map(|command| command.split_whitespace().map(str::to_owned));
    commands.map(Iterator::collect).filter(|words: &Vec<String>| !words.is_empty()).collect()
}

fn opens(opener: &[String], page: &Path, patience: Duration) -> bool {
    let Some((program, arguments)) = opener.split_first() else { return false };
    let mut arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    match arguments.iter_mut().find(|argument| *argument == "%s") {
        Some(place) => *place = page.into(),
        None => arguments.push(page.into()),
    }
    // In a group of its own: Ctrl-C here is not meant for the browser.
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    let Ok(mut child) = child else { return false };
    let start = Instant::now();
    while start.elapsed() < patience {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(LOOK),
            Err(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_commands_are_tried_in_order() {
        assert_eq!(asked_for("firefox"), [["firefox"]]);
        assert_eq!(asked_for("a --new %s::  :b"), [&["a", "--new", "%s"][..], &["b"]]);
    }

    fn opened(command: &str) -> bool {
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        opens(&words, Path::new("page.html"), Duration::MAX)
    }

    #[test]
    fn an_opener_that_fails_or_is_not_there_opens_nothing() {
        assert!(opened("true"));
        assert!(!opened("false"));
        assert!(!opened("no-such-browser-anywhere"));
        assert!(!opened(""));
    }

    #[test]
    fn a_browser_that_stays_open_is_not_waited_for() {
        let command = ["sleep".to_owned()];
        assert!(opens(&command, Path::new("5"), Duration::ZERO));
    }

    #[test]
    fn the_page_stands_where_it_is_asked_for() {
        assert!(opened("test %s = page.html"));
        assert!(opened("test page.html ="));
        assert!(!opened("test other.html ="));
    }
}
