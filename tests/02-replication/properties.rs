//! What must hold of every cluster, after every event.

use crate::node::{Disk, Node, Op, id, indexed};
use crate::sightings::Watch;
use basics::{Index, Message, Position, Term};
use harness::{Action, Cluster, Property, Sightings, Violation};
use replication::{Answer, Body, Entry, Log, Options};
use std::collections::BTreeMap;

/// The safety of a replicated log. It remembers every entry that ever was in a log, in a leader's
/// messages, committed or applied, so that a contradiction is found when it is made.
#[derive(Default)]
pub struct Safety {
    leaders: BTreeMap<Term, usize>,
    /// Every entry that was ever in a log, with the term of the one before it. Two logs that hold
    /// an entry of the same index and term are the same up to there: that is Log Matching, entry by
    /// entry.
    entries: BTreeMap<Position, (Term, Option<Op>)>,
    /// What is committed, from entry 1 on, as far as any node knew, and the term of the first that
    /// knew.
    committed: Vec<(Entry<Op>, Term)>,
    /// The log of each term's leader, as far as it was sent.
    sent: BTreeMap<(Term, Index), Term>,
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
    applied: usize,
}

impl Property<Node> for Safety {
    fn after(&mut self, cluster: &Cluster<Node>, action: &Action) -> Result<(), Violation> {
        if let Action::Crash { node, .. } = action {
            self.nodes.remove(node);
        }
        for packet in &cluster.packets()[self.packets..] {
            self.note_append(&packet.message);
            self.saved_before_sent(cluster.disk(packet.from), &packet.message)?;
        }
        self.watch.look(cluster, action, &cluster.packets()[self.packets..]);
        self.packets = cluster.packets().len();
        for node in 0..cluster.size() {
            if let Some(machine) = cluster.machine(node) {
                self.look(node, machine, cluster.disk(node))?;
            }
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

    fn look(&mut self, node: usize, machine: &Node, disk: &Disk) -> Result<(), Violation> {
        let seen = self.nodes.get(&node).cloned().unwrap_or_default();
        let replica = machine.replica();
        let log = replica.log();
        let (commit, last) = (replica.commit(), log.last());
        let now = Seen {
            leads: machine.leads().then(|| machine.term()),
            last,
            commit,
            applied: machine.applied().len(),
        };
        if last != seen.last {
            self.log_matching(node, log, seen.commit)?;
        }
        if now.leads.is_some() && now.leads == seen.leads && !log.holds(seen.last) {
            let text = format!("{} leads, and its log no longer holds {}", id(node), seen.last);
            return Err(Violation::new("Leader Append-Only", text));
        }
        if let (Some(term), None) = (now.leads, seen.leads) {
            self.leads(node, term, log)?;
        }
        if commit < seen.commit || commit > last.index {
            let text = format!(
                "{}'s commit goes from {} to {commit}, and its log to {last}",
                id(node),
                seen.commit
            );
            return Err(Violation::new("Commit Never Falls", text));
        }
        self.commits(node, machine, seen.commit)?;
        self.applies(node, machine, seen.applied, disk)?;
        self.nodes.insert(node, now);
        Ok(())
    }

    /// Looks at the part of a log that may have changed.
    fn log_matching(
        &mut self,
        node: usize,
        log: &Log<Op>,
        unchanged: Index,
    ) -> Result<(), Violation> {
        for index in unchanged.0.max(log.start().index.0) + 1..=log.last().index.0 {
            let index = Index(index);
            let before = log.term_at(Index(index.0 - 1)).expect("it is in the log");
            let entry = log.get(index).expect("it is in the log");
            let position = Position { term: entry.term, index };
            let it = (before, entry.payload);
            let other = self.entries.entry(position).or_insert(it);
            if *other != it {
                let text =
                    format!("{}'s log and another hold {position}, and differ before", id(node));
                return Err(Violation::new("Log Matching", text));
            }
        }
        Ok(())
    }

    fn leads(&mut self, node: usize, term: Term, log: &Log<Op>) -> Result<(), Violation> {
        if let Some(other) = self.leaders.insert(term, node)
            && other != node
        {
            let text = format!("{} and {} both lead {term}", id(other), id(node));
            return Err(Violation::new("Election Safety", text));
        }
        // An old candidate may win an old term late. It need not hold what was committed since.
        let known = self.committed.iter().filter(|(_, since)| *since < term).count();
        let index = Index(known as u64);
        if let Some((entry, _)) = known.checked_sub(1).map(|place| &self.committed[place])
            && log.term_at(index) != Some(entry.term)
        {
            let position = Position { term: entry.term, index };
            let text = format!("{} leads {term} without {position}, which is committed", id(node));
            return Err(Violation::new("Leader Completeness", text));
        }
        Ok(())
    }

    fn commits(&mut self, node: usize, machine: &Node, before: Index) -> Result<(), Violation> {
        let (log, commit) = (machine.replica().log(), machine.replica().commit());
        for index in before.0.max(log.start().index.0)..=commit.0 {
            let Some(entry) = log.get(Index(index)) else { continue };
            let place = usize::try_from(index).expect("a short log") - 1;
            match self.committed.get(place) {
                Some((other, _)) if other != entry => {
                    let (one, two) = (other.term, entry.term);
                    let text = format!(
                        "entry {index} is committed with {one}, and {} commits it with {two}",
                        id(node)
                    );
                    return Err(Violation::new("State Machine Safety", text));
                }
                Some(_) => {}
                None => self.committed.push((entry.clone(), machine.term())),
            }
        }
        Ok(())
    }

    fn applies(
        &self,
        node: usize,
        machine: &Node,
        before: usize,
        disk: &Disk,
    ) -> Result<(), Violation> {
        for (place, entry) in machine.applied().iter().enumerate().skip(before) {
            let index = place + 1;
            if self.committed.get(place).map(|(known, _)| known) != Some(entry) {
                let text = format!("{} applies entry {index}, and that is not committed", id(node));
                return Err(Violation::new("State Machine Safety", text));
            }
            if disk.entries.get(place) != Some(entry) {
                let text = format!("{} applies entry {index}, not on its disk yet", id(node));
                return Err(Violation::new("Saved Before Applied", text));
            }
        }
        Ok(())
    }

    fn note_append(&mut self, message: &Message<Body<Op>>) {
        if let Body::Append { span, .. } = &message.body {
            self.sent.insert((message.term, span.prev.index), span.prev.term);
            for (index, entry) in indexed(span) {
                self.sent.insert((message.term, index), entry.term);
            }
        }
    }

    /// An acceptance leaves only when the disk holds the leader's log up to there, and the term in
    /// which it was accepted.
    fn saved_before_sent(&self, disk: &Disk, message: &Message<Body<Op>>) -> Result<(), Violation> {
        let Body::Answer(Answer::Accepted { matched }) = &message.body else { return Ok(()) };
        let (from, term) = (message.from, message.term);
        if disk.hard_state.term > term {
            return Ok(());
        }
        let place = usize::try_from(matched.0).expect("a short log").checked_sub(1);
        let on_disk = place.map_or(Some(Term::ZERO), |at| Some(disk.entries.get(at)?.term));
        let leaders = self.sent.get(&(term, *matched)).copied().or(on_disk);
        if disk.hard_state.term < term || on_disk.is_none() || on_disk != leaders {
            let text = format!("{from} says that it holds {matched}, and its disk does not");
            return Err(Violation::new("Saved Before Sent", text));
        }
        Ok(())
    }
}

/// Among those that live: is there one leader that all follow, and do all logs hold the same,
/// committed and applied?
pub fn settled(cluster: &Cluster<Node>) -> bool {
    let Some(leader) = leader(cluster) else { return false };
    let (term, last) = (cluster.node(leader).term(), cluster.node(leader).replica().log().last());
    cluster.living().all(|node| {
        cluster.machine(node).is_some_and(|machine| {
            let replica = machine.replica();
            replica.election().leader() == Some(id(leader))
                && machine.term() == term
                && replica.log().last() == last
                && replica.commit() == last.index
                && machine.applied().len() as u64 == last.index.0
        })
    })
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
