//! The index against a map of lists: many keys, long ones and short ones, that come in order and in
//! none, and go.

use api::{Keys, Revision};
use bytes::Bytes;
use harness::{Draws, check};
use mvcc::{Index, Life, Stamp, Version, bounds, taken};
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::ops::Bound;

type Model = BTreeMap<Vec<u8>, Vec<Version>>;

/// A key: of a few bytes, of words that many have in common, one of those that come in order, or
/// one that is longer than a block is.
fn key(draws: &mut Draws, at: u64) -> Vec<u8> {
    match draws.below(100) {
        0..30 => (0..draws.between(1, 4)).map(|_| [0, 1, b'a', 255][draws.index(4)]).collect(),
        30..60 => format!("/registry/pods/default/{}", draws.below(400)).into_bytes(),
        60..98 => format!("/registry/events/{at:06}").into_bytes(),
        _ => [&vec![b'/'; 20_000][..], &[draws.next().to_le_bytes()[0]]].concat(),
    }
}

fn at(versions: &[Version], revision: Revision) -> Option<(Stamp, Life)> {
    let version = versions.iter().rev().find(|version| version.stamp.revision <= revision)?;
    Some((version.stamp, version.life?))
}

fn add(index: &mut Index, model: &mut Model, key: &[u8], stamp: Stamp, draws: &mut Draws) {
    let versions = model.entry(key.to_vec()).or_default();
    let is_there = versions.last().is_some_and(|version| version.life.is_some());
    let life = Life { created: stamp.revision, version: NonZeroU64::MIN, hash: draws.next() };
    if is_there && draws.chance(50) {
        versions.push(Version { stamp, life: None });
        index.delete(key, stamp);
    } else {
        versions.push(Version { stamp, life: Some(life) });
        index.put(key, stamp, life);
    }
}

/// Does the index say the same of one key and of a range?
fn compare(index: &Index, model: &Model, revision: Revision, draws: &mut Draws) {
    let none = Vec::new();
    let number = draws.below(2_000);
    let one = key(draws, number);
    let versions = model.get(&one).unwrap_or(&none);
    assert_eq!(index.get(&one, revision), at(versions, revision), "one key");
    assert_eq!(index.newest(&one), versions.last().copied(), "its newest version");
    let keys = match draws.below(4) {
        0 => Keys::From(Bytes::new()),
        1 => Keys::From(one.into()),
        _ => Keys::Between(one.into(), key(draws, (number + 700) % 2_000).into()),
    };
    let mut rest = bounds(&keys);
    let mut found = Vec::new();
    let count = draws.index(200) + 1;
    let mut see = |key: &[u8], stamp, life| {
        found.push((key.to_vec(), stamp, life));
        true
    };
    while let Some(last) = index.slice(&rest, revision, count, &mut see) {
        rest.0 = Bound::Excluded(last);
    }
    let inside = |key: &[u8]| match &keys {
        Keys::One(_) => unreachable!("it is a range"),
        Keys::From(from) => key >= &from[..],
        Keys::Between(from, to) => key >= &from[..] && key < &to[..],
    };
    let of_model = model.iter().filter(|(key, _)| inside(key));
    let expected: Vec<_> = of_model
        .filter_map(|(key, versions)| at(versions, revision).map(|it| (key.clone(), it.0, it.1)))
        .collect();
    assert!(found == expected, "{keys:?} at {revision}: {} and {}", found.len(), expected.len());
}

/// Takes what nobody needs, in steps; the rows of it, sorted.
fn compact(index: &mut Index, revision: Revision, draws: &mut Draws) -> Vec<Stamp> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let (taken, last) = index.compact(after.as_ref(), draws.index(300) + 1, revision);
        rows.extend(taken.into_iter().map(|(stamp, _)| stamp));
        after = last;
        if after.is_none() {
            rows.sort();
            return rows;
        }
    }
}

fn compact_model(model: &mut Model, revision: Revision) -> Vec<Stamp> {
    let mut rows = Vec::new();
    for versions in model.values_mut() {
        let gone = versions.drain(..taken(versions, revision));
        rows.extend(gone.map(|version| version.stamp));
    }
    model.retain(|_, versions| !versions.is_empty());
    rows.sort();
    rows
}

#[test]
fn is_a_map_of_lists() {
    check(|| {
        for seed in 0..6 {
            let mut draws = Draws::new(seed);
            let (mut index, mut model) = (Index::default(), Model::new());
            let mut most = 0;
            for at in 0..6_000_u64 {
                let stamp = Stamp { revision: Revision(at / 2 + 2), sub: u32::from(at % 2 == 1) };
                let key = key(&mut draws, at % 2_000);
                add(&mut index, &mut model, &key, stamp, &mut draws);
                if draws.chance(2) {
                    let revision = Revision(at / 2 + 2 - draws.below(at / 2 + 1));
                    compare(&index, &model, revision, &mut draws);
                }
                if at % 1_500 == 1_499 {
                    most = most.max(model.len());
                    let revision = Revision(at / 2 - draws.below(20));
                    let taken = compact(&mut index, revision, &mut draws);
                    assert_eq!(taken, compact_model(&mut model, revision), "what is taken");
                    for _ in 0..20 {
                        compare(&index, &model, stamp.revision, &mut draws);
                    }
                }
            }
            assert!(most > 1_000, "there were {most} keys at once, too few for the tree to grow");
        }
    });
}

#[test]
fn keys_that_are_gone_leave_nothing() {
    check(|| {
        let (mut index, mut draws) = (Index::default(), Draws::new(1));
        let key = |at: u64| format!("/jobs/{at:06}").into_bytes();
        let life = |revision| Life { created: revision, version: NonZeroU64::MIN, hash: 1 };
        for at in 0..20_000 {
            let revision = Revision(2 * at + 2);
            index.put(&key(at), Stamp { revision, sub: 0 }, life(revision));
            index.delete(&key(at), Stamp { revision: revision.next(), sub: 0 });
            if at % 1_000 == 999 {
                let rows = compact(&mut index, Revision(2 * at + 4), &mut draws);
                assert_eq!(rows.len(), 2_000, "everything goes");
            }
        }
        assert_eq!(format!("{index:?}"), format!("{:?}", Index::default()), "it is empty again");
    });
}
