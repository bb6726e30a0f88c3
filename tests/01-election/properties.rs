//! What must hold of every cluster, after every event.

use crate::node::{Node, id};
use election::{Body, HardState, NodeId, Role, Round, Term};
use harness::{Action, Cluster, Packet, Property, Violation};
use std::collections::BTreeMap;

/// The safety of elections. It remembers who led and who voted, so that a contradiction is found
/// when it is made, however long after.
#[derive(Default)]
pub struct Safety {
    leaders: BTreeMap<Term, usize>,
    votes: BTreeMap<(NodeId, Term), NodeId>,
    terms: BTreeMap<usize, Term>,
    packets: usize,
}

impl Property<Node> for Safety {
    fn after(&mut self, cluster: &Cluster<Node>, action: &Action) -> Result<(), Violation> {
        if let Action::Crash { node, .. } = action {
            self.terms.remove(node);
        }
        for packet in &cluster.packets()[self.packets..] {
            self.one_vote_per_term(packet)?;
            saved_before_sent(cluster, packet)?;
        }
        self.packets = cluster.packets().len();
        for node in 0..cluster.size() {
            self.terms_never_fall(cluster, node)?;
            self.one_leader_per_term(cluster, node)?;
        }
        Ok(())
    }
}

impl Safety {
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
            None => up_to_date(cluster, node, term),
        }
    }

    fn one_vote_per_term(&mut self, packet: &Packet<Node>) -> Result<(), Violation> {
        let Some((voter, candidate)) = vote_in(packet) else { return Ok(()) };
        let term = packet.message.term;
        match self.votes.insert((voter, term), candidate) {
            Some(other) if other != candidate => Err(Violation::new(
                "One Vote",
                format!("{voter} votes for {candidate} in {term}, and had voted for {other}"),
            )),
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

/// A vote leaves only when the disk holds it.
fn saved_before_sent(cluster: &Cluster<Node>, packet: &Packet<Node>) -> Result<(), Violation> {
    let Some((voter, candidate)) = vote_in(packet) else { return Ok(()) };
    let term = packet.message.term;
    let disk = cluster.disk(packet.from);
    if disk.term > term || *disk == (HardState { term, vote: Some(candidate) }) {
        return Ok(());
    }
    Err(Violation::new(
        "Saved Before Sent",
        format!("\"{}\" leaves, and {voter}'s disk does not hold its vote", packet.message),
    ))
}

/// The vote that a packet tells of: who gave it, and to whom. A candidate's request tells of its own.
fn vote_in(packet: &Packet<Node>) -> Option<(NodeId, NodeId)> {
    match packet.message.body {
        Body::VoteAnswer { round: Round::Vote, granted: true } => {
            Some((packet.message.from, packet.message.to))
        }
        Body::VoteRequest { round: Round::Vote, .. } => {
            Some((packet.message.from, packet.message.from))
        }
        Body::VoteAnswer { .. }
        | Body::VoteRequest { .. }
        | Body::Heartbeat
        | Body::HeartbeatAnswer => None,
    }
}

/// A leader's log ends no earlier than the logs of a majority.
fn up_to_date(cluster: &Cluster<Node>, leader: usize, term: Term) -> Result<(), Violation> {
    let last = cluster.node(leader).last();
    let logs = &cluster.setup().logs;
    let not_ahead = logs.iter().filter(|log| **log <= last).count();
    if 2 * not_ahead > logs.len() {
        return Ok(());
    }
    Err(Violation::new(
        "Up-to-Date Leader",
        format!("{} leads {term} with a log to {last}; a majority's logs end later", id(leader)),
    ))
}

/// Is there one leader that all follow, in one term?
pub fn settled(cluster: &Cluster<Node>) -> bool {
    let Some(leader) = leader(cluster) else { return false };
    let term = cluster.node(leader).election().hard_state().term;
    (0..cluster.size()).all(|node| {
        cluster.machine(node).is_some_and(|machine| {
            let election = machine.election();
            election.leader() == Some(id(leader)) && election.hard_state().term == term
        })
    })
}

/// The node that leads, if there is exactly one that thinks so.
pub fn leader(cluster: &Cluster<Node>) -> Option<usize> {
    let leads = |node: &usize| {
        let machine = cluster.machine(*node);
        machine.is_some_and(|machine| machine.election().role() == Role::Leader)
    };
    let leaders: Vec<usize> = (0..cluster.size()).filter(leads).collect();
    match leaders.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
