//! A chapter that is given, from its beginning to its end.

use crate::fixture::{Fixture, until};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const ROOT: &str = r#"[workspace]
resolver = "3"
members = ["MEMBERS"]
exclude = ["solutions"]

[workspace.package]
version = "VERSION"
edition = "2024"
rust-version = "1.91"
license = "MIT"
publish = false

[workspace.dependencies]
# The layers. Made by sync.
fixture = { path = "FOLDER01-fixture" }
# What grades them.
harness = { path = "HARNESS" }

[workspace.lints.rust]
missing_docs = "warn"
"#;

const README: &str = "# A workbook\n\n| | chapter | crate | hours |\n|---|---|---|---|\n\
                      | 1 | A small chapter | `fixture` | 1 |\n\nMore.\n";

const LOG: &str = "//! # The log\n\n/// What the layer below does, and one.\n\
                   pub fn log() -> u32 {\n    fixture::act() + 1\n}\n";

const TESTS: &str = r#"//! The graded tests of `log`.

mod sums {
    #[test]
    fn one_more() {
        harness::check(|| assert_eq!(log::log(), 43));
    }
}

mod others {
    #[test]
    fn below() {
        harness::check(|| assert_eq!(fixture::sum(1, 2), 3));
    }

    #[test]
    fn nothing() {
        harness::check(|| {});
    }
}
"#;

/// A workbook with solutions, and everything that lists its one chapter.
fn workbook() -> Fixture {
    let book = Fixture::new();
    let package = fs::read_to_string(book.path("chapters/01-fixture/Cargo.toml")).expect("it is");
    let root = fs::read_to_string(book.path("Cargo.toml")).expect("it is there");
    let harness = root.split("path = \"").nth(1).and_then(|rest| rest.split('"').next());
    let version = package.split("version = \"").nth(1).and_then(|rest| rest.split('"').next());
    let manifest = ROOT
        .replace("HARNESS", harness.expect("the fixture names the harness"))
        .replace("VERSION", version.expect("the fixture has a version"));
    let mine = manifest.replace("MEMBERS", "chapters/*").replace("FOLDER", "chapters/");
    book.write("Cargo.toml", &mine);
    let solutions = manifest.replace("MEMBERS", "[0-9]*").replace("FOLDER", "");
    book.write("solutions/Cargo.toml", &solutions.replace("exclude = [\"solutions\"]\n", ""));
    let lock = fs::read_to_string(book.path("Cargo.lock")).expect("it is there");
    book.write("solutions/Cargo.lock", &lock);
    for file in ["Cargo.toml", "src/lib.rs"] {
        let text = fs::read_to_string(book.path("chapters/01-fixture").join(file));
        book.write(&format!("solutions/01-fixture/{file}"), &text.expect("it is there"));
    }
    book.write("README.md", README);
    book
}

/// What may not change when a chapter has come and gone.
fn lists(book: &Fixture) -> Vec<String> {
    let files =
        ["Cargo.toml", "Cargo.lock", "solutions/Cargo.toml", "solutions/Cargo.lock", "README.md"];
    files.map(|file| fs::read_to_string(book.path(file)).expect(file)).to_vec()
}

#[test]
fn a_given_chapter_begins_is_graded_swapped_listed_verified_and_goes() {
    let book = workbook();
    let before = lists(&book);
    book.run(&["new", "02-log", "--title", "The log"]).ends(0).says("solutions/02-log/src/lib.rs");
    let with = lists(&book);
    assert!(with[0].contains("\nlog = { path = \"chapters/02-log\" }\n# What"), "{}", with[0]);
    assert!(with[2].contains("\nlog = { path = \"02-log\" }\n# What"), "{}", with[2]);
    assert!(with[4].contains("|\n| 2 | The log | `log` | given |\n\nMore"), "{}", with[4]);
    book.run(&["grade", "2", "--solution"]).ends(1).says("It has no tests yet");

    // It is written in one place, and sync brings it to the other.
    write(&book);
    book.run(&["sync", "--check"]).ends(1).says("chapters/02-log/src/lib.rs:2");
    book.run(&["new", "02-other"]).ends(2).complains("02-log is there already");
    synced(&book);

    graded(&book);
    book.run(&[]).ends(0).says("The log").says("given: yours to read, exercises to come");
    swapped(&book);
    for (words, why) in [
        (["prove", "2"], "chapter 2 is given"),
        (["hint", "2.1"], "chapter 2 is given and has no exercises"),
        (["replay", "log"], "no failing run of 2 is kept"),
        (["remove", "1"], "chapter 1 has exercises"),
    ] {
        book.run(&words).ends(2).complains(why);
    }
    let verified = book.run(&["verify", "log"]);
    verified.ends(0).says("✓ solutions pass every test").says("3 tests");
    book.run(&["verify", "2"]).ends(0).says("3 tests, proven before");
    // There profiles are, for one.
    book.write(".cargo/config.toml", "[term]\nverbose = false\n");
    let other = book.run(&["verify", "2"]);
    assert!(!other.ends(0).says("3 tests").stdout.contains("proven before"), "{other}");

    let bench = "[package]\nname = \"bench\"\n\n[dependencies]\nlog.workspace = true\n";
    book.write("solutions/bench/Cargo.toml", bench);
    book.run(&["remove", "2", "--force"]).ends(2).complains("solutions/bench stands on chapter 2");
    fs::remove_dir_all(book.path("solutions/bench")).expect("it is there");
    book.run(&["remove", "2"]).ends(2).complains("git does not have");
    book.run(&["remove", "2", "--force"]).ends(0).says("02-log is gone");
    assert_eq!(lists(&book), before);
    for folder in ["solutions/02-log", "chapters/02-log", "tests/02-log"] {
        assert!(!book.path(folder).exists(), "{folder}");
    }
    book.run(&["grade", "1"]).ends(0);
}

#[test]
fn a_foundation_is_given_for_good() {
    let book = workbook();
    book.run(&["new", "00-base"]).ends(0).says("cargo workbook grade base --solution");
    book.run(&[]).says("Base").says("given: what other chapters stand on");
    book.run(&["grade", "1"]).ends(0);
    // When everything is done, there is nothing to grade in a foundation.
    book.run(&["grade"]).says("A small chapter").says("18 of 18 points");
    book.run(&["grade", "0"]).ends(2).complains("there is no chapter 0; there are: base, 1");
    book.run(&["reset", "base", "--bare"]).ends(2).complains("`base` is given for good");
    book.run(&["reset", "base"]).ends(0).says("`base` is as it was given already");
}

#[test]
fn without_solutions_no_chapter_begins_or_ends() {
    let book = workbook();
    fs::remove_dir_all(book.path("solutions")).expect("it is there");
    for words in [&["new", "02-log"][..], &["remove", "1"]] {
        book.run(words).ends(2);
    }
    book.run(&["new", "02-log"]).complains("this copy of the workbook has none");
    assert!(!book.path("solutions").exists() && !book.path("tests/02-log").exists());
}

/// A workbook with solutions, and with a chapter 2 that is given.
pub fn with_a_given_chapter() -> Fixture {
    let book = workbook();
    book.run(&["new", "02-log"]).ends(0);
    write(&book);
    synced(&book);
    book
}

/// The solution of a chapter that has begun, and its tests.
fn write(book: &Fixture) {
    let table = "[dependencies]\nfixture.workspace = true\n\n[dev-";
    book.edit("solutions/02-log/Cargo.toml", "[dev-", table);
    book.write("solutions/02-log/src/lib.rs", LOG);
    book.write("tests/02-log/main.rs", TESTS);
}

/// It is in both trees, and the chapter with exercises is as its author left it.
fn synced(book: &Fixture) {
    book.run(&["sync", "--force"]).says("chapters/02-log is the solution: 2 files");
    let code = fs::read_to_string(book.path("solutions/01-fixture/src/lib.rs"));
    book.write("chapters/01-fixture/src/lib.rs", &code.expect("it is there"));
}

#[test]
fn of_two_that_verify_at_once_the_first_keeps_its_program() {
    let book = workbook();
    let manifest = "tests/01-fixture/exercises.toml";
    let text = fs::read_to_string(book.path(manifest)).expect("it is there");
    let patient = "[[limits]]\ntests = [\"acts::*\", \"lasts::*\"]\nidle = 600\n";
    book.write(manifest, &format!("{text}\n{patient}"));
    book.run(&["new", "02-log"]).ends(0);
    write(&book);
    synced(&book);

    let place = book.path("first");
    let mut first = book.command(&["verify", "1", "2", "2"]);
    first.env("FIXTURE", "gate").env("PLACE", &place).stdout(Stdio::piped());
    let first = first.spawn().expect("the command starts");
    until("the first is in chapter 1's tests", || place.exists().then_some(()));
    book.run(&["verify", "2", "x"]).ends(2).complains("\"x\" is neither a chapter nor an exercise");
    let mut second = book.command(&["verify", "2"]);
    second.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut second = second.spawn().expect("the command starts");
    let mut said = String::new();
    let stderr = second.stderr.take().expect("it is piped");
    BufReader::new(stderr).read_line(&mut said).expect("it says something");
    assert!(said.contains("waiting for it"), "{said}");
    fs::write(place.with_extension("open"), "").expect("the gate opens");
    // Only now the first starts chapter 2's tests, with its own program.
    let first = first.wait_with_output().expect("the first ends");
    second.kill().expect("it can be killed");
    second.wait().expect("it ends");
    let screen = String::from_utf8_lossy(&first.stdout);
    assert!(screen.contains("✓ solutions pass every test"), "{screen}");
    // A chapter that is named twice counts once, and naming all is still naming.
    assert!(screen.contains("8 tests"), "{screen}");
    assert!(screen.contains("the tools' own tests are left out"), "{screen}");
}

fn graded(book: &Fixture) {
    book.run(&["grade", "2"]).ends(0).says("3 of 3 tests").says("✓ sums").says("✓ others");
    book.run(&["grade", "log", "--solution"]).ends(0).says("the solution");
    // It stands on what its reader has written.
    let waits = book.run_with("hole 1.2", &["grade", "2"]);
    waits.ends(1).says("2 of 3 tests").says("· sums").says("stands on 1.2, which is not written");
    let wrong = book.run_with("wrong", &["grade", "2", "--json", "grade.json"]);
    wrong.ends(1).says("✗ sums").says("2 is wrong").says("cargo workbook grade 2 --solution");
    let json = fs::read_to_string(book.path("grade.json")).expect("it was written");
    assert!(json.contains("\"given\": true"), "{json}");
    assert!(
        json.contains("\"name\": \"sums::one_more\",\n          \"state\": \"wrong\""),
        "{json}"
    );
    book.run_with("loop", &["grade", "2"]).ends(1).says("2 does not come back");
}

fn swapped(book: &Fixture) {
    book.edit("chapters/02-log/src/lib.rs", "+ 1", "+ 2");
    book.run(&["grade", "2"]).ends(1).says("expected: 43");
    book.run(&["use", "solution", "2"]).ends(0);
    book.run(&[]).says("the solution is in use");
    book.run(&["grade", "2"]).ends(2).complains("chapter 2 is the solution's at the moment");
    book.run(&["use", "mine", "log"]).ends(0);
    book.run(&["reset", "2"]).ends(0).says("Chapter 2 is as it was given");
    book.run(&["grade", "2"]).ends(0);
}
