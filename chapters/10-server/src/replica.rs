//! The thread that drives raft.
//!
//! Owns [`Replica`]. It takes whatever arrived, tells the node, and does what the node wants done:
//! saves go to the log, entries to the state. It never waits for a disk. It sleeps until there is
//! something to do, or the next tick is due.
//!
//! Reads wait here too. All that arrived together are one question to the node; and when it is
//! answered, they wait until the state has come so far.
//!
//! Left to others: what an entry means (`state`). There is one member, so nothing is sent to
//! others.

use crate::boxes::{Boxes, Told};
use crate::facts::{Facts, Said};
use crate::leases::Leases;
use crate::letters::{ToLog, ToReplica, ToState, Waiter, Wanted};
use crate::mailbox::Mailbox;
use crate::proposal::{PromoteMember, Proposal, RemoveMember, Wish};
use api::Error;
use basics::{Index, NodeId};
use raft::{Data, Node, Reading, Refused, Step, Ticket};
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
}

/// So many proposals wait for a leader at most, and so many reads.
const WAITING: usize = 5_000;

/// So many changes of the members wait for the one before at most.
const CHANGES: usize = 64;

/// Why a change cannot begin now.
enum Later {
    Wait,
    Never(Error),
}

/// Somebody who wants to read.
struct Reader {
    asker: Waiter,
    /// From then on, nobody waits any more.
    until: Instant,
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
    /// Who waits for which entry to be carried out.
    reaching: Vec<(Index, Waiter, Instant)>,
    /// Reads that came since the last question.
    asking: Vec<Reader>,
    asked: BTreeMap<Ticket, Vec<Reader>>,
    tickets: u64,
    /// Reads that may be answered once so much is applied.
    due: BTreeMap<Index, Vec<Reader>>,
    applied: Index,
    /// Where the node's log begins.
    start: Index,
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
            reaching: Vec::new(),
            asking: Vec::new(),
            asked: BTreeMap::new(),
            tickets: 0,
            due: BTreeMap::new(),
            applied,
            start,
        }
    }

    /// Works until it is told to stop.
    pub fn run(mut self) {
        let mut events = Vec::new();
        let mut next = Instant::now() + self.tick;
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
                let draw = self.draw();
                self.node.tick(draw);
                self.forget_late(now);
                // If this thread stood still, the ticks that it missed did not pass for the others
                // either: nothing was heard meanwhile.
                next = now + self.tick;
            }
            for event in events.drain(..) {
                if matches!(event, ToReplica::Stop) {
                    self.wires.log.put(ToLog::Stop);
                    self.wires.state.put(ToState::Stop);
                    return;
                }
                self.take(event);
            }
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
                self.tell(wanted.asker, &Told::Done(Err(Error::RequestTooManyRequests)));
            }
            ToReplica::Transfer(to, asker) => {
                let told = match self.node.transfer(to, draw) {
                    Ok(()) => Told::Read,
                    Err(Refused::NotLeader(_)) => Told::Done(Err(Error::NotLeader)),
                    Err(_) => Told::Done(Err(Error::BadLeaderTransferee)),
                };
                self.tell([asker], &told);
            }
            ToReplica::Read(asker, until) => self.asking.push(Reader { asker, until }),
            ToReplica::Reach(index, asker, until) => self.reach(index, asker, until),
            ToReplica::Synced(synced) => self.node.persisted(synced, draw),
            ToReplica::Applied(index) => {
                self.applied = index;
                self.node.note_applied(index, draw);
            }
            ToReplica::Durable(index) => self.node.note_durable(index),
            ToReplica::Stop => unreachable!("it is looked for before"),
        }
    }

    fn propose(&mut self, wanted: Wanted) {
        let told = match self.node.propose(wanted.data.clone()) {
            Ok(_) => return,
            Err(Refused::NotLeader(_) | Refused::HandingOver(_) | Refused::TooEarly) => {
                if self.waiting.len() < WAITING {
                    return self.waiting.push_back(wanted);
                }
                Error::RequestTooManyRequests
            }
            Err(
                Refused::Full
                | Refused::Pending(_)
                | Refused::Impossible(_)
                | Refused::Behind(_)
                | Refused::NoVoter(_),
            ) => Error::RequestTooManyRequests,
        };
        self.tell(wanted.asker, &Told::Done(Err(told)));
    }

    /// Somebody waits for an entry, which may never come: nobody knows who made up the number.
    fn reach(&mut self, index: Index, asker: Waiter, until: Instant) {
        if index > self.applied && self.reaching.len() >= WAITING {
            self.tell([asker], &Told::Done(Err(Error::RequestTooManyRequests)));
        } else {
            self.reaching.push((index, asker, until));
        }
    }

    /// Changes of the members come one after the other. The members are those after the last one.
    fn change(&mut self) {
        while let Some(wanted) = self.changes.pop_front() {
            let told = match self.begin_change(&wanted.data) {
                Ok(()) => continue,
                Err(Later::Wait) if Instant::now() < wanted.until => {
                    return self.changes.push_front(wanted);
                }
                Err(Later::Wait) => Error::Timeout,
                Err(Later::Never(error)) => error,
            };
            self.tell(wanted.asker, &Told::Done(Err(told)));
        }
    }

    fn begin_change(&mut self, data: &Data) -> Result<(), Later> {
        if self.applied < self.moving {
            return Err(Later::Wait);
        }
        let roster = self.wires.facts.roster.get();
        let wish = Proposal::read(data.bytes()).ok().and_then(|proposal| proposal.wish);
        let step = match wish {
            Some(Wish::AddMember(wish)) => {
                let (id, is_learner) = (NodeId(wish.id), wish.is_learner);
                roster
                    .can_add(id, &wish.peer_urls, is_learner, self.max_learners)
                    .map_err(Later::Never)?;
                // It would be in force at once, and members do not speak with each other yet: from
                // then on, nothing would be decided any more.
                if !is_learner {
                    return Err(Later::Never(Error::Unhealthy));
                }
                Step::Learner(id)
            }
            Some(Wish::PromoteMember(PromoteMember { id })) => {
                let id = NodeId(id);
                if !roster.find(id).map_err(Later::Never)?.is_learner {
                    return Err(Later::Never(Error::MemberNotLearner));
                }
                Step::Voter(id)
            }
            Some(Wish::RemoveMember(RemoveMember { id })) => {
                roster.find(NodeId(id)).map_err(Later::Never)?;
                Step::Remove(NodeId(id))
            }
            Some(Wish::UpdateMember(wish)) => {
                let id = NodeId(wish.id);
                roster.update(id, wish.peer_urls).map_err(Later::Never)?;
                return self.begin_move(data);
            }
            Some(_) | None => unreachable!("nobody proposes anything else as a change"),
        };
        let draw = self.draw();
        match self.node.change(vec![step], data.bytes(), draw) {
            Ok(_) => Ok(()),
            Err(Refused::Behind(_)) => Err(Later::Never(Error::LearnerNotReady)),
            Err(Refused::Impossible(_) | Refused::NoVoter(_)) => {
                Err(Later::Never(Error::MemberNotEnoughStarted))
            }
            Err(
                Refused::Pending(_)
                | Refused::TooEarly
                | Refused::NotLeader(_)
                | Refused::HandingOver(_)
                | Refused::Full,
            ) => Err(Later::Wait),
        }
    }

    /// Where a member is found is nothing that raft has to know: it is an entry like others. But
    /// those that come after it wait for it.
    fn begin_move(&mut self, data: &Data) -> Result<(), Later> {
        self.moving = self.node.propose(data.clone()).map_err(|_| Later::Wait)?.index;
        Ok(())
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
        if self.node.leads() {
            for wanted in std::mem::take(&mut self.waiting) {
                self.propose(wanted);
            }
        }
        self.change();
        self.ask();
        let mut saves = Vec::new();
        while let Some(batch) = self.node.ready() {
            saves.extend(batch.save.map(ToLog::Write));
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
        self.answer_reads();
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
        } else if self.asking.len() > WAITING {
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
