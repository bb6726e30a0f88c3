//! Traces, drawn.

mod toy;

use harness::draw;
use harness::report::Trace;
use toy::two_leaders;

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
    let drawn = draw::terminal(&two_leaders(), 90, false);
    assert_eq!(drawn.lines().collect::<Vec<_>>(), expected, "\n{drawn}");
}

#[test]
fn it_fits_every_width() {
    let trace = two_leaders();
    for width in 20..=120 {
        for line in draw::terminal(&trace, width, false).lines() {
            let length = line.chars().count();
            assert!(length <= width.max(50), "{length} columns in {width}: {line}");
        }
    }
}

#[test]
fn where_nodes_do_not_fit_it_is_a_list() {
    let drawn = draw::terminal(&two_leaders(), 40, false);
    assert!(drawn.contains("n2 ─▶ n3  yes r1: leads r1"), "\n{drawn}");
    assert!(!drawn.contains('│'), "\n{drawn}");
}

#[test]
fn colour_is_asked_for() {
    let trace = two_leaders();
    assert!(!draw::terminal(&trace, 80, false).contains('\x1b'));
    assert!(draw::terminal(&trace, 80, true).contains('\x1b'));
}

#[test]
fn the_states_say_what_changed() {
    let trace = two_leaders();
    let states = draw::states(&trace, trace.steps.len());
    assert!(states.contains("n3  status leads r1*  vote n3"), "\n{states}");
    assert!(states.contains("n1  status leads r1  vote n1"), "\n{states}");
}

#[test]
fn a_part_of_a_trace_and_an_empty_one_can_be_drawn() {
    let trace = two_leaders();
    for end in 0..=trace.steps.len() {
        let _ = draw::until(&trace, end, 80, false);
        let _ = draw::states(&trace, end);
    }
    let _ = draw::terminal(&Trace::default(), 80, false);
}
