//! The hazard states of replication: what a simulation should reach, because mistakes show there.

use crate::node::{Node, indexed};
use basics::{Index, Position, Term};
use election::Body as Vote;
use harness::history::Answer as Told;
use harness::{Action, Cluster, Hazard, Packet, Sightings};
use replication::{Body, Mode, Options};
use std::collections::BTreeMap;

const HAZARDS: [Hazard; 9] = [
    Hazard { name: "cut-tail", sentence: "A follower cuts entries that were not committed." },
    Hazard {
        name: "cut-save",
        sentence: "Entries are cut while the save that holds them is on its way to the disk.",
    },
    Hazard {
        name: "old-majority",
        sentence: "A leader's entry of an older term is on a majority's disks, not committed.",
    },
    Hazard {
        name: "stale-log",
        sentence: "A candidate is refused because its log ends before the voter's.",
    },
    Hazard {
        name: "deaf-leader",
        sentence: "A leader takes a command while another leads a later term.",
    },
    Hazard {
        name: "overtaken",
        sentence: "A command was taken, and another leader's entry is applied in its place.",
    },
    Hazard {
        name: "untold-entries",
        sentence: "Entries are on disk, and power goes before anybody is told.",
    },
    Hazard {
        name: "lost-window",
        sentence: "A full window is lost, and a refusal opens it again.",
    },
    Hazard {
        name: "full-leader",
        sentence: "A leader refuses a command, for too much is not committed yet.",
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
    last: Position,
    /// How far its disk held its log, as far as it was told.
    synced: Index,
    /// Whose windows were full.
    full: Vec<usize>,
}

impl Watch {
    /// Looks out for those that can come about with these options.
    pub fn with(options: Options) -> Watch {
        let possible = |hazard: &Hazard| match hazard.name {
            "lost-window" | "full-leader" => options.limits.is_some(),
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
            let held = cluster.disk(node).entries.len() as u64;
            if before.is_some_and(|before| held > before.synced.0) {
                self.sightings.see("untold-entries");
            }
            return;
        };
        let replica = machine.replica();
        let now = Before {
            leads: machine.leads().then(|| machine.term()),
            last: replica.log().last(),
            synced: replica.synced(),
            full: full_windows(cluster, machine),
        };
        if let Some(before) = &before {
            self.compare(cluster, node, before, &now);
        }
        if now.leads.is_some() && old_majority(cluster, machine) {
            self.sightings.see("old-majority");
        }
        match action {
            Action::Command { .. } => self.asked(cluster, before.as_ref(), &now, told),
            Action::Deliver { packet, .. } => self.answered(cluster, machine, *packet, sent),
            _ => {}
        }
        if !matches!(action, Action::Command { .. })
            && told.iter().any(|(_, told)| *told == Told::Refused)
        {
            self.sightings.see("overtaken");
        }
        self.nodes.insert(node, now);
    }

    /// A node was something and is something else now.
    fn compare(&mut self, cluster: &Cluster<Node>, node: usize, before: &Before, now: &Before) {
        let machine = cluster.node(node);
        let log = machine.replica().log();
        if !log.holds(before.last) {
            self.sightings.see("cut-tail");
            let cut = cluster.saves(node).filter_map(|save| save.content().entries.as_ref()).any(
                |span| indexed(span).any(|(index, entry)| log.term_at(index) != Some(entry.term)),
            );
            if cut {
                self.sightings.see("cut-save");
            }
        }
        let probes = |follower: &usize| {
            let progress = machine.replica().progress(crate::node::id(*follower));
            progress.is_some_and(|progress| matches!(progress.mode, Mode::Probe { .. }))
        };
        if before.leads.is_some() && before.leads == now.leads && before.full.iter().any(probes) {
            self.sightings.see("lost-window");
        }
    }

    /// A client has asked.
    fn asked(
        &mut self,
        cluster: &Cluster<Node>,
        before: Option<&Before>,
        now: &Before,
        told: &[(u64, Told)],
    ) {
        let Some(term) = now.leads else { return };
        if told.iter().any(|(_, told)| *told == Told::Refused) {
            self.sightings.see("full-leader");
        }
        let taken = before.is_some_and(|before| before.last < now.last);
        let later = |machine: &Node| machine.leads() && machine.term() > term;
        if taken && (0..cluster.size()).any(|other| cluster.machine(other).is_some_and(later)) {
            self.sightings.see("deaf-leader");
        }
    }

    /// A node has got a packet, and sent these.
    fn answered(
        &mut self,
        cluster: &Cluster<Node>,
        machine: &Node,
        packet: usize,
        sent: &[Packet<Node>],
    ) {
        let request = &cluster.packets()[packet].message;
        let Body::Election(Vote::VoteRequest { round, last }) = request.body else { return };
        let refusal = Body::Election(Vote::VoteAnswer { round, granted: false });
        let refused = sent.iter().any(|packet| packet.message.body == refusal);
        if refused && request.term == machine.term() && last < machine.replica().log().last() {
            self.sightings.see("stale-log");
        }
    }
}

/// The followers whose windows are full.
fn full_windows(cluster: &Cluster<Node>, machine: &Node) -> Vec<usize> {
    if !machine.leads() {
        return Vec::new();
    }
    let options = &cluster.setup().options;
    let is_full = |follower: &usize| {
        let progress = machine.replica().progress(crate::node::id(*follower));
        progress.is_some_and(|progress| {
            matches!(progress.mode, Mode::Replicate { .. }) && !progress.has_room(options)
        })
    };
    (0..cluster.size()).filter(is_full).collect()
}

/// Is this leader's first uncommitted entry of an older term, and on a majority's disks?
fn old_majority(cluster: &Cluster<Node>, machine: &Node) -> bool {
    let replica = machine.replica();
    let index = Index(replica.commit().0 + 1);
    let Some(term) = replica.log().term_at(index).filter(|term| *term < machine.term()) else {
        return false;
    };
    let place = usize::try_from(replica.commit().0).expect("a short log");
    let holds = |node: &usize| {
        cluster.disk(*node).entries.get(place).is_some_and(|entry| entry.term == term)
    };
    2 * (0..cluster.size()).filter(holds).count() > cluster.size()
}
