//! Traces, drawn.

mod toy;

use harness::report::{Event, Sent, Trace, Verdict};
use harness::{Action, Cluster, draw, verdict_of};
use toy::{Bug, Toy, two_leaders};

#[test]
fn it_is_a_space_time_diagram() {
    let expected = [
        "  tick   n1                      n2                      n3",
        "     4   │ waits r1              │                       │",
        "         │ vote? r1 waits        │                       │",
        "     4   │ saved, vote? r1       │                       │",
        "     4   │── vote? r1 ──────────▶│ waits r1              │",
        "     4   │◀──────────── yes r1 ──│                       │",
        "         │ leads r1              │                       │",
        "     4   │                         crashes               │",
        "     4   │                       │ restarts, waits r0    │",
        "     5   │                       │                       │ waits r1",
        "         │                       │                       │ vote? r1 waits",
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
    assert!(drawn.contains("n1  vote? r1 waits for the disk\n"), "\n{drawn}");
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

/// n1 stands, asks twice for a save, and loses power after the first.
fn lost_with_power() -> Trace {
    let verdict = verdict_of(|| {
        let mut cluster = Cluster::<Toy>::new((Bug::None, 3), 3);
        cluster.timeout(0);
        cluster.timeout(0);
        let draw = 0;
        assert!(cluster.apply(Action::Sync { node: 0, draw }));
        cluster.crash(0);
        panic!("that is all");
    });
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    failure.trace.expect("a cluster was at work")
}

#[test]
fn what_waits_for_the_disk_leaves_with_its_sync_or_is_lost_with_the_power() {
    let trace = lost_with_power();
    let labels = |sends: &[Sent]| {
        let label = |sent: &Sent| (sent.packet, sent.label.clone());
        sends.iter().map(label).collect::<Vec<_>>()
    };
    let waits = |round: &str| vec![(None, format!("vote? {round}")); 2];
    let [.., first, second, sync, crash] = trace.steps.as_slice() else { panic!("{trace:?}") };
    assert_eq!(labels(&first.sends), waits("r1"), "inside the first save");
    assert_eq!(labels(&second.sends), waits("r2"), "inside the second, and not those of the first");
    let left = [(Some(0), "vote? r1".to_owned()), (Some(1), "vote? r1".to_owned())];
    assert_eq!(labels(&sync.sends), left, "the first save is synced");
    assert_eq!((&crash.event, labels(&crash.sends)), (&Event::Crash, Vec::new()));
    let end = trace.steps.len();
    let waiting = |end| trace.waiting(0, end).iter().map(|sent| &*sent.label).collect::<Vec<_>>();
    assert_eq!(waiting(end - 2), ["vote? r1", "vote? r1", "vote? r2", "vote? r2"]);
    assert_eq!(waiting(end - 1), ["vote? r2", "vote? r2"]);
    assert_eq!(waiting(end), [""; 0]);
    let drawn = draw::terminal(&trace, 90, false);
    assert!(drawn.contains("crashes, vote? r2 is"), "\n{drawn}");
}

#[test]
fn a_script_does_work_and_the_end_of_a_storm_is_drawn() {
    let verdict = verdict_of(|| {
        let mut cluster = Cluster::<Toy>::new((Bug::Busy, 2), 2);
        cluster.timeout(0);
        cluster.sync(0);
        cluster.deliver_between(0, 1);
        cluster.sync(1);
        cluster.deliver_between(1, 0);
        cluster.work(0);
        assert_eq!(cluster.node(0).backlog(), 0);
        assert!(!cluster.apply(Action::Work { node: 0, draw: 0 }), "there is none left");
        assert!(cluster.lives(0));
        assert!(cluster.apply(Action::Calm { dead: vec![0] }));
        assert!(!cluster.lives(0) && cluster.living().eq([1]));
        assert!(!cluster.apply(Action::Calm { dead: vec![2] }), "there is no n3");
        panic!("that is all");
    });
    let Verdict::Wrong(failure) = verdict else { panic!("{verdict:?}") };
    let drawn = draw::terminal(&failure.trace.expect("a cluster was at work"), 90, false);
    assert!(drawn.contains("── calm, without n1 ──"), "\n{drawn}");
    assert!(drawn.contains("│ works"), "\n{drawn}");
}

#[test]
fn the_whole_run_is_drawn_where_there_is_room() {
    let trace = two_leaders();
    let few = draw::whole(&trace, 90, 3);
    assert!(few.contains("7 earlier steps are in the replay"), "\n{few}");
    assert_eq!(draw::whole(&trace, 90, 100), draw::terminal(&trace, 90, false));
}
