//! The same command lines for our program for a member's files and for the original's, beside the
//! same files: they say the same, and end in the same way.

use crate::member::{Member, Whose};
use crate::programs::{folder, name, program, run};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

const LINES: &str = include_str!("files.txt");

/// Makes all files that the lines name, in both folders.
fn prepare(folders: [&Path; 2], made: &Path) {
    let (data, copy) = (made.join("data"), made.join("copy"));
    let member = Member::start(Whose::Theirs, &data);
    let endpoint = member.endpoint();
    let ask = |words: &[&str]| run("etcdctl", &[&["--endpoints", &endpoint], words].concat());
    (0..20).for_each(|at| {
        ask(&["put", &format!("k/{}", at % 7), &format!("value {at}")]);
    });
    ask(&["del", "k/2"]);
    ask(&["compaction", "8"]);
    ask(&["snapshot", "save", name(&copy)]);
    member.stop();
    let whole = fs::read(&copy).expect("it is there");
    let mut broken = whole.clone();
    broken[3 * 4_096 - 7] ^= 1;
    let short = &whole[..whole.len() - 4_096];
    let raw = &whole[..whole.len() - 32];
    for folder in folders {
        let write = |inside: &str, bytes: &[u8]| {
            let place = folder.join(inside);
            fs::create_dir_all(place.parent().expect("it has one")).expect("there is room");
            fs::write(place, bytes).expect("there is room");
        };
        write("copy", &whole);
        write("broken", &broken);
        write("short", short);
        write("raw", raw);
        write("tiny", b"tiny");
        write("zeros", &[0; 24_576]);
        write("full/file", b"");
        write("junk/member/snap/db", &[7; 24_576]);
        write("alone/member/snap/db", raw);
        write("bare/member/snap/db", raw);
        fs::create_dir(folder.join("empty")).expect("there is room");
        fs::create_dir(folder.join("bare/member/wal")).expect("there is room");
    }
}

/// How a command ended, and what it said, without what is of the moment or of the program.
fn said(mut command: Command, words: &[&str], folder: &Path) -> String {
    let ended = command.args(words).current_dir(folder).output().expect("it was built");
    let mut text = format!("code {:?}\n", ended.status.code());
    for (mark, bytes) in [("", ended.stdout), ("! ", ended.stderr)] {
        let told = String::from_utf8_lossy(&bytes).replace("myetcdutl", "etcdutl");
        for line in told.lines().filter(|line| !is_own(line)) {
            writeln!(text, "{mark}{}", plain(line)).expect("a text has room");
        }
    }
    text
}

/// Lines that only a program in Go says, and the command that ours has not.
fn is_own(line: &str) -> bool {
    let frames = ["goroutine ", "go.", "github.com/", "main.", "runtime", "\t"];
    line.is_empty()
        || line.contains("\tbbolt\t")
        || line.starts_with("  completion ")
        || frames.iter().any(|frame| line.starts_with(frame))
}

/// A line of the journal without its time and its place.
fn plain(line: &str) -> String {
    let parts: Vec<&str> = line.splitn(4, '\t').collect();
    match parts[..] {
        [time, level, _, rest] if time.ends_with('Z') => format!("{level}: {rest}"),
        _ => line.to_owned(),
    }
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn both_programs_say_the_same_of_the_same_files() {
    let folder = folder();
    let [ours, theirs, made] = ["ours", "theirs", "made"].map(|inside| folder.path().join(inside));
    for place in [&ours, &theirs, &made] {
        fs::create_dir(place).expect("there is room");
    }
    prepare([&ours, &theirs], &made);
    let mut report = String::new();
    for (at, line) in LINES.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> =
            line.split(' ').map(|word| if word == "''" { "" } else { word }).collect();
        let mine = said(Command::new(env!("CARGO_BIN_EXE_myetcdutl")), &words, &ours);
        let original = said(program("etcdutl"), &words, &theirs);
        if mine != original {
            let at = at + 1;
            writeln!(report, "\nfiles.txt:{at}: {line}\n── ours\n{mine}── theirs\n{original}")
                .expect("a text has room");
        }
    }
    assert!(report.is_empty(), "{report}");
}
