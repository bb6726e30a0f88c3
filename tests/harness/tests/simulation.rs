//! The simulator: it repeats itself, uses every fault, finds what is planted, and never blames a
//! machine that is right.

mod toy;

use harness::report::{Event, Failure, Verdict};
use harness::sim::{self, Fault, Goal, Plan, Summary};
use harness::{Action, Cluster, Draws, Property, Violation, verdict_of};
use toy::{Bug, OneLeader, Toy, settled};

fn plan(runs: u64) -> Plan {
    Plan {
        nodes: 3..=5,
        runs,
        storm: 150,
        faults: Fault::ALL.to_vec(),
        commands: 0,
        calm: 1_000,
        steady: 30,
        goal: "a leader that all follow".to_owned(),
    }
}

fn simulate(bug: Bug, runs: u64) -> Summary {
    sim::run::<Toy, OneLeader>(&plan(runs), |n, _| (bug, n), OneLeader::default, settled)
}

fn failure(bug: Bug, runs: u64) -> Failure {
    match verdict_of(|| drop(simulate(bug, runs))) {
        Verdict::Wrong(failure) | Verdict::Panicked(failure) | Verdict::Hung(failure) => failure,
        other @ (Verdict::Passed { .. } | Verdict::NotWritten { .. }) => {
            panic!("{bug:?} was not found: {other:?}")
        }
    }
}

#[test]
fn a_right_machine_with_unlucky_seeds_is_never_failed() {
    let summary = simulate(Bug::None, 3_000);
    assert_eq!(summary.runs, 3_000);
    assert!(summary.slowest < 500, "half of the allowed calm was needed: {}", summary.slowest);
}

#[test]
fn every_kind_of_fault_happens() {
    let summary = simulate(Bug::Busy, 50);
    for fault in Fault::ALL {
        assert!(summary.faults.of(fault) > 0, "{fault:?} did not happen in 50 runs");
    }
}

#[test]
fn power_goes_while_a_disk_writes() {
    let plan = Plan { faults: Fault::FILES.to_vec(), ..plan(50) };
    let summary =
        sim::run::<Toy, OneLeader>(&plan, |n, _| (Bug::None, n), OneLeader::default, settled);
    assert!(summary.faults.of(Fault::HalfWritten) > 20, "{:?}", summary.faults);
}

#[test]
fn what_was_written_before_there_was_weather_is_read() {
    let mut trace = toy::two_leaders();
    trace.weather = Some("weather: none".to_owned());
    let mut old = serde_json::to_value(&trace).expect("it is plain data");
    old.as_object_mut().expect("it is an object").remove("weather");
    trace.weather = None;
    assert_eq!(serde_json::from_value::<harness::report::Trace>(old).expect("it is read"), trace);
}

#[test]
fn a_kind_that_is_not_allowed_does_not_happen() {
    let plan = Plan { faults: vec![Fault::Crash, Fault::Delay], ..plan(50) };
    let summary =
        sim::run::<Toy, OneLeader>(&plan, |n, _| (Bug::None, n), OneLeader::default, settled);
    for fault in Fault::FILES {
        let allowed = plan.faults.contains(&fault);
        assert_eq!(summary.faults.of(fault) > 0, allowed, "{fault:?}");
    }
}

#[test]
fn the_same_seeds_give_the_same_bytes() {
    assert_eq!(simulate(Bug::None, 100), simulate(Bug::None, 100));
    let bytes = || serde_json::to_vec(&failure(Bug::SendsFirst, 5_000)).expect("it is plain data");
    let first = bytes();
    assert!(first == bytes(), "the same failure was told in two ways");
    assert!(first.len() > 500, "a trace is longer than that");
}

#[test]
fn a_planted_safety_bug_is_found() {
    let failure = failure(Bug::SendsFirst, 5_000);
    assert_eq!(failure.invariant.as_deref(), Some("One Leader"));
    let trace = failure.trace.expect("a run was under way");
    let broken = trace.broken.as_ref().expect("it failed");
    assert!(broken.message.contains("lead r"), "{}", broken.message);
    assert_eq!(broken.step, trace.steps.len() - 1, "the last step broke it");
    assert!(trace.seed.is_some(), "it can be repeated");
    let weather = trace.weather.clone().expect("its seed drew a weather");
    let drawn = harness::draw::terminal(&trace, 80, false);
    assert_eq!(drawn.lines().next(), Some(weather.as_str()), "it stands above the run");
    assert!(weather.starts_with("weather: ") && weather.len() <= 60, "{weather}");
    let from = trace.shrunk_from.expect("it was made shorter");
    assert!(from > 100 && trace.steps.len() < 20, "{from} became {}", trace.steps.len());
    let crashed = trace.steps.iter().any(|step| step.event == Event::Crash);
    assert!(crashed, "a vote is only given twice when it is forgotten in between");
}

#[test]
fn a_planted_liveness_bug_is_found() {
    let failure = failure(Bug::Stubborn, 1);
    assert_eq!(failure.invariant.as_deref(), Some("Liveness"));
    assert!(failure.message.contains("not a leader that all follow"), "{}", failure.message);
    assert!(failure.message.starts_with("No fault"), "a quiet run shows it: {}", failure.message);
    let trace = failure.trace.expect("a run was under way");
    assert!(trace.steps.len() < 200, "its beginning is enough: {}", trace.steps.len());
}

#[test]
fn what_only_faults_bring_about_is_shown_with_few_of_them() {
    let failure = failure(Bug::Sulky, 20);
    assert_eq!(failure.invariant.as_deref(), Some("Liveness"));
    assert!(failure.message.starts_with("1000 ticks after every fault"), "{}", failure.message);
    let trace = failure.trace.expect("a run was under way");
    assert!(trace.shrunk_from.is_some_and(|from| from > 1_000), "{:?}", trace.shrunk_from);
    assert!(trace.steps.len() < 100, "its beginning is enough: {}", trace.steps.len());
    let crashes = trace.steps.iter().filter(|step| step.event == Event::Crash).count();
    // One that still votes is enough for another to lead.
    assert_eq!((crashes, trace.nodes.len()), (3, 3));
}

/// What it knows it has seen from a run's first event on, as whoever remembers what was before.
#[derive(Default)]
struct Witness(bool);

impl Property<Toy> for Witness {
    fn after(&mut self, cluster: &Cluster<Toy>, _: &Action) -> Result<(), Violation> {
        if !std::mem::replace(&mut self.0, true) && cluster.packets().len() > cluster.size() {
            return Err(Violation::new("Witness", "It comes late."));
        }
        Ok(())
    }
}

#[test]
fn a_calm_by_itself_is_not_shown_to_who_has_not_seen_its_storm() {
    let verdict = verdict_of(|| {
        let setup = |n, _: &mut Draws| (Bug::Sulky, n);
        drop(sim::run::<Toy, Witness>(&plan(20), setup, Witness::default, settled));
    });
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    assert_eq!(failure.invariant.as_deref(), Some("Liveness"));
    let trace = failure.trace.expect("a run was under way");
    assert!(trace.steps.len() < 100, "it is shrunk all the same: {}", trace.steps.len());
}

#[test]
fn who_needs_everybody_is_found_when_some_are_left_dead() {
    let failure = failure(Bug::Unanimous, 20);
    assert_eq!(failure.invariant.as_deref(), Some("Liveness"));
    let trace = failure.trace.expect("a run was under way");
    let dead = trace.steps.iter().find_map(|step| match &step.event {
        Event::Calm { dead } => Some(dead.clone()),
        _ => None,
    });
    let dead = dead.expect("the storm ends");
    let name = &trace.nodes[dead[0]];
    let start = format!("1000 ticks after every fault but the loss of {name} was healed");
    assert!(failure.message.starts_with(&start), "{}", failure.message);
    assert_eq!((trace.nodes.len(), dead.len()), (3, 1), "the smallest cluster that can spare one");
    assert!(trace.steps.len() < 100, "its beginning is enough: {}", trace.steps.len());
}

#[test]
fn a_minority_is_left_dead_down_or_cut_off() {
    // How many runs ended so: nobody dead; somebody down; somebody up and cut off.
    let ends = std::cell::RefCell::new([0, 0, 0]);
    let goal = |cluster: &Cluster<Toy>| {
        let reached = settled(cluster);
        let dead = || (0..cluster.size()).filter(|node| !cluster.lives(*node));
        assert!(2 * dead().count() < cluster.size(), "a majority lives");
        if reached {
            let up = dead().filter(|node| cluster.machine(*node).is_some()).count();
            let down = dead().count() - up;
            let mut ends = ends.borrow_mut();
            ends[0] += usize::from(up + down == 0);
            ends[1] += usize::from(down > 0);
            ends[2] += usize::from(up > 0);
        }
        reached
    };
    let plan = Plan { steady: 0, nodes: 1..=6, ..plan(300) };
    sim::run::<Toy, OneLeader>(&plan, |n, _| (Bug::None, n), OneLeader::default, goal);
    let [none, down, up] = *ends.borrow();
    assert!(none > 50 && down > 60 && up > 60, "{none} {down} {up}");
    assert!(down.abs_diff(up) < 40, "about as many are down as cut off: {down} {up}");
}

/// A goal that every node is needed for.
struct All;

impl Goal<Toy> for All {
    fn reached(&self, cluster: &Cluster<Toy>) -> bool {
        settled(cluster)
    }

    fn enough(&self, cluster: &Cluster<Toy>, living: &[usize]) -> bool {
        living.len() == cluster.size()
    }
}

#[test]
fn the_goal_says_who_can_be_spared() {
    let summary =
        sim::run::<Toy, OneLeader>(&plan(50), |n, _| (Bug::Unanimous, n), OneLeader::default, All);
    assert_eq!(summary.faults.of(Fault::Death), 0);
}

#[test]
fn background_work_comes_late_and_is_done_in_the_end() {
    let late = std::cell::Cell::new(0);
    let goal = |cluster: &Cluster<Toy>| {
        let backlogs = cluster.living().filter_map(|node| cluster.machine(node).map(Toy::backlog));
        let backlog: u64 = backlogs.sum();
        late.set(late.get().max(backlog));
        settled(cluster) && backlog == 0
    };
    let summary =
        sim::run::<Toy, OneLeader>(&plan(50), |n, _| (Bug::Busy, n), OneLeader::default, goal);
    assert!(summary.faults.of(Fault::Lag) > 20, "{:?}", summary.faults);
    assert!(late.get() > 2, "work piled up: {}", late.get());
    let none = simulate(Bug::None, 50);
    assert_eq!(none.faults.of(Fault::Lag), 0, "who has no work is given none");
}

#[test]
fn a_bug_in_background_work_is_found_and_shrunk() {
    let failure = failure(Bug::Rash, 20);
    assert_eq!(failure.message, "too much to do");
    let trace = failure.trace.expect("a run was under way");
    let last = trace.steps.last().expect("it has steps");
    assert_eq!((&last.event, last.says.as_str()), (&Event::Work, "panics"));
    assert_eq!((trace.nodes.len(), trace.steps.len()), (3, 3 + 6), "{:#?}", trace.steps);
}

#[test]
fn a_storm_of_messages_ends() {
    let verdict = verdict_of(|| drop(simulate(Bug::Chatty, 1)));
    let Verdict::Hung(failure) = verdict else { panic!("{verdict:?}") };
    let steps = failure.trace.expect("a run was under way").steps.len();
    assert!(steps < 110, "its beginning is enough: {steps}");
}

#[test]
fn hidden_randomness_is_found() {
    let found = (0..20).any(|_| {
        let verdict = verdict_of(|| drop(simulate(Bug::Secretive, 1)));
        matches!(&verdict, Verdict::Wrong(failure)
            if failure.invariant.as_deref() == Some("Determinism"))
    });
    assert!(found, "a machine with a clock of its own was run 20 times");
}

#[test]
fn a_panic_is_shown_with_the_run_that_led_to_it() {
    let verdict = verdict_of(|| drop(simulate(Bug::Brittle, 1)));
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    assert_eq!(failure.message, "a leader, here?");
    let mut trace = failure.trace.expect("a run was under way");
    // Three nodes start; one stands, saves, is voted for by one that saves, and leads.
    assert_eq!((trace.nodes.len(), trace.steps.len()), (3, 3 + 6), "{:#?}", trace.steps);
    assert!(trace.shrunk_from.is_some_and(|from| from > 20), "{:?}", trace.shrunk_from);
    let last = trace.steps.pop().expect("it has steps");
    assert_eq!(last.says, "panics");
    assert!(matches!(last.event, Event::Deliver { .. }), "{:?}", last.event);
}

#[test]
fn a_node_that_does_not_matter_is_taken_away() {
    let most = std::cell::Cell::new(0);
    let setup = |nodes: usize, _: &mut harness::Draws| {
        most.set(most.get().max(nodes));
        (Bug::Brittle, nodes)
    };
    let plan = Plan { nodes: 3..=9, ..plan(1) };
    let run = || sim::run::<Toy, OneLeader>(&plan, setup, OneLeader::default, settled);
    let Verdict::Wrong(failure) = verdict_of(|| drop(run())) else { panic!("it panics") };
    assert!(most.get() > 3, "the only run had more nodes: {}", most.get());
    assert_eq!(failure.trace.map(|trace| trace.nodes.len()), Some(3));
}

#[test]
fn a_hole_is_not_called_wrong() {
    let verdict = verdict_of(|| drop(simulate(Bug::Hole, 1)));
    assert_eq!(verdict, Verdict::NotWritten { exercise: "0.1".to_owned() });
}

#[test]
fn an_assertion_reads_like_a_sentence() {
    let verdict = verdict_of(|| assert_eq!(1 + 1, 3, "one and one"));
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    assert_eq!(failure.message, "one and one\nexpected: 3\ngot: 2");
    let verdict = verdict_of(|| assert!(Bug::None == Bug::Hole, "one is not the other"));
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    assert_eq!(failure.message, "one is not the other");
}
