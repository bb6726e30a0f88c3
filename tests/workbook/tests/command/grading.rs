//! Grades, points and statuses; one test for each way in which code can go wrong.

use crate::fixture::Fixture;

#[test]
fn right_code_gets_every_point() {
    let ran = Fixture::shared().run(&["grade", "1"]);
    ran.ends(0)
        .says("Chapter 1 · A small chapter")
        .says("18 of 18 points")
        .says("✓ 1.1  Add")
        .says("4/4")
        .says("Chapter 1 is complete.");
}

#[test]
fn an_exercise_can_be_graded_alone() {
    let ran = Fixture::shared().run(&["grade", "1.1"]);
    ran.ends(0).says("4 of 4 points").says("1.1 is right.");
    assert!(!ran.stdout.contains("1.2  Act"), "{ran}");
}

#[test]
fn holes_are_not_written_yet_and_what_needs_them_waits() {
    let ran = Fixture::shared().run_with("hole 1.2", &["grade", "1"]);
    ran.ends(1)
        .says("✓ 1.1  Add")
        .says("· 1.2  Act            4/9   not written yet")
        .says("· 1.3  Act later      0/5   waits for 1.2")
        .says("Next: 1.2 Act · 5 minutes, 9 points")
        .says("cargo workbook grade 1.2");
}

#[test]
fn points_are_split_evenly_and_rounded_down() {
    let ran = Fixture::shared().run_with("wrong", &["grade", "1.2"]);
    ran.ends(1).says("✗ 1.2  Act      4/9   wrong").says("4 of 9 points");
}

#[test]
fn a_wrong_answer_is_explained() {
    let ran = Fixture::shared().run_with("wrong", &["grade", "1"]);
    ran.ends(1)
        .says("1.2 is wrong:")
        .says("acts::right, at tests/01-fixture/main.rs:")
        .says("look at  fixture::act · chapters/01-fixture/src/lib.rs:")
        .says("hint     cargo workbook hint 1.2")
        .says("again    cargo workbook grade 1.2")
        .says("✗ 1.3  Act later      0/5   wrong, perhaps because of 1.2");
    assert!(!ran.stdout.contains("What is to be done?"), "no hint is given away\n{ran}");
}

#[test]
fn an_exercise_alone_looks_for_the_cause_in_those_it_needs() {
    let ran = Fixture::shared().run_with("wrong 1.1", &["grade", "1.3"]);
    ran.ends(1)
        .says("✗ 1.3  Act later      0/5   wrong, perhaps because of 1.1")
        .says("first    cargo workbook grade 1.1");
}

#[test]
fn a_panic_names_its_place() {
    let ran = Fixture::shared().run_with("panic", &["grade", "1.2"]);
    ran.ends(1)
        .says("4/9   panicked")
        .says("1.2 panicked: no such vote")
        .says("acts::right, at chapters/01-fixture/src/lib.rs:");
}

#[test]
fn an_endless_loop_costs_its_budget_once() {
    let ran = Fixture::shared().run_with("loop", &["grade", "1.2"]);
    ran.ends(1).says("0/9   hung").says("1.2 does not come back: still computing after 1 s");
}

#[test]
fn more_runs_have_a_larger_budget() {
    let ran = Fixture::shared().run_with("loop", &["grade", "1.2", "--seeds", "20"]);
    ran.ends(1).says("1.2 does not come back: still computing after 2 s");
}

#[test]
fn a_program_that_waits_for_ever_is_stopped() {
    let ran = Fixture::shared().run_with("wait", &["grade", "1.2"]);
    ran.ends(1)
        .says("0/9   hung")
        .says("it waits for something that never comes: no CPU time\nused for 5 s");
}

#[test]
fn a_stack_overflow_costs_that_test_only() {
    let ran = Fixture::shared().run_with("stack", &["grade", "1.2"]);
    ran.ends(1).says("4/9   crashed").says("1.2 crashed: the stack overflowed");
}

#[test]
fn an_abort_costs_that_test_only() {
    let ran = Fixture::shared().run_with("abort", &["grade", "1.2"]);
    ran.ends(1).says("4/9   crashed").says("1.2 crashed: it aborted (SIGABRT)");
}

#[test]
#[cfg(target_os = "linux")]
fn a_terabyte_is_refused() {
    let ran = Fixture::shared().run_with("memory", &["grade", "1.2"]);
    ran.ends(1)
        .says("4/9   crashed")
        .says("1.2 crashed: it asked for 1 TiB of memory at once, and may have 4 GiB in all");
}

#[test]
fn ending_the_process_passes_nothing() {
    let ran = Fixture::shared().run_with("exit", &["grade", "1.2"]);
    ran.ends(1).says("4/9   ended early").says("your code ended the process, with status 0");
}

#[test]
fn a_failing_run_is_drawn_and_can_be_repeated_and_replayed() {
    let fixture = Fixture::shared();
    let ran = fixture.run_with("seed 7", &["grade", "1.2"]);
    ran.ends(1)
        .says("Election Safety is broken: n1 and n2 both lead term 2")
        .says("acts::seeded, seed 7, shrunk from 212 events to 3")
        .says("n1")
        .says("campaigns, t1")
        .says("replay   cargo workbook replay 1.2")
        .says("again    cargo workbook grade 1.2 --seeds 1 --seed 7");
    let again = ["grade", "1.2", "--seeds", "1", "--seed", "7"];
    fixture.run_with("seed 7", &again).ends(1).says("seed 7");
    fixture.run_with("seed 7", &["grade", "1.2", "--seeds", "1", "--seed", "8"]).ends(0);
    fixture
        .run(&["replay", "1.2"])
        .ends(0)
        .says("acts::seeded")
        .says("step 1: tick 1, n1: its election timer fires; campaigns, t1; to n2: vote? t1")
        .says("step 2: tick 2, n2: receives \"vote? t1\" from n1")
        .says("step 3: Election Safety is broken: n1 and n2 both lead term 2");
}
