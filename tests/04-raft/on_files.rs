//! A node whose log is in files, and what it starts from when its store and its log have come to
//! differ.

use crate::lab::{Lab, N1, N2, N3, N4, Store, WIDE, append, at, entry, voters};
use crate::memory::{Memory, OURS, SMALL};
use basics::{Index, Position};
use harness::check;
use harness::files::Disk;
use raft::{Gap, Node, Payload, Stored};
use replication::Log;
use std::collections::BTreeMap;
use wal::Wal;

/// n1 of three, which follows n2 in term 2, with its log in files.
struct Member {
    lab: Lab,
    disk: Disk,
    wal: Wal<Memory>,
}

impl Member {
    fn new() -> Member {
        let stored = Stored::found([N1, N2, N3]);
        let disk = Disk::new();
        let (hard_state, start) = (stored.hard_state, stored.log.start());
        let wal = Wal::create(Memory(disk.clone()), OURS, SMALL, hard_state, start);
        let wal = wal.expect("the directory is empty");
        Member { lab: Lab::new(N1, WIDE, stored), disk, wal }
    }

    /// The same, with so many entries of n2 on its disk, each in a sector of its own, of which the
    /// first `commit` are in its store.
    fn with(count: u64, commit: u64) -> Member {
        let mut member = Member::new();
        for index in 2..=count {
            let prev = at(if index == 2 { 1 } else { 2 }, index - 1);
            member.hears(prev, commit.min(index));
        }
        member
    }

    /// An entry comes from n2, and is synced.
    fn hears(&mut self, prev: Position, commit: u64) {
        self.lab.hears(N2, 2, append(prev, vec![entry(2, 1)], commit));
        self.work();
    }

    /// Everything that the node wants is done, and its saves are in the files.
    fn work(&mut self) {
        while self.lab.ready() || !self.lab.saves.is_empty() {
            if let Some(save) = self.lab.saves.front() {
                self.wal.add(save.content()).expect("nothing has failed");
                self.wal.sync().expect("the disk works");
                self.lab.sync();
            }
        }
    }
}

/// What the log in these files, and this store, come to.
fn start(disk: &Disk, store: &Store) -> Result<Lab, Gap> {
    let stored = stored(disk, store);
    Node::new(N1, WIDE, stored.clone(), 1)?;
    Ok(Lab::new(N1, WIDE, stored))
}

fn stored(disk: &Disk, store: &Store) -> Stored {
    let opened = Wal::open::<Payload>(Memory(disk.clone()), OURS, SMALL);
    let (_, recovered) = opened.expect("it is a log, and not damaged");
    let (hard_state, log) = (recovered.hard_state, recovered.log);
    Stored { hard_state, log, applied: store.at, configuration: store.configuration.clone() }
}

fn log(disk: &Disk) -> Log<Payload> {
    stored(disk, &Store::founded(3)).log
}

#[test]
fn power_goes_between_a_snapshot_and_the_logs_new_beginning() {
    check(|| {
        let mut member = Member::with(6, 3);
        let before = member.lab.store.clone();
        assert_eq!(before.at, at(2, 3));
        let there = member.disk.operations();
        let store = Store { at: at(2, 90), configuration: voters(&[N1, N2, N4]) };
        assert!(member.lab.bring(&store), "it is news");
        member.hears(at(2, 90), 90);
        let mut ends: BTreeMap<u64, usize> = BTreeMap::new();
        member.disk.crash(there, |operations, image| {
            let lab = start(&image.disk, &store).expect("the store decides");
            let (first, last) = (lab.start(), lab.last());
            assert!(first == 90 && (90..=91).contains(&last), "after {first} to {last}");
            assert_eq!((lab.term(), lab.commit()), (2, 90), "lost was {}", image.lost);
            assert_eq!(lab.node.configuration(), &store.configuration);
            assert!(operations < member.disk.operations() || last == 91, "that was synced");
            *ends.entry(last).or_default() += 1;
            // If the snapshot is not in the store's place, nothing is written of a log after it.
            if operations == there {
                let lab = start(&image.disk, &before).expect("nothing has happened");
                assert_eq!((lab.start(), lab.last(), lab.commit()), (1, 6, 3));
            }
        });
        assert_eq!(ends.len(), 2, "power goes before it is there, and after");
        let lab = start(&member.disk, &store).expect("disk and store fit");
        assert_eq!((lab.start(), lab.last()), (90, 91));
        assert_eq!(log(&member.disk).start(), at(2, 90), "the log has begun anew");
    });
}

#[test]
fn a_store_that_is_ahead_of_its_log() {
    check(|| {
        let member = Member::with(12, 3);
        let files = member.disk.files().len();
        assert!(files > 2, "the log has {files} files");
        let store = Store { at: at(2, 40), configuration: voters(&[N1, N2]) };
        let stored = stored(&member.disk, &store);
        assert_eq!(stored.log.last(), at(2, 12), "its log ends long before");
        let lab = Lab::new(N1, WIDE, stored);
        assert_eq!((lab.start(), lab.last()), (40, 40), "the log begins anew, in memory");
        let (wal, _) = Wal::open::<Payload>(Memory(member.disk.clone()), OURS, SMALL)
            .expect("it is a log, and not damaged");
        let mut member = Member { lab, disk: member.disk, wal };
        assert_eq!(log(&member.disk).last(), at(2, 12), "the disk is not told yet");
        member.hears(at(2, 40), 40);
        assert_eq!((log(&member.disk).start(), log(&member.disk).last()), (at(2, 40), at(2, 41)));
        member.wal.release(Index(40)).expect("the disk works");
        assert!(member.disk.files().len() < files, "what was before it can go");
        member.hears(at(2, 41), 42);
        let lab = start(&member.disk, &store).expect("disk and store fit");
        assert_eq!((lab.start(), lab.last()), (40, 42));
        assert_eq!(lab.node.configuration(), &store.configuration);
    });
}

#[test]
fn a_store_that_ends_before_its_log_begins() {
    check(|| {
        let mut member = Member::with(12, 12);
        let old = Store::founded(3);
        let lab = start(&member.disk, &old).expect("the log goes back to the founding");
        assert_eq!((lab.start(), lab.last()), (1, 12));
        // The log lets go of what the store holds. Then somebody brings an older store back.
        member.wal.release(member.lab.store.at.index).expect("the disk works");
        let begins = log(&member.disk).start();
        assert!(begins > at(2, 4), "much is let go, and it begins after {begins}");
        let gap = Gap { applied: old.at, start: begins };
        assert_eq!(start(&member.disk, &old).err(), Some(gap), "what is between is nowhere");
        let before = Position { index: Index(begins.index.0 - 1), ..begins };
        for (applied, starts) in [(before, false), (begins, true), (at(2, 12), true)] {
            let store = Store { at: applied, ..old.clone() };
            assert_eq!(start(&member.disk, &store).is_ok(), starts, "a store up to {applied}");
        }
    });
}
