//! One node on the bench, with its disk and its store: draws lent by hand, saves synced when the
//! test says so.

use basics::{Index, Message, NodeId, Position, Save, Term};
use bytes::Bytes;
use election::{HardState, Quorum, Round};
use harness::Draws;
use raft::{
    Batch, Body, Change, Configuration, Data, Dropped, Follower, Gap, Keep, Node, Options, Payload,
    Reading, Refused, Snapshot, Status, Step, Stored, Ticket,
};
use replication::{Answer, Entry, Span, Write};
use std::collections::VecDeque;

pub const N1: NodeId = NodeId(1);
pub const N2: NodeId = NodeId(2);
pub const N3: NodeId = NodeId(3);
pub const N4: NodeId = NodeId(4);
pub const N5: NodeId = NodeId(5);

/// Nothing holds a node back, and the log keeps everything that a test writes.
pub const WIDE: Options = Options {
    replication: replication::Options {
        election: election::Options {
            election_ticks: 10,
            heartbeat_ticks: 1,
            pre_vote: true,
            check_quorum: true,
        },
        batch_bytes: 10_000,
        limits: None,
    },
    keep: Keep { entries: 1_000, bytes: 1 << 20, bytes_for_snapshots: 1 << 20 },
    reads: 100,
};

/// Whoever is told to stand does, and nobody shields anybody: for scripts of elections.
pub const EAGER: Options = Options {
    replication: replication::Options {
        election: election::Options {
            pre_vote: false,
            check_quorum: false,
            ..WIDE.replication.election
        },
        ..WIDE.replication
    },
    ..WIDE
};

/// A node that a test feeds by hand, with its disk and its store.
pub struct Lab {
    pub node: Node,
    options: Options,
    draws: Draws,
    /// Saves that were handed out and are not synced.
    pub saves: VecDeque<Save<Write<Payload>, Body>>,
    /// Messages that left, oldest first.
    pub sent: Vec<Message<Body>>,
    /// What the state machine has carried out since the test began.
    pub applied: Vec<(Index, Entry<Payload>)>,
    /// What it was given and has not carried out.
    given: VecDeque<(Index, Entry<Payload>)>,
    /// Reads that wait no more.
    pub over: Vec<(Ticket, Reading)>,
    pub wanted: Vec<NodeId>,
    pub given_up: Vec<NodeId>,
    /// The state machine carries out nothing, until the test says so.
    pub lags: bool,
    /// The store syncs nothing, until the test says so.
    pub unsynced: bool,
    pub disk: Disk,
    /// What the state machine holds.
    state: Store,
    /// What the store's disk holds of it.
    pub store: Store,
}

/// What a node's disk holds, apart from its store.
#[derive(Clone)]
pub struct Disk {
    pub hard_state: HardState,
    pub log: Span<Payload>,
}

/// A state machine, as far as a node is concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    pub at: Position,
    pub configuration: Configuration,
}

/// A position in a log.
pub fn at(term: u64, index: u64) -> Position {
    Position { term: Term(term), index: Index(index) }
}

/// Data that says this number. With its overhead, an entry of it counts 21 bytes.
pub fn data(number: u32) -> Data {
    Data::from(&number.to_le_bytes()[..])
}

/// The entry that a leader begins its term with. It counts 16 bytes.
pub fn first(term: u64) -> Entry<Payload> {
    Entry { term: Term(term), payload: None }
}

/// An entry of data.
pub fn entry(term: u64, number: u32) -> Entry<Payload> {
    Entry { term: Term(term), payload: Some(Payload::Data(data(number))) }
}

/// An entry that changes the members.
pub fn change(term: u64, steps: &[Step]) -> Entry<Payload> {
    let change = Change::Enter { steps: steps.to_vec(), context: Bytes::new() };
    Entry { term: Term(term), payload: Some(change.into()) }
}

/// An entry that completes a change.
pub fn leave(term: u64) -> Entry<Payload> {
    Entry { term: Term(term), payload: Some(Change::Leave.into()) }
}

/// Voters, without learners.
pub fn voters(nodes: &[NodeId]) -> Configuration {
    Configuration::of(nodes.iter().copied())
}

/// An append of entries after a position.
pub fn append(prev: Position, entries: Vec<Entry<Payload>>, commit: u64) -> Body {
    let span = Span { prev, entries };
    Body::Replication(replication::Body::Append { span, commit: Index(commit) })
}

/// "My disk holds your log up to there."
pub fn holds(matched: u64) -> Body {
    let answer = Answer::Accepted { matched: Index(matched) };
    Body::Replication(replication::Body::Answer(answer))
}

/// "My log does not hold that."
pub fn lacks(prev: Position, hint: Position) -> Body {
    Body::Replication(replication::Body::Answer(Answer::Refused { prev, hint }))
}

/// Something that the election says.
pub fn vote(body: election::Body) -> Body {
    Body::Replication(replication::Body::Election(body))
}

/// A vote, or a yes to a poll.
pub fn granted(round: Round) -> Body {
    vote(election::Body::VoteAnswer { round, granted: true })
}

/// A request for a vote.
pub fn please(round: Round, last: Position) -> Body {
    vote(election::Body::VoteRequest { round, last })
}

/// Is it an append, whatever it brings?
pub fn is_append(body: &Body) -> bool {
    matches!(body, Body::Replication(replication::Body::Append { .. }))
}

impl Store {
    /// A store as it is before the first entry after the founding.
    pub fn founded(count: u64) -> Store {
        Store { at: at(1, 1), configuration: Configuration::of((1..=count).map(NodeId)) }
    }

    /// What it brings when it is a snapshot.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { at: self.at, configuration: self.configuration.clone() }
    }
}

impl Lab {
    /// A node, started from this.
    pub fn new(id: NodeId, options: Options, stored: Stored) -> Lab {
        let mut draws = Draws::new(id.0);
        let store = Store { at: stored.applied, configuration: stored.configuration.clone() };
        let start = stored.log.start();
        let span = stored.log.span(start.index, stored.log.last().index, usize::MAX);
        let log = span.expect("it is the whole log");
        let disk = Disk { hard_state: stored.hard_state, log };
        let node = Node::new(id, options, stored, draws.next()).expect("disk and store fit");
        Lab {
            node,
            options,
            draws,
            saves: VecDeque::new(),
            sent: Vec::new(),
            applied: Vec::new(),
            given: VecDeque::new(),
            over: Vec::new(),
            wanted: Vec::new(),
            given_up: Vec::new(),
            lags: false,
            unsynced: false,
            disk,
            state: store.clone(),
            store,
        }
    }

    /// n1 of a new cluster of so many voters.
    pub fn founded(count: u64, options: Options) -> Lab {
        Lab::new(N1, options, Stored::found((1..=count).map(NodeId)))
    }

    /// n1 leads term 2 of so many voters. Its first entry, (2, 2), is on its own disk, and nobody
    /// has answered.
    pub fn elected(count: u64, options: Options) -> Lab {
        let mut lab = Lab::founded(count, options);
        lab.win();
        lab.work();
        lab.sent.clear();
        lab
    }

    /// The same, with the first entry accepted by everybody, committed and applied.
    pub fn leader(count: u64, options: Options) -> Lab {
        let mut lab = Lab::elected(count, options);
        for other in 2..=count {
            lab.accepts(NodeId(other), 2);
        }
        lab.work();
        lab.sent.clear();
        assert_eq!(lab.commit(), 2, "n1's first entry is committed");
        lab
    }

    /// n1 of so many voters follows n2 in term 2. n2's first entry, (2, 2), is committed.
    pub fn follower(count: u64, options: Options) -> Lab {
        let mut lab = Lab::founded(count, options);
        lab.hears(N2, 2, append(at(1, 1), vec![first(2)], 2));
        lab.work();
        lab.sent.clear();
        lab
    }

    /// All others vote for this node, and it leads.
    pub fn win(&mut self) {
        self.stand();
        let mut others = self.node.configuration().voters();
        others.remove(&self.node.id());
        for round in [Round::PreVote, Round::Vote] {
            self.work();
            for other in &others {
                let _ = self.receive(*other, self.term(), granted(round));
            }
        }
        self.work();
        assert!(self.node.leads(), "it has every vote");
    }

    pub fn draw(&mut self) -> u64 {
        self.draws.next()
    }

    /// A message arrives from another node.
    pub fn receive(&mut self, from: NodeId, term: u64, body: Body) -> Result<(), Dropped> {
        let message = Message { from, to: self.node.id(), term: Term(term), body };
        let draw = self.draw();
        self.node.receive(message, draw)
    }

    /// The same, and it is not dropped.
    pub fn hears(&mut self, from: NodeId, term: u64, body: Body) {
        let received = self.receive(from, term, body);
        assert_eq!(received, Ok(()), "what {from} says counts");
    }

    /// A follower answers in the leader's term, and is heard.
    pub fn answers(&mut self, from: NodeId, body: Body) {
        self.hears(from, self.term(), body);
    }

    /// A follower's disk holds the leader's log up to there.
    pub fn accepts(&mut self, from: NodeId, matched: u64) {
        self.answers(from, holds(matched));
    }

    /// Ticks pass.
    pub fn tick(&mut self, count: u32) {
        for _ in 0..count {
            let draw = self.draw();
            self.node.tick(draw);
        }
    }

    pub fn stand(&mut self) {
        let draw = self.draw();
        self.node.stand(draw);
    }

    pub fn propose(&mut self, number: u32) -> Result<Position, Refused> {
        self.node.propose(data(number))
    }

    pub fn change(&mut self, steps: &[Step]) -> Result<Position, Refused> {
        let draw = self.draw();
        self.node.change(steps.to_vec(), Bytes::new(), draw)
    }

    pub fn read(&mut self, ticket: u64) -> Result<(), Refused> {
        let draw = self.draw();
        self.node.read(Ticket(ticket), draw)
    }

    pub fn transfer(&mut self, to: NodeId) -> Result<(), Refused> {
        let draw = self.draw();
        self.node.transfer(to, draw)
    }

    /// Takes one batch: messages leave, the save waits in `saves`, entries are carried out.
    pub fn ready(&mut self) -> bool {
        let Some(batch) = self.node.ready() else { return false };
        let Batch { send_now, save, apply, reads, wanted, given_up } = batch;
        self.sent.extend(send_now);
        self.saves.extend(save);
        self.over.extend(reads);
        self.wanted.extend(wanted);
        self.given_up.extend(given_up);
        if let Some(span) = apply {
            self.given.extend((span.prev.index.0 + 1..).map(Index).zip(span.entries));
            if !self.lags {
                self.carry_out();
            }
        }
        true
    }

    /// The state machine carries out all that it was given.
    pub fn carry_out(&mut self) {
        let Some((last, _)) = self.given.back() else { return };
        let last = *last;
        for (index, entry) in self.given.drain(..) {
            if let Some(Payload::Change(written)) = &entry.payload {
                self.state.configuration = self.state.configuration.after(written.change());
            }
            self.state.at = Position { term: entry.term, index };
            self.applied.push((index, entry));
        }
        let draw = self.draw();
        self.node.note_applied(last, draw);
        if !self.unsynced {
            self.sync_store();
        }
    }

    /// The store's disk holds all that the state machine has carried out. The disk's log lets go of
    /// what the node's has let go, unless something is being written.
    pub fn sync_store(&mut self) {
        self.store = self.state.clone();
        self.node.note_durable(self.store.at.index);
        let (start, log) = (self.node.log().start(), &mut self.disk.log);
        let is_there = log.prev.index < start.index && start.index <= log.last().index;
        if is_there && self.saves.is_empty() {
            let gone = start.index.0 - log.prev.index.0;
            log.entries.drain(..usize::try_from(gone).expect("there are entries"));
            log.prev = start;
        }
    }

    /// The disk syncs the oldest save; what waited in it leaves.
    pub fn sync(&mut self) {
        let save = self.saves.pop_front().expect("there is a save to sync");
        let (synced, messages) = save.synced();
        self.disk.write(synced.content());
        self.sent.extend(messages);
        let draw = self.draw();
        self.node.persisted(synced, draw);
    }

    /// Takes batches and syncs saves until nothing is left to do.
    pub fn work(&mut self) {
        for _ in 0..1_000 {
            if !self.saves.is_empty() {
                self.sync();
            } else if !self.ready() {
                return;
            }
        }
        panic!("ready() has something to do each time it is asked, without any event in between");
    }

    /// A snapshot has come, whole and checked. Is it put in place?
    pub fn bring(&mut self, store: &Store) -> bool {
        if !self.node.prepare(store.at) {
            return false;
        }
        self.put(store)
    }

    /// The snapshot takes the store's place.
    pub fn put(&mut self, store: &Store) -> bool {
        self.store = store.clone();
        self.state = store.clone();
        self.given.clear();
        let draw = self.draw();
        self.node.install(store.snapshot(), draw)
    }

    /// Power goes and comes again. What is not synced is lost.
    pub fn restart(&mut self) -> Result<(), Gap> {
        self.saves.clear();
        self.sent.clear();
        self.given.clear();
        self.state = self.store.clone();
        let stored = Stored {
            hard_state: self.disk.hard_state,
            log: self.disk.log.clone().into(),
            applied: self.store.at,
            configuration: self.store.configuration.clone(),
        };
        let (id, draw) = (self.node.id(), self.draw());
        self.node = Node::new(id, self.options, stored, draw)?;
        Ok(())
    }

    /// The messages that left since the last call for this node.
    pub fn take_sent(&mut self, to: NodeId) -> Vec<Body> {
        let (taken, rest) = self.sent.drain(..).partition(|message| message.to == to);
        self.sent = rest;
        let taken: Vec<Message<Body>> = taken;
        taken.into_iter().map(|message| message.body).collect()
    }

    /// The same, without appends.
    pub fn take_letters(&mut self, to: NodeId) -> Vec<Body> {
        self.take_sent(to).into_iter().filter(|body| !is_append(body)).collect()
    }

    pub fn term(&self) -> u64 {
        self.node.term().0
    }

    pub fn last(&self) -> u64 {
        self.node.log().last().index.0
    }

    pub fn start(&self) -> u64 {
        self.node.log().start().index.0
    }

    pub fn commit(&self) -> u64 {
        self.node.replica().commit().0
    }

    pub fn status(&self) -> Status {
        self.node.status()
    }

    /// What n1 knows of a follower, if it leads and has it.
    pub fn knows(&self, follower: NodeId) -> Option<Follower> {
        self.status().followers.get(&follower).copied()
    }
}

impl Disk {
    fn write(&mut self, write: &Write<Payload>) {
        if let Some(hard_state) = write.hard_state {
            self.hard_state = hard_state;
        }
        if let Some(begins) = write.begins {
            self.log = Span::empty(begins);
        }
        if let Some(span) = &write.entries {
            let kept = span.prev.index.0.checked_sub(self.log.prev.index.0);
            let kept = usize::try_from(kept.expect("not before the log")).expect("a short log");
            assert!(kept <= self.log.entries.len(), "the disk's log has no gap");
            self.log.entries.truncate(kept);
            self.log.entries.extend(span.entries.iter().cloned());
        }
    }
}
