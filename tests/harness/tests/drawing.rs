//! Traces, drawn.

mod toy;

use harness::report::{Trace, Verdict};
use harness::{Cluster, draw, verdict_of};
use toy::{Bug, Toy};

/// n1 leads, n2 crashes and forgets, and n3 leads the same round.
fn trace() -> Trace {
    let verdict = verdict_of(|| {
        let mut cluster = Cluster::<Toy>::new((Bug::SendsFirst, 3), 3);
        cluster.tick(0, 3);
        cluster.timeout(0);
        cluster.sync(0);
        cluster.deliver_between(0, 1);
        cluster.deliver_between(1, 0);
        cluster.crash(1);
        cluster.restart(1);
        cluster.timeout(2);
        cluster.sync(2);
        cluster.deliver_between(2, 1);
        cluster.deliver_between(1, 2);
        panic!("n1 and n3 lead r1");
    });
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    failure.trace.expect("a cluster was at work")
}

#[test]
fn it_is_a_space_time_diagram() {
    let expected = [
        "  tick   n1                      n2                      n3",
        "     4   │ waits r1              │                       │",
        "     4   │ saved, vote? r1       │                       │",
        "     4   │── vote? r1 ──────────▶│ waits r1              │",
        "     4   │◀──────────── yes r1 ──│                       │",
        "         │ leads r1              │                       │",
        "     4   │                         crashes               │",
        "     4   │                       │ restarts, waits r0    │",
        "     5   │                       │                       │ waits r1",
        "     5   │                       │                       │ saved, vote? r1",
        "     5   │                       │◀────────── vote? r1 ──│",
        "         │                       │ waits r1              │",
        "✗    5   │                       │── yes r1 ────────────▶│ leads r1",
    ];
    let drawn = draw::terminal(&trace(), 90, false);
    assert_eq!(drawn.lines().collect::<Vec<_>>(), expected, "\n{drawn}");
}

#[test]
fn it_fits_every_width() {
    let trace = trace();
    for width in 20..=120 {
        for line in draw::terminal(&trace, width, false).lines() {
            let length = line.chars().count();
            assert!(length <= width.max(50), "{length} columns in {width}: {line}");
        }
    }
}

#[test]
fn where_nodes_do_not_fit_it_is_a_list() {
    let drawn = draw::terminal(&trace(), 40, false);
    assert!(drawn.contains("n2 ─▶ n3  yes r1: leads r1"), "\n{drawn}");
    assert!(!drawn.contains('│'), "\n{drawn}");
}

#[test]
fn colour_is_asked_for() {
    let trace = trace();
    assert!(!draw::terminal(&trace, 80, false).contains('\x1b'));
    assert!(draw::terminal(&trace, 80, true).contains('\x1b'));
}

#[test]
fn the_states_say_what_changed() {
    let trace = trace();
    let states = draw::states(&trace, trace.steps.len());
    assert!(states.contains("n3  status leads r1*  vote n3"), "\n{states}");
    assert!(states.contains("n1  status leads r1  vote n1"), "\n{states}");
}

#[test]
fn a_part_of_a_trace_and_an_empty_one_can_be_drawn() {
    let trace = trace();
    for end in 0..=trace.steps.len() {
        let _ = draw::until(&trace, end, 80, false);
        let _ = draw::states(&trace, end);
    }
    let _ = draw::terminal(&Trace::default(), 80, false);
}
