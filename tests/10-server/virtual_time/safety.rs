//! What must hold of a cluster's states, after every event.

use super::clients::{Kind, LAST, SWAPPED, kind};
use super::news::{Entry, Parts};
use super::node::{Node, id};
use super::promises::{Promises, TrueTime};
use super::rights::Rights;
use super::sightings::{Seen, Watch, is_step};
use api::compare::TargetUnion;
use api::{ResponseHeader, response_op::Response};
use basics::Index;
use bytes::Bytes;
use harness::{Action, Cluster, Property, Violation};
use server::still::{Answer, BUCKETS, Still, Wish};
use std::collections::BTreeMap;

type Row = (&'static str, Bytes, Bytes);

/// The safety of states. It remembers what every entry came to on the first member that carried it
/// out.
#[derive(Default)]
pub struct Safety {
    entries: BTreeMap<Index, Entry>,
    parts: BTreeMap<Index, Parts>,
    /// All rows of a state whose past is forgotten as far as it is to be, and etcd's hash of it.
    rows: BTreeMap<Index, (Vec<Row>, u32)>,
    /// How far each member that is up is, and whether its rows were looked at there.
    applied: BTreeMap<usize, (Index, bool)>,
    rights: Rights,
    promises: Promises,
    /// The newest revision that any client was told, and what it was when a command was asked.
    newest: i64,
    floors: BTreeMap<u64, i64>,
    /// The revision that a command's answer names, and whether it is the command's own.
    revisions: BTreeMap<u64, (i64, bool)>,
    swapped: Option<Bytes>,
    time: TrueTime,
    watch: Watch,
    seen: Seen,
}

impl Property<Node> for Safety {
    fn after(&mut self, cluster: &Cluster<Node>, action: &Action) -> Result<(), Violation> {
        self.watch.look(cluster, action, &self.seen);
        let Some(node) = cluster.actor(action) else { return Ok(()) };
        let Some(machine) = cluster.machine(node) else {
            self.applied.remove(&node);
            return Ok(());
        };
        if let Action::Restart { .. } = action {
            self.applied.remove(&node);
            return self.same_parts(node, machine.shelf().at.index, &machine.shelf().parts);
        }
        if !is_step(action) {
            return Ok(());
        }
        let tick = cluster.setup().tick;
        if let Action::Tick { .. } = action {
            self.time.tick(node);
        }
        let now = tick * self.time.ticks();
        let command = match action {
            Action::Command { command, .. } => Some(*command),
            _ => None,
        };
        self.floors.extend(command.map(|command| (command, self.newest)));
        self.promises.look(command, machine, now, tick);
        self.applied(node, machine)?;
        self.told(machine)?;
        self.same_rows(node, machine)
    }
}

impl Safety {
    /// That of a run, which tells there which hazard states it has seen.
    pub fn telling(seen: &Seen) -> Safety {
        Safety { seen: seen.clone(), ..Safety::default() }
    }

    /// Entries were carried out, or a state was brought.
    fn applied(&mut self, node: usize, machine: &Node) -> Result<(), Violation> {
        let (shelf, news) = (machine.shelf(), machine.news());
        let started = news.applied.first().and_then(|(all, _)| all.first());
        let started = started.map_or(shelf.at.index, |first| Index(first.at.index.0 - 1));
        let (mut at, _) = *self.applied.entry(node).or_insert((started, false));
        for (entries, parts) in &news.applied {
            for entry in entries {
                if entry.at.index.0 != at.0 + 1 {
                    let text = format!("{} carries out {} after {at}", id(node), entry.at);
                    return Err(Violation::new("Each Entry Once", text));
                }
                at = entry.at.index;
                self.carried_out(node, entry)?;
            }
            self.same_parts(node, at, parts)?;
        }
        if news.installed {
            at = shelf.at.index;
            self.same_parts(node, at, &shelf.parts)?;
        }
        if at != shelf.at.index {
            let text = format!("{} is at {}, and has carried out {at}", id(node), shelf.at);
            return Err(Violation::new("Each Entry Once", text));
        }
        let seen = self.applied.get(&node).is_some_and(|(before, seen)| *seen && *before == at);
        self.applied.insert(node, (at, seen));
        Ok(())
    }

    fn carried_out(&mut self, node: usize, entry: &Entry) -> Result<(), Violation> {
        let index = entry.at.index;
        if let Some(first) = self.entries.get(&index) {
            if first != entry {
                let text = format!(
                    "entry {index} came to {:?}, and on {} to {:?}: {:?}",
                    first.outcome,
                    id(node),
                    entry.outcome,
                    entry.proposal
                );
                return Err(Violation::new("Same Outcome", text));
            }
            return Ok(());
        }
        if let Some(wrong) = self.rights.look(entry) {
            return Err(Violation::new("Permission", wrong));
        }
        if let Some(wrong) = self.promises.carried_out(entry) {
            return Err(Violation::new("No Lease Ends Early", wrong));
        }
        self.swap(entry)?;
        if let (Some(number), Some(Ok(answer))) = (entry.number(), &entry.outcome)
            && let Some(ResponseHeader { revision, .. }) = header(answer)
        {
            self.revisions.insert(number, (*revision, matches!(answer, Answer::Put(_))));
        }
        self.entries.insert(index, entry.clone());
        Ok(())
    }

    /// The state after an entry is the same everywhere, whatever way led there.
    fn same_parts(&mut self, node: usize, at: Index, parts: &Parts) -> Result<(), Violation> {
        let first = self.parts.entry(at).or_insert_with(|| parts.clone());
        if first == parts {
            return Ok(());
        }
        let differ = first.iter().zip(parts).filter(|(one, other)| one != other);
        let names: Vec<&str> = differ.map(|((name, _), _)| *name).collect();
        let text = format!("after entry {at}, {} differs in: {}", id(node), names.join(", "));
        Err(Violation::new("Same State", text))
    }

    /// So are all rows, now and then, and in the end.
    fn same_rows(&mut self, node: usize, machine: &Node) -> Result<(), Violation> {
        let at = machine.shelf().at.index;
        let last = self.entries.get(&at).and_then(Entry::number);
        let is_looked_at = at.0.is_multiple_of(4) || last.is_some_and(|it| it >= LAST);
        let seen = self.applied.get(&node).is_some_and(|(_, seen)| *seen);
        if !is_looked_at || seen || !machine.is_tidy() {
            return Ok(());
        }
        self.applied.insert(node, (at, true));
        let (rows, hash) = machine.shelf().with(|still| all_rows(still));
        let (first, known) = self.rows.entry(at).or_insert_with(|| (rows.clone(), hash));
        if *first == rows && *known == hash {
            return Ok(());
        }
        let more = rows.iter().find(|row| !first.contains(row));
        let less = first.iter().find(|row| !rows.contains(row));
        let text = format!("after entry {at}, {} has {more:?}, not {less:?}", id(node));
        Err(Violation::new("Same State", text))
    }

    /// What clients are told fits into the order of revisions.
    fn told(&mut self, machine: &Node) -> Result<(), Violation> {
        let news = machine.news();
        let reads = news.revisions.iter();
        self.revisions.extend(reads.map(|(command, at)| (*command, (at.wire(), false))));
        for (command, told) in &news.told {
            if let Some(wrong) = self.promises.told(*command, *told) {
                return Err(Violation::new("No Lease Ends Early", wrong));
            }
            let Some((revision, own)) = self.revisions.get(command).copied() else { continue };
            let floor = self.floors.get(command).copied().unwrap_or(0);
            if revision < floor || own && revision == floor {
                let text = format!(
                    "{} was answered at revision {revision}, and asked after {floor} was told",
                    <Node as harness::Machine>::wish(*command)
                );
                return Err(Violation::new("Order Of Revisions", text));
            }
            self.newest = self.newest.max(revision);
        }
        Ok(())
    }

    /// Compare-and-set compares with what the one before has set.
    fn swap(&mut self, entry: &Entry) -> Result<(), Violation> {
        let is_swap = entry.number().is_some_and(|number| kind(number) == Kind::Swap);
        let (Some(proposal), Some(Ok(Answer::Txn(response))), true) =
            (&entry.proposal, &entry.outcome, is_swap)
        else {
            return Ok(());
        };
        let Some(Wish::Txn(request)) = &proposal.wish else { return Ok(()) };
        let wanted = match &request.compare[0].target_union {
            Some(TargetUnion::Value(value)) => Some(value.clone()),
            _ => None,
        };
        let found = match &response.responses[0].response {
            Some(Response::ResponsePut(put)) => put.prev_kv.clone(),
            Some(Response::ResponseRange(range)) => range.kvs.first().cloned(),
            _ => None,
        };
        let found = found.map(|pair| pair.value);
        if response.succeeded != (wanted == self.swapped) || found != self.swapped {
            let (key, held) = (SWAPPED, &self.swapped);
            let text = format!("{key} holds {held:?}, and {request:?} was answered {response:?}");
            return Err(Violation::new("Compare And Set", text));
        }
        if response.succeeded
            && let Some(api::request_op::Request::RequestPut(put)) = &request.success[0].request
        {
            self.swapped = Some(put.value.clone());
        }
        Ok(())
    }
}

/// Where an answer says at which revision it was given.
fn header(answer: &Answer) -> Option<&ResponseHeader> {
    match answer {
        Answer::Put(it) => it.header.as_ref(),
        Answer::DeleteRange(it) => it.header.as_ref(),
        Answer::Txn(it) => it.header.as_ref(),
        Answer::Compact(it) => it.header.as_ref(),
        Answer::LeaseGrant(it) => it.header.as_ref(),
        Answer::LeaseRevoke(it) => it.header.as_ref(),
        Answer::Alarm(it) => it.header.as_ref(),
        Answer::Users(_) | Answer::Members(_) | Answer::Done(()) => None,
    }
}

/// Every row of every bucket but those that say how far the store is; and etcd's hash.
fn all_rows(still: &Still) -> (Vec<Row>, u32) {
    let mut rows = Vec::new();
    for bucket in BUCKETS {
        for (key, value) in still.rows(bucket).expect("a store can be read") {
            if bucket != "meta" || ![&b"consistent_index"[..], b"term"].contains(&&key[..]) {
                rows.push((bucket, key, value));
            }
        }
    }
    (rows, still.hash().expect("a store can be read"))
}
