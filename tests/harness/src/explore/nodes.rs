//! The nodes behind the numbers.
//!
//! Owns the interned node states and messages. It is the only part of the search that calls the
//! learner's code, and the only one that is generic.

use super::Law;
use super::memory::{Event, Lesson, Teacher, count};
use crate::machine::{Effects, Input, Machine};
use crate::property::Violation;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// All that a node is: its machine, its disk, and what the disk has not synced.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Part<M: Machine> {
    node: usize,
    machine: M,
    disk: M::Disk,
    unsynced: VecDeque<M::Save>,
}

/// How many saves a node may wait for. Without a bound there would be no end: the same request may
/// arrive again and again, and each time its answer is saved anew.
const SAVES: usize = 1;

/// A message with its sender and its receiver.
type Sent<M> = (usize, usize, <M as Machine>::Message);

/// A node after an event, and what it sent.
type After<M> = (Part<M>, Vec<(usize, <M as Machine>::Message)>);

pub(super) struct Nodes<'a, M: Machine, L> {
    setup: &'a M::Setup,
    size: usize,
    law: &'a L,
    parts: Vec<Rc<Part<M>>>,
    part_numbers: HashMap<Rc<Part<M>>, u32>,
    messages: Vec<Sent<M>>,
    message_numbers: HashMap<Sent<M>, u16>,
    calls: u64,
}

impl<'a, M: Machine, L: Law<M>> Nodes<'a, M, L> {
    pub fn new(setup: &'a M::Setup, size: usize, law: &'a L) -> Nodes<'a, M, L> {
        Nodes {
            setup,
            size,
            law,
            parts: Vec::new(),
            part_numbers: HashMap::new(),
            messages: Vec::new(),
            message_numbers: HashMap::new(),
            calls: 0,
        }
    }

    /// How many nodes there are.
    pub fn size(&self) -> usize {
        self.size
    }

    /// A message by its number: from, to, and what it says.
    pub fn sent(&self, number: u16) -> &Sent<M> {
        &self.messages[usize::from(number)]
    }

    /// The node after an event, and what it sent; none if the event cannot happen.
    fn after(&self, before: &Part<M>, event: Event) -> Option<After<M>> {
        let mut part = before.clone();
        let input = match event {
            Event::Cycle(_) => {
                part.machine = M::start(self.setup, part.node, &part.disk, 0);
                part.unsynced.clear();
                return Some((part, Vec::new()));
            }
            Event::Timeout(_) => Input::Timeout,
            Event::Command(_, number) => Input::Command(u64::from(number) + 1),
            Event::Sync(_) => {
                let save = part.unsynced.pop_front()?;
                M::write(&mut part.disk, &save);
                Input::Synced(save)
            }
            Event::Deliver(number) => {
                let (from, to, message) = self.sent(number);
                debug_assert_eq!(*to, part.node, "only addressed messages are delivered");
                Input::Message { from: *from, message: message.clone() }
            }
        };
        let Effects { now, save, answers: _ } = part.machine.step(input, 0);
        part.unsynced.extend(save);
        Some((part, now))
    }

    fn part(&mut self, part: Part<M>) -> u32 {
        if let Some(number) = self.part_numbers.get(&part) {
            return *number;
        }
        let part = Rc::new(part);
        let number = count(self.parts.len());
        self.parts.push(Rc::clone(&part));
        self.part_numbers.insert(part, number);
        number
    }

    fn message_number(&mut self, sent: Sent<M>) -> u16 {
        if let Some(number) = self.message_numbers.get(&sent) {
            return *number;
        }
        let number = u16::try_from(self.messages.len()).expect("fewer than 65,536 messages");
        let (_, to, message) = &sent;
        assert!(*to < self.size, "\"{}\" is for a node that does not exist", M::label(message));
        self.messages.push(sent.clone());
        self.message_numbers.insert(sent, number);
        number
    }
}

impl<M: Machine, L: Law<M>> Teacher for Nodes<'_, M, L> {
    fn first(&mut self) -> Vec<u32> {
        (0..self.size)
            .map(|node| {
                let disk = M::blank(self.setup, node);
                let machine = M::start(self.setup, node, &disk, 0);
                self.part(Part { node, machine, disk, unsynced: VecDeque::new() })
            })
            .collect()
    }

    fn lesson(&mut self, part: u32, event: Event) -> Lesson {
        let before = Rc::clone(&self.parts[part as usize]);
        self.calls += 1;
        let attempt = || catch_unwind(AssertUnwindSafe(|| self.after(&before, event)));
        let Ok(result) = attempt() else { return Lesson::Panics };
        if self.calls.is_multiple_of(64) && attempt().ok().as_ref() != Some(&result) {
            let message = "The same call gave two different results. Does the code look at a \
                           clock, at randomness of its own, or at the order of a hash map?";
            return Lesson::Breaks(Violation::new("Determinism", message));
        }
        let Some((after, sent)) = result else { return Lesson::Nothing };
        if after == *before && sent.is_empty() {
            return Lesson::Nothing;
        }
        if after.unsynced.len() > SAVES || !self.law.within(&after.machine) {
            return Lesson::Nothing;
        }
        if let Err(violation) = self.law.node(before.node, &after.machine) {
            return Lesson::Breaks(violation);
        }
        let mut sends = Vec::new();
        for (to, message) in sent {
            if !self.law.matters(&message) {
                continue;
            }
            if let Err(violation) = self.law.sent(before.node, &after.disk, &message) {
                return Lesson::Breaks(violation);
            }
            sends.push(self.message_number((before.node, to, message)));
        }
        Lesson::Leads(self.part(after), sends)
    }

    fn waits(&self, part: u32) -> bool {
        !self.parts[part as usize].unsynced.is_empty()
    }

    fn message(&self, number: u16) -> (usize, Vec<(u16, Violation)>) {
        let (from, to, message) = self.sent(number);
        let earlier = (0_u16..number).zip(&self.messages);
        let against = earlier.filter_map(|(other, (sender, _, said))| {
            let verdict = self.law.together((*sender, said), (*from, message));
            verdict.err().map(|violation| (other, violation))
        });
        (*to, against.collect())
    }

    fn bytes(&self) -> usize {
        // What a node state holds on the heap is not seen from here.
        self.parts.len() * (std::mem::size_of::<Part<M>>() + 64)
    }
}
