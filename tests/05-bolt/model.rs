//! What a store holds, as a value: sorted maps in sorted maps.

use bolt::{Bucket, Changes, File, View};
use harness::Draws;
use std::collections::BTreeMap;
use std::ops::Bound;

/// A bucket, or the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    pub rows: BTreeMap<Vec<u8>, Row>,
    pub sequence: u64,
}

/// What belongs to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    Value(Vec<u8>),
    Bucket(Model),
}

/// One change in a bucket below the root, or below that.
#[derive(Clone, Debug)]
pub enum Step {
    Put(Vec<Vec<u8>>, Vec<u8>, Vec<u8>),
    Delete(Vec<Vec<u8>>, Vec<u8>),
    Make(Vec<Vec<u8>>),
    Drop(Vec<Vec<u8>>, Vec<u8>),
    Sequence(Vec<Vec<u8>>, u64),
}

/// What happens: commits of some steps, and starts.
#[derive(Clone, Debug)]
pub enum Event {
    Commit(Vec<Step>),
    Restart,
}

/// A name of a bucket, a key, and how long a value is: from a few, so that they meet.
pub fn step(draws: &mut Draws) -> Step {
    let mut path = vec![vec![b'A' + draws.below(3).to_le_bytes()[0]]];
    if draws.chance(15) {
        path.push(vec![b'a' + draws.below(2).to_le_bytes()[0]]);
    }
    match draws.below(100) {
        0..70 => {
            let key = key(draws);
            let length = match draws.below(20) {
                0 => draws.below(3_000),
                1 | 2 => 0,
                _ => draws.below(60),
            };
            let byte = draws.next().to_le_bytes()[0];
            Step::Put(path, key, vec![byte; usize::try_from(length).expect("a short one")])
        }
        70..94 => Step::Delete(path, key(draws)),
        94 | 95 => Step::Make(path),
        96 | 97 => {
            let name = path.pop().expect("there is one");
            Step::Drop(path, name)
        }
        _ => Step::Sequence(path, draws.below(1 << 40)),
    }
}

/// Keys of one byte and more. They are no names of buckets.
fn key(draws: &mut Draws) -> Vec<u8> {
    let number = draws.below(400);
    let mut key = format!("{number:03}").into_bytes();
    if number.is_multiple_of(7) {
        key.resize(key.len() + usize::try_from(number).expect("small") / 2, b'x');
    }
    key
}

/// The steps as changes.
pub fn changes(steps: &[Step]) -> Changes {
    let mut all = Changes::new();
    for step in steps {
        let path = match step {
            Step::Put(path, ..) | Step::Delete(path, _) | Step::Make(path) => path,
            Step::Drop(path, _) | Step::Sequence(path, _) => path,
        };
        let mut bucket = &mut all;
        for name in path {
            bucket = bucket.bucket(name.clone());
        }
        match step {
            Step::Put(_, key, value) => bucket.put(key.clone(), value.clone()),
            Step::Delete(_, key) => bucket.delete(key.clone()),
            Step::Make(_) => {}
            Step::Drop(_, name) => bucket.delete_bucket(name.clone()),
            Step::Sequence(_, number) => bucket.set_sequence(*number),
        }
    }
    all
}

impl Model {
    /// The model after these steps.
    pub fn after(&self, steps: &[Step]) -> Model {
        let mut model = self.clone();
        for step in steps {
            match step {
                Step::Put(path, key, value) => {
                    model.at(path).rows.insert(key.clone(), Row::Value(value.clone()));
                }
                Step::Delete(path, key) => {
                    model.at(path).rows.remove(key);
                }
                Step::Make(path) => {
                    model.at(path);
                }
                Step::Drop(path, name) => {
                    model.at(path).rows.remove(name);
                }
                Step::Sequence(path, number) => model.at(path).sequence = *number,
            }
        }
        model
    }

    /// The bucket at this path, which is made if it is not there.
    fn at(&mut self, path: &[Vec<u8>]) -> &mut Model {
        let Some((name, rest)) = path.split_first() else { return self };
        let row = self.rows.entry(name.clone()).or_insert_with(|| Row::Bucket(Model::default()));
        match row {
            Row::Bucket(bucket) => bucket.at(rest),
            Row::Value(_) => unreachable!("keys are no names of buckets"),
        }
    }

    /// Does a view hold this, however one looks at it?
    pub fn is_in<F: File>(&self, view: &View<F>, draws: &mut Draws) {
        self.is(&view.root().expect("it is sound"), draws);
    }

    fn is<F: File>(&self, bucket: &Bucket<'_, F>, draws: &mut Draws) {
        assert_eq!(bucket.sequence(), self.sequence, "the number of a bucket");
        let values: Vec<(&Vec<u8>, &Vec<u8>)> = self
            .rows
            .iter()
            .filter_map(|(key, row)| match row {
                Row::Value(value) => Some((key, value)),
                Row::Bucket(_) => None,
            })
            .collect();
        let read = |rows: bolt::Range<'_, F>| -> Vec<(Vec<u8>, Vec<u8>)> {
            rows.map(|row| row.expect("it is sound"))
                .map(|(key, value)| (key.to_vec(), value.to_vec()))
                .collect()
        };
        let own = |rows: &[(&Vec<u8>, &Vec<u8>)]| -> Vec<(Vec<u8>, Vec<u8>)> {
            rows.iter().map(|(key, value)| ((*key).clone(), (*value).clone())).collect()
        };
        assert_eq!(read(bucket.range(..)), own(&values), "all, forwards");
        let mut back = own(&values);
        back.reverse();
        assert_eq!(read(bucket.range_back(..)), back, "all, backwards");
        for (key, row) in &self.rows {
            let value = bucket.get(key).expect("it is sound");
            let below = bucket.bucket(key).expect("it is sound");
            match row {
                Row::Value(expected) => {
                    assert_eq!(value.as_deref(), Some(&expected[..]), "the value of a key");
                    assert!(below.is_none(), "a key is no bucket");
                }
                Row::Bucket(model) => {
                    assert!(value.is_none(), "a bucket has no value");
                    model.is(&below.expect("it is a bucket"), draws);
                }
            }
        }
        let missing = key(draws);
        if !self.rows.contains_key(&missing) {
            assert_eq!(bucket.get(&missing).expect("it is sound"), None, "a key that is not there");
        }
        for _ in 0..4 {
            let (one, other) = (key(draws), key(draws));
            let (from, to) = if one < other { (one, other) } else { (other, one) };
            let bound = |key: Vec<u8>, kind: u64| match kind {
                0 => Bound::Included(key),
                1 => Bound::Excluded(key),
                _ => Bound::Unbounded,
            };
            let bounds = (bound(from, draws.below(3)), bound(to, draws.below(3)));
            let inside: Vec<_> = values
                .iter()
                .copied()
                .filter(|(key, _)| std::ops::RangeBounds::contains(&bounds, *key))
                .collect();
            let bounds = (bounds.0.as_ref(), bounds.1.as_ref());
            let bounds = (bounds.0.map(|key| &key[..]), bounds.1.map(|key| &key[..]));
            assert_eq!(read(bucket.range(bounds)), own(&inside), "{bounds:?}");
            let mut back = own(&inside);
            back.reverse();
            assert_eq!(read(bucket.range_back(bounds)), back, "{bounds:?}, backwards");
        }
    }
}
