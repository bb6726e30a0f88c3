//! Power goes after every operation of a commit, and of a copy into a new file. What was committed
//! is there, whole; and the store goes on.

use crate::memory::{NAME, open};
use crate::model::{Model, changes, step};
use harness::files::{Disk, Failing, Kind};
use harness::{Draws, check};
use std::io::ErrorKind;

#[test]
fn a_commit_is_there_or_not() {
    check(|| {
        let (mut crashes, mut images) = (0, 0);
        for seed in 0..2 {
            let disk = Disk::new();
            let mut draws = Draws::new(seed);
            let mut store = open(&disk).expect("an empty directory");
            // What is there after so many operations.
            let mut known = vec![(disk.operations(), Model::default())];
            for at in 0..5 {
                if at == 2 + seed {
                    let done = store.defragment(90, || true);
                    assert!(done.expect("the disk works"), "nobody stops it");
                }
                let count = draws.between(1, 14);
                let steps: Vec<_> = (0..count).map(|_| step(&mut draws)).collect();
                let model = known.last().expect("there is one").1.after(&steps);
                store.commit(changes(&steps)).expect("the disk works");
                known.push((disk.operations(), model));
            }
            let tried = disk.crash(known[0].0, |operations, image| {
                let next = known.partition_point(|(after, _)| *after <= operations);
                let mut store = open(&image.disk).unwrap_or_else(|error| {
                    panic!("seed {seed}, after {operations}, lost: {}: {error}", image.lost)
                });
                assert_eq!(
                    image.disk.names(),
                    [NAME],
                    "lost: {}: nothing is left over",
                    image.lost
                );
                let account = store.check();
                account.unwrap_or_else(|error| panic!("lost: {}: {error}", image.lost));
                let commit = usize::try_from(store.view().meta().commit).expect("few") - 1;
                assert!(
                    commit >= next - 1,
                    "lost: {}: commit {commit} is left of {next}",
                    image.lost
                );
                assert!(commit <= next, "lost: {}: nobody has committed that", image.lost);
                let mut draws = Draws::new(seed);
                let model = &known[commit].1;
                model.is_in(&store.view(), &mut draws);
                if operations.is_multiple_of(5) {
                    let steps: Vec<_> = (0..3).map(|_| step(&mut draws)).collect();
                    store.commit(changes(&steps)).expect("the disk works");
                    model.after(&steps).is_in(&store.view(), &mut draws);
                    store.check().expect("every page is accounted for");
                }
            });
            crashes += tried.crashes;
            images += tried.images;
        }
        harness::note(format!("{images} images of {crashes} crashes"));
        assert!(images > 2_000, "{images} images");
    });
}

/// A process is killed before a sync, and the next one finds in the system's memory what is not on
/// the disk. It goes on from there, and then power goes.
#[test]
fn killed_before_a_sync_and_then_power_goes() {
    check(|| {
        let (mut kills, mut images) = (0, 0);
        for (what, after) in [Kind::Sync, Kind::SyncNames].into_iter().flat_map(|what| {
            let after = 0..if what == Kind::Sync { 10 } else { 2 };
            after.map(move |after| (what, after))
        }) {
            let disk = Disk::new();
            let mut draws = Draws::new(after as u64);
            let mut known = vec![Model::default()];
            let fail = |times| {
                disk.fail(Failing { what, after, times, error: ErrorKind::Other });
            };
            fail(1);
            let lived = open(&disk).and_then(|mut store| {
                for at in 0..4 {
                    if at == 2 {
                        store.defragment(90, || true)?;
                    }
                    let steps: Vec<_> = (0..30).map(|_| step(&mut draws)).collect();
                    known.push(known.last().expect("there is one").after(&steps));
                    store.commit(changes(&steps))?;
                }
                Ok(())
            });
            kills += usize::from(lived.is_err());
            fail(0);
            let mut store = open(&disk).expect("one of the two is whole");
            let commit = |store: &bolt::Store<_>| {
                usize::try_from(store.view().meta().commit).expect("few") - 1
            };
            let first = commit(&store);
            known.truncate(first + 1);
            let opened = disk.operations();
            let steps: Vec<_> = (0..30).map(|_| step(&mut draws)).collect();
            known.push(known[first].after(&steps));
            store.commit(changes(&steps)).expect("the disk works");
            let committed = disk.operations();
            let tried = disk.crash(opened, |operations, image| {
                let lost = format!("{what:?} {after}, after {operations}, lost: {}", image.lost);
                let store = open(&image.disk).unwrap_or_else(|error| panic!("{lost}: {error}"));
                store.check().unwrap_or_else(|error| panic!("{lost}: {error}"));
                let there = commit(&store);
                let least = if operations < committed { first } else { first + 1 };
                assert!(there >= least, "{lost}: commit {there} is left of {least}");
                known[there].is_in(&store.view(), &mut draws);
            });
            images += tried.images;
        }
        harness::note(format!("{images} images after {kills} kills"));
        assert!(kills > 8, "{kills} were killed");
    });
}
