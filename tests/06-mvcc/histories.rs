//! Long random histories against the naive store, with compactions, starts, commits, and views that
//! stay. A history that fails is made shorter before it is shown.

use crate::memory::MemoryFile;
use crate::naive::Naive;
use crate::requests::{LEASES, delete_range, put, range, txn};
use crate::shrink::{fails, shrink};
use crate::whole::{Known, Whole};
use api::{Error, LeaseId, RangeRequest, Revision};
use harness::files::Disk;
use harness::{Draws, check};
use mvcc::{Pieces, Progress, Store, View};

/// What happens. Requests are drawn from `seed`.
#[derive(Clone, Copy, Debug)]
enum Event {
    Put { seed: u64 },
    Delete { seed: u64 },
    Txn { seed: u64 },
    EndLease { seed: u64 },
    Compact { back: i64 },
    Step { keys: usize },
    Disk,
    Keep,
    LetGo,
    Restart,
}

fn history(seed: u64) -> Vec<Event> {
    let mut draws = Draws::new(seed);
    (0..150)
        .map(|_| match draws.below(100) {
            0..30 => Event::Put { seed: draws.next() },
            30..40 => Event::Delete { seed: draws.next() },
            40..62 => Event::Txn { seed: draws.next() },
            62..64 => Event::EndLease { seed: draws.next() },
            64..69 => Event::Compact { back: i64::try_from(draws.below(12)).expect("few") - 1 },
            69..77 => Event::Step { keys: draws.index(20) + 1 },
            77..88 => Event::Disk,
            88..93 => Event::Keep,
            93..97 => Event::LetGo,
            _ => Event::Restart,
        })
        .collect()
}

/// A view, and what it has to show.
type Kept = (View<MemoryFile>, Naive);

/// Does a view show what the naive store has?
fn compare(view: &View<MemoryFile>, model: &Naive, draws: &mut Draws) {
    assert_eq!(view.current().wire(), model.current(), "the newest revision");
    for _ in 0..4 {
        let request = range(draws, model.current());
        same(view.range(&request), model.range(&request), &request);
    }
    in_pieces(view, draws);
}

/// All pieces together are the answer.
fn in_pieces(view: &View<MemoryFile>, draws: &mut Draws) {
    let request = RangeRequest {
        key: "a".into(),
        range_end: vec![0].into(),
        limit: i64::try_from(draws.below(30)).expect("few"),
        ..RangeRequest::default()
    };
    let bytes = draws.index(2_000) + 1;
    let whole = view.range(&request).expect("it can be");
    let pieces = Pieces::new(view.clone(), &request, bytes).expect("it can be");
    let mut merged = api::RangeResponse::default();
    for piece in pieces {
        let piece = piece.expect("it can be read");
        assert!(merged.header.is_none(), "only the last has one");
        merged.kvs.extend(piece.kvs);
        (merged.header, merged.more, merged.count) = (piece.header, piece.more, piece.count);
    }
    assert_eq!(merged, whole, "in pieces of {bytes} bytes");
}

fn same<T: PartialEq + std::fmt::Debug>(
    found: Result<T, mvcc::Error>,
    expected: Result<T, Error>,
    request: &impl std::fmt::Debug,
) {
    match (found, expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{request:?}"),
        (Err(mvcc::Error::Refused(found)), Err(expected)) => {
            assert_eq!(found, expected, "{request:?}");
        }
        (found, expected) => panic!("{found:?}, and not {expected:?}: {request:?}"),
    }
}

/// What happened, in numbers.
#[derive(Debug, Default)]
struct Seen {
    revisions: i64,
    compactions: usize,
    waits: usize,
    restarts: usize,
}

/// Carries out a request, here and there.
fn write(store: &mut Store<MemoryFile>, model: &mut Naive, event: Event) {
    match event {
        Event::Put { seed } => {
            let request = put(&mut Draws::new(seed));
            same(store.put(&request, &Known(LEASES)), model.put(&request), &request);
        }
        Event::Delete { seed } => {
            let request = delete_range(&mut Draws::new(seed));
            same(store.delete_range(&request), Ok(model.delete_range(&request)), &request);
        }
        Event::Txn { seed } => {
            let request = txn(&mut Draws::new(seed), model.current());
            if mvcc::checks::txn(&request, 128).is_ok() {
                same(store.txn(&request, &Known(LEASES)), model.txn(&request), &request);
            }
        }
        Event::EndLease { seed } => {
            let lease = LEASES[Draws::new(seed).index(LEASES.len())];
            let ended = LeaseId::new(lease).expect("it is not zero");
            same(store.delete_attached(ended), Ok(model.end_lease(lease)), &lease);
        }
        Event::Compact { .. }
        | Event::Step { .. }
        | Event::Disk
        | Event::Keep
        | Event::LetGo
        | Event::Restart => unreachable!("it writes nothing"),
    }
}

/// Do the same keys go with each lease?
fn compare_leases(whole: &Whole, model: &Naive) {
    for lease in LEASES {
        let keys = model.now().values().filter(|pair| pair.lease == *lease);
        let keys: Vec<_> = keys.map(|pair| pair.key.clone()).collect();
        let lease = LeaseId::new(*lease).expect("it is not zero");
        let found: Vec<_> = whole.store.attached().keys(lease).cloned().collect();
        assert_eq!(found, keys, "the keys of a lease");
    }
}

fn play(events: &[Event]) -> Seen {
    let disk = Disk::new();
    let mut whole = Whole::open(&disk);
    let mut model = Naive::new(LEASES);
    // What a start finds again.
    let (mut on_disk, mut on_its_way) = (model.clone(), model.clone());
    let mut draws = Draws::new(9);
    let mut kept: Vec<Kept> = Vec::new();
    let mut seen = Seen::default();
    for event in events {
        match *event {
            Event::Put { .. }
            | Event::Delete { .. }
            | Event::Txn { .. }
            | Event::EndLease { .. } => {
                write(&mut whole.store, &mut model, *event);
            }
            Event::Compact { back } => {
                let revision = model.current() - back;
                let compacted = model.compact(revision);
                seen.compactions += usize::from(compacted.is_ok());
                same(whole.store.compact(revision), compacted, &revision);
            }
            Event::Step { keys } => {
                let progress = whole.store.compaction_step(keys).expect("the disk works");
                seen.waits += usize::from(progress == Progress::Waits);
            }
            Event::Disk => {
                if whole.step() {
                    on_its_way = model.clone();
                }
                if whole.is_committed() {
                    on_disk = on_its_way.clone();
                }
            }
            Event::Keep => {
                whole.store.publish();
                kept.push((whole.store.reader().view(), model.clone()));
            }
            Event::LetGo => {
                if !kept.is_empty() {
                    kept.swap_remove(draws.index(kept.len()));
                }
            }
            Event::Restart => {
                kept.clear();
                drop(whole);
                whole = Whole::open(&disk);
                model = on_disk.clone();
                on_its_way = on_disk.clone();
                seen.restarts += 1;
            }
        }
        whole.store.publish();
        compare(&whole.store.reader().view(), &model, &mut draws);
        if !kept.is_empty() {
            let (view, model) = &kept[draws.index(kept.len())];
            compare(view, model, &mut draws);
        }
        compare_leases(&whole, &model);
    }
    seen.revisions = model.current();
    sum_is_that_of_a_start(&mut whole, &disk);
    seen
}

/// What is kept up to date is what a start finds.
fn sum_is_that_of_a_start(whole: &mut Whole, disk: &Disk) {
    whole.flush();
    let current = whole.store.current();
    let again = Whole::open(&disk.copy());
    assert_eq!(again.store.current(), current, "everything is on disk");
    assert_eq!(again.store.sum(current), whole.store.sum(current), "the sum of what is there");
    assert_eq!(again.store.sum(Revision(current.0 + 1)), None, "that is still to come");
}

#[test]
fn are_those_of_the_naive_one() {
    check(|| {
        let mut all = Seen::default();
        for seed in 0..20 {
            let events = history(seed);
            if fails(|| play(&events)) {
                let short = shrink(events, |events| fails(|| play(events)));
                eprintln!("seed {seed}, made shorter: {short:#?}");
                play(&short);
                unreachable!("it has failed before");
            }
            let seen = play(&events);
            all.revisions += seen.revisions;
            all.compactions += seen.compactions;
            all.waits += seen.waits;
            all.restarts += seen.restarts;
        }
        harness::note(format!("{all:?}"));
        assert!(all.revisions > 300 && all.compactions > 30 && all.waits > 5, "{all:?}");
    });
}
