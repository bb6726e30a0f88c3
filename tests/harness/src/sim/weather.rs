//! Which faults a run has, and how many.
//!
//! Owns [`Fault`], the kinds of trouble; [`Weather`], how much of each a run gets; and [`Tally`],
//! how often each happened.

use crate::random::Draws;
use std::collections::BTreeMap;

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A message does not arrive.
    Loss,
    /// A message arrives twice.
    Duplicate,
    /// A message arrives late, perhaps terms later, and after newer ones.
    Delay,
    /// The nodes fall into two groups that cannot talk.
    Partition,
    /// A link works in one direction only.
    OneWay,
    /// Power goes; what was not synced may be lost.
    Crash,
    /// A disk takes its time, and messages wait for it.
    SlowDisk,
    /// A node stands still for a while and then goes on as if nothing had been.
    Pause,
    /// Clocks run at different speeds.
    Drift,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Fault; 9] = [
        Fault::Loss,
        Fault::Duplicate,
        Fault::Delay,
        Fault::Partition,
        Fault::OneWay,
        Fault::Crash,
        Fault::SlowDisk,
        Fault::Pause,
        Fault::Drift,
    ];
}

/// How often each kind of fault happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Fault, u64>);

impl Tally {
    /// How often this kind happened.
    pub fn of(&self, fault: Fault) -> u64 {
        self.0.get(&fault).copied().unwrap_or(0)
    }

    pub(crate) fn count(&mut self, fault: Fault) {
        *self.0.entry(fault).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Tally) {
        for (fault, count) in &other.0 {
            *self.0.entry(*fault).or_default() += count;
        }
    }
}

/// How much trouble one run gets.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// Of a hundred messages, how many are lost.
    pub loss: u64,
    /// Of a hundred messages, how many arrive twice.
    pub duplicate: u64,
    /// Of a hundred messages, how many are late.
    pub late: u64,
    /// The longest that a late message takes, in moments.
    pub latest: u64,
    /// The longest that a sync takes, in moments.
    pub sync: u64,
    /// Faults that strike now and then.
    pub strikes: Vec<Fault>,
    /// The longest time between two strikes, in moments.
    pub pause: u64,
    /// How far a clock may be off, in moments a tick.
    pub drift: u64,
}

impl Weather {
    /// What every run ends with: nothing is lost, and everything is quick.
    pub const CALM: Weather = Weather {
        loss: 0,
        duplicate: 0,
        late: 0,
        latest: 0,
        sync: 2,
        strikes: Vec::new(),
        pause: 0,
        drift: 0,
    };

    /// Draws the weather of one run from the faults that its plan allows. Each kind is left out of
    /// every third run.
    pub fn draw(allowed: &[Fault], draws: &mut Draws) -> Weather {
        let mut has = |fault: Fault| allowed.contains(&fault) && !draws.chance(33);
        let (loss, duplicate, late) = (has(Fault::Loss), has(Fault::Duplicate), has(Fault::Delay));
        let (slow, drift) = (has(Fault::SlowDisk), has(Fault::Drift));
        let strikes = [Fault::Partition, Fault::OneWay, Fault::Crash, Fault::Pause];
        let strikes: Vec<Fault> = strikes.into_iter().filter(|fault| has(*fault)).collect();
        let mut amount = |on: bool, choices: [u64; 3]| {
            let choice = choices[draws.index(3)];
            if on { choice } else { 0 }
        };
        Weather {
            loss: amount(loss, [2, 10, 30]),
            duplicate: amount(duplicate, [2, 10, 30]),
            late: amount(late, [2, 10, 30]),
            latest: amount(true, [50, 200, 800]),
            sync: amount(slow, [5, 20, 100]).max(2),
            strikes,
            pause: amount(true, [50, 150, 400]),
            drift: amount(drift, [1, 2, 4]),
        }
    }
}
