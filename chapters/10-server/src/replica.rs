//! The thread that drives raft.
//!
//! Owns [`Replica`]. It takes whatever arrived, tells the node, and does what the node wants done:
//! saves go to the log, entries to the state. It never waits for a disk. It sleeps until there is
//! something to do, or the next tick is due.
//!
//! Reads wait here too. All that arrived together are one question to the node; and when it is
//! answered, they wait until the state has come so far.
//!
//! What clients of this member propose while another one leads goes there, once. Who waits for it
//! waits here all the same, since this member will carry it out, too.
//!
//! Left to others: what an entry means (`state`), and how letters get to other members (`links`).

use crate::boxes::{Boxes, Told};
use crate::facts::{Facts, Leading, Said};
use crate::leases::Leases;
use crate::letters::{ToLog, ToReplica, ToState, Waiter, Wanted};
use crate::links::{Links, ToPeers};
use crate::mailbox::Mailbox;
use crate::turns::Turns;
use api::Error;
use basics::{Index, NodeId};
use raft::{Node, Reading, Snapshot, Ticket};
use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the thread has to do with.
pub struct Wires {
    /// What it is told.
    pub inbox: Arc<Mailbox<ToReplica>>,
    /// The log's writer.
    pub log: Arc<Mailbox<ToLog>>,
    /// The state machine.
    pub state: Arc<Mailbox<ToState>>,
    /// Where requests wait.
    pub boxes: Arc<Boxes>,
    /// Where everybody sees how far it is.
    pub facts: Arc<Facts>,
    /// The leases, which the leader watches over.
    pub leases: Arc<Leases>,
    /// The ways to other members.
    pub links: Arc<Links>,
}

mod members;
mod others;

/// So many proposals wait for a leader at most, and so many reads.
const WAITING: usize = 5_000;

/// So many changes of the members wait for the one before at most.
const CHANGES: usize = 64;

/// Somebody who wants to read.
struct Reader {
    asker: Waiter,
    /// From then on, nobody waits any more.
    until: Instant,
    /// There was nobody to ask when it came.
    has_waited: bool,
}

/// A node, and what waits for it.
pub struct Replica {
    node: Node,
    wires: Wires,
    tick: Duration,
    random: RandomState,
    draws: u64,
    /// Proposals that came while nobody led.
    waiting: VecDeque<Wanted>,
    /// Changes of the members that wait for the one before.
    changes: VecDeque<Wanted>,
    /// Up to this entry, a member may move. Until it is carried out, nobody knows which addresses
    /// are free.
    moving: Index,
    max_learners: usize,
    /// Leadership is being handed over to that member, and somebody waits for it.
    handing: Vec<(NodeId, Waiter, Instant)>,
    /// Who waits for which entry to be carried out.
    reaching: Vec<(Index, Waiter, Instant)>,
    /// Reads that came since the last question.
    asking: Vec<Reader>,
    asked: BTreeMap<Ticket, Vec<Reader>>,
    tickets: u64,
    /// Who leads, as those who read know.
    leader: Option<NodeId>,
    /// Reads that may be answered once so much is applied.
    due: BTreeMap<Index, Vec<Reader>>,
    applied: Index,
    /// Where the node's log begins.
    start: Index,
    turns: Turns,
}

impl Replica {
    /// A replica that has nothing to do yet. A tick passes so often.
    pub fn new(node: Node, wires: Wires, tick: Duration, max_learners: usize) -> Replica {
        let applied = node.replica().applied();
        let start = node.log().start().index;
        Replica {
            node,
            wires,
            tick,
            random: RandomState::new(),
            draws: 0,
            waiting: VecDeque::new(),
            changes: VecDeque::new(),
            moving: Index(0),
            max_learners,
            handing: Vec::new(),
            reaching: Vec::new(),
            asking: Vec::new(),
            asked: BTreeMap::new(),
            tickets: 0,
            leader: None,
            due: BTreeMap::new(),
            applied,
            start,
            turns: Turns::default(),
        }
    }

    /// Works until it is told to stop.
    pub fn run(mut self) {
        let mut events = Vec::new();
        let mut next = Instant::now() + self.tick;
        // It is to end, by then at the latest.
        let mut ends = None;
        if self.node.configuration().members().voters().iter().eq([&self.node.id()]) {
            // Nobody else could win, so there is nothing to wait for.
            let draw = self.draw();
            self.node.stand(draw);
        }
        loop {
            self.work();
            self.wires.inbox.take_until(next, &mut events);
            let now = Instant::now();
            if now >= next {
                self.note_late(now.saturating_duration_since(next));
                let draw = self.draw();
                self.node.tick(draw);
                self.turns.tick();
                self.admit();
                self.forget_late(now);
                // If this thread stood still, the ticks that it missed did not pass for the others
                // either: nothing was heard meanwhile.
                next = now + self.tick;
            }
            for event in events.drain(..) {
                match event {
                    ToReplica::HandOver => drop(self.hand_over(now)),
                    // Perhaps it leads still, or again: whoever had got the lead may stop, too.
                    ToReplica::Stop => ends = Some(self.hand_over(now)),
                    event => self.take(event),
                }
            }
            if ends.is_some_and(|latest| !self.node.leads() || now >= latest) {
                self.work();
                self.wires.log.put(ToLog::Stop);
                self.wires.state.put(ToState::Stop);
                return;
            }
        }
    }

    /// So late is a tick. A leader's heartbeats are, then, too.
    fn note_late(&self, late: Duration) {
        if self.node.leads() && late > self.tick {
            let others = self.wires.links.all().len() as u64;
            self.wires.facts.metrics.peers.late_heartbeats.add(others);
        }
    }

    fn take(&mut self, event: ToReplica) {
        let draw = self.draw();
        match event {
            ToReplica::Propose(wanted) => self.propose(wanted),
            ToReplica::Change(wanted) if self.changes.len() < CHANGES => {
                self.changes.push_back(wanted);
            }
            ToReplica::Change(wanted) => {
                self.refuse(&wanted.data, Error::RequestTooManyRequests);
            }
            ToReplica::Heard(heard) => self.hear(heard),
            ToReplica::Bringing(to, at) => {
                if !self.node.sending(to, at) {
                    self.wires.links.tell(ToPeers::GiveUp(to));
                    self.node.snapshot_failed(to);
                }
            }
            ToReplica::NotBrought(to) => self.node.snapshot_failed(to),
            ToReplica::Brought(brought) => {
                if self.node.prepare(brought.at) {
                    self.wires.state.put(ToState::Install(brought));
                }
            }
            ToReplica::Installed(at, configuration) => {
                self.applied = at.index;
                self.node.install(Snapshot { at, configuration }, draw);
            }
            ToReplica::Transfer(to, asker, until) => self.transfer(to, asker, until),
            ToReplica::Read(asker, until) => {
                self.asking.push(Reader { asker, until, has_waited: false });
            }
            ToReplica::Reach(index, asker, until) => self.reach(index, asker, until),
            ToReplica::Synced(synced) => self.node.persisted(synced, draw),
            ToReplica::Applied(index) => {
                self.applied = index;
                self.node.note_applied(index, draw);
            }
            ToReplica::Durable(index) => self.node.note_durable(index),
            ToReplica::HandOver | ToReplica::Stop => unreachable!("they are looked for before"),
        }
    }

    /// Somebody waits for an entry, which may never come: nobody knows who made up the number.
    fn reach(&mut self, index: Index, asker: Waiter, until: Instant) {
        if index > self.applied && self.reaching.len() >= WAITING {
            self.tell([asker], &Told::Done(Err(Error::RequestTooManyRequests)));
        } else {
            self.reaching.push((index, asker, until));
        }
    }

    fn tell(&self, askers: impl IntoIterator<Item = Waiter>, told: &Told) {
        let mut post = self.wires.boxes.post();
        for Waiter { runtime, number } in askers {
            post.add(runtime, number, told.clone());
        }
        self.wires.boxes.deliver(&mut post);
    }

    /// Nobody waits any more for these.
    fn forget_late(&mut self, now: Instant) {
        self.reaching.retain(|(_, _, until)| *until > now);
        self.handing.retain(|(_, _, until)| *until > now);
        self.waiting.retain(|wanted| wanted.until > now);
        let readers = self.asked.values_mut().chain(self.due.values_mut());
        for readers in readers.chain([&mut self.asking]) {
            readers.retain(|reader| reader.until > now);
        }
    }

    /// What this member says of itself.
    fn note_progress(&self) {
        let commit = self.node.replica().commit();
        let election = self.node.replica().election();
        self.wires.facts.metrics.votes.note(election.leader(), election.hard_state().vote);
        self.wires.facts.progress.note(&Said {
            leader: self.node.replica().election().leader(),
            leads: self.node.leads(),
            term: self.node.term().0,
            last: self.node.log().last().index.0,
            committed: commit.0,
            applied: self.applied.0,
        });
    }

    /// Does what the node wants done, until there is nothing more.
    fn work(&mut self) {
        self.wires.leases.note_leader(self.node.leads().then(|| self.node.term()));
        if !self.node.leads() {
            // What another leader had in its log may move a member.
            self.moving = self.node.log().last().index;
        }
        if self.node.replica().election().leader().is_some() {
            for wanted in std::mem::take(&mut self.waiting) {
                self.propose(wanted);
            }
        }
        self.change();
        self.look_at_leader();
        self.ask();
        let mut saves = Vec::new();
        while let Some(batch) = self.node.ready() {
            self.wires.links.send(batch.send_now);
            if let Some(save) = batch.save {
                let written = save.content().entries.as_ref();
                self.turns.note(written.map_or(0, |span| span.entries.len()));
                saves.push(ToLog::Write(save));
            }
            batch.wanted.into_iter().for_each(|id| self.wires.links.tell(ToPeers::Bring(id)));
            batch.given_up.into_iter().for_each(|id| self.wires.links.tell(ToPeers::GiveUp(id)));
            if let Some(span) = batch.apply {
                self.wires.state.put(ToState::Apply(span));
            }
            for (ticket, reading) in batch.reads {
                let askers = self.asked.remove(&ticket).unwrap_or_default();
                match reading {
                    Reading::From(index) => self.due.entry(index).or_default().extend(askers),
                    Reading::Lost => self.asking.extend(askers),
                }
            }
            let start = self.node.log().start().index;
            if start > self.start {
                self.start = start;
                saves.push(ToLog::Release(start));
            }
        }
        self.wires.log.put_all(saves);
        self.note_progress();
        self.look_at_transfer();
        self.answer_reads();
    }

    /// Another member leads than before. Reads that came before that are given up, as in etcd:
    /// whoever asks has other members to ask.
    fn look_at_leader(&mut self) {
        let leader = self.node.replica().election().leader();
        if std::mem::replace(&mut self.leader, leader) == leader {
            return;
        }
        self.wires.facts.leading.set(Leading { leader, since: Instant::now() });
        if leader.is_none() {
            return;
        }
        let waited = self.asking.extract_if(.., |reader| reader.has_waited);
        let asked = std::mem::take(&mut self.asked).into_values().flatten();
        let lost: Vec<Waiter> = waited.chain(asked).map(|reader| reader.asker).collect();
        self.wires.facts.metrics.raft.reads_failed.add(lost.len() as u64);
        self.tell(lost, &Told::Done(Err(Error::LeaderChanged)));
    }

    /// All reads that have arrived are one question.
    fn ask(&mut self) {
        if self.asking.is_empty() {
            return;
        }
        let ticket = Ticket(self.tickets);
        let draw = self.draw();
        // If it is refused, they wait for another leader, until they give up.
        if self.node.read(ticket, draw).is_ok() {
            self.tickets += 1;
            self.asked.insert(ticket, std::mem::take(&mut self.asking));
            return;
        }
        self.asking.iter_mut().for_each(|reader| reader.has_waited = true);
        if self.asking.len() > WAITING {
            let too_many = self.asking.split_off(WAITING);
            self.tell(
                too_many.into_iter().map(|reader| reader.asker),
                &Told::Done(Err(Error::RequestTooManyRequests)),
            );
        }
    }

    fn answer_reads(&mut self) {
        let applied = self.applied;
        let there = self.reaching.extract_if(.., |(index, ..)| *index <= applied);
        let there: Vec<Waiter> = there.map(|(_, asker, _)| asker).collect();
        self.tell(there, &Told::Read);
        if self.due.first_key_value().is_none_or(|(index, _)| *index > self.applied) {
            return;
        }
        let later = self.due.split_off(&Index(self.applied.0 + 1));
        let now = std::mem::replace(&mut self.due, later);
        self.tell(now.into_values().flatten().map(|reader| reader.asker), &Told::Read);
    }

    /// A random number, for the node's timers.
    fn draw(&mut self) -> u64 {
        self.draws += 1;
        self.random.hash_one(self.draws)
    }
}
