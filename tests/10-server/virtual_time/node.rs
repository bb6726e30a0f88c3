//! A member as the harness sees it: a [`raft::Node`], and the server's state, which is driven by
//! hand ([`still`](server::still)), with all that a server puts between them.
//!
//! Time is what ticks say: a tick is as long as the run has drawn, a tenth of a second or half a
//! minute. A node that stands still misses ticks, and so its clock is late; none is ever early.
//!
//! Two nodes are equal if raft's node is, and the queues around it, and what the state holds: the
//! state is a function of the entries that were carried out, and that is what runs look at.

mod proposing;
mod renewing;
mod working;

use super::clients::{self, Client, Kind, OWN, kind};
use super::disk::{Disk, Image, Shelf};
use super::news::News;
use auth::Asker;
use basics::{Index, Message, NodeId, Save, Term};
use election::Role;
use harness::history::{Answer as Told, Request};
use harness::{Draws, Effects, Input, Machine};
use proposing::Wanted;
use raft::{Body, Keep, Options, Payload, Reading, Stored, Ticket};
use renewing::Renewing;
use replication::{Limits, Write};
use server::still::{self, Proposal, Wish};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// A snapshot that is not in place after so many ticks is taken for lost.
const SHIPMENT: u32 = 40;

/// After so many ticks, somebody looks whether there are alarms.
const OPERATOR: u32 = 50;

/// One member.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Node {
    raft: raft::Node,
    setup: Setup,
    /// What its clock shows.
    ticks: u32,
    /// Entries for the state, oldest first.
    queue: VecDeque<replication::Entry<Payload>>,
    shelf: Shelf,
    /// What the store's disk holds.
    durable: Image,
    /// A commit is on its way.
    storing: bool,
    /// Another member's image is on its way into the store's place.
    receiving: bool,
    /// There may be more to do for a compaction, and there is.
    compacting: bool,
    forgetting: bool,
    /// It is time to look after leases.
    is_round_due: bool,
    /// The member was removed, and its process has ended.
    left: bool,
    /// Images that leave with the next effects, and for how many ticks each is waited for.
    leaving: Vec<(NodeId, Image)>,
    shipments: BTreeMap<NodeId, (u32, Index)>,
    /// What the state wants proposed. The replica takes it with the next event.
    mail: VecDeque<Wanted>,
    /// What cannot be proposed yet.
    waiting: VecDeque<Wanted>,
    /// What other members have forwarded in this term, so that nothing comes twice.
    forwarded: BTreeSet<(Term, u64)>,
    /// Commands of clients that wait here.
    asked: BTreeSet<u64>,
    /// Reads that may be answered when this entry is applied.
    reads: Vec<(u64, Index)>,
    renewing: Vec<Renewing>,
    /// What happened in the last event, for those who watch the run.
    news: News,
}

/// A write to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// What raft wants saved.
    Log(Save<Write<Payload>, Body>),
    /// A commit of the store, how far the log on disk is of no use any more, and whether the
    /// commit is a snapshot.
    Store(Image, Index, bool),
    /// Another member's image, in the store's place.
    Image(Image),
}

/// What members send to each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Letter {
    Raft(Message<Body>),
    Image(Image),
    /// For whoever leads this term.
    Forward(Term, Wanted),
    /// A client of this member renews a lease.
    Renew(NodeId, u64, api::LeaseId),
    /// It is renewed, or it is not there.
    Renewed(u64, Told),
}

/// What all members are started with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    pub nodes: usize,
    /// So many of them found the cluster; the others wait to be taken in.
    pub founders: usize,
    /// How long a tick is.
    pub tick: Duration,
    /// Leaders write down what is left of long leases.
    pub checkpoints: bool,
    /// After more entries than that, a commit is a snapshot.
    pub entries: u64,
    /// Clients change the members.
    pub changes: bool,
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
        batch_bytes: 300,
        limits: Some(Limits {
            window_messages: 3,
            window_bytes: 600,
            uncommitted_bytes: 2_000,
            unapplied_bytes: 900,
        }),
    },
    keep: Keep { entries: 6, bytes: 1_000, bytes_for_snapshots: 2_500 },
    reads: 6,
};

/// The harness counts nodes from 0, the cluster from 1.
pub fn id(node: usize) -> NodeId {
    NodeId(node as u64 + 1)
}

pub fn place(node: NodeId) -> usize {
    usize::try_from(node.0).unwrap_or(0).wrapping_sub(1)
}

impl Setup {
    fn still(&self, node: usize) -> still::Options {
        let ticks = SMALL.replication.election.election_ticks;
        let leases =
            lease::Options { election_timeout: self.tick * ticks, checkpoints: self.checkpoints };
        still::Options { id: id(node), leases, entries: self.entries, batch: 1 }
    }
}

impl Node {
    pub fn raft(&self) -> &raft::Node {
        &self.raft
    }

    pub fn leads(&self) -> bool {
        self.raft.leads()
    }

    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    pub fn news(&self) -> &News {
        &self.news
    }

    /// Was it removed, and has it ended?
    pub fn has_left(&self) -> bool {
        self.left
    }

    /// Does somebody wait here for an answer?
    pub fn is_waited_for(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Is a member to go, once somebody leads or another change is done?
    pub fn waits_to_remove(&self) -> bool {
        self.waiting.iter().any(Wanted::removes)
    }

    /// Is nothing left that is to be forgotten, and nothing that is to be frozen?
    pub fn is_tidy(&self) -> bool {
        !self.compacting && !self.storing && !self.receiving && !self.can_store()
    }

    /// Has it begun to forget, and has not come to an end?
    pub fn is_forgetting(&self) -> bool {
        self.forgetting
    }

    /// A client wants something.
    fn ask(&mut self, command: u64, draw: u64, effects: &mut Effects<Node>) {
        self.asked.insert(command);
        match kind(command) {
            Kind::Read(_) => {
                if self.raft.read(Ticket(command), draw).is_err() {
                    self.tell(command, Told::Refused, effects);
                }
            }
            Kind::Renew(lease) => {
                self.news.renewals.push((command, lease));
                self.renew(Renewing::new(command, lease, self.raft.id()), draw, effects);
            }
            // Whoever does not lead refuses, and so does a leader if it cannot be.
            Kind::Transfer => {
                let to = NodeId(1 + draw % self.setup.nodes as u64);
                let _ = self.raft.transfer(to, draw);
            }
            Kind::Write(_)
            | Kind::Swap
            | Kind::Nested
            | Kind::Delete
            | Kind::Attach
            | Kind::Grant
            | Kind::Revoke
            | Kind::Compact
            | Kind::Users
            | Kind::Named
            | Kind::Members
            | Kind::Alarm
            | Kind::Version
            | Kind::Last => {
                let setup = &self.setup;
                let (proposal, permitted) = self.shelf.with(|still| {
                    let draws = Draws::new(draw);
                    let (by, wish) = Client { still, draws, setup }.wish(command);
                    let permitted = match &wish {
                        Wish::Put(put) => still.users().check_put(&by, put, &NoLeases).is_ok(),
                        _ => false,
                    };
                    (Proposal::new(None, &by, wish), permitted)
                });
                self.news.asked.push((command, permitted));
                let wanted = Wanted::new(command, &proposal, self.ticks);
                self.propose(wanted, draw, effects);
            }
        }
    }

    /// A client is told, if it waits here.
    fn tell(&mut self, command: u64, told: Told, effects: &mut Effects<Node>) {
        if self.asked.remove(&command) {
            self.news.told.push((command, told));
            effects.answers.push((command, told));
        }
    }

    /// Takes what raft wants done.
    fn take(&mut self, batch: raft::Batch, effects: &mut Effects<Node>) {
        effects.now.extend(batch.send_now.into_iter().map(addressed));
        effects.save = batch.save.map(Kept::Log);
        if let Some(span) = batch.apply {
            self.queue.extend(span.entries);
        }
        for (Ticket(command), reading) in batch.reads {
            match (reading, kind(command)) {
                (reading, Kind::Renew(_)) => self.renewing_may(command, reading),
                (Reading::From(index), _) => self.reads.push((command, index)),
                (Reading::Lost, _) => self.tell(command, Told::Refused, effects),
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
        effects.now.extend(images.map(|(to, image)| (place(to), Letter::Image(image))));
    }

    /// A tick passes.
    fn tick(&mut self, draw: u64, effects: &mut Effects<Node>) {
        self.ticks += 1;
        let now = self.setup.tick * self.ticks;
        self.shelf.with(|still| still.set_time(now));
        self.is_round_due = true;
        self.raft.tick(draw);
        self.wait_for_shipments();
        self.admit(draw);
        for wanted in std::mem::take(&mut self.waiting) {
            if wanted.until > self.ticks {
                self.propose(wanted, draw, effects);
            }
        }
        self.renew_again(draw, effects);
        if self.raft.leads() && self.ticks.is_multiple_of(OPERATOR) {
            self.clear_alarm(draw, effects);
        }
    }

    /// Somebody looks after the cluster, and clears an alarm: while members do not trust their
    /// stores, no lease ends.
    fn clear_alarm(&mut self, draw: u64, effects: &mut Effects<Node>) {
        let Some(request) = self.shelf.with(|still| clients::cleared(still)) else { return };
        let proposal = Proposal::new(None, &Asker::Cluster, Wish::Alarm(request));
        let wanted = Wanted::new(OWN + (draw >> 20), &proposal, self.ticks);
        self.propose(wanted, draw, effects);
    }

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

    fn hear(&mut self, letter: Letter, draw: u64, effects: &mut Effects<Node>) {
        match letter {
            // What is dropped is counted by the node.
            Letter::Raft(message) => {
                let _ = self.raft.receive(message, draw);
            }
            Letter::Image(image) => {
                if self.raft.prepare(image.at) {
                    self.receiving = true;
                    effects.save = Some(Kept::Image(image));
                }
            }
            Letter::Forward(term, wanted) => self.forwarded(term, wanted, draw, effects),
            Letter::Renew(home, command, lease) => {
                if self.raft.leads() {
                    self.renew(Renewing::new(command, lease, home), draw, effects);
                }
            }
            Letter::Renewed(command, told) => self.tell(command, told, effects),
        }
    }
}

/// Keys of leases: there are none.
struct NoLeases;

impl auth::LeaseKeys for NoLeases {
    fn each(
        &self,
        _: api::LeaseId,
        _: &mut dyn FnMut(&bytes::Bytes) -> Result<(), api::Error>,
    ) -> Result<(), api::Error> {
        Ok(())
    }
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
        let founders = (0..setup.founders).map(id);
        if node < setup.founders {
            Disk::first(&Stored::found(founders.clone()), founders)
        } else {
            Disk::first(&Stored::join(), [])
        }
    }

    fn start(setup: &Setup, node: usize, disk: &Disk, draw: u64) -> Node {
        let raft = raft::Node::new(id(node), SMALL, disk.stored(), draw);
        let mut started = Node {
            raft: raft.unwrap_or_else(|gap| panic!("n{} cannot start: {gap}", node + 1)),
            setup: setup.clone(),
            ticks: 0,
            queue: VecDeque::new(),
            shelf: Shelf::open(&disk.image, setup.still(node)),
            durable: disk.image.clone(),
            storing: false,
            receiving: false,
            compacting: true,
            forgetting: false,
            is_round_due: false,
            left: false,
            leaving: Vec::new(),
            shipments: BTreeMap::new(),
            mail: VecDeque::new(),
            waiting: VecDeque::new(),
            forwarded: BTreeSet::new(),
            asked: BTreeSet::new(),
            reads: Vec::new(),
            renewing: Vec::new(),
            news: News::default(),
        };
        started.left = started.is_removed();
        started
    }

    fn step(&mut self, input: Input<Node>, draw: u64) -> Effects<Node> {
        let mut effects = Effects::default();
        self.news = News::default();
        if self.left {
            return effects;
        }
        // What the state wanted some events ago; meanwhile, another may have come to lead.
        let mail = match Draws::new(draw).chance(30) {
            true => std::mem::take(&mut self.mail),
            false => VecDeque::new(),
        };
        match input {
            Input::Tick => self.tick(draw, &mut effects),
            Input::Timeout => self.raft.stand(draw),
            Input::Message { message, .. } => self.hear(message, draw, &mut effects),
            Input::Command(command) => self.ask(command, draw, &mut effects),
            Input::Work => self.work(draw, &mut effects),
            Input::Synced(kept) => self.synced(kept, draw, &mut effects),
        }
        for wanted in mail {
            self.propose(wanted, draw, &mut effects);
        }
        // What is left after a save waits for the next event.
        while effects.save.is_none()
            && let Some(batch) = self.raft.ready()
        {
            self.take(batch, &mut effects);
        }
        let leads = self.raft.leads().then(|| self.raft.term());
        self.shelf.with(|still| still.note_leader(leads));
        self.answer_reads(&mut effects);
        self.answer_renewals(draw, &mut effects);
        effects
    }

    fn write(disk: &mut Disk, kept: &Kept) {
        match kept {
            Kept::Log(save) => disk.save(save.content()),
            Kept::Store(image, release, _) => {
                disk.image = image.clone();
                disk.release(*release);
            }
            Kept::Image(image) => disk.image = image.clone(),
        }
    }

    fn waiting(kept: &Kept) -> Vec<(usize, Letter)> {
        match kept {
            Kept::Log(save) => save.clone().synced().1.into_iter().map(addressed).collect(),
            Kept::Store(..) | Kept::Image(_) => Vec::new(),
        }
    }

    fn label(letter: &Letter) -> String {
        match letter {
            Letter::Raft(message) => format!("{} {}", message.body, message.term),
            Letter::Image(image) => format!("{image:?}"),
            Letter::Forward(term, wanted) => format!("please: {} {term}", wanted.number),
            Letter::Renew(_, _, lease) => format!("renew {lease}?"),
            Letter::Renewed(command, told) => format!("{command}: {told}"),
        }
    }

    fn wish(command: u64) -> String {
        format!("{:?} {command}", kind(command))
    }

    fn request(command: u64) -> Option<Request> {
        match kind(command) {
            Kind::Read(register) => Some(Request::Read { register }),
            Kind::Write(register) => Some(Request::Write { register, value: command }),
            _ => None,
        }
    }

    fn has_work(&self) -> bool {
        let has = !self.queue.is_empty() || self.is_round_due || self.compacting;
        !self.left && (has || self.can_store())
    }

    fn has_done(&self, command: u64) -> bool {
        let rings = |alarm: api::AlarmMember| alarm.member_id == command;
        self.shelf.with(|still| still.alarms().into_iter().any(rings))
    }

    fn status(&self) -> String {
        let status = self.raft.status();
        match status.role {
            Role::Leader => format!("leads {}", status.term),
            role => format!("{role} {}", status.term),
        }
    }

    fn fields(&self) -> Vec<(String, String)> {
        let status = self.raft.status();
        let mut fields = vec![
            ("members".to_owned(), status.configuration.to_string()),
            ("applied".to_owned(), format!("{}, stored {}", self.shelf.at, self.durable.at)),
            ("clock".to_owned(), format!("{:?}", self.setup.tick * self.ticks)),
        ];
        self.shelf.with(|still| {
            for (lease, keys) in still.leases() {
                fields.push((format!("lease {lease}"), format!("{keys:?}")));
            }
            fields.push(("alarms".to_owned(), format!("{:?}", still.alarms())));
        });
        fields
    }
}
