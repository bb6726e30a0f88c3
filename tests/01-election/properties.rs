//! What must hold of every cluster, after every event.

use crate::node::{Node, id};
use crate::sightings::Watch;
use basics::{Message, NodeId, Position, Term};
use election::{Body, HardState, Options, Role, Round};
use harness::explore::Law;
use harness::{Action, Cluster, Property, Sightings, Violation};
use std::collections::BTreeMap;

/// The safety of elections. It remembers who led and who voted, so that a contradiction is found
/// when it is made, however long after.
#[derive(Default)]
pub struct Safety {
    leaders: BTreeMap<Term, usize>,
    votes: BTreeMap<(NodeId, Term), NodeId>,
    terms: BTreeMap<usize, Term>,
    packets: usize,
    watch: Watch,
}

impl Property<Node> for Safety {
    fn after(&mut self, cluster: &Cluster<Node>, action: &Action) -> Result<(), Violation> {
        if let Action::Crash { node, .. } = action {
            self.terms.remove(node);
        }
        for packet in &cluster.packets()[self.packets..] {
            self.one_vote_per_term(&packet.message)?;
            saved_before_sent(cluster.disk(packet.from), &packet.message)?;
        }
        self.watch.look(cluster, action, &cluster.packets()[self.packets..]);
        self.packets = cluster.packets().len();
        for node in 0..cluster.size() {
            self.terms_never_fall(cluster, node)?;
            self.one_leader_per_term(cluster, node)?;
        }
        Ok(())
    }

    fn sightings(&self) -> Sightings {
        self.watch.sightings.clone()
    }
}

impl Safety {
    /// The safety of clusters with these options.
    pub fn with(options: Options) -> Safety {
        Safety { watch: Watch::with(options), ..Safety::default() }
    }

    fn one_leader_per_term(
        &mut self,
        cluster: &Cluster<Node>,
        node: usize,
    ) -> Result<(), Violation> {
        let Some(machine) = cluster.machine(node) else { return Ok(()) };
        if machine.election().role() != Role::Leader {
            return Ok(());
        }
        let term = machine.election().hard_state().term;
        match self.leaders.insert(term, node) {
            Some(other) if other != node => Err(Violation::new(
                "Election Safety",
                format!("{} and {} both lead {term}", id(other), id(node)),
            )),
            Some(_) => Ok(()),
            None => up_to_date(&cluster.setup().logs, node, term),
        }
    }

    fn one_vote_per_term(&mut self, message: &Message<Body>) -> Result<(), Violation> {
        let Some((voter, candidate)) = vote_in(message) else { return Ok(()) };
        match self.votes.insert((voter, message.term), candidate) {
            Some(other) if other != candidate => {
                Err(two_votes(voter, message.term, candidate, other))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn terms_never_fall(&mut self, cluster: &Cluster<Node>, node: usize) -> Result<(), Violation> {
        let Some(machine) = cluster.machine(node) else { return Ok(()) };
        let term = machine.election().hard_state().term;
        match self.terms.insert(node, term) {
            Some(before) if before > term => Err(Violation::new(
                "Terms Never Fall",
                format!("{} was in {before} and is in {term}", id(node)),
            )),
            Some(_) | None => Ok(()),
        }
    }
}

fn two_votes(voter: NodeId, term: Term, candidate: NodeId, other: NodeId) -> Violation {
    let text = format!("{voter} votes for {candidate} in {term}, and had voted for {other}");
    Violation::new("One Vote", text)
}

/// A vote leaves only when the disk holds it.
fn saved_before_sent(disk: &HardState, message: &Message<Body>) -> Result<(), Violation> {
    let Some((voter, candidate)) = vote_in(message) else { return Ok(()) };
    let term = message.term;
    if disk.term > term || *disk == (HardState { term, vote: Some(candidate) }) {
        return Ok(());
    }
    let text = format!("\"{message}\" leaves, and {voter}'s disk does not hold its vote");
    Err(Violation::new("Saved Before Sent", text))
}

/// The vote that a message tells of: who gave it, and to whom. A candidate's request tells of its
/// own.
fn vote_in(message: &Message<Body>) -> Option<(NodeId, NodeId)> {
    match message.body {
        Body::VoteAnswer { round: Round::Vote, granted: true } => Some((message.from, message.to)),
        Body::VoteRequest { round: Round::Vote, .. } => Some((message.from, message.from)),
        Body::VoteAnswer { .. }
        | Body::VoteRequest { .. }
        | Body::Heartbeat
        | Body::HeartbeatAnswer => None,
    }
}

/// A leader's log ends no earlier than the logs of a majority.
fn up_to_date(logs: &[Position], leader: usize, term: Term) -> Result<(), Violation> {
    let last = logs[leader];
    let not_ahead = logs.iter().filter(|log| **log <= last).count();
    if 2 * not_ahead > logs.len() {
        return Ok(());
    }
    Err(Violation::new(
        "Up-to-Date Leader",
        format!("{} leads {term} with a log to {last}; a majority's logs end later", id(leader)),
    ))
}

/// The same safety, for a search: asked of one node, one message or two.
pub struct Rules {
    /// The search goes no further than this term.
    pub last_term: Term,
    /// Where each node's log ends.
    pub logs: Vec<Position>,
}

impl Law<Node> for Rules {
    /// An answer to a heartbeat could only tell an old leader that its term is over, and without
    /// check-quorum nothing else depends on it. The simulations have it.
    fn matters(&self, message: &Message<Body>) -> bool {
        message.body != Body::HeartbeatAnswer
    }

    fn within(&self, machine: &Node) -> bool {
        machine.election().hard_state().term <= self.last_term
    }

    fn node(&self, node: usize, machine: &Node) -> Result<(), Violation> {
        if machine.election().role() != Role::Leader {
            return Ok(());
        }
        up_to_date(&self.logs, node, machine.election().hard_state().term)
    }

    fn sent(&self, _: usize, disk: &HardState, message: &Message<Body>) -> Result<(), Violation> {
        saved_before_sent(disk, message)
    }

    fn together(
        &self,
        (_, one): (usize, &Message<Body>),
        (_, other): (usize, &Message<Body>),
    ) -> Result<(), Violation> {
        if one.term != other.term {
            return Ok(());
        }
        if let (Some((voter, candidate)), Some((same, rival))) = (vote_in(one), vote_in(other))
            && voter == same
            && candidate != rival
        {
            return Err(two_votes(voter, one.term, rival, candidate));
        }
        if one.body == Body::Heartbeat && other.body == Body::Heartbeat && one.from != other.from {
            let text = format!("{} and {} both lead {}", one.from, other.from, one.term);
            return Err(Violation::new("Election Safety", text));
        }
        Ok(())
    }
}

/// Is there one leader that all who live follow, in one term?
pub fn settled(cluster: &Cluster<Node>) -> bool {
    let Some(leader) = leader(cluster) else { return false };
    let term = cluster.node(leader).election().hard_state().term;
    cluster.living().all(|node| {
        cluster.machine(node).is_some_and(|machine| {
            let election = machine.election();
            election.leader() == Some(id(leader)) && election.hard_state().term == term
        })
    })
}

/// The living node that leads, if there is exactly one that thinks so.
pub fn leader(cluster: &Cluster<Node>) -> Option<usize> {
    let leads = |node: &usize| {
        let machine = cluster.machine(*node);
        machine.is_some_and(|machine| machine.election().role() == Role::Leader)
    };
    let leaders: Vec<usize> = cluster.living().filter(leads).collect();
    match leaders.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
