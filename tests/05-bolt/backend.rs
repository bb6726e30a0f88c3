//! The buffer over the store against the naive one, in long random histories: whoever looks sees
//! the same, whatever is frozen, committed or copied meanwhile.

use crate::memory::{Memory, MemoryFile, NAME, SMALL};
use crate::naive::{Naive, Rows};
use crate::shrink::{fails, shrink};
use bolt::backend::{self, Committed, Committer, Frozen, View, Writer};
use harness::files::Disk;
use harness::{Draws, check};
use std::ops::Bound;

const BUCKETS: [&[u8]; 3] = [b"alarm", b"key", b"lease"];

/// What happens. Rows are drawn from `seed`.
#[derive(Clone, Copy, Debug)]
enum Event {
    Write { seed: u64 },
    WriteMany { seed: u64 },
    MakeBucket(usize),
    ViewOfWriter,
    Publish,
    Freeze,
    Commit,
    Retire,
    Defragment { fill_percent: usize },
    GiveUpACopy,
    Restart,
}

fn history(seed: u64) -> Vec<Event> {
    let mut draws = Draws::new(seed);
    (0..120)
        .map(|_| match draws.below(100) {
            0..39 => Event::Write { seed: draws.next() },
            39 => Event::WriteMany { seed: draws.next() },
            40..42 => Event::MakeBucket(draws.index(3)),
            42..50 => Event::ViewOfWriter,
            50..65 => Event::Publish,
            65..75 => Event::Freeze,
            75..84 => Event::Commit,
            84..93 => Event::Retire,
            93..96 => Event::Defragment { fill_percent: [20, 50, 90, 100][draws.index(4)] },
            96..98 => Event::GiveUpACopy,
            _ => Event::Restart,
        })
        .collect()
}

/// A view, and what it has to show.
type Kept = (View<MemoryFile>, Rows);

/// The three handles, and what is on its way between them.
struct Whole {
    writer: Writer<MemoryFile>,
    committer: Committer<Memory>,
    frozen: Option<Frozen>,
    committed: Option<Committed>,
}

impl Whole {
    fn open(disk: &Disk) -> Whole {
        let opened = backend::open(Memory(disk.clone()), NAME, SMALL);
        let (writer, committer) = opened.expect("it is sound");
        Whole { writer, committer, frozen: None, committed: None }
    }
}

/// A few rows, of which some are deletions.
fn write(writer: &mut Writer<MemoryFile>, model: &mut Naive, draws: &mut Draws) {
    for _ in 0..draws.between(1, 30) {
        let bucket = BUCKETS[draws.index(3)];
        let key = format!("{:03}", draws.below(300)).into_bytes();
        if draws.chance(25) {
            model.delete(bucket, &key);
            writer.delete(bucket, key).expect("it is short");
        } else {
            let length = if draws.chance(3) { 1_500 } else { draws.below(40) };
            let value = vec![draws.next().to_le_bytes()[0]; usize::try_from(length).expect("few")];
            model.put(bucket, &key, &value);
            writer.put(bucket, key, value).expect("it is short");
        }
    }
}

/// Many rows side by side, between two of the others.
fn write_many(writer: &mut Writer<MemoryFile>, model: &mut Naive, draws: &mut Draws) {
    let (bucket, number) = (BUCKETS[draws.index(3)], draws.below(300));
    for at in 0..draws.between(130, 260) {
        let key = format!("{number:03}{at:03}").into_bytes();
        model.put(bucket, &key, b"of many");
        writer.put(bucket, key, "of many").expect("it is short");
    }
}

/// Does a view find these rows, those side by side one after the other?
fn look_up(view: &View<MemoryFile>, bucket: &[u8], rows: &Rows, draws: &mut Draws) {
    let mut lookup = view.lookup(bucket).expect("it is sound");
    let mut compare = |key: &[u8], value: Option<&Vec<u8>>| {
        let found = lookup.get(key).expect("it is sound");
        assert_eq!(found.as_deref(), value.map(|value| &value[..]), "{}", key.escape_ascii());
    };
    let from = format!("{:03}", draws.below(300)).into_bytes();
    let (first, last) = ((bucket.to_vec(), from), (bucket.to_vec(), b"x".to_vec()));
    rows.range(first..last).take(60).for_each(|((_, key), value)| compare(key, Some(value)));
    for _ in 0..5 {
        let key = format!("{:03}", draws.below(300)).into_bytes();
        compare(&key, rows.get(&(bucket.to_vec(), key.clone())));
    }
}

/// Does a view hold these rows, however one looks at it?
fn compare(view: &View<MemoryFile>, rows: &Rows, draws: &mut Draws) {
    for bucket in BUCKETS {
        look_up(view, bucket, rows, draws);
        let inside = |from: &Bound<Vec<u8>>, to: &Bound<Vec<u8>>| -> Vec<(Vec<u8>, Vec<u8>)> {
            let inside = |key: &[u8]| {
                (match from {
                    Bound::Included(from) => key >= &from[..],
                    Bound::Excluded(from) => key > &from[..],
                    Bound::Unbounded => true,
                }) && match to {
                    Bound::Included(to) => key <= &to[..],
                    Bound::Excluded(to) => key < &to[..],
                    Bound::Unbounded => true,
                }
            };
            let rows = rows.iter().filter(|((name, key), _)| name == bucket && inside(key));
            rows.map(|((_, key), value)| (key.clone(), value.clone())).collect()
        };
        for whole in [true, false, false] {
            let mut bound = || {
                let key = format!("{:03}", draws.below(300)).into_bytes();
                match draws.below(3) {
                    0 if !whole => Bound::Included(key),
                    1 if !whole => Bound::Excluded(key),
                    _ => Bound::Unbounded,
                }
            };
            let (from, to) = (bound(), bound());
            let mut expected = inside(&from, &to);
            let keys = (from.as_ref().map(|key| &key[..]), to.as_ref().map(|key| &key[..]));
            let found = view.range(bucket, keys).expect("it is sound");
            assert_eq!(read(found), expected, "{keys:?} of {}", bucket.escape_ascii());
            expected.reverse();
            let found = view.range_back(bucket, keys).expect("it is sound");
            assert_eq!(read(found), expected, "{keys:?} of {}, back", bucket.escape_ascii());
        }
        for _ in 0..5 {
            let key = format!("{:03}", draws.below(300)).into_bytes();
            let value = view.get(bucket, &key).expect("it is sound");
            let expected = rows.get(&(bucket.to_vec(), key)).map(|value| &value[..]);
            assert_eq!(value.as_deref(), expected, "the value of a key");
        }
    }
}

/// Does whoever writes get these rows, one by one?
fn compare_keys(writer: &Writer<MemoryFile>, rows: &Rows, draws: &mut Draws) {
    for _ in 0..5 {
        let (bucket, key) = (BUCKETS[draws.index(3)], draws.below(300));
        let key = format!("{key:03}").into_bytes();
        let value = writer.get(bucket, &key).expect("it is sound");
        let expected = rows.get(&(bucket.to_vec(), key));
        assert_eq!(value.as_deref(), expected.map(|value| &value[..]), "one key");
    }
}

fn read(
    rows: impl Iterator<Item = Result<(bytes::Bytes, bytes::Bytes), bolt::Error>>,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let rows = rows.map(|row| row.expect("it is sound"));
    rows.map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
}

/// Views stay for a while, and what they show stays the same.
fn keep(old: &mut Vec<Kept>, view: View<MemoryFile>, rows: &Rows, draws: &mut Draws) {
    if draws.chance(20) {
        old.push((view, rows.clone()));
    }
    if old.len() > 3 {
        let (view, rows) = old.remove(draws.index(4));
        compare(&view, &rows, draws);
    }
}

/// What happened, in numbers.
#[derive(Debug, Default)]
struct Seen {
    commits: usize,
    copies: usize,
    given_up: usize,
}

fn play(events: &[Event]) -> Seen {
    let disk = Disk::new();
    let mut whole = Whole::open(&disk);
    let mut model = Naive::default();
    let mut draws = Draws::new(5);
    let mut old: Vec<Kept> = Vec::new();
    let mut seen = Seen::default();
    for event in events {
        match *event {
            Event::Write { seed } => {
                write(&mut whole.writer, &mut model, &mut Draws::new(seed));
            }
            Event::WriteMany { seed } => {
                write_many(&mut whole.writer, &mut model, &mut Draws::new(seed));
            }
            Event::MakeBucket(at) => {
                whole.writer.make_bucket(BUCKETS[at]).expect("it has a name");
                model.touch(BUCKETS[at]);
            }
            Event::ViewOfWriter => {
                compare_keys(&whole.writer, &model.written, &mut draws);
                compare(&whole.writer.view(), &model.written, &mut draws);
            }
            Event::Publish => {
                whole.writer.publish();
                model.publish();
            }
            Event::Freeze => {
                let frozen = whole.writer.freeze();
                assert_eq!(frozen.is_some(), model.freeze(), "is there something to freeze?");
                whole.frozen = whole.frozen.or(frozen);
            }
            Event::Commit => {
                let Some(frozen) = whole.frozen.take() else { continue };
                whole.committed = Some(whole.committer.commit(frozen).expect("the disk works"));
                model.commit();
                seen.commits += 1;
            }
            Event::Retire => {
                let Some(committed) = whole.committed.take() else { continue };
                whole.committer.retire(committed);
                model.retire();
            }
            Event::Defragment { fill_percent } => {
                let done = whole.committer.defragment(fill_percent, usize::MAX);
                assert!(done.expect("the disk works"), "there is no limit");
                seen.copies += 1;
            }
            Event::GiveUpACopy => {
                let full = whole.writer.buffered() > 0;
                let done = whole.committer.defragment(90, 0).expect("the disk works");
                assert_eq!(done, !full, "it is given up if anything is in the buffer");
                seen.given_up += usize::from(full);
            }
            Event::Restart => {
                old.clear();
                drop(whole);
                whole = Whole::open(&disk);
                model.restart();
            }
        }
        whole.committer.store().check().expect("every page is accounted for");
        let view = whole.writer.reader().view();
        compare(&view, &model.published, &mut draws);
        keep(&mut old, view, &model.published, &mut draws);
    }
    assert_eq!(disk.names(), [NAME], "nothing is left over");
    seen
}

#[test]
fn is_the_naive_one() {
    check(|| {
        let mut all = Seen::default();
        for seed in 0..14 {
            let events = history(seed);
            if fails(|| play(&events)) {
                let short = shrink(events, |events| fails(|| play(events)));
                eprintln!("seed {seed}, made shorter: {short:#?}");
                play(&short);
                unreachable!("it has failed before");
            }
            let seen = play(&events);
            all.commits += seen.commits;
            all.copies += seen.copies;
            all.given_up += seen.given_up;
        }
        harness::note(format!("{all:?}"));
        assert!(all.commits > 30 && all.copies > 30 && all.given_up > 10, "{all:?}");
    });
}
