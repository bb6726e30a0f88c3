//! `prove`: mistakes that are caught, one that is not, and one that does not build.

use crate::fixture::Fixture;
use std::fs;

const LEFT: &str = "// exercise: 1.1\n// item: fixture::sum\n// differs: it forgets the right\n\
                    pub fn sum(left: u32, right: u32) -> u32 {\n    left\n}\n";

/// No test adds numbers as large as these.
const LARGE: &str = "// exercise: 1.1\n// item: fixture::sum\n\
                     // differs: the sum of large numbers is zero\n\
                     pub fn sum(left: u32, right: u32) -> u32 {\n    \
                     if left > 100 { 0 } else { left + right }\n}\n";

/// A workbook with a solution, and with these mutants.
fn fixture(mutants: &[(&str, &str)]) -> Fixture {
    let fixture = Fixture::new();
    for file in ["Cargo.toml", "src/lib.rs"] {
        let text = fs::read_to_string(fixture.path("chapters/01-fixture").join(file));
        fixture.write(&format!("solutions/01-fixture/{file}"), &text.expect("the fixture has it"));
    }
    for (name, text) in mutants {
        fixture.write(&format!("tests/01-fixture/mutants/{name}"), text);
    }
    fixture
}

#[test]
fn a_survivor_is_named_and_nothing_is_written_down() {
    let fixture = fixture(&[("1.1-left.rs", LEFT), ("1.1-large.rs", LARGE)]);
    let ran = fixture.run(&["prove", "1", "--write"]);
    ran.ends(1)
        .says("  ✓ it forgets the right\n      sums::small\n")
        .says("  ✗ the sum of large numbers is zero\n      survives: mutants/1.1-large.rs\n")
        .says("2 mutants, 1 caught, 1 alive")
        .says("Nothing is written to tests/01-fixture/kills.json: a survivor is no proof.")
        .says("  next  a test that tells each survivor from the solution");
    assert!(!fixture.path("tests/01-fixture/kills.json").exists());

    // Without it, the table is written, and two proofs write the same but for the time.
    fs::remove_file(fixture.path("tests/01-fixture/mutants/1.1-large.rs")).expect("it is there");
    let table = || {
        fixture.run(&["prove", "--write"]).ends(0).says("1 mutants, 1 caught, 0 alive");
        let text = fs::read_to_string(fixture.path("tests/01-fixture/kills.json"));
        text.expect("it is written").split("\"seconds\"").next().map(str::to_owned)
    };
    let first = table().expect("it has a beginning");
    assert!(first.contains("{\"file\": \"1.1-left.rs\", \"exercise\": \"1.1\", "), "{first}");
    assert!(first.contains("\"item\": \"fixture::sum\", \"test\": \"sums::small\"}"), "{first}");
    assert_eq!(table().as_ref(), Some(&first));
}

#[test]
fn the_length_of_shrunk_runs_is_told() {
    let fixture = fixture(&[("1.1-left.rs", LEFT)]);
    let manifest = "tests/01-fixture/exercises.toml";
    fixture.edit(manifest, "hours = 1\n", "hours = 1\nsimulations = [\"acts::seeded\"]\n");
    let ran = fixture.run(&["prove", "1"]);
    ran.ends(0).says("In simulation: 0 of 1 caught.");
    let ran = fixture.run_with("seed 7", &["prove", "1"]);
    ran.ends(0).says("In simulation: 1 of 1 caught.").says("a median of 3 events (the longest 3)");
    fixture.edit(manifest, "[\"acts::seeded\"]", "[\"acts::sown\"]");
    let ran = fixture.run(&["prove", "1"]);
    ran.ends(2).complains("`simulations` names acts::sown, which is a test of no exercise");
}

#[test]
fn a_mutant_that_does_not_build_is_named() {
    let typed = LEFT.replace("    left\n", "    let both = left;\n    both == right\n");
    let fixture = fixture(&[("1.1-left.rs", LEFT), ("1.1-typed.rs", &typed)]);
    let ran = fixture.run(&["prove", "1"]);
    ran.ends(2)
        .complains("the mutants of 01-fixture do not build:\n")
        .complains("tests/01-fixture/mutants/1.1-typed.rs:\nerror[E0308]: mismatched types")
        .complains("next: mend what is named above");
    assert!(!ran.stderr.contains("1.1-left.rs"), "{ran}");

    // What is no Rust at all is refused before anything is built.
    fixture.write("tests/01-fixture/mutants/1.1-typed.rs", &typed.replace("both ==", "both == ="));
    let ran = fixture.run(&["prove", "1"]);
    ran.ends(2).complains("tests/01-fixture/mutants/1.1-typed.rs: ");
}

#[test]
fn a_test_that_is_not_there_catches_nothing() {
    let fixture = fixture(&[("1.1-left.rs", LEFT)]);
    fixture.edit("tests/01-fixture/exercises.toml", "\"sums::small\"", "\"sums::smaller\"");
    let ran = fixture.run(&["prove", "1", "--write"]);
    ran.ends(2).complains("sums::smaller is in tests/01-fixture/exercises.toml, and there is no");
    assert!(!fixture.path("tests/01-fixture/kills.json").exists());
}
