//! Scripts: one action after another, by hand.
//!
//! Owns the methods by which a test drives a cluster. Each of them does actions, and is part of the
//! recorded run like any other. A script that asks for what cannot happen is a mistake of the test.

use super::{Cluster, Packet};
use crate::action::Action;
use crate::check;
use crate::machine::Machine;

/// A script that waits for nodes to come to rest gives up after so many steps.
const PATIENCE: u32 = 1_000;

/// Nodes are numbered from 0, so n1 is node 0.
impl<M: Machine> Cluster<M> {
    /// A tick passes on a node, `count` times. The time is that of the node that ticked most.
    pub fn tick(&mut self, node: usize, count: u32) {
        for _ in 0..count {
            let draw = self.draws.next();
            self.sites[node].ticks += 1;
            self.time = self.time.max(self.sites[node].ticks);
            self.expect(Action::Tick { node, draw });
        }
    }

    /// A node's election timer fires.
    pub fn timeout(&mut self, node: usize) {
        let draw = self.draws.next();
        self.time += 1;
        self.expect(Action::Timeout { node, draw });
    }

    /// A client asks a node for something.
    pub fn command(&mut self, node: usize, command: u64) {
        let draw = self.draws.next();
        self.expect(Action::Command { node, command, draw });
    }

    /// A packet arrives, for the first time or again.
    pub fn deliver(&mut self, packet: usize) {
        let draw = self.draws.next();
        self.expect(Action::Deliver { packet, draw });
    }

    /// A node's disk syncs all that waits for it.
    pub fn sync(&mut self, node: usize) {
        for _ in 0..PATIENCE {
            if self.machine(node).is_none() || self.unsynced(node) == 0 {
                return;
            }
            let draw = self.draws.next();
            self.expect(Action::Sync { node, draw });
        }
        panic!("n{} asks for another save after every sync, for ever", node + 1);
    }

    /// A node does all the background work that it has.
    pub fn work(&mut self, node: usize) {
        for _ in 0..PATIENCE {
            if !self.machine(node).is_some_and(M::has_work) {
                return;
            }
            let draw = self.draws.next();
            self.expect(Action::Work { node, draw });
        }
        panic!("n{} has background work for ever", node + 1);
    }

    /// Power goes on a node, and nothing that was not synced reached its disk.
    pub fn crash(&mut self, node: usize) {
        self.expect(Action::Crash { node, kept: 0 });
    }

    /// A node starts again.
    pub fn restart(&mut self, node: usize) {
        let draw = self.draws.next();
        self.expect(Action::Restart { node, draw });
    }

    /// A node that is down comes back with another disk, as blank as on the first day.
    pub fn wipe(&mut self, node: usize) {
        self.expect(Action::Wipe { node });
    }

    /// The oldest packet from one node to another that has neither arrived nor been lost arrives.
    /// There must be one.
    pub fn deliver_between(&mut self, from: usize, to: usize) {
        let packet = self.find(from, to).unwrap_or_else(|| {
            panic!("n{} should have sent a message to n{} by now, and has not", from + 1, to + 1)
        });
        self.deliver(packet);
    }

    /// Everything between these nodes arrives, every save of theirs is synced and all their work
    /// done, until nothing is left to do. All other packets stay where they are.
    pub fn settle(&mut self, nodes: &[usize]) {
        for _ in 0..PATIENCE {
            for node in nodes {
                self.sync(*node);
                self.work(*node);
            }
            let inside =
                |packet: &Packet<M>| nodes.contains(&packet.from) && nodes.contains(&packet.to);
            let next = self.in_flight().into_iter().find(|n| inside(&self.packets[*n]));
            match next {
                Some(packet) => self.deliver(packet),
                None => return,
            }
        }
        panic!("the nodes answer each other for ever");
    }

    /// Every packet that is under way is lost.
    pub fn lose_all(&mut self) {
        for packet in self.in_flight() {
            self.expect(Action::Lose { packet });
        }
    }

    /// The test passes with this run to show.
    pub fn play(&self, title: &str) {
        check::play(title);
    }

    fn find(&self, from: usize, to: usize) -> Option<usize> {
        let wanted = |number: &usize| {
            let packet = &self.packets[*number];
            packet.from == from && packet.to == to
        };
        self.in_flight().into_iter().find(wanted)
    }

    fn expect(&mut self, action: Action) {
        let text = format!("{action:?}");
        assert!(self.apply(action), "the script asks for what cannot happen: {text}");
    }
}
