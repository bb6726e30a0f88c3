//! The hazard states of the whole node: what a simulation should reach, because mistakes show
//! there.

use crate::node::{Kept, Letter, Node, id};
use basics::{Index, Position, Term};
use harness::history::Answer as Told;
use harness::{Action, Cluster, Hazard, Machine, Packet, Sightings};
use raft::{Body, Configuration, Payload};
use std::collections::BTreeMap;

const HAZARDS: [Hazard; 9] = [
    Hazard { name: "cut-change", sentence: "A change of the members is in effect, and is cut." },
    Hazard {
        name: "inherited-change",
        sentence: "A new leader finds a joint configuration that it did not begin.",
    },
    Hazard {
        name: "leader-leaves",
        sentence: "A leader without a vote leads, until its removal is committed.",
    },
    Hazard { name: "unaware-voter", sentence: "A node votes that does not know yet that it may." },
    Hazard { name: "late-snapshot", sentence: "A snapshot arrives that is no news any more." },
    Hazard {
        name: "half-received",
        sentence: "Power goes when a snapshot is in place, and the log has not begun anew.",
    },
    Hazard {
        name: "deaf-reader",
        sentence: "A leader has reads to answer while another leads a later term.",
    },
    Hazard {
        name: "lost-read",
        sentence: "A read is lost with its leader, and whoever asked is told.",
    },
    Hazard {
        name: "wished-vote",
        sentence: "A voter that hears its leader votes for the heir that the leader wished for.",
    },
];

/// Looks out for hazard states.
#[derive(Default)]
pub struct Watch {
    pub sightings: Sightings,
    nodes: BTreeMap<usize, Before>,
    told: usize,
}

/// What a node was after its last event.
struct Before {
    leads: Option<Term>,
    /// Its changes that were not committed.
    changes: Vec<Position>,
    is_voter: bool,
    leader: bool,
}

impl Watch {
    /// Looks out for those that can come about if the members change, or do not.
    pub fn with(changes: bool) -> Watch {
        let possible = |hazard: &Hazard| match hazard.name {
            "cut-change" | "inherited-change" | "leader-leaves" | "unaware-voter"
            | "wished-vote" => changes,
            _ => true,
        };
        let sightings = Sightings::of(HAZARDS.into_iter().filter(possible));
        Watch { sightings, ..Watch::default() }
    }

    pub fn look(&mut self, cluster: &Cluster<Node>, action: &Action, sent: &[Packet<Node>]) {
        let told = &cluster.told()[self.told..];
        self.told = cluster.told().len();
        let Some(node) = cluster.actor(action) else { return };
        let before = self.nodes.remove(&node);
        let Some(machine) = cluster.machine(node) else {
            let disk = cluster.disk(node);
            if disk.store.at.index > Position::START.index && !disk.holds(disk.store.at) {
                self.sightings.see("half-received");
            }
            return;
        };
        let now = Before {
            leads: machine.leads().then(|| machine.term()),
            changes: open_changes(machine),
            is_voter: machine.raft().configuration().is_voter(id(node)),
            leader: machine.raft().replica().election().leader().is_some(),
        };
        if let Some(before) = &before {
            self.compare(cluster, machine, before, &now);
        }
        if let Action::Deliver { packet, .. } = action {
            self.delivered(cluster, node, &cluster.packets()[*packet].message, sent, &before);
        }
        let asked = matches!(action, Action::Command { .. });
        let is_read =
            |command: u64| matches!(crate::node::wish(command), crate::node::Wish::Read(_));
        if !asked && told.iter().any(|(it, told)| *told == Told::Refused && is_read(*it)) {
            self.sightings.see("lost-read");
        }
        self.nodes.insert(node, now);
    }

    /// A node was something and is something else now.
    fn compare(&mut self, cluster: &Cluster<Node>, machine: &Node, before: &Before, now: &Before) {
        let log = machine.raft().log();
        let gone = |at: &Position| at.index > log.start().index && !log.holds(*at);
        if before.changes.iter().any(gone) {
            self.sightings.see("cut-change");
        }
        let is_joint = matches!(machine.raft().configuration(), Configuration::Joint { .. });
        if before.leads.is_none() && now.leads.is_some() && is_joint {
            self.sightings.see("inherited-change");
        }
        if now.leads.is_some() && !now.is_voter {
            self.sightings.see("leader-leaves");
        }
        let Some(term) = now.leads else { return };
        let later = |other: &Node| other.leads() && other.term() > term;
        if machine.asks() && (0..cluster.size()).any(|it| cluster.machine(it).is_some_and(later)) {
            self.sightings.see("deaf-reader");
        }
    }

    /// A node has got a letter, and sent these.
    fn delivered(
        &mut self,
        cluster: &Cluster<Node>,
        node: usize,
        letter: &Letter,
        sent: &[Packet<Node>],
        before: &Option<Before>,
    ) {
        match letter {
            Letter::Image(..) => {
                let kept = cluster.saves(node).next_back();
                if !matches!(kept, Some(Kept::Image(_))) {
                    self.sightings.see("late-snapshot");
                }
            }
            Letter::Raft(message) => {
                let votes = cluster.saves(node).next_back().is_some_and(|kept| {
                    let waiting = Node::waiting(kept);
                    waiting.iter().any(|(_, letter)| is_vote(letter))
                });
                let votes = votes || sent.iter().any(|packet| is_vote(&packet.message));
                if !votes {
                    return;
                }
                let Some(before) = before else { return };
                if !before.is_voter && asks_for_vote(&message.body) {
                    self.sightings.see("unaware-voter");
                }
                if before.leader && matches!(message.body, Body::WishedVote { .. }) {
                    self.sightings.see("wished-vote");
                }
            }
        }
    }
}

/// Is this a granted vote?
fn is_vote(letter: &Letter) -> bool {
    let Letter::Raft(message) = letter else { return false };
    let round = election::Round::Vote;
    message.body
        == Body::Replication(replication::Body::Election(election::Body::VoteAnswer {
            round,
            granted: true,
        }))
}

fn asks_for_vote(body: &Body) -> bool {
    match body {
        Body::WishedVote { .. } => true,
        Body::Replication(replication::Body::Election(election::Body::VoteRequest {
            round,
            ..
        })) => *round == election::Round::Vote,
        _ => false,
    }
}

/// Where the changes of a node's log stand that it does not know to be committed.
fn open_changes(machine: &Node) -> Vec<Position> {
    let (log, commit) = (machine.raft().log(), machine.raft().replica().commit());
    let indexes = (commit.0 + 1..=log.last().index.0).map(Index);
    let change = |index: Index| {
        let entry = log.get(index)?;
        let is_change = matches!(entry.payload, Some(Payload::Change(_)));
        is_change.then_some(Position { term: entry.term, index })
    };
    indexes.filter_map(change).collect()
}
