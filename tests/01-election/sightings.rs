//! The hazard states of elections: what a simulation should reach, because mistakes show there.

use crate::node::{Node, Setup, id};
use basics::{Message, NodeId, Term};
use election::{Body, HardState, Options, Role, Round};
use harness::{Action, Cluster, Hazard, Packet, Sightings};
use std::collections::BTreeMap;

const HAZARDS: [Hazard; 9] = [
    Hazard { name: "split-vote", sentence: "A term's votes are split, and nobody can win it." },
    Hazard {
        name: "stale-log",
        sentence: "A candidate is refused because its log ends before the voter's.",
    },
    Hazard { name: "deposed", sentence: "A leader hears of a later term and follows." },
    Hazard {
        name: "late-winner",
        sentence: "A candidate wins a term while another node is in a later one.",
    },
    Hazard { name: "lost-vote", sentence: "Power goes before a vote is on disk." },
    Hazard {
        name: "untold-vote",
        sentence: "A vote is on disk, and power goes before anybody is told.",
    },
    Hazard {
        name: "refused-poll",
        sentence: "A poll is refused, though its log is good enough, because the leader is heard.",
    },
    Hazard { name: "lonely-leader", sentence: "A leader hears no majority and steps down." },
    Hazard {
        name: "shielded",
        sentence: "A request from a later term is not heeded, because the leader is heard.",
    },
];

/// Looks out for hazard states.
#[derive(Default)]
pub struct Watch {
    pub sightings: Sightings,
    nodes: BTreeMap<usize, Before>,
    votes: BTreeMap<Term, BTreeMap<NodeId, NodeId>>,
}

/// What a node was after its last event.
#[derive(Clone, Copy)]
struct Before {
    role: Role,
    hard: HardState,
    /// It has voted, and its disk does not hold it yet.
    unsaved: bool,
}

impl Watch {
    /// Looks out for those that can come about with these options.
    pub fn with(options: Options) -> Watch {
        let possible = |hazard: &Hazard| match hazard.name {
            "refused-poll" => options.pre_vote,
            "lonely-leader" | "shielded" => options.check_quorum,
            _ => true,
        };
        let sightings = Sightings::of(HAZARDS.into_iter().filter(possible));
        Watch { sightings, ..Watch::default() }
    }

    pub fn look(&mut self, cluster: &Cluster<Node>, action: &Action, sent: &[Packet<Node>]) {
        for packet in sent {
            self.note_vote(&packet.message, cluster.size());
        }
        let Some(node) = cluster.actor(action) else { return };
        let before = self.nodes.remove(&node);
        let Some(machine) = cluster.machine(node) else {
            if let Some(Before { hard, unsaved: true, .. }) = before {
                let kept = *cluster.disk(node) == hard;
                self.sightings.see(if kept { "untold-vote" } else { "lost-vote" });
            }
            return;
        };
        let (role, hard) = (machine.election().role(), machine.election().hard_state());
        let unsaved = hard.vote.is_some() && *cluster.disk(node) != hard;
        self.nodes.insert(node, Before { role, hard, unsaved });
        if let Some(before) = before {
            self.compare(cluster, node, before, (role, hard.term));
        }
        if let Action::Deliver { packet, .. } = action {
            let request = &cluster.packets()[*packet].message;
            self.answered(cluster.setup(), machine, request, sent);
        }
    }

    /// A node was something and is something else now.
    fn compare(
        &mut self,
        cluster: &Cluster<Node>,
        node: usize,
        before: Before,
        (role, term): (Role, Term),
    ) {
        let (led, leads) = (before.role == Role::Leader, role == Role::Leader);
        if led && !leads {
            let deposed = term > before.hard.term;
            self.sightings.see(if deposed { "deposed" } else { "lonely-leader" });
        }
        let later = |other: usize| {
            let machine = cluster.machine(other);
            machine.is_some_and(|machine| machine.election().hard_state().term > term)
        };
        if leads && !led && (0..cluster.size()).any(|other| other != node && later(other)) {
            self.sightings.see("late-winner");
        }
    }

    /// A node has got this, and sent that.
    fn answered(
        &mut self,
        setup: &Setup,
        machine: &Node,
        request: &Message<Body>,
        sent: &[Packet<Node>],
    ) {
        let Body::VoteRequest { round, last } = request.body else { return };
        let term = machine.election().hard_state().term;
        if request.term > term {
            self.sightings.see("shielded");
        }
        let refused = sent.iter().any(|packet| {
            let refusal = Body::VoteAnswer { round, granted: false };
            packet.message.to == request.from && packet.message.body == refusal
        });
        if !refused || request.term != term {
            return;
        }
        let own = (0..setup.logs.len()).find(|node| id(*node) == request.to);
        let stale = own.is_some_and(|node| last < setup.logs[node]);
        match round {
            Round::Vote if stale => self.sightings.see("stale-log"),
            Round::PreVote if !stale => self.sightings.see("refused-poll"),
            Round::Vote | Round::PreVote => {}
        }
    }

    fn note_vote(&mut self, message: &Message<Body>, size: usize) {
        let (voter, candidate) = match message.body {
            Body::VoteAnswer { round: Round::Vote, granted: true } => (message.from, message.to),
            Body::VoteRequest { round: Round::Vote, .. } => (message.from, message.from),
            Body::VoteAnswer { .. }
            | Body::VoteRequest { .. }
            | Body::Heartbeat
            | Body::HeartbeatAnswer => return,
        };
        let votes = self.votes.entry(message.term).or_default();
        if votes.insert(voter, candidate).is_some() {
            return;
        }
        let mut counts: BTreeMap<NodeId, usize> = BTreeMap::new();
        for candidate in votes.values() {
            *counts.entry(*candidate).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap_or(0);
        if 2 * (most + size - votes.len()) <= size {
            self.sightings.see("split-vote");
        }
    }
}
