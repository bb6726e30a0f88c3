//! Three members, a log, and time.
//!
//! Messages and elections are those of other chapters. Here, a member is elected when a history
//! says so; what is proposed arrives late, in another term, or never; and a leader that was deposed
//! may not know it for as long as an election takes.

use crate::member::{OPTIONS, Rows, load, store};
use crate::naive::{Entry, Logged, Outcome, State};
use api::{LeaseId, LeaseRevokeRequest};
use harness::Draws;
use lease::{Decided, Keep, Lessor, Reign, Renewal, Row, Time};
use prost::Message;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What a member has on its disk, or would have if it wrote now.
#[derive(Clone, Debug, Default)]
struct Stored {
    rows: Rows,
    keys: BTreeMap<u8, Option<i64>>,
    applied: usize,
}

struct Node {
    lessor: Lessor,
    stored: Stored,
    on_disk: Stored,
    /// The term in which it believes to lead.
    leads: Option<u64>,
    /// What its clock shows at the beginning of time, in milliseconds.
    offset: u64,
    /// What it has proposed, and has not arrived.
    outgoing: VecDeque<Entry>,
}

/// What happened, in numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    pub grants: usize,
    pub refusals: usize,
    pub renewals: usize,
    pub by_deposed: usize,
    pub waits: usize,
    pub ends: usize,
    pub too_late: usize,
    pub rests: usize,
    pub taken_back: usize,
    pub promotions: usize,
    pub restarts: usize,
    pub set_back: usize,
}

impl Seen {
    pub fn add(&mut self, other: &Seen) {
        self.grants += other.grants;
        self.refusals += other.refusals;
        self.renewals += other.renewals;
        self.by_deposed += other.by_deposed;
        self.waits += other.waits;
        self.ends += other.ends;
        self.too_late += other.too_late;
        self.rests += other.rests;
        self.taken_back += other.taken_back;
        self.promotions += other.promotions;
        self.restarts += other.restarts;
        self.set_back += other.set_back;
    }
}

pub struct Cluster {
    nodes: Vec<Node>,
    log: Vec<Logged>,
    /// What is there after so many entries, and what each of them did.
    states: Vec<State>,
    outcomes: Vec<Outcome>,
    /// In milliseconds.
    time: u64,
    term: u64,
    /// When the term began.
    elected: u64,
    /// Until when clients may rely on a lease.
    promised: BTreeMap<i64, u64>,
    keep: Keep,
    pub seen: Seen,
}

/// An election, in milliseconds.
const ELECTION: u64 = 1_000;
/// What a clock shows at first: there is room to set it back.
const FIRST: u64 = 1 << 40;

impl Cluster {
    pub fn new(keep: Keep) -> Cluster {
        let node = |_| Node {
            lessor: load(OPTIONS, &Rows::new()),
            stored: Stored::default(),
            on_disk: Stored::default(),
            leads: None,
            offset: FIRST,
            outgoing: VecDeque::new(),
        };
        Cluster {
            nodes: (0..3).map(node).collect(),
            log: Vec::new(),
            states: vec![State::default()],
            outcomes: Vec::new(),
            time: 0,
            term: 0,
            elected: 0,
            promised: BTreeMap::new(),
            keep,
            seen: Seen::default(),
        }
    }

    /// All that is there.
    pub fn now(&self) -> &State {
        self.states.last().expect("there is the first")
    }

    fn clock(&self, node: usize) -> Time {
        Time::new(Duration::from_millis(self.nodes[node].offset + self.time))
    }

    /// An entry is in the log of a majority.
    pub fn append(&mut self, entry: Entry) {
        let logged = Logged { term: self.term, entry };
        let mut state = self.now().clone();
        let outcome = state.carry_out(&logged, self.keep == Keep::Row);
        match (&logged.entry, outcome) {
            (Entry::Grant(request), Outcome::Done) => {
                let until = self.time + request.ttl.unsigned_abs() * 1_000;
                self.promised.insert(request.id, until);
                self.seen.grants += 1;
            }
            (Entry::End(decided), Outcome::Done) => {
                let until = self.promised[&decided.what.get()];
                assert!(
                    self.time >= until,
                    "{} ends at {}, and was promised until {until}",
                    decided.what,
                    self.time
                );
                self.seen.ends += 1;
            }
            (Entry::Rests(_), Outcome::Done) => self.seen.rests += 1,
            (_, Outcome::Refused(_)) => self.seen.refusals += 1,
            (_, Outcome::TooLate) => self.seen.too_late += 1,
            (_, Outcome::Done) => {}
        }
        self.log.push(logged);
        self.states.push(state);
        self.outcomes.push(outcome);
    }

    /// A member proposes something.
    pub fn propose(&mut self, node: usize, entry: Entry) {
        self.nodes[node].outgoing.push_back(entry);
    }

    /// The first of what a member has proposed arrives at the leader, whoever that is by now.
    pub fn arrive(&mut self, node: usize) {
        if self.term > 0
            && let Some(entry) = self.nodes[node].outgoing.pop_front()
        {
            self.append(entry);
        }
    }

    /// It does not.
    pub fn lose(&mut self, node: usize) {
        self.nodes[node].outgoing.pop_front();
    }

    /// A member is elected. Whoever led until now does not know that, unless it is the same.
    pub fn elect(&mut self, node: usize) {
        self.depose(node);
        // And nobody is two terms behind.
        let old = self.term;
        for other in 0..self.nodes.len() {
            if self.nodes[other].leads.is_some_and(|term| term < old) {
                self.depose(other);
            }
        }
        self.term += 1;
        self.elected = self.time;
        self.nodes[node].leads = Some(self.term);
        self.append(Entry::Empty);
    }

    /// A member learns that it does not lead.
    pub fn depose(&mut self, node: usize) {
        self.nodes[node].leads = None;
        self.nodes[node].lessor.demote();
    }

    /// Time passes. Whoever was deposed longer ago than an election takes has noticed by then.
    pub fn pass(&mut self, milliseconds: u64) {
        self.time += milliseconds;
        if self.time > self.elected + ELECTION {
            for node in 0..self.nodes.len() {
                if self.nodes[node].leads.is_some_and(|term| term < self.term) {
                    self.depose(node);
                }
            }
        }
    }

    /// A member's clock is set back.
    pub fn set_back(&mut self, node: usize, milliseconds: u64) {
        self.nodes[node].offset -= milliseconds;
        self.seen.set_back += 1;
    }

    /// A member carries out entries of the log.
    pub fn carry_out(&mut self, node: usize, count: usize) {
        for _ in 0..count {
            let at = self.nodes[node].stored.applied;
            let Some(logged) = self.log.get(at).cloned() else { return };
            if self.nodes[node].leads.is_some_and(|term| term < logged.term) {
                self.depose(node);
            }
            let now = self.clock(node);
            let (outcome, rows) = self.nodes[node].carry_out(&logged, self.keep, now);
            let member = &mut self.nodes[node];
            member.stored.applied += 1;
            rows.into_iter().for_each(|row| store(&mut member.stored.rows, row));
            assert_eq!(outcome, self.outcomes[at], "{node}: {logged:?}");
            let expected = &self.states[at + 1];
            assert_eq!(member.stored.keys, expected.keys, "keys of {node} after {logged:?}");
            assert_eq!(member.stored.leases(), expected.leases, "rows of {node} after {logged:?}");
            let mut leases = member.lessor.leases();
            leases.sort_unstable();
            let leases: Vec<i64> = leases.into_iter().map(LeaseId::get).collect();
            assert!(leases.iter().eq(expected.leases.keys()), "leases of {node}: {leases:?}");
            if matches!(logged.entry, Entry::Empty) && member.leads == Some(logged.term) {
                member.lessor.promote(Reign(logged.term), now);
                self.seen.promotions += 1;
            }
        }
    }

    /// A member has written what it has carried out.
    pub fn save(&mut self, node: usize) {
        self.nodes[node].on_disk = self.nodes[node].stored.clone();
    }

    /// Everything that was proposed arrives, and everybody carries it out.
    pub fn settle(&mut self) {
        for node in 0..self.nodes.len() {
            while self.term > 0 && !self.nodes[node].outgoing.is_empty() {
                self.arrive(node);
            }
        }
        for node in 0..self.nodes.len() {
            self.carry_out(node, usize::MAX);
        }
    }

    /// A member starts again, with another clock.
    pub fn restart(&mut self, node: usize) {
        let member = &mut self.nodes[node];
        member.stored = member.on_disk.clone();
        member.lessor = load(OPTIONS, &member.stored.rows);
        member.leads = None;
        member.offset = FIRST;
        self.seen.restarts += 1;
    }

    /// A member looks at its clock.
    pub fn round(&mut self, node: usize) {
        let now = self.clock(node);
        if let Some(Decided { reign, what }) = self.nodes[node].lessor.expired(now) {
            for what in what {
                self.propose(node, Entry::End(Decided { reign, what }));
            }
        }
        while let Some(decided) = self.nodes[node].lessor.checkpoints(now) {
            self.propose(node, Entry::Rests(decided));
        }
    }

    /// A client renews a lease at this member, and relies on what it is told.
    pub fn renew(&mut self, node: usize, number: i64) {
        let now = self.clock(node);
        let lease = LeaseId::new(number).expect("it is not zero");
        match self.nodes[node].lessor.renew(lease, now) {
            Ok(Renewal::Renewed(ttl)) => {
                self.promised.insert(number, self.time + ttl.seconds().unsigned_abs() * 1_000);
                self.seen.renewals += 1;
                self.seen.by_deposed += usize::from(self.nodes[node].leads != Some(self.term));
            }
            Ok(Renewal::First(decided)) => {
                self.propose(node, Entry::Rests(decided));
                self.seen.taken_back += 1;
            }
            Ok(Renewal::Wait) => self.seen.waits += 1,
            Err(_) => {}
        }
    }

    /// One of the leases that are there, or one that is not.
    pub fn some_lease(&self, draws: &mut Draws) -> i64 {
        let count = self.now().leases.len();
        let at = draws.index(count + 1);
        self.now().leases.keys().nth(at).copied().unwrap_or(-1)
    }

    /// All is well from now on: one leads, everything arrives, and nobody renews. Then each lease
    /// is gone when its time is over, or its rest, with an election on top and two rounds.
    pub fn come_to_rest(&mut self) {
        for node in 0..self.nodes.len() {
            self.depose(node);
            self.nodes[node].outgoing.clear();
        }
        self.elect(0);
        self.settle();
        let from = self.time + ELECTION + 1_000;
        let left = |(id, (ttl, rest)): (&i64, &(i64, i64))| {
            let left = if *rest > 0 { rest } else { ttl };
            (from + left.unsigned_abs() * 1_000, *id)
        };
        let mut ends: Vec<(u64, i64)> = self.now().leases.iter().map(left).collect();
        ends.sort_unstable();
        for (end, id) in ends {
            while self.time < end && self.now().leases.contains_key(&id) {
                self.pass(500);
                self.round(0);
                self.settle();
            }
            let there = self.now().leases.contains_key(&id);
            assert!(!there, "{id} was to end before {end}, and it is {}", self.time);
        }
        let State { leases, keys } = self.now();
        assert!(leases.is_empty(), "{leases:?} are left at {}", self.time);
        assert!(keys.values().all(Option::is_none), "no key is left of a lease: {keys:?}");
    }
}

impl Stored {
    /// The leases that are stored.
    fn leases(&self) -> BTreeMap<i64, (i64, i64)> {
        let lease = |row: &bytes::Bytes| {
            let lease = api::Lease::decode(row.clone()).expect("it is a lease");
            (lease.id, (lease.ttl, lease.remaining_ttl))
        };
        self.rows.values().map(lease).collect()
    }
}

impl Node {
    fn carry_out(&mut self, logged: &Logged, keep: Keep, now: Time) -> (Outcome, Vec<Row>) {
        let term = Reign(logged.term);
        match &logged.entry {
            Entry::Empty => (Outcome::Done, Vec::new()),
            Entry::Grant(request) => match self.lessor.grant(request, now) {
                Ok(granted) => (Outcome::Done, vec![granted.row]),
                Err(error) => (Outcome::Refused(error), Vec::new()),
            },
            Entry::Revoke(request) => self.revoke(*request),
            Entry::End(decided) => match decided.clone().in_force(term) {
                Some(lease) => self.revoke(LeaseRevokeRequest { id: lease.get() }),
                None => (Outcome::TooLate, Vec::new()),
            },
            Entry::Rests(decided) => match decided.clone().in_force(term) {
                Some(rests) => (Outcome::Done, self.lessor.checkpoint(&rests, keep, now)),
                None => (Outcome::TooLate, Vec::new()),
            },
            Entry::Put { key, lease } => {
                let there =
                    |number| LeaseId::new(number).is_some_and(|it| self.lessor.is_there(it));
                if lease.is_some_and(|number| !there(number)) {
                    return (Outcome::Refused(api::Error::LeaseNotFound), Vec::new());
                }
                self.stored.keys.insert(*key, *lease);
                (Outcome::Done, Vec::new())
            }
        }
    }

    fn revoke(&mut self, request: LeaseRevokeRequest) -> (Outcome, Vec<Row>) {
        match self.lessor.revoke(&request) {
            Ok(revoked) => {
                let number = Some(revoked.lease.get());
                self.stored.keys.retain(|_, lease| *lease != number);
                (Outcome::Done, vec![revoked.row])
            }
            Err(error) => (Outcome::Refused(error), Vec::new()),
        }
    }
}
