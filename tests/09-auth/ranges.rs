//! Sets of keys, against all keys that can tell them apart, one by one.

use api::Keys;
use auth::Ranges;
use bytes::Bytes;
use harness::check;

/// Where ranges begin and end: a key, the next one, one that begins with it, and two others.
const ENDS: [&str; 5] = ["a", "a\0", "aa", "b", "ba"];

/// Every way to name keys with these.
fn all() -> Vec<Keys> {
    let ends = ENDS.map(|end| Bytes::from_static(end.as_bytes()));
    let one = ends.iter().map(|key| Keys::One(key.clone()));
    let from = ends.iter().map(|key| Keys::From(key.clone()));
    let pairs = ends.iter().flat_map(|key| ends.iter().map(move |end| (key, end)));
    let between = pairs.map(|(key, end)| Keys::Between(key.clone(), end.clone()));
    one.chain(from).chain(between).collect()
}

/// Keys among which there is one in every range that has any: all short ones of three letters, and
/// one after all of them.
fn points() -> Vec<Vec<u8>> {
    let mut points = vec![vec![0xff; 9]];
    let mut last = vec![Vec::new()];
    for _ in 0..3 {
        let longer =
            |point: &Vec<u8>| [0, b'a', b'b'].map(|letter| [&point[..], &[letter]].concat());
        last = last.iter().flat_map(longer).collect();
        points.extend(last.clone());
    }
    points.sort();
    points
}

fn has(keys: &Keys, point: &[u8]) -> bool {
    match keys {
        Keys::One(key) => key == point,
        Keys::From(key) => &key[..] <= point,
        Keys::Between(from, to) => &from[..] <= point && point < &to[..],
    }
}

/// The pieces of a set, each with its end, which is empty if there is none: any two that touch are
/// made one, until none do.
fn merged(granted: &[&Keys]) -> Vec<(Bytes, Bytes)> {
    let piece = |keys: &&Keys| match keys {
        Keys::One(key) => (key.clone(), [&key[..], &[0]].concat().into()),
        Keys::From(key) => (key.clone(), Bytes::new()),
        Keys::Between(from, to) => (from.clone(), to.clone()),
    };
    let mut pieces: Vec<(Bytes, Bytes)> = granted.iter().map(piece).collect();
    pieces.retain(|(begin, end)| end.is_empty() || begin < end);
    loop {
        let touch = |one: &(Bytes, Bytes), other: &(Bytes, Bytes)| {
            one.0 <= other.0 && (one.1.is_empty() || other.0 <= one.1)
        };
        let pairs = (0..pieces.len()).flat_map(|a| (0..pieces.len()).map(move |b| (a, b)));
        let Some((a, b)) =
            pairs.filter(|(a, b)| a != b).find(|(a, b)| touch(&pieces[*a], &pieces[*b]))
        else {
            return pieces;
        };
        let end = match pieces[a].1.is_empty() || pieces[b].1.is_empty() {
            true => Bytes::new(),
            false => pieces[a].1.clone().max(pieces[b].1.clone()),
        };
        pieces[a].1 = end;
        pieces.remove(b);
    }
}

/// Is every key of the range granted?
fn covered(granted: &[&Keys], asked: &Keys, points: &[Vec<u8>]) -> bool {
    let is_granted = |point: &[u8]| granted.iter().any(|keys| has(keys, point));
    if let Keys::Between(from, to) = asked
        && to <= from
    {
        // There is none. Then the first must be, and no other piece may begin in between.
        let pieces = merged(granted);
        let own =
            pieces.iter().find(|(begin, end)| begin <= from && (end.is_empty() || from < end));
        return own
            .is_some_and(|(own, _)| !pieces.iter().any(|(begin, _)| to <= begin && begin < own));
    }
    points.iter().all(|point| !has(asked, point) || is_granted(point))
}

#[test]
fn of_up_to_three_grants_cover_what_every_key_says() {
    check(|| {
        let (all, points) = (all(), points());
        let mut asked = 0;
        for first in 0..all.len() {
            for second in first..all.len() {
                for third in second..all.len() {
                    let granted = [&all[first], &all[second], &all[third]];
                    let ranges = Ranges::of(granted.into_iter().cloned());
                    for keys in &all {
                        asked += 1;
                        let expected = covered(&granted, keys, &points);
                        assert_eq!(ranges.covers(keys), expected, "{keys:?} in {granted:?}");
                    }
                }
            }
        }
        harness::note(format!("{asked} questions"));
    });
}

#[test]
fn touch_and_are_one() {
    check(|| {
        let keys = |list: &[(&'static str, &'static str)]| {
            Ranges::of(list.iter().map(|(key, end)| {
                Keys::new(&Bytes::from_static(key.as_bytes()), &Bytes::from_static(end.as_bytes()))
            }))
        };
        assert_eq!(keys(&[("k", "l"), ("l", "m")]), keys(&[("k", "m")]), "side by side");
        assert_eq!(keys(&[("a", "z"), ("k", "l")]), keys(&[("a", "z")]), "one in the other");
        assert_eq!(keys(&[("k", ""), ("k\0", "m")]), keys(&[("k", "m")]), "a key and the rest");
        assert_eq!(keys(&[("k", "\0"), ("x", "y")]), keys(&[("k", "\0")]), "all from one on");
        assert_eq!(keys(&[("k", "l"), ("l\0", "m")]).pieces(), 2, "a key is between them");
        assert_eq!(keys(&[("m", "k"), ("k", "k"), ("", "z")]), keys(&[]), "these have no keys");
    });
}

#[test]
fn an_empty_set_has_nothing() {
    check(|| {
        let nothing = Ranges::of([]);
        for keys in all() {
            assert!(!nothing.covers(&keys), "{keys:?}");
        }
        assert!(!Ranges::of([Keys::From("a".into())]).covers(&Keys::One(Bytes::new())));
    });
}
