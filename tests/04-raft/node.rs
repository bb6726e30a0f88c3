//! A [`raft::Node`] as the harness sees it, with all that a server would put around it: a disk with
//! a log and a store, a state machine that takes its time, clients that write, read, change the
//! members and hand leadership over, and snapshots that travel.

use crate::store::{Disk, Store, data};
use basics::{Index, Message, NodeId, Position, Save, Term};
use bytes::Bytes;
use election::{HardState, Role};
use harness::history::{Answer as Told, Request};
use harness::{Draws, Effects, Input, Machine};
use raft::{Body, Keep, Options, Payload, Reading, Sending, Snapshot, Step, Stored, Ticket};
use replication::{Answer, Entry, Limits, Write};
use std::collections::{BTreeMap, VecDeque};

/// A snapshot that is not in place after so many ticks is taken for lost.
const SHIPMENT: u32 = 40;

/// Clients' last commands, when all is calm, have these numbers and more.
const LAST: u64 = 1_000_000;

/// What scripts ask for is a step or a heir: these numbers, and the node's.
const VOTER: u64 = 2_000_000;
const LEARNER: u64 = 3_000_000;
const REMOVE: u64 = 4_000_000;
const HEIR: u64 = 5_000_000;

/// One node with its driver.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Node {
    raft: raft::Node,
    /// How many nodes there are, members or not.
    size: u64,
    /// Clients may change the members, and hand leadership over.
    changes: bool,
    /// Entries for the state machine, oldest first.
    queue: VecDeque<(Index, Entry<Payload>)>,
    /// What the state machine holds.
    state: Store,
    /// What the store's disk holds.
    durable: Store,
    /// A save of the store is on its way.
    storing: bool,
    /// A snapshot is on its way into the store's place, so nothing else is stored.
    receiving: bool,
    /// Snapshots that leave with the next effects, and for how many ticks each is waited for.
    leaving: Vec<(NodeId, Store)>,
    shipments: BTreeMap<NodeId, (u32, Index)>,
    clients: Clients,
}

/// Who waits for an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Clients {
    /// Writes that this node has taken, by where they stand in the log.
    writes: BTreeMap<Index, (Term, u64)>,
    /// Reads that may be answered when this entry is applied.
    reads: Vec<(u64, Index)>,
}

/// A write to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// What the node wants saved.
    Log(Save<Write<Payload>, Body>),
    /// The state machine's state, and how far the log on disk is of no use any more.
    State(Store, Index),
    /// A snapshot, in the store's place.
    Image(Store),
}

impl Kept {
    /// What is written to the log, if it is a write to the log.
    fn of_the_log(&self) -> Option<&Write<Payload>> {
        match self {
            Kept::Log(save) => Some(save.content()),
            Kept::State(..) | Kept::Image(_) => None,
        }
    }
}

/// What nodes send to each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    Raft(Message<Body>),
    Image(NodeId, Store),
}

/// What all nodes of a cluster are started with.
#[derive(Clone)]
pub struct Setup {
    pub options: Options,
    pub nodes: usize,
    /// So many of them found the cluster; the others wait to be taken in.
    pub founders: usize,
    /// Clients also change the members and hand leadership over.
    pub changes: bool,
    /// Their logs are in files, and this is the files' luck.
    pub files: Option<u64>,
}

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Read(u64),
    Write(u64),
    Change,
    Transfer,
    /// This change.
    Step(Step),
    /// This heir.
    Heir(NodeId),
}

/// Limits that a handful of entries reaches.
pub const SMALL: Options = Options {
    replication: replication::Options {
        election: election::Options {
            election_ticks: 10,
            heartbeat_ticks: 1,
            pre_vote: true,
            check_quorum: true,
        },
        batch_bytes: 60,
        limits: Some(Limits {
            window_messages: 3,
            window_bytes: 100,
            uncommitted_bytes: 200,
            unapplied_bytes: 150,
        }),
    },
    keep: Keep { entries: 4, bytes: 120, bytes_for_snapshots: 260 },
    reads: 3,
};

/// The harness counts nodes from 0, the cluster from 1.
pub fn id(node: usize) -> NodeId {
    NodeId(node as u64 + 1)
}

fn place(node: NodeId) -> usize {
    usize::try_from(node.0).unwrap_or(0).wrapping_sub(1)
}

/// What the client of a command wants.
pub fn wish(command: u64) -> Wish {
    match command % 8 {
        _ if command >= HEIR => Wish::Heir(NodeId(command - HEIR)),
        _ if command >= REMOVE => Wish::Step(Step::Remove(NodeId(command - REMOVE))),
        _ if command >= LEARNER => Wish::Step(Step::Learner(NodeId(command - LEARNER))),
        _ if command >= VOTER => Wish::Step(Step::Voter(NodeId(command - VOTER))),
        _ if command >= LAST => Wish::Write(command % 2),
        0 | 3 => Wish::Read(command % 2),
        5 | 6 => Wish::Change,
        7 if command.is_multiple_of(3) => Wish::Transfer,
        _ => Wish::Write(command % 2),
    }
}

/// The command of a script that wants this step, or this heir.
pub fn order(wish: Wish) -> u64 {
    match wish {
        Wish::Step(Step::Voter(node)) => VOTER + node.0,
        Wish::Step(Step::Learner(node)) => LEARNER + node.0,
        Wish::Step(Step::Remove(node)) => REMOVE + node.0,
        Wish::Heir(node) => HEIR + node.0,
        Wish::Read(_) | Wish::Write(_) | Wish::Change | Wish::Transfer => {
            panic!("a command of this kind is numbered by hand")
        }
    }
}

impl Setup {
    /// What a node's disk holds on the first day.
    fn stored(&self, node: usize) -> Stored {
        if node < self.founders {
            Stored::found((0..self.founders).map(id))
        } else {
            Stored::join()
        }
    }
}

impl Node {
    pub fn raft(&self) -> &raft::Node {
        &self.raft
    }

    /// What its state machine holds.
    pub fn state(&self) -> &Store {
        &self.state
    }

    pub fn leads(&self) -> bool {
        self.raft.leads()
    }

    pub fn term(&self) -> Term {
        self.raft.term()
    }

    /// Is somebody to be told what a register holds, and is it not known yet from where on?
    pub fn asks(&self) -> bool {
        self.raft.status().reads > 0
    }

    /// A client wants something.
    fn ask(&mut self, command: u64, draw: u64) -> Option<(u64, Told)> {
        match wish(command) {
            Wish::Read(_) => {
                let taken = self.raft.read(Ticket(command), draw);
                taken.is_err().then_some((command, Told::Refused))
            }
            Wish::Write(_) => match self.raft.propose(data(command)) {
                Ok(Position { term, index }) => {
                    self.clients.writes.insert(index, (term, command));
                    None
                }
                Err(_) => Some((command, Told::Refused)),
            },
            Wish::Change | Wish::Transfer if !self.changes => None,
            Wish::Change => {
                // Whoever does not lead refuses, and so does a leader if it cannot be.
                let steps = steps(self.size, &mut Draws::new(draw));
                let _ = self.raft.change(steps, Bytes::new(), draw);
                None
            }
            Wish::Transfer => {
                let to = NodeId(1 + draw % self.size);
                let _ = self.raft.transfer(to, draw);
                None
            }
            Wish::Step(step) => {
                let _ = self.raft.change(vec![step], Bytes::new(), draw);
                None
            }
            Wish::Heir(to) => {
                let _ = self.raft.transfer(to, draw);
                None
            }
        }
    }

    /// One step of what the state machine and the store have to do.
    fn work(&mut self, draw: u64, effects: &mut Effects<Node>) {
        let mut draws = Draws::new(draw);
        if self.queue.is_empty() || self.can_store() && draws.chance(30) {
            self.storing = true;
            effects.save = Some(Kept::State(self.state.clone(), self.raft.log().start().index));
            return;
        }
        for _ in 0..draws.between(1, 4) {
            let Some((index, entry)) = self.queue.pop_front() else { break };
            let found = self.state.apply(index, &entry);
            self.raft.note_applied(index, draws.next());
            if let Some((term, command)) = self.clients.writes.remove(&index) {
                let told = if term == entry.term { Told::Found(found) } else { Told::Refused };
                effects.answers.push((command, told));
            }
        }
    }

    fn can_store(&self) -> bool {
        !self.storing && !self.receiving && self.state.at > self.durable.at
    }

    /// Answers the reads for which the state machine is far enough.
    fn answer_reads(&mut self, effects: &mut Effects<Node>) {
        let applied = self.state.at.index;
        let (now, later) = self.clients.reads.drain(..).partition(|(_, from)| *from <= applied);
        self.clients.reads = later;
        let now: Vec<(u64, Index)> = now;
        for (command, _) in now {
            let value = self.state.registers.get(&(command % 2)).copied();
            effects.answers.push((command, Told::Found(value)));
        }
    }

    /// The disk has synced something.
    fn synced(&mut self, kept: Kept, draw: u64, effects: &mut Effects<Node>) {
        match kept {
            Kept::Log(save) => {
                let (synced, messages) = save.synced();
                effects.now.extend(messages.into_iter().map(addressed));
                self.raft.persisted(synced, draw);
            }
            Kept::State(store, _) => {
                self.storing = false;
                if store.at > self.durable.at {
                    self.raft.note_durable(store.at.index);
                    self.durable = store;
                }
            }
            Kept::Image(store) => {
                self.receiving = false;
                let snapshot =
                    Snapshot { at: store.at, configuration: store.configuration.clone() };
                assert!(self.raft.install(snapshot, draw), "what was prepared is installed");
                self.queue.clear();
                // Whether a write that the snapshot covers was carried out, nobody knows here.
                self.clients.writes.retain(|index, _| *index > store.at.index);
                self.durable = store.clone();
                self.state = store;
            }
        }
    }

    /// Takes what the node wants done.
    fn take(&mut self, batch: raft::Batch, effects: &mut Effects<Node>) {
        effects.now.extend(batch.send_now.into_iter().map(addressed));
        effects.save = batch.save.map(Kept::Log);
        if let Some(span) = batch.apply {
            let indexes = (span.prev.index.0 + 1..).map(Index);
            self.queue.extend(indexes.zip(span.entries));
        }
        for (Ticket(command), reading) in batch.reads {
            match reading {
                Reading::From(index) => self.clients.reads.push((command, index)),
                Reading::Lost => effects.answers.push((command, Told::Refused)),
            }
        }
        for node in batch.given_up {
            self.shipments.remove(&node);
        }
        for node in batch.wanted {
            if self.raft.sending(node, self.durable.at) {
                self.shipments.insert(node, (SHIPMENT, self.durable.at.index));
                self.leaving.push((node, self.durable.clone()));
            } else {
                self.raft.snapshot_failed(node);
            }
        }
        let images = self.leaving.drain(..);
        let from = self.raft.id();
        effects.now.extend(images.map(|(to, store)| (place(to), Letter::Image(from, store))));
    }

    /// A tick passes for the snapshots that are on their way.
    fn wait_for_shipments(&mut self) {
        let replica = self.raft.replica();
        let arrived = |node: NodeId, at: Index| {
            replica.progress(node).is_some_and(|progress| progress.matched >= at)
        };
        self.shipments.retain(|node, (_, at)| !arrived(*node, *at));
        for (left, _) in self.shipments.values_mut() {
            *left -= 1;
        }
        let over = self.shipments.extract_if(.., |_, (left, _)| *left == 0);
        for (node, _) in over.collect::<Vec<_>>() {
            self.raft.snapshot_failed(node);
        }
    }
}

/// Steps towards other members, some of them foolish.
fn steps(size: u64, draws: &mut Draws) -> Vec<Step> {
    let count = [1, 1, 1, 2, 3][draws.index(5)];
    let step = |_| {
        let node = NodeId(1 + draws.below(size));
        match draws.below(10) {
            0..=4 => Step::Voter(node),
            5..=6 => Step::Learner(node),
            _ => Step::Remove(node),
        }
    };
    (0..count).map(step).collect()
}

fn addressed(message: Message<Body>) -> (usize, Letter) {
    (place(message.to), Letter::Raft(message))
}

impl Machine for Node {
    type Setup = Setup;
    type Message = Letter;
    type Save = Kept;
    type Disk = Disk;

    fn blank(setup: &Setup, node: usize) -> Disk {
        let luck = setup.files.map(|luck| luck.wrapping_add(node as u64));
        Disk::first(&setup.stored(node), luck)
    }

    fn start(setup: &Setup, node: usize, disk: &Disk, draw: u64) -> Node {
        let raft = raft::Node::new(id(node), setup.options, disk.stored(), draw);
        Node {
            raft: raft.unwrap_or_else(|gap| panic!("n{} cannot start: {gap}", node + 1)),
            size: setup.nodes as u64,
            changes: setup.changes,
            queue: VecDeque::new(),
            state: disk.store.clone(),
            durable: disk.store.clone(),
            storing: false,
            receiving: false,
            leaving: Vec::new(),
            shipments: BTreeMap::new(),
            clients: Clients::default(),
        }
    }

    fn step(&mut self, input: Input<Node>, draw: u64) -> Effects<Node> {
        let mut effects = Effects::default();
        match input {
            Input::Tick => {
                self.raft.tick(draw);
                self.wait_for_shipments();
            }
            Input::Timeout => self.raft.stand(draw),
            // What is dropped is counted by the node.
            Input::Message { message: Letter::Raft(message), .. } => {
                let _ = self.raft.receive(message, draw);
            }
            Input::Message { message: Letter::Image(_, store), .. } => {
                if self.raft.prepare(store.at) {
                    self.receiving = true;
                    effects.save = Some(Kept::Image(store));
                }
            }
            Input::Command(command) => effects.answers.extend(self.ask(command, draw)),
            Input::Work => self.work(draw, &mut effects),
            Input::Synced(kept) => self.synced(kept, draw, &mut effects),
        }
        // What is left after a save waits for the next event.
        while effects.save.is_none()
            && let Some(batch) = self.raft.ready()
        {
            self.take(batch, &mut effects);
        }
        self.answer_reads(&mut effects);
        effects
    }

    fn write(disk: &mut Disk, kept: &Kept) {
        match kept {
            Kept::Log(save) => disk.save(save.content()),
            Kept::State(store, release) => {
                disk.store = store.clone();
                disk.release(*release);
            }
            Kept::Image(store) => disk.store = store.clone(),
        }
    }

    fn crash(disk: &mut Disk, synced: &[Kept], waiting: &[Kept]) {
        for kept in synced {
            Node::write(disk, kept);
        }
        let store = match waiting.first() {
            Some(Kept::State(store, release)) => Some((store, *release)),
            // An image that is not in place is nowhere.
            Some(Kept::Log(_) | Kept::Image(_)) | None => None,
        };
        let writes: Vec<_> = waiting.iter().map_while(Kept::of_the_log).collect();
        disk.crash(store, &writes);
    }

    fn waiting(kept: &Kept) -> Vec<(usize, Letter)> {
        match kept {
            Kept::Log(save) => save.clone().synced().1.into_iter().map(addressed).collect(),
            Kept::State(..) | Kept::Image(_) => Vec::new(),
        }
    }

    fn label(letter: &Letter) -> String {
        let at = |position: Position| format!("{}:{}", position.term.0, position.index);
        let message = match letter {
            Letter::Raft(message) => message,
            Letter::Image(_, store) => return format!("snapshot of {}", at(store.at)),
        };
        let term = message.term;
        match &message.body {
            Body::Replication(replication::Body::Append { span, commit }) => {
                let count = span.entries.len();
                let more = if count == 0 { "?".to_owned() } else { format!(" + {count}") };
                format!("{}{more} {term}, commit {commit}", at(span.prev))
            }
            Body::Replication(replication::Body::Answer(Answer::Accepted { matched })) => {
                format!("holds {matched} {term}")
            }
            Body::Replication(replication::Body::Answer(Answer::Refused { prev, hint })) => {
                format!("lacks {}, has {} {term}", at(*prev), at(*hint))
            }
            body => format!("{body} {term}"),
        }
    }

    fn wish(command: u64) -> String {
        match wish(command) {
            Wish::Read(register) => format!("read r{register}"),
            Wish::Write(register) => format!("r{register} = {command}"),
            Wish::Change => "change the members".to_owned(),
            Wish::Transfer => "hand over".to_owned(),
            Wish::Step(Step::Voter(node)) => format!("{node} is to vote"),
            Wish::Step(Step::Learner(node)) => format!("{node} is to learn"),
            Wish::Step(Step::Remove(node)) => format!("{node} is to go"),
            Wish::Heir(node) => format!("{node} is to lead"),
        }
    }

    fn request(command: u64) -> Option<Request> {
        match wish(command) {
            Wish::Read(register) => Some(Request::Read { register }),
            Wish::Write(register) => Some(Request::Write { register, value: command }),
            Wish::Change | Wish::Transfer | Wish::Step(_) | Wish::Heir(_) => None,
        }
    }

    fn has_work(&self) -> bool {
        !self.queue.is_empty() || self.can_store()
    }

    fn has_done(&self, command: u64) -> bool {
        self.state.done.contains(&command)
    }

    fn status(&self) -> String {
        let election = self.raft.replica().election();
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
        let status = self.raft.status();
        let log = self.raft.log();
        let terms: Vec<String> = (log.start().index.0 + 1..=log.last().index.0)
            .filter_map(|index| log.term_at(Index(index)).map(|term| term.0.to_string()))
            .collect();
        let pending = status.pending.map_or(String::new(), |index| format!(", pending {index}"));
        let mut fields = vec![
            ("role".to_owned(), status.role.to_string()),
            ("term".to_owned(), status.term.to_string()),
            ("vote".to_owned(), status.vote.map_or("-".to_owned(), |node| node.to_string())),
            ("members".to_owned(), format!("{}{pending}", status.configuration)),
            ("log".to_owned(), format!("after {}: {}", status.start, terms.join(" "))),
            ("on disk".to_owned(), status.synced.to_string()),
            ("commit".to_owned(), status.commit.to_string()),
            ("applied".to_owned(), format!("{}, stored {}", status.applied, status.durable)),
        ];
        for (node, follower) in status.followers {
            let how = match follower.sending {
                Sending::Asks => "asked".to_owned(),
                Sending::Flows(count) => format!("flows {count}"),
                Sending::WaitsForSnapshot => "snapshot".to_owned(),
            };
            let value = format!("{} < {} {how}", follower.matched, follower.next);
            fields.push((node.to_string(), value));
        }
        fields
    }
}
