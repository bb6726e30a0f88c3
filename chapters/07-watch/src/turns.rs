//! Who is next.
//!
//! Owns [`Turns`]: everybody who has something to say, each once, in rounds. A round is for those
//! up to the greatest who waited at its beginning: whoever comes later with a greater number, as
//! new streams do, waits for the next one. So however many come, nobody waits for longer than the
//! rest of a round and a whole one; and there is no queue that could grow, or keep somebody who has
//! gone. And [`Lines`], two of them that alternate: a stream has one for its watchers, and the hub
//! one for its streams.

use std::collections::BTreeSet;
use std::ops::Bound;

/// Those who wait for their turn.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Turns<T> {
    waiting: BTreeSet<T>,
    /// Who had the last turn, and the last one of the round. It is not before the other.
    round: Option<(T, T)>,
}

/// Where somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// With something to say that is at hand.
    AtOnce,
    /// With something to say that must be read first.
    FromThePast,
}

/// Two lines. They alternate: however many read the past, whoever has news at hand waits for one of
/// them; and however many have news, whoever reads goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines<T> {
    at_once: Turns<T>,
    from_the_past: Turns<T>,
    /// The last turn was that of one who reads the past.
    was_past: bool,
}

impl<T: Ord + Copy> Turns<T> {
    fn new() -> Turns<T> {
        Turns { waiting: BTreeSet::new(), round: None }
    }

    /// Whose turn it is: the next of the round after the one that had the last turn, and if there
    /// is none, the first of a new one. It waits until it is removed, or else it has another turn
    /// in the next round.
    fn turn(&mut self) -> Option<T> {
        if let Some((last, end)) = self.round {
            let mut rest = self.waiting.range((Bound::Excluded(last), Bound::Included(end)));
            if let Some(next) = rest.next() {
                self.round = Some((*next, end));
                return Some(*next);
            }
        }
        self.round = self.waiting.first().copied().zip(self.waiting.last().copied());
        self.round.map(|(first, _)| first)
    }
}

impl<T: Ord + Copy> Lines<T> {
    /// Nobody.
    pub fn new() -> Lines<T> {
        Lines { at_once: Turns::new(), from_the_past: Turns::new(), was_past: false }
    }

    /// Somebody who stands in one line, or in none, goes to another, or away.
    pub fn put(&mut self, it: T, stands: &mut Option<Line>, to: Option<Line>) {
        if *stands == to {
            return;
        }
        if let Some(line) = *stands {
            self.line(line).waiting.remove(&it);
        }
        if let Some(line) = to {
            self.line(line).waiting.insert(it);
        }
        *stands = to;
    }

    fn line(&mut self, line: Line) -> &mut Turns<T> {
        match line {
            Line::AtOnce => &mut self.at_once,
            Line::FromThePast => &mut self.from_the_past,
        }
    }

    /// Whose turn it is, if anybody waits. It stands where it stood.
    pub fn turn(&mut self) -> Option<T> {
        let past = match (self.at_once.waiting.is_empty(), self.from_the_past.waiting.is_empty()) {
            (false, false) => !self.was_past,
            (nobody_at_once, _) => nobody_at_once,
        };
        self.was_past = past;
        if past { self.from_the_past.turn() } else { self.at_once.turn() }
    }

    /// Those who have something at hand.
    pub fn at_once(&self) -> &BTreeSet<T> {
        &self.at_once.waiting
    }

    /// Those who read the past.
    pub fn past(&self) -> &BTreeSet<T> {
        &self.from_the_past.waiting
    }
}
