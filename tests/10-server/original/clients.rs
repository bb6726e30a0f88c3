//! A client that is made of etcd's client library, at a member of ours and at one of the original.
//!
//! What a scenario asks, `tests/original/client` says.

use crate::member::{Member, Whose};
use crate::programs::{folder, program, run};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

/// All that the client does while nothing happens to the member. Users come last: until they are
/// through, others are refused.
const SCENARIOS: [&str; 29] = [
    "kv",
    "ranges",
    "limits",
    "txn",
    "compares",
    "watch",
    "fragments",
    "watchers",
    "lease",
    "expiry",
    "mutex",
    "election",
    "stm",
    "recipes",
    "wrappers",
    "mirror",
    "leader",
    "maintenance",
    "alarms",
    "cluster",
    "calls",
    "asked",
    "branches",
    "leased",
    "watched",
    "asides",
    "gateway",
    "rights",
    "users",
];

/// What two members make the client print, one of ours and one of the original.
pub fn both(see: impl Fn(Whose) -> String + Sync) -> [String; 2] {
    thread::scope(|scope| {
        let see = &see;
        [Whose::Ours, Whose::Theirs]
            .map(|whose| scope.spawn(move || see(whose)))
            .map(|thread| thread.join().expect("it says why above"))
    })
}

/// Each line of one with the same line of the other, where they differ.
pub fn differences([ours, theirs]: &[String; 2]) -> String {
    let mut report = String::new();
    let mut scenario = "";
    let (mut ours, mut theirs) = (ours.lines(), theirs.lines());
    loop {
        let (our, their) = (ours.next(), theirs.next());
        if our.is_none() && their.is_none() {
            return report;
        }
        scenario = their.filter(|line| line.starts_with('#')).unwrap_or(scenario);
        if our != their {
            let [our, their] = [our, their].map(|line| line.unwrap_or("nothing more"));
            report += &format!("{scenario}\n  ours:   {our}\n  theirs: {their}\n");
        }
    }
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_library_sees_the_same() {
    let seen = both(|whose| {
        let folder = folder();
        let member = Member::start(whose, &folder.path().join("data"));
        let endpoint = member.endpoint();
        let mut arguments = vec![endpoint.as_str()];
        arguments.extend(SCENARIOS);
        let seen = run("client", &arguments);
        member.stop();
        seen
    });
    let report = differences(&seen);
    assert!(report.is_empty(), "{report}");
    assert!(seen[0].lines().count() > 300, "{}", seen[0]);
}

/// What is asked of members that are told more, and what they are told.
const TOLD: [(&str, &[&str]); 2] = [
    ("full", &["--quota-backend-bytes=1", "--cors=http://x.y:80", "--host-whitelist=a.b"]),
    (
        "narrow",
        &["--max-request-bytes=4096", "--max-txn-ops=4", "--watch-progress-notify-interval=100ms"],
    ),
];

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_library_sees_the_same_of_members_that_are_told_more() {
    for (scenario, flags) in TOLD {
        let seen = both(|whose| {
            let folder = folder();
            let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
            let member = Member::start_with(whose, &folder.path().join("data"), &flags);
            let seen = run("client", &[&member.endpoint(), scenario]);
            member.stop();
            seen
        });
        let report = differences(&seen);
        assert!(report.is_empty(), "{report}");
        assert!(seen[0].lines().count() > 10, "{}", seen[0]);
    }
}

/// A client that waits for a word at times.
struct Waiting {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    seen: String,
}

impl Waiting {
    fn start(command: &mut Command) -> Waiting {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is room for one more process");
        let stdout = child.stdout.take().expect("it is piped");
        Waiting { child, lines: BufReader::new(stdout).lines(), seen: String::new() }
    }

    /// Reads until it says this, or has ended.
    fn until(&mut self, said: &str) {
        for line in self.lines.by_ref() {
            let line = line.expect("it is text");
            self.seen += &format!("{line}\n");
            if line == said {
                return;
            }
        }
    }

    fn go_on(&mut self) {
        let stdin = self.child.stdin.as_mut().expect("it is piped");
        stdin.write_all(b"go\n").expect("it waits for that");
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_library_lives_through_a_crash() {
    let seen = both(|whose| {
        let folder = folder();
        let member = Member::start(whose, &folder.path().join("data"));
        let mut client = Waiting::start(program("client").args([&member.endpoint(), "restart"]));
        client.until("kill it");
        let killed = member.kill();
        client.go_on();
        client.until("start it");
        let member = killed.start();
        client.go_on();
        client.until("no such line");
        member.stop();
        client.seen.clone()
    });
    let report = differences(&seen);
    assert!(report.is_empty(), "{report}");
    assert!(seen[0].ends_with("closed: OK: no error\n"), "{}", seen[0]);
}
