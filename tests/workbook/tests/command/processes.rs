//! Processes: two commands at once, what a test leaves behind, and a command that is ended.

use crate::fixture::{Fixture, is_alive, until};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

fn place(fixture: &Fixture, name: &str) -> std::path::PathBuf {
    fixture.path(name)
}

/// The lines of a stream, as they come.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

fn start(fixture: &Fixture, mode: &str, place: &std::path::Path, arguments: &[&str]) -> Child {
    let mut command = fixture.command(arguments);
    command.env("FIXTURE", mode).env("PLACE", place).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the command starts")
}

#[test]
fn of_two_runs_at_once_the_second_waits_and_says_so() {
    let fixture = Fixture::new();
    let place = place(&fixture, "first");
    let first = start(&fixture, "gate", &place, &["grade", "1.2"]);
    until("the first is in its test", || place.exists().then_some(()));
    let mut second = start(&fixture, "", &place, &["grade", "1.1"]);
    let said = lines(second.stderr.take().expect("it is piped"));
    let line = said.recv().expect("the second says something");
    assert_eq!(line, "Another `cargo workbook` is grading in this folder; waiting for it.");
    fs::write(place.with_extension("open"), "").expect("the gate opens");
    let first = first.wait_with_output().expect("the first ends");
    let second = second.wait_with_output().expect("the second ends");
    assert_eq!((first.status.code(), second.status.code()), (Some(0), Some(0)));
    fixture.run(&[]).ends(0).says("13/18");
}

#[test]
fn what_a_test_leaves_behind_is_ended() {
    let fixture = Fixture::shared();
    let place = place(fixture, "left-behind");
    let child = start(fixture, "child", &place, &["grade", "1.2"]);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    until("the child is gone", || (!is_alive(&place)).then_some(()));
}

#[test]
fn a_command_that_is_ended_leaves_no_test_running() {
    let fixture = Fixture::new();
    let place = place(&fixture, "started");
    let mut command = start(&fixture, "gate", &place, &["grade", "1.2"]);
    until("the test runs", || fs::read_to_string(&place).ok().filter(|text| !text.is_empty()));
    command.kill().expect("it can be killed");
    command.wait().expect("it ends");
    until("the test is gone", || (!is_alive(&place)).then_some(()));
}

#[test]
fn a_flood_of_output_is_cut() {
    let ran = Fixture::shared().run_with("flood", &["grade", "1.2"]);
    ran.ends(1).says("Your code printed, last of all:").says("    [2Jthe last line");
    assert!(ran.stdout.lines().count() < 40, "{ran}");
    assert!(!ran.stdout.contains('\x1b'), "no control of the terminal is passed on");
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let fixture = Fixture::shared();
    for arguments in [&[][..], &["grade", "1.1"][..], &["--help"][..], &["doctor"][..]] {
        let mut command = fixture.command(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_crowd_of_threads_is_stopped_and_named() {
    let ran = Fixture::shared().run_with("crowd", &["grade", "1.2"]);
    ran.ends(1).says("4/9   crashed").says("1.2 crashed: it has started more than 64 threads");
    // Eight and the test's own are usually no crowd.
    let fixture = Fixture::limited("few threads", "threads = 8");
    let crew = start(&fixture, "crew", &place(&fixture, "eight"), &["grade", "1.2"]);
    let output = crew.wait_with_output().expect("it ends");
    let screen = String::from_utf8_lossy(&output.stdout);
    assert!(screen.contains("1.2 crashed: it has started more than 8 threads"), "{screen}");
    fixture.edit("tests/01-fixture/exercises.toml", "threads = 8", "threads = 9");
    let place = place(&fixture, "nine");
    let crew = start(&fixture, "crew", &place, &["grade", "1.2"]);
    until("all are there", || place.exists().then_some(()));
    fs::write(place.with_extension("open"), "").expect("the gate opens");
    let output = crew.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[cfg(target_os = "linux")]
fn a_test_has_the_memory_that_its_limits_say() {
    let fixture = Fixture::limited("much memory", "memory = 8192");
    fixture.run_with("much memory", &["grade", "1.2"]).ends(0).says("9 of 9 points");
    fixture.edit("tests/01-fixture/exercises.toml", "memory = 8192", "cpu = 1");
    let ran = fixture.run_with("much memory", &["grade", "1.2"]);
    ran.ends(1).says("4/9   crashed");
    ran.says("1.2 crashed: it asked for 1 GiB of memory at once, and may have 4 GiB in all");
}

#[test]
#[cfg(target_os = "linux")]
fn a_test_of_which_one_thread_works_does_not_stand_still() {
    let fixture = Fixture::limited("worker", "idle = 1\ncpu = 600");
    let place = place(&fixture, "worker");
    let worker = start(&fixture, "worker", &place, &["grade", "1.2"]);
    let process = until("the worker works", || fs::read_to_string(&place).ok());
    until("it has worked for longer than a test may stand still", || {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it still runs");
        let (_, fields) = stat.rsplit_once(") ").expect("it has a name");
        let hundredths: u64 = fields.split(' ').nth(11)?.parse().ok()?;
        (hundredths > 200).then_some(())
    });
    fs::write(place.with_extension("open"), "").expect("the gate opens");
    let output = worker.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    // When nobody works, it is over as soon as its limits say.
    let ran = fixture.run_with("wait", &["grade", "1.2"]);
    ran.ends(1).says("0/9   hung").says("no CPU time\nused for 1 s");
}

/// Kills a process that is still there after two minutes, so that reading from it comes to an end.
fn stop_in_the_end(child: &Child) -> Sender<()> {
    let process = rustix::process::Pid::from_child(child);
    let (send, receive) = channel();
    std::thread::spawn(move || {
        if receive.recv_timeout(Duration::from_secs(120)) == Err(RecvTimeoutError::Timeout) {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        }
    });
    send
}

#[test]
fn watching_grades_on_save_and_ends_with_its_reader() {
    let fixture = Fixture::new();
    let mut child = start(&fixture, "", &fixture.path("none"), &["watch", "1"]);
    let done = stop_in_the_end(&child);
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut next = |text: &str| {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(output.read_line(&mut line).expect("it is text"), 0, "it ended");
        }
    };
    next("18 of 18 points");
    next("Watching; save a file to grade again");
    fixture.edit("chapters/01-fixture/src/lib.rs", "_ => left + right,", "_ => left * right,");
    next("14 of 18 points");
    next("Watching");
    fixture.edit("chapters/01-fixture/src/lib.rs", "_ => left * right,", "_ => left + right,");
    next("18 of 18 points");
    next("Watching");
    drop(output);
    until("it has noticed", || child.try_wait().expect("it is a child"));
    drop(done);
}
