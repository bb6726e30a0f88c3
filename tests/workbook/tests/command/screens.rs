//! The screens: where you are in every state, the width, and the other commands.

use crate::fixture::{Fixture, ended};
use std::fs;

const CODE: &str = "chapters/01-fixture/src/lib.rs";

/// A workbook in which nothing is written.
fn fresh() -> Fixture {
    let fixture = Fixture::new();
    for (from, id, title) in [
        ("_ => left + right,", "1.1", "add"),
        ("        _ => 42,", "1.2", "act"),
        ("_ => act() + 1,", "1.3", "act later"),
    ] {
        fixture.edit(CODE, from, &format!("_ => todo!(\"exercise {id}: {title}\"),"));
    }
    fixture
}

#[test]
fn a_fresh_clone_leads_to_the_first_exercise_without_building() {
    let fixture = fresh();
    let line = fs::read_to_string(fixture.path(CODE)).expect("it is there");
    let line =
        1 + line.lines().position(|line| line.contains("exercise 1.1: add")).expect("a hole");
    fixture
        .run(&[])
        .ends(0)
        .says("0 of 18 points")
        .says("Welcome.")
        .says("Next: 1.1 Add")
        .says("cargo workbook book")
        .says(&format!("{CODE}:{line}"))
        .says("cargo workbook grade 1.1");
    assert!(!fixture.path("target").exists(), "nothing is built or written");
}

#[test]
fn the_status_follows_the_code() {
    let fixture = fresh();
    fixture.edit(CODE, "todo!(\"exercise 1.1: add\")", "left + right");
    fixture.run(&[]).ends(0).says("Next: 1.1 Add").says("open");
    fixture.run(&["grade", "1.1"]).ends(0).says("1.1 is right.").says("Next: 1.2 Act");
    let ran = fixture.run(&[]);
    ran.ends(0).says("4 of 18 points").says("1 of 3").says("Next: 1.2 Act").says("write");
    assert!(!ran.stdout.contains("Welcome"), "{ran}");
    fixture.edit(CODE, "todo!(\"exercise 1.2: act\")", "42");
    fixture
        .run(&[])
        .ends(0)
        .says("as of the last grade; the code has changed since")
        .says("4/18")
        .says("Next: 1.2 Act")
        .says("cargo workbook grade 1.2");
    // Without an argument, the chapter of the next exercise.
    fixture.run(&["grade"]).ends(1).says("13 of 18 points").says("Next: 1.3 Act later");
    fixture.run(&[]).ends(0).says("13/18").says("Next: 1.3 Act later");
    fixture.edit(CODE, "todo!(\"exercise 1.3: act later\")", "act() + 1");
    fixture.run(&["grade"]).ends(0).says("Chapter 1 is complete.");
    fixture.run(&[]).ends(0).says("18 of 18").says("Everything that is here is right.");
    // A change that keeps everything right is graded once more.
    fixture.edit(CODE, "act() + 1", "1 + act()");
    fixture
        .run(&[])
        .ends(0)
        .says("Next: grade what you have changed")
        .says("cargo workbook grade 1");
    // A grade is of a content: the old content has its old grade.
    fixture.edit(CODE, "1 + act()", "act() + 1");
    fixture.run(&[]).ends(0).says("Everything that is here is right.");
}

#[test]
fn a_damaged_cache_is_no_cache() {
    let fixture = Fixture::new();
    fixture.run(&["grade", "1"]).ends(0);
    for folder in ["grades", "last"] {
        let folder = fixture.path("target/workbook").join(folder);
        for entry in fs::read_dir(folder).expect("it is there") {
            fs::write(entry.expect("an entry").path(), b"{\"format\": 7").expect("it is a file");
        }
    }
    fixture.run(&[]).ends(0).says("Next: 1.1 Add").says("cargo workbook grade 1.1");
    fixture.run(&["grade", "1"]).ends(0);
}

#[test]
fn every_line_fits_a_terminal_of_60_columns() {
    let fixture = Fixture::shared();
    let modes =
        ["", "hole", "wrong", "wrong 1.1", "panic", "stack", "exit", "seed 7", "flood", "memory"];
    for mode in modes {
        for arguments in [&[][..], &["grade", "1"][..], &["replay", "1.2"][..]] {
            for (columns, limit) in [("60", 60), ("20", 60), ("1000", 100)] {
                let mut command = fixture.command(arguments);
                let ran = ended(command.env("FIXTURE", mode).env("COLUMNS", columns));
                let long = ran.stdout.lines().find(|line| line.chars().count() > limit);
                assert_eq!(long, None, "{mode} {arguments:?} at {columns}\n{ran}");
            }
            // Once is enough for what does not depend on the mode.
            if arguments.is_empty() && !mode.is_empty() {
                break;
            }
        }
    }
}

#[test]
fn a_pipe_gets_plain_text() {
    let ran = Fixture::shared().run_with("seed 7", &["grade", "1"]);
    assert!(!ran.stdout.contains(['\x1b', '\r']) && ran.stderr.is_empty(), "{ran}");
}

#[test]
fn help_has_examples() {
    let fixture = Fixture::shared();
    fixture.run(&["--help"]).ends(0).says("Start here:").says("cargo workbook book");
    fixture.run(&["grade", "--help"]).ends(0).says("--seeds 1000 --seed 7");
    for command in [
        "watch", "hint", "diff", "reset", "use", "play", "replay", "book", "doctor", "original",
        "sync", "verify",
    ] {
        fixture.run(&[command, "--help"]).ends(0).says("Usage: cargo workbook");
    }
}

#[test]
fn the_doctor_says_what_to_do() {
    let fixture = Fixture::new();
    fixture.run(&["doctor"]).ends(0).says("rustc").says("This machine is ready.");
    fixture.edit(
        "Cargo.toml",
        "[workspace.dep",
        "[workspace.package]\nrust-version = \"1.999\"\n[workspace.dep",
    );
    fixture
        .run(&["doctor"])
        .ends(1)
        .says("is older than 1.999")
        .says("rustup update")
        .says("things have to be repaired first");
}
