//! What every event does to every node state, as far as it is known.
//!
//! Owns the memory of the search, in numbers only: node states, messages and events have numbers,
//! and what one event does to one node state is a row of numbers. It is not generic, so it is
//! compiled with the harness, optimised, whatever the learner's profile. What it does not know it
//! asks of a [`Teacher`].

use crate::property::Violation;

/// One event of a search. Nodes and messages by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Timeout(u8),
    Deliver(u16),
    Sync(u8),
    /// Power goes, and comes back.
    Cycle(u8),
    /// A client's command, the first of a run being number 0.
    Command(u8, u8),
}

/// Knows the nodes behind the numbers, and calls the learner's code.
pub(super) trait Teacher {
    /// The node states at the start, one a node.
    fn first(&mut self) -> Vec<u32>;

    /// What an event does to a node in this state.
    fn lesson(&mut self, part: u32, event: Event) -> Lesson;

    /// Does a node in this state wait for its disk?
    fn waits(&self, part: u32) -> bool;

    /// The receiver of a message, and the earlier messages that may not be sent in the same run.
    fn message(&self, number: u16) -> (usize, Vec<(u16, Violation)>);

    /// Memory held.
    fn bytes(&self) -> usize;
}

/// What an event does to a node in some state, as it is taught.
pub(super) enum Lesson {
    /// It cannot happen, or changes nothing, or leaves the bounds.
    Nothing,
    /// The learner's code panics.
    Panics,
    /// It is against the law.
    Breaks(Violation),
    /// It leads to another state, and sends these messages.
    Leads(u32, Vec<u16>),
}

/// What an event does to a node in some state, as it is remembered.
#[derive(Clone)]
pub(super) enum Step {
    Nothing,
    Panics,
    Breaks(Violation),
    Leads(Leads),
}

/// The state that an event leads to, and the messages that it sends, as a part of one long list.
#[derive(Clone, Copy)]
pub(super) struct Leads {
    pub next: u64,
    sends: (u32, u32),
}

#[derive(Default)]
pub(super) struct Memory {
    /// For each node, the messages that are for it, as bits.
    addressed: Vec<Vec<u64>>,
    /// For each message, the messages that may not be sent in the same run.
    against: Vec<Vec<(u16, Violation)>>,
    /// The node states that wait for their disk, as bits.
    waiting: Vec<u64>,
    /// For each node state, the messages that change nothing in it, as bits.
    stale: Vec<Vec<u64>>,
    /// For each node state and event, the number of its step, plus one; zero if nobody has asked.
    known: Vec<Vec<u32>>,
    steps: Vec<Step>,
    sends: Vec<u16>,
}

/// How many commands there may be in a run.
pub(super) const COMMANDS: usize = 8;

/// Events before the messages, in a row of `known`.
const OWN_EVENTS: usize = 3 + COMMANDS;

impl Memory {
    /// Of the messages in this word, those that are for this node and may change something.
    pub fn news(&self, node: usize, part: u64, word: usize, bits: u64) -> u64 {
        let of = |sets: &[Vec<u64>], row: usize| {
            sets.get(row).and_then(|set| set.get(word)).copied().unwrap_or(0)
        };
        bits & of(&self.addressed, node) & !of(&self.stale, at(part))
    }

    /// Does a node in this state wait for its disk?
    pub fn waits(&self, part: u64) -> bool {
        let (word, bit) = (at(part) / 64, part % 64);
        self.waiting.get(word).is_some_and(|word| word & (1 << bit) != 0)
    }

    pub fn sends(&self, step: &Leads) -> &[u16] {
        &self.sends[step.sends.0 as usize..step.sends.1 as usize]
    }

    /// Does a message of this step contradict one of these?
    pub fn clash(&self, step: &Leads, bits: &[u64]) -> Option<Violation> {
        self.sends(step).iter().find_map(|message| {
            self.against[usize::from(*message)].iter().find_map(|(other, violation)| {
                let (word, bit) = (usize::from(*other) / 64, other % 64);
                let sent = bits.get(word).is_some_and(|word| word & (1 << bit) != 0);
                sent.then(|| violation.clone())
            })
        })
    }

    /// What an event does to a node in this state.
    pub fn step(&mut self, teacher: &mut dyn Teacher, part: u64, event: Event) -> Step {
        let slot = match event {
            Event::Timeout(_) => 0,
            Event::Sync(_) => 1,
            Event::Cycle(_) => 2,
            Event::Command(_, number) => 3 + usize::from(number),
            Event::Deliver(message) => OWN_EVENTS + usize::from(message),
        };
        let number = self.known.get(at(part)).and_then(|row| row.get(slot)).copied().unwrap_or(0);
        if number > 0 {
            return self.steps[number as usize - 1].clone();
        }
        let step = match teacher.lesson(count(at(part)), event) {
            Lesson::Nothing => {
                if let Event::Deliver(message) = event {
                    set(row(&mut self.stale, at(part)), usize::from(message));
                }
                Step::Nothing
            }
            Lesson::Panics => Step::Panics,
            Lesson::Breaks(violation) => Step::Breaks(violation),
            Lesson::Leads(next, sends) => self.leads(teacher, next, sends),
        };
        self.steps.push(step.clone());
        let known = row(&mut self.known, at(part));
        if known.len() <= slot {
            known.resize(slot + 1, 0);
        }
        known[slot] = count(self.steps.len());
        step
    }

    fn leads(&mut self, teacher: &dyn Teacher, next: u32, sends: Vec<u16>) -> Step {
        for message in &sends {
            while self.against.len() <= usize::from(*message) {
                let number = u16::try_from(self.against.len()).expect("messages have 16 bits");
                let (to, against) = teacher.message(number);
                set(row(&mut self.addressed, to), usize::from(number));
                for (other, violation) in &against {
                    self.against[usize::from(*other)].push((number, violation.clone()));
                }
                self.against.push(against);
            }
        }
        if teacher.waits(next) {
            set(&mut self.waiting, next as usize);
        }
        let start = count(self.sends.len());
        self.sends.extend(sends);
        Step::Leads(Leads { next: u64::from(next), sends: (start, count(self.sends.len())) })
    }

    /// Memory held.
    pub fn bytes(&self) -> usize {
        self.known.iter().map(|row| row.capacity() * 4).sum::<usize>()
            + self.stale.iter().map(|row| row.capacity() * 8).sum::<usize>()
            + self.steps.capacity() * std::mem::size_of::<Step>()
            + self.sends.capacity() * 2
    }
}

fn row<T: Default>(rows: &mut Vec<T>, number: usize) -> &mut T {
    if rows.len() <= number {
        rows.resize_with(number + 1, T::default);
    }
    &mut rows[number]
}

fn at(part: u64) -> usize {
    usize::try_from(part).expect("it was a usize")
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).expect("fewer than four billion")
}

fn set(bits: &mut Vec<u64>, bit: usize) {
    let word = bit / 64;
    if bits.len() <= word {
        bits.resize(word + 1, 0);
    }
    bits[word] |= 1 << (bit % 64);
}
