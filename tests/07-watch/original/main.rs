//! Watchers beside the original: both see the same changes and the same requests, and what they
//! answer is compared, to the byte.
//!
//! `cargo workbook verify` runs these tests where the original is built, and says to them where its
//! programs are. Whoever runs all tests of this crate sees them ignored: they need Go, and no
//! exercise.

#[path = "../drawn.rs"]
mod drawn;
#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../05-bolt/original/etcd.rs"]
mod etcd;
mod gateway;
mod json;
#[allow(dead_code, reason = "the graded tests use more of it")]
#[path = "../past.rs"]
mod past;
#[allow(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../05-bolt/original/programs.rs"]
mod programs;
#[allow(dead_code, reason = "the graded tests use more of it")]
#[path = "../world.rs"]
mod world;

use api::WatchCreateRequest;
use etcd::Member;
use gateway::{Stream, ask, slow_watchers};
use harness::Draws;
use past::Change;
use programs::{folder, until};
use watch::{Limits, StreamId, WatchId};
use world::{World, put, watch, watch_from};

/// A stream at a hub of ours, and the same at a member of the original.
struct Both {
    member: Member,
    theirs: Stream,
    world: World,
    ours: StreamId,
    /// How many answers were compared.
    count: usize,
}

impl Both {
    fn start(member: Member) -> Both {
        let mut world = World::with(Limits { bytes: usize::MAX, ..Limits::default() });
        let ours = world.open();
        let theirs = Stream::open(member.address());
        Both { member, theirs, world, ours, count: 0 }
    }

    /// Waits until theirs has said as much as ours, and compares it.
    fn compare(&mut self, what: &str) {
        let mut ours = Vec::new();
        while let Some(answer) = self.world.say(self.ours) {
            ours.push(json::ours(&answer));
        }
        self.count += ours.len();
        let mut theirs = Vec::new();
        for _ in &ours {
            let Some(line) = self.theirs.line() else {
                panic!("after {what}, ours says {ours:#?}, and theirs says {theirs:#?} alone");
            };
            theirs.push(json::theirs(&line));
        }
        // Which watcher is told first of a revision is not fixed.
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "after {what}");
    }

    fn create(&mut self, request: &WatchCreateRequest) {
        self.theirs.send(&json::create(request));
        self.world.hub.create(self.ours, request, Ok(())).expect("there is room");
        self.compare(&format!("{request:?}"));
    }

    fn cancel(&mut self, id: i64) {
        self.theirs.send(&format!("{{\"cancel_request\":{{\"watch_id\":\"{id}\"}}}}"));
        self.world.hub.cancel(self.ours, WatchId(id)).expect("there is room");
        self.compare(&format!("the end of {id}"));
    }

    /// Theirs reads the past ten times a second, and ours at once.
    fn catch_up(&self) {
        let address = self.member.address();
        until("all have caught up", || (slow_watchers(address) == "0").then_some(()));
    }

    fn progress(&mut self) {
        self.catch_up();
        self.theirs.send("{\"progress_request\":{}}");
        self.world.hub.progress(self.ours).expect("there is room");
        self.compare("a request for progress");
        // It may have no answer. Requests are heard in order, so it was heard when this is refused.
        self.create(&watch_from("a", "", -1));
    }

    fn write(&mut self, changes: &[Change]) {
        ask(self.member.address(), "kv/txn", &json::txn(changes));
        self.world.write(changes);
        self.compare(&format!("{changes:?}"));
    }

    fn compact(&mut self, revision: u64) {
        self.catch_up();
        let body = format!("{{\"revision\":\"{revision}\",\"physical\":true}}");
        ask(self.member.address(), "kv/compaction", &body);
        self.world.compact(revision);
        self.compare("a compaction");
    }
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn each_rule_is_that_of_the_original() {
    let folder = folder();
    let mut both = Both::start(Member::start(&folder.path().join("data")));
    both.progress();
    for value in ["1", "2", "3"] {
        both.write(&[put("a", value), put("b", value)]);
    }
    both.create(&WatchCreateRequest { prev_kv: true, ..watch_from("a", "c", 1) });
    both.progress();
    both.write(&[put("a", "4"), Change::Delete("b")]);
    both.compact(4);
    // What is gone, and what is not; the number of what is gone is taken.
    both.create(&WatchCreateRequest { watch_id: 7, ..watch_from("z", "", 3) });
    both.progress();
    both.create(&WatchCreateRequest { watch_id: 7, ..watch("z", "") });
    both.cancel(7);
    both.progress();
    both.create(&WatchCreateRequest { prev_kv: true, ..watch_from("a", "", 4) });
    // What is to come: the next revision by its number, and a later one.
    let next = both.world.hub.current().wire() + 1;
    both.create(&watch_from("q", "", next));
    both.progress();
    both.write(&[put("r", "")]);
    both.progress();
    both.create(&watch_from("\0", "\0", next + 3));
    both.progress();
    for _ in 0..4 {
        both.write(&[put("r", "more")]);
        both.progress();
    }
    // Refusals, in their order.
    both.create(&WatchCreateRequest { watch_id: 1, ..watch_from("b", "a", -1) });
    both.create(&WatchCreateRequest { watch_id: 1, ..watch_from("b", "a", 0) });
    both.create(&WatchCreateRequest { watch_id: 1, ..watch("b", "") });
    both.create(&watch("", "\0\0"));
    both.create(&WatchCreateRequest { watch_id: -1, filters: vec![5, 0], ..watch("", "\0") });
    both.write(&[put("a", "5"), put("\0", "0"), Change::Delete("a")][..2]);
    both.write(&[Change::Delete("a"), put("z", "9")]);
    both.cancel(-1);
    both.cancel(-1);
    both.cancel(55);
    let many: Vec<Change> = (0..100).map(|at| put(format!("k{at:02}").leak(), "v")).collect();
    both.write(&many);
    both.create(&watch("k", "l"));
    both.write(
        &many
            .iter()
            .map(|change| match change {
                Change::Put(key, _) | Change::Delete(key) => Change::Delete(key),
            })
            .collect::<Vec<_>>(),
    );
    both.progress();
    assert!(both.count > 30, "{} answers", both.count);
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn the_past_comes_in_the_same_answers() {
    let folder = folder();
    let mut both = Both::start(Member::start(&folder.path().join("data")));
    for at in 0..2_500 {
        both.write(&[put(["a", "b"][at % 2], "v")]);
    }
    both.create(&watch_from("a", "c", 2));
    both.create(&watch_from("a", "c", 1_502));
    assert_eq!(both.count, 2 + 3 + 1, "1000, 1000 and 500 events, and 1000");
}

#[test]
#[ignore = "compares with the original: cargo workbook verify"]
fn random_streams_are_told_the_same() {
    for seed in 0..4 {
        let folder = folder();
        let mut both = Both::start(Member::start(&folder.path().join("data")));
        let mut draws = Draws::new(seed);
        for _ in 0..400 {
            let newest = both.world.past.newest().0;
            match draws.below(100) {
                0..50 => both.write(&drawn::changes(&mut draws)),
                50..75 => {
                    let request = drawn::request(&mut draws, newest);
                    both.create(&request);
                }
                75..85 => both.cancel(draws.below(12).cast_signed() - 2),
                85..95 => both.progress(),
                _ => {
                    let revision = newest.saturating_sub(draws.below(6));
                    if both.world.past.compacted.is_none_or(|gone| gone.0 < revision) {
                        both.compact(revision);
                    }
                }
            }
        }
        assert!(both.count > 400, "{} answers", both.count);
    }
}
