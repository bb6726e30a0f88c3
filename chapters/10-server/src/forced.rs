//! A member that goes on alone.
//!
//! Owns [`go_on_alone`]: whoever has lost most members of a cluster for good makes a new one of the
//! one that is left. All that it has is kept, also what is in its log alone: with one member, all
//! of that is decided. The others are removed; and whatever the log says about members has no
//! effect any more, or it would bring them back.
//!
//! The log is changed first. If power goes then, it is asked for once more.
//!
//! Left to others: whether somebody wants that (`opening`).

use crate::contents::Contents;
use crate::disk::{File, LogFolder, StoreFolder};
use crate::roster::Roster;
use crate::rows;
use basics::{Index, NodeId};
use bolt::backend::{Committer, Writer};
use raft::{Configuration, Payload};
use replication::{Entry, Log, Span, Write};
use wal::Wal;

/// Why it cannot.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its store.
    #[error(transparent)]
    Store(#[from] bolt::Error),
    /// Its log.
    #[error(transparent)]
    Log(#[from] wal::Error),
    /// It was removed.
    #[error("--force-new-cluster: this member does not belong to its cluster any more")]
    Stranger,
}

/// From now on, this member is the only one. What its log is then.
pub fn go_on_alone(
    id: NodeId,
    contents: &mut Contents,
    log: &Log<Payload>,
    wal: &mut Wal<LogFolder>,
    (rows, committer): (&mut Writer<File>, &mut Committer<StoreFolder>),
) -> Result<Log<Payload>, Error> {
    let (roster, changed) = contents.roster.alone(id).ok_or(Error::Stranger)?;
    let log = without_changes(log, contents.applied.index);
    let after: Vec<Entry<Payload>> = entries(&log, contents.applied.index).cloned().collect();
    if !after.is_empty() {
        let span = Span { prev: contents.applied, entries: after };
        wal.add(&Write { hard_state: None, begins: None, entries: Some(span) })?;
        wal.sync()?;
    }
    let configuration = Configuration::of([id]);
    for (bucket, key, value) in changed {
        match value {
            Some(value) => rows.put(bucket.as_bytes(), key, value)?,
            None => rows.delete(bucket.as_bytes(), key)?,
        }
    }
    rows::set_configuration(rows, &configuration)?;
    if let Some(frozen) = rows.freeze() {
        let committed = committer.commit(frozen)?;
        committer.retire(committed);
    }
    (contents.roster, contents.configuration) = (roster, configuration);
    Ok(log)
}

/// The entries after this one.
fn entries(log: &Log<Payload>, after: Index) -> impl Iterator<Item = &Entry<Payload>> {
    (after.0 + 1..=log.last().index.0).filter_map(|index| log.get(Index(index)))
}

/// The same log, but nothing in it after `applied` changes the members.
fn without_changes(log: &Log<Payload>, applied: Index) -> Log<Payload> {
    let start = log.start();
    let all = (start.index.0 + 1..).zip(entries(log, start.index));
    let all = all.map(|(index, entry)| match &entry.payload {
        Some(Payload::Change(_)) if index > applied.0 => Entry { payload: None, ..entry.clone() },
        Some(_) | None => entry.clone(),
    });
    Span { prev: start, entries: all.collect() }.into()
}

impl Roster {
    /// Only this member, with a vote; the others are removed. None if it is none.
    fn alone(&self, id: NodeId) -> Option<crate::roster::Changed> {
        let others = self.list().into_iter().map(|member| NodeId(member.id));
        let (mut roster, mut rows) = (self.clone(), Vec::new());
        for other in others.filter(|other| *other != id) {
            let (next, changed) = roster.remove(other).ok()?;
            roster = next;
            rows.extend(changed);
        }
        if roster.get(id)?.is_learner {
            let (next, changed) = roster.promote(id).ok()?;
            roster = next;
            rows.extend(changed);
        }
        Some((roster, rows))
    }
}
