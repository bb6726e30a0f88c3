//! Several nodes on the bench, and the letters between them, which lie about until somebody brings
//! them.
//!
//! Whatever a script does, a [`Bench`] looks after what must hold at every moment.

use crate::lab::{Lab, N1, data};
use basics::{Index, Message, NodeId};
use raft::{Body, Options, Payload, Stored};
use replication::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Several nodes, and the letters between them.
///
/// After every step it looks whether two nodes have applied different entries at one index, and
/// whether a term has had two leaders.
pub struct Bench {
    labs: BTreeMap<NodeId, Lab>,
    /// How the next machine works.
    pub options: Options,
    /// Letters under way, oldest first.
    pub flying: VecDeque<Message<Body>>,
    /// Who needs a snapshot gets it at once, from the leader's store.
    pub ships: bool,
    leaders: BTreeMap<u64, NodeId>,
    history: BTreeMap<Index, Entry<Payload>>,
}

impl Bench {
    /// A new cluster of so many voters.
    pub fn founded(count: u64, options: Options) -> Bench {
        let mut bench = Bench {
            labs: BTreeMap::new(),
            options,
            flying: VecDeque::new(),
            ships: true,
            leaders: BTreeMap::new(),
            history: BTreeMap::new(),
        };
        for node in 1..=count {
            bench.start(NodeId(node), Stored::found((1..=count).map(NodeId)));
        }
        bench
    }

    /// The same, and n1 leads term 2. Everybody knows.
    pub fn led(count: u64, options: Options) -> Bench {
        let mut bench = Bench::founded(count, options);
        bench.lab(N1).stand();
        bench.calm();
        bench.beat(N1);
        assert!(bench.lab(N1).node.leads() && bench.lab(N1).term() == 2, "n1 leads term 2");
        bench
    }

    /// One more machine.
    pub fn start(&mut self, id: NodeId, stored: Stored) {
        self.labs.insert(id, Lab::new(id, self.options, stored));
    }

    /// A machine that joins.
    pub fn join(&mut self, id: NodeId) {
        self.start(id, Stored::join());
    }

    pub fn lab(&mut self, id: NodeId) -> &mut Lab {
        self.labs.get_mut(&id).expect("there is such a machine")
    }

    /// Everybody.
    pub fn all(&self) -> Vec<NodeId> {
        self.labs.keys().copied().collect()
    }

    /// These nodes work and bring letters to each other until all is quiet. Letters from and to
    /// others stay under way.
    pub fn settle(&mut self, nodes: &[NodeId]) {
        for _ in 0..10_000 {
            if !self.step(nodes) {
                return;
            }
        }
        panic!("letters go to and fro without an end, and no tick passes");
    }

    /// These nodes work, and one letter between two of them arrives. Was there one?
    pub fn step(&mut self, nodes: &[NodeId]) -> bool {
        self.collect(nodes);
        self.look();
        let between =
            |message: &Message<Body>| nodes.contains(&message.from) && nodes.contains(&message.to);
        let Some(place) = self.flying.iter().position(between) else { return false };
        let message = self.flying.remove(place).expect("it is there");
        self.bring(message);
        true
    }

    /// Everybody does.
    pub fn calm(&mut self) {
        self.settle(&self.all());
    }

    /// A tick at this node, and what follows from it.
    pub fn beat(&mut self, node: NodeId) {
        self.lab(node).tick(1);
        self.calm();
    }

    /// These nodes do what they have to, and their letters are under way.
    pub fn collect(&mut self, nodes: &[NodeId]) {
        for node in nodes {
            let lab = self.lab(*node);
            lab.work();
            let sent: Vec<Message<Body>> = lab.sent.drain(..).collect();
            let wanted: Vec<NodeId> = lab.wanted.drain(..).collect();
            self.flying.extend(sent);
            for follower in wanted {
                if self.ships && nodes.contains(&follower) {
                    self.ship(*node, follower);
                }
            }
        }
    }

    /// A leader's store goes to a follower, and is put in place.
    pub fn ship(&mut self, from: NodeId, to: NodeId) {
        let lab = self.lab(from);
        let store = lab.store.clone();
        if lab.node.sending(to, store.at) && !self.lab(to).bring(&store) {
            self.lab(from).node.snapshot_failed(to);
        }
        self.lab(to).work();
        let sent: Vec<Message<Body>> = self.lab(to).sent.drain(..).collect();
        self.flying.extend(sent);
    }

    /// A letter arrives.
    pub fn bring(&mut self, message: Message<Body>) {
        let Some(lab) = self.labs.get_mut(&message.to) else { return };
        let draw = lab.draw();
        let _ = lab.node.receive(message, draw);
    }

    /// Letters under way are lost, all of those that are from or to these nodes.
    pub fn lose(&mut self, nodes: &[NodeId]) {
        self.flying.retain(|it| !nodes.contains(&it.from) && !nodes.contains(&it.to));
    }

    /// This node stands among these, and leads. What it says as a leader is under way.
    pub fn elect(&mut self, node: NodeId, among: &[NodeId]) {
        assert!(!self.lab(node).node.leads(), "{node} does not lead yet");
        self.lab(node).stand();
        while !self.lab(node).node.leads() {
            assert!(self.step(among), "{node} is elected by {among:?}");
        }
    }

    /// What must hold at every moment.
    fn look(&mut self) {
        for (id, lab) in &self.labs {
            if lab.node.leads() {
                let leader = self.leaders.entry(lab.term()).or_insert(*id);
                assert_eq!(leader, id, "term {} has one leader", lab.term());
            }
            for (index, entry) in &lab.applied {
                let known = self.history.entry(*index).or_insert_with(|| entry.clone());
                assert_eq!(known, entry, "all nodes apply the same entry at {index}");
            }
        }
    }

    /// Who leads, in the newest term that anybody leads.
    pub fn leader(&self) -> Option<NodeId> {
        let leads = self.labs.iter().filter(|(_, lab)| lab.node.leads());
        leads.max_by_key(|(_, lab)| lab.term()).map(|(id, _)| *id)
    }

    /// Who has this number among what it has applied.
    pub fn who_applied(&self, number: u32) -> BTreeSet<NodeId> {
        let wanted = Some(Payload::Data(data(number)));
        let has = |lab: &Lab| lab.applied.iter().any(|(_, entry)| entry.payload == wanted);
        self.labs.iter().filter(|(_, lab)| has(lab)).map(|(id, _)| *id).collect()
    }
}
