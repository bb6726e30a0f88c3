//! Who watches a key, beside looking at everybody.

use api::Keys;
use bytes::Bytes;
use harness::{Draws, check};
use std::collections::BTreeSet;
use std::ops::RangeBounds;
use watch::Ranges;

/// Keys, in order; the last are longer than those before.
fn keys() -> Vec<Bytes> {
    ["\0", "a", "a\0", "aa", "b", "ba", "c", "\u{7f}"].map(Bytes::from).to_vec()
}

/// Every range between two of these keys, the empty ones too.
fn all() -> Vec<Keys> {
    let keys = keys();
    let mut all = Vec::new();
    for from in &keys {
        all.push(Keys::One(from.clone()));
        all.push(Keys::From(from.clone()));
        all.extend(keys.iter().map(|to| Keys::Between(from.clone(), to.clone())));
    }
    all
}

fn contains(keys: &Keys, key: &[u8]) -> bool {
    RangeBounds::<[u8]>::contains(keys, key)
}

fn same(ranges: &Ranges<usize>, there: &[(Keys, usize)]) {
    for key in keys() {
        let mut found = Vec::new();
        ranges.find(&key, &mut found);
        let set: BTreeSet<usize> = found.iter().copied().collect();
        assert_eq!(set.len(), found.len(), "each is found once");
        let naive = there.iter().filter(|(keys, _)| contains(keys, &key));
        assert_eq!(set, naive.map(|(_, who)| *who).collect(), "who watches {key:?}");
    }
}

#[test]
fn all_small_ranges_are_found_by_every_key_in_them() {
    check(|| {
        let all = all();
        // In order, backwards, and in no order: the tree is another each time.
        for seed in 0..8 {
            let mut there: Vec<(Keys, usize)> = all.iter().cloned().zip(0..).collect();
            match seed {
                0 => {}
                1 => there.reverse(),
                _ => {
                    let mut draws = Draws::new(seed);
                    (1..there.len()).for_each(|at| there.swap(at, draws.index(at + 1)));
                }
            }
            let mut ranges = Ranges::default();
            let mut added: Vec<(Keys, usize)> = Vec::new();
            for (keys, who) in there {
                ranges.add(&keys, who);
                added.push((keys, who));
                same(&ranges, &added);
            }
            while let Some((keys, who)) = added.pop() {
                ranges.remove(&keys, who);
                same(&ranges, &added);
            }
            assert_eq!(ranges, Ranges::default(), "nothing is left");
        }
    });
}

#[test]
fn ranges_come_and_go_as_in_a_list() {
    check(|| {
        let all = all();
        for seed in 0..30 {
            let mut draws = Draws::new(seed);
            let mut ranges = Ranges::default();
            let mut there: Vec<(Keys, usize)> = Vec::new();
            for who in 0..120 {
                if !there.is_empty() && draws.chance(45) {
                    let (keys, who) = there.swap_remove(draws.index(there.len()));
                    ranges.remove(&keys, who);
                } else {
                    // Several may watch the same.
                    let keys = all[draws.index(all.len())].clone();
                    ranges.add(&keys, who);
                    there.push((keys, who));
                }
                same(&ranges, &there);
            }
        }
    });
}

#[test]
fn the_tree_stays_low() {
    check(|| {
        let range = |from: u32, to: u32| {
            Keys::Between(
                Bytes::copy_from_slice(&from.to_be_bytes()),
                Bytes::copy_from_slice(&to.to_be_bytes()),
            )
        };
        let mut ranges = Ranges::default();
        const COUNT: u32 = 10_000;
        for at in 0..COUNT {
            ranges.add(&range(at, at + 1), at);
        }
        // An AVL tree of 10,000 is at most 1.45 times as high as one that is full.
        assert!(ranges.height() <= 19, "{} of {COUNT} that came in order", ranges.height());
        let mut found = Vec::new();
        ranges.find(&77_u32.to_be_bytes(), &mut found);
        assert_eq!(found, [77]);
        for at in (0..COUNT).filter(|at| at % 100 != 7) {
            ranges.remove(&range(at, at + 1), at);
        }
        assert!(ranges.height() <= 9, "{} of 100 that are left", ranges.height());
        let mut found = Vec::new();
        (0..COUNT).for_each(|at| ranges.find(&at.to_be_bytes(), &mut found));
        assert_eq!(found, (0..100).map(|at| at * 100 + 7).collect::<Vec<_>>());
    });
}
