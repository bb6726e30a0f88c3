//! What clients asked of registers, what they were told, and whether one order explains it all.
//!
//! Owns [`History`], and the check of it: is it *linearizable*? It is if every command can be given
//! one moment between the asking and the answer, so that the registers, changed at those moments
//! one by one, hold what the clients were told. A command that nobody answered may have its moment
//! at any time after it was asked, or never.
//!
//! Each register is checked alone: a history is linearizable exactly if that of each register is.
//! The way is that of Wing and Gong, with a memory. It tries the commands that may come next, one
//! after the other, and never twice from the same place: the same commands done, and the same value
//! in the register.
//!
//! Invariants: the check says [`Judgement::Contradicted`] only if no order exists; it has a limit
//! of places, and says [`Judgement::Undecided`] beyond it, which blames nobody.
//!
//! Left to others: who asks and who answers (`cluster`), and when it is checked (`sim`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The invariant that a contradicted history breaks.
pub const INVARIANT: &str = "Linearizability";

/// So many answers are named with one that nothing explains.
const TOLD: usize = 4;

/// So many places may be visited for one register.
const PLACES: usize = 100_000;

/// What a client asks of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// What does it hold?
    Read {
        /// The register.
        register: u64,
    },
    /// It is to hold this from now on.
    Write {
        /// The register.
        register: u64,
        /// The value; best if no other command writes the same.
        value: u64,
    },
}

/// What a client is told in the end. A client that is told nothing does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Answer {
    /// The command was carried out.
    Done,
    /// The command was carried out, and this is what the register held just before; none if nobody
    /// had ever written to it. A write that says it is told from a read only by what it leaves
    /// behind, so a history of such writes is checked as closely as one with reads.
    Found(Option<u64>),
    /// The command was not carried out, and never will be.
    Refused,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Done => f.write_str("done"),
            Answer::Found(Some(value)) => write!(f, "found {value}"),
            Answer::Found(None) => f.write_str("found nothing"),
            Answer::Refused => f.write_str("refused"),
        }
    }
}

/// A command, from the asking on.
#[derive(Clone, Debug)]
struct Call {
    command: u64,
    request: Request,
    asked: usize,
    answered: Option<(usize, Answer)>,
}

/// What clients asked and were told, in the order in which it happened.
#[derive(Clone, Debug, Default)]
pub struct History {
    calls: Vec<Call>,
    /// How often something was asked or answered.
    moments: usize,
    /// A command that was answered and that nobody waited for.
    stray: Option<(u64, Answer)>,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// There is an order that explains every answer.
    Explained,
    /// There is none.
    Contradicted(Contradiction),
    /// None was found within the limit.
    Undecided,
}

/// The first answer that nothing explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The command that was answered.
    pub command: u64,
    /// What its client was told.
    pub answer: Answer,
    /// What clients were told of the same register before, oldest first.
    pub before: Vec<(u64, Answer)>,
    /// Nobody waited for this answer.
    pub unasked: bool,
}

impl Contradiction {
    /// What is wrong, given what each command asks for.
    pub fn words(&self, wish: impl Fn(u64) -> String) -> String {
        let (answer, asked) = (self.answer, wish(self.command));
        let mut text = format!("\"{asked}\" was answered: {answer}");
        if self.unasked {
            text.push_str(", and no client waited for that");
            return text;
        }
        text.push_str(". No order of all commands explains that");
        let told = self.before.iter().rev().take(TOLD).rev();
        let told = told.map(|(command, answer)| format!("{}: {answer}", wish(*command)));
        let told: Vec<String> = told.collect();
        if !told.is_empty() {
            text.push_str(&format!(".\nClients were told before: {}", told.join("; ")));
        }
        text
    }
}

impl History {
    /// A client asks.
    pub fn ask(&mut self, command: u64, request: Request) {
        self.moments += 1;
        self.calls.push(Call { command, request, asked: self.moments, answered: None });
    }

    /// A client is told. Of two that asked with the same number, it is the first.
    pub fn answer(&mut self, command: u64, answer: Answer) {
        self.moments += 1;
        let waits = |call: &&mut Call| call.command == command && call.answered.is_none();
        match self.calls.iter_mut().find(waits) {
            Some(call) => call.answered = Some((self.moments, answer)),
            None => self.stray = self.stray.or(Some((command, answer))),
        }
    }

    /// How many answers there are.
    pub fn answers(&self) -> usize {
        self.calls.iter().filter(|call| call.answered.is_some()).count()
    }

    /// Is there an order that explains it?
    pub fn check(&self) -> Judgement {
        if let Some((command, answer)) = self.stray {
            let before = Vec::new();
            return Judgement::Contradicted(Contradiction {
                command,
                answer,
                before,
                unasked: true,
            });
        }
        let mut registers: BTreeMap<u64, Vec<&Call>> = BTreeMap::new();
        for call in &self.calls {
            registers.entry(call.register()).or_default().push(call);
        }
        let mut judgement = Judgement::Explained;
        for calls in registers.values() {
            match explained(calls, usize::MAX) {
                Some(true) => {}
                Some(false) => return Judgement::Contradicted(first_contradiction(calls)),
                None => judgement = Judgement::Undecided,
            }
        }
        judgement
    }
}

impl Call {
    fn register(&self) -> u64 {
        match self.request {
            Request::Read { register } | Request::Write { register, .. } => register,
        }
    }
}

/// The earliest answer up to which there is no order. What is explained as a whole is explained at
/// every moment before, so a search by halves finds it.
fn first_contradiction(calls: &[&Call]) -> Contradiction {
    let told = |call: &&Call| call.answered.map(|(at, answer)| (at, call.command, answer));
    let mut answers: Vec<(usize, u64, Answer)> = calls.iter().filter_map(told).collect();
    answers.sort_unstable();
    let fine = answers.partition_point(|(at, ..)| explained(calls, *at) != Some(false));
    let (_, command, answer) = answers[fine.min(answers.len() - 1)];
    let before = answers[..fine].iter().map(|(_, command, answer)| (*command, *answer)).collect();
    Contradiction { command, answer, before, unasked: false }
}

/// A command as the check sees it.
struct Operation {
    asked: usize,
    /// When it was answered, at the latest. An answer that never came is one at the end of time.
    answered: usize,
    write: Option<u64>,
    /// What it found, if it said.
    found: Option<Option<u64>>,
}

/// Does an order explain what happened to one register up to this moment? None if it cannot be told
/// within the limit.
fn explained(calls: &[&Call], end: usize) -> Option<bool> {
    let operations = operations(calls, end);
    let mut seen: BTreeSet<(Vec<u64>, Option<u64>)> = BTreeSet::new();
    let mut open = vec![(vec![0_u64; operations.len().div_ceil(64)], None)];
    while let Some((done, value)) = open.pop() {
        let is_done = |at: usize| done[at / 64] & (1 << (at % 64)) != 0;
        let left = (0..operations.len()).filter(|at| !is_done(*at));
        // Whatever comes next has been asked before the first answer that is still to be explained.
        let limit = left.clone().map(|at| operations[at].answered).min().unwrap_or(usize::MAX);
        if limit == usize::MAX {
            return Some(true);
        }
        let next: Vec<usize> = left
            .filter(|at| operations[*at].asked < limit && operations[*at].fits(value))
            .collect();
        let after = |at: usize| {
            let mut done = done.clone();
            done[at / 64] |= 1 << (at % 64);
            (done, operations[at].write.or(value))
        };
        // A read that fits changes nothing: if there is an order at all, there is one with it here.
        let read = next.iter().find(|at| operations[**at].write.is_none()).copied();
        let next = read.map_or(next, |at| vec![at]);
        // The earliest is tried first: it is on top.
        for place in next.into_iter().rev().map(after) {
            if seen.insert(place.clone()) {
                open.push(place);
            }
        }
        if seen.len() > PLACES {
            return None;
        }
    }
    Some(false)
}

/// The commands that matter up to this moment. What was refused never happened. A read without an
/// answer says nothing; nor does a write without an answer whose value nobody found: leave it out,
/// and every order stays one.
fn operations(calls: &[&Call], end: usize) -> Vec<Operation> {
    let known = calls.iter().filter(|call| call.asked <= end);
    let known = known.map(|call| (call, call.answered.filter(|(at, _)| *at <= end)));
    let known: Vec<_> = known.collect();
    let found: BTreeSet<u64> = known
        .iter()
        .filter_map(|(_, told)| match told {
            Some((_, Answer::Found(value))) => *value,
            Some((_, Answer::Done | Answer::Refused)) | None => None,
        })
        .collect();
    let mut operations = Vec::new();
    for (call, told) in known {
        let (answered, found) = match (told, call.request) {
            (Some((_, Answer::Refused)), _) => continue,
            (Some((_, Answer::Done)) | None, Request::Read { .. }) => continue,
            (None, Request::Write { value, .. }) if !found.contains(&value) => continue,
            (None, Request::Write { .. }) => (usize::MAX, None),
            (Some((at, Answer::Done)), Request::Write { .. }) => (at, None),
            (Some((at, Answer::Found(value))), _) => (at, Some(value)),
        };
        let write = match call.request {
            Request::Read { .. } => None,
            Request::Write { value, .. } => Some(value),
        };
        operations.push(Operation { asked: call.asked, answered, write, found });
    }
    operations
}

impl Operation {
    /// Can it have its moment while the register holds this?
    fn fits(&self, value: Option<u64>) -> bool {
        self.found.is_none_or(|found| found == value)
    }
}
