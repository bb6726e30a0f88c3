//! On a terminal: colours, the line that passes, and stepping by keys.
//!
//! The terminal is a pseudo-terminal of the test's own, 60 columns wide.

use crate::fixture::{Fixture, until};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

struct Terminal {
    own: File,
    other: File,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    fn open() -> Terminal {
        let own = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&own).expect("it is ours");
        unlockpt(&own).expect("it is ours");
        let name = ptsname(&own, Vec::new()).expect("it has a name");
        let path = std::ffi::OsStr::from_bytes(name.as_bytes());
        let other = File::options().read(true).write(true).open(path).expect("it opens");
        let size = Winsize { ws_row: 30, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&other, size).expect("it has a size");
        let own = File::from(own);
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut reader, text) = (own.try_clone().expect("a copy"), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                text.lock()
                    .expect("no panics")
                    .push_str(&String::from_utf8_lossy(&buffer[..length]));
            }
        });
        Terminal { own, other, shown }
    }

    fn start(&self, fixture: &Fixture, mode: &str, arguments: &[&str]) -> Child {
        self.start_with(fixture.command(arguments).env("FIXTURE", mode))
    }

    fn start_with(&self, command: &mut Command) -> Child {
        let copy = || Stdio::from(self.other.try_clone().expect("a copy"));
        command.env("TERM", "xterm");
        command.stdin(copy()).stdout(copy()).stderr(copy());
        command.spawn().expect("the command starts")
    }

    /// Waits until the text appears, and forgets everything up to it.
    #[track_caller]
    fn shows(&self, text: &str) {
        until(&format!("{text:?} on the screen"), || {
            let mut shown = self.shown.lock().expect("no panics");
            let at = shown.find(text)?;
            shown.drain(..at + text.len());
            Some(())
        });
    }

    fn press(&mut self, keys: &str) {
        self.own.write_all(keys.as_bytes()).expect("the keys are sent");
    }

    fn modes(&self) -> LocalModes {
        tcgetattr(&self.other).expect("it is a terminal").local_modes
    }
}

#[test]
fn a_run_is_stepped_through_by_keys() {
    let fixture = Fixture::new();
    fixture.run_with("seed 7", &["grade", "1.2"]).ends(1);
    let mut terminal = Terminal::open();
    let before = terminal.modes();
    let mut child = terminal.start(&fixture, "", &["replay", "1.2"]);
    terminal.shows("step 1 of 3");
    terminal.shows("q leave");
    assert!(!terminal.modes().contains(LocalModes::ICANON), "keys arrive one by one");
    for (keys, step) in [
        ("\n", "2"),
        (" ", "3"),
        ("\n", "3"),
        ("b", "2"),
        ("\x1b[D", "1"),
        ("b", "1"),
        ("G", "3"),
        ("g", "1"),
    ] {
        terminal.press(keys);
        terminal.shows(&format!("step {step} of 3"));
        terminal.shows("q leave");
    }
    terminal.press("G");
    terminal.shows("Election Safety is broken: n1 and n2 both lead term 2");
    terminal.press("q");
    let status = until("it has ended", || child.try_wait().expect("it is a child"));
    assert!(status.success());
    assert_eq!(terminal.modes(), before, "the terminal is as it was");
}

#[test]
fn a_run_opens_in_the_browser_that_is_asked_for() {
    let fixture = Fixture::new();
    fixture.run_with("seed 7", &["grade", "1.2"]).ends(1);
    let (browser, page) = (fixture.path("browser"), fixture.path("page"));
    let script = format!("#!/bin/sh\ncat \"$1\" > '{}'\n", page.display());
    std::fs::write(&browser, script).expect("the fixture can be written to");
    let runnable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&browser, runnable).expect("it is ours");
    let mut terminal = Terminal::open();
    let mut child =
        terminal.start_with(fixture.command(&["replay", "1.2"]).env("BROWSER", &browser));
    terminal.shows("The run is open in your browser: target/workbook/replays/");
    let status = until("it has ended", || child.try_wait().expect("it is a child"));
    assert!(status.success());
    until("the browser has the page", || {
        std::fs::read_to_string(&page).ok().filter(|page| page.ends_with("</html>\n"))
    });
    // It can be told not to.
    let command = &["replay", "1.2", "--terminal"];
    let mut child = terminal.start_with(fixture.command(command).env("BROWSER", &browser));
    terminal.shows("step 1 of 3");
    terminal.shows("q leave");
    terminal.press("q");
    until("it has ended", || child.try_wait().expect("it is a child"));
    // Nor does it where nobody looks.
    std::fs::remove_file(&page).expect("the browser has written it");
    fixture.run(&["replay", "1.2"]).ends(0).says("The same run in a browser: target/workbook");
    assert!(!page.exists());
}

#[test]
fn ctrl_c_leaves_the_terminal_as_it_was() {
    let fixture = Fixture::new();
    fixture.run_with("seed 7", &["grade", "1.2"]).ends(1);
    let mut terminal = Terminal::open();
    let before = terminal.modes();
    let mut child = terminal.start(&fixture, "", &["replay", "1.2"]);
    terminal.shows("q leave");
    terminal.press("\x03");
    until("it has ended", || child.try_wait().expect("it is a child"));
    assert_eq!(terminal.modes(), before);
}

#[test]
fn a_terminal_gets_colours_and_60_columns_are_enough() {
    let fixture = Fixture::shared();
    let terminal = Terminal::open();
    let mut child = terminal.start(fixture, "wrong", &["grade", "1"]);
    terminal.shows("\x1b[1mChapter 1 · A small chapter\x1b[0m");
    terminal.shows("\x1b[31m✗\x1b[0m 1.2");
    terminal.shows("again    \x1b[36mcargo workbook grade 1.2\x1b[0m");
    until("it has ended", || child.try_wait().expect("it is a child"));
    let mut plain = fixture.command(&[]);
    let copy = || Stdio::from(terminal.other.try_clone().expect("a copy"));
    plain.env("NO_COLOR", "1").stdout(copy()).stderr(copy());
    assert!(plain.status().expect("it runs").success());
    terminal.shows("Next:");
    let shown = terminal.shown.lock().expect("no panics");
    assert!(!shown.contains("\x1b["), "NO_COLOR is respected: {shown}");
}
