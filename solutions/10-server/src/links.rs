//! The way to every other member.
//!
//! Owns [`Links`], one [`Link`] to each: a queue with a limit, which whoever has something to say
//! fills, and a task of the room `peers` empties. While the other cannot be reached, or is so slow
//! that the queue is full, letters are dropped: raft says everything again that
//! matters, and a proposal that is lost is one of those whose clients do not know what became of
//! it.
//!
//! Left to others: connections (`peers`), and what is said (`replica`).

use crate::facts::Facts;
use crate::proposal::Sender;
use crate::roster::Roster;
use crate::swapped::Swapped;
use crate::verdict::Hashed;
use crate::version::Version;
use crate::wire::{self, Letter};
use api::Error;
use basics::{Message, NodeId};
use bincode::{Decode, Encode};
use bytes::Bytes;
use raft::{Body, Data};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};
use tonic::Status;

/// So much waits for a member at most: bytes, and letters, which would all fit into one frame.
const BYTES: usize = 64 << 20;
const LETTERS: usize = 10_000;
const _: () = assert!(LETTERS <= wire::MOST);

/// So much goes into one frame, or one letter that is longer.
const FRAME: usize = 1 << 20;

/// What the room of the peers is told.
pub enum ToPeers {
    /// Members have come, gone or moved.
    Members,
    /// A follower needs the state itself.
    Bring(NodeId),
    /// It does not any more.
    GiveUp(NodeId),
    /// Somebody wants to know something of another member.
    Ask(NodeId, Question, oneshot::Sender<Result<Reply, Status>>),
    /// That is all.
    Stop,
}

/// What one member asks another, beside the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Question {
    /// Is it there, and does it take letters of this one?
    Hello,
    /// The leader is to renew a lease.
    Renew(i64),
    /// How much time does it have?
    TimeToLive(i64),
    /// What does its store show at this revision?
    Hash(i64),
    /// What is the sum of all that is there at this revision?
    Sum(u64),
    /// Of which version is it?
    Version,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Reply {
    /// It does.
    Hello,
    /// So many seconds it lasts from now on; none if there is no such lease.
    Renewed(Option<i64>),
    /// So many seconds are left of so many; none if there is no such lease.
    Left(Option<(i64, i64)>),
    /// That is what it shows, or why it does not.
    Hashed(Result<Hashed, Unhashed>),
    /// That is the sum; none if it is not known, or not any more.
    Summed(Option<u64>),
    /// Of this one.
    Version(Version),
}

/// Why a store does not show anything at a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Unhashed {
    /// It was compacted.
    Compacted,
    /// It is still to come.
    Future,
}

/// All ways to others.
pub struct Links {
    own: NodeId,
    facts: Arc<Facts>,
    all: Swapped<BTreeMap<NodeId, Arc<Link>>>,
    jobs: mpsc::UnboundedSender<ToPeers>,
}

/// The way to one member.
pub struct Link {
    /// Where it is said to be.
    pub urls: Vec<String>,
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Default)]
struct Waiting {
    letters: VecDeque<Letter>,
    bytes: usize,
    /// Since when somebody takes them.
    open: Option<Instant>,
}

impl Links {
    /// Those of this member, to nobody yet; and what the room is to listen to.
    pub fn new(own: NodeId, facts: Arc<Facts>) -> (Links, mpsc::UnboundedReceiver<ToPeers>) {
        let (jobs, told) = mpsc::unbounded_channel();
        (Links { own, facts, all: Swapped::new(BTreeMap::new()), jobs }, told)
    }

    /// These are the members, and where they are. A way to where somebody was before stays.
    pub fn note(&self, members: impl IntoIterator<Item = (NodeId, Vec<String>)>) {
        let before = self.all.get();
        let link = |(id, urls): (NodeId, Vec<String>)| {
            let same = before.get(&id).filter(|link| link.urls == urls).cloned();
            (id, same.unwrap_or_else(|| Arc::new(Link::new(urls))))
        };
        let others = members.into_iter().filter(|(id, _)| *id != self.own);
        self.all.set(others.map(link).collect());
        self.tell(ToPeers::Members);
    }

    /// The same, of a list of members.
    pub fn note_roster(&self, roster: &Roster) {
        self.note(roster.list().into_iter().map(|member| (NodeId(member.id), member.peer_urls)));
    }

    /// All of them.
    pub fn all(&self) -> Arc<BTreeMap<NodeId, Arc<Link>>> {
        self.all.get()
    }

    /// Sends what the node has to say.
    pub fn send(&self, messages: Vec<Message<Body>>) {
        if messages.is_empty() {
            return;
        }
        let all = self.all.get();
        for message in messages {
            if let Some(link) = all.get(&message.to) {
                let to = message.to;
                self.put(to, link, Letter::Raft(message));
            }
        }
    }

    fn put(&self, to: NodeId, link: &Link, letter: Letter) -> bool {
        let is_on_its_way = link.put(letter);
        if !is_on_its_way {
            self.facts.metrics.peers.send_failures.with(&[&format!("{:x}", to.0)]).add(1);
        }
        is_on_its_way
    }

    /// Sends a letter that nobody says again. Is it on its way?
    pub fn post(&self, to: NodeId, letter: Letter) -> bool {
        self.all.get().get(&to).is_some_and(|link| self.put(to, link, letter))
    }

    /// Sends a proposal to whoever leads. Is it on its way?
    pub fn forward(&self, leader: NodeId, data: Data) -> bool {
        self.post(leader, Letter::Forward(data))
    }

    /// Tells whoever has proposed something that it will not be.
    pub fn refuse(&self, sender: Sender, error: Error) {
        self.post(NodeId(sender.member), Letter::Refused(sender, error));
    }

    /// Tells the room something.
    pub fn tell(&self, job: ToPeers) {
        // If it is gone, the member ends.
        let _ = self.jobs.send(job);
    }

    /// Asks another member, and waits for the answer.
    pub async fn ask(&self, other: NodeId, question: Question) -> Result<Reply, Status> {
        let (send, answer) = oneshot::channel();
        self.tell(ToPeers::Ask(other, question, send));
        answer.await.unwrap_or_else(|_| Err(Error::Stopped.into()))
    }

    /// How many others are reached now, and were for so long.
    pub fn reached(&self, of: &[NodeId], since: Duration) -> usize {
        let all = self.all.get();
        let is_reached = |id: &&NodeId| {
            all.get(id).and_then(|link| link.open_since()).is_some_and(|at| at.elapsed() >= since)
        };
        of.iter().filter(is_reached).count()
    }

    /// Is this member reached now?
    pub fn is_reached(&self, id: NodeId) -> bool {
        self.reached(&[id], Duration::ZERO) > 0
    }
}

impl Link {
    fn new(urls: Vec<String>) -> Link {
        Link { urls, waiting: Mutex::default(), news: Notify::new() }
    }

    /// Adds a letter, if somebody takes them and there is room. Is it on its way?
    fn put(&self, letter: Letter) -> bool {
        let size = letter.size();
        let mut waiting = self.waiting();
        let has_room = waiting.letters.len() < LETTERS && waiting.bytes + size <= BYTES;
        if waiting.open.is_none() || (!has_room && !waiting.letters.is_empty()) {
            return false;
        }
        waiting.bytes += size;
        waiting.letters.push_back(letter);
        let is_first = waiting.letters.len() == 1;
        drop(waiting);
        if is_first {
            self.news.notify_one();
        }
        true
    }

    /// Somebody takes letters from now on.
    pub fn open(&self) {
        *self.waiting() = Waiting { open: Some(Instant::now()), ..Waiting::default() };
    }

    /// Nobody does any more. What waits is dropped: it would come too late.
    pub fn close(&self) {
        *self.waiting() = Waiting::default();
    }

    /// Since when letters are taken; none if they are not.
    pub fn open_since(&self) -> Option<Instant> {
        self.waiting().open
    }

    /// Waits until there is something to say, and takes a frame of it.
    pub async fn frame(&self) -> Bytes {
        loop {
            let mut taken = Vec::new();
            {
                let mut waiting = self.waiting();
                let mut bytes = 0;
                while let Some(letter) = waiting.letters.front()
                    && (taken.is_empty() || bytes + letter.size() <= FRAME)
                {
                    bytes += letter.size();
                    waiting.bytes -= letter.size();
                    taken.extend(waiting.letters.pop_front());
                }
                if !waiting.letters.is_empty() {
                    // There is more than one frame.
                    self.news.notify_one();
                }
            }
            if !taken.is_empty() {
                let mut frame = Vec::with_capacity(taken.iter().map(Letter::size).sum());
                taken.iter().for_each(|letter| letter.write(&mut frame));
                return frame.into();
            }
            self.news.notified().await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("nobody panics while holding it")
    }
}
