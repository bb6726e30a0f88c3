//! One node of a cluster, whole.
//!
//! Owns [`Node`]. It stands on a [`Replica`], lends it the configuration that the log says, and
//! does what a leader owes beyond its log: it completes changes of the members, confirms reads,
//! hands leadership over, and knows who waits for a snapshot. It reads in this order: a node
//! starts, time passes, messages come, clients want something, the state machine and the disk
//! report, and all that follows from it is handed out.
//!
//! Left to others: disks, networks, clocks, what data means, and moving the state of a snapshot
//! (the server).

use crate::configuration::Configuration;
use crate::interface::{Batch, Dropped, Gap, Options, Reading, Refused, Snapshot, Stored, Ticket};
use crate::membership::Membership;
use crate::message::Body;
use crate::payload::{Change, Data, Payload};
use crate::reads::{Asking, Confirming};
use crate::shipping::{Shipping, horizon};
use crate::status::{Drops, Status};
use crate::transfer::Transfer;
use basics::{Index, Message, NodeId, Position, Synced, Term};
use election::{HardState, Quorum, Role};
use replication::{Batch as Below, Replica, View, Write};

mod changes;
mod handover;
mod letters;
mod snapshots;

/// A node.
///
/// Invariants:
/// - The configuration in effect is the one that the log says, at every moment; it is what the
///   replication and the election are lent.
/// - In a leader's log, at most one change is not applied, and it comes after an entry of the
///   leader's term, or was there when it began to lead.
/// - `leading` is there exactly while the replica leads, and is new in every term.
/// - Every read is answered once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    replica: Replica<Payload>,
    options: Options,
    membership: Membership,
    /// This node's own reads.
    asking: Asking,
    leading: Option<Leading>,
    /// The term in which this node stands because its leader wished it.
    wished: Option<Term>,
    /// Bytes of the entries that the log keeps though the store holds them.
    kept: usize,
    /// Letters since the last batch.
    outgoing: Vec<Message<Body>>,
    /// Reads that are over since the last batch.
    over: Vec<(Ticket, Reading)>,
    /// Followers whose snapshots are of no use since the last batch.
    given_up: Vec<NodeId>,
    drops: Drops,
}

/// What a leader has to remember beyond its log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Leading {
    reads: Confirming,
    transfer: Option<Transfer>,
    shipping: Shipping,
}

impl Node {
    /// A node that starts: for the first time with [`Stored::found`] or [`Stored::join`], later
    /// with what its disk and its store hold.
    ///
    /// - The store decides. If the log holds the store's last entry, the node goes on from there.
    /// - If the log does not reach it, or has another entry there, a snapshot was put in place and
    ///   power went before the log began anew. It begins anew now.
    /// - If the log begins after the store ends, entries are missing that nobody can know. The node
    ///   must not start: it would claim to have applied what it has not.
    /// - It is in the newest term that log and store have entries of. A snapshot may have been put
    ///   in place before the term was on disk, and in an older one this node could follow a leader
    ///   that cuts what it has accepted.
    pub fn new(id: NodeId, options: Options, stored: Stored, draw: u64) -> Result<Node, Gap> {
        let Stored { mut hard_state, log, applied, configuration } = stored;
        let held = log.holds(applied);
        if !held && applied.index <= log.start().index {
            return Err(Gap { applied, start: log.start() });
        }
        let newest = applied.term.max(log.last().term);
        if hard_state.term < newest {
            hard_state = HardState { term: newest, vote: None };
        }
        let from = if held { applied.index } else { log.start().index };
        let below = replication::Stored { hard_state, log, applied: from };
        let mut replica = Replica::new(id, options.replication, below, draw);
        if !held {
            replica.install(applied);
        }
        let membership = Membership::fold(configuration, applied.index, replica.log());
        let mut node = Node {
            replica,
            options,
            membership,
            asking: Asking::new(draw),
            leading: None,
            wished: None,
            kept: 0,
            outgoing: Vec::new(),
            over: Vec::new(),
            given_up: Vec::new(),
            drops: Drops::default(),
        };
        node.count_kept(node.log().start().index, applied.index);
        Ok(node)
    }

    /// Who this is.
    pub fn id(&self) -> NodeId {
        self.replica.election().id()
    }

    /// The replication below.
    pub fn replica(&self) -> &Replica<Payload> {
        &self.replica
    }

    /// The log, saved or not, committed or not.
    ///
    /// The log on disk may be let go up to where this one starts; but in the order of the saves:
    /// not before those are synced that were handed out by then, since one of them may say that the
    /// log begins anew.
    pub fn log(&self) -> &replication::Log<Payload> {
        self.replica.log()
    }

    /// The configuration in effect: whoever it names decides, committed or not.
    pub fn configuration(&self) -> &Configuration {
        self.membership.current()
    }

    /// The configuration as of the last applied entry.
    pub fn applied_configuration(&self) -> &Configuration {
        self.membership.applied()
    }

    /// Does this node lead?
    pub fn leads(&self) -> bool {
        self.replica.election().role() == Role::Leader
    }

    /// The term that this node is in.
    pub fn term(&self) -> Term {
        self.replica.election().hard_state().term
    }

    /// All that a person, or a metric, wants to know.
    pub fn status(&self) -> Status {
        let transfer = self.leading.as_ref().and_then(|leading| leading.transfer.as_ref());
        Status::of(
            &self.replica,
            &self.membership,
            transfer.map(Transfer::to),
            self.asking.len(),
            &self.drops,
        )
    }

    /// A tick passes.
    pub fn tick(&mut self, draw: u64) {
        self.below(draw, |replica, view| replica.tick(view));
        // Whoever has just given its leader up, or itself, asks no more as if it had not.
        self.notice();
        self.ask_again();
        if let Some(leading) = &mut self.leading {
            leading.transfer = leading.transfer.take().and_then(Transfer::tick);
        }
        self.settle(draw);
    }

    /// Somebody wants an election now.
    pub fn stand(&mut self, draw: u64) {
        self.below(draw, |replica, view| replica.stand(view));
        self.settle(draw);
    }

    /// A message arrives. If it is dropped, nothing in it counts but that its sender was heard.
    pub fn receive(&mut self, message: Message<Body>, draw: u64) -> Result<(), Dropped> {
        let received = self.take_in(message, draw);
        if let Err(dropped) = received {
            self.drops.count(dropped);
        }
        self.settle(draw);
        received
    }

    /// A client's wish: put this into the log. Where it stands, if all goes well; the position is
    /// no promise, as below.
    ///
    /// A leader refuses it while it hands leadership over, or nobody could catch up with it; and
    /// while it is itself behind with what is committed, or the log between the two would have no
    /// end.
    pub fn propose(&mut self, data: Data) -> Result<Position, Refused> {
        self.has_room()?;
        self.replica.propose(Payload::Data(data)).map_err(refused)
    }

    /// Somebody wants to read what is written by now. An answer with this ticket comes out of a
    /// later batch, also if the leader is lost meanwhile.
    ///
    /// It is refused if this node knows no leader, or if [`Options::reads`] wait already.
    pub fn read(&mut self, ticket: Ticket, draw: u64) -> Result<(), Refused> {
        if self.replica.election().leader().is_none() {
            return Err(Refused::NotLeader(None));
        }
        if self.asking.len() >= self.options.reads {
            return Err(Refused::Full);
        }
        self.asking.add(ticket);
        self.settle(draw);
        Ok(())
    }

    /// The state machine says that it has carried out every entry up to `index`. With that, a
    /// change may be complete, and the next may come.
    ///
    /// It panics if that was never handed out: then it is not this node's state machine.
    pub fn note_applied(&mut self, index: Index, draw: u64) {
        self.replica.note_applied(index);
        // Nothing but a change waits for the state machine.
        if self.membership.note_applied(index) {
            self.settle(draw);
        }
    }

    /// The store says that its disk holds the effects of every entry up to `index`. The log lets
    /// go of what nobody needs any more.
    ///
    /// Entries that are applied and not durable have no limit of their own: whoever drives the node
    /// lets the state machine wait for the store, if it has to.
    ///
    /// It panics if that was not applied.
    pub fn note_durable(&mut self, index: Index) {
        let before = self.replica.durable();
        self.replica.note_durable(index);
        self.count_kept(before, index);
        self.let_go();
    }

    /// The disk has synced the oldest save that is on its way, and here is its receipt.
    pub fn persisted(&mut self, synced: Synced<Write<Payload>>, draw: u64) {
        self.below(draw, |replica, view| replica.persisted(synced, view));
        self.settle(draw);
    }

    /// Hands out what this node wants done since the last call; none if there is nothing.
    pub fn ready(&mut self) -> Option<Batch> {
        let wanted = self.wanted();
        let below = self.replica.ready();
        let quiet = self.outgoing.is_empty() && self.over.is_empty() && self.given_up.is_empty();
        if below.is_none() && wanted.is_empty() && quiet {
            return None;
        }
        let nothing = || Below { send_now: Vec::new(), save: None, apply: None };
        let below = below.unwrap_or_else(nothing);
        // The vector of the layer below becomes ours, in place.
        let now = below.send_now.into_iter().map(|message| message.map(Body::Replication));
        let mut send_now: Vec<_> = now.collect();
        send_now.append(&mut self.outgoing);
        let wished = self.wished == Some(self.term());
        let letter = |body| letters::envelop(body, wished);
        Some(Batch {
            send_now,
            save: below.save.map(|save| save.map(|write| write, letter)),
            apply: below.apply,
            reads: std::mem::take(&mut self.over),
            wanted,
            given_up: std::mem::take(&mut self.given_up),
        })
    }

    /// A call of the layer below, with the configuration in effect.
    fn below<T>(
        &mut self,
        draw: u64,
        call: impl FnOnce(&mut Replica<Payload>, View<'_>) -> T,
    ) -> T {
        let quorum = self.membership.in_effect(self.replica.commit());
        let view = View { quorum: &quorum, draw };
        call(&mut self.replica, view)
    }

    /// Is there room for one more proposal?
    fn has_room(&mut self) -> Result<(), Refused> {
        let Some(leading) = &self.leading else {
            return Err(Refused::NotLeader(self.replica.election().leader()));
        };
        if let Some(transfer) = &leading.transfer {
            return Err(Refused::HandingOver(transfer.to()));
        }
        if self.is_behind() { Err(Refused::Full) } else { Ok(()) }
    }

    /// Is so much committed and not applied that this node takes nothing more? Its state machine is
    /// slow, or its disk is, or a snapshot is about to take the store's place.
    fn is_behind(&mut self) -> bool {
        let limits = self.options.replication.limits;
        limits.is_some_and(|limits| self.replica.backlog() >= limits.unapplied_bytes)
    }

    /// Does what follows from whatever has just happened.
    fn settle(&mut self, draw: u64) {
        self.notice();
        if self.leading.is_some() {
            self.complete_change();
            self.hand_over();
            self.retire(draw);
        }
        self.ask();
        if self.leading.as_ref().is_some_and(|leading| leading.reads.is_wanted()) {
            self.confirm();
        }
    }

    /// Takes up what the layer below has decided: who leads, and in which term. While both stay the
    /// same, so does whether this node leads.
    fn notice(&mut self) {
        let leader = self.replica.election().leader();
        let whom = leader.map(|leader| (leader, self.term()));
        if self.asking.whom() != whom {
            self.follow(whom);
        }
    }

    /// This node knows this leader now, in this term, or none: all that hung on another is over. It
    /// is seldom, and every call asks for it.
    #[cold]
    fn follow(&mut self, whom: Option<(NodeId, Term)>) {
        let lost = self.asking.follow(whom);
        self.over.extend(lost.into_iter().map(|ticket| (ticket, Reading::Lost)));
        if let Some(led) = self.leading.take() {
            self.given_up.extend(led.shipping.into_followers());
        }
        self.leading = self.leads().then(Leading::default);
    }

    /// Is an entry of the term that this node leads committed? Until then it does not know what is
    /// committed, and whether the last change is.
    fn has_committed(&self) -> bool {
        self.log().term_at(self.replica.commit()) == Some(self.term())
    }

    fn send(&mut self, to: NodeId, body: Body) {
        let (from, term) = (self.id(), self.term());
        self.outgoing.push(Message { from, to, term, body });
    }
}

/// Why the layer below did not take a proposal.
fn refused(refused: replication::Refused) -> Refused {
    match refused {
        replication::Refused::NotLeader(leader) => Refused::NotLeader(leader),
        replication::Refused::Full => Refused::Full,
    }
}
