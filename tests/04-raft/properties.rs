//! What must hold of every cluster, after every event.

use crate::node::{Letter, Node, id};
use crate::sightings::Watch;
use crate::store::{Disk, Store};
use basics::{Index, Message, NodeId, Position, Term};
use election::Quorum;
use harness::sim::Goal;
use harness::{Action, Cluster, Property, Sightings, Violation};
use raft::{Body, Configuration, Payload};
use replication::{Answer, Body as Below, Entry, Log};
use std::collections::{BTreeMap, BTreeSet};

/// The safety of a whole node. It remembers every entry that ever was in a log, in a leader's
/// messages, committed or applied, so that a contradiction is found when it is made.
#[derive(Default)]
pub struct Safety {
    leaders: BTreeMap<Term, usize>,
    /// Every entry that was ever in a log, with the term of the one before it.
    entries: BTreeMap<Position, (Term, Option<Payload>)>,
    /// What is committed, as far as any node knew, and the term of the first that knew.
    committed: BTreeMap<Index, (Entry<Payload>, Term)>,
    /// The state after each entry, by the first node that applied it.
    states: BTreeMap<Index, Store>,
    /// The log of each term's leader, as far as it was sent.
    sent: BTreeMap<(Term, Index), Term>,
    /// Configurations of which every two quorums share a node.
    related: BTreeSet<(Configuration, Configuration)>,
    nodes: BTreeMap<usize, Seen>,
    packets: usize,
    watch: Watch,
}

/// What was seen of a node after the last event.
#[derive(Clone, Default)]
struct Seen {
    leads: Option<Term>,
    last: Position,
    commit: Index,
    applied: Index,
}

impl Property<Node> for Safety {
    fn after(&mut self, cluster: &Cluster<Node>, action: &Action) -> Result<(), Violation> {
        if let Action::Crash { node, .. } = action {
            self.nodes.remove(node);
        }
        let new = &cluster.packets()[self.packets..];
        for packet in new {
            if let Letter::Raft(message) = &packet.message {
                self.note_append(message);
                self.saved_before_sent(cluster.disk(packet.from), message)?;
            }
        }
        self.watch.look(cluster, action, new);
        self.packets = cluster.packets().len();
        if let Some(node) = cluster.actor(action)
            && let Some(machine) = cluster.machine(node)
        {
            self.look(node, machine, cluster.disk(node))?;
        }
        Ok(())
    }

    fn sightings(&self) -> Sightings {
        self.watch.sightings.clone()
    }
}

impl Safety {
    /// The safety of clusters whose members change, or do not.
    pub fn with(changes: bool) -> Safety {
        Safety { watch: Watch::with(changes), ..Safety::default() }
    }

    fn look(&mut self, node: usize, machine: &Node, disk: &Disk) -> Result<(), Violation> {
        let seen = self.nodes.get(&node).cloned().unwrap_or_default();
        let replica = machine.raft().replica();
        let log = replica.log();
        let (commit, last) = (replica.commit(), log.last());
        let now = Seen {
            leads: machine.leads().then(|| machine.term()),
            last,
            commit,
            applied: machine.state().at.index,
        };
        if last != seen.last {
            self.log_matching(node, log, seen.commit)?;
        }
        let cut = seen.last.index >= log.start().index && !log.holds(seen.last);
        if now.leads.is_some() && now.leads == seen.leads && cut {
            let text = format!("{} leads, and its log no longer holds {}", id(node), seen.last);
            return Err(Violation::new("Leader Append-Only", text));
        }
        if let (Some(term), None) = (now.leads, seen.leads) {
            self.leads(node, term, log)?;
        }
        if commit < seen.commit || commit > last.index {
            let was = seen.commit;
            let text =
                format!("{}'s commit goes from {was} to {commit}, its log to {last}", id(node));
            return Err(Violation::new("Commit Never Falls", text));
        }
        self.commits(node, machine, seen.commit)?;
        self.applies(node, machine, seen.applied, disk)?;
        self.changes(node, machine)?;
        self.nodes.insert(node, now);
        Ok(())
    }

    /// Looks at the part of a log that may have changed.
    fn log_matching(
        &mut self,
        node: usize,
        log: &Log<Payload>,
        unchanged: Index,
    ) -> Result<(), Violation> {
        for index in unchanged.0.max(log.start().index.0) + 1..=log.last().index.0 {
            let index = Index(index);
            let before = log.term_at(Index(index.0 - 1)).expect("it is in the log");
            let entry = log.get(index).expect("it is in the log");
            let position = Position { term: entry.term, index };
            let it = (before, entry.payload.clone());
            let other = self.entries.entry(position).or_insert_with(|| it.clone());
            if *other != it {
                let text =
                    format!("{}'s log and another hold {position}, and differ before", id(node));
                return Err(Violation::new("Log Matching", text));
            }
        }
        Ok(())
    }

    fn leads(&mut self, node: usize, term: Term, log: &Log<Payload>) -> Result<(), Violation> {
        if let Some(other) = self.leaders.insert(term, node)
            && other != node
        {
            let text = format!("{} and {} both lead {term}", id(other), id(node));
            return Err(Violation::new("Election Safety", text));
        }
        // An old candidate may win an old term late. It need not hold what was committed since.
        let known = self.committed.iter().rev().find(|(_, (_, since))| *since < term);
        if let Some((index, (entry, _))) = known
            && *index > log.start().index
            && log.term_at(*index) != Some(entry.term)
        {
            let position = Position { term: entry.term, index: *index };
            let text = format!("{} leads {term} without {position}, which is committed", id(node));
            return Err(Violation::new("Leader Completeness", text));
        }
        Ok(())
    }

    fn commits(&mut self, node: usize, machine: &Node, before: Index) -> Result<(), Violation> {
        let (log, commit) = (machine.raft().log(), machine.raft().replica().commit());
        for index in (before.0.max(log.start().index.0)..=commit.0).map(Index) {
            let Some(entry) = log.get(index) else { continue };
            let first = self.committed.entry(index);
            let (other, _) = first.or_insert_with(|| (entry.clone(), machine.term()));
            if other != entry {
                let (one, two) = (other.term, entry.term);
                let text = format!(
                    "entry {index} is committed with {one}, and {} commits it with {two}",
                    id(node)
                );
                return Err(Violation::new("State Machine Safety", text));
            }
        }
        Ok(())
    }

    fn applies(
        &mut self,
        node: usize,
        machine: &Node,
        before: Index,
        disk: &Disk,
    ) -> Result<(), Violation> {
        let state = machine.state();
        let index = state.at.index;
        if index == before {
            return Ok(());
        }
        let held = disk.store.at.index >= index
            || disk.entry(index).is_some_and(|entry| entry.term == state.at.term);
        if !held {
            let text = format!("{} has applied entry {index}, not on its disk yet", id(node));
            return Err(Violation::new("Saved Before Applied", text));
        }
        let first = self.states.entry(index).or_insert_with(|| state.clone());
        if first != state {
            let text = format!("{} and another differ in what entry {index} leads to", id(node));
            return Err(Violation::new("State Machine Safety", text));
        }
        if let Some((entry, _)) = self.committed.get(&index)
            && entry.term != state.at.term
        {
            let text = format!("{} applies entry {index}, and another is committed", id(node));
            return Err(Violation::new("State Machine Safety", text));
        }
        Ok(())
    }

    /// At most one change of a log is not committed, and of a configuration and the next, every two
    /// quorums share a node.
    fn changes(&mut self, node: usize, machine: &Node) -> Result<(), Violation> {
        let log = machine.raft().log();
        let known = self.committed.last_key_value().map_or(Index(0), |(index, _)| *index);
        let is_change = |index: &u64| {
            let payload = log.get(Index(*index)).and_then(|entry| entry.payload.as_ref());
            matches!(payload, Some(Payload::Change(_)))
        };
        let open = (known.0 + 1..=log.last().index.0).filter(is_change).count();
        if open > 1 {
            let text = format!("{open} changes in {}'s log are not committed", id(node));
            return Err(Violation::new("One Change At A Time", text));
        }
        let start = machine.raft().replica().applied().0 + 1;
        let mut before = machine.raft().applied_configuration().clone();
        for index in (start..=log.last().index.0).filter(is_change) {
            let payload = log.get(Index(index)).and_then(|entry| entry.payload.as_ref());
            let Some(Payload::Change(written)) = payload else { continue };
            let next = before.after(written.change());
            self.overlap(&before, &next)?;
            before = next;
        }
        if before != *machine.raft().configuration() {
            let text = format!(
                "{} goes by {}, and its log says {before}",
                id(node),
                machine.raft().configuration()
            );
            return Err(Violation::new("The Log Says Who Decides", text));
        }
        Ok(())
    }

    fn overlap(&mut self, one: &Configuration, other: &Configuration) -> Result<(), Violation> {
        let pair = (one.clone(), other.clone());
        if self.related.contains(&pair) {
            return Ok(());
        }
        let all: Vec<NodeId> = (&one.voters() | &other.voters()).into_iter().collect();
        for mask in 0_u32..1 << all.len() {
            let is_in = |node: NodeId| {
                let at = all.iter().position(|it| *it == node);
                at.is_some_and(|at| mask & (1 << at) != 0)
            };
            if one.is_met_by(&is_in) && other.is_met_by(&|node| !is_in(node)) {
                let text = format!("{one} and {other} could decide without each other");
                return Err(Violation::new("Quorums Overlap", text));
            }
        }
        self.related.insert(pair);
        Ok(())
    }

    fn note_append(&mut self, message: &Message<Body>) {
        if let Body::Replication(Below::Append { span, .. }) = &message.body {
            self.sent.insert((message.term, span.prev.index), span.prev.term);
            let indexes = (span.prev.index.0 + 1..).map(Index);
            for (index, entry) in indexes.zip(&span.entries) {
                self.sent.insert((message.term, index), entry.term);
            }
        }
    }

    /// An acceptance leaves only when the disk holds the leader's log up to there, or a state that
    /// goes as far, and the term in which it was accepted.
    fn saved_before_sent(&self, disk: &Disk, message: &Message<Body>) -> Result<(), Violation> {
        let Body::Replication(Below::Answer(Answer::Accepted { matched })) = &message.body else {
            return Ok(());
        };
        let (from, term) = (message.from, message.term);
        if disk.hard_state.term > term || disk.store.at.index >= *matched {
            return Ok(());
        }
        let start = disk.log.prev;
        let on_disk = match disk.entry(*matched) {
            Some(entry) => Some(entry.term),
            None => (start.index == *matched).then_some(start.term),
        };
        let leaders = self.sent.get(&(term, *matched)).copied().or(on_disk);
        if disk.hard_state.term < term || on_disk.is_none() || on_disk != leaders {
            let text = format!("{from} says that it holds {matched}, and its disk does not");
            return Err(Violation::new("Saved Before Sent", text));
        }
        Ok(())
    }
}

/// What a calm must come to: one leader, its change of the members complete, and every living
/// member with the same log, committed and applied.
pub struct Settled;

impl Goal<Node> for Settled {
    fn reached(&self, cluster: &Cluster<Node>) -> bool {
        let Some(leader) = leader(cluster) else { return false };
        let leads = cluster.node(leader);
        let status = leads.raft().status();
        let is_simple = matches!(status.configuration, Configuration::Simple(_));
        is_simple
            && status.pending.is_none()
            && members(cluster, leader).all(|node| {
                cluster.machine(node).is_some_and(|machine| {
                    let replica = machine.raft().replica();
                    replica.election().leader() == Some(id(leader))
                        && machine.term() == status.term
                        && replica.log().last() == status.last
                        && replica.commit() == status.last.index
                        && machine.state().at == status.last
                })
            })
    }

    /// Whoever decides by what any node holds for the configuration, now or once a change is
    /// undone, can decide.
    fn enough(&self, cluster: &Cluster<Node>, living: &[usize]) -> bool {
        let lives = |node: NodeId| living.iter().any(|place| id(*place) == node);
        let decides = |configuration: &Configuration| {
            configuration.voters().is_empty() || configuration.is_met_by(&lives)
        };
        (0..cluster.size()).all(|node| {
            let raft = match cluster.machine(node) {
                Some(machine) => machine.raft().clone(),
                None => {
                    let options = cluster.setup().options;
                    let stored = cluster.disk(node).stored();
                    raft::Node::new(id(node), options, stored, 0).expect("it can start")
                }
            };
            decides(raft.configuration()) && decides(raft.applied_configuration())
        })
    }

    fn carried_out(&self, cluster: &Cluster<Node>, command: u64) -> bool {
        let done = |node: usize| cluster.node(node).state().done.contains(&command);
        leader(cluster).is_some_and(|leader| members(cluster, leader).all(done))
    }
}

/// The living members, by their leader's configuration.
fn members(cluster: &Cluster<Node>, leader: usize) -> impl Iterator<Item = usize> + use<'_> {
    let configuration = cluster.node(leader).raft().configuration();
    cluster.living().filter(move |node| configuration.has(id(*node)))
}

/// The living node that leads, if there is exactly one that thinks so.
pub fn leader(cluster: &Cluster<Node>) -> Option<usize> {
    let leads = |node: &usize| cluster.machine(*node).is_some_and(Node::leads);
    let leaders: Vec<usize> = cluster.living().filter(leads).collect();
    match leaders.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}
