//! A member, as those who serve its clients see it.
//!
//! Owns [`Member`], what every service stands on: who asks is found out, a request becomes a
//! proposal and waits for its answer, or it waits until it may read.
//!
//! Left to others: what a request does (`state`).

use super::pending::Pending;
use super::slow::Slow;
use super::who::Who;
use crate::blocking::Blocking;
use crate::boxes::{Boxes, PostBox, Told, Waiting};
use crate::facts::Facts;
use crate::leases::Leases;
use crate::letters::{ToReplica, ToState, ToStore, ToWatches, Waiter, Wanted};
use crate::links::Links;
use crate::mailbox::Mailbox;
use crate::proposal::{Asked, Proposal};
use crate::reader::Reader;
use crate::signature::Signature;
use crate::stop::Stop;
use api::alarm_request::AlarmAction;
use api::{AlarmRequest, AlarmType, Error, LeaseId, Revision};
use auth::{Asker, Auth};
use basics::{Index, NodeId};
use bytes::Bytes;
use lease::Ttl;
use raft::Data;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};
use tonic::Status;

/// If so many entries are committed and not carried out, no more are proposed, as in etcd.
const BACKLOG: u64 = 5_000;

/// After so long, whoever waits for a leader looks again.
const AGAIN: Duration = Duration::from_millis(50);

/// A member, as a runtime's services see it.
#[derive(Clone)]
pub struct Member {
    /// Who it is.
    pub signature: Signature,
    /// What is true of it.
    pub facts: Arc<Facts>,
    /// Where proposals go.
    pub replica: Arc<Mailbox<ToReplica>>,
    /// Where answers come.
    pub boxes: Arc<Boxes>,
    /// The box of this runtime.
    pub post_box: Arc<PostBox>,
    /// Which runtime it is.
    pub runtime: usize,
    /// Who reads the state.
    pub reader: Reader,
    /// The state, for what only it knows.
    pub state: Arc<Mailbox<ToState>>,
    /// The thread that waits for the store's disk.
    pub store: Arc<Mailbox<ToStore>>,
    /// The leases.
    pub leases: Arc<Leases>,
    /// The ways to other members.
    pub links: Arc<Links>,
    /// When it is to stop.
    pub stop: Stop,
    /// Those who tell watchers.
    pub watches: Arc<Mailbox<ToWatches>>,
    /// Where long work is done.
    pub blocking: Blocking,
    /// Where passwords are checked: whoever tries many keeps nobody else waiting.
    pub passwords: Blocking,
    /// How slow a password is to check.
    pub bcrypt_cost: auth::password::Cost,
    /// How short a lease may be.
    pub shortest_lease: Ttl,
    /// How long a request waits.
    pub patience: Duration,
    /// After so long without a leader, there is an election.
    pub election: Duration,
    /// How long a proposal may be.
    pub max_request_bytes: usize,
    /// How many operations a transaction may have.
    pub max_txn_ops: usize,
    /// How many bytes the store may have.
    pub quota: Option<u64>,
    /// The same, as it was said.
    pub quota_said: i64,
    /// Who says what took long.
    pub slow: Arc<Slow>,
    /// What can be switched: the name, how far it is in etcd, and is it on?
    pub features: Vec<(&'static str, &'static str, bool)>,
    /// What makes room goes before others.
    pub room_first: bool,
    /// Members come and go only if enough of the others are there.
    pub strict_reconfiguration: bool,
}

impl Member {
    /// Who asks? A token that this member cannot know yet is waited for.
    pub async fn asker(&self, who: &Who) -> Result<Asker, Status> {
        let gate = &self.facts.gate;
        if !gate.is_enabled() {
            return Ok(Asker::Nobody);
        }
        if let Some(index) = who.token().and_then(|token| gate.given_by(token)) {
            self.reach(index).await?;
        }
        Ok(gate.identify(who.credentials())?)
    }

    /// Is it permitted, for whoever asks, by users and roles as they are?
    pub async fn permit(
        &self,
        who: &Who,
        check: impl FnOnce(&Auth, &Asker) -> Result<(), Error>,
    ) -> Result<Asker, Status> {
        let asker = self.asker(who).await?;
        check(&self.facts.gate.auth(), &asker)?;
        Ok(asker)
    }

    /// Users and roles may have changed while something was read.
    pub fn check_still(&self, asker: &Asker) -> Result<(), Error> {
        let gate = &self.facts.gate;
        if gate.is_enabled() { gate.auth().check_still(asker) } else { Ok(()) }
    }

    /// Proposes a request, and waits until it was carried out.
    pub async fn propose<R: Asked>(&self, who: &Who, request: R) -> Result<R::Response, Status> {
        self.check_backlog()?;
        self.propose_now(who, request).await
    }

    /// The same of what makes room. If the gate for that is open, it goes before others: it is not
    /// refused because the state is far behind.
    pub async fn propose_first<R: Asked>(
        &self,
        who: &Who,
        request: R,
    ) -> Result<R::Response, Status> {
        if !self.room_first {
            self.check_backlog()?;
        }
        self.propose_now(who, request).await
    }

    async fn propose_now<R: Asked>(&self, who: &Who, request: R) -> Result<R::Response, Status> {
        let asker = self.asker(who).await?;
        self.begin_until(&asker, request, who.began() + self.patience)?.outcome().await
    }

    /// Proposes a request. It is on its way when this returns.
    pub fn begin<R: Asked>(&self, asker: &Asker, request: R) -> Result<Pending<R>, Status> {
        self.begin_until(asker, request, Instant::now() + self.patience)
    }

    /// The same; but from then on, nobody waits for it any more.
    fn begin_until<R: Asked>(
        &self,
        asker: &Asker,
        request: R,
        until: Instant,
    ) -> Result<Pending<R>, Status> {
        let waiting = self.post_box.wait();
        let data = self.written(asker, request, &waiting)?;
        let pending = Pending::new(self, waiting, Some(until));
        self.replica.put(ToReplica::Propose(Wanted { data, until }));
        Ok(pending)
    }

    /// Proposes a change of the members, and waits until it was carried out, as long as the client
    /// does: nobody may take it back.
    pub async fn change<R: Asked>(&self, asker: &Asker, request: R) -> Result<R::Response, Status> {
        while self.facts.progress.get().leader.is_none() {
            sleep(AGAIN).await;
        }
        let waiting = self.post_box.wait();
        let until = Instant::now() + self.patience;
        let data = self.written(asker, request, &waiting)?;
        let pending = Pending::<R>::new(self, waiting, None);
        self.replica.put(ToReplica::Change(Wanted { data, until }));
        pending.outcome().await
    }

    /// A request as it goes into the log.
    fn written<R: Asked>(
        &self,
        asker: &Asker,
        request: R,
        waiting: &Waiting,
    ) -> Result<Data, Error> {
        let sender = Some(self.boxes.sender(self.runtime, waiting.number()));
        let data = Proposal::new(sender, asker, request.wish()).write();
        if data.as_ref().len() > self.max_request_bytes {
            return Err(Error::RequestTooLarge);
        }
        Ok(data)
    }

    /// Is the state close enough behind the log? Whoever waited behind so many others would only
    /// learn that it took too long.
    fn check_backlog(&self) -> Result<(), Error> {
        let said = self.facts.progress.get();
        match said.committed.saturating_sub(said.applied) > BACKLOG {
            true => Err(Error::RequestTooManyRequests),
            false => Ok(()),
        }
    }

    /// Is there room for so many bytes more? If not, everybody is told by an alarm.
    pub fn check_quota(&self, cost: u64) -> Result<(), Error> {
        let Some(quota) = self.quota else { return Ok(()) };
        if self.facts.sizes.allocated() + cost < quota {
            return Ok(());
        }
        let member_id = self.signature.id.0;
        if !self.facts.alarms.get().is_raised(member_id, AlarmType::Nospace) {
            let alarm = AlarmType::Nospace as i32;
            let action = AlarmAction::Activate as i32;
            // Nobody waits for it. If it is lost, the next request raises it.
            let _ = self.begin(&Asker::Cluster, AlarmRequest { action, member_id, alarm });
        }
        Err(Error::NoSpace)
    }

    /// Asks the state for the keys of each of these leases.
    pub async fn keys(&self, leases: Vec<LeaseId>) -> Result<Vec<Vec<Bytes>>, Status> {
        let waiting = self.post_box.wait();
        self.state.put(ToState::Keys(leases, self.place(&waiting)));
        match timeout(self.patience, waiting).await {
            Ok(Told::Keys(keys)) => Ok(keys),
            Ok(told) => Err(unexpected(told)),
            Err(_) => Err(Error::Timeout.into()),
        }
    }

    /// Asks the state for the sum of all that is there at a revision; none if that is too long ago,
    /// or still to come.
    pub async fn sum(&self, revision: Revision) -> Result<Option<u64>, Status> {
        let waiting = self.post_box.wait();
        self.state.put(ToState::Sum(revision, self.place(&waiting)));
        match timeout(self.patience, waiting).await {
            Ok(Told::Sum(sum)) => Ok(sum),
            Ok(told) => Err(unexpected(told)),
            Err(_) => Err(Error::Timeout.into()),
        }
    }

    /// Waits until this member knows everything that was acknowledged by now.
    pub async fn catch_up(&self) -> Result<(), Status> {
        let waiting = self.post_box.wait();
        let until = Instant::now() + self.patience;
        self.replica.put(ToReplica::Read(self.place(&waiting), until));
        self.read(waiting).await
    }

    /// Waits until an entry was carried out here.
    async fn reach(&self, index: Index) -> Result<(), Status> {
        if index.0 <= self.facts.progress.get().applied {
            return Ok(());
        }
        let waiting = self.post_box.wait();
        let until = Instant::now() + self.patience;
        self.replica.put(ToReplica::Reach(index, self.place(&waiting), until));
        self.read(waiting).await
    }

    async fn read(&self, waiting: Waiting) -> Result<(), Status> {
        match timeout(self.patience, waiting).await {
            Ok(Told::Read) => Ok(()),
            Ok(told) => Err(unexpected(told)),
            Err(_) => {
                self.facts.metrics.raft.reads_failed.add(1);
                Err(Error::Timeout.into())
            }
        }
    }

    /// Waits until somebody leads.
    pub async fn wait_for_leader(&self) -> Result<(), Error> {
        let until = Instant::now() + self.patience;
        while self.facts.progress.get().leader.is_none() {
            if Instant::now() >= until {
                return Err(Error::NoLeader);
            }
            sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Makes another member lead, and waits until it does.
    pub async fn transfer(&self, to: NodeId) -> Result<(), Status> {
        let waiting = self.post_box.wait();
        let until = Instant::now() + self.patience;
        self.replica.put(ToReplica::Transfer(to, self.place(&waiting), until));
        match timeout(self.patience, waiting).await {
            Ok(Told::Read) => Ok(()),
            Ok(told) => Err(unexpected(told)),
            Err(_) => {
                Err(Status::unknown("etcdserver: request timed out, leader transfer took too long"))
            }
        }
    }

    /// Waits until everything that was carried out by now is on disk, as long as it takes.
    pub async fn settle(&self) -> Result<(), Status> {
        self.tell_me(ToState::Settle).await
    }

    /// Waits until no compaction is under way, and what it has deleted is gone from the disk.
    pub async fn compacted(&self) -> Result<(), Status> {
        self.tell_me(ToState::Compacted).await?;
        self.settle().await
    }

    async fn tell_me(&self, of: fn(Waiter) -> ToState) -> Result<(), Status> {
        let waiting = self.post_box.wait();
        self.state.put(of(self.place(&waiting)));
        match waiting.await {
            Told::Settled => Ok(()),
            told => Err(unexpected(told)),
        }
    }

    /// Has the store's file copied without the pages that nobody uses. It takes as long as it
    /// takes.
    pub async fn defragment(&self) -> Result<(), Status> {
        self.settle().await?;
        let waiting = self.post_box.wait();
        self.store.put(ToStore::Defragment(self.place(&waiting)));
        match waiting.await {
            Told::Defragmented(Ok(true)) => Ok(()),
            Told::Defragmented(Ok(false)) => {
                Err(Status::unavailable("too much was written meanwhile; try again later"))
            }
            Told::Defragmented(Err(why)) => Err(Status::unknown(&*why)),
            told => Err(unexpected(told)),
        }
    }

    /// Has it no vote?
    pub fn is_learner(&self) -> bool {
        let roster = self.facts.roster.get();
        roster.get(self.signature.id).is_some_and(|entry| entry.is_learner)
    }

    /// Who leads, if it is not this member.
    pub fn other_leader(&self) -> Option<NodeId> {
        let leader = self.facts.progress.get().leader;
        leader.filter(|leader| *leader != self.signature.id)
    }

    /// Where somebody of this runtime waits.
    fn place(&self, waiting: &Waiting) -> Waiter {
        let runtime = u32::try_from(self.runtime).expect("there are few");
        Waiter { runtime, number: waiting.number() }
    }
}

/// What was told instead of what was asked: a refusal, or that the member ends.
pub fn unexpected(told: Told) -> Status {
    match told {
        Told::Done(Err(error)) => error.into(),
        Told::Done(Ok(_))
        | Told::Read
        | Told::Keys(_)
        | Told::Sum(_)
        | Told::Settled
        | Told::Defragmented(_) => {
            unreachable!("each answer goes to the question it answers")
        }
    }
}
