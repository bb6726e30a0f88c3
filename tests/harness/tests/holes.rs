//! Holes: what they make of a test, and the one that a test may go on after.
//!
//! Here no pipe is open, as in a plain `cargo test`. Holes on other threads are tried through the
//! command, in its own tests.

use harness::report::{Failure, Verdict};
use harness::{despite_hole, verdict_of};

/// A panic with the words of a `todo!`, so that the text of the sources has none.
fn hole(exercise: &str) -> u32 {
    panic!("not yet implemented: exercise {exercise}: grant a vote")
}

fn not_written(exercise: &str) -> Verdict {
    Verdict::NotWritten { exercise: exercise.to_owned() }
}

fn passed() -> Verdict {
    Verdict::Passed { note: None, trace: None, hazards: Vec::new() }
}

#[test]
fn a_hole_is_not_written_yet() {
    assert_eq!(verdict_of(|| assert_eq!(hole("1.4"), 7)), not_written("1.4"));
}

#[test]
fn a_test_goes_on_after_the_hole_that_it_names() {
    let test = || {
        assert_eq!(despite_hole("2.10", || hole("2.10")), None);
        assert_eq!(despite_hole("2.10", || 7), Some(7));
        assert_eq!(despite_hole("2.10", || -> u32 { panic!("no such entry") }), None);
    };
    assert_eq!(verdict_of(test), passed());
}

#[test]
fn any_other_hole_ends_it() {
    for other in ["2.1", "2.1000", "1.10"] {
        let test = || {
            despite_hole("2.10", || hole(other));
        };
        assert_eq!(verdict_of(test), not_written(other));
    }
    let later = || {
        despite_hole("2.10", || hole("2.10"));
        hole("2.10");
    };
    assert_eq!(verdict_of(later), not_written("2.10"), "it is excused once");
}

#[test]
fn a_failure_inside_it_is_one() {
    let inside = || {
        despite_hole("2.10", || -> u32 { harness::wrong(Failure::default()) });
    };
    let verdict = verdict_of(inside);
    assert!(matches!(verdict, Verdict::Wrong(_)), "{verdict:?}");
    let after = || {
        despite_hole("2.10", || hole("2.10"));
        assert_eq!(1, 2, "one is two");
    };
    let verdict = verdict_of(after);
    let failure = verdict.failure().expect("it failed");
    assert_eq!(failure.message, "one is two\nexpected: 2\ngot: 1");
}
