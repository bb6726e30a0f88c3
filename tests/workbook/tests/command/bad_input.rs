//! What bad input gets: one clear answer each, and a next step.

use crate::fixture::Fixture;
use std::fs;

const CODE: &str = "chapters/01-fixture/src/lib.rs";
const TESTS: &str = "tests/01-fixture/main.rs";
const EXERCISES: &str = "tests/01-fixture/exercises.toml";

#[test]
fn a_compile_error_says_where_and_what_to_type_next() {
    let fixture = Fixture::new();
    fixture.edit(CODE, "_ => 42,", "_ => \"42\",");
    fixture
        .run(&["grade", "1"])
        .ends(2)
        .says("error[E0308]")
        .says("expected `u32`, found `&str`")
        .says("Chapter 1 does not compile: 1 error.")
        .says(&format!("repair  {CODE}:"))
        .says(", in exercise 1.2, Act")
        .says("then    cargo workbook grade 1.2");
}

#[test]
fn a_syntax_error_is_a_compile_error() {
    let fixture = Fixture::new();
    fixture.edit(CODE, "pub fn later() -> u32 {", "pub fn later() -> u32 {{");
    fixture.run(&["grade", "1.3"]).ends(2).says("error").says("Chapter 1 does not compile");
}

#[test]
fn a_changed_signature_is_told_from_a_mistake() {
    let fixture = Fixture::new();
    fixture.edit(CODE, "pub fn sum(left: u32, right: u32)", "pub fn sum(left: u32, right: u64)");
    fixture.edit(CODE, "_ => left + right,", "_ => left + right as u32,");
    fixture.edit(CODE, "pub fn later() -> u32 {", "pub fn later(_: u8) -> u32 {");
    fixture
        .run(&["grade", "1"])
        .ends(2)
        .says("Your code compiles, but the tests of chapter 1 cannot use `later`")
        .says("compare  cargo workbook diff 1.3")
        .says("cargo workbook reset 1.3");
}

#[test]
fn a_renamed_item_is_named() {
    let fixture = Fixture::new();
    fixture.edit(CODE, "pub fn later()", "pub fn some_other_name()");
    fixture
        .run(&["grade", "1"])
        .ends(2)
        .says("the tests of chapter 1 cannot use `later`")
        .says("compare  cargo workbook diff 1.3");
}

#[test]
fn a_hole_is_found_without_building() {
    let fixture = Fixture::new();
    fixture.edit(CODE, "_ => act() + 1,", "_ => todo!(\"exercise 1.3: act later\"),");
    fixture.run(&[]).ends(0).says("Next: 1.1 Add");
    fixture
        .run(&["grade"])
        .ends(1)
        .says("13 of 18 points")
        .says("· 1.3  Act later      0/5   not written yet")
        .says(&format!("write  {CODE}:"));
    fixture.run(&[]).ends(0).says("13/18").says("Next: 1.3 Act later");
}

#[test]
fn a_deleted_test_is_missed() {
    let fixture = Fixture::new();
    fixture.edit(TESTS, "    #[test]\n    fn later()", "    #[cfg(any())]\n    fn later()");
    fixture
        .run(&["grade", "1"])
        .ends(1)
        .says("✗ 1.3  Act later      0/5   a test is missing")
        .says("1.3 cannot be graded: its test is not there any more")
        .says("lasts::later")
        .says("git diff tests/01-fixture");
}

#[test]
fn a_missing_chapter_folder_is_named() {
    let fixture = Fixture::new();
    fs::rename(fixture.path("chapters/01-fixture"), fixture.path("gone")).expect("it moves");
    fixture
        .run(&[])
        .ends(0)
        .says("chapters/01-fixture is missing")
        .says("git checkout chapters/01-fixture");
    fixture
        .run(&["grade", "1"])
        .ends(2)
        .complains("error: chapters/01-fixture is missing, or has no Cargo.toml")
        .complains("`git checkout chapters/01-fixture` brings it back");
}

#[test]
fn no_solutions_is_no_obstacle_but_for_the_solution() {
    let fixture = Fixture::shared();
    fixture.run(&[]).ends(0);
    fixture
        .run(&["grade", "1", "--solution"])
        .ends(2)
        .complains("--solution needs solutions/")
        .complains("next:");
}

#[test]
fn a_broken_manifest_is_named_with_line_and_reason() {
    let cases = [
        ("points = 9", "points = -9", "invalid value"),
        ("points = 9", "points = ", ""),
        ("points = 9", "pionts = 9", "unknown field `pionts`"),
        ("id = \"1.2\"", "id = \"1.1\"", "exercise 1.1 is there twice"),
        ("needs = [\"1.1\"]", "needs = [\"1.3\"]", "exercise 1.2 needs 1.3"),
    ];
    for (from, to, reason) in cases {
        let fixture = Fixture::new();
        let text = fs::read_to_string(fixture.path(EXERCISES)).expect("it is there");
        let line = 1 + text.lines().position(|line| line == from).expect("it has this line");
        fixture.edit(EXERCISES, from, to);
        for arguments in [&[][..], &["grade", "1"][..]] {
            fixture
                .run(arguments)
                .ends(2)
                .complains(&format!("error: {EXERCISES}:{line}: {reason}"))
                .complains("next:");
        }
    }
}

#[test]
fn a_folder_elsewhere_is_not_the_workbook() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Fixture::shared().command(&[]);
    let ran = crate::fixture::ended(command.current_dir(folder.path()));
    ran.ends(2).complains("is not inside the workbook").complains("next:");
}

#[test]
fn the_workbook_is_found_from_below() {
    let fixture = Fixture::shared();
    let mut command = fixture.command(&[]);
    let ran = crate::fixture::ended(command.current_dir(fixture.path("chapters/01-fixture/src")));
    ran.ends(0).says("Build Your Own etcd");
}

#[test]
fn what_does_not_exist_is_answered_with_what_does() {
    let fixture = Fixture::shared();
    fixture.run(&["grade", "7"]).ends(2).complains("there is no chapter 7; there are: 1");
    fixture.run(&["grade", "1.9"]).ends(2).complains("no exercise 1.9; chapter 1 has 1.1 to 1.3");
    fixture.run(&["grade", "one"]).ends(2).complains("neither a chapter nor an exercise");
    fixture.run(&["grade", "1.2.3"]).ends(2).complains("neither a chapter nor an exercise");
    fixture.run(&["grade", "99999999999"]).ends(2).complains("neither a chapter");
    fixture.run(&["grde", "1"]).ends(2).complains("'grade'");
    fixture.run(&["1.2"]).ends(2).complains("cargo workbook grade 1.2");
    fixture.run(&["play", "1"]).ends(2).complains("chapter 1 has no run to watch");
    fixture.run(&["replay", "1.1"]).ends(2).complains("no failing run of 1.1 is kept");
    fixture.run(&["replay", "no-such.json"]).ends(2).complains("no-such.json: cannot be read");
}

#[test]
fn a_replay_file_that_is_cut_off_is_called_so() {
    let fixture = Fixture::new();
    fixture.run_with("seed 7", &["grade", "1.2"]).ends(1);
    let path = fixture.path("target/workbook/replays/1.2.json");
    let bytes = fs::read(&path).expect("the run is kept");
    let file = fixture.path("mine.json");
    fs::write(&file, &bytes[..bytes.len() / 2]).expect("it can be written");
    fixture
        .run(&["replay", "mine.json"])
        .ends(2)
        .complains("mine.json: the file is cut off; it is not a whole run");
    fs::write(&path, b"something else").expect("it can be written");
    fixture.run(&["replay", "1.2"]).ends(2).complains("1.2.json: this is not a run");
    fs::write(&file, &bytes).expect("it can be written");
    fixture.run(&["replay", "mine.json"]).ends(0).says("acts::seeded");
}
