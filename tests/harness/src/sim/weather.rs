//! Which faults a run has, and how many.
//!
//! Owns [`Fault`], the kinds of trouble; [`Weather`], how much of each a run gets; and [`Tally`],
//! how often each happened.

use crate::random::Draws;
use std::collections::BTreeMap;

/// The line that names a run's weather is at most so long.
const COLUMNS: usize = 60;

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
    /// Background work takes its time. Only machines that have some are touched by it.
    Lag,
    /// A minority never comes back: when the storm is over, each of them is down or cut off.
    Death,
    /// Power goes while a disk writes. For machines whose disks can be found half written.
    HalfWritten,
}

impl Fault {
    /// Every kind that touches a machine whose disk is a value.
    pub const ALL: [Fault; 11] = [
        Fault::Loss,
        Fault::Duplicate,
        Fault::Delay,
        Fault::Partition,
        Fault::OneWay,
        Fault::Crash,
        Fault::SlowDisk,
        Fault::Pause,
        Fault::Drift,
        Fault::Lag,
        Fault::Death,
    ];

    /// Every kind: for machines whose disks are files.
    pub const FILES: [Fault; 12] = [
        Fault::Loss,
        Fault::Duplicate,
        Fault::Delay,
        Fault::Partition,
        Fault::OneWay,
        Fault::Crash,
        Fault::SlowDisk,
        Fault::Pause,
        Fault::Drift,
        Fault::Lag,
        Fault::Death,
        Fault::HalfWritten,
    ];

    /// Every kind that touches a machine without background work, and with such a disk.
    pub const IDLE: [Fault; 10] = [
        Fault::Loss,
        Fault::Duplicate,
        Fault::Delay,
        Fault::Partition,
        Fault::OneWay,
        Fault::Crash,
        Fault::SlowDisk,
        Fault::Pause,
        Fault::Drift,
        Fault::Death,
    ];

    /// What it is called in the line above a run.
    fn name(self) -> &'static str {
        match self {
            Fault::Loss => "loss",
            Fault::Duplicate => "copies",
            Fault::Delay => "late",
            Fault::Partition => "splits",
            Fault::OneWay => "deaf links",
            Fault::Crash => "crashes",
            Fault::SlowDisk => "slow disks",
            Fault::Pause => "pauses",
            Fault::Drift => "drift",
            Fault::Lag => "slow work",
            Fault::Death => "deaths",
            Fault::HalfWritten => "half writes",
        }
    }
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

/// How much of a kind there is, where there is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Little,
    Some,
    Much,
}

impl Level {
    fn draw(draws: &mut Draws) -> Level {
        [Level::Little, Level::Some, Level::Much][draws.index(3)]
    }

    /// One of three values.
    fn of<T>(self, [little, some, much]: [T; 3]) -> T {
        match self {
            Level::Little => little,
            Level::Some => some,
            Level::Much => much,
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
    /// Faults that strike now and then, each with its weight among them.
    pub strikes: Vec<(Fault, u64)>,
    /// The longest time between two strikes, in moments.
    pub pause: u64,
    /// How far a clock may be off, in moments a tick.
    pub drift: u64,
    /// The longest that a step of background work waits, in moments.
    pub lag: u64,
    /// When the storm is over, those that can be spared are left dead.
    pub death: bool,
    /// Of a hundred saves, during how many power goes.
    pub half_written: u64,
    /// Each kind that the plan allows; none if this run is spared it.
    mix: BTreeMap<Fault, Option<Level>>,
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
        lag: 2,
        death: false,
        half_written: 0,
        mix: BTreeMap::new(),
    };

    /// Draws the weather of one run from the faults that its plan allows: first how fair it is,
    /// then for each kind whether there is any, and how much. What hides behind one kind shows in
    /// the runs that are spared it.
    pub fn draw(allowed: &[Fault], draws: &mut Draws) -> Weather {
        let spared = [20, 40, 60][draws.index(3)];
        let mut mix = BTreeMap::new();
        for fault in Fault::FILES.into_iter().filter(|fault| allowed.contains(fault)) {
            let level = (!draws.chance(spared)).then(|| Level::draw(draws));
            mix.insert(fault, level);
        }
        let level = |fault: Fault| mix.get(&fault).copied().flatten();
        let mut percent = |fault: Fault| {
            let range = level(fault).map(|level| level.of([(1, 4), (5, 14), (15, 30)]));
            range.map_or(0, |(low, high)| draws.between(low, high))
        };
        let (loss, duplicate) = (percent(Fault::Loss), percent(Fault::Duplicate));
        let late = percent(Fault::Delay);
        let weight = |fault: Fault| Some((fault, level(fault)?.of([1, 3, 9])));
        let strikes = [Fault::Partition, Fault::OneWay, Fault::Crash, Fault::Pause];
        Weather {
            loss,
            duplicate,
            late,
            latest: [50, 200, 800][draws.index(3)],
            sync: level(Fault::SlowDisk).map_or(2, |level| level.of([5, 20, 100])),
            strikes: strikes.into_iter().filter_map(weight).collect(),
            pause: [50, 150, 400][draws.index(3)],
            drift: level(Fault::Drift).map_or(0, |level| level.of([1, 2, 4])),
            lag: level(Fault::Lag).map_or(2, |level| level.of([20, 100, 500])),
            death: level(Fault::Death).is_some(),
            half_written: level(Fault::HalfWritten).map_or(0, |level| level.of([2, 4, 8])),
            mix,
        }
    }

    /// The fault that strikes next. There is one that may.
    pub fn strike(&self, draws: &mut Draws) -> Fault {
        let all: u64 = self.strikes.iter().map(|(_, weight)| weight).sum();
        let mut left = draws.below(all);
        for (fault, weight) in &self.strikes {
            match left.checked_sub(*weight) {
                Some(rest) => left = rest,
                None => return *fault,
            }
        }
        unreachable!("a number below the sum of all weights falls on one of them")
    }

    /// The mix in a line: what there is, the most first, then what there is not, as far as
    /// [`COLUMNS`] hold it.
    pub fn words(&self) -> String {
        // Who is left dead is told when it happens.
        let mix = self.mix.iter().filter(|(fault, _)| **fault != Fault::Death);
        let there = mix.clone().filter_map(|(fault, level)| Some(((*level)?, *fault)));
        let mut there: Vec<(Level, Fault)> = there.collect();
        there.sort_by_key(|(level, fault)| (std::cmp::Reverse(*level), *fault));
        let there = there.into_iter().map(|(level, fault)| self.some(fault, level));
        let without = mix.filter(|(_, level)| level.is_none());
        let without = without.map(|(fault, _)| fault.name().to_owned());
        let (there, without): (Vec<_>, Vec<_>) = (there.collect(), without.collect());
        if there.is_empty() {
            return "weather: none".to_owned();
        }
        let text = joined("weather: ", &there, COLUMNS);
        if without.is_empty() || text.ends_with(" more") {
            return text;
        }
        let more = joined(&format!("{text}; no "), &without, COLUMNS);
        if more.contains("; no and ") { text } else { more }
    }

    fn some(&self, fault: Fault, level: Level) -> String {
        let percent = match fault {
            Fault::Loss => self.loss,
            Fault::Duplicate => self.duplicate,
            Fault::Delay => self.late,
            Fault::Lag => {
                return level.of(["slow", "slower", "slowest"]).to_owned() + " work";
            }
            Fault::SlowDisk => {
                return level.of(["slow", "slower", "slowest"]).to_owned() + " disks";
            }
            Fault::Partition
            | Fault::OneWay
            | Fault::Crash
            | Fault::Pause
            | Fault::Drift
            | Fault::Death
            | Fault::HalfWritten => {
                return level.of(["few ", "", "many "]).to_owned() + fault.name();
            }
        };
        format!("{} {percent}%", fault.name())
    }
}

/// The beginning and as many of these as there is room for; what is left out is counted.
fn joined(beginning: &str, items: &[String], columns: usize) -> String {
    let mut text = beginning.to_owned();
    for (at, item) in items.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let left = items.len() - at;
        let rest = if left == 1 { 0 } else { format!(" and {} more", left - 1).len() };
        if text.len() + comma.len() + item.len() + rest > columns {
            let end = text.trim_end().len();
            text.truncate(end);
            return format!("{text} and {left} more");
        }
        text.push_str(comma);
        text.push_str(item);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_fit_a_line_and_name_the_most_first() {
        let mut lines = std::collections::BTreeSet::new();
        for seed in 0..2_000 {
            let weather = Weather::draw(&Fault::FILES, &mut Draws::new(seed));
            let words = weather.words();
            assert!(words.len() <= COLUMNS && words.starts_with("weather: "), "{words}");
            lines.insert(words);
        }
        assert!(lines.len() > 1_500, "{} different mixes in 2000 runs", lines.len());
        let with = |mix: &[(Fault, Option<Level>)]| {
            let mix = mix.iter().copied().collect();
            Weather { loss: 12, late: 3, mix, ..Weather::CALM }.words()
        };
        let (little, much) = (Some(Level::Little), Some(Level::Much));
        assert_eq!(
            with(&[(Fault::Loss, little), (Fault::Crash, much), (Fault::Partition, None)]),
            "weather: many crashes, loss 12%; no splits"
        );
        assert_eq!(with(&[(Fault::Loss, None)]), "weather: none");
        let all: Vec<_> = Fault::ALL.into_iter().map(|fault| (fault, much)).collect();
        let all = with(&all);
        assert!(all.ends_with(" more"), "{all}");
    }

    #[test]
    fn strikes_come_by_their_weights() {
        let strikes = vec![(Fault::Crash, 9), (Fault::Pause, 1)];
        let weather = Weather { strikes, ..Weather::CALM };
        let mut draws = Draws::new(1);
        let crashes = (0..1_000).filter(|_| weather.strike(&mut draws) == Fault::Crash).count();
        assert!((850..950).contains(&crashes), "{crashes} of 1000, and 900 would be even");
    }
}
