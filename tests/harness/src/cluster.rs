//! Several machines, their disks, and every message that was ever sent.
//!
//! Owns [`Cluster`]. One thing changes it, an [`Action`]. What happens in a run is its list of
//! actions: the same list on a new cluster is the same run, so a run is recorded by its
//! list, and shown, shrunk and searched as one.
//!
//! Invariants: packets are numbered in the order in which they were sent and never removed; a save
//! is synced after those that the same node asked for before it; a node that is down does nothing.
//!
//! Left to others: which action comes next (`sim`, or a test's script by way of `script`), and what
//! it looks like (`record`).

mod script;

use crate::action::{Action, Timed};
use crate::check;
use crate::history::{Answer, History};
use crate::machine::{Effects, Input, Machine};
use crate::random::Draws;
use crate::report::Failure;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// More messages than this in a run, and the nodes drown in them. A run that behaves has a few
/// thousand.
const FLOOD: usize = 100_000;

/// A message on its way, or arrived.
#[derive(Clone, Debug)]
pub struct Packet<M: Machine> {
    /// The sender.
    pub from: usize,
    /// The receiver.
    pub to: usize,
    /// What it says.
    pub message: M::Message,
    /// How often it has arrived.
    pub arrived: u32,
    /// It was lost.
    pub lost: bool,
}

/// A node: its machine while it is up, and its disk.
struct Site<M: Machine> {
    machine: Option<M>,
    disk: M::Disk,
    unsynced: VecDeque<M::Save>,
    /// How often a script made it tick.
    ticks: u64,
}

/// Machines, disks, and messages.
pub struct Cluster<M: Machine> {
    setup: M::Setup,
    sites: Vec<Site<M>>,
    packets: Vec<Packet<M>>,
    /// Who was left dead, once the storm is over.
    dead: Option<Vec<usize>>,
    history: History,
    /// Every answer to a client, with the number of its command.
    told: Vec<(u64, Answer)>,
    time: u64,
    log: Arc<Mutex<Vec<Timed>>>,
    draws: Draws,
}

impl<M: Machine> Cluster<M> {
    /// A cluster of `nodes` that start from blank disks, and that no report will be about.
    /// [`Cluster::new`] is in `record`, for it knows how a run becomes a report.
    pub(crate) fn unwatched(setup: M::Setup, nodes: usize) -> Cluster<M> {
        let mut draws = Draws::new(0);
        let sites = (0..nodes)
            .map(|node| {
                let disk = M::blank(&setup, node);
                let machine = Some(M::start(&setup, node, &disk, draws.next()));
                Site { machine, disk, unsynced: VecDeque::new(), ticks: 0 }
            })
            .collect();
        let log = Arc::default();
        Cluster {
            setup,
            sites,
            packets: Vec::new(),
            dead: None,
            history: History::default(),
            told: Vec::new(),
            time: 0,
            log,
            draws,
        }
    }

    /// How many nodes there are.
    pub fn size(&self) -> usize {
        self.sites.len()
    }

    /// What every node was started with.
    pub fn setup(&self) -> &M::Setup {
        &self.setup
    }

    /// A node's machine; none while it is down.
    pub fn machine(&self, node: usize) -> Option<&M> {
        self.sites[node].machine.as_ref()
    }

    /// A node's machine, which must be up.
    pub fn node(&self, node: usize) -> &M {
        self.machine(node).unwrap_or_else(|| panic!("n{} is down", node + 1))
    }

    /// Is this node meant to live? All are, until a storm ends and some are left dead. A goal asks
    /// nothing of those, even if they are up.
    pub fn lives(&self, node: usize) -> bool {
        self.dead.as_ref().is_none_or(|dead| !dead.contains(&node))
    }

    /// The nodes that are meant to live.
    pub fn living(&self) -> impl Iterator<Item = usize> + Clone {
        (0..self.size()).filter(|node| self.lives(*node))
    }

    /// Is the storm over?
    pub(crate) fn is_calm(&self) -> bool {
        self.dead.is_some()
    }

    /// What a node's disk holds.
    pub fn disk(&self, node: usize) -> &M::Disk {
        &self.sites[node].disk
    }

    /// How many saves a node waits for.
    pub fn unsynced(&self, node: usize) -> usize {
        self.sites[node].unsynced.len()
    }

    /// What a node waits for, oldest first.
    pub fn saves(&self, node: usize) -> impl DoubleEndedIterator<Item = &M::Save> {
        self.sites[node].unsynced.iter()
    }

    /// Every packet that was ever sent.
    pub fn packets(&self) -> &[Packet<M>] {
        &self.packets
    }

    /// What clients asked of registers, and what they were told.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Every answer to a client, with the number of its command, in the order in which they came.
    pub fn told(&self) -> &[(u64, Answer)] {
        &self.told
    }

    /// The packets that have neither arrived nor been lost, oldest first.
    pub fn in_flight(&self) -> Vec<usize> {
        let waits = |packet: &Packet<M>| packet.arrived == 0 && !packet.lost;
        (0..self.packets.len()).filter(|number| waits(&self.packets[*number])).collect()
    }

    /// The node that an action happens on; none if it happens to the network.
    pub fn actor(&self, action: &Action) -> Option<usize> {
        action.node(|packet| self.receiver(packet))
    }

    /// The receiver of a packet; none if it was never sent.
    pub(crate) fn receiver(&self, packet: usize) -> Option<usize> {
        self.packets.get(packet).map(|packet| packet.to)
    }

    /// The time that the next actions happen at, in ticks.
    pub fn set_time(&mut self, time: u64) {
        self.time = time;
    }

    /// Does one action. True if it could be done: a node that is down ticks no more, and a packet
    /// that was never sent cannot arrive.
    pub fn apply(&mut self, action: Action) -> bool {
        if !self.possible(&action) {
            return false;
        }
        self.log
            .lock()
            .expect("no other holder panics")
            .push(Timed { time: self.time, action: action.clone() });
        match action {
            Action::Tick { node, draw } => self.step(node, Input::Tick, draw),
            Action::Timeout { node, draw } => self.step(node, Input::Timeout, draw),
            Action::Deliver { packet, draw } => {
                let packet = &mut self.packets[packet];
                packet.arrived += 1;
                let input = Input::Message { from: packet.from, message: packet.message.clone() };
                let to = packet.to;
                if self.sites[to].machine.is_some() {
                    self.step(to, input, draw);
                }
            }
            Action::Lose { packet } => self.packets[packet].lost = true,
            Action::Sync { node, draw } => {
                let save = self.sites[node].unsynced.pop_front().expect("it is possible");
                M::write(&mut self.sites[node].disk, &save);
                self.step(node, Input::Synced(save), draw);
            }
            Action::Work { node, draw } => self.step(node, Input::Work, draw),
            Action::Crash { node, kept } => {
                let site = &mut self.sites[node];
                let saves: Vec<M::Save> = site.unsynced.drain(..).collect();
                let (synced, waiting) = saves.split_at(kept.min(saves.len()));
                M::crash(&mut site.disk, synced, waiting);
                site.machine = None;
            }
            Action::Restart { node, draw } => {
                let site = &mut self.sites[node];
                site.machine = Some(M::start(&self.setup, node, &site.disk, draw));
            }
            Action::Wipe { node } => self.sites[node].disk = M::blank(&self.setup, node),
            Action::Command { node, command, draw } => {
                if let Some(request) = M::request(command) {
                    self.history.ask(command, request);
                }
                self.step(node, Input::Command(command), draw);
            }
            Action::Calm { dead } => self.dead = Some(dead),
            Action::Pause { .. } | Action::Resume { .. } | Action::Cut { .. } | Action::Heal => {}
        }
        true
    }

    /// Where all that happens is written down. A report reads it when the cluster is gone.
    pub(crate) fn recording(&self) -> Arc<Mutex<Vec<Timed>>> {
        Arc::clone(&self.log)
    }

    /// All that has happened.
    pub(crate) fn log(&self) -> Vec<Timed> {
        self.log.lock().expect("no other holder panics").clone()
    }

    /// Did the same things happen here and there, and to the same end?
    pub(crate) fn same_as(&self, other: &Cluster<M>) -> bool {
        let machines = |sites: &[Site<M>]| {
            sites.iter().map(|site| (site.machine.clone(), site.disk.clone())).collect::<Vec<_>>()
        };
        let log = |cluster: &Cluster<M>| cluster.log.lock().expect("no holder panics").clone();
        log(self) == log(other)
            && self.told == other.told
            && machines(&self.sites) == machines(&other.sites)
    }

    fn possible(&self, action: &Action) -> bool {
        let up = |node: &usize| self.sites.get(*node).is_some_and(|site| site.machine.is_some());
        match action {
            Action::Tick { node, .. }
            | Action::Timeout { node, .. }
            | Action::Crash { node, .. }
            | Action::Pause { node }
            | Action::Resume { node }
            | Action::Command { node, .. } => up(node),
            Action::Sync { node, .. } => up(node) && !self.sites[*node].unsynced.is_empty(),
            Action::Work { node, .. } => up(node) && self.node(*node).has_work(),
            Action::Restart { node, .. } | Action::Wipe { node } => {
                *node < self.sites.len() && !up(node)
            }
            Action::Deliver { packet, .. } | Action::Lose { packet } => {
                *packet < self.packets.len()
            }
            Action::Calm { dead } => dead.iter().all(|node| *node < self.sites.len()),
            Action::Cut { .. } | Action::Heal => true,
        }
    }

    /// The one place where a learner's machine is stepped.
    fn step(&mut self, node: usize, input: Input<M>, draw: u64) {
        let size = self.sites.len();
        let site = &mut self.sites[node];
        let machine = site.machine.as_mut().expect("only nodes that are up are stepped");
        let Effects { now, save, answers } = machine.step(input, draw);
        site.unsynced.extend(save);
        for (command, answer) in &answers {
            if M::request(*command).is_some() {
                self.history.answer(*command, *answer);
            }
        }
        self.told.extend(answers);
        if self.packets.len() + now.len() > FLOOD {
            check::hung(Failure {
                message: format!("{FLOOD} messages and no end: each brings more than one other"),
                ..Failure::default()
            });
        }
        for (to, message) in now {
            if to >= size {
                let said = M::label(&message);
                panic!("n{} sent \"{said}\" to a node that does not exist", node + 1);
            }
            self.packets.push(Packet { from: node, to, message, arrived: 0, lost: false });
        }
    }
}
