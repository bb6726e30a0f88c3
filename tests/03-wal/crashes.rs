//! Power goes after every operation, and the disk holds what it may. What was synced is recovered,
//! and the log goes on.

use crate::known::Known;
use crate::memory::{Memory, OURS, SMALL, shown};
use crate::payload::Op;
use crate::story::{Story, save};
use basics::{NodeId, Position, Term};
use election::HardState;
use harness::files::{Disk, Tried};
use harness::{Draws, check};
use replication::{Entry, Span, Write};
use wal::{Recovered, Wal, prepare_spare};

/// Tries every crash of a story.
fn crash(batches: u64, longest: usize, seed: u64) -> Tried {
    let story = Story::new(batches, longest, seed);
    story.disk.crash(story.beginning(), |operations, image| {
        let directory = Memory(image.disk.clone());
        let opened = Wal::open::<Op>(directory, OURS, SMALL);
        let judged = match &opened {
            Ok((_, recovered)) => story.allows(operations, recovered),
            Err(error) => Err(format!("it is refused: {error}")),
        };
        // What is there now: a torn write is cut off by now, and the file that holds it is named.
        let judged = judged.map_err(|why| {
            let lost = &image.lost;
            let there = shown(&image.disk);
            format!("seed {seed}, after {operations} operations, lost: {lost}\n{why}\n\n{there}")
        });
        let (wal, recovered) = match (judged, opened) {
            (Ok(()), Ok(opened)) => opened,
            (Err(why), _) => panic!("{why}"),
            (Ok(()), Err(error)) => unreachable!("{error} was judged"),
        };
        go_on(wal, &recovered, image.disk.clone(), seed);
    })
}

/// A log that was recovered takes another save, and gives it back.
fn go_on(mut wal: Wal<Memory>, recovered: &Recovered<Op>, disk: Disk, seed: u64) {
    let log = &recovered.log;
    let all = log.span(log.start().index, log.last().index, usize::MAX).expect("it is there");
    let known = Known { hard_state: recovered.hard_state, log: all };
    let write = save(&known, log.last().index, &mut Draws::new(seed), 300);
    wal.add(&write).expect("nothing has failed");
    wal.sync().expect("the disk works");
    let (_, after) = Wal::open::<Op>(Memory(disk), OURS, SMALL).expect("nothing was lost");
    let expected = known.after(&write);
    let log = after.log.span(after.log.start().index, after.log.last().index, usize::MAX);
    assert_eq!(
        (after.hard_state, log),
        (expected.hard_state, Some(expected.log)),
        "what was added"
    );
    assert_eq!(after.torn, None, "nothing was torn");
}

/// Sums what was tried, and says so.
fn many(stories: &[(u64, usize, u64)]) {
    check(|| {
        let (mut crashes, mut images) = (0, 0);
        for (batches, longest, seed) in stories {
            let tried = crash(*batches, *longest, *seed);
            crashes += tried.crashes;
            images += tried.images;
        }
        harness::note(format!("{images} images of {crashes} crashes"));
        assert!(images > 5_000, "many images are promised, and {images} were tried");
    });
}

#[test]
fn short_records() {
    many(&[(40, 60, 1), (40, 60, 2), (40, 60, 3), (40, 60, 8), (40, 60, 9), (40, 60, 10)]);
}

#[test]
fn records_of_many_sectors() {
    many(&[(8, 1_500, 4), (8, 1_500, 5)]);
}

/// Writes one save, which is synced.
fn write(wal: &mut Wal<Memory>, hard_state: Option<HardState>, length: usize) {
    let prev = Position::START;
    let entry = || Entry { term: Term(1), payload: Some(Op::new(1, length)) };
    let entries = (length > 0).then(|| Span { prev, entries: vec![entry()] });
    wal.add(&Write { hard_state, begins: None, entries }).expect("nothing has failed");
    wal.sync().expect("the disk works");
}

#[test]
fn power_goes_while_a_spare_becomes_a_segment() {
    check(|| {
        let disk = Disk::new();
        let voted = HardState { term: Term(1), vote: Some(NodeId(1)) };
        let wal = Wal::create(Memory(disk.clone()), OURS, SMALL, voted, Position::START);
        let mut wal = wal.expect("the directory is empty");
        prepare_spare(&Memory(disk.clone()), SMALL).expect("there is room");
        // One sector is left of the first segment, and what comes next is longer.
        write(&mut wal, Some(voted), 0);
        write(&mut wal, Some(voted), 0);
        let from = disk.operations();
        write(&mut wal, None, 600);
        let tried = disk.crash(from, |operations, image| {
            let open = || Wal::open::<Op>(Memory(image.disk.clone()), OURS, SMALL);
            let (mut wal, _) = open().expect("it is not damaged");
            // A segment begins again, and its beginning is shorter now.
            let not_voted = HardState { term: Term(2), vote: None };
            write(&mut wal, Some(not_voted), 0);
            write(&mut wal, None, 600);
            let opened = open().map(|(_, recovered)| recovered.hard_state);
            let why = opened.as_ref().err().map(ToString::to_string);
            let shown = shown(&image.disk);
            assert_eq!(
                opened.ok(),
                Some(not_voted),
                "after {operations} operations, lost: {}\n{why:?}\n{shown}",
                image.lost
            );
        });
        harness::note(format!("{} images of {} crashes", tried.images, tried.crashes));
    });
}
