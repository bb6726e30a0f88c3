//! One member: a node, its log, and a thread for each.

use super::PAYLOAD;
use super::mailbox::Mailbox;
use basics::{Index, Message, NodeId, Save, Synced};
use raft::{Body, Data, Node, Options, Payload, Stored};
use replication::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use wal::{Folder, Identity, Wal, prepare_spare};

/// Whose logs these are. Their directories differ.
pub const OURS: Identity = Identity { cluster: 1, member: 1 };

/// How long a segment is, as in a server.
pub const SEGMENTS: wal::Options = wal::Options { segment_bytes: 64 << 20 };

/// Nothing ticks, so no timer needs a random number.
const DRAW: u64 = 0;

/// What a node is told.
enum Event {
    /// Stand.
    Stand,
    /// Commit so many proposals, with so many under way.
    Commit(u64, u64),
    /// Another member says this.
    Message(Message<Body>),
    /// The log has synced this save.
    Synced(Synced<Write<Payload>>),
    /// That is all.
    Stop,
}

/// What a log is told.
enum Job {
    /// Write this.
    Write(Save<Write<Payload>, Body>),
    /// Up to this entry, the node has let go of its log.
    Release(Index),
    /// That is all.
    Stop,
}

/// A member that runs.
pub struct Member {
    inbox: Arc<Mailbox<Event>>,
    /// It says when it leads, and when everything is committed.
    news: Arc<Mailbox<()>>,
    syncs: Arc<AtomicU64>,
    node: JoinHandle<()>,
    log: JoinHandle<()>,
}

/// What the two threads of a member share.
#[derive(Clone)]
struct Wires {
    /// Of all members.
    inboxes: [Arc<Mailbox<Event>>; 3],
    own: usize,
    jobs: Arc<Mailbox<Job>>,
    news: Arc<Mailbox<()>>,
    syncs: Arc<AtomicU64>,
}

impl Member {
    /// Three members of a new cluster, with their logs below this directory.
    pub fn three(place: &Path) -> [Member; 3] {
        let inboxes = [(); 3].map(|()| Arc::new(Mailbox::new()));
        [0, 1, 2].map(|own| Member::start(place, inboxes.clone(), own))
    }

    fn start(place: &Path, inboxes: [Arc<Mailbox<Event>>; 3], own: usize) -> Member {
        let (jobs, news) = (Arc::new(Mailbox::new()), Arc::new(Mailbox::new()));
        let wires = Wires { inboxes, own, jobs, news, syncs: Arc::default() };
        let stored = Stored::found([1, 2, 3].map(NodeId));
        let directory = Folder::lock(place.join(own.to_string())).expect("nobody has it");
        let (hard_state, start) = (stored.hard_state, stored.log.start());
        let log = Wal::create(directory.clone(), OURS, SEGMENTS, hard_state, start);
        let log = log.expect("the directory is empty");
        prepare_spare(&directory, SEGMENTS).expect("there is room");
        let id = NodeId(own as u64 + 1);
        let node = Node::new(id, Options::default(), stored, DRAW).expect("it has no gap");
        let (inbox, news) = (wires.inboxes[own].clone(), wires.news.clone());
        let syncs = wires.syncs.clone();
        let log = std::thread::spawn({
            let wires = wires.clone();
            move || write(log, &directory, &wires)
        });
        let node = std::thread::spawn(move || Driver::new(node, wires).run());
        Member { inbox, news, syncs, node, log }
    }

    /// Makes it lead, and waits until it does.
    pub fn lead(&self) {
        self.inbox.put([Event::Stand]);
        self.news.take(&mut Vec::new());
    }

    /// Proposes so many payloads, with so many under way, and waits until all are applied here.
    pub fn commit(&self, window: u64, count: u64) {
        self.inbox.put([Event::Commit(window, count)]);
        self.news.take(&mut Vec::new());
    }

    /// How often its log was synced.
    pub fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Stops it.
    pub fn stop(self) {
        self.inbox.put([Event::Stop]);
        self.node.join().expect("it does not panic");
        self.log.join().expect("it does not panic");
    }
}

/// The thread of a node.
struct Driver {
    node: Node,
    wires: Wires,
    /// How many are to be under way, and are still to be proposed.
    room: u64,
    left: u64,
    /// So many are to be applied until all are.
    open: u64,
    led: bool,
    /// Where the node's log begins.
    start: Index,
}

impl Driver {
    fn new(node: Node, wires: Wires) -> Driver {
        let start = node.log().start().index;
        Driver { node, wires, room: 0, left: 0, open: 0, led: false, start }
    }

    fn run(mut self) {
        let mut events = Vec::new();
        loop {
            self.wires.inboxes[self.wires.own].take(&mut events);
            for event in events.drain(..) {
                match event {
                    Event::Stand => self.node.stand(DRAW),
                    Event::Commit(window, count) => {
                        (self.room, self.left, self.open) = (window, count, count);
                    }
                    Event::Message(message) => {
                        // What comes too late is dropped: the third vote, for one.
                        let _ = self.node.receive(message, DRAW);
                    }
                    Event::Synced(synced) => self.node.persisted(synced, DRAW),
                    Event::Stop => return self.wires.jobs.put([Job::Stop]),
                }
            }
            self.work();
        }
    }

    /// Proposes what there is room for, and does what the node wants done. What leaves, leaves at
    /// the end: that entries are committed goes out with those that take their place, and nobody
    /// wakes up for it twice.
    fn work(&mut self) {
        let (mut messages, mut jobs) = (Vec::new(), Vec::new());
        loop {
            let now = self.room.min(self.left);
            for _ in 0..now {
                let data = Data::write(PAYLOAD, |place| place.fill(1));
                self.node.propose(data).expect("the leader leads, and has room");
            }
            (self.room, self.left) = (self.room - now, self.left - now);
            let Some(batch) = self.node.ready() else { break };
            messages.extend(batch.send_now);
            jobs.extend(batch.save.map(Job::Write));
            let Some(span) = batch.apply else { continue };
            let applied = span.entries.iter().filter(|entry| entry.payload.is_some()).count();
            self.node.note_applied(span.last().index, DRAW);
            self.node.note_durable(span.last().index);
            let start = self.node.log().start().index;
            if start > self.start {
                self.start = start;
                jobs.push(Job::Release(start));
            }
            if self.node.leads() && !self.led {
                // Its first entry is committed.
                self.led = true;
                self.wires.news.put([()]);
            }
            let applied = applied as u64;
            if self.open > 0 {
                self.room += applied;
                self.open -= applied;
                self.wires.news.put((self.open == 0).then_some(()));
            }
        }
        send(&self.wires, messages);
        self.wires.jobs.put(jobs);
    }
}

/// The thread of a log: all saves that wait are one write and one sync.
fn write(mut log: Wal<Folder>, directory: &Folder, wires: &Wires) {
    let spares = Mailbox::new();
    std::thread::scope(|scope| {
        scope.spawn(|| prepare(directory, &spares));
        let mut jobs = Vec::new();
        let mut segment = log.segment();
        loop {
            wires.jobs.take(&mut jobs);
            let mut saves = Vec::with_capacity(jobs.len());
            let mut released = None;
            for job in jobs.drain(..) {
                match job {
                    Job::Write(save) => {
                        log.add(save.content()).expect("nothing has failed");
                        saves.push(save);
                    }
                    Job::Release(index) => released = Some(index),
                    Job::Stop => return spares.put([false]),
                }
            }
            log.sync().expect("the disk works");
            wires.syncs.fetch_add(u64::from(!saves.is_empty()), Ordering::Relaxed);
            let (mut receipts, mut messages) = (Vec::with_capacity(saves.len()), Vec::new());
            for save in saves {
                let (synced, gated) = save.synced();
                messages.extend(gated);
                receipts.push(Event::Synced(synced));
            }
            send(wires, messages);
            wires.inboxes[wires.own].put(receipts);
            // Not before the saves are synced that came before it.
            if let Some(index) = released {
                log.release(index).expect("the disk works");
            }
            if log.segment() > segment {
                segment = log.segment();
                spares.put([true]);
            }
        }
    });
}

/// The thread that zeroes segments ahead of their use.
fn prepare(directory: &Folder, wanted: &Mailbox<bool>) {
    let mut orders = vec![true];
    while !orders.contains(&false) {
        prepare_spare(directory, SEGMENTS).expect("there is room");
        wanted.take(&mut orders);
    }
}

/// Brings each member all that is for it at once.
fn send(wires: &Wires, messages: Vec<Message<Body>>) {
    let mut letters = [const { Vec::new() }; 3];
    for message in messages {
        let to = usize::try_from(message.to.0 - 1).expect("three members");
        letters[to].push(Event::Message(message));
    }
    wires.inboxes.iter().zip(letters).for_each(|(inbox, letters)| inbox.put(letters));
}
