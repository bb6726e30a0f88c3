//! Long random histories against the whole truth: writers, compactions, streams that come and go,
//! clients that are slow or ask for the past, and a store that is replaced. A history that fails is
//! made shorter before it is shown.

use crate::drawn::{changes, request};
use crate::shrink::{fails, shrink};
use crate::truth::{Seen, Truth};
use crate::world::{EVERY, World};
use api::Revision;
use harness::{Draws, check};
use std::collections::BTreeSet;
use watch::{Full, Limits, StreamId, WatchId};

/// What happens. Details are drawn from `seed`.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write { seed: u64 },
    Open,
    Close { seed: u64 },
    Create { seed: u64 },
    Cancel { seed: u64 },
    Ask { seed: u64 },
    Serve { times: usize },
    Say { seed: u64 },
    Compact { back: u64 },
    Resync { seed: u64 },
    Tick,
    Drain,
}

fn history(seed: u64) -> Vec<Step> {
    let mut draws = Draws::new(seed);
    // Some clients are so slow that nearly nothing is fetched.
    let slow = draws.chance(40);
    (0..300)
        .map(|_| match draws.below(100) {
            0..32 => Step::Write { seed: draws.next() },
            32..36 => Step::Open,
            36 => Step::Close { seed: draws.next() },
            37..53 => Step::Create { seed: draws.next() },
            53..57 => Step::Cancel { seed: draws.next() },
            57..61 => Step::Ask { seed: draws.next() },
            61..66 => Step::Say { seed: draws.next() },
            66..70 => Step::Compact { back: draws.below(12) },
            70..73 => Step::Resync { seed: draws.next() },
            73..76 => Step::Tick,
            76 => Step::Drain,
            _ if slow => Step::Serve { times: usize::from(draws.chance(20)) },
            _ => Step::Serve { times: draws.index(12) },
        })
        .collect()
}

/// All that there is while a history runs.
struct Run {
    world: World,
    truth: Truth,
    /// Streams that are ready, and whose clients have no room.
    in_hand: BTreeSet<StreamId>,
    limits: Limits,
    ticks: u32,
}

impl Run {
    fn new(seed: u64) -> Run {
        let mut draws = Draws::new(seed);
        let limits = Limits {
            ring: [0, 700, 2_000, 1 << 20][draws.index(4)],
            revisions: draws.between(1, 6),
            bytes: [1, 600, 1 << 20][draws.index(3)],
            answers: draws.index(8) + 1,
            watchers: 1_000,
        };
        let (truth, in_hand) = (Truth::default(), BTreeSet::new());
        Run { world: World::with(limits), truth, in_hand, limits, ticks: 0 }
    }

    /// One of the streams that are open.
    fn stream(&self, draws: &mut Draws) -> Option<StreamId> {
        let all: Vec<StreamId> = self.truth.streams.keys().copied().collect();
        (!all.is_empty()).then(|| all[draws.index(all.len())])
    }

    /// Lets a stream say something.
    fn say(&mut self, id: StreamId) -> bool {
        self.in_hand.remove(&id);
        let asked = self.world.past.asked.get().0;
        let said = self.world.hub.next(id, &self.world.past).expect("the disk works");
        assert!(self.world.past.asked.get().0 <= asked + 1, "it reads once a call");
        if let Some(answer) = &said {
            let (past, at) = (&self.world.past, self.world.hub.current());
            self.truth.told(id, &answer.response, past, at);
        }
        said.is_some()
    }

    /// As a server does it: whoever is ready says something, and nobody else is asked.
    fn drain(&mut self) {
        for id in std::mem::take(&mut self.in_hand) {
            self.say(id);
        }
        let mut idle = 0;
        while let Some(id) = self.world.hub.ready() {
            idle = if self.say(id) { 0 } else { idle + 1 };
            assert!(idle < 1_000, "streams are ready, and say nothing");
        }
        let ids: Vec<StreamId> = self.truth.streams.keys().copied().collect();
        ids.into_iter().for_each(|id| self.truth.silent(id, &self.world.past));
        assert_eq!(self.world.hub.counts().behind, 0, "nobody has to read any more");
    }

    fn request(&mut self, step: Step) {
        let at = self.world.hub.current();
        let seed = match step {
            Step::Create { seed } | Step::Cancel { seed } | Step::Ask { seed } => seed,
            _ => unreachable!("it is no request"),
        };
        let mut draws = Draws::new(seed);
        let Some(id) = self.stream(&mut draws) else { return };
        for _ in 0..1_000 {
            match self.ask(id, step, draws.clone(), at) {
                Ok(()) => return,
                // Its client has to fetch something first, and then there is room.
                Err(Full) => drop(self.say(id)),
            }
        }
        panic!("there is never room");
    }

    fn ask(
        &mut self,
        id: StreamId,
        step: Step,
        mut draws: Draws,
        at: Revision,
    ) -> Result<(), Full> {
        let hub = &mut self.world.hub;
        if let Step::Create { .. } = step {
            let request = request(&mut draws, at.0);
            hub.create(id, &request, Ok(()))?;
            self.truth.create(id, &request, &self.world.past, at);
        } else if let Step::Cancel { .. } = step {
            let watch = WatchId(draws.below(9).cast_signed() - 2);
            hub.cancel(id, watch)?;
            self.truth.cancel(id, watch, at);
        } else {
            hub.progress(id)?;
            self.truth.ask(id);
        }
        Ok(())
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Write { seed } => drop(self.world.write(&changes(&mut Draws::new(seed)))),
            Step::Open => {
                let id = self.world.hub.open(EVERY * self.ticks, EVERY);
                self.truth.open(id);
            }
            Step::Close { seed } => {
                let Some(id) = self.stream(&mut Draws::new(seed)) else { return };
                self.world.hub.close(id);
                self.in_hand.remove(&id);
                self.truth.streams.remove(&id);
            }
            Step::Create { .. } | Step::Cancel { .. } | Step::Ask { .. } => self.request(step),
            Step::Serve { times } => {
                // The first has no room, and everybody else is served.
                if let Some(id) = self.world.hub.ready() {
                    assert!(self.in_hand.insert(id), "{id} is in hand already");
                }
                for _ in 0..times {
                    let Some(id) = self.world.hub.ready() else { return };
                    self.say(id);
                }
            }
            Step::Say { seed } => {
                let Some(id) = self.stream(&mut Draws::new(seed)) else { return };
                self.say(id);
            }
            Step::Compact { back } => {
                let revision = self.world.past.newest().0.saturating_sub(back);
                if self.world.past.compacted.is_none_or(|gone| gone.0 < revision) {
                    self.world.compact(revision);
                }
            }
            Step::Resync { seed } => {
                let mut draws = Draws::new(seed);
                for _ in 0..draws.index(6) {
                    self.world.past.write(&changes(&mut draws));
                }
                let newest = self.world.past.newest();
                if draws.chance(30) && self.world.past.compacted.is_none_or(|gone| gone < newest) {
                    self.world.compact(newest.0);
                }
                self.world.hub.resync(newest);
                self.truth.resync();
            }
            Step::Tick => {
                self.ticks += 1;
                self.world.hub.tick(EVERY * self.ticks);
            }
            Step::Drain => self.drain(),
        }
    }

    fn play(mut self, steps: &[Step]) -> Seen {
        for step in steps {
            self.step(*step);
            assert!(self.world.hub.kept() <= self.limits.ring, "too much is kept");
            let counts = self.world.hub.counts();
            let expected = (self.truth.streams.len(), self.truth.watchers());
            assert_eq!((counts.streams, counts.watchers), expected, "streams and watchers");
        }
        self.drain();
        self.truth.seen
    }
}

#[test]
fn every_watcher_is_told_of_the_history_from_its_start() {
    check(|| {
        let mut all = Seen::default();
        for seed in 0..700 {
            let steps = history(seed);
            if fails(|| Run::new(seed).play(&steps)) {
                let short = shrink(steps, |steps| fails(|| Run::new(seed).play(steps)));
                eprintln!("seed {seed}, made shorter: {short:#?}");
                Run::new(seed).play(&short);
                unreachable!("it has failed before");
            }
            let seen = Run::new(seed).play(&steps);
            all.events += seen.events;
            all.forgotten += seen.forgotten;
            all.progress += seen.progress;
            all.promises += seen.promises;
            all.previous += seen.previous;
            all.refused += seen.refused;
        }
        harness::note(format!("{all:?}"));
        let Seen { events, forgotten, progress, promises, previous, refused } = all;
        assert!(events > 20_000 && previous > 5_000, "{events} events, {previous} with a pair");
        assert!(forgotten > 500 && refused > 500, "{forgotten} forgotten, {refused} refused");
        assert!(progress > 300 && promises > 300, "{progress} and {promises} about progress");
    });
}
