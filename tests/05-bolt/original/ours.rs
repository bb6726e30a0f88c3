//! bbolt reads what ours has written.

use crate::bbolt;
use crate::programs::{folder, name, run};
use crate::rows::{Held, at, with};
use bolt::{Changes, Options, View};
use harness::Draws;
use std::fs::{self, File};
use std::path::Path;

/// The buckets of etcd, and some in others, as deep as it gets here.
const PATHS: [&[&str]; 13] = [
    &["alarm"],
    &["auth"],
    &["cluster"],
    &["key"],
    &["lease"],
    &["meta"],
    &["nested", "inline"],
    &["nested", "paged"],
    &["nested", "deep", "deeper", "deepest"],
    &["nested", "empty"],
    &["shrinks"],
    &["vanishes", "below"],
    &["long"],
];

/// What happens in one commit, in a bucket: keys up to a number get values, or go.
struct Step {
    path: &'static [&'static str],
    puts: u64,
    /// No value is longer.
    longest: u64,
    deletes: u64,
}

/// The commits, with what they do in each bucket of which they do something.
fn history() -> Vec<Vec<Step>> {
    let step =
        |path: usize, puts, longest, deletes| Step { path: PATHS[path], puts, longest, deletes };
    let first = (0..PATHS.len()).map(|path| step(path, 3, 40, 0)).collect();
    let mut all: Vec<Vec<Step>> = vec![
        first,
        vec![step(3, 4_000, 90, 0), step(7, 800, 300, 0), step(10, 900, 60, 0)],
        vec![step(12, 20, 300_000, 5), step(8, 60, 4_000, 0), step(11, 500, 50, 0)],
        vec![step(3, 0, 0, 1_200), step(10, 0, 0, 1_000_000)],
        vec![step(6, 4, 30, 8), step(7, 100, 5_000, 300), step(10, 2, 10, 0)],
    ];
    for _ in 0..4 {
        all.push(vec![step(3, 300, 200, 300), step(4, 30, 20, 10), step(12, 3, 90_000, 2)]);
    }
    all
}

/// Makes a commit out of steps, in the changes and in what is to be there.
fn commit(draws: &mut Draws, steps: &[Step], held: &mut Held) -> Changes {
    let mut changes = Changes::new();
    for step in steps {
        let (bucket, model) = (at(&mut changes, step.path), held.at(step.path));
        for _ in 0..step.puts {
            // As etcd's keys are: a revision, a line, and the place in a transaction.
            let key = [&draws.below(9_000).to_be_bytes()[..], b"_", &[0; 8]].concat();
            let length = usize::try_from(draws.below(step.longest + 1)).expect("a short one");
            let value: Vec<u8> = (0..length).map(|_| draws.next().to_le_bytes()[0]).collect();
            bucket.put(key.clone(), value.clone());
            model.values.insert(key, value);
        }
        let count = usize::try_from(step.deletes).expect("few").min(model.values.len());
        for _ in 0..count {
            let place = draws.index(model.values.len());
            let key = model.values.keys().nth(place).expect("it is there").clone();
            bucket.delete(key.clone());
            model.values.remove(&key);
        }
    }
    changes
}

/// Writes an image of a view into a file of its own.
fn image(view: &View<File>, file: &Path) {
    let mut bytes = Vec::new();
    view.image(|piece| {
        bytes.extend_from_slice(piece);
        true
    })
    .expect("it is sound");
    assert_eq!(bytes.len() as u64, view.image_length());
    fs::write(file, bytes).expect("there is room on the disk");
}

/// A store of many commits, some of which are looked at until the end: every state of which there
/// is a view is an image that bbolt takes, and so is the file itself.
fn is_taken(page_size: u32) {
    let folder = folder();
    let file = folder.path().join("db");
    let mut store = with(&file, Options { page_size, growth: 1 << 20, ..Options::default() });
    let (mut held, mut draws) = (Held::default(), Draws::new(u64::from(page_size)));
    let mut views = Vec::new();
    for (at, steps) in history().iter().enumerate() {
        let changes = commit(&mut draws, steps, &mut held);
        store.commit(changes).expect("the disk works");
        store.check().expect("every page is accounted for");
        if at % 4 == 2 {
            views.push((store.view(), held.clone()));
        }
    }
    let mut last = Changes::new();
    last.delete_bucket("vanishes");
    last.bucket("meta").set_sequence(7);
    store.commit(last).expect("the disk works");
    held.buckets.remove("vanishes");
    for (number, (view, then)) in views.iter().enumerate() {
        let own = folder.path().join(format!("image-{number}"));
        image(view, &own);
        assert!(bbolt::agrees(&own, 400) == *then, "view {number} is as it was");
    }
    drop((views, store));
    assert!(bbolt::agrees(&file, 100) == held, "the file is what was committed");
    is_worth_looking_at(&file, page_size);
    assert!(with(&file, Options::default()).defragment(80, || true).expect("the disk works"));
    assert!(bbolt::agrees(&file, 400) == held, "a copy is the same");
    assert_eq!(bbolt::pages(&file).free, 0, "nothing is in a copy that nobody uses");
}

/// What a file is to have in it: free pages, long rows, several levels, small buckets.
fn is_worth_looking_at(file: &Path, page_size: u32) {
    let (counts, levels) = (bbolt::pages(file), bbolt::levels(file));
    assert!(counts.free > 20 && counts.overflow > 20 && counts.list == 0, "{counts:?}");
    assert!(levels >= 3 || page_size > 4_096, "{levels} levels");
    let stats = run("bbolt", &["stats", name(file)]);
    assert!(bbolt::figure(&stats, "Total number on inlined buckets") > 4, "{stats}");
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn pages_of_the_usual_length() {
    is_taken(4_096);
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn pages_of_other_lengths() {
    is_taken(1_024);
    is_taken(16_384);
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn an_empty_store() {
    let folder = folder();
    let file = folder.path().join("db");
    drop(crate::rows::open(&file));
    assert_eq!(bbolt::agrees(&file, 1), Held::default());
    assert_eq!(bbolt::pages(&file).list, 1, "as bbolt makes it");
}
