//! What happens on another thread than the test's, or in a task: holes are not written yet, and
//! panics are told, however the test comes to notice them.

use crate::fixture::{Fixture, Ran};
use std::sync::OnceLock;

const CODE: &str = "chapters/01-fixture/src/lib.rs:";
const TEST: &str = "tests/01-fixture/main.rs:";

/// One command at a time grades in a workbook. These tests have one of their own, so that nobody
/// else waits for them, and in which a test does not stand still for long.
fn grade(mode: &str) -> Ran {
    static OWN: OnceLock<Fixture> = OnceLock::new();
    OWN.get_or_init(|| Fixture::limited("threads", "idle = 1")).run_with(mode, &["grade", "1.2"])
}

/// The words of the screen without its line breaks.
fn words(ran: &Ran) -> String {
    ran.stdout.split_whitespace().collect::<Vec<&str>>().join(" ")
}

#[track_caller]
fn tells(ran: &Ran, texts: &[&str]) {
    let words = words(ran);
    for text in texts {
        assert!(words.contains(text), "{text:?} is missing\n{ran}");
    }
}

#[test]
fn a_hole_on_any_thread_is_not_written_yet() {
    for place in ["thread", "thread behind a channel", "thread that is awaited"] {
        let ran = grade(&format!("hole 1.2 in a {place}"));
        ran.ends(1).says("· 1.2  Act      4/9   not written yet");
    }
}

#[test]
fn a_hole_that_a_runtime_catches_is_not_written_yet() {
    for place in ["task", "task that is ignored", "task that is awaited"] {
        let ran = grade(&format!("hole 1.2 in a {place}"));
        ran.ends(1).says("· 1.2  Act      4/9   not written yet");
    }
}

#[test]
fn what_needs_a_hole_on_another_thread_waits_for_it() {
    let fixture = Fixture::new();
    let manifest = "tests/01-fixture/exercises.toml";
    fixture.edit(manifest, "\"lasts::later\"", "\"acts::right\"");
    fixture.edit(manifest, "\"acts::right\", \"acts::seeded\"", "\"acts::seeded\"");
    let ran = fixture.run_with("hole 1.2 in a thread", &["grade", "1.3"]);
    ran.ends(1).says("· 1.3  Act later      0/5   waits for 1.2");
}

#[test]
fn a_panic_on_another_thread_is_told_when_the_test_fails() {
    for (place, thread, notices) in [
        ("thread", "in another thread", "it answers: \"Any { .. }\""),
        ("thread behind a channel", "in the thread `raft`", "it answers: \"RecvError\""),
    ] {
        let ran = grade(&format!("panic in a {place}"));
        ran.ends(1).says("4/9   panicked").says("1.2 panicked: no such vote");
        let thread = format!("This was {thread}. Then the test failed at {TEST}");
        tells(&ran, &[&thread, notices, &format!("acts::right, at {CODE}")]);
    }
}

#[test]
fn a_panic_on_another_thread_is_told_when_the_test_stands_still() {
    let ran = grade("panic in a thread that is awaited");
    ran.ends(1).says("0/9   panicked").says("1.2 panicked: no such vote");
    let still = "This was in the thread `raft`. Then the test stood still: it waits for something \
                 that never comes: no CPU time used for 1 s";
    tells(&ran, &[still, &format!("acts::right, at {CODE}")]);
}

#[test]
fn a_panic_that_a_runtime_catches_is_told_when_the_test_quotes_it() {
    let ran = grade("panic in a task");
    ran.ends(1).says("4/9   panicked").says("1.2 panicked: no such vote");
    let then = format!("Then the test failed at {TEST}");
    tells(&ran, &[&then, &format!("acts::right, at {CODE}")]);
    // It need not be the reason of what comes later.
    grade("panic in a task that is ignored").ends(0);
}

#[test]
fn an_expectation_on_another_thread_is_wrong_and_no_panic() {
    let ran = grade("expectation in a thread");
    ran.ends(1).says("4/9   wrong").says("1.2 is wrong: in a thread");
    tells(&ran, &["expected: 43 got: 42 This was in another thread.", "acts::right, at tests/"]);
}

#[test]
fn what_a_failing_test_brings_down_with_it_is_not_blamed() {
    let ran = grade("wrong in a test with a server");
    ran.ends(1).says("4/9   wrong").says("1.2 is wrong: what it answers");
    assert!(!ran.stdout.contains("the server is needed"), "{ran}");
    // It is not forgotten either, if the test cannot even end.
    let ran = grade("wrong in a test with a server that stays");
    ran.ends(1).says("0/9   wrong").says("1.2 is wrong: what it answers");
    tells(&ran, &["expected: 42 got: 41 Then the test stood still:"]);
}
