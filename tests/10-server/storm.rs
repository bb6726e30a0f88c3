//! Three and five real processes under faults, with clients that remember all that they were told.
//!
//! A round has a seed. The seed draws the faults: members are killed, stopped and replaced, links
//! are cut, held up in one direction or slow, leadership moves, the past is compacted, files are
//! defragmented and copied. Meanwhile clients write, read, renew leases and watch. When all is
//! healed, everybody has to come back, to have the same, and to have told the truth: `judge` finds
//! one order for all that was said.
//!
//! Processes and clocks are real, so a seed fixes what is done to the members and not what comes of
//! it. No verdict depends on time: a fault lasts until clients have been answered, or refused, so
//! often, and who has to come back is asked for minutes.
//!
//! `cargo workbook grade 10 --seeds 100 --seed 7` makes a hundred rounds instead of a few. A round
//! that fails is drawn as a page, and its members' journals are kept beside it.

mod clients;
mod judge;
mod leases;
mod links;
mod members;
mod picture;
mod registers;
mod told;
mod trials;
mod tricks;
mod watching;

use clients::Clients;
use harness::{Draws, check, note};
use members::Members;
use std::fs;
use std::path::PathBuf;
use told::{History, Wrong};
use tricks::Trick;

/// What all rounds of a test came to.
#[derive(Default)]
struct Sum {
    rounds: u64,
    answers: usize,
    unknown: usize,
    revisions: usize,
    events: usize,
    compactions: usize,
    tricks: Vec<Trick>,
}

impl Sum {
    fn add(&mut self, history: &History, tricks: &[Trick]) {
        self.rounds += 1;
        self.answers += history.calls.iter().filter(|call| call.told.is_some()).count();
        self.unknown += history.calls.iter().filter(|call| call.told.is_none()).count();
        self.revisions += history.past().len();
        self.events += history.watchers.iter().map(|watcher| watcher.seen.len()).sum::<usize>();
        self.compactions += history.compactions;
        self.tricks.extend(tricks);
        self.tricks.sort();
        self.tricks.dedup();
    }

    fn words(&self) -> String {
        let tricks: Vec<String> = self.tricks.iter().map(Trick::to_string).collect();
        format!(
            "{} rounds, {} answers, {} calls without one, {} revisions, seen {} times, \
             {} compactions; {}",
            self.rounds,
            self.answers,
            self.unknown,
            self.revisions,
            self.events,
            self.compactions,
            tricks.join(", "),
        )
    }
}

/// A number that the user has asked for.
fn asked(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Rounds with so many members and so many of these tricks, as many as the user wants or as it
/// takes to play all.
fn rounds(count: usize, faults: usize, tricks: &[Trick]) {
    let first = asked("WORKBOOK_SEED").unwrap_or(0);
    let usually = tricks.len().div_ceil(faults) as u64;
    let rounds = asked("WORKBOOK_SEEDS").unwrap_or(usually);
    let mut sum = Sum::default();
    for seed in first..first.saturating_add(rounds) {
        let mut draws = Draws::new(seed);
        // What the seed before does not get to, this one begins with.
        let before = seed.wrapping_mul(faults as u64) % tricks.len() as u64;
        let mut drawn: Vec<Trick> = tricks.to_vec();
        drawn.rotate_left(usize::try_from(before).expect("they are few"));
        drawn.truncate(faults);
        shuffle(&mut drawn, &mut draws);
        let (history, told) = round(count, seed, &drawn, draws);
        match told {
            Ok(()) => sum.add(&history, &drawn),
            Err((wrong, journals)) => fail((count, seed), &history, &wrong, &journals),
        }
    }
    note(sum.words());
}

fn shuffle<T>(all: &mut [T], draws: &mut Draws) {
    for last in (1..all.len()).rev() {
        all.swap(last, draws.index(last + 1));
    }
}

type Failed = (Wrong, Vec<PathBuf>);

/// One round: what was told, and what is wrong with it.
fn round(
    count: usize,
    seed: u64,
    tricks: &[Trick],
    mut draws: Draws,
) -> (History, Result<(), Failed>) {
    let mut members = Members::start(count);
    let mut clients = Clients::start(&members, seed);
    let told = storm(&mut members, &mut clients, tricks, &mut draws);
    // If one has, nothing else is to be wondered at.
    let told = members.have_not_fallen().and(told);
    let mut history = clients.end();
    history.faults = members.faults();
    let told = told.and_then(|same| judge::judge(&history, &same));
    let told = told.map_err(|wrong| (wrong, members.keep_journals(count, seed)));
    (history, told)
}

/// The faults, one after the other, and the calm after them.
fn storm(
    members: &mut Members,
    clients: &mut Clients,
    tricks: &[Trick],
    draws: &mut Draws,
) -> Result<told::Same, Wrong> {
    clients.until_answered(20)?;
    for trick in tricks {
        let began = trick.begin(members, clients, draws)?;
        clients.until_answered_or_refused(60, 12);
        trick.end(began, members, clients)?;
        members.have_not_fallen()?;
        clients.until_answered(30)?;
    }
    members.heal();
    clients.calm(members)
}

/// Ends the test, and says where the round can be looked at.
fn fail((count, seed): (usize, u64), history: &History, wrong: &Wrong, journals: &[PathBuf]) -> ! {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let page = folder.join(format!("storm-{count}-{seed}.html"));
    let drawn = fs::write(&page, picture::page(seed, history, wrong));
    drawn.expect("there is room on the disk");
    let journals: Vec<String> = journals.iter().map(|at| at.display().to_string()).collect();
    panic!(
        "seed {seed}: {}\n\n{}\nthe round as a picture: {}\njournals: {}",
        wrong.text,
        picture::lines(history, wrong),
        page.display(),
        journals.join(" "),
    );
}

#[test]
fn three_members_tell_the_truth_whatever_happens() {
    check(|| rounds(3, 6, &Trick::ALL));
}

#[test]
fn five_members_tell_the_truth_whatever_happens() {
    check(|| rounds(5, 7, &Trick::HARD));
}
