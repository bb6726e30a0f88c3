//! Can a watch lose events? Every order of a few things that can happen, one after the other.
//!
//! A stream has up to two watchers. Nearly nothing of what was written is at hand, and the past is
//! read one revision at a time, so that every step of catching up has everything else come between.
//! After each run, all that is left is fetched, and nothing may be missing.

use crate::truth::Truth;
use crate::world::{World, put, watch_from};
use api::WatchCreateRequest;
use harness::check;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;
use watch::{Limits, StreamId, WatchId};

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// A put of `a`.
    PutOne,
    /// A put of `a` and `b`, at one revision.
    PutBoth,
    /// A watcher of `a`, from the next revision on.
    Next,
    /// A watcher of all keys, from revision 2 on.
    Past,
    /// A watcher of all keys, from two revisions later on.
    Future,
    /// The client ends its first watcher.
    Cancel,
    /// It asks how far all are.
    Ask,
    /// It fetches one answer.
    Fetch,
    /// Everything before the newest revision is forgotten.
    Compact,
    /// The store is replaced by one that is a revision ahead.
    Replace,
}

const ACTS: [Act; 10] = [
    Act::PutOne,
    Act::PutBoth,
    Act::Next,
    Act::Past,
    Act::Future,
    Act::Cancel,
    Act::Ask,
    Act::Fetch,
    Act::Compact,
    Act::Replace,
];

#[derive(Clone)]
struct State {
    world: World,
    truth: Truth,
    stream: StreamId,
}

/// How many were visited.
#[derive(Debug, Default)]
struct Count {
    states: usize,
    runs: usize,
}

impl State {
    fn new(ring: usize) -> State {
        let limits = Limits { ring, revisions: 1, ..Limits::default() };
        let mut world = World::with(limits);
        world.puts("a", 2);
        let stream = world.hub.open(Duration::ZERO, Duration::from_secs(1));
        let mut truth = Truth::default();
        truth.open(stream);
        State { world, truth, stream }
    }

    fn watchers(&self) -> usize {
        self.truth.streams[&self.stream].watchers.len()
    }

    /// Can it happen, and does it change anything?
    fn allows(&self, act: Act) -> bool {
        let newest = self.world.past.newest();
        match act {
            Act::PutOne | Act::PutBoth | Act::Fetch | Act::Replace => true,
            Act::Next | Act::Past | Act::Future => self.watchers() < 2,
            Act::Cancel | Act::Ask => self.watchers() > 0,
            Act::Compact => self.world.past.compacted != Some(newest),
        }
    }

    fn create(&mut self, request: &WatchCreateRequest) {
        let at = self.world.hub.current();
        self.world.hub.create(self.stream, request, Ok(())).expect("there is room");
        self.truth.create(self.stream, request, &self.world.past, at);
    }

    /// One answer, if there is any.
    fn fetch(&mut self) -> bool {
        let at = self.world.hub.current();
        let said = self.world.hub.next(self.stream, &self.world.past).expect("the disk works");
        if let Some(answer) = &said {
            self.truth.told(self.stream, &answer.response, &self.world.past, at);
        }
        said.is_some()
    }

    fn act(&mut self, act: Act) {
        let at = self.world.hub.current();
        match act {
            Act::PutOne => self.world.puts("a", 1),
            Act::PutBoth => drop(self.world.write(&[put("a", "v"), put("b", "v")])),
            Act::Next => self.create(&watch_from("a", "", 0)),
            Act::Past => {
                let request = watch_from("\0", "\0", 2);
                self.create(&WatchCreateRequest { prev_kv: true, ..request });
            }
            Act::Future => self.create(&watch_from("\0", "\0", at.wire() + 2)),
            Act::Cancel => {
                let watchers = &self.truth.streams[&self.stream].watchers;
                let first = *watchers.keys().next().expect("there is one");
                self.world.hub.cancel(self.stream, WatchId(first)).expect("there is room");
                self.truth.cancel(self.stream, WatchId(first), at);
            }
            Act::Ask => {
                self.world.hub.progress(self.stream).expect("there is room");
                self.truth.ask(self.stream);
            }
            Act::Fetch => drop(self.fetch()),
            Act::Compact => self.world.compact(self.world.past.newest().0),
            Act::Replace => {
                let revision = self.world.past.write(&[put("a", "v")]).expect("a put is one");
                self.world.hub.resync(revision);
                self.truth.resync();
            }
        }
    }

    /// Fetches all that is left, as a server does.
    fn end(mut self) {
        for _ in 0..2 {
            self.fetch();
        }
        while let Some(stream) = self.world.hub.ready() {
            assert_eq!(stream, self.stream);
            self.fetch();
        }
        self.truth.silent(self.stream, &self.world.past);
    }

    /// Every run from here on, of so many steps.
    fn explore(&self, steps: usize, path: &mut Vec<Act>, count: &mut Count) {
        count.states += 1;
        if steps == 0 {
            count.runs += 1;
            self.clone().end();
            return;
        }
        for act in ACTS {
            if self.allows(act) {
                let mut next = self.clone();
                path.push(act);
                next.act(act);
                next.explore(steps - 1, path, count);
                path.pop();
            }
        }
    }
}

/// Every run of five steps after these, with so many bytes of room for what was just written.
fn search(ring: usize, before: &[Act]) -> Count {
    let mut count = Count::default();
    let mut path = before.to_vec();
    let mut state = State::new(ring);
    before.iter().for_each(|act| state.act(*act));
    let searched = AssertUnwindSafe(|| state.explore(5, &mut path, &mut count));
    if let Err(panic) = catch_unwind(searched) {
        eprintln!("with room for {ring} bytes, after {path:?}");
        resume_unwind(panic);
    }
    count
}

/// The same, with room for nothing, for one revision, and for all.
fn with_all_rooms(before: &[Act]) {
    let one = World::weight_of_a_put() * 3 / 2;
    let mut all = Count::default();
    for ring in [0, one, 1 << 20] {
        let count = search(ring, before);
        all.runs += count.runs;
        all.states += count.states;
    }
    harness::note(format!("{} runs of {} states", all.runs, all.states));
    assert!(all.runs > 50_000, "{all:?}");
}

#[test]
fn a_watch_loses_nothing_from_the_start() {
    check(|| with_all_rooms(&[]));
}

#[test]
fn a_watch_loses_nothing_that_comes_next() {
    check(|| with_all_rooms(&[Act::Next, Act::Fetch, Act::PutOne]));
}

#[test]
fn a_watch_loses_nothing_of_the_past() {
    check(|| with_all_rooms(&[Act::Past, Act::Fetch, Act::PutBoth, Act::Fetch]));
}
