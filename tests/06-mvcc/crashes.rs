//! Power goes while a store is written, committed and compacted. A start finds where in the log it
//! stands, carries out what comes after, and is where the member is that did not crash.

use crate::requests::{LEASES, delete_range, put, txn};
use crate::whole::{Known, Whole};
use harness::files::Disk;
use harness::{Draws, check};
use mvcc::Progress;

/// Where the store says that it stands in the log.
const APPLIED: (&[u8], &[u8]) = (b"meta", b"consistent_index");

/// Carries out the entry of this index.
fn apply(whole: &mut Whole, seed: u64, index: u64) {
    let mut draws = Draws::new(seed ^ (index << 20));
    let store = &mut whole.store;
    // A refusal is an outcome, too.
    match draws.below(10) {
        0..5 => drop(store.put(&put(&mut draws), &Known(LEASES))),
        5 => drop(store.delete_range(&delete_range(&mut draws))),
        6 => {
            let back = i64::try_from(draws.below(8)).expect("few");
            let _ = store.compact(store.current().wire() - back);
        }
        _ => {
            let request = txn(&mut draws, store.current().wire());
            if mvcc::checks::txn(&request, 128).is_ok() {
                let _ = store.txn(&request, &Known(LEASES));
            }
        }
    }
    let (bucket, key) = APPLIED;
    store.rows().put(bucket, key, index.to_be_bytes().to_vec()).expect("it is short");
    store.publish();
}

fn applied(whole: &Whole) -> u64 {
    let view = whole.store.reader().view();
    let value = view.rows().get(APPLIED.0, APPLIED.1).expect("it is sound");
    value.map_or(0, |value| u64::from_be_bytes(value[..].try_into().expect("8 bytes")))
}

/// What must be the same on every member.
fn state(whole: &Whole) -> (u64, u64, Option<u64>, u32) {
    let store = &whole.store;
    let view = store.reader().view();
    let hash = view.hash(0).expect("it is sound");
    let compacted = store.compacted().map(|revision| revision.0);
    let current = store.current();
    (current.0, store.sum(current).expect("it is the newest"), compacted, hash)
}

#[test]
fn after_any_crash_the_log_leads_to_the_same_state() {
    check(|| {
        let (mut images, mut behind) = (0, 0);
        for seed in 0..3 {
            let disk = Disk::new();
            let mut whole = Whole::open(&disk);
            let mut states = vec![state(&whole)];
            // What was on disk after so many operations.
            let mut certain = vec![(disk.operations(), 0)];
            let mut draws = Draws::new(seed);
            let (mut frozen, last) = (0, 60);
            for index in 1..=last {
                apply(&mut whole, seed, index);
                states.push(state(&whole));
                if draws.chance(30) {
                    let _ = whole.store.compaction_step(4).expect("the disk works");
                }
                if draws.chance(50) {
                    let was_on_its_way = !whole.is_committed();
                    if whole.step() {
                        frozen = index;
                    }
                    if was_on_its_way && whole.is_committed() {
                        certain.push((disk.operations(), frozen));
                    }
                }
            }
            let mut at = certain[0].0;
            while at <= disk.operations() {
                let image = disk.crashed(at, &mut draws);
                images += 1;
                let known = certain.partition_point(|(after, _)| *after <= at);
                let mut again = Whole::open(&image.disk);
                let index = applied(&again);
                assert!(
                    index >= certain[known - 1].1,
                    "lost: {}: what was on disk is there",
                    image.lost
                );
                behind += usize::from(index < last);
                assert_eq!(state(&again), states[usize::try_from(index).expect("few")], "at once");
                for index in index + 1..=last {
                    apply(&mut again, seed, index);
                }
                assert_eq!(state(&again), states[usize::try_from(last).expect("few")], "at last");
                while again.store.compaction_step(100).expect("the disk works") != Progress::Done {}
                assert_eq!(state(&again), states[usize::try_from(last).expect("few")], "compacted");
                at += 1;
            }
        }
        harness::note(format!("{images} images"));
        assert!(images > 100 && behind > 50, "{images} images, {behind} of them behind");
    });
}
