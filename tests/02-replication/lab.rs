//! One replica on the bench: its quorum and its draws lent by hand, its disk synced when the test
//! says so.

use crate::node::{Disk, Op, SMALL, entries, indexed};
use basics::{Index, Message, NodeId, Position, Save, Term};
use election::{HardState, Majority, Quorum, Role, Round};
use harness::Draws;
use replication::{
    Answer, Batch, Body, Dropped, Entry, Log, Options, Progress, Refused, Replica, Span, Stored,
    View, Write,
};
use std::collections::{BTreeSet, VecDeque};

pub const N1: NodeId = NodeId(1);
pub const N2: NodeId = NodeId(2);
pub const N3: NodeId = NodeId(3);
pub const N4: NodeId = NodeId(4);

/// A replica that a test feeds by hand. It is n1.
pub struct Lab {
    pub replica: Replica<Op>,
    /// Who belongs to the cluster.
    pub members: Members,
    draws: Draws,
    /// Saves that were handed out and are not synced.
    pub saves: VecDeque<Save<Write<Op>, Body<Op>>>,
    /// Messages that left, oldest first.
    pub sent: Vec<Message<Body<Op>>>,
    /// What the state machine was given.
    pub applied: Vec<(Index, Entry<Op>)>,
    /// The state machine carries out nothing, until the test says so.
    pub lags: bool,
}

/// Voters and learners.
pub struct Members {
    voters: Majority,
    pub learners: BTreeSet<NodeId>,
}

impl Members {
    /// So many voters and no learners.
    pub fn voters(count: u64) -> Members {
        Members { voters: Majority::of((1..=count).map(NodeId)), learners: BTreeSet::new() }
    }
}

impl Quorum for Members {
    fn voters(&self) -> BTreeSet<NodeId> {
        self.voters.voters()
    }

    fn is_met_by(&self, has: &dyn Fn(NodeId) -> bool) -> bool {
        self.voters.is_met_by(has)
    }

    fn learners(&self) -> BTreeSet<NodeId> {
        self.learners.clone()
    }
}

/// A position in a log.
pub fn at(term: u64, index: u64) -> Position {
    Position { term: Term(term), index: Index(index) }
}

/// A log with entries of these terms, from index 1 on.
pub fn log(terms: &[u64]) -> Log<Op> {
    Span { prev: Position::START, entries: entries(terms) }.into()
}

/// The terms of a log, from its start on.
pub fn terms(log: &Log<Op>) -> Vec<u64> {
    let indexes = log.start().index.0 + 1..=log.last().index.0;
    indexes.filter_map(|index| log.term_at(Index(index)).map(|term| term.0)).collect()
}

/// An append of entries after a position.
pub fn append(prev: Position, entries: Vec<Entry<Op>>, commit: u64) -> Body<Op> {
    Body::Append { span: Span { prev, entries }, commit: Index(commit) }
}

/// An acceptance.
pub fn holds(matched: u64) -> Body<Op> {
    Body::Answer(Answer::Accepted { matched: Index(matched) })
}

/// A refusal.
pub fn lacks(prev: Position, hint: Position) -> Body<Op> {
    Body::Answer(Answer::Refused { prev, hint })
}

/// Nothing holds a leader back.
pub const WIDE: Options = Options { batch_bytes: 10_000, limits: None, ..SMALL };

/// What an append brings: the index before it, how many entries, and the commit.
fn brought(body: &Body<Op>) -> (u64, usize, u64) {
    match body {
        Body::Append { span, commit } => (span.prev.index.0, span.entries.len(), commit.0),
        Body::Answer(_) | Body::Election(_) => panic!("{body} is no append"),
    }
}

/// The appends that leave for this node now.
pub fn appends(lab: &mut Lab, to: NodeId) -> Vec<(u64, usize, u64)> {
    let messages = lab.replica.appends();
    lab.sent.extend(messages);
    lab.take_sent(to).iter().map(brought).collect()
}

impl Lab {
    /// n1 of so many voters, started from this disk.
    pub fn new(voters: u64, options: Options, disk: Disk) -> Lab {
        let mut draws = Draws::new(voters);
        let span = Span { prev: Position::START, entries: disk.entries };
        let stored = Stored { hard_state: disk.hard_state, log: span.into(), applied: Index(0) };
        Lab::from_stored(voters, options, stored, draws.next())
    }

    /// n1 of so many voters, started from this.
    pub fn from_stored(voters: u64, options: Options, stored: Stored<Op>, draw: u64) -> Lab {
        Lab {
            replica: Replica::new(N1, options, stored, draw),
            members: Members::voters(voters),
            draws: Draws::new(draw),
            saves: VecDeque::new(),
            sent: Vec::new(),
            applied: Vec::new(),
            lags: false,
        }
    }

    /// A follower of three, in this term, with a log of these terms on disk.
    pub fn follower(term: u64, terms: &[u64]) -> Lab {
        Lab::new(3, SMALL, Disk::with(term, terms))
    }

    /// n1 of so many voters, three or more, which has just won the term after this one. It has not
    /// handed out anything yet.
    pub fn elected(voters: u64, options: Options, term: u64, terms: &[u64]) -> Lab {
        let election = election::Options { pre_vote: false, ..options.election };
        let mut lab = Lab::new(voters, Options { election, ..options }, Disk::with(term, terms));
        lab.stand();
        // The others are a majority. n1's own vote may stay on its way to the disk.
        for other in 2..=voters {
            let granted = election::Body::VoteAnswer { round: Round::Vote, granted: true };
            let _ = lab.receive(NodeId(other), term + 1, Body::Election(granted));
        }
        assert!(lab.leads(), "n1 has every other vote of term {}, and leads", term + 1);
        lab
    }

    /// The same, with its first appends on their way and forgotten by the test. Nothing new is on
    /// its disk.
    pub fn leader(voters: u64, options: Options, term: u64, terms: &[u64]) -> Lab {
        let mut lab = Lab::elected(voters, options, term, terms);
        let _ = lab.replica.appends();
        lab
    }

    /// A message arrives from another node.
    pub fn receive(&mut self, from: NodeId, term: u64, body: Body<Op>) -> Result<(), Dropped> {
        let message = Message { from, to: N1, term: Term(term), body };
        let view = View { quorum: &self.members, draw: self.draws.next() };
        self.replica.receive(message, view)
    }

    /// Ticks pass.
    pub fn tick(&mut self, count: u32) {
        for _ in 0..count {
            let view = View { quorum: &self.members, draw: self.draws.next() };
            self.replica.tick(view);
        }
    }

    pub fn stand(&mut self) {
        let view = View { quorum: &self.members, draw: self.draws.next() };
        self.replica.stand(view);
    }

    /// A client proposes a number.
    pub fn propose(&mut self, number: u64) -> Result<Position, Refused> {
        self.replica.propose(Op::new(number))
    }

    /// Takes one batch: messages leave, the save waits in `saves`, entries are applied.
    pub fn ready(&mut self) -> bool {
        let Some(Batch { send_now, save, apply }) = self.replica.ready() else { return false };
        self.sent.extend(send_now);
        self.saves.extend(save);
        if let Some(span) = apply {
            self.applied.extend(indexed(&span).map(|(index, entry)| (index, entry.clone())));
            if !self.lags {
                self.replica.note_applied(span.last().index);
                self.replica.note_durable(span.last().index);
            }
        }
        true
    }

    /// Who belongs to the cluster has changed.
    pub fn reconfigure(&mut self, members: Members) {
        self.members = members;
        self.replica.reconfigure(&self.members);
    }

    /// The disk syncs the oldest save; what waited in it leaves.
    pub fn sync(&mut self) {
        let save = self.saves.pop_front().expect("there is a save to sync");
        let (synced, messages) = save.synced();
        self.sent.extend(messages);
        let view = View { quorum: &self.members, draw: self.draws.next() };
        self.replica.persisted(synced, view);
    }

    /// Takes batches and syncs saves until nothing is left to do.
    pub fn work(&mut self) {
        for _ in 0..100 {
            if !self.saves.is_empty() {
                self.sync();
            } else if !self.ready() {
                return;
            }
        }
        panic!("ready() has something to do each time it is asked, without any event in between");
    }

    /// The messages that left since the last call for this node, without those of the election.
    pub fn take_sent(&mut self, to: NodeId) -> Vec<Body<Op>> {
        let (taken, rest) = self.sent.drain(..).partition(|message| message.to == to);
        self.sent = rest;
        let taken: Vec<Message<Body<Op>>> = taken;
        let bodies = taken.into_iter().map(|message| message.body);
        bodies.filter(|body| !matches!(body, Body::Election(_))).collect()
    }

    pub fn leads(&self) -> bool {
        self.replica.election().role() == Role::Leader
    }

    pub fn hard_state(&self) -> HardState {
        self.replica.election().hard_state()
    }

    /// What n1 knows of a follower.
    pub fn progress(&self, follower: NodeId) -> &Progress {
        self.replica.progress(follower).expect("a leader has a progress for each follower")
    }

    /// The terms of n1's log.
    pub fn terms(&self) -> Vec<u64> {
        terms(self.replica.log())
    }

    pub fn commit(&self) -> u64 {
        self.replica.commit().0
    }
}
