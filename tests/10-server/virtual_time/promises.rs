//! What clients were promised of their leases, in true time.
//!
//! Whoever was told that a lease lasts for so long has that from the moment of asking. A member's
//! clock shows whole ticks, so it may be late by one at the beginning and by one at the end.

use super::news::{Entry, News};
use super::node::Node;
use api::LeaseId;
use basics::Index;
use harness::history::Answer as Told;
use server::still::{Answer, Wish};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How much time has passed, as far as it can be seen in ticks: a tick more whenever a node ticks
/// twice since the last one. So it goes no slower than any node's clock, and no faster than time.
#[derive(Default)]
pub struct TrueTime {
    ticks: u32,
    ticked: BTreeSet<usize>,
}

impl TrueTime {
    pub fn tick(&mut self, node: usize) {
        if !self.ticked.insert(node) {
            self.ticks += 1;
            self.ticked = BTreeSet::from([node]);
        }
    }

    pub fn ticks(&self) -> u32 {
        self.ticks
    }
}

/// A lease, from its grant to its end.
struct Life {
    lease: LeaseId,
    granted: Index,
    ttl: Duration,
    /// The client counts on it until then.
    until: Duration,
    ended: Option<Index>,
    /// It was found at that time that nobody renews it.
    over: Option<Duration>,
}

#[derive(Default)]
pub struct Promises {
    lives: Vec<Life>,
    /// When commands were asked, and members' own proposals made; and how far the member was.
    asked: BTreeMap<u64, (Duration, Index)>,
    /// What a command got for its lease, when it is told so: from then on.
    given: BTreeMap<u64, (usize, Duration)>,
    slack: Duration,
}

impl Promises {
    /// It is so late, and a tick is so long.
    pub fn look(&mut self, command: Option<u64>, node: &Node, now: Duration, tick: Duration) {
        self.slack = 2 * tick;
        let applied = node.shelf().at.index;
        self.asked.extend(command.map(|command| (command, (now, applied))));
        let News { asked, renewed, .. } = node.news();
        self.asked.extend(asked.iter().map(|(number, _)| (*number, (now, applied))));
        for (command, lease, seconds) in renewed {
            let is_it = |life: &Life| {
                life.lease == *lease
                    && life.granted <= applied
                    && life.ended.is_none_or(|end| end > applied)
            };
            let seconds = Duration::from_secs(seconds.unsigned_abs());
            if let Some(at) = self.lives.iter().position(is_it) {
                self.given.insert(*command, (at, seconds));
            }
        }
    }

    /// An entry was carried out for the first time. What is wrong with that.
    pub fn carried_out(&mut self, entry: &Entry) -> Option<String> {
        let index = entry.at.index;
        let (wish, number) = (entry.proposal.as_ref()?.wish.as_ref()?, entry.number()?);
        match (wish, entry.outcome.as_ref()?) {
            (Wish::LeaseGrant(_), Ok(Answer::LeaseGrant(granted))) => {
                let lease = LeaseId::new(granted.id)?;
                let ttl = Duration::from_secs(granted.ttl.unsigned_abs());
                self.given.insert(number, (self.lives.len(), ttl));
                let (until, ended, over) = (Duration::ZERO, None, None);
                self.lives.push(Life { lease, granted: index, ttl, until, ended, over });
                None
            }
            (Wish::LeaseRevoke(request), Ok(_)) => {
                self.alive(request.id)?.ended = Some(index);
                None
            }
            // By then, another one may have renewed it.
            (Wish::LeaseIsOver(over), Ok(_)) if over.reign != entry.at.term.0 => {
                let (lease, reign, term) = (over.lease, over.reign, entry.at.term);
                Some(format!("lease {lease} was over in reign {reign}, and ended in {term}"))
            }
            (Wish::LeaseIsOver(over), Ok(_)) => {
                let found = self.asked.get(&number).copied();
                let slack = self.slack;
                let life = self.alive(over.lease)?;
                life.ended = Some(index);
                // It may be said twice, and a lease of the same number be granted between the two.
                // So it is in etcd.
                let found = found.filter(|(_, applied)| *applied >= life.granted);
                life.over = found.map(|(when, _)| when);
                life.wrong(slack)
            }
            _ => None,
        }
    }

    fn alive(&mut self, lease: i64) -> Option<&mut Life> {
        self.lives.iter_mut().find(|life| life.lease.get() == lease && life.ended.is_none())
    }

    /// A client was told. What is wrong with that.
    pub fn told(&mut self, command: u64, told: Told) -> Option<String> {
        let (at, ttl) = self.given.get(&command).copied().filter(|_| told == Told::Done)?;
        let (asked, _) = self.asked.get(&command)?;
        let life = &mut self.lives[at];
        assert_eq!(life.ttl, ttl, "a renewed lease lasts as long as it was granted");
        life.until = life.until.max(*asked + ttl);
        life.wrong(self.slack)
    }
}

impl Life {
    fn wrong(&self, slack: Duration) -> Option<String> {
        let over = self.over.filter(|over| *over + slack < self.until)?;
        let (lease, until) = (self.lease, self.until);
        Some(format!("lease {lease} was found over at {over:?}, and lasts until {until:?}"))
    }
}
