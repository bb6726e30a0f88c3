//! What the state's thread and the store's do: entries, a look at leases, a step of a compaction, a
//! commit; each when the run says so.

use super::{Kept, Node, Wanted, addressed};
use crate::virtual_time::clients::{self, Kind, OWN, kind, only};
use crate::virtual_time::disk::Image;
use crate::virtual_time::news::Entry;
use basics::Index;
use harness::history::Answer as Told;
use harness::{Draws, Effects};
use raft::Snapshot;
use replication::Span;
use server::still::{self, Outcome, Proposal};

impl Node {
    /// One step of what the state's thread has to do.
    pub(super) fn work(&mut self, draw: u64, effects: &mut Effects<Node>) {
        let mut draws = Draws::new(draw);
        let idle = self.queue.is_empty();
        if self.is_round_due && (idle || draws.chance(40)) {
            self.is_round_due = false;
            let ticks = self.ticks;
            for data in self.shelf.with(|still| still.round()) {
                let proposal = Proposal::read(data.bytes()).expect("the state has written it");
                let number = OWN + (draws.next() >> 20);
                self.news.asked.push((number, false));
                self.mail.push_back(Wanted::new(number, &proposal, ticks));
            }
        } else if self.compacting && (idle || draws.chance(30)) {
            let more = self.shelf.with(|still| still.compaction_step()).expect("it works");
            (self.compacting, self.forgetting) = (more, more);
        } else if self.can_store() && (idle || draws.chance(30)) {
            if let Some((frozen, image)) = self.shelf.freeze() {
                let release = self.raft.log().start().index;
                self.storing = true;
                effects.save = Some(Kept::Store(image, release, frozen.is_snapshot));
            }
        } else {
            for _ in 0..draws.between(1, 3) {
                let most = if draws.chance(25) { 3 } else { 1 };
                self.apply(most.min(self.queue.len()), draws.next(), effects);
            }
        }
    }

    pub(super) fn can_store(&self) -> bool {
        !self.storing && !self.receiving && self.shelf.with(|still| still.can_freeze())
    }

    /// Carries out so many entries.
    fn apply(&mut self, count: usize, draw: u64, effects: &mut Effects<Node>) {
        if count == 0 || self.left {
            return;
        }
        let prev = self.shelf.at;
        let entries: Vec<_> = self.queue.drain(..count).collect();
        let indexes = (prev.index.0 + 1..).map(Index);
        let mut all: Vec<Entry> = indexes.zip(&entries).map(Entry::new).collect();
        let outcomes = self.shelf.with(|still| still.apply(Span { prev, entries }));
        let mut outcomes = outcomes.expect("a store can be written").into_iter();
        for entry in all.iter_mut().filter(|entry| entry.number().is_some()) {
            let (number, outcome) = outcomes.next().expect("every proposal has an outcome");
            assert_eq!(Some(number), entry.number(), "and in the order of entries");
            self.carried_out(number, &outcome, effects);
            entry.outcome = Some(outcome);
        }
        assert!(outcomes.next().is_none(), "and only one");
        self.shelf.look();
        self.raft.note_applied(self.shelf.at.index, draw);
        self.compacting = true;
        self.left = self.shelf.with(|still| still.has_left());
        self.news.applied.push((all, self.shelf.parts.clone()));
    }

    /// Whoever waits here for this entry is told.
    fn carried_out(&mut self, number: u64, outcome: &Outcome, effects: &mut Effects<Node>) {
        let told = match (kind(number), outcome) {
            (_, Err(_)) => Told::Refused,
            (Kind::Write(_), Ok(still::Answer::Put(put))) => {
                Told::Found(put.prev_kv.as_ref().map(|pair| clients::number(&pair.value)))
            }
            (_, Ok(_)) => Told::Done,
        };
        self.tell(number, told, effects);
    }

    /// Answers reads for which the state is far enough.
    pub(super) fn answer_reads(&mut self, effects: &mut Effects<Node>) {
        let applied = self.shelf.at.index;
        let due = self.reads.extract_if(.., |(_, from)| *from <= applied);
        for (command, _) in due.collect::<Vec<_>>() {
            let Kind::Read(register) = kind(command) else { continue };
            let key = only(&clients::register(register));
            let found = self.shelf.with(|still| still.range(&key)).expect("it can be read");
            let value = found.kvs.first().map(|pair| clients::number(&pair.value));
            self.news.revisions.push((command, self.shelf.with(|still| still.current())));
            self.tell(command, Told::Found(value), effects);
        }
    }

    /// The disk has synced something.
    pub(super) fn synced(&mut self, kept: Kept, draw: u64, effects: &mut Effects<Node>) {
        match kept {
            Kept::Log(save) => {
                let (synced, messages) = save.synced();
                effects.now.extend(messages.into_iter().map(addressed));
                self.raft.persisted(synced, draw);
            }
            Kept::Store(image, _, is_snapshot) => {
                self.storing = false;
                self.shelf.with(|still| still.retire());
                if is_snapshot {
                    self.raft.note_durable(image.at.index);
                }
                self.durable = image;
            }
            Kept::Image(image) => self.install(image, draw),
        }
    }

    fn install(&mut self, image: Image, draw: u64) {
        self.receiving = false;
        let snapshot = Snapshot { at: image.at, configuration: image.configuration.clone() };
        self.news.covered = self.shelf.with(|still| {
            let users = still.rows("authUsers").expect("a store can be read");
            let covered = (!still.leases().is_empty(), !users.is_empty());
            still.install(&image.bytes, image.at).expect("an image that was made here");
            Some(covered)
        });
        self.shelf.look();
        self.news.installed = true;
        assert!(self.raft.install(snapshot, draw), "what was prepared is installed");
        self.queue.clear();
        self.compacting = true;
        self.left = self.is_removed();
        self.durable = image;
    }

    pub(super) fn is_removed(&self) -> bool {
        let own = self.raft.id();
        self.shelf.with(|still| still.is_removed(own))
    }
}
