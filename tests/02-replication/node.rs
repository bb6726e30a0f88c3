//! A [`Replica`] as the harness sees it: fed one input at a time, with a disk that holds its term,
//! its vote and its log, and a state machine that remembers what it was given.
//!
//! In simulations it has clients. A command is a write to the one register that there is, and is
//! answered by the node that took it, with what the register held before; or it is refused.

use crate::files::Files;
use basics::{Index, Message, NodeId, Position, Save, Term};
use election::{HardState, Majority, Role};
use harness::history::{Answer as Told, Request};
use harness::{Draws, Effects, Input, Machine};
use replication::{
    Answer, Batch, Body, Entry, Limits, Mode, Options, Payload, Replica, Span, Stored, View, Write,
};
use std::collections::BTreeMap;

/// What clients propose: a number, in four bytes. With its overhead an entry counts 20 bytes, with
/// or without an operation about the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Op([u8; 4]);

impl Op {
    /// The operation of this number.
    pub fn new(number: u64) -> Op {
        Op(u32::try_from(number).expect("commands are small numbers").to_le_bytes())
    }

    /// Its number.
    pub fn number(self) -> u64 {
        u64::from(u32::from_le_bytes(self.0))
    }
}

impl std::fmt::Debug for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Op({})", self.number())
    }
}

impl TryFrom<&[u8]> for Op {
    type Error = std::array::TryFromSliceError;

    fn try_from(bytes: &[u8]) -> Result<Op, Self::Error> {
        bytes.try_into().map(Op)
    }
}

impl Payload for Op {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// One node.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Node {
    replica: Replica<Op>,
    majority: Majority,
    applied: Vec<Entry<Op>>,
    /// None if nobody waits for answers: in scripts, and in searches, where they would be so much
    /// more to tell states apart by.
    clients: Option<Clients>,
}

/// Who waits for an answer, and what there is to say.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Clients {
    /// Commands that this node has taken, by where they stand in the log.
    waiting: BTreeMap<Index, (Term, u64)>,
    /// What the register holds, by all that was applied.
    register: Option<u64>,
}

/// What a node's disk holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Disk {
    pub hard_state: HardState,
    pub entries: Vec<Entry<Op>>,
    /// The files in which it is, if it is in files.
    pub files: Option<Files<Op>>,
}

/// A write to the disk, with the messages that wait for it.
type Written = Save<Write<Op>, Body<Op>>;

/// What all nodes of a cluster are started with.
#[derive(Clone)]
pub struct Setup {
    pub options: Options,
    /// What each node's disk holds at the start; there are as many nodes.
    pub disks: Vec<Disk>,
    /// Clients wait for answers, and the state machine and its store take their time.
    pub clients: bool,
}

/// Limits that a handful of entries reaches.
pub const LIMITS: Limits =
    Limits { window_messages: 2, window_bytes: 70, uncommitted_bytes: 200, unapplied_bytes: 100 };

/// Small messages and small limits.
pub const SMALL: Options = Options {
    election: election::Options {
        election_ticks: 10,
        heartbeat_ticks: 1,
        pre_vote: false,
        check_quorum: false,
    },
    batch_bytes: 45,
    limits: Some(LIMITS),
};

/// The same with everything on that the election has.
pub const ALL: Options = Options {
    election: election::Options { pre_vote: true, check_quorum: true, ..SMALL.election },
    ..SMALL
};

/// Entries of these terms, each with a number that says which leader's it is.
pub fn entries(terms: &[u64]) -> Vec<Entry<Op>> {
    (1..).zip(terms).map(|(index, term)| entry(*term, 1000 * term + index)).collect()
}

/// The entries of a span, each with its index.
pub fn indexed(span: &Span<Op>) -> impl Iterator<Item = (Index, &Entry<Op>)> {
    (span.prev.index.0 + 1..).map(Index).zip(&span.entries)
}

/// One entry with a number in it.
pub fn entry(term: u64, number: u64) -> Entry<Op> {
    Entry { term: Term(term), payload: Some(Op::new(number)) }
}

impl Disk {
    /// A disk in this term, with entries of these.
    pub fn with(term: u64, terms: &[u64]) -> Disk {
        let hard_state = HardState { term: Term(term), vote: None };
        Disk { hard_state, entries: entries(terms), files: None }
    }
}

impl Setup {
    /// A new cluster: empty disks.
    pub fn new(nodes: usize, options: Options) -> Setup {
        Setup { options, disks: vec![Disk::with(0, &[]); nodes], clients: false }
    }

    /// A cluster with clients, and with a past: in every second run its logs are of different
    /// leaders.
    pub fn with_past(nodes: usize, options: Options, draws: &mut Draws) -> Setup {
        if draws.chance(50) {
            return Setup { clients: true, ..Setup::new(nodes, options) };
        }
        // Up to three leaders, each of which had the log of some node and added to it alone.
        let mut disks = vec![Disk::with(3, &[]); nodes];
        for term in 1..=3 {
            let node = draws.index(nodes);
            for _ in 0..draws.below(4) {
                let number = 1000 * term + disks[node].entries.len() as u64;
                disks[node].entries.push(entry(term, number));
            }
            let other = draws.index(nodes);
            if term < 3 && disks[other].entries.is_empty() {
                disks[other].entries = disks[node].entries.clone();
            }
        }
        Setup { options, disks, clients: true }
    }
}

impl Node {
    pub fn replica(&self) -> &Replica<Op> {
        &self.replica
    }

    /// What its state machine was given, from entry 1 on.
    pub fn applied(&self) -> &[Entry<Op>] {
        &self.applied
    }

    pub fn leads(&self) -> bool {
        self.replica.election().role() == Role::Leader
    }

    pub fn term(&self) -> Term {
        self.replica.election().hard_state().term
    }

    fn take(&mut self, batch: Batch<Op>, effects: &mut Effects<Node>) {
        effects.now.extend(batch.send_now.into_iter().map(addressed));
        effects.save = batch.save;
        if let Some(span) = batch.apply {
            assert_eq!(
                span.prev.index.0,
                self.applied.len() as u64,
                "entries are applied in order, each once"
            );
            let last = span.last().index;
            for (index, entry) in indexed(&span) {
                let told = self.clients.as_mut().and_then(|clients| clients.apply(index, entry));
                effects.answers.extend(told);
            }
            self.applied.extend(span.entries);
            // With clients, state machine and store say later how far they are.
            if self.clients.is_none() {
                self.replica.note_applied(last);
                self.replica.note_durable(last);
            }
        }
    }

    fn propose(&mut self, number: u64) -> Option<(u64, Told)> {
        let taken = self.replica.propose(Op::new(number));
        let clients = self.clients.as_mut()?;
        match taken {
            Ok(Position { term, index }) => {
                clients.waiting.insert(index, (term, number));
                None
            }
            Err(_) => Some((number, Told::Refused)),
        }
    }
}

impl Clients {
    /// An entry is applied. If somebody waits for this index, it is over: either the entry is
    /// theirs, or another leader's stands in its place, and theirs will never be committed.
    fn apply(&mut self, index: Index, entry: &Entry<Op>) -> Option<(u64, Told)> {
        let found = self.register;
        let number = entry.payload.map(|op| op.number());
        self.register = number.filter(|it| Node::request(*it).is_some()).or(self.register);
        let (term, number) = self.waiting.remove(&index)?;
        let told = if term == entry.term { Told::Found(found) } else { Told::Refused };
        Some((number, told))
    }
}

/// The harness counts nodes from 0, the cluster from 1.
pub fn id(node: usize) -> NodeId {
    NodeId(node as u64 + 1)
}

fn addressed(message: Message<Body<Op>>) -> (usize, Message<Body<Op>>) {
    (usize::try_from(message.to.0).unwrap_or(0).wrapping_sub(1), message)
}

impl Machine for Node {
    type Setup = Setup;
    type Message = Message<Body<Op>>;
    type Save = Written;
    type Disk = Disk;

    fn blank(setup: &Setup, node: usize) -> Disk {
        setup.disks[node].clone()
    }

    fn start(setup: &Setup, node: usize, disk: &Disk, draw: u64) -> Node {
        let span = Span { prev: Position::START, entries: disk.entries.clone() };
        let stored = Stored { hard_state: disk.hard_state, log: span.into(), applied: Index(0) };
        Node {
            replica: Replica::new(id(node), setup.options, stored, draw),
            majority: Majority::of((0..setup.disks.len()).map(id)),
            applied: Vec::new(),
            clients: setup.clients.then(Clients::default),
        }
    }

    fn step(&mut self, input: Input<Node>, draw: u64) -> Effects<Node> {
        let view = View { quorum: &self.majority, draw };
        let mut effects = Effects::default();
        match input {
            Input::Tick => self.replica.tick(view),
            Input::Timeout => self.replica.stand(view),
            // What is dropped or refused is told to a log that nobody reads here.
            Input::Message { message, .. } => drop(self.replica.receive(message, view)),
            Input::Command(number) => effects.answers.extend(self.propose(number)),
            Input::Work if self.replica.applied() < self.replica.handed_out() => {
                self.replica.note_applied(self.replica.handed_out());
            }
            Input::Work => self.replica.note_durable(self.replica.applied()),
            Input::Synced(save) => {
                let (synced, messages) = save.synced();
                effects.now.extend(messages.into_iter().map(addressed));
                self.replica.persisted(synced, view);
            }
        }
        // A batch may hold less than there is to apply. What is left after a save waits.
        while effects.save.is_none()
            && let Some(batch) = self.replica.ready()
        {
            self.take(batch, &mut effects);
        }
        effects
    }

    fn write(disk: &mut Disk, save: &Written) {
        assert_eq!(save.content().begins, None, "nobody brings snapshots here");
        if let Some(hard_state) = save.content().hard_state {
            disk.hard_state = hard_state;
        }
        if let Some(span) = save.content().entries.as_ref() {
            let kept = usize::try_from(span.prev.index.0).expect("a short log");
            assert!(kept <= disk.entries.len(), "a save that leaves a gap on disk");
            disk.entries.truncate(kept);
            disk.entries.extend(span.entries.iter().cloned());
        }
        if let Some(files) = &mut disk.files {
            files.save(save.content());
        }
    }

    fn crash(disk: &mut Disk, synced: &[Written], waiting: &[Written]) {
        for save in synced {
            Node::write(disk, save);
        }
        if let Some(files) = &mut disk.files {
            let waiting: Vec<&Write<Op>> = waiting.iter().map(Save::content).collect();
            let (hard_state, log) = files.crash(None, &waiting);
            (disk.hard_state, disk.entries) = (hard_state, log.entries);
        }
    }

    fn waiting(save: &Written) -> Vec<(usize, Message<Body<Op>>)> {
        save.clone().synced().1.into_iter().map(addressed).collect()
    }

    fn label(message: &Message<Body<Op>>) -> String {
        let term = message.term;
        let at = |position: Position| format!("{}:{}", position.term.0, position.index);
        match &message.body {
            Body::Election(body) => format!("{body} {term}"),
            Body::Append { span, commit } if span.entries.is_empty() => {
                format!("{}? {term}, commit {commit}", at(span.prev))
            }
            Body::Append { span, commit } => {
                format!("{} + {} {term}, commit {commit}", at(span.prev), span.entries.len())
            }
            Body::Answer(Answer::Accepted { matched }) => format!("holds {matched} {term}"),
            Body::Answer(Answer::Refused { prev, hint }) => {
                format!("lacks {}, has {} {term}", at(*prev), at(*hint))
            }
        }
    }

    fn wish(command: u64) -> String {
        format!("write {command}")
    }

    fn request(command: u64) -> Option<Request> {
        // The entries of a past are nobody's commands.
        let past = 1_000..1_000_000;
        (!past.contains(&command)).then_some(Request::Write { register: 0, value: command })
    }

    fn has_work(&self) -> bool {
        self.replica.durable() < self.replica.handed_out()
    }

    fn has_done(&self, command: u64) -> bool {
        self.applied.iter().any(|entry| entry.payload == Some(Op::new(command)))
    }

    fn status(&self) -> String {
        let election = self.replica.election();
        let HardState { term, vote } = election.hard_state();
        match (election.role(), election.leader(), vote) {
            (Role::Leader, ..) => format!("leads {term}"),
            (Role::Follower, Some(leader), _) => format!("follows {leader}, {term}"),
            (Role::Follower, None, Some(vote)) => format!("votes {vote}, {term}"),
            (Role::Follower, None, None) => format!("follower, {term}"),
            (Role::PreCandidate, ..) => format!("polls, {term}"),
            (Role::Candidate, ..) => format!("candidate, {term}"),
        }
    }

    fn fields(&self) -> Vec<(String, String)> {
        let HardState { term, vote } = self.replica.election().hard_state();
        let log = self.replica.log();
        let terms: Vec<String> = (log.start().index.0 + 1..=log.last().index.0)
            .filter_map(|index| log.term_at(Index(index)).map(|term| term.0.to_string()))
            .collect();
        let mut fields = vec![
            ("role".to_owned(), self.replica.election().role().to_string()),
            ("term".to_owned(), term.to_string()),
            ("vote".to_owned(), vote.map_or("-".to_owned(), |node| node.to_string())),
            ("log".to_owned(), terms.join(" ")),
            ("on disk".to_owned(), self.replica.synced().to_string()),
            ("commit".to_owned(), self.replica.commit().to_string()),
            ("applied".to_owned(), self.applied.len().to_string()),
        ];
        for voter in 1..=7 {
            if let Some(progress) = self.replica.progress(NodeId(voter)) {
                let mode = match &progress.mode {
                    Mode::Probe { asked: true } => "asked",
                    Mode::Probe { asked: false } => "probe",
                    Mode::Replicate { .. } => "flows",
                    Mode::Snapshot => "snapshot",
                };
                let value = format!("{} < {} {mode}", progress.matched, progress.next);
                fields.push((format!("n{voter}"), value));
            }
        }
        fields
    }
}
