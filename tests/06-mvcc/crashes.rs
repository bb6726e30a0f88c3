//! Power goes while a store is written, committed and compacted. A start finds where in the log it
//! stands, carries out what comes after, and is where the member is that did not crash.

use crate::asked::Granted;
use crate::requests::{LEASES, delete_range, put, txn};
use crate::whole::Whole;
use api::LeaseId;
use harness::files::{Disk, Image};
use harness::{Draws, check};
use mvcc::Progress;

/// Where the store says that it stands in the log.
const APPLIED: (&[u8], &[u8]) = (b"meta", b"consistent_index");

/// Where a member keeps its leases: rows that are on disk together with the keys.
const LEASE: &[u8] = b"lease";

/// How many entries the log has.
const LAST: usize = 60;

/// A member: a store, and what it keeps beside it.
struct Member {
    whole: Whole,
    granted: Granted,
}

/// What must be the same on every member.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    revision: u64,
    compacted: Option<u64>,
    /// The sum that is kept up to date, and the hash of every row.
    sums: (u64, u32),
    /// Each lease with its keys.
    leases: Vec<(i64, Vec<Vec<u8>>)>,
}

impl Member {
    fn open(disk: &Disk) -> Member {
        let mut whole = Whole::open(disk);
        whole.store.rows().make_bucket(LEASE).expect("the disk works");
        whole.store.publish();
        let view = whole.store.reader().view();
        let rows = view.rows().range(LEASE, ..).expect("it is sound");
        let number = |key: &[u8]| i64::from_be_bytes(key.try_into().expect("8 bytes"));
        let granted = rows.map(|row| number(&row.expect("it is sound").0)).collect();
        Member { whole, granted: Granted(granted) }
    }

    /// Carries out the entry of this index.
    fn apply(&mut self, seed: u64, index: usize) {
        let mut draws = Draws::new(seed ^ (index << 20) as u64);
        let draws = &mut draws;
        let Member { whole: Whole { store, .. }, granted } = self;
        // A refusal is an outcome, too.
        match draws.below(12) {
            0..5 => drop(store.put(&put(draws), granted)),
            5 => drop(store.delete_range(&delete_range(draws))),
            6 => {
                let back = i64::try_from(draws.below(8)).expect("few");
                let _ = store.compact(store.current().wire() - back);
            }
            7 => {
                let lease = LEASES[draws.index(LEASES.len())];
                granted.0.insert(lease);
                let row = lease.to_be_bytes().to_vec();
                store.rows().put(LEASE, row, vec![7; 3]).expect("it is short");
            }
            8 => {
                let lease = LEASES[draws.index(LEASES.len())];
                granted.0.remove(&lease);
                store.rows().delete(LEASE, lease.to_be_bytes().to_vec()).expect("it is short");
                let lease = LeaseId::new(lease).expect("it is not zero");
                store.delete_attached(lease).expect("it is sound");
            }
            _ => {
                let request = txn(draws, store.current().wire());
                if mvcc::checks::txn(&request, 128).is_ok() {
                    let _ = store.txn(&request, granted);
                }
            }
        }
        let (bucket, key) = APPLIED;
        store.rows().put(bucket, key, index.to_be_bytes().to_vec()).expect("it is short");
        store.take_events();
        store.publish();
    }

    /// The entry that was carried out last.
    fn applied(&self) -> usize {
        let view = self.whole.store.reader().view();
        let value = view.rows().get(APPLIED.0, APPLIED.1).expect("it is sound");
        value.map_or(0, |value| usize::from_be_bytes(value[..].try_into().expect("8 bytes")))
    }

    fn state(&self) -> State {
        let store = &self.whole.store;
        let current = store.current();
        let hash = store.reader().view().hash(0).expect("it is sound");
        let keys = |number: i64| {
            let lease = LeaseId::new(number).expect("it is not zero");
            store.attached().keys(lease).map(|key| key.to_vec()).collect()
        };
        let granted = self.granted.0.iter();
        State {
            revision: current.0,
            compacted: store.compacted().map(|revision| revision.0),
            sums: (store.sum(current).expect("it is the newest"), hash),
            leases: granted.map(|number| (*number, keys(*number))).collect(),
        }
    }
}

/// What happened to a member whose power did not go, and to the disk below it.
struct Story {
    seed: u64,
    disk: Disk,
    /// The state after each entry; the first is that before all of them.
    states: Vec<State>,
    /// After so many operations of the disk, this entry was certain.
    certain: Vec<(usize, usize)>,
    /// How many rows there are once everything is done.
    least: usize,
}

impl Story {
    /// Carries out what a member has not carried out yet. Meanwhile what was written is brought to
    /// the disk, and compactions go on, each when the draws say.
    fn run(seed: u64, disk: Disk, mut member: Member, mut states: Vec<State>) -> Story {
        let mut draws = Draws::new(seed);
        let first = member.applied();
        let mut frozen = first;
        let mut certain = vec![(disk.operations(), first)];
        for index in first + 1..=LAST {
            member.apply(seed, index);
            if index == states.len() {
                states.push(member.state());
            }
            assert_eq!(member.state(), states[index], "seed {seed}: whoever goes on");
            if draws.chance(40) {
                let _ = member.whole.store.compaction_step(2).expect("the disk works");
            }
            if draws.chance(60) {
                let was_on_its_way = !member.whole.is_committed();
                if member.whole.step() {
                    frozen = index;
                }
                if was_on_its_way && member.whole.is_committed() {
                    certain.push((disk.operations(), frozen));
                }
            }
        }
        member.whole.flush();
        certain.push((disk.operations(), LAST));
        while member.whole.store.compaction_step(100).expect("it works") != Progress::Done {}
        let least = rows(&mut member.whole);
        Story { seed, disk, states, certain, least }
    }

    fn new(seed: u64) -> Story {
        let disk = Disk::new();
        let mut member = Member::open(&disk);
        member.whole.flush();
        let states = vec![member.state()];
        Story::run(seed, disk, member, states)
    }

    /// What a start makes of an image of a crash after so many operations.
    fn recovered(&self, at: usize, image: &Image) -> Member {
        let member = Member::open(&image.disk);
        let index = member.applied();
        let known = self.certain.partition_point(|(after, _)| *after <= at);
        let what = format!("seed {}, after {at} operations, lost: {}", self.seed, image.lost);
        assert!(index >= self.certain[known - 1].1, "{what}: what was on disk is there");
        assert_eq!(member.state(), self.states[index], "{what}: at once");
        member
    }

    /// Carries out the rest of a compaction and of the log. Was there a rest of a compaction?
    fn goes_on(&self, mut member: Member) -> bool {
        let first = member.applied();
        let was_begun = member.whole.store.compaction_step(1).expect("the disk works");
        assert_eq!(member.state(), self.states[first], "seed {}: it is hidden", self.seed);
        (first + 1..=LAST).for_each(|index| member.apply(self.seed, index));
        while member.whole.store.compaction_step(3).expect("the disk works") != Progress::Done {}
        assert_eq!(member.state(), self.states[LAST], "seed {}: in the end", self.seed);
        // All that a compaction takes is gone, however often it was begun.
        assert_eq!(rows(&mut member.whole), self.least, "seed {}: rows", self.seed);
        was_begun != Progress::Done
    }

    /// Goes on from an image with a disk below it, and loses power again.
    fn crashes_again(&self, image: &Image, draws: &mut Draws) -> usize {
        let member = Member::open(&image.disk);
        let again = Story::run(self.seed, image.disk.clone(), member, self.states.clone());
        let (first, last) = (again.certain[0].0, again.disk.operations());
        for at in first..=last {
            again.recovered(at, &again.disk.crashed(at, draws));
        }
        last - first + 1
    }
}

fn rows(whole: &mut Whole) -> usize {
    whole.store.publish();
    let view = whole.store.reader().view();
    view.rows().range(b"key", ..).expect("it is sound").count()
}

#[test]
fn every_image_of_a_crash_is_a_state_of_the_log() {
    check(|| {
        let (mut tried, mut behind, mut to_the_end, mut unfinished) = (0, 0, 0, 0);
        for seed in 0..10 {
            let story = Story::new(seed);
            story.disk.crash(story.certain[0].0, |at, image| {
                let member = story.recovered(at, image);
                behind += usize::from(member.applied() < LAST);
                tried += 1;
                if tried % 16 == 0 {
                    to_the_end += 1;
                    unfinished += usize::from(story.goes_on(member));
                }
            });
        }
        let log = format!("{to_the_end} of them up to the end of the log");
        let half = format!("{unfinished} with a compaction that was not finished");
        harness::note(format!("{tried} images, {log}, {half}"));
        assert!(behind > 15_000 && behind < tried, "{tried} images, {behind} behind");
        assert!(to_the_end > 1_000 && unfinished > 100, "{log}, {half}");
    });
}

#[test]
fn a_crash_after_a_crash_loses_no_more() {
    check(|| {
        let mut draws = Draws::new(5);
        let (mut first, mut second) = (0, 0);
        for seed in 10..13 {
            let story = Story::new(seed);
            for (at, _) in story.certain.clone() {
                let image = story.disk.crashed(at.max(1), &mut draws);
                first += 1;
                second += story.crashes_again(&image, &mut draws);
            }
        }
        harness::note(format!("{second} images of crashes after {first} others"));
        assert!(first > 20 && second > 1_000, "{second} images, after {first} others");
    });
}
