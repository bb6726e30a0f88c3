//! Long random histories against the model, with starts in between and views that stay. After every
//! commit, every page is accounted for. A history that fails is made shorter before it is shown.

use crate::memory::open;
use crate::model::{Event, Model, Step, changes, step};
use crate::shrink::{fails, shrink};
use bolt::View;
use harness::files::Disk;
use harness::{Draws, check};

/// A history of this seed.
fn history(seed: u64, events: u64) -> Vec<Event> {
    let mut draws = Draws::new(seed);
    // Some have many deletions in a row, so that trees become small again.
    (0..events)
        .map(|_| {
            if draws.chance(5) {
                return Event::Restart;
            }
            let count = if draws.chance(10) { draws.below(120) } else { draws.below(8) };
            Event::Commit((0..count).map(|_| step(&mut draws)).collect())
        })
        .collect()
}

/// What happens, and what is there after each event.
fn play(events: &[Event]) -> u64 {
    let disk = Disk::new();
    let mut draws = Draws::new(7);
    let mut store = open(&disk).expect("an empty directory");
    let mut model = Model::default();
    let mut old: Vec<(View<_>, Model)> = Vec::new();
    let mut pages = 0;
    for event in events {
        match event {
            Event::Commit(steps) => {
                model = model.after(steps);
                store.commit(changes(steps)).expect("the disk works");
            }
            Event::Restart => {
                old.clear();
                drop(store);
                store = open(&disk).expect("it is sound");
            }
        }
        let account = store.check().expect("every page is accounted for");
        pages = pages.max(account.used);
        model.is_in(&store.view(), &mut draws);
        if draws.chance(20) {
            old.push((store.view(), model.clone()));
        }
        if old.len() > 4 {
            let (view, model) = old.remove(draws.index(5));
            model.is_in(&view, &mut draws);
        }
    }
    pages
}

/// A history that fails, made shorter: fewer events, and then fewer steps in each.
fn shorten(events: Vec<Event>) -> Vec<Event> {
    let still_fails = |events: &[Event]| fails(|| play(events));
    let mut events = shrink(events, still_fails);
    for at in 0..events.len() {
        let Event::Commit(steps) = events[at].clone() else { continue };
        let with = |steps: &[Step]| {
            let mut shorter = events.clone();
            shorter[at] = Event::Commit(steps.to_vec());
            shorter
        };
        let steps = shrink(steps, |steps| still_fails(&with(steps)));
        events = with(&steps);
    }
    events
}

#[test]
fn are_those_of_the_model() {
    check(|| {
        let mut most = 0;
        for seed in 0..12 {
            let events = history(seed, 60);
            if fails(|| play(&events)) {
                let short = shorten(events);
                eprintln!("seed {seed}, made shorter: {short:#?}");
                play(&short);
                unreachable!("it has failed before");
            }
            most = most.max(play(&events));
        }
        harness::note(format!("up to {most} pages"));
        assert!(most > 60, "trees have several levels: {most} pages");
    });
}
