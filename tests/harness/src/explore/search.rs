//! The search itself: states as rows of numbers, level by level.
//!
//! Owns the order of the search, what has been seen, and the way back to the start. It is not
//! generic: see `memory`.

use super::memory::{Event, Memory, Step, Teacher};
use super::table::{Fingerprints, mix};
use super::{Bounds, Found};
use crate::property::Violation;

/// Where a state came from.
#[derive(Clone, Copy)]
struct Origin {
    parent: u32,
    event: Event,
}

/// A run that must not be.
pub(super) struct Stop {
    /// What happens in it.
    pub events: Vec<Event>,
    /// None if the learner's code panicked: repeating the run will tell.
    pub violation: Option<Violation>,
}

/// A search under way.
pub(super) struct Search<'a> {
    bounds: Bounds,
    teacher: &'a mut dyn Teacher,
    memory: Memory,
    seen: Fingerprints,
    /// For each state, in the order of discovery, where it came from. The first has no origin.
    origins: Vec<Origin>,
    transitions: u64,
}

/// A cluster's state, as a row of numbers: used timeouts, restarts and commands, a node state for
/// each node, and the set of messages as bits.
type Row = [u64];

impl<'a> Search<'a> {
    pub fn new(bounds: Bounds, teacher: &'a mut dyn Teacher) -> Search<'a> {
        Search {
            bounds,
            teacher,
            memory: Memory::default(),
            seen: Fingerprints::new(),
            origins: Vec::new(),
            transitions: 0,
        }
    }

    /// Level by level. If there are more messages than a row has bits, it begins again with wider
    /// rows; what nodes do is remembered by then.
    pub fn run(&mut self) -> Result<Found, Stop> {
        let mut words = 1;
        loop {
            match self.search(words)? {
                Some(found) => return Ok(found),
                None => words += 1,
            }
        }
    }

    fn search(&mut self, words: usize) -> Result<Option<Found>, Stop> {
        let nodes = self.bounds.nodes;
        let stride = 1 + nodes + words;
        self.seen = Fingerprints::new();
        self.origins = vec![Origin { parent: 0, event: Event::Timeout(0) }];
        self.transitions = 0;
        let mut level: Vec<u64> = vec![0; stride];
        for (slot, part) in level[1..=nodes].iter_mut().zip(self.teacher.first()) {
            *slot = u64::from(part);
        }
        self.seen.insert(mix(&level));
        let (mut depth, mut first_of_level) = (0, 0_u32);
        let mut most = 0;
        while !level.is_empty() {
            let mut next: Vec<u64> = Vec::new();
            for (number, row) in level.chunks_exact(stride).enumerate() {
                let parent = first_of_level + u32::try_from(number).expect("fewer states");
                if !self.expand(row, parent, words, &mut next)? {
                    return Ok(None);
                }
                if self.origins.len() >= self.bounds.states {
                    return Ok(Some(self.found(depth, false, most)));
                }
            }
            first_of_level += u32::try_from(level.len() / stride).expect("fewer states");
            most = most.max((level.capacity() + next.capacity()) * 8);
            level = next;
            depth += usize::from(!level.is_empty());
        }
        Ok(Some(self.found(depth, true, most)))
    }

    fn found(&self, depth: usize, exhausted: bool, levels: usize) -> Found {
        Found {
            states: self.origins.len(),
            transitions: self.transitions,
            depth,
            exhausted,
            bytes: self.seen.bytes()
                + self.origins.capacity() * std::mem::size_of::<Origin>()
                + levels
                + self.memory.bytes()
                + self.teacher.bytes(),
        }
    }

    /// Tries every event in one state. False if a row has too few bits.
    fn expand(
        &mut self,
        row: &Row,
        parent: u32,
        words: usize,
        next: &mut Vec<u64>,
    ) -> Result<bool, Stop> {
        let timeouts = row[0] & 0xFF;
        let restarts = row[0] >> 8 & 0xFF;
        let command = u8::try_from(row[0] >> 16).expect("few commands");
        let parts = &row[1..=self.bounds.nodes];
        let waiting = parts.iter().position(|part| self.memory.waits(*part));
        for node in 0..self.bounds.nodes {
            if waiting.is_some_and(|waiting| waiting != node) {
                continue;
            }
            let here = u8::try_from(node).expect("few nodes");
            let allowed = [
                (Event::Sync(here), waiting.is_some()),
                (Event::Timeout(here), timeouts < u64::from(self.bounds.timeouts)),
                (Event::Cycle(here), restarts < u64::from(self.bounds.restarts)),
                (Event::Command(here, command), command < self.bounds.commands),
            ];
            for (event, _) in allowed.into_iter().filter(|(_, allowed)| *allowed) {
                if !self.take(row, node, event, parent, words, next)? {
                    return Ok(false);
                }
            }
            for word in 0..words {
                let bits = row[1 + self.bounds.nodes + word];
                let mut bits = self.memory.news(node, row[1 + node], word, bits);
                while bits != 0 {
                    let message = 64 * word + bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    let event = Event::Deliver(u16::try_from(message).expect("few messages"));
                    if !self.take(row, node, event, parent, words, next)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Does one event on one node, and keeps the state that it leads to, if it is new.
    fn take(
        &mut self,
        row: &Row,
        node: usize,
        event: Event,
        parent: u32,
        words: usize,
        next: &mut Vec<u64>,
    ) -> Result<bool, Stop> {
        let step = match self.memory.step(self.teacher, row[1 + node], event) {
            Step::Nothing => return Ok(true),
            Step::Panics => return Err(self.stop(parent, event, None)),
            Step::Breaks(violation) => return Err(self.stop(parent, event, Some(violation))),
            Step::Leads(step) => step,
        };
        let start = next.len();
        next.extend_from_slice(row);
        let to = &mut next[start..];
        to[0] += match event {
            Event::Timeout(_) => 1,
            Event::Cycle(_) => 1 << 8,
            Event::Command(..) => 1 << 16,
            Event::Deliver(_) | Event::Sync(_) => 0,
        };
        to[1 + node] = step.next;
        for message in self.memory.sends(&step) {
            let (word, bit) = (usize::from(*message) / 64, message % 64);
            if word >= words {
                return Ok(false);
            }
            to[1 + self.bounds.nodes + word] |= 1 << bit;
        }
        if let Some(violation) = self.memory.clash(&step, &to[1 + self.bounds.nodes..]) {
            return Err(self.stop(parent, event, Some(violation)));
        }
        self.transitions += 1;
        if self.seen.insert(mix(to)) {
            self.origins.push(Origin { parent, event });
        } else {
            next.truncate(start);
        }
        Ok(true)
    }

    /// The run that ends with this event in this state.
    fn stop(&self, parent: u32, event: Event, violation: Option<Violation>) -> Stop {
        let mut events = vec![event];
        let mut state = parent;
        while state != 0 {
            let origin = self.origins[state as usize];
            events.push(origin.event);
            state = origin.parent;
        }
        events.reverse();
        Stop { events, violation }
    }
}
